/* ledger.c: the folder that says what was changed on this host. */
#include "contain/ledger.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/utc.h"
#include "contain/action.h"
#include "sys/file.h"

enum {
    LISTING_SIZE = 4 << 20,
    STATE_SIZE = 256,
    WAIT_STEP_MS = 20,
    PATH_SIZE = 512,
    ID_DIGITS = 32,
    KEEP_STEP_MS = 60000,
};

static const char *const state_names[LEDGER_STATE_COUNT] = {[LEDGER_PREPARED] = "prepared",
                                                            [LEDGER_ARMED] = "armed",
                                                            [LEDGER_CONFIRMED] = "confirmed",
                                                            [LEDGER_UNDOING] = "undoing",
                                                            [LEDGER_UNDONE] = "undone"};

static const struct {
    const char *folder;
    const char *table;
} spares[] = {{"/run/calm-contain", "calm-run"}, {"/dev/shm/calm-contain", "calm-shm"}};

const char *ledger_spare(const char *folder, size_t i)
{
    return strcmp(folder, LEDGER_FOLDER) == 0 && i < COUNT_OF(spares) ? spares[i].folder : NULL;
}

bool ledger_is_spare(const struct ledger *l)
{
    for (size_t i = 0; i < COUNT_OF(spares); i++)
        if (str_is(buf_str(&l->folder), spares[i].folder))
            return true;
    return false;
}

const char *ledger_table(const struct ledger *l)
{
    if (!l->folder.len)
        return LEDGER_TABLE_UNKEPT;
    for (size_t i = 0; i < COUNT_OF(spares); i++)
        if (str_is(buf_str(&l->folder), spares[i].folder))
            return spares[i].table;
    return "calm";
}

const char *ledger_state_name(enum ledger_state state)
{
    return state_names[state];
}

uint64_t boot_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* "2f…-…" without its hyphens. */
void boot_id_read(struct id *out)
{
    CLEANUP_BUF struct buf text = {0};
    char digits[ID_DIGITS];
    size_t count = 0;

    *out = (struct id){0};
    if (file_read(&text, "/proc/sys/kernel/random/boot_id", 128, NULL))
        return;
    for (size_t i = 0; i < text.len && count < ID_DIGITS; i++)
        if (text.p[i] != '-')
            digits[count++] = text.p[i];
    if (count != ID_DIGITS || !hex_read(out->b, sizeof(out->b), (struct str){digits, count}))
        *out = (struct id){0};
}

static void entry_path(char out[PATH_SIZE], const struct ledger *l, const struct id *id,
                       const char *name)
{
    char digits[ID_DIGITS + 1] = {0};

    hex_write(digits, id->b, sizeof(id->b));
    snprintf(out, PATH_SIZE, "%s/%s%s%s", buf_text(&l->folder), digits, *name ? "/" : "", name);
}

static int take_lock(struct ledger *l, unsigned wait_ms, struct err *e)
{
    struct timespec step = {.tv_nsec = WAIT_STEP_MS * 1000000};

    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "%s/lock", buf_text(&l->folder));
    l->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (l->lock < 0)
        return err_errno(e, "cannot open %s", path);
    for (unsigned waited = 0; fcntl(l->lock, F_OFD_SETLK, &lock) < 0; waited += WAIT_STEP_MS) {
        if (errno != EAGAIN && errno != EACCES && errno != EINTR)
            return err_errno(e, "cannot lock %s", path);
        if (waited >= wait_ms)
            return err_set(e, ERR_CONFLICT,
                           "somebody else is changing this host right now (%s is locked); nothing "
                           "was changed, try again",
                           buf_text(&l->folder));
        nanosleep(&step, NULL);
    }
    return 0;
}

static int check_folder(struct ledger *l, struct err *e)
{
    struct stat st;

    if (fstat(l->fd, &st) < 0)
        return err_errno(e, "cannot look at %s", buf_text(&l->folder));
    if (st.st_uid != geteuid() || (st.st_mode & 077))
        return err_set(e, ERR_DENIED,
                       "%s is open to others than the one who changes this host; its owner must be "
                       "user %u and its mode 0700. Nothing was changed",
                       buf_text(&l->folder), geteuid());
    return 0;
}

void ledger_count_expiry(struct ledger_entry *entry)
{
    uint64_t expiry_s = entry->plan->expiry_s, now_s = (uint64_t)utc_now().sec;

    entry->seen_ms = boot_now_ms();
    entry->ends_ms =
        !expiry_s ? 0 : entry->seen_ms + (expiry_s > now_s ? (expiry_s - now_s) * 1000 : 1);
}

