/* search_about.c: spells what records say of timelines for the workers, and reads it there. */
#include "timeline/search_about.h"

struct item_head {
    uint32_t number, skew_count, mark_count, unused;
};
struct text_head {
    uint64_t number; /* the skew, as its bits, or the event */
    uint64_t size;   /* of the text behind it */
};

int64_t search_skew_of(const struct search_item *item, struct str source)
{
    int64_t all = 0;

    for (size_t i = 0; i < item->skew_count; i++) {
        if (item->skews[i].source.len == 0)
            all = item->skews[i].ns;
        else if (str_eq(item->skews[i].source, source))
            return item->skews[i].ns;
    }
    return all;
}

int64_t search_true_time(int64_t ns, int64_t skew_ns)
{
    int64_t out;

    if (__builtin_sub_overflow(ns, skew_ns, &out))
        return skew_ns > 0 ? INT64_MIN : INT64_MAX;
    return out;
}

static void add_text(struct buf *out, uint64_t number, struct str text)
{
    const struct text_head head = {number, text.len};

    buf_add(out, &head, sizeof(head));
    buf_addstr(out, text);
}

int search_about_add(struct buf *out, const struct search_item *items, size_t count,
                     bool with_marks, struct err *e)
{
    size_t begin = out->len, skews = 0, marks = 0;

    for (size_t i = 0; i < count; i++) {
        const struct search_item *item = &items[i];
        const struct item_head head = {item->number, (uint32_t)item->skew_count,
                                       with_marks ? (uint32_t)item->mark_count : 0, 0};

        skews += item->skew_count;
        marks += head.mark_count;
        if (skews > SEARCH_SKEWS_MOST || marks > SEARCH_MARKS_MOST)
            break;
        buf_add(out, &head, sizeof(head));
        for (size_t k = 0; k < item->skew_count; k++)
            add_text(out, (uint64_t)item->skews[k].ns, item->skews[k].source);
        for (size_t k = 0; k < head.mark_count; k++)
            add_text(out, item->marks[k].event, item->marks[k].tag);
    }
    if (skews > SEARCH_SKEWS_MOST)
        return err_set(e, ERR_LIMIT,
                       "the clocks of at most %d sources are corrected at once: name "
                       "some items with --evidence",
                       SEARCH_SKEWS_MOST);
    if (marks > SEARCH_MARKS_MOST || out->len - begin > SEARCH_ABOUT_SIZE)
        return err_set(e, ERR_LIMIT,
                       "at most %d marks of events, and %d KiB of their tags, are "
                       "searched at once: name some items with --evidence",
                       SEARCH_MARKS_MOST, SEARCH_ABOUT_SIZE >> 10);
    return 0;
}

static bool take(struct str *rest, void *out, size_t size)
{
    if (rest->len < size)
        return false;
    memcpy(out, rest->p, size);
    *rest = str_from(*rest, size);
    return true;
}

static bool take_text(struct str *rest, uint64_t *number, struct str *text)
{
    struct text_head head;

    if (!take(rest, &head, sizeof(head)) || head.size > rest->len)
        return false;
    *number = head.number;
    *text = str_head(*rest, (size_t)head.size);
    *rest = str_from(*rest, text->len);
    return true;
}

static bool take_item(struct str *rest, struct arena *arena, struct search_item *out)
{
    struct item_head head;
    struct search_skew *skews;
    struct query_mark *marks;
    bool is_whole = true;

    if (!take(rest, &head, sizeof(head)) || head.skew_count > SEARCH_SKEWS_MOST ||
        head.mark_count > SEARCH_MARKS_MOST)
        return false;
    skews = arena_alloc(arena, (head.skew_count + (size_t)1) * sizeof(skews[0]));
    marks = arena_alloc(arena, (head.mark_count + (size_t)1) * sizeof(marks[0]));
    for (uint32_t i = 0; is_whole && i < head.skew_count; i++) {
        uint64_t bits = 0;

        is_whole = take_text(rest, &bits, &skews[i].source);
        skews[i].ns = (int64_t)bits;
    }
    for (uint32_t i = 0; is_whole && i < head.mark_count; i++)
        is_whole = take_text(rest, &marks[i].event, &marks[i].tag);
    *out = (struct search_item){head.number, skews, head.skew_count, marks, head.mark_count};
    return is_whole;
}

bool search_about_take(struct str *rest, size_t count, struct arena *arena,
                       struct search_item **out)
{
    struct search_item *items = arena_alloc(arena, (count + 1) * sizeof(items[0]));

    for (size_t i = 0; i < count; i++)
        if (!take_item(rest, arena, &items[i]))
            return false;
    *out = items;
    return true;
}
