/* evidence_check.c: hashes items again, several at once, and compares them with the register. */
#include "practice/evidence_check.h"
#include <pthread.h>
#include <stdatomic.h>
#include "evidence/image_set.h"
#include "practice/evidence.h"
#include "practice/evidence_image.h"
#include "sys/file.h"
#include "sys/interrupt.h"
#include "sys/spread.h"

static bool blob_is_so(const struct thing *item)
{
    struct hash name;

    return !thing_value(item, "files").len &&
           hex_read(name.b, sizeof(name.b), thing_value(item, "sha256"));
}

static uint64_t blob_size(const struct thing *item)
{
    uint64_t size = 0;

    (void)str_u64(thing_value(item, "size"), &size);
    return size;
}

/* What it holds counts as its own bytes, each of the two times that it is read. */
static uint64_t blob_work(const struct thing *item)
{
    bool is_e01 = image_check_asks_second(thing_value(item, "title"));

    return blob_size(item) * (is_e01 ? 3 : 1);
}

static int blob_check_item(struct session *s, const struct thing *item,
                           const struct blob_watch *watch, struct buf *found, struct err *e)
{
    CLEANUP_FD int fd = -1;
    struct hash name;
    uint64_t size;
    int rc;

    if (!hex_read(name.b, sizeof(name.b), thing_value(item, "sha256")))
        BUG("an item without a blob");
    rc = blob_check(session_store(s), &name, watch, &fd, &size, e);
    if (rc == 0 && image_set_begins_e01(fd) && !evidence_is_barred(session_state(s), item))
        rc = image_check_file(item, fd, size, watch, found, e);
    return rc;
}

static const struct item_bytes item_blob = {.name = "blob",
                                            .is_so = blob_is_so,
                                            .size = blob_size,
                                            .work = blob_work,
                                            .check = blob_check_item};

/* The first that says that an item is so, holds it. */
static const struct item_bytes *const kinds[] = {&item_blob, &item_image};

const struct item_bytes *item_bytes_of(const struct thing *item)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (kinds[i]->is_so(item))
            return kinds[i];
    return NULL;
}

void evidence_check_init(struct evidence_check *c, struct session *s)
{
    *c = (struct evidence_check){.session = s, .arena = arena_new()};
}

void evidence_check_release(struct evidence_check *c)
{
    free(c->items);
    arena_free(c->arena);
}

bool evidence_check_add(struct evidence_check *c, const struct thing *item)
{
    const struct item_bytes *bytes = item_bytes_of(item);

    if (!bytes)
        return false;
    c->items = mem_grow(c->items, c->count, &c->room, sizeof(c->items[0]));
    c->items[c->count++] = (struct item_result){.item = item, .bytes = bytes, .found = ""};
    return true;
}

struct checking {
    struct evidence_check *check;
    size_t *order;
    uint64_t size; /* of all */
    atomic_uint_fast64_t read;
    atomic_size_t done;
    pthread_mutex_t lock; /* of the arena */
    struct progress progress;
};

/* Of one item; several threads may tell of it. */
struct item_watch {
    struct checking *check;
    atomic_uint_fast64_t read;
};

static bool saw(void *context, uint64_t bytes)
{
    struct item_watch *w = context;

    atomic_fetch_add(&w->read, bytes);
    atomic_fetch_add(&w->check->read, bytes);
    return !interrupt_came();
}

static enum item_state state_of(int code)
{
    switch (code) {
    case 0:
        return ITEM_SAME;
    case ERR_TAMPER:
        return ITEM_ALTERED;
    case ERR_NOTFOUND:
        return ITEM_MISSING;
    case ERR_CANCEL:
        return ITEM_UNCHECKED;
    default:
        return ITEM_UNREADABLE;
    }
}

static void check_next(void *context, size_t at, void *scratch)
{
    struct checking *k = context;
    struct item_result *r = &k->check->items[k->order[at]];
    struct item_watch item = {.check = k};
    struct blob_watch watch = {saw, &item};
    CLEANUP_BUF struct buf found = {0};
    struct err why = {0};

    (void)scratch;
    if (interrupt_came())
        return;
    r->is_begun = true;
    r->state = state_of(r->bytes->check(k->check->session, r->item, &watch, &found, &why));
    r->read = item.read;
    pthread_mutex_lock(&k->lock);
    r->found = arena_strdup(k->check->arena, buf_text(&found));
    if (r->state != ITEM_SAME)
        r->why = arena_strdup(k->check->arena, why.text);
    pthread_mutex_unlock(&k->lock);
    atomic_fetch_add(&k->done, 1);
}

static void tick(void *context)
{
    struct checking *k = context;
    char words[80];

    snprintf(words, sizeof(words), "%zu of %zu items", (size_t)k->done, k->check->count);
    progress_show(&k->progress, words, k->read, k->size);
}

static int by_size(const void *a, const void *b, void *context)
{
    const struct item_result *items = context;
    const struct item_result *x = &items[*(const size_t *)a];
    const struct item_result *y = &items[*(const size_t *)b];
    uint64_t x_size = x->bytes->work(x->item);
    uint64_t y_size = y->bytes->work(y->item);

    return x_size > y_size ? -1 : x_size < y_size;
}

static void sum_up(struct evidence_check *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct item_result *r = &c->items[i];

        c->totals[r->state]++;
        if (r->state == ITEM_SAME || r->state == ITEM_ALTERED)
            c->size += r->bytes->size(r->item);
        else if (r->state != ITEM_UNCHECKED)
            c->size += r->read;
    }
}

int evidence_check_run(struct evidence_check *c, struct answer *a, struct err *e)
{
    struct checking k = {.check = c, .lock = PTHREAD_MUTEX_INITIALIZER};

    k.order = mem_array(c->count + 1, sizeof(k.order[0]));
    for (size_t i = 0; i < c->count; i++) {
        k.order[i] = i;
        k.size += c->items[i].bytes->work(c->items[i].item);
    }
    if (c->count)
        qsort_r(k.order, c->count, sizeof(k.order[0]), by_size, c->items);
    progress_begin(&k.progress, a);
    spread_run(&(struct spread){.count = c->count, .one = check_next, .tick = tick, .context = &k});
    free(k.order);
    sum_up(c);
    return interrupt_came() ? err_set(e, ERR_CANCEL, "stopped at your request") : 0;
}