/* What was left when it was last written is left now since the host started: the time between is
 * told by a clock that others may have set, and does not count. */
static void carry_expiry(const struct ledger *l, struct ledger_entry *entry)
{
    uint64_t left_ms = entry->ends_ms > entry->seen_ms ? entry->ends_ms - entry->seen_ms : 1;

    if (entry->state == LEDGER_PREPARED || !entry->plan->expiry_s)
        entry->ends_ms = 0;
    else if (!entry->ends_ms)
        ledger_count_expiry(entry); /* an earlier program did not write it */
    else if (!id_eq(&entry->boot, &l->boot))
        entry->ends_ms = left_ms;
}

/* " ENDS SEEN" behind the boot, where it has an expiry. */
static bool read_expiry(struct str words, struct ledger_entry *entry)
{
    struct str ends = str_cut(&words, ' ');

    return !ends.len || (str_u64(ends, &entry->ends_ms) && str_u64(words, &entry->seen_ms));
}

static bool read_state(struct str line, struct ledger_entry *entry)
{
    struct str name, deadline, boot;

    if (!str_ends(line, "\n"))
        return false;
    line = str_head(line, line.len - 1);
    name = str_cut(&line, ' ');
    deadline = str_cut(&line, ' ');
    boot = str_cut(&line, ' ');
    for (int i = 0; i < LEDGER_STATE_COUNT; i++)
        if (str_is(name, state_names[i])) {
            entry->state = (enum ledger_state)i;
            return str_u64(deadline, &entry->deadline_ms) &&
                   hex_read(entry->boot.b, sizeof(entry->boot.b), boot) && read_expiry(line, entry);
        }
    return false;
}

static void entry_release(struct ledger_entry *entry)
{
    plan_free(entry->plan);
    buf_release(&entry->before_bytes);
    buf_release(&entry->plan_bytes);
}

static int load(struct ledger *l, const struct id *id, struct ledger_entry *out, struct err *e)
{
    CLEANUP_BUF struct buf state = {0};
    struct ledger_entry entry = {0};
    char path[PATH_SIZE];
    int rc;

    entry_path(path, l, id, "state");
    rc = file_read(&state, path, STATE_SIZE, e);
    if (rc == 0 && !read_state(buf_str(&state), &entry))
        rc = err_set(e, ERR_FORMAT, "%s is not what calm-contain writes", path);
    entry_path(path, l, id, "plan");
    if (rc == 0)
        rc = file_read(&entry.plan_bytes, path, PLAN_SIZE, e);
    if (rc == 0)
        rc = plan_read(buf_str(&entry.plan_bytes), &entry.plan, e);
    if (rc == 0 && !id_eq(&entry.plan->id, id))
        rc = err_set(e, ERR_FORMAT, "%s is the plan of another change", path);
    if (rc) {
        entry_release(&entry);
        return err_wrap(e, rc, "what stands on this host cannot be read");
    }
    carry_expiry(l, &entry);
    *out = entry;
    return 0;
}

static void insert(struct ledger *l, struct ledger_entry entry)
{
    size_t at = l->count;

    l->entries = mem_grow(l->entries, l->count, &l->room, sizeof(*l->entries));
    while (at > 0 && memcmp(l->entries[at - 1].plan->id.b, entry.plan->id.b, 16) > 0)
        at--;
    memmove(l->entries + at + 1, l->entries + at, (l->count - at) * sizeof(entry));
    l->entries[at] = entry;
    l->count++;
}

static void folderp(DIR **d)
{
    if (*d)
        closedir(*d);
}

static int clear_folder(const char *path, struct err *e)
{
    CLEANUP(folderp) DIR *d = opendir(path);
    struct dirent *item;

    while (d && (item = readdir(d)))
        if (strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0 &&
            unlinkat(dirfd(d), item->d_name, 0) < 0 && errno != ENOENT)
            return err_errno(e, "cannot remove %s/%s", path, item->d_name);
    if (rmdir(path) < 0 && errno != ENOENT)
        return err_errno(e, "cannot remove %s", path);
    return 0;
}

static int load_one(struct ledger *l, const struct id *id, struct err *e)
{
    struct ledger_entry entry;
    char path[PATH_SIZE];
    int rc;

    entry_path(path, l, id, "state");
    if (!file_is_there(path)) {
        entry_path(path, l, id, "");
        return clear_folder(path, e);
    }
    rc = load(l, id, &entry, e);
    if (rc == 0)
        insert(l, entry);
    return rc;
}

