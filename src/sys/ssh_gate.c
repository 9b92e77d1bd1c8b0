/* ssh_gate.c: passes on to an agent only what a log-in needs (draft-miller-ssh-agent, RFC 4252). */
#include "sys/ssh_gate.h"
#include <errno.h>
#include <sys/prctl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sys/confine.h"
#include "sys/file.h"
#include "sys/self.h"

enum {
    CARRIER_FD = 0,
    AGENT_FD = 1,
    AGENT_FAILURE = 5,
    AGENT_LIST = 11,
    AGENT_SIGN = 13,
    USERAUTH_REQUEST = 50,
    HEAD_SIZE = 4,
};

static const char gate_marker[] = "--as-ssh-gate";

static uint32_t big_endian(const char *p)
{
    const uint8_t *b = (const uint8_t *)p;

    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* A string of RFC 4251 §5 off the front. */
static bool take_string(struct str *rest, struct str *out)
{
    uint32_t len;

    if (rest->len < HEAD_SIZE)
        return false;
    len = big_endian(rest->p);
    if (len > rest->len - HEAD_SIZE)
        return false;
    *out = str_head(str_from(*rest, HEAD_SIZE), len);
    *rest = str_from(*rest, HEAD_SIZE + (size_t)len);
    return true;
}

static bool take_byte(struct str *rest, uint8_t wanted)
{
    bool fits = rest->len && (uint8_t)rest->p[0] == wanted;

    *rest = str_from(*rest, 1);
    return fits;
}

/* RFC 4252 §7: session, request, user, service, "publickey", TRUE, algorithm, key. */
static bool is_login(struct str data, struct str key, struct str user)
{
    struct str session, name, service, method, algorithm, blob;

    return take_string(&data, &session) && session.len >= 16 && session.len <= 64 &&
           take_byte(&data, USERAUTH_REQUEST) && take_string(&data, &name) && str_eq(name, user) &&
           take_string(&data, &service) && str_is(service, "ssh-connection") &&
           take_string(&data, &method) && str_is(method, "publickey") && take_byte(&data, 1) &&
           take_string(&data, &algorithm) && algorithm.len > 0 && take_string(&data, &blob) &&
           str_eq(blob, key) && data.len == 0;
}

bool ssh_gate_allows(struct str message, struct str user)
{
    struct str key, data;

    return take_byte(&message, AGENT_SIGN) && take_string(&message, &key) &&
           take_string(&message, &data) && message.len == HEAD_SIZE /* flags */ &&
           is_login(data, key, user);
}

static bool read_all(int fd, char *at, size_t size)
{
    while (size) {
        ssize_t n = read(fd, at, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

/* A message with its length before it, into frame. */
static bool read_message(int fd, struct buf *frame)
{
    uint32_t len;

    buf_clear(frame);
    if (!read_all(fd, buf_room(frame, HEAD_SIZE), HEAD_SIZE))
        return false;
    len = big_endian(frame->p);
    frame->len = HEAD_SIZE;
    if (len == 0 || len > SSH_GATE_MESSAGE_LIMIT || !read_all(fd, buf_room(frame, len), len))
        return false;
    frame->len += len;
    return true;
}

static bool write_all(int fd, struct str bytes)
{
    return file_write_fd(fd, bytes.p, bytes.len, "a socket", NULL) == 0;
}

static bool is_allowed(struct str message, struct str user, unsigned *signatures)
{
    if (message.len == 1 && (uint8_t)message.p[0] == AGENT_LIST)
        return true;
    return ssh_gate_allows(message, user) && ++*signatures <= SSH_GATE_SIGNATURES;
}

static void pass_on(struct str user)
{
    static const char refused[] = {0, 0, 0, 1, AGENT_FAILURE};
    CLEANUP_BUF struct buf frame = {0};
    unsigned signatures = 0;

    while (read_message(CARRIER_FD, &frame)) {
        struct str answer = {refused, sizeof(refused)};

        if (is_allowed(str_from(buf_str(&frame), HEAD_SIZE), user, &signatures)) {
            if (!write_all(AGENT_FD, buf_str(&frame)) || !read_message(AGENT_FD, &frame))
                return;
            answer = buf_str(&frame);
        }
        if (!write_all(CARRIER_FD, answer))
            return;
    }
}

static int confine_gate(void)
{
    const struct confine_call calls[] = {
        {SYS_read, CONFINE_CHECK_ALL(1, UINT32_MAX, CARRIER_FD)},
        {SYS_read, CONFINE_CHECK_ALL(1, UINT32_MAX, AGENT_FD)},
        {SYS_write, CONFINE_CHECK_ALL(1, UINT32_MAX, CARRIER_FD)},
        {SYS_write, CONFINE_CHECK_ALL(1, UINT32_MAX, AGENT_FD)},
        CONFINE_SANITIZER_CALLS CONFINE_BASIC_CALLS(getpid()),
    };
    int code = confine_process(NULL);

    if (code == 0)
        code = confine_files(-1, NULL);
    return code ? code : confine_calls(calls, COUNT_OF(calls), NULL);
}

void ssh_gate_main_if_asked(int argc, char **argv)
{
    if (argc != 3 || strcmp(argv[1], gate_marker) != 0)
        return;
    (void)signal(SIGPIPE, SIG_IGN);
    /* It ends with its sockets; a keystroke at the terminal is calm's to deal with. */
    (void)signal(SIGINT, SIG_IGN);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && confine_gate() == 0)
        pass_on(str_of(argv[2]));
    _exit(0);
}

int ssh_gate_start(int agent, const char *user, int *out, pid_t *pid, struct err *e)
{
    int ends[2];
    int why;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return err_errno(e, "cannot make a socket for the gate before the agent");
    why = self_start(&(struct self_start){.name = "calm-ssh-gate",
                                          .words = {gate_marker, user},
                                          .fds = (int[]){ends[1], agent, SELF_NULL_FD},
                                          .fd_count = 3,
                                          .blocks_interrupt = true},
                     pid);
    fd_close(ends[1]);
    if (why) {
        fd_close(ends[0]);
        return err_set(e, ERR_IO, "cannot start the gate before the agent: %s", strerror(why));
    }
    *out = ends[0];
    return 0;
}

void ssh_gate_end(pid_t *pid)
{
    if (*pid < 0)
        return;
    (void)kill(*pid, SIGKILL); /* not waited for yet, so the number is its own */
    while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    *pid = -1;
}
