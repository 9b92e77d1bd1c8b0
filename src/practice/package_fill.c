/* package_fill.c: puts together what a package holds: record, forms, program, and the items. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "base/sink.h"
#include "evidence/package_read.h"
#include "practice/calm.h"
#include "practice/clear_values.h"
#include "practice/custody.h"
#include "practice/custody_check.h"
#include "practice/evidence.h"
#include "practice/import.h"
#include "practice/package.h"
#include "practice/package_name.h"
#include "practice/package_values.h"
#include "practice/texts.h"
#include "practice/verify.h"
#include "sys/file.h"
#include "sys/interrupt.h"
#include "sys/patience.h"
#include "sys/self.h"

enum { CHUNK_SIZE = 256 << 10, TEXT_COLUMNS = 100, LIST_COLUMNS = 72 };

void package_release(struct package *p)
{
    for (size_t i = 0; i < p->count; i++)
        fd_close(p->members[i].fd);
    free(p->members);
    arena_free(p->arena);
}

static int add(struct package *p, struct package_member m, struct err *e)
{
    if (p->count == PACKAGE_MEMBER_LIMIT)
        return err_set(e, ERR_LIMIT, "a package has at most %d files: export fewer items at a time",
                       PACKAGE_MEMBER_LIMIT);
    p->members = mem_grow(p->members, p->count, &p->room, sizeof(p->members[0]));
    p->members[p->count++] = m;
    p->size += m.size;
    return 0;
}

static int add_text(struct package *p, const char *name, struct str text, struct err *e)
{
    struct package_member m = {.name = str_of(arena_strdup(p->arena, name)),
                               .text = {arena_dup(p->arena, text.p, text.len), text.len},
                               .size = text.len,
                               .sum = hash_bytes(text.p, text.len),
                               .fd = -1};

    return add(p, m, e);
}

/* What lies behind a descriptor, from its start. */
static int hash_fd(int fd, const char *name, struct hash *sum, uint64_t *size, struct err *e)
{
    CLEANUP(digest_freep) struct digest *d = digest_new(DIGEST_SHA256);
    CLEANUP(patience_freep) struct patience *patience = NULL;
    CLEANUP_FREE char *chunk = mem_alloc(CHUNK_SIZE);
    uint8_t bytes[64];
    uint64_t off = 0;
    ssize_t n;

    while ((n = patience_read(&patience, fd, chunk, CHUNK_SIZE, (off_t)off)) > 0) {
        if (interrupt_came())
            return err_set(e, ERR_CANCEL, "stopped at your request");
        digest_add(d, chunk, (size_t)n);
        off += (uint64_t)n;
    }
    if (n < 0 && errno == ECANCELED)
        return patience_over(fd, e);
    if (n < 0)
        return err_errno(e, "cannot read %s", name);
    digest_end(d, bytes);
    memcpy(sum->b, bytes, sizeof(sum->b));
    *size = off;
    return 0;
}

static int add_memory(struct package *p, const char *name, int *fd, struct err *e)
{
    struct package_member m = {.name = str_of(arena_strdup(p->arena, name)), .fd = *fd};
    int rc = hash_fd(*fd, name, &m.sum, &m.size, e);

    if (rc == 0)
        rc = add(p, m, e);
    if (rc == 0)
        *fd = -1; /* the package closes it */
    return rc;
}

struct lines_out {
    struct buf pending;
    int fd;
};

static void lines_release(struct lines_out *l)
{
    fd_close(l->fd);
    buf_release(&l->pending);
}

static int lines_flush(struct lines_out *l, struct err *e)
{
    int rc =
        file_write_fd(l->fd, buf_text(&l->pending), l->pending.len, "the journal in memory", e);

    buf_clear(&l->pending);
    return rc;
}

static int add_line(void *context, uint64_t seq, struct str line, struct str openings,
                    struct err *e)
{
    struct lines_out *l = context;

