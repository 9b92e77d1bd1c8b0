/* confined.c: reads foreign snapshot documents in a worker. */
#include "collect/confined.h"
#include <sys/mman.h>
#include <unistd.h>
#include "collect/host.h"
#include "sys/file.h"
#include "sys/worker.h"

enum message { MESSAGE_HEAD = 1, MESSAGE_CHANGE, MESSAGE_OBSERVATION };

/* A message is a row of texts, each behind its length in four bytes of this machine's order. */
static void add_text(struct buf *out, struct str text)
{
    uint32_t len = (uint32_t)text.len;

    buf_add(out, &len, sizeof(len));
    buf_addstr(out, text);
}

static void add_number(struct buf *out, uint64_t n)
{
    CLEANUP_BUF struct buf text = {0};

    buf_add_u64(&text, n);
    add_text(out, buf_str(&text));
}

static bool take_text(struct str *rest, struct str *text)
{
    uint32_t len;

    if (rest->len < sizeof(len))
        return false;
    memcpy(&len, rest->p, sizeof(len));
    *rest = str_from(*rest, sizeof(len));
    if (len > rest->len)
        return false;
    *text = str_head(*rest, len);
    *rest = str_from(*rest, len);
    return !str_has_utf8_error(*text);
}

static bool take_number(struct str *rest, uint64_t most, uint64_t *n)
{
    struct str text;

    return take_text(rest, &text) && str_u64(text, n) && *n <= most;
}

/* In the worker. */

static int read_input(int in, struct buf *text, struct err *e)
{
    return file_read_fd(text, in, "the snapshot", 2 * (size_t)COLLECT_DOCUMENT_SIZE, e);
}

static int head_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf message = {0};
    CLEANUP_BUF struct buf taken = {0};
    struct collect_head head;
    int code = read_input(in, &text, e);

    (void)argument;
    if (code == 0)
        code = collect_head(buf_str(&text), &head, e);
    if (code < 0)
        return code;
    utc_add(&taken, head.taken);
    add_text(&message, str_of(head.host));
    add_text(&message, buf_str(&taken));
    add_number(&message, head.lines);
    add_number(&message, head.is_whole);
    return worker_send(channel, MESSAGE_HEAD, buf_str(&message), e);
}

static int send_change(void *context, const struct collect_change *change, struct err *e)
{
    CLEANUP_BUF struct buf message = {0};

    add_number(&message, change->kind);
    add_text(&message, change->section);
    add_text(&message, change->key);
    add_text(&message, change->words);
    return worker_send(context, MESSAGE_CHANGE, buf_str(&message), e);
}

/* argument: how many bytes of the input are the earlier document. */
static int diff_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    uint64_t size;
    int code = read_input(in, &text, e);

    if (code < 0)
        return code;
    if (!str_u64(argument, &size) || size > text.len)
        BUG("the size of the earlier snapshot");
    return collect_diff(str_head(buf_str(&text), size), str_from(buf_str(&text), size), send_change,
                        channel, e);
}

/* A rule is told by its place in the list, so that its texts are our own. */
static int send_observation(void *context, const struct collect_observation *o, struct err *e)
{
    CLEANUP_BUF struct buf message = {0};
    const struct collect_rule_text *rules;
    size_t count = collect_rules(&rules);
    size_t rule = 0;

    while (rule < count && strcmp(rules[rule].code, o->code) != 0)
        rule++;
    add_number(&message, rule);
    add_number(&message, o->weight);
    add_text(&message, o->words);
    add_text(&message, o->evidence);
    return worker_send(context, MESSAGE_OBSERVATION, buf_str(&message), e);
}

static int observe_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    int code = read_input(in, &text, e);

    (void)argument;
    return code ? code : collect_observe(buf_str(&text), send_observation, channel, e);
}

/* Outside of it. */

struct receiving {
    struct collect_head *head;
    collect_changed *changed;
    collect_observed *observed;
    void *context;
    size_t head_count;
};

static bool receive_head(struct receiving *r, struct str bytes)
{
    struct collect_head head = {0};
    struct str host;
    struct str taken;
    uint64_t whole;

    if (!take_text(&bytes, &host) || host.len >= sizeof(head.host) || !take_text(&bytes, &taken) ||
        !utc_read(&head.taken, taken) || !take_number(&bytes, UINT64_MAX, &head.lines) ||
        !take_number(&bytes, 1, &whole) || bytes.len)
        return false;
    memcpy(head.host, host.p, host.len);
    head.is_whole = whole;
    *r->head = head;
    r->head_count++;
    return true;
}

