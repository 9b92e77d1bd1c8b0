/* hold.c: holds, lets go and ends processes. */
#include "contain/hold.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "base/utc.h"
#include "contain/freezer.h"
#include "contain/ledger.h"
#include "contain/spell.h"
#include "sys/file.h"

enum { ROUND_COUNT = 1000, STOP_MS = 5000, END_MS = 10000, STEP_MS = 2 };

static int refuse(const struct process *p, const char *why, struct err *e)
{
    return err_set(e, ERR_GATE, "process %d (%s) %s; nothing was changed", (int)p->pid, p->name,
                   why);
}

static int judge_one(const struct hold_target *t, const struct id *id, struct processes *l,
                     const struct process *p, struct err *e)
{
    if (p->pid == 1)
        return refuse(p, "is the first process, without which this host does not run", e);
    if (p->is_kernel)
        return refuse(p, "is a part of the kernel", e);
    if (process_is_ours(l, p->pid))
        return refuse(p, "is one that you work through right now", e);
    if (process_is_watchdog(p))
        return refuse(p, "is a watchdog, which puts back what is in effect here", e);
    if (!t->may_be_held && freezer_where(p->pid, id) == FREEZER_OTHER)
        return refuse(p, "stands still already, by another change", e);
    return 0;
}

static int mark(const struct hold_target *t, struct processes *l, struct err *e)
{
    if (t->is_user) {
        process_mark_user(l, t->uid);
        return 0;
    }
    if (process_mark_tree(l, t->pid, t->start))
        return 0;
    return err_set(
        e, ERR_NOTFOUND,
        "process %d that started at tick %llu has ended, and what has its number now, if "
        "anything, is another one",
        (int)t->pid, (unsigned long long)t->start);
}

int hold_find(const struct hold_target *t, const struct id *id, struct processes *l, struct err *e)
{
    int rc = processes_read(l, e);

    if (rc == 0)
        rc = mark(t, l, e);
    for (size_t i = 0; i < l->count && rc == 0; i++)
        if (l->items[i].generation)
            rc = judge_one(t, id, l, &l->items[i], e);
    return rc;
}

static void tell_one(const struct process *p, const char *what, struct buf *out)
{
    buf_addf(out, "process %d ", (int)p->pid);
    spell_add(out, str_of(p->name));
    buf_addf(out, " %s\n", what);
}

void hold_tell(const struct processes *l, const char *what, struct buf *out)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->items[i].generation && l->items[i].state != 'Z')
            tell_one(&l->items[i], what, out);
}

static bool is_stopped(const struct process *p)
{
    return p->state == 'T' || p->state == 't';
}

int hold_save(const struct hold_target *t, const struct id *id, struct buf *before, struct err *e)
{
    CLEANUP_PROCESSES struct processes l = {0};
    struct id boot;
    int rc = hold_find(t, id, &l, e);

    if (rc)
        return rc;
    boot_id_read(&boot);
    buf_adds(before, "boot ");
    hex_add(before, boot.b, sizeof(boot.b));
    buf_addf(before, "\nby %s\n", freezer_root() ? "cgroup" : "signal");
    for (size_t i = 0; i < l.count; i++) {
        const struct process *p = &l.items[i];

        if (!p->generation || p->state == 'Z')
            continue;
        buf_addf(before, "process %d ", (int)p->pid);
        buf_add_u64(before, p->start);
        buf_adds(before, is_stopped(p) ? " stood " : " ran ");
        spell_add(before, str_of(p->name));
        buf_addc(before, '\n');
    }
    return 0;
}

/* Takes the first two lines off. */
static bool take_head(struct str *rest, struct id *boot, bool *is_by_signal)
{
    struct str name, value;

    if (!spell_line(rest, &name, &value) || !str_is(name, "boot") ||
        !hex_read(boot->b, sizeof(boot->b), value))
        return false;
    if (!spell_line(rest, &name, &value) || !str_is(name, "by"))
        return false;
    *is_by_signal = str_is(value, "signal");
    return true;
}

static bool take_process(struct str *rest, struct process *p, bool *stood)
{
    struct str name, value;
    uint64_t pid;

    *p = (struct process){0};
    if (!spell_line(rest, &name, &value) || !str_is(name, "process") ||
        !str_u64(str_cut(&value, ' '), &pid) || !str_u64(str_cut(&value, ' '), &p->start))
        return false;
    p->pid = (pid_t)pid;
    *stood = str_is(str_cut(&value, ' '), "stood");
    snprintf(p->name, sizeof(p->name), STR_FMT, STR_ARG(value));
    return true;
}

