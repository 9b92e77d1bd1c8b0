/* report.c: says calmly what was found; every byte from outside is escaped here. */
#include "verify/report.h"

#include "verify/token.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const verdicts[] = {
    [STATUS_VERIFIED] = "verified",
    [STATUS_TAMPERED] = "tampered",
    [STATUS_NOT_ANCHORED] = "valid, not anchored",
    [STATUS_MALFORMED] = "malformed",
    [STATUS_UNCHECKED] = "could not check",
};

static bool is_shown_as_it_is(uint32_t ch)
{
    if (ch < 0x20 || (ch >= 0x7f && ch < 0xa0) || ch == 0xad || ch == 0xfeff)
        return false;
    if ((ch >= 0x200b && ch <= 0x200f) || (ch >= 0x2028 && ch <= 0x202e))
        return false;
    return (ch < 0x2060 || ch > 0x206f) && ch != 0x61c && (ch < 0xe0000 || ch > 0xe0fff);
}

enum escape { ESCAPE_PLAIN, ESCAPE_JSON };

static void write_byte(FILE *out, unsigned char byte, enum escape how)
{
    if (how == ESCAPE_JSON)
        fprintf(out, "\\u%04x", byte);
    else
        fprintf(out, "\\x%02x", byte);
}

static void write_escaped(FILE *out, const char *text, enum escape how)
{
    const char *also = how == ESCAPE_JSON ? "\"\\" : "\\";
    struct cursor c = {text, text + strlen(text)};

    while (c.at < c.end) {
        const char *from = c.at;
        uint32_t ch = 0;
        bool is_text = take_utf8(&c, &ch);

        if (!is_text)
            c.at++;
        if (is_text && ch < 0x80 && strchr(also, (int)ch) != NULL)
            fprintf(out, "\\%c", (int)ch);
        else if (is_text && is_shown_as_it_is(ch))
            fwrite(from, 1, (size_t)(c.at - from), out);
        else
            while (from < c.at)
                write_byte(out, (unsigned char)*from++, how);
    }
}

void report_escaped(FILE *out, const char *text)
{
    write_escaped(out, text, ESCAPE_PLAIN);
}

/* A byte that is no text becomes the character of that number: JSON has no bytes. */
static void write_json_string(FILE *out, const char *text)
{
    fputc('"', out);
    write_escaped(out, text, ESCAPE_JSON);
    fputc('"', out);
}

void report_brief(FILE *out, const char *name, const struct verdict *v)
{
    fprintf(out, "%d ", (int)v->status);
    report_escaped(out, name);
    fputc('\n', out);
}