static bool receive_change(struct str bytes, struct collect_change *change)
{
    uint64_t kind;

    if (!take_number(&bytes, COLLECT_CHANGED, &kind) || !take_text(&bytes, &change->section) ||
        !take_text(&bytes, &change->key) || !take_text(&bytes, &change->words))
        return false;
    change->kind = (enum collect_change_kind)kind;
    return bytes.len == 0;
}

static bool receive_observation(struct str bytes, struct collect_observation *o)
{
    enum { WEIGHT_MOST = 3 };
    const struct collect_rule_text *rules;
    size_t count = collect_rules(&rules);
    uint64_t rule;
    uint64_t weight;

    if (!take_number(&bytes, count - 1, &rule) || !take_number(&bytes, WEIGHT_MOST, &weight) ||
        !take_text(&bytes, &o->words) || !take_text(&bytes, &o->evidence))
        return false;
    o->code = rules[rule].code;
    o->hint = rules[rule].hint;
    o->harmless = rules[rule].harmless;
    o->weight = (unsigned)weight;
    return bytes.len == 0;
}

static int receive(void *context, uint32_t kind, struct str bytes, struct err *e)
{
    struct receiving *r = context;
    struct collect_change change = {0};
    struct collect_observation observation = {0};

    if (kind == MESSAGE_HEAD && r->head && receive_head(r, bytes))
        return 0;
    if (kind == MESSAGE_CHANGE && r->changed && receive_change(bytes, &change))
        return r->changed(r->context, &change, e);
    if (kind == MESSAGE_OBSERVATION && r->observed && receive_observation(bytes, &observation))
        return r->observed(r->context, &observation, e);
    return err_set(e, ERR_TAMPER, "the worker that reads the snapshot sent what it must not");
}

/* The documents behind one descriptor, which is all that the worker gets. */
static int make_input(struct str first, struct str second, int *out, struct err *e)
{
    CLEANUP_HOST_FD int fd = memfd_create("snapshot", MFD_CLOEXEC);
    int code;

    if (fd < 0)
        return err_errno(e, "cannot hold the snapshot in memory");
    code = file_write_fd(fd, first.p, first.len, "memory", e);
    if (code == 0)
        code = file_write_fd(fd, second.p, second.len, "memory", e);
    if (code == 0 && lseek(fd, 0, SEEK_SET) < 0)
        code = err_errno(e, "cannot go back to the start of the snapshot");
    if (code < 0)
        return code;
    *out = fd;
    fd = -1;
    return 0;
}

static int run(worker_job *job, struct str first, struct str second, struct receiving *r,
               struct err *e)
{
    CLEANUP_HOST_FD int in = -1;
    CLEANUP_BUF struct buf size = {0};
    struct worker_limits limits = {0};
    int code;

    if (first.len > COLLECT_DOCUMENT_SIZE || second.len > COLLECT_DOCUMENT_SIZE)
        return err_set(e, ERR_LIMIT, "the snapshot is over %d MiB big",
                       COLLECT_DOCUMENT_SIZE >> 20);
    code = make_input(first, second, &in, e);
    if (code < 0)
        return code;
    buf_add_u64(&size, first.len);
    return worker_run(job, "reading the snapshot", in, buf_str(&size), &limits, receive, r, e);
}

int collect_head_confined(struct str text, struct collect_head *out, struct err *e)
{
    struct collect_head head = {0};
    struct receiving r = {.head = &head};
    int code = run(head_job, text, (struct str){"", 0}, &r, e);

    if (code < 0)
        return code;
    if (r.head_count != 1)
        return err_set(e, ERR_TAMPER, "the worker that reads the snapshot said nothing of it");
    *out = head;
    return 0;
}

int collect_diff_confined(struct str before, struct str after, collect_changed *changed,
                          void *context, struct err *e)
{
    struct receiving r = {.changed = changed, .context = context};

    return run(diff_job, before, after, &r, e);
}

int collect_observe_confined(struct str text, collect_observed *observed, void *context,
                             struct err *e)
{
    struct receiving r = {.observed = observed, .context = context};

    return run(observe_job, text, (struct str){"", 0}, &r, e);
}
