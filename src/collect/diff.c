/* diff.c: the difference of two snapshots, in words. */
#include <stdio.h>
#include "base/mem.h"
#include "collect/words.h"

struct diff {
    struct document before;
    struct document after;
    struct members *a; /* of the line being looked at */
    struct members *b;
    struct buf words;
    struct buf section;
    struct buf key;
    collect_changed *changed;
    void *context;
    struct err *e;
};

/* How one snapshot saw one section. */
struct seen {
    struct str how; /* "whole" … between quotes as spelled; empty when it is not said */
    struct str missing;
};

const char *collect_change_name(enum collect_change_kind kind)
{
    static const char *const names[] = {"appeared", "gone", "changed"};

    return names[kind];
}

static int tell(struct diff *d, enum collect_change_kind kind, struct str section, struct str key)
{
    struct collect_change change = {.kind = kind};

    buf_clear(&d->section);
    buf_clear(&d->key);
    unescape_json(&d->section, section);
    unescape_json(&d->key, key);
    change.section = buf_str(&d->section);
    change.key = buf_str(&d->key);
    change.words = buf_str(&d->words);
    return d->changed(d->context, &change, d->e);
}

static int tell_one(struct diff *d, enum collect_change_kind kind, const struct item *item)
{
    if (!members_read(d->a, item->line))
        BUG("a line that was read before");
    if (words_is_noise(item, d->a))
        return 0;
    buf_clear(&d->words);
    buf_addf(&d->words, kind == COLLECT_APPEARED ? "a new %s: " : "gone: %s ",
             section_title(item->rank));
    words_thing(&d->words, item, d->a);
    return tell(d, kind, item->section, item->key);
}

static int tell_change(struct diff *d, const struct item *before, const struct item *after)
{
    CLEANUP_BUF struct buf changes = {0};

    if (str_eq(before->line, after->line))
        return 0;
    if (!members_read(d->a, before->line) || !members_read(d->b, after->line))
        BUG("a line that was read before");
    if (words_is_noise(after, d->b) || !words_changes(&changes, after, d->a, d->b))
        return 0;
    buf_clear(&d->words);
    buf_addf(&d->words, "%s ", section_title(after->rank));
    value_text(&d->words, (struct str){after->key.p - 1, after->key.len + 2}, WORDS_KEY_SIZE);
    buf_adds(&d->words, ": ");
    buf_addstr(&d->words, buf_str(&changes));
    return tell(d, COLLECT_CHANGED, after->section, after->key);
}

static int compare(const struct item *a, const struct item *b)
{
    int order = str_cmp(a->section, b->section);

    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    return order ? order : str_cmp(a->key, b->key);
}

static struct seen how_seen(const struct document *d, struct str section, struct members *m)
{
    struct item wanted = {.section = STR("coverage"), .key = section};
    struct seen seen = {{"", 0}, {"", 0}};
    size_t low = 0;
    size_t high = d->count;

