/* bytes.c: pages of a binary source, kept while they are asked for; numbers, addresses and times as
 * such formats hold them. */
#include "timeline/bytes.h"
#include <arpa/inet.h>
#include "base/mem.h"

enum {
    PAGE_SIZE = 64 << 10,
    PAGE_COUNT = 2048, /* 128 MiB: a journal refers to all of its file */
    LENT_COUNT = 16,   /* 1 MiB, which processors hold near */
    NS_OF_US = 1000,
    NS_OF_TICK = 100,
};
/* Seconds from 1601 to 1970, in ticks. */
static const uint64_t ticks_1970 = 116444736000000000U;

/* Most pages are asked for while their place is gone through, and not again: they have one of a few
 * buffers, in turns, so that memory is not taken from the system for each. One that is asked for
 * again when that is over gets a buffer of its own. */
struct page {
    char *bytes;
    uint64_t number; /* + 1; 0: none */
    uint64_t before; /* the page that was here, + 1, when its turn was over */
    size_t len;
    bool is_own; /* the buffer */
};

struct bytes {
    const struct reader *r;
    struct page pages[PAGE_COUNT];
    struct page *lent_to[LENT_COUNT]; /* NULL: nobody */
    char *lent;                       /* LENT_COUNT buffers */
    size_t next;                      /* of them */
    char *joined;                     /* what lies on several pages: BYTES_MOST */
};

struct bytes *bytes_new(const struct reader *r)
{
    struct bytes *b = mem_new(struct bytes);

    b->r = r;
    b->lent = mem_alloc((size_t)LENT_COUNT * PAGE_SIZE);
    return b;
}

void bytes_free(struct bytes *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < PAGE_COUNT; i++)
        if (b->pages[i].is_own)
            free(b->pages[i].bytes);
    free(b->lent);
    free(b->joined);
    free(b);
}

static void lend_buffer(struct bytes *b, struct page *p)
{
    struct page *last = b->lent_to[b->next];

    if (last) {
        last->bytes = NULL;
        last->before = last->number;
        last->number = 0;
    }
    p->bytes = b->lent + b->next * PAGE_SIZE;
    b->lent_to[b->next] = p;
    b->next = (b->next + 1) % LENT_COUNT;
}

static void find_buffer(struct bytes *b, struct page *p, uint64_t number)
{
    if (p->bytes)
        return;
    p->is_own = p->before == number + 1;
    if (p->is_own)
        p->bytes = mem_alloc(PAGE_SIZE);
    else
        lend_buffer(b, p);
}

static int page_at(struct bytes *b, uint64_t number, struct page **out, struct err *e)
{
    struct page *p = &b->pages[number % PAGE_COUNT];
    size_t got = 1;

    *out = p;
    if (p->number == number + 1)
        return 0;
    find_buffer(b, p, number);
    p->number = 0;
    p->len = 0;
    while (got && p->len < PAGE_SIZE) {
        int rc = b->r->bytes(b->r->bytes_context, number * PAGE_SIZE + p->len, p->bytes + p->len,
                             PAGE_SIZE - p->len, &got, e);

        if (rc)
            return rc;
        p->len += got;
    }
    p->number = number + 1;
    return 0;
}

static int join_pages(struct bytes *b, uint64_t off, size_t size, struct str *out, struct err *e)
{
    size_t len = 0;

    if (!b->joined)
        b->joined = mem_alloc(BYTES_MOST);
    while (len < size) {
        size_t within = (size_t)((off + len) % PAGE_SIZE), take;
        struct page *p;
        int rc = page_at(b, (off + len) / PAGE_SIZE, &p, e);

        if (rc)
            return rc;
        if (within >= p->len)
            break;
        take = p->len - within < size - len ? p->len - within : size - len;
        memcpy(b->joined + len, p->bytes + within, take);
        len += take;
    }
    *out = (struct str){b->joined, len};
    return 0;
}

int bytes_at(struct bytes *b, uint64_t off, size_t size, struct str *out, struct err *e)
{
    size_t within = (size_t)(off % PAGE_SIZE);
    struct page *p;
    int rc;

    if (size > BYTES_MOST)
        BUG("%zu bytes are asked for at once", size);
    if (off > INT64_MAX - BYTES_MOST) {
        *out = STR("");
        return 0;
    }
    if (size > PAGE_SIZE - within)
        return join_pages(b, off, size, out, e);
    rc = page_at(b, off / PAGE_SIZE, &p, e);
    if (rc)
        return rc;
    *out = str_part((struct str){p->bytes, p->len}, within, size);
    return 0;
}

int bytes_size(struct bytes *b, uint64_t *out, struct err *e)
{
    uint64_t low = 0, high = 1; /* there is a byte before low, none at high */

    while (high <= INT64_MAX / 4) {
        struct str one;
        int rc = bytes_at(b, high - 1, 1, &one, e);

        if (rc)
            return rc;
        if (one.len == 0)
            break;
        low = high;
        high *= 2;
    }
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        struct str one;
        int rc = bytes_at(b, middle - 1, 1, &one, e);

        if (rc)
            return rc;
        if (one.len)
            low = middle;
        else
            high = middle;
    }
    *out = low;
    return 0;
}

bool is_all_zero(struct str s)
{
    return s.len == 0 || (s.p[0] == 0 && memcmp(s.p, s.p + 1, s.len - 1) == 0);
}

void event_put_raw(struct event *e, const struct field_names *names, uint16_t name, struct str raw,
                   uint64_t whole)
{
    struct str head = text_head(raw, EVENT_VALUE_SIZE);
    size_t before = e->scratch_len;
    struct str text;

    if (name == FIELD_NONE)
        return;
    text = reader_text(e, head);
    if (e->scratch_len == before)
        text = event_keep(e, text);
    event_put(e, name, text);
    if (head.len < whole || text.len < head.len)
        event_put_cut(e, field_name(names, name), whole);
}

void event_put_ip(struct event *e, uint16_t name, const uint8_t *bytes, bool is_v6)
{
    static const uint8_t within[12] = {[10] = 0xFF, [11] = 0xFF};
    char text[INET6_ADDRSTRLEN];

    if (is_v6 && memcmp(bytes, within, sizeof(within)) == 0) {
        bytes += sizeof(within);
        is_v6 = false;
    }
    if (inet_ntop(is_v6 ? AF_INET6 : AF_INET, bytes, text, sizeof(text)))
        event_put(e, name, event_keep(e, str_of(text)));
}

static void time_none(struct event *e, uint64_t stated)
{
    event_put_u64(e, FIELD_EVENT_STATED_TIME, stated);
    e->precision = TIME_NONE;
    e->doubt |= DOUBT_RANGE;
}

void event_time_us(struct event *e, uint64_t us)
{
    if (us > INT64_MAX / NS_OF_US) {
        time_none(e, us);
        return;
    }
    e->ns = (int64_t)us * NS_OF_US;
    e->precision = TIME_US;
}

void event_time_filetime(struct event *e, uint64_t ticks)
{
    int64_t since = (int64_t)(ticks - ticks_1970);

    if (ticks > INT64_MAX || since > INT64_MAX / NS_OF_TICK || since < INT64_MIN / NS_OF_TICK) {
        time_none(e, ticks);
        return;
    }
    e->ns = since * NS_OF_TICK;
    e->precision = TIME_100NS;
}
