/* contain_helper.c: starts calm-contain and talks with it. */
#include "practice/contain_helper.h"
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/utc.h"
#include "contain/plan.h"
#include "practice/case_server.h"
#include "practice/contain_far.h"
#include "sys/dialogue.h"
#include "sys/self.h"

enum {
    LINE_SIZE = 4096,
    LINES_SIZE = 64 << 20,
    FAR_LINES_SIZE = 16 << 20,
    ANSWER_S = 120,
    LONG_S = 12 * 3600,
    BEFORE_SIZE = 256 << 20,
    LOOK_MS = 1000,
    SILENT_MS = 200,
};

struct contain_helper {
    struct dialogue *near; /* one of the two */
    struct contain_far *far;
    struct buf in; /* what it said and was not read yet */
    size_t used;
    bool is_asked;     /* an order has no answer yet */
    bool tells_before; /* which is that of prepare */
    int64_t until_ms;  /* when the answer must be here; 0: its program does not run yet */
    uint64_t left;     /* bytes of before that are still to come */
    struct buf before;
    struct buf lines;
    struct err said;  /* of the last answer; code 0: ok */
    bool is_lost;     /* nobody is there any more, or what it says is no answer */
    int64_t answer_s; /* how long an answer may take; 0: ANSWER_S */
    int64_t asked_us;
    int64_t answered_us;
};

static int find(struct buf *path, struct err *e)
{
    return self_neighbour("calm-contain", NULL, "it changes the host", path, e);
}

/* Who connected over SSH from where sudo or the kernel hides their log-in's process from us. */
static bool read_session(struct endpoint *out)
{
    struct str rest = str_of(getenv("SSH_CONNECTION")), client = str_cut(&rest, ' ');
    struct endpoint p = {.protocol = IPPROTO_TCP, .way = ENDPOINT_IN};
    uint64_t port;

    client = str_cut(&client, '%'); /* the link that a link's own address is of */
    str_cut(&rest, ' ');            /* the port there */
    str_cut(&rest, ' ');            /* the address here */
    if (!client.len || net_read(client, &p.net, NULL) || !str_u64(rest, &port) || port == 0 ||
        port > UINT16_MAX)
        return false;
    p.port_first = p.port_last = (uint16_t)port;
    *out = p;
    return true;
}

static int guard_session(struct contain_helper *h, struct err *e)
{
    CLEANUP_BUF struct buf lines = {0};
    char text[NET_TEXT_SIZE], order[NET_TEXT_SIZE + 8];
    struct endpoint from;

    if (!read_session(&from))
        return 0;
    snprintf(order, sizeof(order), "guard %s", net_text(text, &from.net));
    return contain_helper_ask(h, order, STR(""), &lines, e);
}

int contain_helper_guard_case(struct contain_helper *h, const char *case_folder,
                              struct buf *unknown, struct err *e)
{
    CLEANUP(case_server_release) struct case_server server = {.count = 0};
    CLEANUP_BUF struct buf lines = {0};
    int rc = 0;

    if (case_folder)
        case_server_of(case_folder, &server);
    for (size_t i = 0; rc == 0 && i < server.count; i++) {
        char text[ENDPOINT_TEXT_SIZE], order[ENDPOINT_TEXT_SIZE + 8];
        struct endpoint at = server.at[i];

        if (h->far && !at.protocol)
            continue;
        if (h->far)
            at.way = ENDPOINT_IN;
        snprintf(order, sizeof(order), "guard %s", endpoint_text(text, &at));
        rc = contain_helper_ask(h, order, STR(""), &lines, e);
    }
    if (rc == 0)
        buf_addstr(unknown, buf_str(&server.unknown));
    return rc;
}

int contain_helper_sessions(struct contain_helper *h, struct buf *lines, struct err *e)
{
    char text[ENDPOINT_TEXT_SIZE];
    struct endpoint from;
    int rc = contain_helper_ask(h, "sessions", STR(""), lines, e);

    if (rc || !read_session(&from))
        return rc;
    endpoint_text(text, &from);
    if (!memmem(buf_text(lines), lines->len, text, strlen(text)))
        buf_addf(lines, "%s\n", text);
    return 0;
}

enum way { WAY_DIRECT, WAY_SUDO, WAY_SUDO_SILENT /* where it asks for no password */ };