bool hold_is_past(struct str before)
{
    bool is_by_signal;
    struct id boot, now;

    boot_id_read(&now);
    return take_head(&before, &boot, &is_by_signal) && !id_eq(&boot, &now);
}

static bool is_by_signal(struct str before)
{
    bool is = false;
    struct id boot;

    return take_head(&before, &boot, &is) && is;
}

/* Which stood before, by what save told; one that came since ran. */
static bool stood_before(struct str before, const struct process *p)
{
    struct process told;
    struct id boot;
    bool is, stood;

    if (!take_head(&before, &boot, &is))
        return false;
    while (take_process(&before, &told, &stood))
        if (told.pid == p->pid && told.start == p->start)
            return stood;
    return false;
}

static void pause_a_moment(void)
{
    struct timespec t = {.tv_nsec = STEP_MS * 1000000};

    nanosleep(&t, NULL);
}

static int signal_to(int pidfd, int number)
{
    return (int)syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
}

/* Until it stands, so that it starts nothing more. */
static int stop(const struct process *p, struct err *e)
{
    CLEANUP_FD int fd = process_open(p);
    int64_t until = monotonic_ms() + STOP_MS;
    struct process now;

    if (fd < 0 || signal_to(fd, SIGSTOP) < 0)
        return fd < 0 || errno == ESRCH ? 0 : err_errno(e, "cannot stop process %d", (int)p->pid);
    while (process_read(p->pid, &now) && now.start == p->start && now.state != 'Z') {
        if (is_stopped(&now))
            return 0;
        if (monotonic_ms() > until)
            return err_set(e, ERR_IO, "process %d (%s) does not stand still after 5 s", (int)p->pid,
                           p->name);
        pause_a_moment();
    }
    return 0;
}

static bool is_held(const struct process *p, const struct id *id, bool by_signal)
{
    if (p->state == 'Z')
        return true;
    return by_signal ? is_stopped(p) : freezer_where(p->pid, id) != FREEZER_FREE;
}

/* Those that are not held yet, parents first: what stands still starts nothing. */
static int hold_new(struct processes *l, const struct id *id, bool by_signal, size_t *count,
                    struct err *e)
{
    unsigned most = 0;

    *count = 0;
    for (size_t i = 0; i < l->count; i++)
        most = l->items[i].generation > most ? l->items[i].generation : most;
    for (unsigned generation = 1; generation <= most; generation++)
        for (size_t i = 0; i < l->count; i++) {
            const struct process *p = &l->items[i];
            int rc;

            if (p->generation != generation || is_held(p, id, by_signal))
                continue;
            rc = by_signal ? stop(p, e) : freezer_add(p, id, e);
            if (rc)
                return rc;
            (*count)++;
        }
    return 0;
}

int hold_apply(const struct hold_target *t, const struct id *id, struct str before, struct err *e)
{
    bool by_signal = is_by_signal(before);
    size_t count = 1;

    if (hold_is_past(before))
        return 0;
    for (int round = 0; count; round++) {
        CLEANUP_PROCESSES struct processes l = {0};
        int rc = hold_find(t, id, &l, e);

        if (rc == 0)
            rc = hold_new(&l, id, by_signal, &count, e);
        if (rc)
            return rc;
        if (round == ROUND_COUNT)
            return err_set(e, ERR_IO, "new processes keep coming, after %d rounds", ROUND_COUNT);
    }
    return by_signal ? 0 : freezer_wait(id, e);
}

int hold_check(const struct hold_target *t, const struct id *id, struct str before, struct buf *saw,
               struct err *e)
{
    CLEANUP_PROCESSES struct processes l = {0};
    bool by_signal = is_by_signal(before);
    int rc = hold_is_past(before) ? ERR_NOTFOUND : hold_find(t, id, &l, e);

    if (rc == ERR_NOTFOUND) { /* ended by somebody else, or with a restart: it does not run */
        buf_adds(saw, "none\n");
        return 0;
    }
    for (size_t i = 0; i < l.count && rc == 0; i++)
        if (l.items[i].generation && !is_held(&l.items[i], id, by_signal))
            rc = err_set(e, ERR_GATE, "process %d (%s) runs", (int)l.items[i].pid, l.items[i].name);
    if (rc == 0 && !by_signal)
        rc = freezer_wait(id, e);
    if (rc == 0)
        hold_tell(&l, "frozen", saw);
    return rc;
}

