/* source_image.c: pulls the bytes of an image, which a worker pushes, out of a thread's hands. */
#include "acquire/source_image.h"
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include "acquire/source_file.h"
#include "acquire/source_identity.h"
#include "base/hash.h"
#include "base/mem.h"
#include "evidence/image_read.h"
#include "evidence/image_set.h"

enum { QUEUE_SIZE = 8 << 20, PROBLEMS_MOST = 1000, PROBLEMS_TOLD = 3 };

struct pulled {
    struct source source;
    struct image_set set;
    struct statx *before; /* of each file */
    struct image_facts facts;
    char *name;
    struct fault_map unread; /* AREA_BAD: what nobody could read when the image was taken */
    struct fault_map lost;   /* AREA_BAD: what it does not have; grows while it is read */
    struct image_run *runs;  /* of unread, as they came */
    size_t run_count;
    size_t run_room;
    bool has_bad_list; /* of those */
    bool has_bad_hash; /* one that it states does not match its checksum */
    struct image_problem problems[PROBLEMS_MOST]; /* each once; guarded as the queue is */
    size_t problem_count;
    bool has_more_problems;
    pthread_t thread;
    bool has_thread;
    /* The queue, and what guards it. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct buf bytes;
    size_t taken;   /* of bytes */
    uint64_t next;  /* the place of what is taken next */
    uint64_t from;  /* where the thread began */
    bool has_ended; /* no more come */
    bool stops;     /* nobody wants more of this thread */
    int rc;
    struct err e;
};

static int take_facts(void *context, const struct image_facts *facts, struct err *e)
{
    struct pulled *p = context;

    (void)e;
    p->facts = *facts;
    return 0;
}

/* Unreadable then is unreadable now. */
static int take_errors(void *context, const struct image_run *runs, size_t count, struct err *e)
{
    struct pulled *p = context;

    (void)e;
    for (size_t i = 0; i < count; i++) {
        p->runs = mem_grow(p->runs, p->run_count, &p->run_room, sizeof(p->runs[0]));
        p->runs[p->run_count++] = runs[i];
    }
    return 0;
}

static bool is_same_problem(const struct image_problem *a, const struct image_problem *b)
{
    return a->kind == b->kind && a->file == b->file && a->off == b->off;
}

/* What is read twice is told twice. */
static void keep_problem(struct pulled *p, const struct image_problem *problem)
{
    for (size_t i = 0; i < p->problem_count; i++)
        if (is_same_problem(&p->problems[i], problem))
            return;
    if (p->problem_count < PROBLEMS_MOST)
        p->problems[p->problem_count++] = *problem;
    else
        p->has_more_problems = true;
}

static int take_problem(void *context, const struct image_problem *problem, struct err *e)
{
    struct pulled *p = context;

    (void)e;
    pthread_mutex_lock(&p->lock);
    keep_problem(p, problem);
    pthread_mutex_unlock(&p->lock);
    p->has_bad_list = p->has_bad_list || problem->kind == IMAGE_ERRORS;
    p->has_bad_hash = p->has_bad_hash || problem->kind == IMAGE_HASH;
    return 0;
}

static int compare_runs(const void *a, const void *b)
{
    const struct image_run *one = a, *other = b;

    return (one->first > other->first) - (one->first < other->first);
}

/* In order, so that each is set at the end of the map. */
static int mark_unread(struct pulled *p, struct err *e)
{
    uint64_t size = p->facts.size;
    int rc = 0;

    fault_map_init(&p->unread, size, AREA_READ);
    fault_map_init(&p->lost, size, AREA_READ);
    if (p->run_count)
        qsort(p->runs, p->run_count, sizeof(p->runs[0]), compare_runs);
    for (size_t i = 0; rc == 0 && i < p->run_count; i++) {
        uint64_t off = (uint64_t)p->runs[i].first * p->facts.sector_size;
        uint64_t part = (uint64_t)p->runs[i].count * p->facts.sector_size;

        if (off < size)
            rc = fault_map_set(&p->unread, off, part < size - off ? part : size - off, AREA_BAD, e);
    }
    return rc;
}

static int take_lost(void *context, uint64_t off, uint64_t size, struct err *e)
{
    struct pulled *p = context;
    int rc;

    pthread_mutex_lock(&p->lock);
    rc = fault_map_set(&p->lost, off, size, AREA_BAD, e);
    pthread_mutex_unlock(&p->lock);
    return rc;
}

/* Also where it is never empty, since more comes than is wanted: it has at most twice its size. */
static void forget_taken(struct pulled *p)
{
    size_t left = p->bytes.len - p->taken;

    if (left)
        memmove(p->bytes.p, p->bytes.p + p->taken, left);
    p->bytes.len = left;
    p->taken = 0;
}