/* A copy that nobody makes any more: who did was killed. */
static void clear_copy(const struct ledger *l, const char *name)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    CLEANUP_FD int fd = openat(l->fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

    if (fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_UNLCK)
        (void)unlinkat(l->fd, name, 0); /* else it does no harm where it lies */
}

/* An entry counts from the moment its state is there: what lies in a folder without one was never
 * prepared, and is cleared away. */
static int load_all(struct ledger *l, struct err *e)
{
    CLEANUP(folderp) DIR *d = opendir(buf_text(&l->folder));
    struct dirent *item;

    if (!d)
        return err_errno(e, "cannot list %s", buf_text(&l->folder));
    while ((item = readdir(d))) {
        struct id id;
        int rc;

        if (str_starts(str_of(item->d_name), LEDGER_COPY))
            clear_copy(l, item->d_name);
        if (!hex_read(id.b, sizeof(id.b), str_of(item->d_name)))
            continue;
        rc = load_one(l, &id, e);
        if (rc)
            return rc;
    }
    return 0;
}

int ledger_open(struct ledger *l, const char *folder, unsigned wait_ms, struct err *e)
{
    int rc;

    *l = (struct ledger){.fd = -1, .lock = -1};
    buf_adds(&l->folder, folder);
    boot_id_read(&l->boot);
    rc = folder_make(folder, 0700, e);
    if (rc == 0) {
        l->fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (l->fd < 0)
            rc = err_errno(e, "cannot open %s", folder);
    }
    if (rc == 0)
        rc = check_folder(l, e);
    if (rc == 0)
        rc = take_lock(l, wait_ms, e);
    if (rc == 0)
        rc = load_all(l, e);
    if (rc)
        ledger_close(l);
    return rc;
}

void ledger_open_unkept(struct ledger *l)
{
    *l = (struct ledger){.fd = -1, .lock = -1};
    boot_id_read(&l->boot);
}

static bool is_kept(const struct ledger *l)
{
    return l->folder.len > 0;
}

void ledger_close(struct ledger *l)
{
    for (size_t i = 0; i < l->count; i++)
        entry_release(&l->entries[i]);
    free(l->entries);
    fd_close(l->fd);
    fd_close(l->lock);
    buf_release(&l->folder);
    *l = (struct ledger){.fd = -1, .lock = -1};
}

struct ledger_entry *ledger_find(struct ledger *l, const struct id *id)
{
    for (size_t i = 0; i < l->count; i++)
        if (id_eq(&l->entries[i].plan->id, id))
            return &l->entries[i];
    return NULL;
}

static int write_state(struct ledger *l, const struct ledger_entry *entry, struct err *e)
{
    CLEANUP_BUF struct buf line = {0};
    char path[PATH_SIZE];

    if (!is_kept(l))
        return 0;
    entry_path(path, l, &entry->plan->id, "state");
    buf_addf(&line, "%s ", state_names[entry->state]);
    buf_add_u64(&line, entry->deadline_ms);
    buf_addc(&line, ' ');
    hex_add(&line, entry->boot.b, sizeof(entry->boot.b));
    if (entry->ends_ms) {
        buf_addc(&line, ' ');
        buf_add_u64(&line, entry->ends_ms);
        buf_addc(&line, ' ');
        buf_add_u64(&line, boot_now_ms());
    }
    buf_addc(&line, '\n');
    return file_write(path, buf_str(&line), 0600, e);
}

static int write_entry(const struct ledger *l, const struct ledger_entry *entry,
                       struct str plan_text, struct str before, struct err *e)
{
    char path[PATH_SIZE];
    int rc;

    if (!is_kept(l))
        return 0;
    entry_path(path, l, &entry->plan->id, "");
    rc = folder_make(path, 0700, e);
    entry_path(path, l, &entry->plan->id, "plan");
    if (rc == 0)
        rc = file_write(path, plan_text, 0600, e);
    entry_path(path, l, &entry->plan->id, "before");
    if (rc == 0)
        rc = file_write(path, before, 0600, e);
    return rc ? rc : folder_sync(buf_text(&l->folder), e);
}

int ledger_add(struct ledger *l, struct plan *p, struct str plan_text, struct str before,
               struct ledger_entry **out, struct err *e)
{
    struct ledger_entry entry = {.plan = p, .state = LEDGER_PREPARED};
    int rc;

