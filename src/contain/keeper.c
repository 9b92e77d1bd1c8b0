/* keeper.c: a process that does what is due where no watchdog did, and starts watchdogs where there
 * are none. */
#include "contain/keeper.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "contain/ledger.h"
#include "contain/lone.h"
#include "contain/run.h"
#include "contain/watchdog.h"
#include "sys/file.h"

#define FOLDER "KEEP"
#define UNIT "calm-contain-keeper"

enum {
    SLICE_MS = 1000, /* how often it looks whether there are watchdogs */
    LATER_MS = 300,  /* what is due is the watchdogs' first */
    RUN_S = 3,
    AWAIT_MS = 600,
    STEP_MS = 5,
    PATH_SIZE = 512,
};

static void pause_ms(unsigned ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    (void)nanosleep(&t, NULL);
}

/* Until the moment, until the ledger was changed, or until there is no watchdog. */
static void wait_until(const char *folder, int news, uint64_t moment_ms)
{
    for (;;) {
        struct pollfd p = {.fd = news, .events = POLLIN};
        uint64_t now = boot_now_ms();

        if (now >= moment_ms)
            return;
        if (poll(&p, 1, moment_ms - now > SLICE_MS ? SLICE_MS : (int)(moment_ms - now)) > 0) {
            pause_ms(LATER_MS);
            return;
        }
        if (!lone_is_taken(folder, LONE_WATCHDOGS))
            return;
    }
}

static NORETURN void keep(const char *folder)
{
    int news = lone_news(folder);
    uint64_t next_ms;

    for (;;) {
        lone_forget_news(news);
        if (!lone_look(folder, LONE_KEEPER, &next_ms))
            _exit(0);
        (void)!watchdog_start(folder, NULL);
        wait_until(folder, news, next_ms + LATER_MS);
    }
}

void keeper_main_if_asked(int argc, char **argv)
{
    const char *folder = getenv(FOLDER);

    if (argc != 1 || strcmp(argv[0], KEEPER_NAME) != 0 || !folder)
        return;
    lone_become(KEEPER_NAME);
    (void)prctl(PR_SET_NAME, KEEPER_NAME);
    (void)!write(STDOUT_FILENO, "r", 1);
    close(STDOUT_FILENO);
    keep(folder);
}

int keeper_main(const char *ledger_folder, struct err *e)
{
    int rc;

    lone_become(NULL); /* its group is systemd's, who looks after it by that */
    rc = lone_wait(ledger_folder, LONE_KEEPER, e);
    if (rc)
        return rc;
    keep(ledger_folder);
}

static bool is_taken_soon(const char *folder)
{
    for (int waited = 0; waited < AWAIT_MS; waited += STEP_MS) {
        if (lone_is_taken(folder, LONE_KEEPER))
            return true;
        pause_ms(STEP_MS);
    }
    return false;
}

/* The first process of the host cannot be ended, and starts it anew whenever it was. Where the unit
 * is there already, this is refused, and one is being started anew. */
static bool start_by_systemd(const char *folder)
{
    char program[PATH_SIZE];
    const char *const argv[] = {"/usr/bin/systemd-run",
                                "--quiet",
                                "--collect",
                                "--no-block",
                                "--unit=" UNIT,
                                "--description=Puts back what was changed to contain an incident",
                                "--property=DefaultDependencies=no",
                                "--property=Restart=on-failure",
                                "--property=RestartSec=100ms",
                                "--property=StartLimitIntervalSec=0",
                                "--property=KillMode=process",
                                "--property=TimeoutStopSec=1s",
                                program,
                                "keep",
                                "--folder",
                                folder,
                                NULL};
    CLEANUP_BUF struct buf said = {0};
    struct stat st;
    int status;

    if (stat("/run/systemd/system", &st) < 0)
        return false;
    snprintf(program, sizeof(program), "%s/calm-contain", folder);
    return run_program(argv, RUN_S, &status, &said, NULL) == 0 && is_taken_soon(folder);
}

int keeper_start(const char *ledger_folder, struct err *e)
{
    char *const argv[] = {(char *)KEEPER_NAME, NULL};
    char variable[PATH_SIZE];
    char *const environment[] = {variable, NULL};
    CLEANUP_FD int guard = -1;
    int rc;

    if (lone_is_taken(ledger_folder, LONE_KEEPER) || start_by_systemd(ledger_folder))
        return 0;
    snprintf(variable, sizeof(variable), "%s=%s", FOLDER, ledger_folder);
    rc = lone_take(ledger_folder, LONE_KEEPER, &guard, e);
    return rc <= 0 ? rc
                   : lone_start_ready(argv, environment, guard, 1,
                                      "the keeper, which puts everything back by itself,", e);
}
