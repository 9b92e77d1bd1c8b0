/* device_talk.c: types a text at a device's terminal, line after line, or feeds it to its shell. */
#include "practice/device_talk.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include "base/mem.h"
#include "base/utc.h"
#include "contain/device_console.h"
#include "sys/ssh_carrier.h"

enum {
    LINE_WAIT_S = 60,
    SCRIPT_WAIT_S = 600,
    MARGIN_S = 10,   /* a prompt is missed before the connection is given up */
    SETTLE_MS = 400, /* a first prompt that nothing follows */
    LOOK_MS = 1000,
    LEAVE_MS = 2000,
    QUESTION_COUNT = 8,
    SHOWN_SIZE = 200,
};

struct device_talk {
    struct device_way way;
    struct str text;
    struct arena *arena;
    struct contain_far *far;
    struct buf in;   /* since the last that was sent */
    struct buf stem; /* of the prompts */
    size_t line;     /* of the text, from 1 */
};

void device_answer_release(struct device_answer *a)
{
    buf_release(&a->said);
    buf_release(&a->failed);
}

void device_talk_close(struct device_talk *t)
{
    if (!t)
        return;
    contain_far_close(t->far);
    buf_release(&t->in);
    buf_release(&t->stem);
    arena_free(t->arena);
    free(t);
}

static bool is_console(const struct device_talk *t)
{
    return t->way.device->ssh->feed == DEVICE_CONSOLE;
}

/* Takes what comes within that time. 1: something may have come; 0: the time is over, or it ended.
 */
static int take_within(struct device_talk *t, int64_t until_ms, struct err *e)
{
    int64_t left = until_ms - monotonic_ms();
    int64_t own = contain_far_wait_ms(t->far);
    struct pollfd p = {.fd = contain_far_fd(t->far), .events = contain_far_events(t->far)};
    int rc;

    if (left <= 0 || contain_far_has_ended(t->far))
        return 0;
    left = left < own ? left : own;
    if (poll(&p, 1, (int)(left < LOOK_MS ? left : LOOK_MS)) < 0 && errno != EINTR)
        return err_errno(e, "cannot wait for the device");
    rc = contain_far_take(t->far, &t->in, e);
    return rc ? rc : 1;
}

/* Until it runs there; how long that may take is the carrier's to say. */
static int await_running(struct device_talk *t, struct err *e)
{
    int rc = 1;

    while (rc == 1 && !contain_far_runs(t->far))
        rc = take_within(t, INT64_MAX, e);
    if (rc < 0 || contain_far_runs(t->far))
        return rc < 0 ? rc : 0;
    return err_set(e, ERR_IO, "%s ended before anything was sent", t->way.ssh);
}

static int closed(const struct device_talk *t, struct err *e)
{
    return err_set(e, ERR_IO, "%s closed the connection before it had answered", t->way.ssh);
}

/* Until it waits for something. */
static int await_look(struct device_talk *t, enum device_waits *out, const char **answer,
                      struct err *e)
{
    int64_t until_ms = monotonic_ms() + (int64_t)t->way.wait_s * 1000;

    for (;;) {
        int rc;

        *out = device_console_look(t->way.device->ssh, buf_str(&t->in), buf_str(&t->stem), answer);
        if (*out != DEVICE_WAITS_NOT)
            return 0;
        rc = take_within(t, until_ms, e);
        if (rc < 0)
            return rc;
        if (contain_far_has_ended(t->far))
            return closed(t, e);
        if (rc == 0)
            return err_set(e, ERR_LIMIT, "%s gave no prompt within %u s", t->way.ssh,
                           t->way.wait_s);
    }
}

/* A banner may end as a prompt does; what nothing follows is one. */
static int await_first(struct device_talk *t, struct err *e)
{
    int64_t until_ms = monotonic_ms() + (int64_t)t->way.wait_s * 1000;
    enum device_waits waits = DEVICE_WAITS_NOT;
    const char *answer;
    int rc = 1;

    while (rc > 0 && monotonic_ms() < until_ms) {
        size_t before = t->in.len;

        rc = take_within(t, monotonic_ms() + SETTLE_MS, e);
        waits = device_console_look(t->way.device->ssh, buf_str(&t->in), STR(""), &answer);
        if (rc >= 0 && waits == DEVICE_WAITS_LINE && before == t->in.len) {
            device_console_stem(buf_str(&t->in), &t->stem);
            return 0;
        }
        if (rc == 0 && !contain_far_has_ended(t->far))
            rc = 1;
    }
    if (rc < 0)
        return rc;
    return err_set(e, ERR_FORMAT, "%s shows no prompt of %s; %s. Nothing was sent", t->way.ssh,
                   t->way.device->title, t->way.device->ssh->needs);
}

