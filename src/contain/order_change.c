/* order_change.c: orders about a change that is in effect. */
#include <string.h>
#include <unistd.h>
#include "base/mem.h"
#include "contain/action.h"
#include "contain/boot.h"
#include "contain/effect.h"
#include "contain/order_server.h"
#include "contain/watchdog.h"
#include "sys/file.h"

enum { FETCH_SIZE = 1 << 20 };

const char *order_folder(const struct server *s, size_t i)
{
    return i ? ledger_spare(s->source->folder, i - 1) : s->source->folder;
}

/* A spare folder is made by who needs it alone. */
static bool may_hold(const char *folder, size_t i)
{
    return i == 0 || file_is_there(folder);
}

static int open_unkept(struct server *s, const struct id *id, struct ledger *l,
                       struct ledger_entry **out)
{
    if (!ledger_find(&s->unkept, id))
        return ERR_NOTFOUND;
    *l = s->unkept;
    s->unkept = (struct ledger){.fd = -1, .lock = -1};
    *out = ledger_find(l, id);
    return 0;
}

int order_open_entry(struct server *s, struct str id_word, struct ledger *l,
                     struct ledger_entry **out, struct err *e)
{
    struct err first = {0};
    const char *folder;
    struct id id;

    if (!hex_read(id.b, sizeof(id.b), id_word))
        return err_set(e, ERR_FORMAT, "an order without the id of its plan");
    for (size_t i = 0; (folder = order_folder(s, i)); i++) {
        if (!may_hold(folder, i) ||
            ledger_open(l, folder, ORDER_LOCK_MS, first.code ? NULL : &first))
            continue;
        *out = ledger_find(l, &id);
        if (*out)
            return 0;
        ledger_close(l);
    }
    if (open_unkept(s, &id, l, out) == 0)
        return 0;
    if (first.code)
        return err_set(e, first.code, "%s", first.text);
    return err_set(e, ERR_NOTFOUND,
                   "no such change is kept on this host: it was never "
                   "prepared here, or what it was is told already");
}

int order_confirm(struct server *s, struct str rest, struct err *e)
{
    CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};
    struct ledger_entry *entry;
    int rc = order_open_entry(s, rest, &l, &entry, e);

    return rc ? rc : effect_confirm(&l, entry, e);
}

int order_undo(struct server *s, struct str rest, struct err *e)
{
    CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};
    struct ledger_entry *entry;
    struct id id;
    int rc = order_open_entry(s, rest, &l, &entry, e);

    if (rc && hex_read(id.b, sizeof(id.b), rest) && effect_end_unkept(&id))
        return 0;
    if (rc == 0) /* they finish it where this process is killed */
        rc = watchdog_start(buf_text(&l.folder), e);
    if (rc == 0)
        rc = effect_end(&l, entry, e);
    return rc ? rc : boot_hook_remove_if_idle(&l, e);
}

/* A part of what a change keeps beside its state before. */
int order_fetch(struct server *s, struct str rest, struct err *e)
{
    CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};
    struct str id = str_cut(&rest, ' '), off_word = str_cut(&rest, ' ');
    CLEANUP_FREE char *bytes = mem_alloc(FETCH_SIZE);
    struct ledger_entry *entry;
    CLEANUP_FD int fd = -1;
    uint64_t off, size;
    ssize_t n;
    int rc;

    if (!str_u64(off_word, &off) || off > INT64_MAX || !str_u64(rest, &size))
        return err_set(e, ERR_FORMAT, "an order without the part that is wanted");
    rc = order_open_entry(s, id, &l, &entry, e);
    if (rc == 0)
        rc = ledger_open_kept(&l, entry, &fd, e);
    if (rc)
        return rc;
    n = pread(fd, bytes, size < FETCH_SIZE ? size : FETCH_SIZE, (off_t)off);
    if (n < 0)
        return err_errno(e, "cannot read what was kept");
    buf_addf(&s->answer, "before %zd\n", n);
    buf_add(&s->answer, bytes, (size_t)n);
    return 0;
}

int order_check(struct server *s, struct str rest, struct err *e)
{
    CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};
    struct ledger_entry *entry;
    int rc = order_open_entry(s, rest, &l, &entry, e);

    return rc ? rc : effect_check(&l, entry, &s->answer, e);
}

/* What was told and is as before need not be kept. */
int order_forget(struct server *s, struct str rest, struct err *e)
{
    CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};
    struct ledger_entry *entry;
    int rc = order_open_entry(s, rest, &l, &entry, e);

    if (rc)
        return rc;
    if (ledger_is_live(entry))
        return err_set(e, ERR_GATE, "it is still in effect here");
    return ledger_remove(&l, entry, e);
}

/* Somebody else may have emptied the packet filter, or put back by hand what an action changed. */
static bool is_gone(struct ledger *l, struct ledger_entry *entry)
{
    CLEANUP_BUF struct buf saw = {0};

    return (entry->state == LEDGER_ARMED || entry->state == LEDGER_CONFIRMED) &&
           ledger_is_live(entry) && effect_check(l, entry, &saw, NULL) == ERR_GATE;
}

static void add_status(struct server *s, struct ledger *l)
{
    (void)!effect_settle(l, NULL); /* what could not be done is told by its state */
    (void)!boot_hook_remove_if_idle(l, NULL);
    for (size_t i = 0; i < l->count; i++) {
        struct ledger_entry *entry = &l->entries[i];
        uint64_t now = boot_now_ms();

        hex_add(&s->answer, entry->plan->id.b, sizeof(entry->plan->id.b));
        buf_addf(&s->answer, " %s %s ", ledger_state_name(entry->state), entry->plan->action->name);
        buf_add_u64(&s->answer, entry->state == LEDGER_ARMED && entry->deadline_ms > now
                                    ? entry->deadline_ms - now
                                    : 0);
        buf_adds(&s->answer, is_gone(l, entry) ? " gone\n" : "\n");
    }
}

int order_status(struct server *s, struct str rest, struct err *e)
{
    const char *folder;
    int rc = 0;

    (void)rest;
    for (size_t i = 0; (folder = order_folder(s, i)); i++) {
        CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};
        int mine;

        if (!may_hold(folder, i))
            continue;
        mine = ledger_open(&l, folder, ORDER_LOCK_MS, rc ? NULL : e);
        rc = rc ? rc : mine;
        if (mine == 0)
            add_status(s, &l);
    }
    return rc;
}