static int open_by(struct contain_helper **out, const char *path, enum way way, struct err *e)
{
    static const char *const before[][4] = {[WAY_DIRECT] = {NULL},
                                            [WAY_SUDO] = {"sudo", "--", NULL},
                                            [WAY_SUDO_SILENT] = {"sudo", "-n", "--", NULL}};
    CLEANUP(contain_helper_closep) struct contain_helper *h = mem_new(struct contain_helper);
    CLEANUP_BUF struct buf lines = {0};
    const char *argv[8];
    size_t count = 0;
    int rc;

    for (; before[way][count]; count++)
        argv[count] = before[way][count];
    argv[count++] = path;
    argv[count++] = "serve";
    argv[count] = NULL;
    rc = way == WAY_SUDO_SILENT ? dialogue_start_silent(&h->near, argv, e)
                                : dialogue_start(&h->near, argv, e);
    if (rc == 0)
        rc = guard_session(h, e);
    if (rc == 0 && way == WAY_SUDO_SILENT)
        rc = contain_helper_ask(h, "sessions", STR(""), &lines, e);
    if (rc)
        return rc;
    *out = MOVE(h);
    return 0;
}

int contain_helper_open(struct contain_helper **out, bool only_looks, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    int rc = find(&path, e);

    if (rc)
        return rc;
    if (geteuid() == 0)
        return open_by(out, buf_text(&path), WAY_DIRECT, e);
    if (only_looks)
        return open_by(out, buf_text(&path), WAY_SUDO_SILENT, NULL) == 0
                   ? 0
                   : open_by(out, buf_text(&path), WAY_DIRECT, e);
    rc = open_by(out, buf_text(&path), WAY_SUDO, e);
    if (rc != ERR_NOTFOUND)
        return rc;
    return err_set(e, ERR_NOTFOUND,
                   "changing this host takes root, and sudo is not here: run calm as root, or "
                   "have the plan carried out by hand (calm stop script aN)");
}

int contain_helper_open_far(struct contain_helper **out, const struct reach *reach,
                            const struct far_place *place, struct err *e)
{
    CLEANUP(contain_helper_closep) struct contain_helper *h = mem_new(struct contain_helper);
    CLEANUP_BUF struct buf path = {0};
    int rc = find(&path, e);

    if (rc == 0)
        rc = contain_far_start(&h->far, reach, place, buf_text(&path), e);
    if (rc)
        return rc;
    *out = MOVE(h);
    return 0;
}

void contain_helper_close(struct contain_helper *h)
{
    if (!h)
        return;
    dialogue_close(h->near);
    if (h->far && !h->is_lost)
        contain_far_end(h->far);
    contain_far_close(h->far);
    buf_release(&h->in);
    buf_release(&h->before);
    buf_release(&h->lines);
    free(h);
}

static int code_named(struct str name)
{
    for (int code = ERR_USAGE; code >= ERR_CANCEL; code--)
        if (str_is(name, err_name(code)))
            return code;
    return ERR_IO;
}

static void lose(struct contain_helper *h)
{
    h->is_lost = true;
    h->is_asked = false;
}

static int64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void start_clock(struct contain_helper *h)
{
    if (h->is_asked && !h->until_ms && (h->near || contain_far_runs(h->far)))
        h->until_ms = monotonic_ms() + (h->answer_s ? h->answer_s : ANSWER_S) * 1000;
}

static int no_answer(struct contain_helper *h, const char *what)
{
    lose(h);
    return err_set(&h->said, ERR_FORMAT, "what calm-contain answered is no answer: %s", what);
}

static bool is_text(struct str line)
{
    for (size_t i = 0; i < line.len; i++)
        if ((uint8_t)line.p[i] < 0x20 || (uint8_t)line.p[i] == 0x7f)
            return false;
    return !str_has_utf8_error(line);
}

static void answered(struct contain_helper *h)
{
    h->is_asked = false;
    h->answered_us = now_us();
}

static int begin_before(struct contain_helper *h, struct str size)
{
    if (!str_u64(size, &h->left) || h->left > BEFORE_SIZE)
        return no_answer(h, "a state before of no size that can be");
    h->tells_before = false;
    return 0;
}

