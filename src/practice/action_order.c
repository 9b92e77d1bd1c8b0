/* action_order.c: orders the actions of a practice, and lists them. */
#include "practice/action_order.h"
#include <stdlib.h>
#include "practice/action_history.h"
#include "render/screen.h"

/* "a12  unconfirmed" */
enum { MARK_COLUMNS = 16 };

enum action_rank action_rank(const struct thing *action)
{
    static const struct {
        const char *state;
        enum action_rank rank;
    } ranks[] = {{"begun", ACTION_OPEN},
                 {"unconfirmed", ACTION_OPEN},
                 {"done", ACTION_STANDS},
                 {"undone", ACTION_OVER}};

    for (size_t i = 0; i < COUNT_OF(ranks); i++)
        if (thing_says(action, "state", ranks[i].state))
            return ranks[i].rank;
    return ACTION_WAITING;
}

static int compare(const void *a, const void *b)
{
    const struct thing *x = *(const struct thing *const *)a;
    const struct thing *y = *(const struct thing *const *)b;
    enum action_rank m = action_rank(x), n = action_rank(y);

    if (m != n)
        return m < n ? -1 : 1;
    return (x->number < y->number) - (x->number > y->number);
}

size_t action_order(const struct view *v, const char *practice, const struct thing ***out)
{
    const struct thing **all = NULL, *t;
    size_t count = 0, room = 0;

    for (size_t at = 0; (t = view_next_with(v, "action", "practice", practice, &at));) {
        all = mem_grow(all, count, &room, sizeof(*all));
        all[count++] = t;
    }
    if (count)
        qsort(all, count, sizeof(*all), compare);
    *out = all;
    return count;
}

static void list_text(const struct view *v, const struct thing *t, struct screen *screen)
{
    CLEANUP_BUF struct buf mark = {0};
    CLEANUP_BUF struct buf line = {0};

    buf_addf(&mark, "a%-3u %.*s", t->number, STR_ARG(thing_value(t, "state")));
    buf_addstr(&line, view_title(t));
    if (thing_value(t, "check").len)
        buf_addf(&line, "  (checked: " STR_FMT ")", STR_ARG(thing_value(t, "check")));
    if (thing_value(t, "before-gate").len)
        buf_addf(&line, "  (" STR_FMT ")", STR_ARG(thing_value(t, "before-gate")));
    screen_pair(screen, 0, MARK_COLUMNS, buf_str(&mark), buf_str(&line));
    buf_clear(&line);
    action_history(v, t, &line);
    screen_para_style(screen, MARK_COLUMNS + 2, SCREEN_DIM, buf_str(&line));
}

/* A program reads them as they were planned. */
static void list_json(const struct view *v, const char *practice, struct answer *a)
{
    const struct thing *t;
    struct json j;

    json_begin(&j, &a->json);
    json_array_begin(&j);
    for (size_t at = 0; (t = view_next_with(v, "action", "practice", practice, &at));) {
        json_object_begin(&j);
        thing_json_members(v, t, &j);
        action_history_json(v, t, &j);
        json_object_end(&j);
    }
    json_array_end(&j);
}

const struct field action_fields_list[ACTION_LIST_COUNT] = {
    {.name = "all", .type = FIELD_FLAG, .flags = FIELD_OUTSIDE, .help = "what is undone, too"}};

int action_list(const struct view *v, const struct operation *op, const struct input *in,
                struct answer *a, struct err *e)
{
    struct screen screen = {&a->text, a->columns, a->color};
    CLEANUP_FREE const struct thing **all = NULL;
    size_t count, folded = 0;

    (void)e;
    if (a->wants_json) {
        list_json(v, op->practice, a);
        return 0;
    }
    count = action_order(v, op->practice, &all);
    for (size_t i = 0; i < count; i++) {
        bool is_over = action_rank(all[i]) == ACTION_OVER && !input_has(op, in, "all");

        folded += is_over;
        if (!is_over)
            list_text(v, all[i], &screen);
    }
    if (folded)
        screen_printf(&screen, 0, "%zu undone: calm %s list --all", folded, op->practice);
    if (count == 0)
        buf_addf(&a->text, "Nothing is planned or done yet: calm %s plan \"what\" --undo \"how\"\n",
                 op->practice);
    return 0;
}
