/* package_facts.c: holds what a form of custody says beside its rows against the record. */
#include "practice/custody_break.h"
#include "practice/custody_check.h"
#include "practice/package_rows.h"
#include "practice/verify.h"

void row_add_shown(struct buf *out, struct str html)
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

void row_add_tight(struct buf *out, struct str line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.p[i] != ' ')
            buf_addc(out, line.p[i]);
}

/* While the pairs before the table are read, one after the other. */
struct facts {
    struct form *form;
    size_t next; /* fact that may come */
    bool is_wrong;
};

/* Facts before the one that comes: they may be left out where there is nothing to say. */
static void skip_to(struct facts *x, size_t fact)
{
    struct str wanted;

    for (; x->next < fact; x->next++)
        x->is_wrong |= hold_fact(x->form->item, &custody_facts[x->next], &wanted) && wanted.len;
}

static void take_pair(struct facts *x, size_t fact, struct str said)
{
    const struct custody_fact *f = &custody_facts[fact < CUSTODY_FACT_COUNT ? fact : 0];
    CLEANUP_BUF struct buf value = {0};
    CLEANUP_BUF struct buf spelled = {0};
    struct str wanted;

    if (fact < x->next || fact == CUSTODY_FACT_COUNT) {
        x->is_wrong = true;
        return;
    }
    skip_to(x, fact);
    x->next++;
    if (!hold_fact(x->form->item, f, &wanted)) {
        x->form->free |= UINT64_C(1) << fact;
        return;
    }
    if (wanted.len)
        custody_fact_spell(&value, custody_fact_field(f), wanted);
    row_spell(&spelled, x->form->is_html, buf_str(&value));
    x->is_wrong |= !wanted.len || !str_eq(said, buf_str(&spelled));
}

/* Takes off all up to a mark, and the mark. */
static bool take_until(struct str *rest, struct str mark, struct str *before)
{
    const char *p = rest->len ? memmem(rest->p, rest->len, mark.p, mark.len) : NULL;

    if (!p)
        return false;
    *before = str_head(*rest, (size_t)(p - rest->p));
    *rest = str_from(*rest, before->len + mark.len);
    return true;
}

static size_t labelled(struct str label)
{
    size_t i = 0;

    while (i < CUSTODY_FACT_COUNT && !str_is(label, custody_facts[i].label))
        i++;
    return i;
}

/* <div><dt>LABEL</dt><dd>VALUE</dd></div>, lists of them, and one heading. */
static bool read_html(struct facts *x, struct str rest)
{
    CLEANUP_BUF struct buf shown = {0};
    struct str label, value, heading;

    while (rest.len) {
        if (str_take(&rest, "<dl class=\"facts\">\n") || str_take(&rest, "</dl>\n"))
            continue;
        buf_clear(&shown);
        if (str_take(&rest, "<div><dt>")) {
            if (!take_until(&rest, STR("</dt><dd>"), &label) ||
                !take_until(&rest, STR("</dd></div>\n"), &value))
                return false;
            row_add_shown(&shown, value);
            take_pair(x, labelled(label), buf_str(&shown));
        } else if (str_take(&rest, "<h2 id=\"section-1\"><span class=\"no\">1</span> ")) {
            if (!take_until(&rest, STR("</h2>\n"), &heading) ||
                !str_is(heading, CUSTODY_IMAGE_HEADING))
                return false;
        } else { /* what the table is in */
            return str_take(&rest, "<div class=\"wide\" ") && memchr(rest.p, '>', rest.len) &&
                   str_cut(&rest, '>').len && !rest.len;
        }
    }
    return false;
}

static size_t label_of(struct str line)
{
    size_t i = 0;

    while (i < CUSTODY_FACT_COUNT &&
           !(str_starts(line, custody_facts[i].label) &&
             str_starts(str_from(line, strlen(custody_facts[i].label)), "  ")))
        i++;
    return i;
}

/* A line of '=' as long as the one above it. */
static bool is_underline(struct str line, size_t len)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.p[i] != '=')
            return false;
    return line.len == len;
}

/* A label begins a line, and the lines that go on are indented. */
static bool read_text(struct facts *x, struct str rest)
{
    while (rest.len) {
        CLEANUP_BUF struct buf value = {0};
        struct str line = str_cut(&rest, '\n');
        size_t fact = label_of(line);

        if (!line.len)
            continue;
        if (fact == CUSTODY_FACT_COUNT) {
            if (!str_is(line, "1  " CUSTODY_IMAGE_HEADING) ||
                !is_underline(str_cut(&rest, '\n'), line.len))
                return false;
            continue;
        }
        row_add_tight(&value, str_from(line, strlen(custody_facts[fact].label)));
        while (str_starts(rest, " "))
            row_add_tight(&value, str_cut(&rest, '\n'));
        take_pair(x, fact, buf_str(&value));
    }
    return true;
}

