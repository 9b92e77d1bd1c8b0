/* stop_flood.c: has a worker count the requests of a log, and proposes a rule with what it would
 * have done to the requests that were recorded. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>
#include "base/sink.h"
#include "contain/flood.h"
#include "practice/out_file.h"
#include "practice/stop_connections.h"
#include "practice/stop_flood.h"
#include "render/screen.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/worker.h"

enum {
    CHUNK_SIZE = 1 << 20,
    LINE_SIZE = 1 << 16, /* a longer one is cut: its source and time stand in front */
    MESSAGE_SIZE = 1 << 19,
    MEMORY = 2000000000,
    CPU_S = 900,
    ROWS = 64,
    NUMBERS = 8,
    SHOWN = 3,
    MARK_COLUMNS = 12,
};

enum message { MESSAGE_NO_BEGIN = 1, MESSAGE_LINES, MESSAGE_ADDRESSES };

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
    int64_t begin[2] = {0, INT64_MIN};
    int rc;

    if (argument.len != sizeof(begin))
        return err_set(e, ERR_FORMAT, "an order of another size");
    memcpy(begin, argument.p, sizeof(begin));
    f = flood_new((uint64_t)begin[0], &(struct attempt_clock){0});
    rc = read_log(in, f, e);
    if (rc)
        return rc;
    if (begin[1] == INT64_MIN && !flood_begin(f, &begin[1])) {
        begin[1] = INT64_MIN / 2; /* all of it */
        rc = worker_send(channel, MESSAGE_NO_BEGIN, STR(""), e);
    }
    flood_judge(f, begin[1], &v);
    flood_tell(f, &v, &out);
    if (rc == 0)
        rc = send_all(channel, MESSAGE_LINES, buf_str(&out), e);
    buf_clear(&out);
    flood_blocked(f, &v, &out);
    return rc ? rc : send_all(channel, MESSAGE_ADDRESSES, buf_str(&out), e);
}

struct row {
    struct str what; /* "source", "prefix", "agent", "path", "block", "limit" */
    struct str name; /* an address or a network; of words the text */
    uint64_t numbers[NUMBERS];
};

struct proposal {
    struct buf lines;
    struct buf addresses;
    bool has_no_begin;
    uint64_t
        counts[NUMBERS]; /* requests, tried on, unread, uncounted, sources, flood, good, usual */
    int64_t first;
    int64_t begin;
    struct row rows[ROWS];
    size_t row_count;
    struct buf texts[ROWS]; /* of words, from hex */
};
enum { REQUESTS, TRIED, UNREAD, UNCOUNTED, SOURCES, FLOOD, GOOD, USUAL };
enum { NETWORKS, RATE, BURST, PREFIX4, PREFIX6, FLOOD_DROPPED, GOOD_DROPPED, IS_BEST };

static void proposal_release(struct proposal *p)
{
    buf_release(&p->lines);
    buf_release(&p->addresses);
    for (size_t i = 0; i < ROWS; i++)
        buf_release(&p->texts[i]);
}