/* False where none is known. */
static bool format_time(time_t seconds, char *out, size_t room)
{
    struct tm tm;

    if (seconds == 0 || gmtime_r(&seconds, &tm) == NULL)
        return false;
    (void)strftime(out, room, "%Y-%m-%dT%H:%M:%SZ", &tm); /* any year of an int has room */
    return true;
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void write_anchor(FILE *out, const char *what, const struct anchored *a)
{
    char when[40];

    if (a->size == 0)
        return;
    fprintf(out, "  Anchored up to record %" PRIu64 " by %s", a->size - 1, what);
    if (a->by[0] != '\0') {
        fputs(" of ", out);
        report_escaped(out, a->by);
    }
    if (format_time(a->seconds, when, sizeof when))
        fprintf(out, ", made at %s", when);
    fputs(".\n", out);
}

static void write_anchors(FILE *out, const struct verdict *v)
{
    write_anchor(out, "the root that was given", &v->anchors[SOURCE_ROOT]);
    write_anchor(out, "the signature of the witness's key", &v->anchors[SOURCE_WITNESS]);
    write_anchor(out, "the time stamp", &v->anchors[SOURCE_STAMP]);
    if (v->anchors[SOURCE_STAMP].size > 0)
        fputs("  A time stamp says that the records existed at that time, not who wrote them.\n",
              out);
    if (v->anchored_size == 0)
        fputs("  Nothing from outside anchors it: whoever holds all its keys could have written it "
              "anew.\n  A printed root, a witness's key or a time-stamp authority's certificate "
              "would settle that.\n",
              out);
    else if (v->anchored_size < v->records)
        fprintf(out,
                "  The %" PRIu64 " record%s after that %s valid, but nothing from outside anchors "
                "%s yet.\n",
                v->records - v->anchored_size, plural(v->records - v->anchored_size),
                v->records - v->anchored_size == 1 ? "is" : "are",
                v->records - v->anchored_size == 1 ? "it" : "them");
}

static void write_counts(FILE *out, const struct verdict *v)
{
    fprintf(out, "  Openings: %" PRIu64 " match%s, %" PRIu64 " withheld, %" PRIu64 " redacted.\n",
            v->matching, v->matching == 1 ? "es" : "", v->withheld, v->redacted);
    if (v->untrusted > 0)
        fprintf(out,
                "  %" PRIu64
                " record%s not trusted: the signing key was revoked, or did not have the "
                "power.\n",
                v->untrusted, v->untrusted == 1 ? " is" : "s are");
    if (v->clock_back > 0)
        fprintf(out,
                "  %" PRIu64
                " record%s logged earlier than the record before: a clock was wrong or "
                "set back. That is no fault.\n",
                v->clock_back, v->clock_back == 1 ? " was" : "s were");
}

static void write_finding(FILE *out, const struct finding *f)
{
    fputs("  ", out);
    if (f->record != NO_RECORD)
        fprintf(out, "Record %" PRIu64 ", ", f->record);
    fprintf(out, "%s: ", f->rule);
    report_escaped(out, f->text);
    fputs(".\n", out);
}

static void write_plain(FILE *out, const char *name, const struct verdict *v)
{
    char hex[2 * HASH_LEN + 1] = "";

    report_escaped(out, name);
    fprintf(out, ": %s\n", verdicts[v->status]);
    if (v->judged) {
        hex_encode(v->name, HASH_LEN, hex);
        fprintf(out,
                "  Case %s\n  %" PRIu64
                " record%s: spelling, chain, signatures and every other rule hold.\n",
                hex, v->records, plural(v->records));
        write_anchors(out, v);
        write_counts(out, v);
    } else {
        write_finding(out, &v->finding);
        if (v->status == STATUS_TAMPERED)
            fputs("  This is not what was written; look at the original and at other copies.\n",
                  out);
    }
    for (size_t i = 0; i < v->remark_count; i++) {
        fputs("  Note: ", out);
        report_escaped(out, v->remarks[i]);
        fputs(".\n", out);
    }
}

/* Bytes of the line that stand on the screen's next one: broken at the last space that leaves no
 * more columns than there are, else not at all. Each character counts as one column. */
static size_t part_len(const char *line, size_t len, size_t columns)
{
    size_t column = 0;
    size_t at_space = 0;

    for (size_t i = 0; i < len; i++) {
        if ((line[i] & 0xc0) != 0x80 && ++column > columns && at_space > 0)
            return at_space;
        if (line[i] == ' ' && i > 0 && line[i - 1] != ' ')
            at_space = i;
    }
    return len;
}

enum { COLUMNS = 80, HANG = 4 };

/* The lines of a text, none wider than a screen where its words allow; what hangs over is indented.
 */
static void write_folded(FILE *out, const char *text)
{
    while (*text != '\0') {
        size_t left = strcspn(text, "\n");
        size_t columns = COLUMNS;

        for (;;) {
            size_t len = part_len(text, left, columns);

            fwrite(text, 1, len, out);
            text += len;
            left -= len;
            if (left == 0)
                break;
            fputs("\n    ", out);
            text++;
            left--;
            columns = COLUMNS - HANG;
        }
        fputc('\n', out);
        text += *text == '\n';
    }
}

void report_plain(FILE *out, const char *name, const struct verdict *v)
{
    char *text = NULL;
    size_t size = 0;
    FILE *whole = open_memstream(&text, &size);

    if (whole != NULL)
        write_plain(whole, name, v);
    if (whole != NULL && fclose(whole) == 0)
        write_folded(out, text);
    else
        write_plain(out, name, v);
    free(text);
}

static void json_anchor(FILE *out, const char *source, const struct anchored *a, bool *more)
{
    char when[40];

    if (a->size == 0)
        return;
    fprintf(out, "%s{\"source\":\"%s\",\"size\":%" PRIu64, *more ? "," : "", source, a->size);
    if (a->by[0] != '\0') {
        fputs(",\"by\":", out);
        write_json_string(out, a->by);
    }
    if (format_time(a->seconds, when, sizeof when))
        fprintf(out, ",\"time\":\"%s\"", when);
    fputc('}', out);
    *more = true;
}

static void json_judged(FILE *out, const struct verdict *v)
{
    char hex[2 * HASH_LEN + 1] = "";
    bool more = false;

    hex_encode(v->name, HASH_LEN, hex);
    fprintf(out, ",\"case\":\"%s\",\"records\":%" PRIu64 ",\"anchored\":%" PRIu64 ",\"anchors\":[",
            hex, v->records, v->anchored_size);
    json_anchor(out, "root", &v->anchors[SOURCE_ROOT], &more);
    json_anchor(out, "witness", &v->anchors[SOURCE_WITNESS], &more);
    json_anchor(out, "rfc3161", &v->anchors[SOURCE_STAMP], &more);
    fprintf(out,
            "],\"openings\":{\"matching\":%" PRIu64 ",\"withheld\":%" PRIu64
            ",\"redacted\":%" PRIu64 "},\"untrusted\":%" PRIu64 ",\"clock_back\":%" PRIu64,
            v->matching, v->withheld, v->redacted, v->untrusted, v->clock_back);
}

static void json_finding(FILE *out, const struct finding *f)
{
    fputs(",\"finding\":{", out);
    if (f->record != NO_RECORD)
        fprintf(out, "\"record\":%" PRIu64 ",", f->record);
    fprintf(out, "\"rule\":\"%s\",\"text\":", f->rule);
    write_json_string(out, f->text);
    fputc('}', out);
}

void report_json(FILE *out, const char *name, const struct verdict *v)
{
    fputs("{\"file\":", out);
    write_json_string(out, name);
    fprintf(out, ",\"status\":%d,\"verdict\":\"%s\"", (int)v->status, verdicts[v->status]);
    if (v->judged)
        json_judged(out, v);
    else
        json_finding(out, &v->finding);
    fputs(",\"notes\":[", out);
    for (size_t i = 0; i < v->remark_count; i++) {
        fputs(i > 0 ? "," : "", out);
        write_json_string(out, v->remarks[i]);
    }
    fputs("]}\n", out);
}
