/* keys.c: takes away the files with an account's authorised keys. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "contain/action.h"
#include "contain/file_list.h"
#include "contain/key_files.h"
#include "contain/spell.h"

static int find(struct arena *a, const struct plan *p, struct account *account,
                struct key_files *files, struct err *e)
{
    int rc = account_find(a, plan_value(p, "user")->text, account, e);

    return rc ? rc : key_files_find(a, account, files, e);
}

static int keys_judge(const struct plan *p, const struct host_view *host, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct account account;
    struct key_files files;
    int rc = find(a, p, &account, &files, e);

    (void)host;
    return rc ? rc : account_judge(&account, e);
}

/* What really is to be taken away for a path: below base, which leads through no link, the first
 * link on the way, else the file. A folder of the user's that is a link is itself what leads to the
 * keys, and who followed it could be led anywhere. False: nothing lies there. */
static bool resolve(const char *base, struct str rest, struct buf *out)
{
    struct stat st = {.st_mode = S_IFDIR};

    buf_adds(out, strcmp(base, "/") == 0 ? "" : base);
    while (rest.len && S_ISDIR(st.st_mode)) {
        struct str part = str_cut(&rest, '/');

        if (!part.len)
            continue;
        buf_addc(out, '/');
        buf_addstr(out, part);
        if (lstat(buf_text(out), &st) < 0)
            return false;
    }
    return S_ISLNK(st.st_mode) || (S_ISREG(st.st_mode) && !rest.len);
}

/* Folders down to the home, and all of the system's own, may be links. */
static bool find_real(const struct account *account, struct str path, struct buf *out)
{
    bool is_at_home = account->home.len > 1 && str_starts(path, account->home.p) &&
                      path.p[account->home.len] == '/';
    const char *name = strrchr(path.p, '/') + 1;
    CLEANUP_BUF struct buf above = {0};
    CLEANUP_FREE char *real = NULL;

    if (is_at_home)
        buf_addstr(&above, account->home);
    else
        buf_add(&above, path.p, (size_t)(name - path.p));
    real = realpath(buf_text(&above), NULL);
    return real &&
           resolve(real, is_at_home ? str_from(path, account->home.len) : str_of(name), out);
}

typedef int take_path(struct str path, struct buf *out, struct err *e);

static int take_all(const struct plan *p, take_path *take, struct buf *out, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct str taken[KEY_FILE_COUNT];
    struct account account;
    struct key_files files;
    size_t count = 0;
    int rc = find(a, p, &account, &files, e);

    for (size_t i = 0; rc == 0 && i < files.count; i++) {
        CLEANUP_BUF struct buf real = {0};
        bool is_new = find_real(&account, files.paths[i], &real);

        for (size_t k = 0; k < count; k++)
            is_new &= !str_eq(taken[k], buf_str(&real));
        if (!is_new)
            continue;
        taken[count++] = (struct str){arena_dup(a, real.p, real.len), real.len};
        rc = take(taken[count - 1], out, e);
    }
    return rc;
}

static int keys_preview(const struct plan *p, const struct host_view *host, struct buf *out,
                        struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct account account;
    struct key_files files;
    int rc = find(a, p, &account, &files, e);

    (void)host;
    if (rc)
        return rc;
    if (files.has_command)
        buf_adds(out, "warn keys-elsewhere\n");
    for (size_t i = 0; i < files.shared_count; i++) {
        buf_adds(out, "warn keys-shared ");
        spell_add(out, files.shared[i]);
        buf_addc(out, '\n');
    }
    return take_all(p, file_list_preview, out, e);
}

static int keys_save(const struct plan *p, struct buf *before, struct err *e)
{
    return take_all(p, file_list_save, before, e);
}

static const struct action_param params[] = {
    {.name = "user", .type = ACTION_NAME, .is_required = true, .help = "the name of an account"},
    {0}};

const struct contain_action contain_keys = {.name = "keys",
                                            .help = "take an account's authorised keys away",
                                            .params = params,
                                            .judge = keys_judge,
                                            .preview = keys_preview,
                                            .save = keys_save,
                                            .apply = file_list_apply,
                                            .check = file_list_check,
                                            .undo = file_list_undo};
