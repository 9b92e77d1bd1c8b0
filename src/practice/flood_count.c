/* flood_count.c: has a worker count the requests or log-ins of a log, which may be hostile, and
 * reads its answer. */
#include "practice/flood_count.h"
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/hash.h"
#include "base/mem.h"
#include "contain/flood.h"
#include "sys/clock.h"
#include "sys/worker.h"

enum {
    CHUNK_SIZE = 1 << 20,
    LINE_SIZE = 1 << 16, /* a longer one is cut: its source and time stand in front */
    MESSAGE_SIZE = 1 << 19,
    MEMORY = 2000000000,
    CPU_S = 900,
};

enum message { MESSAGE_NO_BEGIN = 1, MESSAGE_LINES, MESSAGE_ADDRESSES };

/* What the worker is asked. */
struct order {
    uint64_t seed;
    int64_t begin;
    struct attempt_clock clock;
};

struct reading {
    char bytes[CHUNK_SIZE + LINE_SIZE];
    size_t have;
};

static void add_lines(struct flood *f, struct reading *r, bool is_end)
{
    struct str rest = {r->bytes, r->have};

    while (rest.len) {
        const char *end = memchr(rest.p, '\n', rest.len);
        size_t len = end ? (size_t)(end - rest.p) : rest.len;

        if (!end && !is_end && rest.len < LINE_SIZE)
            break;
        flood_add(f, str_head(rest, len));
        rest = str_from(rest, end ? len + 1 : len);
    }
    memmove(r->bytes, rest.p, rest.len);
    r->have = rest.len;
}

static int read_log(int in, struct flood *f, struct err *e)
{
    CLEANUP_FREE struct reading *r = mem_new(struct reading);

    for (;;) {
        ssize_t n = read(in, r->bytes + r->have, CHUNK_SIZE);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, "cannot read the log");
        r->have += (size_t)n;
        add_lines(f, r, n == 0);
        if (n == 0)
            return 0;
    }
}

static int send_all(struct worker_channel *channel, uint32_t kind, struct str text, struct err *e)
{
    while (text.len) {
        struct str part = str_head(text, MESSAGE_SIZE);
        int rc = worker_send(channel, kind, part, e);

        if (rc)
            return rc;
        text = str_from(text, part.len);
    }
    return 0;
}

/* argument: the seed and, where the person said it, the second at which the flood began. */
static int count_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    CLEANUP(flood_freep) struct flood *f = NULL;
    CLEANUP_BUF struct buf out = {0};
    struct flood_verdict v;
    struct order order;
    int rc;

    if (argument.len != sizeof(order))
        return err_set(e, ERR_FORMAT, "an order of another size");
    memcpy(&order, argument.p, sizeof(order));
    f = flood_new(order.seed, &order.clock);
    rc = read_log(in, f, e);
    if (rc)
        return rc;
    if (order.begin == INT64_MIN && !flood_begin(f, &order.begin)) {
        order.begin = INT64_MIN / 2; /* all of it */
        rc = worker_send(channel, MESSAGE_NO_BEGIN, STR(""), e);
    }
    flood_judge(f, order.begin, &v);
    flood_tell(f, &v, &out);
    if (rc == 0)
        rc = send_all(channel, MESSAGE_LINES, buf_str(&out), e);
    buf_clear(&out);
    flood_blocked(f, &v, &out);
    return rc ? rc : send_all(channel, MESSAGE_ADDRESSES, buf_str(&out), e);
}

void flood_report_release(struct flood_report *p)
{
    buf_release(&p->lines);
    buf_release(&p->addresses);
    for (size_t i = 0; i < FLOOD_ROWS; i++)
        buf_release(&p->texts[i]);
}

