/* organisation.c: the organisation file outside of the worker. */
#include "practice/organisation.h"
#include "sys/file.h"

struct organisation *organisation_new(void)
{
    struct organisation *o = mem_new(struct organisation);

    o->arena = arena_new();
    return o;
}

void organisation_free(struct organisation *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < ORGANISATION_ROW_COUNT; i++)
        free(o->tables[i].texts);
    arena_free(o->arena);
    free(o);
}

int organisation_take_row(void *context, uint32_t kind, const struct str *texts, struct err *e)
{
    struct organisation *o = context;
    struct organisation_table *t = &o->tables[kind];
    size_t width = organisation_text_counts[kind];

    (void)e;
    for (size_t i = 0; i < width; i++) {
        t->texts = mem_grow(t->texts, t->count * width + i, &t->room, sizeof(t->texts[0]));
        t->texts[t->count * width + i] =
            (struct str){arena_dup(o->arena, texts[i].p, texts[i].len), texts[i].len};
    }
    t->count++;
    return 0;
}

const struct str *organisation_row(const struct organisation *o, enum organisation_row kind,
                                   size_t i)
{
    return o->tables[kind].texts + i * organisation_text_counts[kind];
}

int organisation_read(struct organisation **out, const char *name, int fd, struct err *e)
{
    CLEANUP(organisation_freep) struct organisation *o = organisation_new();
    struct import_reader reader = {.job = organisation_job,
                                   .text_counts = organisation_text_counts,
                                   .kind_count = ORGANISATION_ROW_COUNT,
                                   .row = organisation_take_row,
                                   .context = o};
    CLEANUP_BUF struct buf what = {0};
    int rc;

    buf_addf(&what, "reading the organisation file %s", name);
    rc = import_run(&reader, buf_text(&what), fd, STR(""), e);
    if (rc)
        return rc;
    if (o->tables[ROW_HEAD].count != 1)
        return err_set(e, ERR_TAMPER, "%s: the reader sent no such file", buf_text(&what));
    *out = MOVE(o);
    return 0;
}

int organisation_read_file(struct organisation **out, const char *path, struct err *e)
{
    CLEANUP_FD int fd = -1;
    int rc = import_open(&fd, path, e);

    return rc ? rc : organisation_read(out, path, fd, e);
}

int organisation_read_text(struct organisation **out, const char *name, struct str text,
                           struct err *e)
{
    CLEANUP_FD int fd = -1;
    int rc = import_memory(&fd, text, e);

    return rc ? rc : organisation_read(out, name, fd, e);
}