    if (ledger_find(l, &p->id))
        return err_set(e, ERR_CONFLICT, "this plan was prepared on this host before");
    rc = write_entry(l, &entry, plan_text, before, e);
    if (rc == 0)
        rc = write_state(l, &entry, e);
    if (rc)
        return rc;
    buf_addstr(&entry.plan_bytes, plan_text);
    insert(l, entry);
    *out = ledger_find(l, &p->id);
    return 0;
}

int ledger_open_kept(const struct ledger *l, const struct ledger_entry *entry, int *fd,
                     struct err *e)
{
    char path[PATH_SIZE];

    entry_path(path, l, &entry->plan->id, LEDGER_KEPT);
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return *fd < 0 ? err_errno(e, "cannot open %s", path) : 0;
}

int ledger_read_before(const struct ledger *l, struct ledger_entry *entry, struct err *e)
{
    char path[PATH_SIZE];
    int rc;

    if (entry->before_bytes.p)
        return 0;
    entry_path(path, l, &entry->plan->id, "before");
    rc = file_read(&entry->before_bytes, path, BUF_LIMIT / 4, e);
    if (rc)
        return err_wrap(e, rc, "what was before cannot be read");
    entry->before = buf_str(&entry->before_bytes);
    return 0;
}

int ledger_listing_read(const struct ledger *l, struct buf *out, struct err *e)
{
    char path[PATH_SIZE];

    if (!is_kept(l))
        return err_set(e, ERR_NOTFOUND, "it is kept nowhere");
    snprintf(path, sizeof(path), "%s/filter", buf_text(&l->folder));
    return file_read(out, path, LISTING_SIZE, e);
}

int ledger_listing_write(const struct ledger *l, struct str listing, struct err *e)
{
    char path[PATH_SIZE];

    if (!is_kept(l))
        return 0;
    snprintf(path, sizeof(path), "%s/filter", buf_text(&l->folder));
    if (listing.len)
        return file_replace(path, listing, 0600, e);
    return unlink(path) == 0 || errno == ENOENT ? 0 : err_errno(e, "cannot remove %s", path);
}

int ledger_set(struct ledger *l, struct ledger_entry *entry, enum ledger_state state, struct err *e)
{
    struct ledger_entry next = *entry;
    int rc;

    next.state = state;
    (void)futimens(l->lock, NULL); /* before: who is killed in between has woken them */
    rc = write_state(l, &next, e);
    if (rc == 0)
        *entry = next;
    return rc;
}

int ledger_keep_expiry(struct ledger *l, struct ledger_entry *entry, struct err *e)
{
    uint64_t now = boot_now_ms();

    if (!entry->ends_ms || !id_eq(&entry->boot, &l->boot) || now < entry->seen_ms + KEEP_STEP_MS)
        return 0;
    entry->seen_ms = now;
    return write_state(l, entry, e);
}

int ledger_hold(struct ledger *l, const struct ledger_entry *entry, int *fd, struct err *e)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    CLEANUP_FD int mine = -1;
    char path[PATH_SIZE];

    entry_path(path, l, &entry->plan->id, "plan");
    mine = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (mine < 0 || fcntl(mine, F_OFD_SETLK, &lock) < 0)
        return err_errno(e, "cannot hold %s", path);
    *fd = mine;
    mine = -1;
    return 0;
}

bool ledger_is_held(const struct ledger *l, const struct ledger_entry *entry)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    CLEANUP_FD int fd = -1;
    char path[PATH_SIZE];

    entry_path(path, l, &entry->plan->id, "plan");
    fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    return fd < 0 || fcntl(fd, F_OFD_GETLK, &lock) < 0 || lock.l_type != F_UNLCK;
}

int ledger_remove(struct ledger *l, struct ledger_entry *entry, struct err *e)
{
    char path[PATH_SIZE];
    int rc;

    entry_path(path, l, &entry->plan->id, "state"); /* first: the rest counts for nothing then */
    if (unlink(path) < 0 && errno != ENOENT)
        return err_errno(e, "cannot remove %s", path);
    entry_path(path, l, &entry->plan->id, "");
    rc = clear_folder(path, e);
    if (rc)
        return rc;
    entry_release(entry);
    memmove(entry, entry + 1, (size_t)(l->entries + l->count - entry - 1) * sizeof(*entry));
    l->count--;
    return folder_sync(buf_text(&l->folder), e);
}

bool ledger_is_live(const struct ledger_entry *entry)
{
    return entry->state == LEDGER_ARMED || entry->state == LEDGER_UNDOING ||
           (entry->state == LEDGER_CONFIRMED && !entry->plan->action->cannot_undo);
}