static int receive(void *context, uint32_t kind, struct str bytes, struct err *e)
{
    struct flood_report *p = context;
    struct buf *to = kind == MESSAGE_ADDRESSES ? &p->addresses : &p->lines;

    if (kind == MESSAGE_NO_BEGIN) {
        p->has_no_begin = true;
        return 0;
    }
    if (kind > MESSAGE_ADDRESSES || to->len + bytes.len > FLOOD_BLOCK_COUNT * NET_TEXT_SIZE)
        return err_set(e, ERR_TAMPER, "counting a log gave more than it can");
    buf_addstr(to, bytes);
    return 0;
}

static bool take_numbers(struct str *line, uint64_t *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!str_u64(str_cut(line, ' '), &out[i]))
            return false;
    return line->len == 0;
}

static bool is_hex_text(struct str hex, struct buf *out)
{
    char byte;

    for (; hex.len >= 2; hex = str_from(hex, 2)) {
        if (!hex_read(&byte, 1, str_head(hex, 2)))
            return false;
        buf_addc(out, byte);
    }
    return hex.len == 0;
}

bool flood_row_is_rule(const struct flood_row *r)
{
    return str_is(r->what, "block") || str_is(r->what, "limit");
}

static bool take_row(struct flood_report *p, struct str what, struct str line)
{
    struct flood_row *r = &p->rows[p->row_count];
    bool is_word = str_is(what, "agent") || str_is(what, "path") || str_is(what, "user");
    bool is_rule;

    if (p->row_count == FLOOD_ROWS)
        return false;
    r->what = what;
    is_rule = flood_row_is_rule(r);
    if (!is_rule && !is_word && !str_is(what, "source") && !str_is(what, "prefix") &&
        !str_is(what, "guessed"))
        return false;
    if (!is_rule)
        r->name = str_cut(&line, ' ');
    if (is_word) {
        if (!is_hex_text(r->name, &p->texts[p->row_count]))
            return false;
        r->name = buf_str(&p->texts[p->row_count]);
    }
    p->row_count++;
    return take_numbers(&line, r->numbers, is_rule ? FLOOD_NUMBERS : 3);
}

/* Seconds since 1970, which may lie before. */
static bool take_moment(struct str text, int64_t *out)
{
    bool is_before = str_starts(text, "-");
    uint64_t n;

    if (!str_u64(is_before ? str_from(text, 1) : text, &n) || n > INT64_MAX)
        return false;
    *out = is_before ? -(int64_t)n : (int64_t)n;
    return true;
}

static bool take_line(struct flood_report *p, struct str line)
{
    struct str what = str_cut(&line, ' ');

    if (str_is(what, "count"))
        return take_numbers(&line, p->counts, FLOOD_COUNTS);
    if (!str_is(what, "time"))
        return take_row(p, what, line);
    return take_moment(str_cut(&line, ' '), &p->first) &&
           take_moment(str_cut(&line, ' '), &p->begin) && take_moment(line, &p->last);
}

/* The zone of this machine, which a log without one was most likely kept in. */
static struct attempt_clock clock_here(void)
{
    struct attempt_clock clock = {.now = utc_now().sec};
    time_t now = (time_t)clock.now;
    struct tm tm;

    if (localtime_r(&now, &tm))
        clock.zone_s = (int32_t)tm.tm_gmtoff;
    return clock;
}

int flood_count(int fd, struct str name, int64_t begin, struct flood_report *out, struct err *e)
{
    static const struct worker_limits limits = {
        .cpu_s = CPU_S, .wall_s = CPU_S, .memory = MEMORY, .output = 64 << 20};
    CLEANUP_FREE char *file = mem_dup(name.p, name.len);
    struct order order = {.begin = begin, .clock = clock_here()};
    struct str rest;
    int rc;

    random_bytes(&order.seed, sizeof(order.seed));
    rc = worker_run(count_job, file, fd, (struct str){(char *)&order, sizeof(order)}, &limits,
                    receive, out, e);
    for (rest = buf_str(&out->lines); rc == 0 && rest.len;)
        if (!take_line(out, str_cut(&rest, '\n')))
            rc = err_set(e, ERR_TAMPER, "counting %s gave what it cannot give", file);
    return rc;
}