    (void)seq;
    (void)openings;
    buf_addstr(&l->pending, line);
    buf_addc(&l->pending, '\n');
    return l->pending.len < CHUNK_SIZE ? 0 : lines_flush(l, e);
}

static int add_skeleton(struct package *p, const struct view *v, struct err *e)
{
    CLEANUP(lines_release) struct lines_out l = {.fd = -1};
    int rc = import_memory(&l.fd, STR(""), e);

    if (rc == 0)
        rc = store_read(v->store, 0, state_size(v->state), false, add_line, &l, e);
    if (rc == 0)
        rc = lines_flush(&l, e);
    return rc ? rc : add_memory(p, "journal/journal.cj1", &l.fd, e);
}

/* The values lie in memory alone: no disk sees them in clear. */
static int add_openings(struct package *p, const struct view *v, const struct package_items *items,
                        struct err *e)
{
    CLEANUP_FREE uint8_t *wanted = package_values_choose(v, items->ids, items->count);
    CLEANUP_FD int fd = -1;
    struct clear_count count;
    int rc = import_memory(&fd, STR(""), e);

    if (rc == 0)
        rc = clear_values_write(v, state_size(v->state), wanted, fd, "values in memory", &count, e);
    if (rc == 0 && (count.damaged || count.missing))
        rc = err_set(e, ERR_TAMPER,
                     "what is on record of these items is not whole (r%llu): calm log verify",
                     (unsigned long long)count.first);
    return rc ? rc : add_memory(p, "journal/journal.cjo", &fd, e);
}

