/* sender.c: calm's side of calm-send: an order in, an outcome out, whatever happens to it. */
#include "notify/sender.h"
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/utc.h"
#include "notify/sender_wire.h"
#include "sys/file.h"
#include "sys/self.h"

enum { GRACE_S = 5, SEAL_S = 60, CA_SIZE = 2 << 20 };

struct sender {
    pid_t pid;
    int fd;
};

static int start(struct sender *s, struct err *e)
{
    int ends[2];
    int why;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return err_errno(e, "cannot make a socket for calm-send");
    why = self_start(&(struct self_start){.name = "calm-send",
                                          .neighbour = "calm-send",
                                          .fds = (int[]){ends[1], SELF_NULL_FD, SELF_NULL_FD},
                                          .fd_count = SENDER_NET_FD,
                                          .blocks_interrupt = true},
                     &s->pid);
    fd_close(ends[1]);
    if (why == 0) {
        s->fd = ends[0];
        return 0;
    }
    fd_close(ends[0]);
    if (why == ENOENT)
        return err_set(e, ERR_NOTFOUND,
                       "calm-send is not beside this program; it sends messages and must be "
                       "installed with it. Until then: calm notify sheet, and the telephone");
    return err_set(e, ERR_IO, "cannot start calm-send: %s", strerror(why));
}

/* Ends it; the status of its end. */
static int end(struct sender *s, bool is_late)
{
    int status = 0;

    if (is_late)
        (void)kill(s->pid, SIGKILL); /* not waited for yet, so the number is its own */
    fd_close(s->fd);
    while (waitpid(s->pid, &status, 0) < 0)
        if (errno != EINTR)
            break;
    return status;
}

static int give(struct sender *s, const struct post *post, struct err *e)
{
    CLEANUP(buf_wipe) struct buf order = {0};
    size_t size = 64;

    for (size_t i = 0; i < COUNT_OF(post->texts); i++)
        size += post->texts[i].len + sizeof(uint32_t);
    if (size > POST_SIZE_LIMIT)
        return err_set(e, ERR_LIMIT, "the message is larger than 4 MiB");
    (void)buf_room(&order, size);
    post_write(&order, post);
    return sender_put(s->fd, SENDER_ORDER, buf_str(&order), e);
}

/* A result as it may come from a process that a server has taken over. */
static bool read_result(struct post_result *out, const struct buf *body)
{
    struct post_result r;

    if (body->len != sizeof(r))
        return false;
    memcpy(&r, body->p, sizeof(r));
    r.said[sizeof(r.said) - 1] = '\0';
    r.why[sizeof(r.why) - 1] = '\0';
    if ((unsigned)r.end >= POST_END_COUNT_ || r.status > 599 || !post_is_clean(str_of(r.said)))
        return false;
    *out = r;
    return true;
}

static void ended_early(struct post_result *out, int status, bool has_begun, bool was_late)
{
    const char *how = was_late                                            ? "took too long"
                      : WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS ? "was stopped at a call "
                                                                            "that it must not make"
                      : WIFSIGNALED(status)                               ? "broke down"
                                                                          : "ended early";

    *out = (struct post_result){.end = has_begun ? POST_UNKNOWN : POST_LATER};
    snprintf(out->why, sizeof(out->why), "the process that talks to the server %s%s", how,
             has_begun ? " after it began to send" : " before it sent anything");
}

static bool listen_to(struct sender *s, const struct post *post, struct post_result *out,
                      bool *has_begun, bool *was_late)
{
    int64_t deadline_ms = monotonic_ms() + ((int64_t)post->wall_s + GRACE_S) * 1000;

    for (;;) {
        CLEANUP_BUF struct buf body = {0};
        enum sender_kind kind;
        int rc = sender_take(s->fd, &kind, &body, sizeof(struct post_result), deadline_ms, NULL);

        *was_late = rc == ERR_LIMIT;
        if (rc)
            return false;
        if (kind == SENDER_RESULT)
            return read_result(out, &body);
        if (kind != SENDER_BEGINS)
            return false;
        *has_begun = true;
    }
}

/* The bundle of certificates that this system trusts, where distributions put it. */
static int put_system_ca(struct post *post, struct err *e)
{
    static const char *const places[] = {"/etc/ssl/certs/ca-certificates.crt",
                                         "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};

    if (post->texts[POST_CA].len || post->kind == POST_LOCAL)
        return 0;
    for (size_t i = 0; i < COUNT_OF(places); i++)
        if (file_read(&post->texts[POST_CA], places[i], CA_SIZE, NULL) == 0)
            return 0;
    return err_set(e, ERR_NOTFOUND,
                   "no certificates of authorities are on this machine (ca-certificates): name a "
                   "file of them as ca in the settings of the account");
}

int sender_send(struct post *post, struct post_result *out, struct err *e)
{
    struct sender s = {.fd = -1};
    struct post_result result;
    bool has_begun = false, was_late = false, has_result;
    int status;
    int rc = put_system_ca(post, e);

    if (rc == 0)
        rc = start(&s, e);
    if (rc)
        return rc;
    rc = give(&s, post, e);
    has_result = rc == 0 && listen_to(&s, post, &result, &has_begun, &was_late);
    status = end(&s, !has_result);
    if (rc == ERR_LIMIT)
        return rc;
    if (!has_result)
        ended_early(&result, status, has_begun, was_late);
    *out = result;
    return 0;
}

static int read_failure(const struct buf *body, struct err *e)
{
    int32_t code;

    if (body->len <= sizeof(code))
        return err_set(e, ERR_IO, "calm-send answered with nothing");
    memcpy(&code, body->p, sizeof(code));
    if (code >= 0 || code <= -ERR_COUNT_)
        return err_set(e, ERR_IO, "calm-send answered with a code that does not exist");
    return err_set(e, code, STR_FMT, STR_ARG(str_head(str_from(buf_str(body), sizeof(code)), 900)));
}

int sender_seal(const struct post *post, struct buf *out, struct err *e)
{
    struct sender s = {.fd = -1};
    CLEANUP_BUF struct buf body = {0};
    enum sender_kind kind = SENDER_FAILED;
    int rc = start(&s, e);

    if (rc)
        return rc;
    rc = give(&s, post, e);
    if (rc == 0)
        rc = sender_take(s.fd, &kind, &body, POST_ANSWER_LIMIT,
                         monotonic_ms() + SEAL_S * (int64_t)1000, e);
    (void)end(&s, rc != 0);
    if (rc)
        return err_set(e, ERR_IO, "the message could not be encrypted: calm-send ended early");
    if (kind != SENDER_SEALED || !body.len)
        return read_failure(&body, e);
    buf_addstr(out, buf_str(&body));
    return 0;
}