static void note_sent(struct device_answer *out, struct str line)
{
    if (out->said.len && out->said.p[out->said.len - 1] != '\n')
        buf_addc(&out->said, '\n');
    buf_addf(&out->said, "calm> " STR_FMT "\n", STR_ARG(line));
}

/* One line and its answer, with what it asks meanwhile. */
static int type_line(struct device_talk *t, struct str line, struct device_answer *out,
                     struct err *e)
{
    enum device_waits waits = DEVICE_WAITS_QUESTION;
    const char *answer = NULL;
    int rc = 0;

    for (size_t i = 0; rc == 0 && waits == DEVICE_WAITS_QUESTION; i++) {
        CLEANUP_BUF struct buf bytes = {0};

        if (i > QUESTION_COUNT)
            return err_set(e, ERR_LIMIT, "%s asks again and again", t->way.ssh);
        if (i)
            line = str_of(answer);
        note_sent(out, line);
        buf_addf(&bytes, STR_FMT "\n", STR_ARG(line));
        buf_clear(&t->in);
        rc = contain_far_send(t->far, buf_str(&bytes), e);
        if (rc == 0)
            rc = await_look(t, &waits, &answer, e);
        buf_addstr(&out->said, buf_str(&t->in));
        if (rc == 0 && !out->failed.len)
            device_console_error(t->way.device->ssh, buf_str(&t->in), &out->failed);
    }
    return rc;
}

static int type_first(struct device_talk *t, struct err *e)
{
    CLEANUP_DEVICE_ANSWER struct device_answer none = {0};
    int rc = 0;

    for (const char *const *line = t->way.device->ssh->first; rc == 0 && *line; line++)
        rc = type_line(t, str_of(*line), &none, e);
    if (rc == 0 && none.failed.len)
        return err_set(e, ERR_FORMAT, "%s is no %s: it answered \"%s\". Nothing was sent",
                       t->way.ssh, t->way.device->title, buf_text(&none.failed));
    return rc;
}

/* What the text looks for first. Where it is so already nothing is sent, and nothing begins, so
 * that no inverse takes away what was there before. */
static int look_before(struct device_talk *t, struct err *e)
{
    const struct device_ssh *ssh = t->way.device->ssh;
    struct str rest = t->text;

    while (rest.len) {
        CLEANUP_DEVICE_ANSWER struct device_answer none = {0};
        struct str line = str_cut(&rest, '\n');
        int rc;

        if (!device_console_types(t->way.device, line) || !device_console_is_guard(ssh, line))
            continue;
        rc = type_line(t, line, &none, e);
        if (rc)
            return rc;
        if (none.failed.len)
            return err_set(e, ERR_FORMAT,
                           "%s does not tell how it stands before: it answered \"%s\". Nothing was "
                           "changed",
                           t->way.ssh, buf_text(&none.failed));
        if (device_console_holds(ssh, buf_str(&t->in)))
            return err_set(e, ERR_GATE, "%s: %s. Nothing was changed", t->way.ssh,
                           ssh->guard->means);
    }
    return 0;
}

static int find_host(struct device_talk *t, struct far_place *place, struct err *e)
{
    const char *suffix = t->way.device->ssh->user_suffix;
    int rc = reach_address_read(t->arena, str_of(t->way.ssh), &place->at, e);

    if (rc == 0 && suffix)
        place->at.user = arena_printf(t->arena, "%s%s", place->at.user, suffix);
    return rc;
}

static int judge(const struct device_way *way, struct err *e)
{
    if (!way->device->ssh)
        return err_set(e, ERR_USAGE, "%s is not spoken with over SSH: %s (calm stop begin)",
                       way->device->title, way->device->how);
    if (way->wants_sudo && way->device->ssh->feed != DEVICE_SHELL)
        return err_set(e, ERR_USAGE, "there is no sudo on %s", way->device->title);
    return 0;
}

