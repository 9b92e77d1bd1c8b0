/* fuzz_timeline_query.c: any text is read as a query and asked of a block of events: it is refused
 * in words, or it is true of some rows, and its opposite of all others. */
#include "base/mem.h"
#include "timeline/block.h"
#include "timeline/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS = 6, SHORT = QUERY_DEPTH_MOST - 2 }; /* so many signs at most lie within others */

struct kept {
    struct buf bytes, lines;
};

static void kept_release(struct kept *k)
{
    buf_release(&k->bytes);
    buf_release(&k->lines);
}

static int keep(void *context, const struct block_made *block, struct err *e)
{
    struct kept *k = context;

    (void)e;
    buf_addstr(&k->bytes, block->bytes);
    buf_addstr(&k->lines, block->lines);
    return 0;
}

static void write_rows(struct kept *out)
{
    static const struct {
        const char *user, *ip, *pid, *message;
    } rows[ROWS] = {{"root", "10.1.2.3", "1", "Failed password for root"},
                    {"a b", "2001:db8::1", "99.5", "x*y (z) and not / or \"q\" \\"},
                    {"Zo\303\253", "::ffff:10.0.0.9", "18446744073709551615", "\303\204pfel"},
                    {"or", NULL, "-3", NULL},
                    {NULL, "no address", NULL, "tab\there"},
                    {"-", "192.168.1.5", "1e3", "500"}};
    CLEANUP(field_names_freep) struct field_names *names = field_names_new();
    CLEANUP(block_writer_freep) struct block_writer *w = block_writer_new(names, keep, out);
    CLEANUP(event_release) struct event e;
    struct hash digest;

    event_init(&e);
    for (size_t i = 0; i < ROWS; i++) {
        event_begin(&e);
        e.ns = (int64_t)i * 1000000000;
        e.precision = i % 2 ? TIME_S : TIME_NONE;
        e.doubt = (uint8_t)(1U << i);
        event_put(&e, FIELD_USER_NAME, str_of(rows[i].user));
        event_put(&e, FIELD_SOURCE_IP, str_of(rows[i].ip));
        event_put(&e, FIELD_PROCESS_PID, str_of(rows[i].pid));
        event_put(&e, FIELD_MESSAGE, str_of(rows[i].message));
        if (block_add(w, &e, NULL))
            BUG("memory cannot be written");
    }
    if (block_end(w, &digest, NULL))
        BUG("memory cannot be written");
}

/* A number is a second since 1970; text of another kind is no time. */
static int read_time(void *context, struct str text, int64_t *first_ns, int64_t *last_ns,
                     struct err *e)
{
    uint64_t n;

    (void)context;
    if (!str_u64(text, &n) || n > 1000)
        return err_set(e, ERR_USAGE, "no time");
    *first_ns = (int64_t)n * 1000000000;
    *last_ns = *first_ns + 999999999;
    return 0;
}

/* False: it is refused. */
static bool ask(struct str text, const struct kept *k, struct rows *out)
{
    static const struct query_mark marks[] = {{1, {"odd", 3}}, {4, {"first login", 11}}};
    static const struct query_times times = {.read = read_time};
    const struct query_about about = {.source = STR("logs.tar/var/log/auth.log"),
                                      .item = STR("e3"),
                                      .marks = marks,
                                      .mark_count = COUNT_OF(marks)};
    CLEANUP(query_freep) struct query *q = NULL;
    CLEANUP(block_closep) struct block *b = NULL;
    struct err e = {0};
    int rc = query_read(&q, text, &times, &e);

    if (rc) {
        if ((rc != ERR_USAGE && rc != ERR_LIMIT) || e.text[0] == '\0')
            BUG("a query is refused without a reason, or for another: %d", rc);
        return false;
    }
    if (block_open(&b, buf_str((struct buf *)&k->bytes), buf_str((struct buf *)&k->lines), ROWS,
                   &e) ||
        query_match(q, b, &about, out, &e))
        BUG("a block of this program's is refused: %s", e.text);
    return true;
}

/* Control characters are blanks of the language. */
static bool is_nothing(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((uint8_t)text.p[i] > ' ')
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(kept_release) struct kept k = {0};
    CLEANUP_BUF struct buf opposite = {0};
    struct str text = {(const char *)data, size};
    struct rows rows, others;

    write_rows(&k);
    if (!ask(text, &k, &rows) || str_ends(text, "\\"))
        return 0;
    buf_adds(&opposite, "not ( ");
    buf_addstr(&opposite, text);
    buf_adds(&opposite, " )");
    /* What is nothing, or so deep that brackets around it are too much, has no opposite. */
    if (is_nothing(text) || text.len > SHORT)
        return 0;
    if (!ask(buf_str(&opposite), &k, &others))
        BUG("the opposite of a query is refused: " STR_FMT, STR_ARG(text));
    for (size_t i = 0; i < ROWS; i++)
        if (rows_has(&rows, i) == rows_has(&others, i))
            BUG("row %zu is of both or neither: " STR_FMT, i, STR_ARG(text));
    return 0;
}
