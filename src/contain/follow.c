/* follow.c: a process that hears from the kernel of new network interfaces, and has them held. */
#include "contain/follow.h"
#include <linux/rtnetlink.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "contain/effect.h"
#include "contain/lone.h"
#include "sys/file.h"

enum {
    LOCK_MS = 600000, /* somebody who works is waited for */
    LOOK_MS = 15000,
    AGAIN_MS = 1000,
};

/* A descriptor that tells when an interface comes or goes; -1: it must be looked at often. */
static int link_news(void)
{
    struct sockaddr_nl here = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

    if (fd >= 0 && bind(fd, (struct sockaddr *)&here, sizeof(here)) == 0)
        return fd;
    fd_close(fd);
    return -1;
}

/* What it says is asked for anew; news that were too many for its room are news all the same. */
static void forget_links(int links)
{
    char bytes[8192];

    while (links >= 0 && (recv(links, bytes, sizeof(bytes), 0) > 0 || errno == ENOBUFS))
        ;
}

/* False: nothing of the packet filter is in effect any longer, and the place is given up. */
static bool look(const char *folder, bool *is_well)
{
    CLEANUP_LEDGER struct ledger l;

    *is_well = false;
    if (ledger_open(&l, folder, LOCK_MS, NULL))
        return true;
    if (!effect_has_filter(&l)) {
        lone_leave(LONE_FOLLOW); /* under the ledger's lock: no starter errs */
        return false;
    }
    *is_well = effect_follow(&l, NULL) == 0;
    return true;
}

static NORETURN void follow(const char *folder)
{
    int news = lone_news(folder), links = link_news();
    bool is_well;

    for (;;) {
        struct pollfd p[] = {{.fd = news, .events = POLLIN}, {.fd = links, .events = POLLIN}};

        lone_forget_news(news);
        forget_links(links);
        if (!look(folder, &is_well))
            _exit(0);
        (void)poll(p, COUNT_OF(p), is_well && links >= 0 ? LOOK_MS : AGAIN_MS);
    }
}

void follow_main_if_asked(int argc, char **argv)
{
    if (argc != 2 || strcmp(argv[0], FOLLOW_NAME) != 0)
        return;
    lone_become("calm-contain-follow");
    (void)!write(STDOUT_FILENO, "r", 1);
    close(STDOUT_FILENO);
    follow(argv[1]);
}

int follow_start(const char *ledger_folder, struct err *e)
{
    char *const argv[] = {(char *)FOLLOW_NAME, (char *)ledger_folder, NULL};
    char *const none[] = {NULL};
    CLEANUP_FD int guard = -1;
    int rc = lone_take(ledger_folder, LONE_FOLLOW, &guard, e);

    return rc <= 0
               ? rc
               : lone_start_ready(argv, none, guard, 1, "what holds interfaces that come later", e);
}
