/* hash_tree.c: hashes the files of a walk, several at once, so that neither many small ones nor a
 * big one keep a processor waiting. */
#include "sys/hash_tree.h"
#include <errno.h>
#include <pthread.h>
#include <unistd.h>
#include "sys/file.h"
#include "sys/interrupt.h"
#include "sys/spread.h"

enum {
    STEP_SIZE = 256 << 10, /* stays in the processor's cache between reading and hashing */
    BIG_SIZE = 4 << 20,    /* begun first, so that none is alone at the end */
};

struct hashing {
    struct hash_tree *tree;
    uint32_t *order; /* of the walk's files */
    size_t count;
    pthread_mutex_t lock; /* of the arena */
};

void hash_tree_init(struct hash_tree *t, const struct walk *walk)
{
    *t = (struct hash_tree){.walk = walk, .arena = arena_new()};
    t->found = mem_array(walk->count + 1, sizeof(t->found[0]));
}

void hash_tree_release(struct hash_tree *t)
{
    free(t->found);
    arena_free(t->arena);
}

static bool is_file(const struct walk_entry *entry)
{
    return S_ISREG(entry->st.st_mode) && !entry->trouble;
}

static int by_size(const void *a, const void *b, void *context)
{
    const struct walk *w = context;
    off_t x = w->entries[*(const uint32_t *)a].st.st_size;
    off_t y = w->entries[*(const uint32_t *)b].st.st_size;

    return x > y ? -1 : x < y;
}

/* The big ones, biggest first; then the others as they lie together in their folders. */
static void put_in_order(struct hashing *h)
{
    const struct walk *w = h->tree->walk;
    size_t big = 0;

    h->order = mem_array(w->count + 1, sizeof(h->order[0]));
    for (int wants_big = 1; wants_big >= 0; wants_big--) {
        for (size_t i = 0; i < w->count; i++) {
            if (!is_file(&w->entries[i]) || wants_big != (w->entries[i].st.st_size >= BIG_SIZE))
                continue;
            h->order[h->count++] = (uint32_t)i;
            h->tree->found[i].is_file = true;
            h->tree->progress.bytes_all += (uint64_t)w->entries[i].st.st_size;
        }
        if (wants_big)
            big = h->count;
    }
    qsort_r(h->order, big, sizeof(h->order[0]), by_size, (void *)w);
    h->tree->progress.files_all = h->count;
}

static void fail(struct hashing *h, struct hashed *out, const char *words)
{
    pthread_mutex_lock(&h->lock);
    out->trouble = arena_strdup(h->tree->arena, words);
    pthread_mutex_unlock(&h->lock);
}

static void fail_errno(struct hashing *h, struct hashed *out, int error)
{
    char words[200];

    snprintf(words, sizeof(words), "cannot be read from byte %llu on: %s",
             (unsigned long long)out->size, strerror(error));
    fail(h, out, words);
}

/* Returns 0, or errno. */
static int hash_content(struct hashing *h, int fd, uint64_t most, char *step, struct hashed *out)
{
    CLEANUP(digest_freep) struct digest *d = digest_new(DIGEST_SHA256);
    uint8_t bytes[64];
    ssize_t n = 1;

    while (out->size < most && n > 0 && !interrupt_came()) {
        uint64_t left = most - out->size;

        n = read(fd, step, left < STEP_SIZE ? (size_t)left : STEP_SIZE);
        if (n < 0 && errno != EINTR)
            return errno;
        if (n < 0) {
            n = 1;
            continue;
        }
        digest_add(d, step, (size_t)n);
        out->size += (uint64_t)n;
        atomic_fetch_add(&h->tree->progress.bytes, (uint64_t)n);
    }
    digest_end(d, bytes);
    memcpy(out->sha256.b, bytes, sizeof(out->sha256.b));
    return 0;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
           a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static void hash_entry(struct hashing *h, const struct walk_entry *entry, char *step,
                       struct hashed *out)
{
    CLEANUP_FD int fd = -1;
    struct err why = {0};
    struct stat before;
    struct stat after;
    bool keeps_time;
    bool is_made_up;
    int error;

    if (walk_open(h->tree->walk, entry, &fd, &keeps_time, &why)) {
        fail(h, out, why.text);
        return;
    }
    if (fstat(fd, &before) != 0) {
        fail_errno(h, out, errno);
        return;
    }
    is_made_up = before.st_size <= 0;
    error =
        hash_content(h, fd, is_made_up ? HASH_MADE_UP_SIZE : (uint64_t)before.st_size, step, out);
    if (error == 0 && fstat(fd, &after) != 0)
        error = errno;
    if (error)
        fail_errno(h, out, error);
    else
        out->is_changed =
            !is_same(&before, &after) || (!is_made_up && out->size != (uint64_t)before.st_size);
}

static void hash_next(void *context, size_t at, void *scratch)
{
    struct hashing *h = context;
    uint32_t i = h->order[at];

    if (interrupt_came())
        return;
    hash_entry(h, &h->tree->walk->entries[i], scratch, &h->tree->found[i]);
    atomic_fetch_add(&h->tree->progress.files, 1);
}

static void tick(void *context)
{
    struct hashing *h = context;

    h->tree->tick(h->tree->context);
}

int hash_tree_run(struct hash_tree *t, struct err *e)
{
    struct hashing h = {.tree = t, .lock = PTHREAD_MUTEX_INITIALIZER};

    put_in_order(&h);
    spread_run(&(struct spread){.count = h.count,
                                .scratch = STEP_SIZE,
                                .one = hash_next,
                                .tick = t->tick ? tick : NULL,
                                .context = &h});
    free(h.order);
    return interrupt_came() ? err_set(e, ERR_CANCEL, "stopped at your request") : 0;
}