static int take_line(struct contain_helper *h, struct str line)
{
    struct str rest = line, word = str_cut(&rest, ' ');

    if (!is_text(line))
        return no_answer(h, "it is no text");
    if (str_is(line, "ok") && h->tells_before)
        return no_answer(h, "it did not tell the state before");
    if (str_is(line, "ok"))
        return answered(h), 0;
    if (str_is(word, "failed")) {
        int code = code_named(str_cut(&rest, ' '));

        answered(h);
        return err_set(&h->said, code, STR_FMT, STR_ARG(rest)), 0;
    }
    if (h->tells_before && str_is(word, "before"))
        return begin_before(h, rest);
    if (h->lines.len > (h->far ? FAR_LINES_SIZE : LINES_SIZE))
        return no_answer(h, "there is no end of it");
    buf_addf(&h->lines, "%.*s\n", (int)line.len, line.p);
    return 0;
}

static void take_before(struct contain_helper *h, struct str rest)
{
    struct str part = str_head(rest, h->left);

    buf_addstr(&h->before, part);
    h->left -= part.len;
    h->used += part.len;
}

/* Reads what is there; an answer behind which more comes than was asked for is none. */
static void read_there(struct contain_helper *h)
{
    int rc = 0;

    while (rc == 0) {
        struct str rest = str_from(buf_str(&h->in), h->used);
        const char *end = rest.len ? memchr(rest.p, '\n', rest.len) : NULL;
        size_t len = end ? (size_t)(end - rest.p) : rest.len;

        if (h->left && rest.len) {
            take_before(h, rest);
            continue;
        }
        if (!rest.len)
            break;
        if (!h->is_asked)
            rc = no_answer(h, "it came unasked");
        else if (len > LINE_SIZE)
            rc = no_answer(h, "a line is too long");
        else if (!end)
            break;
        else
            rc = take_line(h, str_head(rest, len));
        h->used += len + (end != NULL);
    }
    memmove(h->in.p, h->in.p + h->used, h->in.len - h->used);
    h->in.len -= h->used;
    h->used = 0;
}

static void take(struct contain_helper *h)
{
    struct err e = {0};
    int rc = h->near ? dialogue_take(h->near, &h->in, &e) : contain_far_take(h->far, &h->in, &e);

    if (h->in.len)
        read_there(h);
    if (rc && h->is_asked) {
        lose(h);
        h->said = e;
    }
    start_clock(h);
}

static bool is_late(struct contain_helper *h, int64_t until_ms)
{
    int64_t now = monotonic_ms();

    if ((!h->until_ms || now < h->until_ms) && (!until_ms || now < until_ms))
        return false;
    lose(h);
    err_set(&h->said, ERR_LIMIT, "calm-contain has not answered in time");
    return true;
}

/* Milliseconds until something must be looked at. */
static int wait_ms(const struct contain_helper *h, int64_t until_ms)
{
    int64_t now = monotonic_ms();
    int64_t left = h->far ? contain_far_wait_ms(h->far) : LOOK_MS;

    if (h->until_ms && h->until_ms - now < left)
        left = h->until_ms - now;
    if (until_ms && until_ms - now < left)
        left = until_ms - now;
    return left < 0 ? 0 : left > LOOK_MS ? LOOK_MS : (int)left;
}

/* A person may have typed a password for one meanwhile, which is not the others' silence. */
static void take_timed(struct contain_helper *const *all, size_t count, size_t which)
{
    int64_t before = monotonic_ms(), took;

    take(all[which]);
    took = monotonic_ms() - before;
    for (size_t i = 0; took > SILENT_MS && i < count; i++) {
        if (i == which)
            continue;
        if (all[i]->until_ms)
            all[i]->until_ms += took;
        if (all[i]->far)
            contain_far_extend(all[i]->far, took);
    }
}

static void wait_once(struct contain_helper *const *all, size_t count, int64_t until_ms)
{
    struct pollfd polls[CONTAIN_HELPER_COUNT];
    size_t which[CONTAIN_HELPER_COUNT], waiting = 0;
    int ms = LOOK_MS;

    for (size_t i = 0; i < count; i++) {
        int mine;

        if (!all[i]->is_asked)
            continue;
        mine = wait_ms(all[i], until_ms);
        ms = mine < ms ? mine : ms;
        polls[waiting] = (struct pollfd){
            .fd = all[i]->near ? dialogue_fd(all[i]->near) : contain_far_fd(all[i]->far),
            .events = all[i]->near ? POLLIN : contain_far_events(all[i]->far)};
        which[waiting++] = i;
    }
    (void)poll(polls, waiting, ms); /* interrupted or not: all are looked at */
    for (size_t i = 0; i < waiting; i++)
        if (polls[i].revents || (all[which[i]]->far && !wait_ms(all[which[i]], 0)))
            take_timed(all, count, which[i]);
}

