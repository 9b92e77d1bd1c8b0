/* files_hash.c: SHA-256 of the programs and libraries that run, on all processors. */
#include "collect/files_hash.h"
#include <pthread.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "sys/spread.h"

struct hashing {
    struct files *f;
    struct used_list *used;
    pthread_mutex_t lock; /* the limit is one for all threads */
};

/* False when a person wants the collection to end. */
static bool pace(struct hashing *h, size_t size)
{
    bool goes_on;

    pthread_mutex_lock(&h->lock);
    collection_pace(h->f->c, size);
    goes_on = !collection_is_stopped(h->f->c);
    pthread_mutex_unlock(&h->lock);
    return goes_on;
}

static int hash_content(struct hashing *h, int fd, char *step, struct used *u)
{
    CLEANUP(digest_freep) struct digest *d = digest_new(DIGEST_SHA256);
    uint8_t bytes[64];
    ssize_t n;

    while ((n = read(fd, step, FILES_STEP_SIZE)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (!pace(h, (size_t)n))
            return -ECANCELED;
        digest_add(d, step, (size_t)n);
        u->size += (uint64_t)n;
    }
    digest_end(d, bytes);
    memcpy(u->hash.b, bytes, sizeof(u->hash.b));
    return 0;
}

static int hash_one(struct hashing *h, char *step, struct used *u)
{
    CLEANUP_HOST_FD int fd = -1;
    CLEANUP_HOST_FD int in = -1;

    if (u->code == -EREMOTE || gather_is_slow(&h->f->places, str_from(str_of(u->path), 1)))
        return -EREMOTE;
    fd = used_open(h->f, u, &u->is_sure);
    if (fd < 0)
        return fd;
    if (fstat(fd, &u->st) < 0)
        return -errno;
    if (!S_ISREG(u->st.st_mode)) /* a device may be mapped, and is never opened */
        return -EINVAL;
    in = file_reopen(fd, O_RDONLY, NULL);
    return in < 0 ? in : hash_content(h, in, step, u);
}

static void hash_next(void *context, size_t at, void *step)
{
    struct hashing *h = context;

    h->used->list[at].code = pace(h, 0) ? hash_one(h, step, &h->used->list[at]) : -ECANCELED;
}

static void hash_all(struct hashing *h)
{
    spread_run(&(struct spread){.count = h->used->count,
                                .threads = h->f->c->options->threads,
                                .scratch = FILES_STEP_SIZE,
                                .one = hash_next,
                                .context = h});
}

static int by_size(const void *a, const void *b)
{
    const struct used *x = a;
    const struct used *y = b;

    return x->st.st_size > y->st.st_size ? -1 : x->st.st_size < y->st.st_size;
}

/* The biggest first, so that no thread is left with one at the end. */
static void sort_used(struct files *f, struct used_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        struct used *u = &l->list[i];
        char path[96];

        snprintf(path, sizeof(path), "proc/%llu/map_files/%s", (unsigned long long)u->pid,
                 u->range);
        if (host_held_is_slow(&f->c->host, f->c->host.root, path, u->pid)) {
            u->code = -EREMOTE;
            continue;
        }
        if (!f->c->host.is_live || fstatat(f->c->host.root, path, &u->st, AT_NO_AUTOMOUNT) < 0)
            u->st = (struct stat){0};
    }
    if (l->count)
        qsort(l->list, l->count, sizeof(*l->list), by_size);
}

static void put_device(struct json *j, dev_t device)
{
    char text[32];

    snprintf(text, sizeof(text), "%u:%u", major(device), minor(device));
    json_put_text(j, "device", text);
}

static void put_used(struct files *f, struct bundle_lines *lines, const struct used *u)
{
    struct json *j;

    if (u->code == -EREMOTE)
        files_missing(f, u->path + 1, 0,
                      "it lies on a network or user-space file system, which may "
                      "never answer");
    else if (u->code < 0)
        files_missing(f, u->path + 1, u->code, "it runs, and cannot be hashed");
    j = bundle_line_begin(lines);
    collection_put_bytes(j, "path", str_of(u->path));
    put_device(j, u->device);
    json_put_u64(j, "inode", u->inode);
    if (u->code == 0) {
        json_put_u64(j, "size", u->size);
        json_put_hex(j, "sha256", u->hash.b, sizeof(u->hash.b));
        json_put_bool(j, "same_inode", u->is_sure);
    }
    json_put_bool(j, "program", u->is_program);
    json_put_bool(j, "deleted", u->is_deleted);
    json_put_u64(j, "processes", u->processes);
    json_put_u64(j, "pid", u->pid);
    files_settle(f, bundle_line_end(lines, f->c->e));
}

void collection_hashes(struct collection *c)
{
    struct files f;
    struct used_list used = {0};
    struct hashing h = {.f = &f, .used = &used, .lock = PTHREAD_MUTEX_INITIALIZER};
    struct bundle_lines *lines = bundle_lines_new(c->bundle, "live/hash");

    files_init(&f, c);
    used_list_read(&used, &f);
    sort_used(&f, &used);
    if (c->status == 0)
        hash_all(&h);
    for (size_t i = 0; i < used.count && c->status == 0; i++)
        put_used(&f, lines, &used.list[i]);
    if (c->status)
        bundle_lines_abort(lines);
    else
        files_settle(&f, bundle_lines_end(lines, c->e));
    used_list_release(&used);
    files_release(&f);
}