int device_talk_open(struct device_talk **out, const struct device_way *way, struct str text,
                     struct err *e)
{
    static const enum ssh_feed feeds[] = {[DEVICE_CONSOLE] = SSH_FEED_CONSOLE,
                                          [DEVICE_SHELL] = SSH_FEED_SHELL,
                                          [DEVICE_POWERSHELL] = SSH_FEED_POWERSHELL};
    CLEANUP(device_talk_closep) struct device_talk *t = NULL;
    struct far_place place = {.wants_sudo = way->wants_sudo};
    int rc = judge(way, e);

    if (rc)
        return rc;
    t = mem_new(struct device_talk);
    t->way = *way;
    t->text = text;
    t->arena = arena_new();
    if (!t->way.wait_s)
        t->way.wait_s = is_console(t) ? LINE_WAIT_S : SCRIPT_WAIT_S;
    rc = find_host(t, &place, e);
    if (rc == 0)
        rc = contain_far_feed(&t->far, way->reach, &place, feeds[way->device->ssh->feed], text.len,
                              t->way.wait_s + (is_console(t) ? MARGIN_S : 0), e);
    if (rc == 0)
        rc = await_running(t, e);
    if (rc == 0 && is_console(t))
        rc = await_first(t, e);
    if (rc == 0 && is_console(t))
        rc = type_first(t, e);
    if (rc == 0 && is_console(t))
        rc = look_before(t, e);
    if (rc)
        return rc;
    *out = MOVE(t);
    return 0;
}

/* Leaves the terminal as a person would, so that the device closes the session at once. */
static void leave(struct device_talk *t)
{
    int64_t until_ms = monotonic_ms() + LEAVE_MS;
    CLEANUP_BUF struct buf line = {0};

    buf_addf(&line, "%s\n", t->way.device->ssh->last);
    if (contain_far_send(t->far, buf_str(&line), NULL))
        return;
    while (take_within(t, until_ms, NULL) == 1)
        ;
}

static int type_all(struct device_talk *t, struct device_answer *out, struct err *e)
{
    struct str rest = t->text;
    int rc = 0;

    while (rc == 0 && rest.len && !out->failed.len) {
        struct str line = str_cut(&rest, '\n');

        t->line++;
        if (!device_console_types(t->way.device, line))
            continue;
        rc = type_line(t, line, out, e);
        if (!out->failed.len)
            continue;
        buf_addf(&out->failed, " (line %zu: " STR_FMT ")", t->line,
                 STR_ARG(str_head(str_trim(line), SHOWN_SIZE)));
    }
    if (rc == 0 && !out->failed.len)
        leave(t);
    return rc;
}

/* The last line of what was printed, which mostly says why. */
static struct str last_line(struct str said)
{
    const char *end;

    said = str_trim(said);
    end = said.len ? memrchr(said.p, '\n', said.len) : NULL;
    return end ? str_from(said, (size_t)(end - said.p) + 1) : said;
}

static int feed_all(struct device_talk *t, struct device_answer *out, struct err *e)
{
    int rc = contain_far_send(t->far, t->text, e);
    struct str errors;

    buf_clear(&t->in);
    contain_far_send_end(t->far);
    while (rc == 0 && !contain_far_has_ended(t->far)) {
        rc = take_within(t, INT64_MAX, e);
        rc = rc > 0 ? 0 : rc;
    }
    buf_addstr(&out->said, buf_str(&t->in));
    if (rc)
        return rc;
    errors = contain_far_said(t->far);
    if (errors.len && out->said.len)
        buf_addc(&out->said, '\n');
    buf_addstr(&out->said, errors);
    if (contain_far_status(t->far) != 0)
        buf_addf(&out->failed, "it ended with status %d: " STR_FMT, contain_far_status(t->far),
                 STR_ARG(str_head(last_line(buf_str(&out->said)), SHOWN_SIZE)));
    return 0;
}

int device_talk_send(struct device_talk *t, struct device_answer *out, struct err *e)
{
    return is_console(t) ? type_all(t, out, e) : feed_all(t, out, e);
}
