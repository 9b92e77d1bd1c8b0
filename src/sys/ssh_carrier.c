/* ssh_carrier.c: the program's side of a carrier: starts it, judges what it says, ends it in time.
 */
#include "sys/ssh_carrier.h"
#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/hash.h"
#include "base/mem.h"
#include "base/utc.h"
#include "sys/file.h"
#include "sys/self.h"
#include "sys/ssh_carrier_child.h"
#include "sys/ssh_known.h"

enum { QUIET_S = 60, LOG_IN_QUIETS = 3, SAID_SIZE = 1000, READ_SIZE = 64 * 1024 };
enum { SAID_MOST = 4 << 20, RUN_S = 24 * 3600 };
#define MOST_SIZE ((uint64_t)8 << 30)

struct ssh_carrier {
    struct ssh_receiver to;
    uint64_t most;
    uint64_t brought;
    unsigned quiet_s;
    unsigned answer_s;
    int64_t quiet_ms;  /* when the silence is too long; CLOCK_MONOTONIC */
    int64_t log_in_ms; /* when the program must be there */
    int64_t run_ms;    /* when it must have ended; 0: it does not run yet */
    uint64_t said_size;
    pid_t pid;
    int fd;
    enum ssh_step step;
    struct ssh_footprint footprint;
    struct buf in;
    struct buf out; /* of a dialogue: whole messages that wait */
    size_t given;   /* of these bytes */
    struct buf said;
    bool was_asked_to_judge;
    bool wants_sudo;
    bool is_dialogue;
    bool is_fed;
    int status;
    unsigned sudo_count;
    bool has_end;
    struct err end;
};

static unsigned silence_s(const struct ssh_carrier *c)
{
    return c->step < SSH_STEP_RUNS ? c->quiet_s : c->answer_s;
}

/* The silence begins anew. */
static void hear(struct ssh_carrier *c)
{
    c->quiet_ms = monotonic_ms() + (int64_t)silence_s(c) * 1000;
}

static int send_message(struct ssh_carrier *c, enum carrier_kind kind, struct str bytes,
                        struct err *e)
{
    CLEANUP(buf_wipe) struct buf frame = {0};
    struct carrier_head head = {kind, (uint32_t)bytes.len};
    size_t at = 0;

