/* clear_values.c: unseals the values that a person may see, and writes each as an opening. */
#include "practice/clear_values.h"
#include "base/limits.h"
#include "sys/file.h"

enum { CHUNK_SIZE = 1 << 20 };

struct clearing {
    const struct view *view;
    const uint8_t *wanted; /* of each record, an enum clear_wish; NULL: all */
    int fd;
    const char *name;
    struct buf pending;
    struct clear_count count;
};

static void clearing_release(struct clearing *c)
{
    buf_wipe(&c->pending);
}

static int flush(struct clearing *c, struct err *e)
{
    int rc = file_write_fd(c->fd, buf_text(&c->pending), c->pending.len, c->name, e);

    buf_clear(&c->pending);
    return rc;
}

static void count_bad(struct clearing *c, uint64_t seq, uint64_t *count)
{
    (*count)++;
    if (seq < c->count.first)
        c->count.first = seq;
}

static void write_value(struct clearing *c, uint64_t seq, const struct statement *st,
                        struct str name, const struct hash *commitment, struct str openings)
{
    CLEANUP(buf_wipe) struct buf value = {0};
    struct opening opening = {.id = st->id, .name = name};
    struct sealed_opening sealed;

    if (!sealed_find(openings, name, &sealed)) {
        if (!state_record(c->view->state, seq)->is_redacted)
            count_bad(c, seq, &c->count.missing);
        return;
    }
    if (opening_unseal(&sealed, state_scopes(c->view->state), st->scope, &st->case_id, &st->id,
                       commitment, &opening.salt, &value, NULL)) {
        count_bad(c, seq, &c->count.damaged);
        return;
    }
    opening.value = buf_str(&value);
    opening_write(&c->pending, &opening);
    buf_addc(&c->pending, '\n');
    c->count.written++;
}

static bool is_wanted(const struct clearing *c, uint64_t seq, struct str name)
{
    static const char *const who[] = {"name", "role", "position", "key"};

    if (!c->wanted || c->wanted[seq] == CLEAR_ALL)
        return true;
    for (size_t i = 0; i < COUNT_OF(who); i++)
        if (str_is(name, who[i]))
            return c->wanted[seq] == CLEAR_WHO;
    return false;
}

static int write_record(void *context, uint64_t seq, struct str line, struct str openings,
                        struct err *e)
{
    struct clearing *c = context;
    struct entry entry;
    struct hash commitment;
    struct str name;
    struct str rest;
    int rc;

    if ((c->wanted && c->wanted[seq] == CLEAR_NONE) ||
        !view_allows_record(c->view, state_record(c->view->state, seq)))
        return 0;
    rc = entry_read(&entry, line, e);
    if (rc || !scopes_holds(state_scopes(c->view->state), entry.statement.scope))
        return rc;
    rest = entry.statement.fields_text;
    while (fields_next(&rest, &name, &commitment))
        if (is_wanted(c, seq, name))
            write_value(c, seq, &entry.statement, name, &commitment, openings);
    return c->pending.len < CHUNK_SIZE ? 0 : flush(c, e);
}

int clear_values_write(const struct view *v, uint64_t to, const uint8_t *wanted, int fd,
                       const char *name, struct clear_count *out, struct err *e)
{
    CLEANUP(clearing_release)
    struct clearing c = {.view = v, .wanted = wanted, .fd = fd, .name = name};
    int rc;

    c.count.first = UINT64_MAX;
    rc = store_read(v->store, 0, to, true, write_record, &c, e);
    if (rc == 0)
        rc = flush(&c, e);
    if (rc == 0)
        *out = c.count;
    return rc;
}