static int push(void *context, uint64_t off, struct str bytes, struct err *e)
{
    struct pulled *p = context;
    int rc = 0;

    (void)off;
    pthread_mutex_lock(&p->lock);
    while (p->bytes.len - p->taken >= QUEUE_SIZE && !p->stops)
        pthread_cond_wait(&p->changed, &p->lock);
    if (p->stops) {
        rc = err_set(e, ERR_CANCEL, "not wanted any more");
    } else {
        if (p->taken >= QUEUE_SIZE || p->taken == p->bytes.len)
            forget_taken(p);
        buf_addstr(&p->bytes, bytes);
    }
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    return rc;
}

static struct image_input input_of(const struct pulled *p)
{
    return (struct image_input){
        .name = p->name, .fds = p->set.fds, .count = p->set.count, .format = p->set.format};
}

static void *pull(void *context)
{
    struct pulled *p = context;
    const struct image_receiver to = {
        .problem = take_problem, .lost = take_lost, .bytes = push, .context = p};
    const struct image_input input = input_of(p);
    struct err e = {0};
    int rc = image_read(&input, p->from, UINT64_MAX, &to, &e);

    pthread_mutex_lock(&p->lock);
    p->has_ended = true;
    p->rc = rc;
    p->e = e;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static void end_thread(struct pulled *p)
{
    if (!p->has_thread)
        return;
    pthread_mutex_lock(&p->lock);
    p->stops = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    p->has_thread = p->stops = p->has_ended = false;
    buf_clear(&p->bytes);
    p->taken = 0;
}

static int begin_thread(struct pulled *p, uint64_t off, struct err *e)
{
    p->from = p->next = off;
    if (pthread_create(&p->thread, NULL, pull, p))
        return err_set(e, ERR_LIMIT, "a thread cannot be started");
    p->has_thread = true;
    return 0;
}

static int64_t read_pulled(struct source *s, uint64_t off, void *bytes, size_t size, bool by_sector,
                           struct err *e)
{
    struct pulled *p = s->context;
    int64_t got = 0;

    (void)by_sector;
    if (!p->has_thread || p->next != off) {
        int rc;

        end_thread(p);
        rc = begin_thread(p, off, e);
        if (rc)
            return rc;
    }
    pthread_mutex_lock(&p->lock);
    while (p->bytes.len == p->taken && !p->has_ended)
        pthread_cond_wait(&p->changed, &p->lock);
    if (p->bytes.len > p->taken) {
        got = (int64_t)(p->bytes.len - p->taken < size ? p->bytes.len - p->taken : size);
        memcpy(bytes, p->bytes.p + p->taken, (size_t)got);
        p->taken += (size_t)got;
        p->next += (uint64_t)got;
    } else if (p->rc) {
        *e = p->e;
        /* No sector is to blame: the image as a whole cannot be read now. */
        got = ERR_NOTFOUND;
    }
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    return got;
}

static int mark_each(const struct fault_map *from, uint64_t off, uint64_t end,
                     struct fault_map *map, struct err *e)
{
    struct area a;
    int rc = 0;

    end = end < map->size ? end : map->size;
    for (; rc == 0 && fault_map_next(from, off, end, AREA_BAD, &a); off = a.off + a.size)
        rc = fault_map_set(map, a.off, a.size, AREA_BAD, e);
    return rc;
}

static int mark_lost(struct source *s, uint64_t off, uint64_t size, struct fault_map *map,
                     struct err *e)
{
    struct pulled *p = s->context;
    int rc = mark_each(&p->unread, off, off + size, map, e);

    pthread_mutex_lock(&p->lock);
    if (rc == 0)
        rc = mark_each(&p->lost, off, off + size, map, e);
    pthread_mutex_unlock(&p->lock);
    return rc;
}

static int find_lost(struct source *s, uint64_t until, struct err *e)
{
    struct pulled *p = s->context;
    const struct image_receiver to = {.problem = take_problem, .lost = take_lost, .context = p};
    const struct image_input input = input_of(p);

    return image_read(&input, 0, until, &to, e);
}

static void changed_pulled(struct source *s, struct buf *out)
{
    const struct pulled *p = s->context;

    for (size_t i = 0; i < p->set.count && out->len == 0; i++)
        file_change(&p->before[i], p->set.fds[i], out);
}

static bool add_stated(struct buf *out, const char *name, const uint8_t *stated,
                       const uint8_t *read, size_t size)
{
    if (memcmp(stated, read, size) == 0)
        return false;
    buf_addf(out, "%sit states the %s ", out->len ? "; " : "", name);
    hex_add(out, stated, size);
    buf_adds(out, ", and what was read has ");
    hex_add(out, read, size);
    return true;
}

static bool contradicts_pulled(struct source *s, const struct digests_result *read, struct buf *out)
{
    const struct pulled *p = s->context;
    bool has_md5 = p->facts.flags & IMAGE_HAS_MD5, has_sha1 = p->facts.flags & IMAGE_HAS_SHA1;
    bool is_other = false;

    if (has_md5)
        is_other = add_stated(out, "MD5", p->facts.md5, read->md5, sizeof(read->md5));
    if (has_sha1)
        is_other |= add_stated(out, "SHA-1", p->facts.sha1, read->sha1, sizeof(read->sha1));
    if (is_other || p->facts.format != IMAGE_E01)
        return is_other;
    if (has_md5 || has_sha1)
        buf_addf(out, "the %s that it states %s of what was read",
                 has_md5 && has_sha1 ? "MD5 and SHA-1"
                 : has_md5           ? "MD5"
                                     : "SHA-1",
                 has_md5 && has_sha1 ? "are those" : "is that");
    else
        buf_adds(out, p->has_bad_hash ? "what states them does not match its checksum"
                                      : "it states none");
    return false;
}

static void damage_pulled(struct source *s, struct buf *out)
{
    struct pulled *p = s->context;

    pthread_mutex_lock(&p->lock);
    if (p->problem_count)
        buf_addf(out, "%s%zu place%s", p->has_more_problems ? "more than " : "", p->problem_count,
                 p->problem_count == 1 ? "" : "s");
    for (size_t i = 0; i < p->problem_count && i < PROBLEMS_TOLD; i++) {
        const struct image_problem *one = &p->problems[i];

        buf_adds(out, i ? "; " : ": ");
        if (one->file != IMAGE_NO_FILE && p->set.count > 1)
            buf_addf(out, "file %u, ", one->file + 1);
        if (one->file != IMAGE_NO_FILE)
            buf_addf(out, "byte %llu: ", (unsigned long long)one->off);
        buf_adds(out, image_problem_words(one->kind));
    }
    if (p->problem_count > PROBLEMS_TOLD)
        buf_adds(out, "; and others");
    pthread_mutex_unlock(&p->lock);
}

static void close_pulled(struct source *s)
{
    struct pulled *p = s->context;

    end_thread(p);
    image_set_release(&p->set);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    buf_release(&p->bytes);
    fault_map_release(&p->unread);
    fault_map_release(&p->lost);
    free(p->runs);
    free(p->before);
    free(p->name);
    free(p);
}

static const struct source_calls pulled_calls = {.read = read_pulled,
                                                 .mark_lost = mark_lost,
                                                 .find_lost = find_lost,
                                                 .changed = changed_pulled,
                                                 .contradicts = contradicts_pulled,
                                                 .damage = damage_pulled,
                                                 .close = close_pulled};

bool source_is_image(const char *path, struct str head)
{
    static const char magic[8] = {'E', 'V', 'F', 0x09, 0x0d, 0x0a, (char)0xff, 0};
    bool is_ewf = head.len > sizeof(magic) && memcmp(head.p, magic, sizeof(magic)) == 0;

    return is_ewf || image_set_is_several(path);
}

static void add_name(struct source_facts *f, const struct pulled *p)
{
    CLEANUP_BUF struct buf note = {0};

    buf_addf(&note, "The source is an image itself: %s, %zu file%s.",
             p->facts.format == IMAGE_E01 ? "E01" : "raw", p->set.count,
             p->set.count == 1 ? "" : "s");
    if (p->has_bad_list)
        buf_adds(&note, " Its list of sectors that could not be read is damaged or too long: which "
                        "of its zeros are such sectors, nobody can say.");
    free(f->note);
    f->note = buf_take(&note);
}

int source_open_image(struct source **out, struct source_facts *facts, const char *path,
                      struct err *e)
{
    struct pulled *p = mem_new(struct pulled);
    CLEANUP(source_closep) struct source *s = &p->source;
    const struct image_receiver to = {
        .facts = take_facts, .errors = take_errors, .problem = take_problem, .context = p};
    CLEANUP_BUF struct buf name = {0};
    struct image_input input;
    int rc;

    p->source = (struct source){.calls = &pulled_calls, .context = p};
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    buf_addf(&name, "reading %s", path);
    p->name = buf_take(&name);
    rc = image_set_open(&p->set, path, e);
    if (rc)
        return rc;
    p->before = mem_array(p->set.count, sizeof(p->before[0]));
    for (size_t i = 0; rc == 0 && i < p->set.count; i++)
        rc = file_look(&p->before[i], p->set.fds[i], e);
    input = input_of(p);
    if (rc == 0)
        rc = image_look(&input, &to, e);
    if (rc)
        return rc;
    if (p->facts.size == 0)
        return err_set(e, ERR_USAGE, "%s holds nothing", path);
    rc = mark_unread(p, e);
    if (rc)
        return rc;
    p->source.size = facts->size = p->facts.size;
    p->source.sector_size = facts->logical_size = p->facts.sector_size;
    add_name(facts, p);
    source_know_file(facts, p->before, p->set.count, p->set.fds[0]);
    *out = MOVE(s);
    return 0;
}
