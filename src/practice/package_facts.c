/* package_facts.c: holds what a form of custody says beside its rows against the record. */
#include <stdlib.h>
#include "base/size.h"
#include "practice/custody_break.h"
#include "practice/package_rows.h"
#include "practice/verify.h"

static const struct {
    const char *label;
    enum hold_field field;
    enum fact_kind { FACT_TEXT, FACT_SIZE, FACT_LINES } kind;
} facts[] = {
    {"Item", HOLD_TITLE, FACT_TEXT},
    {"SHA-256", HOLD_SHA256, FACT_TEXT},
    {"MD5", HOLD_MD5, FACT_TEXT},
    {"Size", HOLD_SIZE, FACT_SIZE},
    {"Not readable", HOLD_BAD, FACT_SIZE},
    {"Sectors of it", HOLD_BAD_SECTORS, FACT_TEXT},
    {"Left unread", HOLD_LEFT, FACT_SIZE},
    {"Sectors left", HOLD_LEFT_SECTORS, FACT_TEXT},
    {"Source MD5", HOLD_SOURCE_MD5, FACT_TEXT},
    {"Source SHA-1", HOLD_SOURCE_SHA1, FACT_TEXT},
    {"Source SHA-256", HOLD_SOURCE_SHA256, FACT_TEXT},
    {"Image MD5", HOLD_IMAGE_MD5, FACT_TEXT},
    {"Image SHA-1", HOLD_IMAGE_SHA1, FACT_TEXT},
    {"Image SHA-256", HOLD_IMAGE_SHA256, FACT_TEXT},
    {"Files", HOLD_FILES, FACT_LINES},
    {"Seal", HOLD_SEAL_NOW, FACT_TEXT},
    {"Held now by", HOLD_HOLDER_NOW, FACT_TEXT},
};

/* Text between tags. */
static void add_shown(struct buf *out, struct str html)
{
    while (html.len) {
        if (html.p[0] == '<') {
            (void)str_cut(&html, '>');
            continue;
        }
        if (html.p[0] != '\n')
            buf_addc(out, html.p[0]);
        html = str_from(html, 1);
    }
}

/* How often a pair of that label is there, and what the last one says. */
static unsigned find_in_html(struct str form, const char *label, struct buf *value)
{
    CLEANUP_BUF struct buf mark = {0};
    unsigned count = 0;
    const char *p;

    buf_addf(&mark, "<div><dt>%s</dt><dd>", label);
    while ((p = form.len ? memmem(form.p, form.len, mark.p, mark.len) : NULL)) {
        const char *end;

        form = str_from(form, (size_t)(p - form.p) + mark.len);
        end = memmem(form.p, form.len, "</dd></div>", 11);
        buf_clear(value);
        add_shown(value, str_head(form, end ? (size_t)(end - form.p) : form.len));
        count++;
    }
    return count;
}

static void add_tight(struct buf *out, struct str line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.p[i] != ' ')
            buf_addc(out, line.p[i]);
}

/* The label begins a line, and the lines that go on are indented. */
static unsigned find_in_text(struct str form, const char *label, struct buf *value)
{
    size_t len = strlen(label);
    unsigned count = 0;
    bool is_in = false;

    while (form.len) {
        struct str line = str_cut(&form, '\n');

        if (str_starts(line, label) && str_starts(str_from(line, len), "  ")) {
            buf_clear(value);
            line = str_from(line, len);
            is_in = true;
            count++;
        } else if (!str_starts(line, " ")) {
            is_in = false;
        }
        if (is_in)
            add_tight(value, line);
    }
    return count;
}

/* Whether a form has that pair once, or not at all where there is nothing to say. */
static bool has_fact(struct str form, bool is_html, const char *label, struct str wanted)
{
    CLEANUP_BUF struct buf said = {0};
    CLEANUP_BUF struct buf spelled = {0};
    unsigned count = is_html ? find_in_html(form, label, &said) : find_in_text(form, label, &said);

    row_spell(&spelled, is_html, wanted);
    return count == (wanted.len > 0) && str_eq(buf_str(&said), buf_str(&spelled));
}