/* Above its title a form has its label and the name of the case, and no fact. */
static bool is_own_head(const struct form *f, struct str heads)
{
    struct str inner;

    while (!f->is_html && heads.len)
        if (label_of(str_cut(&heads, '\n')) < CUSTODY_FACT_COUNT)
            return false;
    if (!f->is_html)
        return true;
    if (!take_until(&heads, STR("<header>\n<p class=\"marks\">"), &inner) ||
        !take_until(&heads, STR("</p>\n"), &inner))
        return false;
    return !heads.len || (str_take(&heads, "<p class=\"case\">") &&
                          take_until(&heads, STR("</p>\n"), &inner) && !heads.len);
}

/* Nor is one said again behind the rows and those who signed them: there is the list of the record
 * alone. */
static bool has_none_behind(const struct form *f)
{
    static const char *const marks[] = {"  " CUSTODY_MOMENT "\n",
                                        "</span> " CUSTODY_MOMENT "</h2>\n"};
    struct str rest = f->after, before, label;
    unsigned lists = 0;

    if (!take_until(&rest, str_of(marks[f->is_html]), &before))
        return false;
    if (!f->is_html) {
        while (rest.len)
            if (label_of(str_cut(&rest, '\n')) < CUSTODY_FACT_COUNT)
                return false;
        return true;
    }
    for (struct str at = f->after; take_until(&at, STR("<dl class=\"facts\">"), &before);)
        lists++;
    while (take_until(&rest, STR("<dt>"), &before))
        if (!take_until(&rest, STR("</dt>"), &label) || labelled(label) < CUSTODY_FACT_COUNT)
            return false;
    return lists == 2; /* and the one of those who signed */
}

bool form_has_facts(struct form *f)
{
    struct str number = f->name, call, heads, rest = f->before;
    struct facts x = {.form = f};
    CLEANUP_BUF struct buf title = {0};

    if (!str_take(&number, "custody/"))
        return false;
    call = str_cut(&number, '.');
    buf_addf(&title,
             f->is_html ? "<h1>Chain of custody: " STR_FMT "</h1>\n</header>\n<main id=\"main\">\n"
                        : "\nChain of custody: " STR_FMT "\n",
             STR_ARG(call));
    if (!f->is_html) {
        buf_addn(&title, '=', title.len - 2);
        buf_addc(&title, '\n');
    }
    if (!take_until(&rest, buf_str(&title), &heads) || !is_own_head(f, heads) ||
        !has_none_behind(f) || !(f->is_html ? read_html(&x, rest) : read_text(&x, rest)))
        return false;
    skip_to(&x, CUSTODY_FACT_COUNT);
    return !x.is_wrong;
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
        row_add_shown(value, str_head(form, end ? (size_t)(end - form.p) : form.len));
        count++;
    }
    return count;
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
            row_add_tight(value, line);
    }
    return count;
}

/* Whether what stands behind the table has that pair once. */
static bool has_fact(const struct form *f, const char *label, struct str wanted)
{
    CLEANUP_BUF struct buf said = {0};
    CLEANUP_BUF struct buf spelled = {0};
    unsigned count =
        f->is_html ? find_in_html(f->after, label, &said) : find_in_text(f->after, label, &said);

    row_spell(&spelled, f->is_html, wanted);
    return count == 1 && str_eq(buf_str(&said), buf_str(&spelled));
}

bool form_has_record(const struct form *f, const struct hold_items *h)
{
    const struct hold_export *own = hold_last_export(h);
    CLEANUP_BUF struct buf size = {0};
    CLEANUP_BUF struct buf root = {0};
    CLEANUP_BUF struct buf id = {0};

    hex_add(&id, h->case_id.b, sizeof(h->case_id.b));
    if (!has_fact(f, "Case", buf_str(&id)))
        return false;
    if (!own || !own->is_sealed) /* it was cut, which is told once */
        return true;
    buf_add_u64(&size, h->record_count);
    verify_root(&root, &h->root, "\n");
    return has_fact(f, "Records", buf_str(&size)) && has_fact(f, "Root", buf_str(&root));
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

bool form_has_breaks(const struct form *f, const struct hold_items *h)
{
    CLEANUP(custody_breaks_release) struct custody_breaks breaks = {0};
    CLEANUP_FREE struct custody_act *acts = mem_array(h->count, sizeof(*acts));
    CLEANUP_BUF struct buf shown = {0};
    CLEANUP_BUF struct buf wanted = {0};
    struct str rest = f->after;
    size_t count = 0;

    if (!gather(h, f->item, acts, &count))
        return true;
    custody_breaks_follow(&breaks, acts, count);
    if (breaks.count)
        row_spell(&wanted, f->is_html, STR(CUSTODY_BREAKS));
    for (size_t i = 0; i < breaks.count; i++) {
        CLEANUP_BUF struct buf words = {0};

        buf_adds(&wanted, f->is_html ? "" : "-");
        custody_break_say(&words, &breaks.list[i],
                          row_of(f->rows, f->row_count, breaks.list[i].seq));
        row_spell(&wanted, f->is_html, buf_str(&words));
    }
    row_spell(&wanted, f->is_html, STR(CUSTODY_CLOCKS));
    if (f->is_html)
        row_add_shown(&shown, rest);
    while (!f->is_html && rest.len)
        row_add_tight(&shown, str_cut(&rest, '\n'));
    return str_starts(buf_str(&shown), buf_text(&wanted));
}
