/* term.c: what the terminal can show, from the kernel and the environment. */
#include "sys/term.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "base/mem.h"
#include "sys/file.h"

enum { COLUMNS_UNKNOWN = 80, ROWS_UNKNOWN = 24, SECRET_SIZE_MAX = 1024, PIPE_WAIT_MS = 100 };

bool term_is_terminal(int fd)
{
    return isatty(fd) == 1;
}

bool term_has_color(int fd)
{
    const char *no_color = getenv("NO_COLOR");
    const char *kind = getenv("TERM");

    if (!term_is_terminal(fd) || (no_color && no_color[0]))
        return false;
    return kind && kind[0] && strcmp(kind, "dumb") != 0;
}

size_t term_columns(int fd)
{
    struct winsize size;

    if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return COLUMNS_UNKNOWN;
    return size.ws_col;
}

size_t term_rows(int fd)
{
    struct winsize size;

    if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_row == 0)
        return ROWS_UNKNOWN;
    return size.ws_row;
}

/* Reads one line, byte by byte, so that nothing of it stays in a buffer that is not wiped. */
static int read_secret_line(int fd, struct buf *out, struct err *e)
{
    (void)buf_room(out, SECRET_SIZE_MAX); /* never moved, so that no copy is left behind */
    for (;;) {
        char c;
        ssize_t got = read(fd, &c, 1);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(e, "cannot read the secret");
        if (got == 0 || c == '\n')
            return 0;
        if (out->len == SECRET_SIZE_MAX)
            return err_set(e, ERR_LIMIT, "a secret has at most %d bytes", (int)SECRET_SIZE_MAX);
        buf_addc(out, c);
    }
}

static int ask_terminal(int fd, const char *question, struct buf *out, struct err *e)
{
    struct termios was;
    struct termios quiet;
    sigset_t all;
    sigset_t before;
    int rc;

    if (tcgetattr(fd, &was) != 0)
        return err_errno(e, "cannot ask on the terminal");
    quiet = was;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    sigfillset(&all); /* Ctrl-C waits for the line's end, so that the terminal is never left mute */
    sigprocmask(SIG_BLOCK, &all, &before);
    tcsetattr(fd, TCSAFLUSH, &quiet); /* first: who answers at once is neither shown nor dropped */
    rc = file_write_fd(fd, question, strlen(question), "the terminal", e);
    if (rc == 0)
        rc = read_secret_line(fd, out, e);
    tcsetattr(fd, TCSAFLUSH, &was);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return rc ? rc : file_write_fd(fd, "\n", 1, "the terminal", e);
}

int term_read_secret(const char *question, struct buf *out, struct err *e)
{
    const char *named = getenv("CALM_SECRET_FD");
    CLEANUP_FD int fd = -1;
    uint64_t number;

    if (named && str_u64(str_of(named), &number) && number < 1024)
        return read_secret_line((int)number, out, e);
    fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return err_set(e, ERR_DENIED,
                       "a secret is needed, and there is no terminal to ask on; a program can hand "
                       "it over on the descriptor that CALM_SECRET_FD names");
    return ask_terminal(fd, question, out, e);
}

/* Of what an arrow or a function key sends, the rest is taken too, so that it is no key of its own.
 */
static int read_key_bytes(int fd, char *key, struct err *e)
{
    char bytes[16] = {0};
    ssize_t got;

    do
        got = read(fd, bytes, sizeof(bytes));
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return err_errno(e, "cannot read a key");
    *key = bytes[0];
    return 0;
}

int term_read_key(int fd, const char *question, char *key, struct err *e)
{
    struct termios was;
    struct termios raw;
    int rc;

    if (tcgetattr(fd, &was) != 0)
        return err_errno(e, "cannot ask on the terminal");
    raw = was;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG); /* it cannot be ended with the terminal so */
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    tcsetattr(fd, TCSADRAIN, &raw);
    /* Who answers at once is not answered by the terminal itself. */
    rc = file_write_fd(STDERR_FILENO, question, strlen(question), "the terminal", e);
    if (rc == 0)
        rc = read_key_bytes(fd, key, e);
    tcsetattr(fd, TCSADRAIN, &was);
    return rc;
}

bool term_has_piped_text(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int waiting = 0;

    return !term_is_terminal(fd) && poll(&p, 1, PIPE_WAIT_MS) > 0 &&
           ioctl(fd, FIONREAD, &waiting) == 0 && waiting > 0;
}
