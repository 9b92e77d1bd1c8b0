/* package_facts.c: holds what a form of custody says of its item against the record. */
#include "practice/package_rows.h"

static const struct {
    const char *label;
    enum hold_field field;
} facts[] = {
    {"SHA-256", HOLD_SHA256},
    {"Seal", HOLD_SEAL_NOW},
    {"Held now by", HOLD_HOLDER_NOW},
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

bool facts_are_of(struct str form, bool is_html, const struct hold_record *item)
{
    for (size_t i = 0; i < COUNT_OF(facts); i++)
        if (!hold_is_silent(item, facts[i].field) &&
            !has_fact(form, is_html, facts[i].label, hold_value(item, facts[i].field)))
            return false;
    return !item->is_kept_known || has_fact(form, is_html, "Kept now", item->kept);
}
