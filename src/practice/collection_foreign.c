/* collection_foreign.c: reads another tool's collection by its table of mappings. */
#include "practice/collection_foreign.h"
#include <stdlib.h>

enum { SOCKET_COUNT = 100000 };

static int by_path(const void *a, const void *b)
{
    const struct host_file *x = a;
    const struct host_file *y = b;

    return str_cmp(x->path, y->path);
}

/* Of two members with one name the later one counts, as when they are unpacked. */
static size_t without_repeats(struct host_file *files, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || !str_eq(files[i].path, files[i + 1].path))
            files[kept++] = files[i];
    return kept;
}

void foreign_begin(struct foreign_reading *r)
{
    struct collection_job *c = r->job;
    CLEANUP_BUF struct buf decoded = {0};

    r->files = arena_alloc(c->arena, (c->count + 1) * sizeof(r->files[0]));
    for (size_t i = 0; i < c->count; i++) {
        struct str path = collection_host_path(c->tool, c->members[i].name, &decoded);

        if (!path.len || memchr(path.p, 0, path.len))
            continue;
        if (path.p == decoded.p)
            path.p = arena_dup(c->arena, path.p, path.len);
        r->files[r->file_count++] = (struct host_file){path, c->members[i].bytes};
    }
    qsort(r->files, r->file_count, sizeof(r->files[0]), by_path);
    r->file_count = without_repeats(r->files, r->file_count);
}

void foreign_release(struct foreign_reading *r)
{
    free(r->sockets);
}

struct str foreign_file(const struct foreign_reading *r, const char *path)
{
    const struct host_file wanted = {.path = str_of(path)};
    const struct host_file *found =
        bsearch(&wanted, r->files, r->file_count, sizeof(wanted), by_path);

    return found ? found->bytes : STR("");
}

void foreign_socket(struct foreign_reading *r, const struct row_socket *s)
{
    struct row_socket *kept;

    if (r->socket_count == SOCKET_COUNT || s->local_port > UINT16_MAX || !s->local.len)
        return;
    r->sockets = mem_grow(r->sockets, r->socket_count, &r->socket_room, sizeof(r->sockets[0]));
    kept = &r->sockets[r->socket_count++];
    *kept = *s;
    kept->remote_port = s->remote_port > UINT16_MAX ? 0 : s->remote_port;
    for (struct str *const *text =
             (struct str *const[]){&kept->local, &kept->remote, &kept->program, NULL};
         *text; text++)
        (*text)->p = arena_dup(r->job->arena, (*text)->p, (*text)->len);
}

static bool take(struct foreign_reading *r, struct doc *d, const struct foreign_mapping *m)
{
    if (m->unless && foreign_file(r, m->unless).len)
        return false;
    if (m->from)
        return r->each(r, d, m);
    m->take(r, d, &(struct foreign_row){0});
    return true;
}

/* The mapping that gave something; of several, the first. */
static const struct foreign_mapping *take_section(struct foreign_reading *r, struct doc *d,
                                                  const char *section)
{
    const struct foreign_mapping *used = NULL;
    bool was_before = false;

    for (size_t i = 0; i < r->mapping_count; i++) {
        const struct foreign_mapping *m = &r->mappings[i];

        if (strcmp(m->section, section) != 0)
            continue;
        was_before = (!used || (m->adds && was_before)) && take(r, d, m);
        used = used || !was_before ? used : m;
    }
    return used;
}

static bool fill(void *context, struct doc *d, const char *section)
{
    struct foreign_reading *r = context;
    bool listeners = strcmp(section, "listener") == 0;
    const struct foreign_mapping *used;

    if (listeners || strcmp(section, "connection") == 0) {
        used = r->socket_from;
        if (used)
            row_sockets(d, r->sockets, r->socket_count, listeners);
    } else {
        used = take_section(r, d, section);
    }
    if (used)
        doc_gap(d, "%s", used->gap);
    return used != NULL;
}

/* Zero where nothing tells it, or what tells it is no time of this calendar. */
static struct utc taken_of(const struct foreign_reading *r, const struct foreign_facts *f)
{
    const int64_t year_10000_s = 253402300800;
    struct utc t = f->taken.sec ? f->taken : r->job->newest;

    return t.sec > 0 && t.sec < year_10000_s ? t : (struct utc){0};
}

int foreign_tell_facts(struct foreign_reading *r, const struct foreign_facts *f, struct err *e)
{
    const struct utc taken = taken_of(r, f);
    char when[UTC_TEXT_SIZE];
    const struct {
        const char *name;
        struct str value;
    } facts[] = {{"program", f->program},
                 {"host", f->host},
                 {"taken", {when, taken.sec ? sizeof(when) : 0}},
                 {"profile", f->profile},
                 {"collection", f->collection},
                 {"machine_id", str_trim(foreign_file(r, "etc/machine-id"))},
                 {"ended", f->has_ended ? STR("yes") : STR("")}};
    int rc = 0;

    utc_write(when, taken);
    for (size_t i = 0; rc == 0 && i < COUNT_OF(facts); i++)
        rc = collection_fact(r->job, facts[i].name, facts[i].value, e);
    if (rc == 0 && !f->taken.sec && taken.sec)
        rc = collection_missed(r->job, STR("the time of the collection"), "mapping",
                               "it is not stated: the newest time of a file in the archive is "
                               "taken for it",
                               e);
    return rc;
}

int foreign_tell_state(struct foreign_reading *r, const struct foreign_facts *facts, struct err *e)
{
    const struct foreign f = {.files = r->files,
                              .file_count = r->file_count,
                              .host = facts->host,
                              .taken = taken_of(r, facts),
                              .collector = r->collector,
                              .fill = fill,
                              .context = r};

    r->socket_from = take_section(r, NULL, "socket");
    return collect_foreign(&f, collection_document_line, r->job, e);
}
