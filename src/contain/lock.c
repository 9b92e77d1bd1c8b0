/* lock.c: an account's password opens nothing, and it has expired, so that its keys open nothing
 * either. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/utc.h"
#include "contain/account.h"
#include "contain/action.h"
#include "contain/file_change.h"
#include "contain/spell.h"
#include "sys/file.h"

#define SHADOW "/etc/shadow"
#define SHADOW_LOCK "/etc/.pwd.lock"

enum { LOCK_MS = 15000, STEP_MS = 20, FIELD_COUNT = 9, PASSWORD = 1, EXPIRE = 7 };

struct line {
    struct str user;
    struct str before; /* without its end */
    struct str after;
};

/* The lock of lckpwdf(3), which passwd, useradd and the others take. */
static int take_lock(int *out, struct err *e)
{
    CLEANUP_FD int fd = open(SHADOW_LOCK, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct timespec step = {.tv_nsec = STEP_MS * 1000000};
    int64_t until = monotonic_ms() + LOCK_MS;

    if (fd < 0)
        return err_errno(e, "cannot open " SHADOW_LOCK);
    while (fcntl(fd, F_SETLK, &lock) < 0) {
        if (errno != EAGAIN && errno != EACCES && errno != EINTR)
            return err_errno(e, "cannot lock " SHADOW_LOCK);
        if (monotonic_ms() >= until)
            return err_set(
                e, ERR_CONFLICT,
                "another program is changing the accounts of this host (it holds " SHADOW_LOCK
                "); nothing was changed, try again");
        nanosleep(&step, NULL);
    }
    *out = fd;
    fd = -1;
    return 0;
}

static bool is_of(struct str line, struct str user)
{
    return str_starts(line, user.p) && line.len > user.len && line.p[user.len] == ':';
}

static int find_line(struct str bytes, struct str user, struct str *out, struct err *e)
{
    while (bytes.len) {
        struct str line = str_cut(&bytes, '\n');

        if (is_of(line, user)) {
            *out = line;
            return 0;
        }
    }
    return err_set(e, ERR_NOTFOUND,
                   "account \"" STR_FMT "\" has no line in " SHADOW
                   ", so that there is no password "
                   "to lock",
                   STR_ARG(user));
}

/* "!" before the password, which nothing hashes to; and expired on 2 January 1970 (shadow(5)). */
static int lock_line(struct str before, struct buf *out, struct err *e)
{
    struct str rest = before;
    size_t count = 0;

    for (; rest.len || count == FIELD_COUNT - 1; count++) {
        struct str field = str_cut(&rest, ':');

        if (count)
            buf_addc(out, ':');
        if (count == PASSWORD)
            buf_addc(out, '!');
        if (count == EXPIRE)
            buf_addc(out, '1');
        else
            buf_addstr(out, field);
    }
    if (count != FIELD_COUNT)
        return err_set(e, ERR_FORMAT, "the line of this account in " SHADOW " is broken");
    return 0;
}

static int lock_turn(const void *context, bool is_undo, struct str now, struct buf *out,
                     struct err *e)
{
    const struct line *line = context;
    struct str want = is_undo ? line->before : line->after;
    struct str have = is_undo ? line->after : line->before;
    struct str found;
    int rc = find_line(now, line->user, &found, e);

    if (rc)
        return err_wrap(e, ERR_CONFLICT, "the account was removed since");
    if (!str_eq(found, want) && !str_eq(found, have))
        return err_set(e, ERR_CONFLICT,
                       "somebody else changed the line of \"" STR_FMT "\" in " SHADOW " since: it "
                       "was not touched. Look whether its password and expiry (the 2nd and 8th "
                       "field) are what they should be; what they were is kept",
                       STR_ARG(line->user));
    buf_add(out, now.p, (size_t)(found.p - now.p));
    buf_addstr(out, want);
    buf_add(out, found.p + found.len, (size_t)(now.p + now.len - found.p) - found.len);
    return 0;
}

static int lock_judge(const struct plan *p, const struct host_view *host, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP_BUF struct buf after = {0};
    struct account account;
    struct file_state s;
    struct str line;
    int rc = account_find(a, plan_value(p, "user")->text, &account, e);

    (void)host;
    if (rc == 0)
        rc = account_judge(&account, e);
    if (rc == 0)
        rc = file_state_read(a, STR(SHADOW), &s, e);
    if (rc == 0)
        rc = find_line(s.bytes, account.name, &line, e);
    return rc ? rc : lock_line(line, &after, e);
}

static int lock_preview(const struct plan *p, const struct host_view *host, struct buf *out,
                        struct err *e)
{
    (void)host;
    (void)e;
    buf_adds(out, "user ");
    spell_add(out, plan_value(p, "user")->text);
    buf_adds(out, " locked\n");
    return 0;
}

/* Of the file only its digest: the passwords of the others are nobody's evidence. */
static int lock_save(const struct plan *p, struct buf *before, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP_BUF struct buf locked = {0};
    CLEANUP_BUF struct buf bytes = {0};
    struct line line = {.user = plan_value(p, "user")->text};
    struct file_state s;
    struct hash after;
    int rc = file_state_read(a, STR(SHADOW), &s, e);

    if (rc == 0)
        rc = find_line(s.bytes, line.user, &line.before, e);
    if (rc == 0)
        rc = lock_line(line.before, &locked, e);
    line.after = buf_str(&locked);
    if (rc == 0)
        rc = lock_turn(&line, false, s.bytes, &bytes, e);
    if (rc)
        return rc;
    after = hash_bytes(bytes.p, bytes.len);
    s.has_bytes = false;
    file_state_add(&s, before);
    buf_adds(before, "after ");
    hex_add(before, after.b, sizeof(after.b));
    buf_adds(before, "\nline ");
    spell_add(before, line.before);
    buf_addc(before, '\n');
    return 0;
}

struct locking {
    struct arena *arena;
    struct file_state before;
    struct line line;
    struct buf locked;
    struct file_edit edit;
    int lock;
};

static void locking_release(struct locking *l)
{
    arena_free(l->arena);
    buf_release(&l->locked);
    fd_close(l->lock);
}

static int locking_open(struct locking *l, const struct plan *p, struct str before, struct err *e)
{
    struct str name, value;
    int rc = file_state_take(l->arena, &before, &l->before, e);

    if (rc)
        return rc;
    if (!spell_line(&before, &name, &value) || !str_is(name, "after") ||
        !hex_read(l->edit.after.b, sizeof(l->edit.after.b), value) ||
        !spell_line(&before, &name, &value) || !str_is(name, "line") ||
        !spell_read(l->arena, value, &l->line.before))
        return err_set(e, ERR_FORMAT, "what is kept of an account is not spelled as it should be");
    l->line.user = plan_value(p, "user")->text;
    rc = lock_line(l->line.before, &l->locked, e);
    l->line.after = buf_str(&l->locked);
    l->edit.before = &l->before;
    l->edit.turn = lock_turn;
    l->edit.context = &l->line;
    return rc ? rc : take_lock(&l->lock, e);
}

static int lock_apply(const struct plan *p, struct str before, struct err *e)
{
    CLEANUP(locking_release) struct locking l = {.arena = arena_new(), .lock = -1};
    int rc = locking_open(&l, p, before, e);

    return rc ? rc : file_edit_apply(&l.edit, &p->id, e);
}

static int lock_check(const struct plan *p, struct str before, struct buf *saw, struct err *e)
{
    CLEANUP(locking_release) struct locking l = {.arena = arena_new(), .lock = -1};
    int rc = locking_open(&l, p, before, e);

    if (rc == 0)
        rc = file_edit_check(&l.edit, e);
    return rc ? rc : lock_preview(p, NULL, saw, e);
}

static int lock_undo(const struct plan *p, struct str before, struct err *e)
{
    CLEANUP(locking_release) struct locking l = {.arena = arena_new(), .lock = -1};
    int rc = locking_open(&l, p, before, e);

    return rc ? rc : file_edit_undo(&l.edit, &p->id, e);
}

static const struct action_param params[] = {
    {.name = "user", .type = ACTION_NAME, .is_required = true, .help = "the name of an account"},
    {0}};

const struct contain_action contain_lock = {
    .name = "lock",
    .help = "an account's password opens nothing, and the account has expired",
    .params = params,
    .judge = lock_judge,
    .preview = lock_preview,
    .save = lock_save,
    .apply = lock_apply,
    .check = lock_check,
    .undo = lock_undo};