static int receive(void *context, uint32_t kind, struct str bytes, struct err *e)
{
    struct proposal *p = context;
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

static bool take_row(struct proposal *p, struct str what, struct str line)
{
    struct row *r = &p->rows[p->row_count];
    bool is_rule = str_is(what, "block") || str_is(what, "limit");
    bool is_word = str_is(what, "agent") || str_is(what, "path");

    if (p->row_count == ROWS ||
        (!is_rule && !is_word && !str_is(what, "source") && !str_is(what, "prefix")))
        return false;
    r->what = what;
    if (!is_rule)
        r->name = str_cut(&line, ' ');
    if (is_word) {
        if (!is_hex_text(r->name, &p->texts[p->row_count]))
            return false;
        r->name = buf_str(&p->texts[p->row_count]);
    }
    p->row_count++;
    return take_numbers(&line, r->numbers, is_rule ? NUMBERS : 3);
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

static bool take_line(struct proposal *p, struct str line)
{
    struct str what = str_cut(&line, ' ');

    if (str_is(what, "count"))
        return take_numbers(&line, p->counts, NUMBERS);
    if (!str_is(what, "time"))
        return take_row(p, what, line);
    return take_moment(str_cut(&line, ' '), &p->first) && take_moment(line, &p->begin);
}

static int count(int fd, struct str name, int64_t begin, struct proposal *p, struct err *e)
{
    static const struct worker_limits limits = {
        .cpu_s = CPU_S, .wall_s = CPU_S, .memory = MEMORY, .output = 64 << 20};
    CLEANUP_FREE char *file = mem_dup(name.p, name.len);
    int64_t argument[2] = {0, begin};
    struct str rest;
    int rc;

    random_bytes(&argument[0], sizeof(argument[0]));
    rc = worker_run(count_job, file, fd, (struct str){(char *)argument, sizeof(argument)}, &limits,
                    receive, p, e);
    for (rest = buf_str(&p->lines); rc == 0 && rest.len;)
        if (!take_line(p, str_cut(&rest, '\n')))
            rc = err_set(e, ERR_TAMPER, "counting %s gave what it cannot give", file);
    return rc;
}

static unsigned percent(uint64_t part, uint64_t whole)
{
    return whole ? (unsigned)((part * 100 + whole / 2) / whole) : 0;
}

static const struct row *best_of(const struct proposal *p)
{
    for (size_t i = 0; i < p->row_count; i++)
        if ((str_is(p->rows[i].what, "block") || str_is(p->rows[i].what, "limit")) &&
            p->rows[i].numbers[IS_BEST])
            return &p->rows[i];
    return NULL;
}

static void add_rule(struct buf *out, const struct row *r)
{
    if (str_is(r->what, "block"))
        buf_addf(out, "block %llu addresses", (unsigned long long)r->numbers[NETWORKS]);
    else
        buf_addf(out, "limit to %llu a second for each %s", (unsigned long long)r->numbers[RATE],
                 r->numbers[PREFIX4] == 32 ? "address" : "/24 network");
}

static void show_top(struct screen *screen, const struct proposal *p, const char *what,
                     const char *words)
{
    CLEANUP_BUF struct buf line = {0};
    size_t shown = 0;

    for (size_t i = 0; i < p->row_count && shown < SHOWN; i++) {
        const struct row *r = &p->rows[i];

        if (!str_is(r->what, what))
            continue;
        buf_addf(&line, "%s", shown++ ? ", " : "");
        sink_terminal(&line, str_head(r->name, 60), false);
        buf_addf(&line, " %u %%",
                 percent(r->numbers[0], str_is(r->what, "agent") || str_is(r->what, "path")
                                            ? p->counts[REQUESTS]
                                            : p->counts[FLOOD] + 1));
    }
    if (shown)
        screen_pair(screen, 2, MARK_COLUMNS, str_of(words), buf_str(&line));
}

static void show_rules(struct screen *screen, const struct proposal *p)
{
    screen_blank(screen);
    screen_printf(screen, 0,
                  "What rules would have done to the recorded requests since then (%llu of the "
                  "flood, %llu good):",
                  (unsigned long long)p->counts[FLOOD], (unsigned long long)p->counts[GOOD]);
    for (size_t i = 0; i < p->row_count; i++) {
        const struct row *r = &p->rows[i];
        CLEANUP_BUF struct buf line = {0};
        CLEANUP_BUF struct buf name = {0};

        if (!str_is(r->what, "block") && !str_is(r->what, "limit"))
            continue;
        add_rule(&name, r);
        buf_addf(&line, "%s: drops %u %% of the flood and %llu good requests", buf_text(&name),
                 percent(r->numbers[FLOOD_DROPPED], p->counts[FLOOD]),
                 (unsigned long long)r->numbers[GOOD_DROPPED]);
        screen_item(screen, 2, r->numbers[IS_BEST] ? STR("*") : STR("-"), buf_str(&line));
    }
}

static void add_command(struct buf *out, const struct row *r, struct str list)
{
    if (str_is(r->what, "block")) {
        buf_adds(out, "calm stop block --from-file ");
        sink_shell(out, list);
        buf_adds(out, " --for-time \"24 h\"");
        return;
    }
    buf_addf(out, "calm stop limit tcp --rate %llu --burst %llu --prefix4 %llu --prefix6 %llu",
             (unsigned long long)r->numbers[RATE], (unsigned long long)r->numbers[BURST],
             (unsigned long long)r->numbers[PREFIX4], (unsigned long long)r->numbers[PREFIX6]);
}

static void show(const struct proposal *p, struct str list, struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    const struct row *best = best_of(p);
    CLEANUP_BUF struct buf next = {0};
    char when[UTC_PLAIN_SIZE];

    screen_printf(&screen, 0, "%llu requests of %llu sources%s",
                  (unsigned long long)p->counts[REQUESTS], (unsigned long long)p->counts[SOURCES],
                  p->counts[UNREAD] ? "" : ".");
    if (p->counts[UNREAD])
        screen_printf(&screen, 2, "%llu lines are in no known format and were not counted.",
                      (unsigned long long)p->counts[UNREAD]);
    if (p->has_no_begin)
        screen_printf(&screen, 0,
                      "No minute stands out against those before it. If a flood began before the "
                      "log does, or you know when: --since TIME.");
    else
        screen_printf(&screen, 0, "The flood began about %s (%s).",
                      utc_plain(when, (struct utc){.sec = p->begin}),
                      p->counts[GOOD] ? "who came before counts as good" : "nobody came before");
    show_top(&screen, p, "source", "sources");
    show_top(&screen, p, "prefix", "networks");
    show_top(&screen, p, "agent", "agents");
    show_top(&screen, p, "path", "paths");
    if (p->has_no_begin)
        return;
    show_rules(&screen, p);
    screen_blank(&screen);
    if (best)
        add_command(&next, best, list);
    else
        buf_adds(&next, "calm notify script provider");
    screen_next(&screen, buf_str(&next),
                best ? STR("it would have stopped most and dropped at most 1 % of what is good; a "
                           "request counts as a connection")
                     : STR("no rule here stops half of it without harm: ask the provider, or "
                           "refuse it at the web server by what it has in common"));
}

static void tell_json(const struct proposal *p, struct answer *a)
{
    static const char *const counts[NUMBERS] = {"requests", "tried_on", "unread", "uncounted",
                                                "sources",  "flood",    "good",   "usual"};
    static const char *const numbers[NUMBERS] = {"networks",     "rate",    "burst",
                                                 "prefix4",      "prefix6", "flood_dropped",
                                                 "good_dropped", "is_best"};
    struct json j;

    json_begin(&j, &a->json);
    json_object_begin(&j);
    for (size_t i = 0; i < NUMBERS; i++)
        json_put_u64(&j, counts[i], p->counts[i]);
    if (!p->has_no_begin)
        json_put_utc(&j, "begin", (struct utc){.sec = p->begin});
    json_name(&j, "rows");
    json_array_begin(&j);
    for (size_t i = 0; i < p->row_count; i++) {
        const struct row *r = &p->rows[i];
        bool is_rule = !r->name.p;

        json_object_begin(&j);
        json_put_str(&j, "what", r->what);
        if (!is_rule)
            json_put_str(&j, "name", r->name);
        json_put_u64(&j, is_rule ? numbers[0] : "requests", r->numbers[0]);
        for (size_t k = 1; is_rule && k < NUMBERS; k++)
            json_put_u64(&j, numbers[k], r->numbers[k]);
        json_object_end(&j);
    }
    json_array_end(&j);
    json_object_end(&j);
}

static int open_log(struct str name, int *fd, struct err *e)
{
    CLEANUP_FREE char *path = mem_dup(name.p, name.len);

    *fd = str_is(name, "-") ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return *fd < 0 ? err_errno(e, "cannot open %s", path) : 0;
}

static int write_list(const struct proposal *p, struct str list, struct err *e)
{
    CLEANUP_FREE char *path = mem_dup(list.p, list.len);

    return file_create(path, buf_str(&p->addresses), 0600, e);
}

static int propose_job(struct session *s, const struct operation *op, const struct input *in,
                       struct answer *a, struct err *e)
{
    CLEANUP(proposal_release) struct proposal p = {.has_no_begin = false};
    struct str log = input_value(op, in, "log"), since = input_value(op, in, "since");
    struct str list = input_value(op, in, "list");
    CLEANUP_FD int fd = -1;
    struct utc begin = {.sec = INT64_MIN};
    int rc;

    (void)s;
    if (!log.len)
        return stop_propose_connections(a, e);
    if (since.len && !utc_read(&begin, since))
        BUG("a time that was not kept as one");
    rc = open_log(log, &fd, e);
    if (rc == 0)
        rc = count(fd, log, begin.sec, &p, e);
    if (rc == 0 && p.counts[REQUESTS] == 0)
        rc = err_set(e, ERR_FORMAT,
                     "none of its %llu lines is in a format that is known: the Common or Combined "
                     "Log Format of Apache httpd and nginx",
                     (unsigned long long)p.counts[UNREAD]);
    if (rc == 0 && list.len)
        rc = write_list(&p, list, e);
    if (rc)
        return rc;
    if (a->wants_json)
        tell_json(&p, a);
    else
        show(&p, list.len ? list : STR("LIST"), a);
    return 0;
}

static const struct field propose_fields[] = {
    {.name = "log",
     .type = FIELD_PATH,
     .flags = FIELD_ARG | FIELD_OUTSIDE,
     .help = "a web server's access log, or - for standard input; who is connected now if not "
             "given"},
    {.name = "since",
     .type = FIELD_TIME,
     .flags = FIELD_OUTSIDE,
     .help = "when the flood began, if you know"},
    {.name = "list",
     .type = FIELD_PATH,
     .flags = FIELD_OUTSIDE,
     .help = "write the addresses that would be blocked to this file"},
};

const struct operation stop_propose = {
    .name = "stop propose",
    .practice = "stop",
    .help = "who floods, by a log or by what is connected now, and a rule tried on it",
    .example = "calm stop propose /var/log/nginx/access.log --list flood.txt",
    .more =
        "Without a log it counts who is connected to this host now. With one it reads the Common "
        "and Combined Log Formats in a worker. Changes nothing. The flood is "
        "thought to begin with the first minute that has four times what the middle one of the "
        "sixty before has; who came before that counts as good. Three rules are tried on the "
        "requests that were recorded: to block who sends more within ten seconds than 999 of 1,000 "
        "good sources did, and to limit each address or each network to what is usual. Compressed "
        "logs: zcat access.log.2.gz access.log.1.gz | calm stop propose -",
    OP_FIELDS(propose_fields),
    .kind = &action_kind,
    .type = OP_JOB,
    .works_read_only = true,
    .faces = FACE_CLI,
    .job = propose_job};
