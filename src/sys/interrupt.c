/* interrupt.c: notes the signals that ask a program to end. */
#include "sys/interrupt.h"
#include <errno.h>
#include <poll.h>
#include "base/compiler.h"

static const int asked_by[] = {SIGINT, SIGTERM, SIGHUP};

/* A signal handler can reach nothing but what is global. */
static volatile sig_atomic_t has_come;
static bool is_noting;
static bool (*asked_also)(void);

static void note_signal(int signal)
{
    (void)signal;
    has_come = 1;
}

void interrupt_begin(struct interrupt *i)
{
    struct sigaction how = {.sa_handler = note_signal, .sa_flags = SA_RESTART};

    sigemptyset(&how.sa_mask);
    has_come = 0;
    is_noting = true;
    for (size_t k = 0; k < COUNT_OF(asked_by); k++) {
        if (sigaction(asked_by[k], NULL, &i->before[k]) != 0)
            BUG("signal %d has no disposition", asked_by[k]);
        /* What was ignored stays so: a program under nohup goes on when its terminal is gone. */
        if (i->before[k].sa_handler != SIG_IGN && sigaction(asked_by[k], &how, NULL) != 0)
            BUG("signal %d cannot be handled", asked_by[k]);
    }
}

void interrupt_end(struct interrupt *i)
{
    is_noting = false;
    for (size_t k = 0; k < COUNT_OF(asked_by); k++)
        (void)sigaction(asked_by[k], &i->before[k], NULL);
}

bool interrupt_came(void)
{
    return has_come != 0;
}

bool interrupt_asked(void)
{
    return (is_noting && has_come) || (asked_also && asked_also());
}

void interrupt_asked_also(bool (*asked)(void))
{
    asked_also = asked;
}

/* A signal that comes between the look and the wait would be waited over; so they are held back but
 * while it waits. */
bool interrupt_wait(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    sigset_t held, before;
    int n = -1;

    sigemptyset(&held);
    for (size_t k = 0; k < COUNT_OF(asked_by); k++)
        sigaddset(&held, asked_by[k]);
    (void)pthread_sigmask(SIG_BLOCK, &held, &before);
    errno = EINTR;
    while (n < 0 && errno == EINTR && !(is_noting && has_come))
        n = ppoll(&p, 1, NULL, &before);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return n > 0;
}
