/* carry.c: carries lines, values, keys and evidence to a new folder, each checked on its way. */
#include "practice/carry.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/mem.h"
#include "practice/import.h"
#include "sys/file.h"

enum { COPY_SIZE_MAX = 1 << 29, CHUNK_SIZE = 256 << 10, NAME_SIZE = 64 };

void carry_release(struct carry *c)
{
    store_close(c->old);
    export_release(&c->export);
    buf_release(&c->copy);
    salvage_release(&c->lines);
}

static int check_lines(const struct salvage *lines, struct err *e)
{
    CLEANUP_FD int fd = -1;
    CLEANUP_BUF struct buf text = {0};
    int rc = import_memory(&fd, STR(""), e);

    for (uint64_t i = 0; rc == 0 && i < lines->count; i++) {
        buf_addstr(&text, lines->lines[i]);
        buf_addc(&text, '\n');
        if (i + 1 < lines->count && text.len < CHUNK_SIZE)
            continue;
        rc = file_write_fd(fd, text.p, text.len, "the journal in memory", e);
        buf_clear(&text);
    }
    return rc ? rc : export_check(fd, e);
}

/* Where the old folder gives too little, an export may give more. */
static int say_export(int rc, struct err *e)
{
    size_t len = e ? strlen(e->text) : 0;

    if (e && rc == ERR_FORMAT)
        snprintf(e->text + len, sizeof(e->text) - len,
                 ". An export (calm log export) that was made before holds all up to then: calm "
                 "continue EXPORT");
    return rc;
}

static int read_case(struct carry *c, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    int rc = store_open(&c->old, c->from, STORE_SALVAGE, e);

    if (rc)
        return say_export(rc, e);
    buf_addf(&path, "%s/journal/journal.cj1", store_folder(c->old));
    if (file_read(&c->copy, buf_text(&path), COPY_SIZE_MAX, NULL))
        buf_clear(&c->copy); /* the store alone is left */
    rc = salvage_read(&c->lines, c->old, buf_str(&c->copy), e);
    if (rc)
        return err_wrap(e, rc, "reading the case in %s", c->from);
    return check_lines(&c->lines, e);
}

static int read_export(struct carry *c, struct err *e)
{
    int rc = export_read(&c->export, c->from, e);

    return rc ? rc : salvage_read(&c->lines, NULL, buf_str(&c->export.lines), e);
}

int carry_read(struct carry *c, struct err *e)
{
    CLEANUP_BUF struct buf db = {0};
    CLEANUP_BUF struct buf journal = {0};

    buf_addf(&db, "%s/case.db", c->from);
    buf_addf(&journal, "%s/journal.cj1", c->from);
    if (file_is_there(buf_text(&db)))
        return read_case(c, e);
    if (file_is_there(buf_text(&journal)))
        return read_export(c, e);
    return err_set(e, ERR_NOTFOUND,
                   "%s is neither the folder of a case (no case.db) nor an export (no journal.cj1)",
                   c->from);
}

static int values_of_case(void *context, uint64_t seq, struct buf *out)
{
    const struct carry *c = context;

    return store_openings(c->old, seq, out, NULL);
}

static int values_of_export(void *context, uint64_t seq, struct buf *out)
{
    const struct carry *c = context;

    buf_addstr(out, c->export.copy.openings[seq]);
    return 0;
}

static int put_grant(void *context, const struct store_grant *grant, struct err *e)
{
    return store_grant_put(context, grant, e);
}

static int put_grants(struct carry *c, struct store *to, struct err *e)
{
    CLEANUP_BUF struct buf sealed = {0};
    struct str rest = buf_str(&c->export.grants);
    struct store_grant grant;
    int rc;

    if (c->old) {
        rc = store_grants(c->old, put_grant, to, e);
        return rc ? say_export(err_wrap(e, rc, "reading the team's keys in the old folder"), e) : 0;
    }
    while ((rc = export_grant_next(&rest, &grant, &sealed, e)) > 0) {
        rc = store_grant_put(to, &grant, e);
        if (rc)
            return rc;
    }
    return rc;
}

/* One item, hashed while it is carried. Only what goes wrong at the new place is an error. */
static int put_item(struct carry *c, struct store *to, const struct hash *name, int from,
                    struct err *e)
{
    CLEANUP(blob_abortp) struct blob_writer *w = NULL;
    struct blob_digests digests;
    struct err why = {0};
    uint64_t got;
    bool is_there;
    int rc = blob_has(to, name, &is_there, e);