static int add_program(struct package *p, struct err *e)
{
    struct package_member m = {.name = STR("program/calm-verify"), .is_program = true, .fd = -1};
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_FD int fd = -1;
    int rc = self_neighbour("calm-verify", "verify", "it goes into the package", &path, e);

    if (rc)
        return rc;
    m.path = arena_strdup(p->arena, buf_text(&path));
    fd = open(m.path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(e, "cannot open %s", m.path);
    rc = hash_fd(fd, m.path, &m.sum, &m.size, e);
    return rc ? rc : add(p, m, e);
}

/* One that was not read again when it was written has no SHA-256 on record: it gets its own now. */
static int find_sum(struct package_member *m, struct err *e)
{
    CLEANUP_FD int fd = open(m->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0)
        return err_errno(e, "cannot open %s", m->path);
    return hash_fd(fd, m->path, &m->sum, &m->size, e);
}

static int add_file(struct package *p, const struct thing *item, const struct evidence_file *file,
                    struct package_names *names, struct err *e)
{
    struct package_member m = {.size = file->size, .sum = file->sum, .fd = -1};
    CLEANUP_BUF struct buf path = {0};
    struct str name;
    struct stat st;
    int rc = evidence_file_path(item, file, &path, e);

    if (rc)
        return rc;
    m.path = arena_strdup(p->arena, buf_text(&path));
    if (m.path[0] != '/' || lstat(m.path, &st) != 0 || !S_ISREG(st.st_mode))
        return err_set(e, ERR_NOTFOUND,
                       "%s of e%u is not where it is kept. If it lies elsewhere now: calm preserve "
                       "move e%u stored --place FOLDER",
                       m.path, item->number, item->number);
    rc = file->has_sum ? 0 : find_sum(&m, e);
    if (rc)
        return rc;
    if (!package_names_add(names, file->name, &name))
        return err_set(e, ERR_LIMIT, "too many files of e%u have the same name", item->number);
    m.name = str_of(arena_printf(p->arena, "evidence/e%u/" STR_FMT, item->number, STR_ARG(name)));
    return add(p, m, e);
}

static int add_files(struct package *p, const struct thing *item, struct err *e)
{
    CLEANUP(package_names_release) struct package_names names = {.arena = p->arena};
    struct str rest = thing_value(item, "files");
    struct evidence_file file;
    int rc = 0;

    while (rc == 0 && evidence_file_next(&rest, &file))
        rc = add_file(p, item, &file, &names, e);
    if (rc == 0 && rest.len)
        rc = err_set(e, ERR_FORMAT, "what is on record of the files of e%u cannot be read",
                     item->number);
    return rc;
}

static int add_blob(struct package *p, const struct view *v, const struct thing *item,
                    struct err *e)
{
    struct str path = thing_value(item, "path");
    struct package_member m = {.fd = -1};
    CLEANUP_BUF struct buf name = {0};
    bool is_there;
    int rc;

    if (!hex_read(m.sum.b, sizeof(m.sum.b), thing_value(item, "sha256")))
        return err_set(e, ERR_FORMAT, "the SHA-256 on record of e%u cannot be read", item->number);
    rc = blob_has(v->store, &m.sum, &is_there, e);
    if (rc)
        return rc;
    if (!is_there || !str_u64(thing_value(item, "size"), &m.size))
        return err_set(e, ERR_NOTFOUND, "the bytes of e%u are not in this copy of the case",
                       item->number);
    buf_addf(&name, "evidence/e%u/", item->number);
    package_name_add(&name, path.len ? path : view_title(item));
    m.name = str_of(arena_strdup(p->arena, buf_text(&name)));
    return add(p, m, e);
}

/* What is typed where the package was opened. Of a file that has no SHA-256 on record the form has
 * none to compare with. */
static void check_commands(const struct thing *item, const struct package_member *members,
                           size_t count, struct buf *out)
{
    struct str rest = thing_value(item, "files");
    struct evidence_file file = {.has_sum = true};

    for (size_t i = 0; i < count; i++)
        if (!rest.len || !evidence_file_next(&rest, &file) || file.has_sum)
            custody_check_line(out, &members[i].sum, members[i].name);
}

static int add_form(struct package *p, const struct view *v, const struct thing *item,
                    struct str check, struct err *e)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP_BUF struct buf html = {0};
    CLEANUP_BUF struct buf text = {0};
    struct doc *form;
    char name[64];
    int rc = custody_form(&form, v, arena, item, check, true, e);

    if (rc)
        return rc;
    doc_html(form, &html);
    doc_text(form, &text, TEXT_COLUMNS);
    snprintf(name, sizeof(name), "custody/e%u.html", item->number);
    rc = add_text(p, name, buf_str(&html), e);
    snprintf(name, sizeof(name), "custody/e%u.txt", item->number);
    return rc ? rc : add_text(p, name, buf_str(&text), e);
}

static int add_item(struct package *p, struct package *evidence, const struct view *v,
                    const struct thing *item, struct err *e)
{
    CLEANUP_BUF struct buf check = {0};
    size_t before = evidence->count;
    int rc = 0;

    if (evidence_has_bytes(item))
        rc = thing_value(item, "files").len ? add_files(evidence, item, e)
                                            : add_blob(evidence, v, item, e);
    if (rc)
        return rc;
    if (evidence->count > before)
        check_commands(item, evidence->members + before, evidence->count - before, &check);
    return add_form(p, v, item, buf_str(&check), e);
}

/* Forms, record and program first: a package that is cut in a large image has them. */
static int add_all(struct package *p, struct package *evidence, const struct view *v,
                   const struct package_items *items, struct err *e)
{
    int rc = add_text(p, PACKAGE_SUMS, STR(""), e);

    if (rc == 0)
        rc = add_text(p, "README.txt", STR(""), e);
    for (size_t i = 0; rc == 0 && i < items->count; i++)
        rc = add_item(p, evidence, v, state_thing_by_id(v->state, &items->ids[i]), e);
    if (rc == 0)
        rc = add_skeleton(p, v, e);
    if (rc == 0)
        rc = add_openings(p, v, items, e);
    if (rc == 0)
        rc = add_program(p, e);
    for (size_t i = 0; rc == 0 && i < evidence->count; i++)
        rc = add(p, evidence->members[i], e);
    return rc;
}

