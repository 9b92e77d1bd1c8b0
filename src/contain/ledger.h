/* ledger.h: what was changed on this host, kept on its disk so that it goes back whatever else has
 * died (doc/format/containment.md section 4). One folder for each change, and a lock: helper,
 * watchdogs and the start of the host take turns. */
#pragma once
#include "contain/plan.h"

#define LEDGER_FOLDER "/var/lib/calm-contain"

/* Where an emergency is kept that has no room in that folder: in memory, until the next restart of
 * the host. NULL behind the last; other folders have none. Each is a ledger of its own, with a
 * table of its own in the packet filter, so that what becomes of one lifts nothing of another. */
const char *ledger_spare(const char *folder, size_t i);

enum ledger_state {
    LEDGER_PREPARED,  /* nothing is changed yet */
    LEDGER_ARMED,     /* in effect, or being put in effect; goes back at its deadline */
    LEDGER_CONFIRMED, /* in effect until a person or its expiry ends it */
    LEDGER_UNDOING,   /* to go back; may be half done */
    LEDGER_UNDONE,    /* as before; kept until it was told */
    LEDGER_STATE_COUNT,
};

struct ledger_entry {
    struct plan *plan;
    struct str before; /* what the action's save told, once ledger_read_before was called */
    enum ledger_state state;
    uint64_t deadline_ms; /* of ARMED: CLOCK_BOOTTIME; 0: none */
    struct id boot;       /* in which boot it was put in effect; zeros before */
    uint64_t ends_ms;     /* its expiry, by CLOCK_BOOTTIME of this boot; 0: none, or not begun */
    uint64_t seen_ms;     /* when that was last written */
    struct buf before_bytes;
    struct buf plan_bytes;
};

struct ledger {
    struct buf folder;
    int fd;
    int lock;
    struct ledger_entry *entries; /* in the order of their ids */
    size_t count;
    size_t room;
    struct id boot; /* this one */
};

/* Takes the lock, waiting at most wait_ms for another, and reads all entries. The folder is made
 * where it is missing (0700, root's). An entry that cannot be read is an error that names it:
 * nothing may be changed by one who does not know what stands. ERR_CONFLICT: another works;
 * ERR_DENIED: the folder is not only root's; ERR_FORMAT; ERR_IO. Folders of what was never prepared
 * are cleared away. */
MUST_CHECK int ledger_open(struct ledger *l, const char *folder, unsigned wait_ms, struct err *e);
void ledger_close(struct ledger *l);
/* One that is kept nowhere: for an emergency that no folder has room for. */
void ledger_open_unkept(struct ledger *l);
bool ledger_is_spare(const struct ledger *l); /* it is kept in memory */
#define LEDGER_TABLE_UNKEPT "calm-unkept"
const char *ledger_table(const struct ledger *l); /* its table of the packet filter */
/* A line for each chain of that table, as the kernel held it when it was made (filter_listing.h);
 * ERR_NOTFOUND where that could not be kept. What is empty is removed. */
MUST_CHECK int ledger_listing_read(const struct ledger *l, struct buf *out, struct err *e);
MUST_CHECK int ledger_listing_write(const struct ledger *l, struct str listing, struct err *e);
#define CLEANUP_LEDGER CLEANUP(ledger_close)

struct ledger_entry *ledger_find(struct ledger *l, const struct id *id); /* NULL: none */
/* A new entry, PREPARED and durable. Takes the plan,
 * but not on error. ERR_CONFLICT: it is there already. */
MUST_CHECK int ledger_add(struct ledger *l, struct plan *p, struct str plan_text, struct str before,
                          struct ledger_entry **out, struct err *e);
/* What its action keeps beside before, for reading. ERR_NOTFOUND. */
MUST_CHECK int ledger_open_kept(const struct ledger *l, const struct ledger_entry *entry, int *fd,
                                struct err *e);
#define LEDGER_KEPT "file"  /* its name there */
#define LEDGER_COPY "copy-" /* and beside the folders, followed by the id, while it is made */
/* It may be large, and only what is put in effect or back needs it. ERR_IO. */
MUST_CHECK int ledger_read_before(const struct ledger *l, struct ledger_entry *entry,
                                  struct err *e);
/* Durable when it returns. Touches the file lock before, for those who watch: they look when the
 * caller lets the ledger go, however that happens. */
MUST_CHECK int ledger_set(struct ledger *l, struct ledger_entry *entry, enum ledger_state state,
                          struct err *e);
/* Its expiry begins to count: what the clock of the wall says is left, and from now on by the clock
 * of this boot alone, which nobody can set. */
void ledger_count_expiry(struct ledger_entry *entry);
/* Writes down how far it has come, once a minute: what is left is what a restart goes on with.
 * ERR_IO. */
MUST_CHECK int ledger_keep_expiry(struct ledger *l, struct ledger_entry *entry, struct err *e);
/* Keeps what is only prepared from being cleared away as nobody's: until *fd is closed, or its
 * process ends. */
MUST_CHECK int ledger_hold(struct ledger *l, const struct ledger_entry *entry, int *fd,
                           struct err *e);
bool ledger_is_held(const struct ledger *l, const struct ledger_entry *entry);
/* Forgets it, on disk too. */
MUST_CHECK int ledger_remove(struct ledger *l, struct ledger_entry *entry, struct err *e);
/* Is it, or may it be, in effect, so that something is still to be done for it? What cannot be
 * undone is over once it was done. */
bool ledger_is_live(const struct ledger_entry *entry);
const char *ledger_state_name(enum ledger_state state);

uint64_t boot_now_ms(void);        /* CLOCK_BOOTTIME */
void boot_id_read(struct id *out); /* of this boot; zeros where it is not told */
