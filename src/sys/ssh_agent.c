/* ssh_agent.c: starts, fills and reaches ssh-agent. */
#include "sys/ssh_agent.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/mem.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "sys/self.h"

#define AGENT_PROGRAM "/usr/bin/ssh-agent"
#define ADD_PROGRAM "/usr/bin/ssh-add"

enum { READY_TRIES = 200, READY_NS = 10000000, ADD_S = 300, SAID_SIZE = 1000 };

static const char agent_marker[] = "--as-ssh-agent";

struct ssh_agent {
    pid_t pid;
    char folder[sizeof(((struct sockaddr_un *)NULL)->sun_path) - 8];
    char socket[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
};

/* ssh-agent does not end by itself; with no_new_privs its set-group bit does not make the kernel
 * forget that it is to end with its parent. */
void ssh_agent_main_if_asked(int argc, char **argv)
{
    if (argc != 3 || strcmp(argv[1], agent_marker) != 0)
        return;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGTERM) == 0)
        (void)execl(AGENT_PROGRAM, AGENT_PROGRAM, "-D", "-a", argv[2], (char *)NULL);
    _exit(127);
}

static int connect_to(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    CLEANUP_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int out;

    if (fd < 0 || strlen(path) >= sizeof(at.sun_path))
        return -1;
    memcpy(at.sun_path, path, strlen(path));
    if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
        return -1;
    out = fd;
    fd = -1;
    return out;
}

int ssh_agent_connect(const struct ssh_agent *a)
{
    const char *path = a ? a->socket : getenv("SSH_AUTH_SOCK");

    return path && *path ? connect_to(path) : -1;
}

static int make_folder(struct ssh_agent *a, struct err *e)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    int n = snprintf(a->folder, sizeof(a->folder), "%s/calm-agent-XXXXXX",
                     runtime && *runtime == '/' ? runtime : "/tmp");

    if (n < 0 || (size_t)n >= sizeof(a->folder))
        return err_set(e, ERR_LIMIT, "the folder %s has too long a name for a socket", runtime);
    if (!mkdtemp(a->folder)) {
        a->folder[0] = '\0';
        return err_errno(e, "cannot make a folder for ssh-agent");
    }
    snprintf(a->socket, sizeof(a->socket), "%s/agent", a->folder);
    return 0;
}

static bool has_ended(struct ssh_agent *a)
{
    if (a->pid > 0 && waitpid(a->pid, NULL, WNOHANG) == a->pid)
        a->pid = -1;
    return a->pid < 0;
}

static int await_ready(struct ssh_agent *a, struct err *e)
{
    for (int i = 0; i < READY_TRIES; i++) {
        CLEANUP_FD int fd = connect_to(a->socket);

        if (fd >= 0)
            return 0;
        if (has_ended(a))
            return err_set(e, ERR_NOTFOUND,
                           "%s does not start: it comes with openssh-client. Or put the key into "
                           "an agent yourself",
                           AGENT_PROGRAM);
        (void)nanosleep(&(struct timespec){.tv_nsec = READY_NS}, NULL);
    }
    return err_set(e, ERR_LIMIT, "%s does not become ready", AGENT_PROGRAM);
}

static int add_key(const struct ssh_agent *a, const char *file, struct err *e)
{
    CLEANUP_BUF struct buf socket = {0};
    CLEANUP_BUF struct buf said = {0};
    struct proc_result result;
    int code;

    buf_addf(&socket, "SSH_AUTH_SOCK=%s", a->socket);
    code = proc_run(
        (const char *[]){"/usr/bin/env", buf_text(&socket), ADD_PROGRAM, "-q", "--", file, NULL},
        &result, &said, SAID_SIZE, ADD_S, e);
    if (code)
        return code;
    if (result.exit_status != 0)
        return err_set(e, ERR_DENIED, "ssh-add does not take %s: " STR_FMT, file,
                       STR_ARG(str_trim(buf_str(&said))));
    return 0;
}

static int add_keys(const struct ssh_agent *a, struct str files, struct err *e)
{
    int code = 0;

    while (!code && files.len) {
        CLEANUP_BUF struct buf file = {0};

        buf_addstr(&file, str_cut(&files, '\n'));
        code = add_key(a, buf_text(&file), e);
    }
    return code;
}

int ssh_agent_start(struct ssh_agent **out, struct str files, struct err *e)
{
    CLEANUP(ssh_agent_stopp) struct ssh_agent *a = mem_new(struct ssh_agent);
    int why;
    int code;

    a->pid = -1;
    code = make_folder(a, e);
    if (code)
        return code;
    why = self_start(&(struct self_start){.name = "calm-ssh-agent",
                                          .words = {agent_marker, a->socket},
                                          .fds = (int[]){SELF_NULL_FD, SELF_NULL_FD, SELF_NULL_FD},
                                          .fd_count = 3,
                                          .blocks_interrupt = true},
                     &a->pid);
    if (why)
        return err_set(e, ERR_IO, "cannot start %s: %s", AGENT_PROGRAM, strerror(why));
    code = await_ready(a, e);
    if (!code)
        code = add_keys(a, files, e);
    if (code)
        return code;
    *out = MOVE(a);
    return 0;
}

void ssh_agent_stop(struct ssh_agent *a)
{
    if (!a)
        return;
    if (a->pid > 0) {
        (void)kill(a->pid, SIGTERM); /* not waited for yet, so the number is its own */
        while (waitpid(a->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    if (a->socket[0])
        (void)unlink(a->socket);
    if (a->folder[0])
        (void)rmdir(a->folder);
    free(a);
}
