/* calm_contain.c: the small program with the rights to change a host. It does what an approved plan
 * says, and puts it back. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "contain/boot.h"
#include "contain/effect.h"
#include "contain/follow.h"
#include "contain/keeper.h"
#include "contain/order.h"
#include "contain/watchdog.h"

static const char usage[] =
    "calm-contain: changes this host as an approved plan says, and puts it back\n"
    "  calm-contain serve [--folder DIR]    takes orders from calm on standard input\n"
    "  calm-contain boot [--folder DIR]     at the start of the host: what is due\n"
    "  calm-contain keep [--folder DIR]     as a service: what is due, where no other did it\n"
    "  calm-contain --version\n";

static int boot(const char *folder, struct err *e)
{
    CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};
    int rc = ledger_open(&l, folder, 10000, e), later;
    uint64_t next;

    if (rc)
        return rc;
    rc = effect_settle(&l, e);
    next = effect_next_ms(&l);
    later = boot_hook_remove_if_idle(&l, rc ? NULL : e);
    rc = rc ? rc : later;
    if (next || rc)
        later = watchdog_start(folder, rc ? NULL : e);
    if (next && !later)
        later = keeper_start(folder, rc ? NULL : e);
    if (effect_has_filter(&l))
        (void)!follow_start(folder, NULL); /* what is there already is held without it */
    return rc ? rc : later;
}

int main(int argc, char **argv)
{
    struct order_source source = {.in = 0, .out = 1, .folder = LEDGER_FOLDER};
    struct err e = {0};
    int rc;

    watchdog_main_if_asked(argc, argv);
    keeper_main_if_asked(argc, argv);
    follow_main_if_asked(argc, argv);
    prctl(PR_SET_DUMPABLE, 0);
    (void)signal(SIGPIPE,
                 SIG_IGN); /* who asked may be gone: what was prepared is still forgotten */
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return puts("calm-contain " CALM_VERSION) < 0;
    if (argc >= 4 && strcmp(argv[2], "--folder") == 0)
        source.folder = argv[3];
    if (argc >= 2 && strcmp(argv[1], "serve") == 0)
        rc = order_serve(&source, &e);
    else if (argc >= 2 && strcmp(argv[1], "boot") == 0)
        rc = boot(source.folder, &e);
    else if (argc >= 2 && strcmp(argv[1], "keep") == 0)
        rc = keeper_main(source.folder, &e);
    else
        return fputs(usage, stderr), 2;
    if (rc)
        fprintf(stderr, "calm-contain: %s\n", e.text);
    return err_exit_status(rc);
}
