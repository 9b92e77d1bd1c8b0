/* ssh_carrier_child.c: inside a carrier: connects, gives up all rights, does the errand, ends. */
#include "sys/ssh_carrier_child.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libssh/libssh.h>
#include <netdb.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "sys/confine.h"
#include "sys/connect.h"
#include "sys/file.h"

enum { MEMORY_SIZE = 512 << 20, CPU_S = 4 * 3600 };

static int gone(struct err *e)
{
    return err_set(e, ERR_CANCEL, "nobody listens to this carrier any more");
}

int carrier_send(enum carrier_kind kind, struct str bytes, struct err *e)
{
    struct carrier_head head = {kind, (uint32_t)bytes.len};

    if (file_write_fd(CARRIER_CONTROL_FD, &head, sizeof(head), "a socket", NULL) ||
        file_write_fd(CARRIER_CONTROL_FD, bytes.p, bytes.len, "a socket", NULL))
        return gone(e);
    return 0;
}

int carrier_step(enum ssh_step step, struct err *e)
{
    uint32_t number = step;

    return carrier_send(CARRIER_STEP, (struct str){(const char *)&number, sizeof(number)}, e);
}

static bool read_all(char *at, size_t size)
{
    while (size) {
        ssize_t n = read(CARRIER_CONTROL_FD, at, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

int carrier_receive(enum carrier_kind *kind, struct buf *bytes, struct err *e)
{
    struct carrier_head head;

    buf_clear(bytes);
    if (!read_all((char *)&head, sizeof(head)) || head.size > CARRIER_MESSAGE_LIMIT ||
        !read_all(buf_room(bytes, head.size + 1), head.size))
        return gone(e);
    bytes->len = head.size;
    bytes->p[head.size] = '\0';
    *kind = (enum carrier_kind)head.kind;
    return 0;
}

int carrier_ask(enum ssh_asked asked, const char *question, const char *nobody_can,
                struct buf *secret, struct err *e)
{
    CLEANUP_BUF struct buf body = {0};
    uint32_t number = asked;
    enum carrier_kind kind;
    int code;

    buf_add(&body, &number, sizeof(number));
    buf_addstr(&body, str_head(str_of(question), CARRIER_TEXT_LIMIT));
    code = carrier_send(CARRIER_ASK, buf_str(&body), e);
    if (!code)
        code = carrier_receive(&kind, secret, e);
    if (!code && kind != CARRIER_SECRET)
        code = err_set(e, ERR_DENIED, "%s", nobody_can);
    return code;
}

int carrier_ssh_error(ssh_session session, const char *what, struct err *e)
{
    const char *why = ssh_get_error(session); /* nothing, where its own time ran out */

    return err_set(e, ERR_IO, "%s: %s", what, why[0] ? why : "nothing came in time");
}

static const char *next_text(const char *text)
{
    return text + strlen(text) + 1;
}

/* The program's own words; it ends each text with a NUL. */
static int read_start(struct carrier_errand *c, struct buf *bytes, struct err *e)
{
    enum carrier_kind kind;
    int code = carrier_receive(&kind, bytes, e);

    if (code)
        return code;
    if (kind != CARRIER_START || bytes->len < sizeof(c->start))
        BUG("a carrier that was told nothing");
    memcpy(&c->start, bytes->p, sizeof(c->start));
    c->host = bytes->p + sizeof(c->start);
    c->user = next_text(c->host);
    c->key_kinds = next_text(c->user);
    c->arguments = next_text(c->key_kinds);
    c->called = next_text(c->arguments);
    return 0;
}

static int connect_to(const struct carrier_errand *c, struct err *e)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *found = NULL;
    char port[16];
    int fd = -1;
    int why;

    snprintf(port, sizeof(port), "%u", (unsigned)c->start.port);
    why = getaddrinfo(c->host, port, &hints, &found);
    if (why)
        return err_set(e, ERR_IO, "the name %s cannot be looked up: %s", c->host,
                       gai_strerror(why));
    for (struct addrinfo *at = found; at; at = at->ai_next) {
        why = connect_within(at, (int)c->start.quiet_s, &fd);
        if (why == 0)
            break;
    }
    freeaddrinfo(found);
    if (fd < 0)
        return err_set(e, ERR_IO, "no connection to %s, port %s: %s", c->host, port, strerror(why));
    if (fd != CARRIER_HOST_FD && dup2(fd, CARRIER_HOST_FD) < 0)
        return err_errno(e, "cannot keep a connection");
    return close_range(CARRIER_HOST_FD + 1, ~0U, 0) == 0 ? 0
                                                         : err_errno(e, "cannot close the rest");
}

static int confine(struct err *e)
{
    const struct confine_call calls[] = {
        {SYS_read, CONFINE_CHECK_ALL(1, UINT32_MAX, CARRIER_CONTROL_FD)},
        {SYS_write, CONFINE_CHECK_ALL(1, UINT32_MAX, CARRIER_CONTROL_FD)},
        {SYS_pread64, CONFINE_CHECK_ALL(1, UINT32_MAX, CARRIER_PROGRAM_FD)},
        {SYS_read, CONFINE_CHECK_ALL(1, UINT32_MAX, CARRIER_AGENT_FD)},
        {SYS_write, CONFINE_CHECK_ALL(1, UINT32_MAX, CARRIER_AGENT_FD)},
        {SYS_recvfrom, CONFINE_CHECK_ALL(1, UINT32_MAX, CARRIER_AGENT_FD)},
        {SYS_sendto, CONFINE_CHECK_ALL(1, UINT32_MAX, CARRIER_AGENT_FD)},
        {SYS_read, CONFINE_CHECK_ALL(1, UINT32_MAX, CARRIER_HOST_FD)},
        {SYS_write, CONFINE_CHECK_ALL(1, UINT32_MAX, CARRIER_HOST_FD)},
        {SYS_recvfrom, CONFINE_CHECK_ALL(1, UINT32_MAX, CARRIER_HOST_FD)},
        {SYS_sendto, CONFINE_CHECK_ALL(1, UINT32_MAX, CARRIER_HOST_FD)},
        {SYS_shutdown, CONFINE_CHECK_ALL(1, UINT32_MAX, CARRIER_HOST_FD)},
        {SYS_close, {{0}}},
        {SYS_openat | CONFINE_REFUSED, {{0}}}, /* libssh looks for files of known hosts */
#ifdef SYS_poll                                /* not on newer processors */
        {SYS_poll, {{0}}},
#endif
        {SYS_ppoll, {{0}}},
        {SYS_fcntl, CONFINE_CHECK_ALL(2, UINT32_MAX, F_GETFL)},
        {SYS_fcntl, CONFINE_CHECK_ALL(2, UINT32_MAX, F_SETFL)},
        CONFINE_SANITIZER_CALLS CONFINE_BASIC_CALLS(getpid()),
    };
    int code = confine_process(e);

    if (!code)
        code = confine_files(-1, e);
    return code ? code : confine_calls(calls, COUNT_OF(calls), e);
}

static bool set_option(ssh_session session, enum ssh_options_e option, const void *value)
{
    return ssh_options_set(session, option, value) == SSH_OK;
}

/* Nothing is read from files: no configuration, no keys, no known hosts. */
static int make_session(const struct carrier_errand *c, ssh_session *out, struct err *e)
{
    ssh_session s = ssh_new();
    long quiet_s = (long)c->start.quiet_s;
    socket_t fd = CARRIER_HOST_FD;
    bool no = false;

    if (!s || !set_option(s, SSH_OPTIONS_SSH_DIR, "/") ||
        !set_option(s, SSH_OPTIONS_PROCESS_CONFIG, &no) ||
        !set_option(s, SSH_OPTIONS_HOST, c->host) || !set_option(s, SSH_OPTIONS_USER, c->user) ||
        !set_option(s, SSH_OPTIONS_KNOWNHOSTS, "/dev/null") ||
        !set_option(s, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null") ||
        !set_option(s, SSH_OPTIONS_COMPRESSION, "no") ||
        !set_option(s, SSH_OPTIONS_TIMEOUT, &quiet_s) || !set_option(s, SSH_OPTIONS_FD, &fd))
        return err_set(e, ERR_IO, "libssh refuses the host or the user: %s",
                       s ? ssh_get_error(s) : "no memory");
    /* A kind that libssh does not know is left out by it; none left is no reason to stop. */
    if (c->key_kinds[0])
        (void)set_option(s, SSH_OPTIONS_HOSTKEYS, c->key_kinds);
    *out = s;
    return 0;
}

static int do_errand(struct carrier_errand *c, struct err *e)
{
    ssh_session session = NULL;
    int code = connect_to(c, e);

    if (!code)
        code = carrier_step(SSH_STEP_CONNECTED, e);
    if (!code && ssh_init() != SSH_OK)
        code = err_set(e, ERR_IO, "libssh does not start");
    if (!code)
        code = make_session(c, &session, e);
    if (!code)
        code = confine_resources(CPU_S, MEMORY_SIZE, e);
    if (!code)
        code = confine(e);
    if (!code)
        code = carrier_log_in(c, session, e);
    if (!code)
        code = carrier_run(c, session, e);
    return code;
}

static void send_end(int code, const struct err *e)
{
    char body[sizeof(int32_t) + sizeof(e->text)];
    int32_t number = code;
    size_t len = code ? strlen(e->text) : 0;

    memcpy(body, &number, sizeof(number));
    memcpy(body + sizeof(number), e->text, len);
    if (carrier_send(CARRIER_END, (struct str){body, sizeof(number) + len}, NULL))
        _exit(err_exit_status(ERR_IO));
}

const char carrier_marker[] = "--as-ssh-carrier";

void ssh_carrier_main_if_asked(int argc, char **argv)
{
    CLEANUP_BUF struct buf bytes = {0};
    struct carrier_errand c = {0};
    struct err e = {0};
    int code;

    if (argc != 2 || strcmp(argv[1], carrier_marker) != 0)
        return;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN); /* for the program to decide */
    code = read_start(&c, &bytes, &e);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != c.start.parent || code)
        _exit(err_exit_status(ERR_CANCEL));
    code = do_errand(&c, &e);
    send_end(code, &e);
    _exit(0);
}
