/* verify.c: puts the checks of section 11 in their order and says what they found. */
#include "verify/verify.h"

#include "verify/anchor.h"
#include "verify/check.h"
#include "verify/merge.h"
#include "verify/note.h"
#include "verify/openings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void verdict_remark(struct verdict *v, const char *format, ...)
{
    va_list args;

    if (v->remark_count == REMARKS_MAX)
        return;
    va_start(args, format);
    (void)vsnprintf(v->remarks[v->remark_count], sizeof v->remarks[0], format, args);
    va_end(args);
    v->remark_count++;
}

static int check_note_spelling(const struct trust_given *given, struct finding *f)
{
    struct note note;

    for (size_t i = 0; i < given->note_count; i++)
        if (note_parse(given->notes[i].bytes, &note) != 0)
            return finding_set(f, STATUS_MALFORMED, NO_RECORD, "note",
                               "%s is not a checkpoint as the format spells it",
                               given->notes[i].name);
    return 0;
}

static void count_untrusted(const struct journal *j, struct verdict *out)
{
    for (uint32_t place = 0; place < j->size; place++)
        out->untrusted += !journal_trusts(j, place);
}

/* Rules, openings and anchors of a journal whose lines are spelled right and of this time. */
static int judge(const struct verify_request *q, const struct skeleton *s, struct openings *o,
                 struct hasher *h, struct verdict *out)
{
    struct journal j;
    struct opening_counts counts = {0, 0, 0};
    struct finding *f = &out->finding;
    int result = merge_limits(s, f);

    if (result != 0)
        return result;
    journal_open(&j, s, h);
    result = check_records(&j, h, f);
    if (result == 0)
        result = openings_match(o, &j, q->threads, &counts, f);
    if (result == 0)
        result = anchor_find(&j, h, q->trust, q->threads, out);
    if (result == 0) {
        count_untrusted(&j, out);
        out->matching = counts.matching;
        out->withheld = counts.withheld;
        out->redacted = counts.redacted;
        out->judged = true;
    }
    journal_release(&j);
    return result;
}

/* Malformed comes before what is from a later time, in whichever file it is. */
static int read_all(const struct verify_request *q, struct skeleton *s, struct openings *o,
                    struct finding *f)
{
    struct finding other;
    int result = skeleton_read(s, q->journal, q->threads, f);

    memset(o, 0, sizeof *o);
    if (result != 0 && f->status == STATUS_MALFORMED)
        return result;
    if ((q->openings != NULL && openings_read(o, q->openings->bytes, q->threads, &other) != 0) ||
        check_note_spelling(q->trust, &other) != 0) {
        *f = other;
        return -1;
    }
    return result;
}

void verify_journal(const struct verify_request *request, struct verdict *out)
{
    CLEANUP(hasher_freep) struct hasher *h = hasher_new();
    struct skeleton s = {.count = 0};
    struct openings o;
    int result = 0;

    memset(out, 0, sizeof *out);
    if (h == NULL) {
        (void)finding_set(&out->finding, STATUS_UNCHECKED, NO_RECORD, "library",
                          "this system's libcrypto has no SHA-256");
        out->status = out->finding.status;
        return;
    }
    result = read_all(request, &s, &o, &out->finding);
    out->records = s.count;
    memcpy(out->name, s.name, HASH_LEN);
    if (result == 0) {
        out->clock_back = s.clock_back_total;
        result = judge(request, &s, &o, h, out);
    }
    out->status = result != 0              ? out->finding.status
                  : out->anchored_size > 0 ? STATUS_VERIFIED
                                           : STATUS_NOT_ANCHORED;
    openings_release(&o);
    skeleton_release(&s);
}