static void set_text(struct package *p, size_t at, const struct buf *text)
{
    struct package_member *m = &p->members[at];

    m->text = (struct str){arena_dup(p->arena, buf_text(text), text->len), text->len};
    m->size = text->len;
    m->sum = hash_bytes(text->p, text->len);
    p->size += text->len;
}

static void set_sums(struct package *p)
{
    CLEANUP_BUF struct buf text = {0};

    for (size_t i = 1; i < p->count; i++) {
        hex_add(&text, p->members[i].sum.b, sizeof(p->members[i].sum.b));
        buf_addf(&text, "  " STR_FMT "\n", STR_ARG(p->members[i].name));
    }
    set_text(p, 0, &text);
}

static void list_items(struct buf *out, const struct view *v, const struct package_items *items)
{
    buf_adds(out, "THE ITEMS\n");
    for (size_t i = 0; i < items->count; i++) {
        const struct thing *item = state_thing_by_id(v->state, &items->ids[i]);

        buf_addf(out, "  e%-4u ", item->number);
        sink_terminal(out, utf8_head_columns(view_title(item), LIST_COLUMNS), false);
        buf_adds(out, evidence_has_bytes(item) ? "\n" : ": its form alone\n");
    }
}

/* The strictest label of the items. */
static const char *label_of(const struct view *v, const struct package_items *items)
{
    unsigned label = 0;

    for (size_t i = 0; i < items->count; i++) {
        unsigned one = state_thing_by_id(v->state, &items->ids[i])->tlp;

        label = one > label ? one : label;
    }
    return doc_tlp_label(doc_tlp_of(str_of(tlp_names[label])));
}

static void set_readme(struct package *p, const struct view *v, const struct operation *op,
                       const struct input *in, const struct package_items *items)
{
    static const char *const names[] = {"to",    "because", "person",  "case", "when",
                                        "label", "items",   "machine", "size", "root"};
    struct buf said[COUNT_OF(names)] = {{0}};
    struct str values[COUNT_OF(names)];
    CLEANUP_BUF struct buf text = {0};
    const struct thing *c = calm_case(v);
    struct hash root = state_root(v->state);
    char when[UTC_PLAIN_SIZE];
    struct utsname machine;
    size_t i = 0;

    sink_terminal(&said[i++], input_value(op, in, "to"), false);
    sink_terminal(&said[i++], input_value(op, in, "because"), false);
    sink_terminal(&said[i++], v->person ? view_title(v->person) : STR(""), false);
    sink_terminal(&said[i++], c ? view_title(c) : STR(""), false);
    buf_adds(&said[i++], utc_plain(when, v->now));
    buf_adds(&said[i++], label_of(v, items));
    list_items(&said[i++], v, items);
    if (uname(&machine) == 0)
        buf_addf(&said[i], "%s %s", machine.sysname, machine.machine);
    i++;
    buf_add_u64(&said[i++], state_size(v->state));
    verify_root(&said[i++], &root, "\n     ");
    for (i = 0; i < COUNT_OF(names); i++)
        values[i] = buf_str(&said[i]);
    texts_fill(&text, texts_data("package.txt"), names, values, COUNT_OF(names));
    set_text(p, 1, &text);
    for (i = 0; i < COUNT_OF(names); i++)
        buf_release(&said[i]);
}

int package_fill(struct package *p, const struct view *v, const struct operation *op,
                 const struct input *in, const struct package_items *items, struct err *e)
{
    struct package evidence = {0};
    int rc;

    p->arena = arena_new();
    evidence.arena = p->arena;
    rc = add_all(p, &evidence, v, items, e);
    free(evidence.members);
    if (rc)
        return rc;
    set_readme(p, v, op, in, items);
    set_sums(p);
    return 0;
}