void contain_helper_wait(struct contain_helper *const *all, size_t count, int64_t until_ms)
{
    bool is_open = true;

    if (count > CONTAIN_HELPER_COUNT)
        BUG("%zu hosts at once", count);
    while (is_open) {
        is_open = false;
        for (size_t i = 0; i < count; i++)
            is_open |= all[i]->is_asked && !is_late(all[i], until_ms);
        if (is_open)
            wait_once(all, count, until_ms);
    }
}

static int send_bytes(struct contain_helper *h, struct str bytes, struct err *e)
{
    return h->near ? dialogue_send(h->near, bytes, e) : contain_far_send(h->far, bytes, e);
}

void contain_helper_give(struct contain_helper *h, const char *order, struct str plan)
{
    CLEANUP_BUF struct buf bytes = {0};

    if (h->is_lost)
        return;
    if (h->is_asked)
        BUG("an order before the last one was answered");
    buf_addf(&bytes, "%s\n", order);
    buf_addstr(&bytes, plan);
    buf_clear(&h->lines);
    buf_clear(&h->before);
    h->said = (struct err){0};
    h->is_asked = true;
    h->tells_before = str_starts(str_of(order), "prepare ") || str_starts(str_of(order), "fetch ");
    h->until_ms = 0;
    h->asked_us = now_us();
    start_clock(h);
    if (send_bytes(h, buf_str(&bytes), &h->said))
        lose(h);
}

void contain_helper_be_patient(struct contain_helper *h, bool is_long)
{
    h->answer_s = is_long ? LONG_S : 0;
}

int contain_helper_answer(const struct contain_helper *h, struct buf *lines, struct err *e)
{
    if (h->said.code)
        return err_set(e, h->said.code, "%s", h->said.text);
    buf_addstr(lines, buf_str(&h->lines));
    return 0;
}

bool contain_helper_is_lost(const struct contain_helper *h)
{
    return h->is_lost;
}

struct str contain_helper_before(const struct contain_helper *h)
{
    return buf_str(&h->before);
}

void contain_helper_times(const struct contain_helper *h, int64_t *asked_us, int64_t *answered_us)
{
    *asked_us = h->asked_us;
    *answered_us = h->answered_us;
}

int contain_helper_ask(struct contain_helper *h, const char *order, struct str plan,
                       struct buf *lines, struct err *e)
{
    contain_helper_give(h, order, plan);
    contain_helper_wait(&h, 1, 0);
    return contain_helper_answer(h, lines, e);
}

void contain_helper_give_prepare(struct contain_helper *h, struct str plan)
{
    struct hash digest = plan_digest(plan);
    CLEANUP_BUF struct buf order = {0};

    buf_addf(&order, "prepare %zu ", plan.len);
    hex_add(&order, digest.b, sizeof(digest.b));
    contain_helper_give(h, buf_text(&order), plan);
}

int contain_helper_prepare(struct contain_helper *h, struct str plan, struct buf *before,
                           struct err *e)
{
    CLEANUP_BUF struct buf lines = {0};
    int rc;

    contain_helper_give_prepare(h, plan);
    contain_helper_wait(&h, 1, 0);
    rc = contain_helper_answer(h, &lines, e);
    if (rc == 0)
        buf_addstr(before, buf_str(&h->before));
    return rc;
}

void contain_helper_give_go(struct contain_helper *h, const struct id *id, uint64_t delay_ms)
{
    CLEANUP_BUF struct buf order = {0};

    buf_adds(&order, "go ");
    hex_add(&order, id->b, sizeof(id->b));
    buf_addf(&order, " %llu", (unsigned long long)delay_ms);
    contain_helper_give(h, buf_text(&order), STR(""));
}

int contain_helper_about(struct contain_helper *h, const char *order, const struct id *id,
                         struct buf *lines, struct err *e)
{
    CLEANUP_BUF struct buf line = {0};

    buf_addf(&line, "%s ", order);
    hex_add(&line, id->b, sizeof(id->b));
    if (strcmp(order, "go") == 0)
        buf_adds(&line, " 0");
    return contain_helper_ask(h, buf_text(&line), STR(""), lines, e);
}