static int let_go(const struct process *p, struct err *e)
{
    CLEANUP_FD int fd = process_open(p);

    if (fd < 0 || signal_to(fd, SIGCONT) == 0 || errno == ESRCH)
        return 0;
    return err_errno(e, "cannot let process %d go on", (int)p->pid);
}

/* Children first: a shell that goes on must not find its jobs stopped. */
static int let_all_go(const struct hold_target *t, struct str before, struct err *e)
{
    CLEANUP_PROCESSES struct processes l = {0};
    unsigned generation = 0;
    int rc = processes_read(&l, e);

    if (rc)
        return rc;
    if (mark(t, &l, NULL))
        return 0;
    for (size_t i = 0; i < l.count; i++)
        generation = l.items[i].generation > generation ? l.items[i].generation : generation;
    for (; generation > 0; generation--)
        for (size_t i = 0; i < l.count && rc == 0; i++) {
            const struct process *p = &l.items[i];

            if (p->generation == generation && is_stopped(p) && !stood_before(before, p))
                rc = let_go(p, e);
        }
    return rc;
}

int hold_undo(const struct hold_target *t, const struct id *id, struct str before, struct err *e)
{
    if (hold_is_past(before))
        return 0;
    return is_by_signal(before) ? let_all_go(t, before, e) : freezer_release(id, e);
}

static int end_one(const struct process *p, struct err *e)
{
    CLEANUP_FD int fd = process_open(p);
    struct pollfd poll_for = {.fd = fd, .events = POLLIN};

    if (fd < 0)
        return 0;
    if (signal_to(fd, SIGKILL) < 0 && errno != ESRCH)
        return err_errno(e, "cannot end process %d (%s)", (int)p->pid, p->name);
    if (poll(&poll_for, 1, END_MS) > 0)
        return 0;
    return err_set(
        e, ERR_IO,
        "process %d (%s) has not ended after 10 s: it waits in the kernel, for a disk or "
        "a file server, and ends when that answers",
        (int)p->pid, p->name);
}

/* What was frozen first starts nothing while it is ended. */
static int end_all(const struct hold_target *t, const struct id *id, size_t *count, struct err *e)
{
    CLEANUP_PROCESSES struct processes l = {0};
    int rc = hold_find(t, id, &l, e);

    *count = 0;
    if (rc == ERR_NOTFOUND)
        return 0;
    for (size_t i = l.count; i-- > 0 && rc == 0;) {
        if (!l.items[i].generation || l.items[i].state == 'Z')
            continue;
        rc = end_one(&l.items[i], e);
        (*count)++;
    }
    return rc;
}

/* Of a tree that lost its root when this was interrupted: those that were told of and still are. */
static int end_told(struct str before, struct err *e)
{
    struct process told, now;
    struct id boot;
    bool is, stood;

    if (!take_head(&before, &boot, &is))
        return 0;
    while (take_process(&before, &told, &stood)) {
        int rc = process_read(told.pid, &now) && now.start == told.start && now.state != 'Z'
                     ? end_one(&told, e)
                     : 0;

        if (rc)
            return rc;
    }
    return 0;
}

int hold_end(const struct hold_target *t, const struct id *id, struct str before, struct err *e)
{
    size_t count = 1;
    int rc;

    if (hold_is_past(before))
        return 0;
    rc = hold_apply(t, id, before, e);
    for (int round = 0; round < ROUND_COUNT && rc == 0 && count; round++)
        rc = end_all(t, id, &count, e);
    if (rc == 0 || rc == ERR_NOTFOUND)
        rc = end_told(before, e);
    if (rc == 0)
        rc = freezer_end(id, e);
    return rc;
}

int hold_check_ended(struct str before, struct buf *saw, struct err *e)
{
    struct process told, now;
    struct id boot;
    bool is, stood;

    if (hold_is_past(before) || !take_head(&before, &boot, &is))
        return 0;
    while (take_process(&before, &told, &stood)) {
        if (process_read(told.pid, &now) && now.start == told.start && now.state != 'Z')
            return err_set(e, ERR_GATE, "process %d (%s) has not ended", (int)now.pid, now.name);
        buf_addf(saw, "process %d %s ended\n", (int)told.pid, told.name);
    }
    return 0;
}
