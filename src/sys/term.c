/* term.c: what the terminal can show, from the kernel and the environment. */
#include "sys/term.h"
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_UNKNOWN = 80 };

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
