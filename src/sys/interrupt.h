/* interrupt.h: lets long work end in good order when a person presses Ctrl-C or the machine asks
 * the program to end: the signal is noted, and the work looks. */
#pragma once
#include <stdbool.h>
#include <signal.h>

/* Between the two, SIGINT, SIGTERM and SIGHUP are noted instead of ending the program. Reading and
 * writing go on (SA_RESTART); poll ends with EINTR. One at a time in a process. */
struct interrupt {
    struct sigaction before[3];
};
void interrupt_begin(struct interrupt *i);
void interrupt_end(struct interrupt *i);
/* Whether one came since interrupt_begin. */
bool interrupt_came(void);
/* Whether the work that goes on is asked to end: one came between the two, or the program says so
 * in its own way. */
bool interrupt_asked(void);
void interrupt_asked_also(bool (*asked)(void)); /* before threads are started */
/* Waits until fd has something to read, or has ended. False: it was asked to end meanwhile, or
 * before. */
bool interrupt_wait(int fd);