    if (rc || is_there)
        return rc;
    rc = blob_begin(&w, to, e);
    if (rc)
        return rc;
    if (blob_write_fd(w, from, "evidence", UINT64_MAX, &got, &why)) {
        c->items_lost++;
        return why.code == ERR_FULL ? err_set(e, why.code, "%s", why.text) : 0;
    }
    rc = blob_commit(MOVE(w), &digests, e);
    if (rc)
        return rc;
    if (hash_eq(&digests.sha256, name)) {
        c->items++;
        return 0;
    }
    c->items_lost++;
    return blob_destroy(to, &digests.sha256, e);
}

struct items {
    struct carry *carry;
    struct store *to;
};

static int put_blob(void *context, const struct hash *name, uint64_t size, struct err *e)
{
    const struct items *x = context;
    CLEANUP_FD int fd = -1;

    if (blob_open(x->carry->old, name, &fd, &size, NULL)) {
        x->carry->items_lost++;
        return 0;
    }
    return put_item(x->carry, x->to, name, fd, e);
}

/* A regular file, without following a link and without waiting; -1. */
static int open_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    struct stat st;

    if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
        fd_close(fd);
        return -1;
    }
    return fd;
}

static void closedirp(DIR **d)
{
    if (*d)
        closedir(*d);
}

static int put_items_of_export(struct carry *c, struct store *to, struct err *e)
{
    CLEANUP_BUF struct buf folder = {0};
    CLEANUP(closedirp) DIR *d = NULL;
    const struct dirent *entry;

    buf_addf(&folder, "%s/evidence", c->from);
    d = opendir(buf_text(&folder));
    while (d && (entry = readdir(d))) {
        CLEANUP_BUF struct buf path = {0};
        CLEANUP_FD int fd = -1;
        struct hash name;
        int rc;

        if (!hex_read(name.b, sizeof(name.b), str_of(entry->d_name)))
            continue;
        buf_addf(&path, "%s/%s", buf_text(&folder), entry->d_name);
        fd = open_file(buf_text(&path));
        if (fd < 0) {
            c->items_lost++;
            continue;
        }
        rc = put_item(c, to, &name, fd, e);
        if (rc)
            return rc;
    }
    return 0;
}

static int put_evidence(struct carry *c, struct store *to, struct err *e)
{
    struct items x = {c, to};

    return c->old ? blob_each(c->old, put_blob, &x, e) : put_items_of_export(c, to, e);
}

static int copy_file(struct carry *c, const char *from, const char *to, struct err *e)
{
    CLEANUP_FREE char *chunk = mem_alloc(CHUNK_SIZE);
    CLEANUP_FD int in = open_file(from);
    CLEANUP_FD int out = -1;
    ssize_t got = -1;
    int rc = 0;

    if (in >= 0)
        out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (in >= 0 && out < 0)
        return err_errno(e, "cannot write %s", to);
    while (in >= 0 && rc == 0 && (got = read(in, chunk, CHUNK_SIZE)) > 0)
        rc = file_write_fd(out, chunk, (size_t)got, to, e);
    if (rc == 0 && got < 0)
        c->files_lost++;
    else if (rc == 0 && fsync(out) != 0)
        rc = err_errno(e, "cannot write %s", to);
    return rc;
}

/* The files of one folder beside the database. The readable copy is written anew. */
static int copy_folder(struct carry *c, const char *folder, const char *name, struct err *e)
{
    CLEANUP_BUF struct buf from = {0};
    CLEANUP_BUF struct buf to = {0};
    CLEANUP(closedirp) DIR *d = NULL;
    const struct dirent *entry;
    int rc = 0;

    buf_addf(&from, "%s/%s", store_folder(c->old), name);
    buf_addf(&to, "%s/%s", folder, name);
    d = opendir(buf_text(&from));
    if (d)
        rc = folder_make(buf_text(&to), 0700, e);
    while (d && rc == 0 && (entry = readdir(d))) {
        CLEANUP_BUF struct buf in = {0};
        CLEANUP_BUF struct buf out = {0};

        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "journal.cj1") == 0)
            continue;
        buf_addf(&in, "%s/%s", buf_text(&from), entry->d_name);
        buf_addf(&out, "%s/%s", buf_text(&to), entry->d_name);
        rc = copy_file(c, buf_text(&in), buf_text(&out), e);
    }
    return rc;
}

int carry_fill(struct carry *c, const char *folder, bool with_evidence, struct err *e)
{
    static const char *const folders[] = {"journal", "timeline", "recordings", "requests"};
    CLEANUP(store_closep) struct store *to = NULL;
    int rc = store_create(&to, folder, e);

    if (rc == 0)
        rc = salvage_put(&c->lines, to, c->old ? values_of_case : values_of_export, c, e);
    if (rc == 0)
        rc = put_grants(c, to, e);
    for (size_t i = 0; c->old && rc == 0 && i < COUNT_OF(folders); i++)
        rc = copy_folder(c, folder, folders[i], e);
    if (rc == 0 && with_evidence)
        rc = put_evidence(c, to, e);
    return rc;
}