    wanted.rank = section_rank(wanted.section);
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare(&d->items[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < d->count && compare(&d->items[low], &wanted) == 0 &&
        members_read(m, d->items[low].line)) {
        seen.how = members_find(m, "seen");
        seen.missing = members_find(m, "missing");
    }
    return seen;
}

/* Numbers in the sentences change from one moment to the next. */
static bool same_but_digits(struct str a, struct str b)
{
    while (a.len && b.len) {
        bool x = a.p[0] >= '0' && a.p[0] <= '9';
        bool y = b.p[0] >= '0' && b.p[0] <= '9';

        if (!x && !y && a.p[0] != b.p[0])
            return false;
        if (x || !y)
            a = str_from(a, 1);
        if (y || !x)
            b = str_from(b, 1);
    }
    return str_eq(a, b);
}

static bool is_read(struct seen s)
{
    return !str_is(s.how, "\"none\"");
}

static void add_seen(struct buf *out, const char *which, struct seen s)
{
    buf_addf(out, "in the %s snapshot ", which);
    if (s.how.len == 0)
        buf_adds(out, "it is not said how much was read");
    else if (str_is(s.how, "\"whole\""))
        buf_adds(out, "all was read");
    else if (str_is(s.how, "\"absent\""))
        buf_adds(out, "the host had none");
    else if (str_is(s.how, "\"none\""))
        buf_adds(out, "nothing could be read");
    else
        buf_adds(out, "a part could not be read");
    if (s.missing.len > 2) {
        buf_adds(out, " (");
        value_text(out, s.missing, WORDS_KEY_SIZE);
        buf_addc(out, ')');
    }
}

static bool is_complete(struct seen s)
{
    return str_is(s.how, "\"whole\"") || str_is(s.how, "\"absent\"");
}

static bool is_comparable(struct diff *d, struct str section)
{
    return is_read(how_seen(&d->before, section, d->a)) &&
           is_read(how_seen(&d->after, section, d->b));
}

/* Says where the two saw a section differently. */
static int tell_coverage(struct diff *d, struct str section)
{
    struct seen a = how_seen(&d->before, section, d->a);
    struct seen b = how_seen(&d->after, section, d->b);
    bool comparable = is_read(a) && is_read(b);

    if (str_eq(a.how, b.how) && same_but_digits(a.missing, b.missing))
        return 0;
    if (is_complete(a) && is_complete(b)) /* its things are told one by one */
        return 0;
    buf_clear(&d->words);
    unescape_json(&d->words, section);
    buf_adds(&d->words, comparable
                            ? ": what is told as new or gone may have been there, but not seen: "
                            : ": cannot be compared: ");
    add_seen(&d->words, "earlier", a);
    buf_adds(&d->words, "; ");
    add_seen(&d->words, "later", b);
    return tell(d, COLLECT_CHANGED, STR("coverage"), section);
}

/* The items of the section that comes next in either document: [*from, *to). */
static void section_range(const struct document *d, size_t from, struct str section, size_t *to)
{
    *to = from;
    while (*to < d->count && str_eq(d->items[*to].section, section))
        ++*to;
}

static int diff_section(struct diff *d, size_t i, size_t i_end, size_t k, size_t k_end)
{
    int code = 0;

    while (code == 0 && (i < i_end || k < k_end)) {
        int order = i == i_end   ? 1
                    : k == k_end ? -1
                                 : compare(&d->before.items[i], &d->after.items[k]);

        if (order < 0)
            code = tell_one(d, COLLECT_GONE, &d->before.items[i++]);
        else if (order > 0)
            code = tell_one(d, COLLECT_APPEARED, &d->after.items[k++]);
        else
            code = tell_change(d, &d->before.items[i++], &d->after.items[k++]);
    }
    return code;
}

static int diff_all(struct diff *d)
{
    size_t i = 0;
    size_t k = 0;
    int code = 0;

    while (code == 0 && (i < d->before.count || k < d->after.count)) {
        const struct item *next = i == d->before.count  ? &d->after.items[k]
                                  : k == d->after.count ? &d->before.items[i]
                                  : compare(&d->before.items[i], &d->after.items[k]) <= 0
                                      ? &d->before.items[i]
                                      : &d->after.items[k];
        size_t i_end;
        size_t k_end;

        section_range(&d->before, i, next->section, &i_end);
        section_range(&d->after, k, next->section, &k_end);
        if (!str_is(next->section, "coverage") && is_comparable(d, next->section))
            code = diff_section(d, i, i_end, k, k_end);
        i = i_end;
        k = k_end;
    }
    return code;
}

static int tell_cut(struct diff *d, const struct document *doc, const char *which)
{
    if (doc->head.is_whole)
        return 0;
    buf_clear(&d->words);
    buf_addf(&d->words,
             "the %s snapshot is cut or was altered: its last line is missing or does not fit",
             which);
    return tell(d, COLLECT_CHANGED, STR("coverage"), STR("end"));
}

static int diff_documents(struct diff *d)
{
    int code = tell_cut(d, &d->before, "earlier");

    if (code == 0)
        code = tell_cut(d, &d->after, "later");
    for (size_t rank = 0; code == 0 && section_name(rank)[0]; rank++)
        code = tell_coverage(d, str_of(section_name(rank)));
    return code ? code : diff_all(d);
}

int collect_diff(struct str before, struct str after, collect_changed *changed, void *context,
                 struct err *e)
{
    struct diff d = {.changed = changed, .context = context, .e = e};
    int code = document_read(&d.before, before, "the earlier snapshot", e);

    if (code == 0)
        code = document_read(&d.after, after, "the later snapshot", e);
    d.a = mem_new(struct members);
    d.b = mem_new(struct members);
    if (code == 0)
        code = diff_documents(&d);
    document_release(&d.before);
    document_release(&d.after);
    buf_release(&d.words);
    buf_release(&d.section);
    buf_release(&d.key);
    free(d.a);
    free(d.b);
    return code;
}
