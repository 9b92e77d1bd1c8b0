/* regroup.c: a queue of open events, oldest first, to which lines are added by name. */
#include "timeline/regroup.h"
#include "base/mem.h"

#define WINDOW_NS (REGROUP_SECONDS * (int64_t)1000000000)

enum { SLOTS = REGROUP_EVENTS_MOST + 2 }; /* one that is lent, and one that comes */

struct regroup {
    struct line_group groups[SLOTS]; /* a ring */
    size_t first, count;
    size_t size;       /* bytes of all lines */
    int64_t newest_ns; /* of the last line that names an event */
};

struct regroup *regroup_new(void)
{
    return mem_new(struct regroup);
}

void regroup_free(struct regroup *g)
{
    for (size_t i = 0; g && i < SLOTS; i++) {
        buf_release(&g->groups[i].text);
        free(g->groups[i].lines);
    }
    free(g);
}

static struct line_group *group_at(struct regroup *g, size_t i)
{
    return &g->groups[(g->first + i) % SLOTS];
}

/* The last one first: mostly it is that. */
static struct line_group *find(struct regroup *g, struct str name)
{
    for (size_t i = g->count; name.len && i-- > 0;) {
        struct line_group *l = group_at(g, i);

        if (str_eq((struct str){l->name, l->name_len}, name))
            return l;
    }
    return NULL;
}

static struct line_group *begin_group(struct regroup *g, struct str name, int64_t ns)
{
    struct line_group *l = group_at(g, g->count++);

    memcpy(l->name, name.p, name.len);
    l->name_len = name.len;
    l->ns = ns;
    l->count = 0;
    buf_clear(&l->text);
    return l;
}

void regroup_add(struct regroup *g, const struct regrouped *line, struct str text, struct str name,
                 int64_t ns)
{
    struct line_group *l = find(g, name);

    if (!l)
        l = begin_group(g, name, name.len ? ns : g->newest_ns);
    if (name.len)
        g->newest_ns = ns;
    l->lines = mem_grow(l->lines, l->count, &l->room, sizeof(l->lines[0]));
    l->lines[l->count] = *line;
    l->lines[l->count].off = l->text.len;
    l->lines[l->count++].len = text.len;
    buf_addstr(&l->text, text);
    buf_addc(&l->text, '\n');
    g->size += text.len + 1;
}

/* A clock that was set back closes it, too. */
static bool is_past(const struct regroup *g, const struct line_group *l)
{
    int64_t by;

    return __builtin_sub_overflow(g->newest_ns, l->ns, &by) || by > WINDOW_NS || by < -WINDOW_NS;
}

const struct line_group *regroup_take(struct regroup *g, bool is_end)
{
    struct line_group *l = group_at(g, 0);

    if (g->count == 0 ||
        !(is_end || g->count > REGROUP_EVENTS_MOST || g->size > REGROUP_SIZE_MOST || is_past(g, l)))
        return NULL;
    g->first = (g->first + 1) % SLOTS;
    g->count--;
    g->size -= l->text.len;
    return l;
}