/* As the form says it: a size for people, and its bytes; of several lines one behind the other. */
static void say_fact(struct buf *out, struct str value, enum fact_kind kind)
{
    char text[SIZE_TEXT_SIZE];
    const char *between = "";
    uint64_t n;

    if (kind == FACT_SIZE && str_u64(value, &n)) {
        buf_addf(out, "%s (" STR_FMT " bytes)", size_text(text, n), STR_ARG(value));
    } else if (kind == FACT_LINES) {
        for (; value.len; between = ", ") {
            buf_adds(out, between);
            buf_addstr(out, str_cut(&value, '\n'));
        }
    } else {
        buf_addstr(out, value);
    }
}

bool facts_are_of(struct str form, bool is_html, const struct hold_record *item)
{
    for (size_t i = 0; i < COUNT_OF(facts); i++) {
        CLEANUP_BUF struct buf said = {0};

        if (hold_is_silent(item, facts[i].field))
            continue;
        say_fact(&said, hold_value(item, facts[i].field), facts[i].kind);
        if (!has_fact(form, is_html, facts[i].label, buf_str(&said)))
            return false;
    }
    return !item->is_kept_known || has_fact(form, is_html, "Kept now", item->kept);
}

bool form_has_record(struct str form, bool is_html, const struct hold_items *h)
{
    const struct hold_export *own = hold_last_export(h);
    CLEANUP_BUF struct buf size = {0};
    CLEANUP_BUF struct buf root = {0};

    if (!own || !own->is_sealed) /* it was cut, which is told once */
        return true;
    buf_add_u64(&size, h->record_count);
    verify_root(&root, &h->root, "\n");
    return has_fact(form, is_html, "Records", buf_str(&size)) &&
           has_fact(form, is_html, "Root", buf_str(&root));
}

/* What was said of the chain of an item; false: not all of it is told. */
static bool gather(const struct hold_items *h, const struct hold_record *item,
                   struct custody_act *acts, size_t *count)
{
    static const enum hold_field needed[] = {HOLD_ACT,  HOLD_FROM,   HOLD_TO,
                                             HOLD_SEAL, HOLD_HOLDER, HOLD_OCCURRED};

    for (size_t i = 0; i < h->count; i++) {
        const struct hold_record *r = &h->records[i];
        bool is_item = r == item;
        struct utc said = r->time;

        if (r->item != item || r->is_change || r->is_chain_change)
            continue;
        for (size_t k = 0; k < COUNT_OF(needed); k++)
            if (hold_is_silent(r, needed[k]))
                return false;
        (void)utc_read(&said, hold_value(r, HOLD_OCCURRED));
        acts[(*count)++] =
            (struct custody_act){.said = said,
                                 .seq = r->seq,
                                 .act = is_item ? STR("taken") : hold_value(r, HOLD_ACT),
                                 .from = is_item ? STR("") : hold_value(r, HOLD_FROM),
                                 .to = hold_value(r, is_item ? HOLD_HOLDER : HOLD_TO),
                                 .seal = hold_value(r, HOLD_SEAL)};
    }
    return true;
}

static uint64_t row_of(const uint64_t *rows, size_t count, uint64_t seq)
{
    uint64_t row = 1;

    while (row <= count && rows[row - 1] != seq)
        row++;
    return row;
}

bool form_has_breaks(struct str form, bool is_html, const struct hold_items *h,
                     const struct hold_record *item, const uint64_t *rows, size_t row_count)
{
    CLEANUP(custody_breaks_release) struct custody_breaks breaks = {0};
    CLEANUP_FREE struct custody_act *acts = mem_array(h->count, sizeof(*acts));
    CLEANUP_BUF struct buf shown = {0};
    CLEANUP_BUF struct buf wanted = {0};
    size_t count = 0;

    if (!gather(h, item, acts, &count))
        return true;
    custody_breaks_follow(&breaks, acts, count);
    if (breaks.count)
        row_spell(&wanted, is_html, STR(CUSTODY_BREAKS));
    for (size_t i = 0; i < breaks.count; i++) {
        CLEANUP_BUF struct buf words = {0};

        buf_adds(&wanted, is_html ? "" : "-");
        custody_break_say(&words, &breaks.list[i], row_of(rows, row_count, breaks.list[i].seq));
        row_spell(&wanted, is_html, buf_str(&words));
    }
    row_spell(&wanted, is_html, STR(CUSTODY_CLOCKS));
    if (is_html)
        add_shown(&shown, form);
    while (!is_html && form.len)
        add_tight(&shown, str_cut(&form, '\n'));
    return str_starts(buf_str(&shown), buf_text(&wanted));
}
