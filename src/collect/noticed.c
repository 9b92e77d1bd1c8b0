/* noticed.c: what the steps share that say what they noticed: programs and who runs them. */
#include "collect/noticed.h"

void noticed_gather_begin(struct gather *g, struct collection *c)
{
    *g = (struct gather){.host = c->host, .arena = arena_new(), .is_root = c->is_root};
}

void noticed_gather_end(struct gather *g, struct collection *c)
{
    c->host.atime_misses = g->host.atime_misses;
    arena_free(g->arena);
}

static int by_program(const void *a, const void *b, void *context)
{
    const struct process *list = context;
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    int order = str_cmp(list[x].program, list[y].program);

    return order ? order : x < y ? -1 : x > y;
}

void programs_find(struct programs *out, const struct process_list *p)
{
    size_t count = 0;
    size_t room = 0;

    *out = (struct programs){.indexes = mem_array(p->count + 1, sizeof(*out->indexes))};
    for (size_t i = 0; i < p->count; i++)
        if (p->list[i].program.len && !p->list[i].is_self)
            out->indexes[count++] = i;
    qsort_r(out->indexes, count, sizeof(*out->indexes), by_program, p->list);
    for (size_t i = 0; i < count; i++) {
        struct str path = p->list[out->indexes[i]].program;

        if (out->count == 0 || !str_eq(out->list[out->count - 1].path, path)) {
            out->list = mem_grow(out->list, out->count, &room, sizeof(*out->list));
            out->list[out->count++] = (struct program){path, out->indexes + i, 0};
        }
        out->list[out->count - 1].count++;
    }
}

void programs_release(struct programs *p)
{
    free(p->list);
    free(p->indexes);
    *p = (struct programs){0};
}

void programs_put_pids(struct json *j, const struct program *p, const struct process_list *list)
{
    json_name(j, "pids");
    json_array_begin(j);
    for (size_t i = 0; i < p->count && i < TOLD_MOST; i++)
        json_u64(j, list->list[p->processes[i]].pid);
    json_array_end(j);
    if (p->count > TOLD_MOST)
        json_put_u64(j, "more_pids", p->count - TOLD_MOST);
}

void noticed_put_process(struct json *j, const struct process *p)
{
    json_put_u64(j, "pid", p->pid);
    json_put_u64(j, "uid", p->uid);
    put_bytes(j, "comm", p->name);
    put_some(j, "program", p->program);
}
