/* contain_far.c: a dialogue with calm-contain on another host, or with a device. */
#include "practice/contain_far.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/sink.h"
#include "base/utc.h"
#include "sys/file.h"
#include "sys/ssh_gate.h"

enum { QUIET_S = 60, END_MS = 10000, SAID_SHOWN = 300, FEED_SIZE = 16 << 20 };
#define MOST_SIZE ((uint64_t)1 << 30)

struct contain_far {
    const struct reach *reach;
    struct far_place place;
    struct ssh_carrier *carrier;
    pid_t gate;
    struct buf fingerprint;
    struct buf *in; /* where bytes go while they are taken; else NULL */
    bool is_device;
    bool has_ended;
};

static int judge(void *context, struct str key, struct err *e)
{
    struct contain_far *f = context;

    return reach_judge(f->reach, &f->place.at, key, &f->fingerprint, e);
}

static int ask(void *context, enum ssh_asked asked, struct str words, struct buf *out,
               struct err *e)
{
    const struct contain_far *f = context;

    return reach_ask(&f->place.at, asked, words, out, e);
}

static int take_bytes(void *context, struct str bytes, struct err *e)
{
    struct contain_far *f = context;

    (void)e;
    if (f->in)
        buf_addstr(f->in, bytes);
    return 0;
}

static void note_step(void *context, enum ssh_step step)
{
    struct contain_far *f = context;

    if (step >= SSH_STEP_LOGGED_IN)
        ssh_gate_end(&f->gate); /* no more signatures for this host */
}

static int named(const struct contain_far *f, int code, struct err *e)
{
    return err_wrap(e, code, "%s", f->place.at.given);
}

static int start(struct contain_far **out, const struct reach *reach, const struct far_place *place,
                 const struct ssh_errand *errand, struct err *e)
{
    CLEANUP(contain_far_closep) struct contain_far *f = mem_new(struct contain_far);
    struct reach_start how = {
        .at = &f->place.at, .errand = *errand, .to = {judge, ask, take_bytes, note_step, f}};
    int rc;

    f->reach = reach;
    f->place = *place;
    f->gate = -1;
    f->is_device = errand->feed != SSH_FEED_NONE;
    how.errand.wants_sudo = place->wants_sudo;
    how.errand.is_dialogue = true;
    how.errand.quiet_s = QUIET_S;
    rc = reach_start(reach, &how, &f->gate, &f->carrier, e);
    if (rc)
        return named(f, rc, e);
    *out = MOVE(f);
    return 0;
}

int contain_far_start(struct contain_far **out, const struct reach *reach,
                      const struct far_place *place, const char *program, struct err *e)
{
    CLEANUP_FD int fd = open(program, O_RDONLY | O_CLOEXEC);
    struct ssh_errand errand = {
        .arguments = "serve", .called = "calm-contain", .program = fd, .most = MOST_SIZE};
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return err_errno(e, "cannot open %s, which is to be sent to the host", program);
    errand.program_size = (uint64_t)st.st_size;
    return start(out, reach, place, &errand, e);
}

int contain_far_feed(struct contain_far **out, const struct reach *reach,
                     const struct far_place *place, enum ssh_feed feed, uint64_t size,
                     unsigned wait_s, struct err *e)
{
    struct ssh_errand errand = {.arguments = "",
                                .program = -1,
                                .program_size = size,
                                .feed = feed,
                                .answer_s = wait_s,
                                .most = FEED_SIZE};

    return start(out, reach, place, &errand, e);
}

/* The program there has something to clear away, and its host is not to think that the connection
 * broke. */
void contain_far_end(struct contain_far *f)
{
    int64_t until_ms = monotonic_ms() + END_MS;

    if (!contain_far_runs(f))
        return;
    f->in = NULL;
    ssh_carrier_give_end(f->carrier);
    while (monotonic_ms() < until_ms) {
        struct pollfd p = {.fd = contain_far_fd(f), .events = contain_far_events(f)};

        if (poll(&p, 1, (int)(until_ms - monotonic_ms())) <= 0)
            continue;
        if (ssh_carrier_take(f->carrier, NULL) != 1)
            return;
    }
}

void contain_far_close(struct contain_far *f)
{
    if (!f)
        return;
    ssh_gate_end(&f->gate);
    ssh_carrier_free(f->carrier);
    buf_release(&f->fingerprint);
    free(f);
}

int contain_far_fd(const struct contain_far *f)
{
    return ssh_carrier_fd(f->carrier);
}

short contain_far_events(const struct contain_far *f)
{
    return ssh_carrier_waits(f->carrier) ? POLLIN | POLLOUT : POLLIN;
}

int contain_far_wait_ms(const struct contain_far *f)
{
    return ssh_carrier_wait_ms(f->carrier);
}

bool contain_far_runs(const struct contain_far *f)
{
    return ssh_carrier_step(f->carrier) == SSH_STEP_RUNS;
}

void contain_far_extend(struct contain_far *f, int64_t ms)
{
    ssh_carrier_extend(f->carrier, ms);
}

int contain_far_send(struct contain_far *f, struct str bytes, struct err *e)
{
    int rc = ssh_carrier_give(f->carrier, bytes, e);

    return rc ? named(f, rc, e) : 0;
}

void contain_far_send_end(struct contain_far *f)
{
    ssh_carrier_give_end(f->carrier);
}

bool contain_far_has_ended(const struct contain_far *f)
{
    return f->has_ended;
}

int contain_far_status(const struct contain_far *f)
{
    return ssh_carrier_status(f->carrier);
}

struct str contain_far_said(const struct contain_far *f)
{
    return ssh_carrier_said(f->carrier);
}

/* What the program, or the host's shell, wrote for people last. */
static int ended(const struct contain_far *f, int code, struct err *e)
{
    struct str said = str_trim(ssh_carrier_said(f->carrier));
    struct err why = e ? *e : (struct err){0};
    CLEANUP_BUF struct buf shown = {0};

    if (!said.len)
        return named(f, code, e);
    sink_terminal(&shown, str_from(said, said.len > SAID_SHOWN ? said.len - SAID_SHOWN : 0), false);
    return err_set(e, code, "%s: %s. The host said: %s", f->place.at.given, why.text,
                   buf_text(&shown));
}

int contain_far_take(struct contain_far *f, struct buf *out, struct err *e)
{
    int rc;

    f->in = out;
    rc = ssh_carrier_take(f->carrier, e);
    f->in = NULL;
    f->has_ended = rc == 0 && f->is_device;
    if (rc == 1 || f->has_ended)
        return 0;
    if (rc == 0)
        rc = err_set(e, ERR_IO, "calm-contain ended there without an answer");
    return ended(f, rc, e);
}
