/* interrupt.c: notes the signals that ask a program to end. */
#include "sys/interrupt.h"
#include "base/compiler.h"

static const int asked_by[] = {SIGINT, SIGTERM, SIGHUP};

/* A signal handler can reach nothing but what is global. */
static volatile sig_atomic_t has_come;

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
    for (size_t k = 0; k < COUNT_OF(asked_by); k++)
        (void)sigaction(asked_by[k], &i->before[k], NULL);
}

bool interrupt_came(void)
{
    return has_come != 0;
}