    buf_add(&frame, &head, sizeof(head));
    buf_addstr(&frame, bytes);
    while (at < frame.len) {
        ssize_t n = send(c->fd, frame.p + at, frame.len - at, MSG_NOSIGNAL);

        if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
            return 0; /* it has ended: what it said before is still to be heard */
        if (n < 0 && errno != EINTR)
            return err_errno(e, "cannot tell the carrier what to do");
        at += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static void add_text(struct buf *out, const char *text)
{
    buf_add(out, text, strlen(text) + 1);
}

/* A word that the host cannot have known before. */
static void draw_word(struct carrier_start *s)
{
    uint8_t bytes[SSH_WORD_SIZE / 2];

    randombytes_buf(bytes, sizeof(bytes));
    hex_write(s->word, bytes, sizeof(bytes));
}

static int send_start(struct ssh_carrier *c, const struct ssh_errand *errand, struct err *e)
{
    struct carrier_start s = {
        .parent = getpid(),
        .program_size = errand->program_size,
        .port = errand->port,
        .quiet_s = c->quiet_s,
        .feed = errand->feed,
        .flags = (errand->agent >= 0 ? CARRIER_HAS_AGENT : 0U) |
                 (errand->may_ask ? CARRIER_MAY_ASK : 0U) |
                 (errand->wants_sudo ? CARRIER_SUDO : 0U) |
                 (c->is_dialogue ? CARRIER_DIALOGUE : 0U),
    };
    CLEANUP_BUF struct buf bytes = {0};
    struct utsname here;

    if (uname(&here) < 0)
        return err_errno(e, "cannot tell which kind of processor this is");
    snprintf(s.machine, sizeof(s.machine), "%s", here.machine);
    draw_word(&s);
    snprintf(c->footprint.name, sizeof(c->footprint.name), ".calm-%s", s.word);
    buf_add(&bytes, &s, sizeof(s));
    add_text(&bytes, errand->host);
    add_text(&bytes, errand->user);
    add_text(&bytes, errand->key_kinds);
    add_text(&bytes, errand->arguments);
    add_text(&bytes, errand->called ? errand->called : "calm-collect");
    return send_message(c, CARRIER_START, buf_str(&bytes), e);
}

static int start_process(struct ssh_carrier *c, const struct ssh_errand *errand, struct err *e)
{
    int ends[2];
    int why;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return err_errno(e, "cannot make a socket for a carrier");
    why = self_start(
        &(struct self_start){.name = "calm-carrier",
                             .words = {carrier_marker},
                             .fds = (int[]){ends[1], errand->program, SELF_NULL_FD, errand->agent},
                             .fd_count = CARRIER_AGENT_FD + 1,
                             .blocks_interrupt = true},
        &c->pid);
    fd_close(ends[1]);
    c->fd = ends[0];
    return why ? err_set(e, ERR_IO, "cannot start a carrier: %s", strerror(why)) : 0;
}

static bool is_plain_word(const char *text)
{
    return text[0] && text[0] != '-' && ssh_arguments_are_plain(str_of(text)) &&
           !strchr(text, ' ') && strlen(text) < 256;
}

int ssh_carrier_start(struct ssh_carrier **out, const struct ssh_errand *errand,
                      const struct ssh_receiver *to, struct err *e)
{
    CLEANUP(ssh_carrier_freep) struct ssh_carrier *c = NULL;
    int code;

    if (!is_plain_word(errand->host) || !is_plain_word(errand->user) || errand->port == 0 ||
        errand->port > UINT16_MAX)
        return err_set(e, ERR_USAGE, "%s at %s, port %u, is no log-in: write user@host:port",
                       errand->user, errand->host, errand->port);
    if (!ssh_arguments_are_plain(str_of(errand->arguments)) ||
        strlen(errand->arguments) > CARRIER_TEXT_LIMIT)
        BUG("arguments for a shell that are not plain: %s", errand->arguments);
    c = mem_new(struct ssh_carrier);
    c->to = *to;
    c->fd = -1;
    c->pid = -1;
    c->wants_sudo = errand->wants_sudo;
    c->is_fed = errand->feed != SSH_FEED_NONE;
    c->is_dialogue = errand->is_dialogue || c->is_fed;
    c->status = -1;
    c->most = errand->most ? errand->most : MOST_SIZE;
    c->quiet_s = errand->quiet_s ? errand->quiet_s : QUIET_S;
    c->answer_s = errand->answer_s ? errand->answer_s : c->quiet_s;
    hear(c);
    c->log_in_ms = monotonic_ms() + (int64_t)c->quiet_s * 1000 * LOG_IN_QUIETS;
    code = start_process(c, errand, e);
    if (!code)
        code = send_start(c, errand, e);
    if (code)
        return code;
    *out = MOVE(c);
    return 0;
}

static int reap(struct ssh_carrier *c)
{
    int status = 0;

    while (c->pid > 0 && waitpid(c->pid, &status, 0) < 0)
        if (errno != EINTR)
            break; /* a program that ignores SIGCHLD gets no status */
    c->pid = -1;
    return status;
}

void ssh_carrier_free(struct ssh_carrier *c)
{
    if (!c)
        return;
    if (c->pid > 0)
        (void)kill(c->pid, SIGKILL); /* not waited for yet, so the number is its own */
    (void)reap(c);
    fd_close(c->fd);
    buf_release(&c->in);
    buf_release(&c->out);
    buf_release(&c->said);
    free(c);
}

int ssh_carrier_fd(const struct ssh_carrier *c)
{
    return c->fd;
}

static int64_t deadline_ms(const struct ssh_carrier *c)
{
    int64_t most_ms = c->step < SSH_STEP_RUNS ? c->log_in_ms : c->run_ms;

    return most_ms < c->quiet_ms ? most_ms : c->quiet_ms;
}

int ssh_carrier_wait_ms(const struct ssh_carrier *c)
{
    int64_t left = deadline_ms(c) - monotonic_ms();

    return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

void ssh_carrier_extend(struct ssh_carrier *c, int64_t ms)
{
    c->quiet_ms += ms;
    c->log_in_ms += ms;
}

static int misbehaved(struct err *e, const char *what)
{
    return err_set(e, ERR_TAMPER,
                   "the confined process that talks to the host %s, which no sound one does, and "
                   "was stopped. The host may be made to attack who looks at it",
                   what);
}

static int take_step(struct ssh_carrier *c, struct str body, struct err *e)
{
    uint32_t step;

    if (body.len != sizeof(step))
        return misbehaved(e, "sent a message of the wrong size");
    memcpy(&step, body.p, sizeof(step));
    if (step >= SSH_STEP_COUNT_ || step < c->step ||
        (step >= SSH_STEP_LOGGED_IN && !c->was_asked_to_judge))
        return misbehaved(e, "went a step that is not its next");
    if (step != c->step && c->to.step)
        c->to.step(c->to.context, (enum ssh_step)step);
    c->step = (enum ssh_step)step;
    if (step == SSH_STEP_RUNS && !c->run_ms)
        c->run_ms = monotonic_ms() + (int64_t)RUN_S * 1000;
    return 0;
}

static int take_key(struct ssh_carrier *c, struct str body, struct err *e)
{
    int code;

    if (c->was_asked_to_judge || body.len > SSH_KEY_TEXT_LIMIT)
        return misbehaved(e, "sent a key that is none");
    c->was_asked_to_judge = true;
    code = c->to.key(c->to.context, body, e);
    return code ? code : send_message(c, CARRIER_TRUST, STR(""), e);
}

/* sudo asks between the log-in and the program's place, so many times at most. */
static bool may_be_asked(struct ssh_carrier *c, uint32_t asked)
{
    if (!c->was_asked_to_judge || asked >= SSH_ASKED_COUNT_)
        return false;
    if (asked != SSH_ASKED_SUDO)
        return c->step < SSH_STEP_LOGGED_IN;
    return c->wants_sudo && c->step == SSH_STEP_LOGGED_IN && c->sudo_count++ < CARRIER_SUDO_COUNT;
}

static int take_question(struct ssh_carrier *c, struct str body, struct err *e)
{
    uint32_t asked = SSH_ASKED_COUNT_;
    CLEANUP(buf_wipe) struct buf secret = {0};
    int64_t before = monotonic_ms();
    int code;

    if (body.len >= sizeof(asked))
        memcpy(&asked, body.p, sizeof(asked));
    body = str_from(body, sizeof(asked));
    if (!may_be_asked(c, asked) || body.len > CARRIER_TEXT_LIMIT)
        return misbehaved(e, "asked for a secret at the wrong time");
    code = c->to.secret ? c->to.secret(c->to.context, (enum ssh_asked)asked, body, &secret, e)
                        : ERR_DENIED;
    c->log_in_ms += monotonic_ms() - before; /* a person's time is not the host's */
    if (code == ERR_DENIED)
        return send_message(c, CARRIER_NO_SECRET, STR(""), e);
    if (code)
        return code;
    return send_message(c, CARRIER_SECRET, str_head(buf_str(&secret), CARRIER_TEXT_LIMIT), e);
}

static int take_footprint(struct ssh_carrier *c, struct str body, struct err *e)
{
    struct carrier_footprint f;

    if (body.len != sizeof(f))
        return misbehaved(e, "sent a message of the wrong size");
    memcpy(&f, body.p, sizeof(f));
    for (size_t i = 0; i < COUNT_OF(f.unfit); i++)
        if (f.unfit[i] >= SSH_UNFIT_COUNT_)
            return misbehaved(e, "told of a place what cannot be");
    if (f.place >= SSH_PLACE_COUNT_)
        return misbehaved(e, "told of a place that there is not");
    c->footprint.place = (enum ssh_place)f.place;
    c->footprint.uid = f.uid;
    c->footprint.is_left = f.is_left != 0;
    for (size_t i = 0; i < COUNT_OF(f.unfit); i++)
        c->footprint.unfit[i] = (enum ssh_unfit)f.unfit[i];
    return 0;
}

static int take_bytes(struct ssh_carrier *c, struct str body, struct err *e)
{
    if (c->step != SSH_STEP_RUNS)
        return misbehaved(e, "brought something before the program ran");
    c->brought += body.len;
    if (c->brought > c->most)
        return err_set(e, ERR_LIMIT, "stopped, because it sends more than %llu bytes",
                       (unsigned long long)c->most);
    return c->to.bytes(c->to.context, body, e);
}

/* A little now and then would keep the connection for ever, and cost nobody anything. */
static int take_said(struct ssh_carrier *c, struct str body, struct err *e)
{
    c->said_size += body.len;
    if (c->said_size > SAID_MOST)
        return err_set(e, ERR_LIMIT, "stopped, because its standard error is longer than %d MiB",
                       SAID_MOST >> 20);
    buf_addstr(&c->said, body);
    if (c->said.len > SAID_SIZE) {
        size_t over = c->said.len - SAID_SIZE;

        memmove(c->said.p, c->said.p + over, SAID_SIZE);
        c->said.len = SAID_SIZE;
        c->said.p[SAID_SIZE] = '\0';
    }
    return 0;
}

static int take_status(struct ssh_carrier *c, struct str body, struct err *e)
{
    int32_t status;

    if (!c->is_fed || c->step != SSH_STEP_RUNS || body.len != sizeof(status))
        return misbehaved(e, "told a status that nobody asked for");
    memcpy(&status, body.p, sizeof(status));
    c->status = status < 0 ? -1 : status;
    return 0;
}

static int take_end(struct ssh_carrier *c, struct str body, struct err *e)
{
    int32_t code;

    if (body.len < sizeof(code) || body.len - sizeof(code) >= sizeof(c->end.text))
        return misbehaved(e, "sent a message of the wrong size");
    memcpy(&code, body.p, sizeof(code));
    body = str_from(body, sizeof(code));
    if (code > 0 || code <= -ERR_COUNT_ || (code == 0 && c->step != SSH_STEP_DONE))
        return misbehaved(e, "ended as it cannot");
    c->has_end = true;
    c->end.code = code;
    memcpy(c->end.text, body.p, body.len);
    c->end.text[body.len] = '\0';
    return 0;
}

static int take_message(struct ssh_carrier *c, uint32_t kind, struct str body, struct err *e)
{
    if (c->has_end)
        return misbehaved(e, "sent more after its end");
    switch (kind) {
    case CARRIER_STEP:
        return take_step(c, body, e);
    case CARRIER_KEY:
        return take_key(c, body, e);
    case CARRIER_ASK:
        return take_question(c, body, e);
    case CARRIER_FOOTPRINT:
        return take_footprint(c, body, e);
    case CARRIER_BYTES:
        return take_bytes(c, body, e);
    case CARRIER_SAID:
        return take_said(c, body, e);
    case CARRIER_STATUS:
        return take_status(c, body, e);
    case CARRIER_END:
        return take_end(c, body, e);
    }
    return misbehaved(e, "sent a message of an unknown kind");
}

/* Deals with the messages that are there in full. */
static int take_messages(struct ssh_carrier *c, struct err *e)
{
    size_t taken = 0;
    int code = 0;

    while (!code) {
        struct str rest = str_from(buf_str(&c->in), taken);
        struct carrier_head head;

        if (rest.len < sizeof(head))
            break;
        memcpy(&head, rest.p, sizeof(head));
        if (head.size > CARRIER_MESSAGE_LIMIT)
            return misbehaved(e, "sent a message larger than allowed");
        if (rest.len - sizeof(head) < head.size)
            break;
        code = take_message(c, head.kind, str_head(str_from(rest, sizeof(head)), head.size), e);
        taken += sizeof(head) + head.size;
    }
    if (taken) {
        memmove(c->in.p, c->in.p + taken, c->in.len - taken);
        c->in.len -= taken;
    }
    return code;
}

static int verdict(struct ssh_carrier *c, struct err *e)
{
    int status = reap(c);

    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        return misbehaved(e, "tried a forbidden system call");
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return err_set(e, ERR_LIMIT,
                       "stopped, because it took more memory or processor time than "
                       "allowed");
    if (WIFSIGNALED(status))
        return err_set(e, ERR_FORMAT,
                       "the confined process that talks to the host broke down (%s); the host may "
                       "be made to attack who looks at it",
                       strsignal(WTERMSIG(status)));
    if (!c->has_end)
        return misbehaved(e, "ended without a last message");
    return c->end.code ? err_set(e, c->end.code, "%s", c->end.text) : 0;
}

static int too_late(const struct ssh_carrier *c, struct err *e)
{
    int64_t now = monotonic_ms();

    if (now < deadline_ms(c))
        return 0;
    if (now >= c->quiet_ms)
        return err_set(e, ERR_LIMIT, "stopped, because nothing came for %u s", silence_s(c));
    if (c->run_ms)
        return err_set(e, ERR_LIMIT, "stopped, because it did not end within a day");
    return err_set(e, ERR_LIMIT, "stopped, because the program did not run there after %u s",
                   c->quiet_s * LOG_IN_QUIETS);
}

/* Hands over what waits, as far as there is room. */
static void give_some(struct ssh_carrier *c)
{
    while (c->step == SSH_STEP_RUNS && c->given < c->out.len) {
        ssize_t n =
            send(c->fd, c->out.p + c->given, c->out.len - c->given, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break; /* no room, or it has ended: that is heard */
        c->given += (size_t)n;
    }
    if (c->given == c->out.len) {
        buf_clear(&c->out);
        c->given = 0;
    }
}

static void add_message(struct ssh_carrier *c, enum carrier_kind kind, struct str bytes)
{
    struct carrier_head head = {kind, (uint32_t)bytes.len};

    if (!c->is_dialogue)
        BUG("something is given to a program that reads nothing");
    buf_add(&c->out, &head, sizeof(head));
    buf_addstr(&c->out, bytes);
}

int ssh_carrier_give(struct ssh_carrier *c, struct str bytes, struct err *e)
{
    if (bytes.len > SSH_GIVE_SIZE || c->out.len - c->given > SSH_GIVE_SIZE - bytes.len)
        return err_set(e, ERR_LIMIT, "stopped, because it takes nothing of what it is told");
    for (; bytes.len; bytes = str_from(bytes, CARRIER_INPUT_LIMIT))
        add_message(c, CARRIER_INPUT, str_head(bytes, CARRIER_INPUT_LIMIT));
    if (c->step == SSH_STEP_RUNS)
        hear(c);
    give_some(c);
    return 0;
}

void ssh_carrier_give_end(struct ssh_carrier *c)
{
    add_message(c, CARRIER_INPUT_END, STR(""));
    give_some(c);
}

bool ssh_carrier_waits(const struct ssh_carrier *c)
{
    return c->step == SSH_STEP_RUNS && c->out.len > c->given;
}

int ssh_carrier_take(struct ssh_carrier *c, struct err *e)
{
    ssize_t n;
    int code;

    give_some(c);
    n = recv(c->fd, buf_room(&c->in, READ_SIZE), READ_SIZE, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        code = too_late(c, e);
        return code ? code : 1;
    }
    if (n < 0 && errno != ECONNRESET)
        return err_errno(e, "cannot hear the carrier");
    if (n <= 0)
        return verdict(c, e);
    c->in.len += (size_t)n;
    code = take_messages(c, e);
    hear(c);
    if (!code)
        code = too_late(c, e);
    give_some(c); /* it may run now */
    return code ? code : 1;
}

enum ssh_step ssh_carrier_step(const struct ssh_carrier *c)
{
    return c->step;
}

const struct ssh_footprint *ssh_carrier_footprint(const struct ssh_carrier *c)
{
    return &c->footprint;
}

int ssh_carrier_status(const struct ssh_carrier *c)
{
    return c->status;
}

struct str ssh_carrier_said(const struct ssh_carrier *c)
{
    return buf_str(&c->said);
}
