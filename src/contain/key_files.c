/* key_files.c: reads sshd's configuration for the files with an account's keys. */
#include "contain/key_files.h"
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "sys/file.h"

#define CONFIG "/etc/ssh/sshd_config"

enum { CONFIG_SIZE = 1 << 20, DEPTH_MOST = 16 };

struct reading {
    struct arena *arena;
    const struct account *account;
    struct key_files *found;
    struct err *e;
};

static bool has_path(const struct str *list, size_t count, struct str path)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(list[i], path))
            return true;
    return false;
}

static int add_path(struct reading *r, const struct buf *path, bool is_own)
{
    struct key_files *f = r->found;
    struct str *list = is_own ? f->paths : f->shared;
    size_t *count = is_own ? &f->count : &f->shared_count;

    if (has_path(list, *count, buf_str(path)))
        return 0;
    if (*count == KEY_FILE_COUNT)
        return err_set(r->e, ERR_LIMIT, CONFIG " names more than %d files of keys", KEY_FILE_COUNT);
    list[(*count)++] = (struct str){arena_dup(r->arena, path->p, path->len), path->len};
    return 0;
}

/* The path as sshd makes it, without double slashes. */
static void add_piece(struct buf *out, struct str piece)
{
    for (size_t i = 0; i < piece.len; i++)
        if (piece.p[i] != '/' || !out->len || out->p[out->len - 1] != '/')
            buf_addc(out, piece.p[i]);
}

static bool add_token(const struct account *account, char token, struct buf *out)
{
    switch (token) {
    case 'h':
        add_piece(out, account->home);
        return true;
    case 'u':
        buf_addstr(out, account->name);
        return true;
    case 'U':
        buf_addf(out, "%u", account->uid);
        return true;
    default:
        buf_addc(out, token);
        return false;
    }
}

static int take_pattern(struct reading *r, struct str pattern)
{
    CLEANUP_BUF struct buf path = {0};
    bool is_own = !str_starts(pattern, "/");

    if (strncasecmp(pattern.p, "none", pattern.len) == 0 && pattern.len == 4)
        return 0;
    if (is_own && !str_starts(pattern, "%h")) {
        add_piece(&path, r->account->home);
        add_piece(&path, STR("/"));
    }
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.p[i] == '%' && i + 1 < pattern.len)
            is_own |= add_token(r->account, pattern.p[++i], &path);
        else
            add_piece(&path, (struct str){pattern.p + i, 1});
    }
    return add_path(r, &path, is_own);
}

/* The next word; quotes may stand around it. */
static struct str next_word(struct str *rest)
{
    struct str word;

    *rest = str_trim(*rest);
    if (str_starts(*rest, "\"")) {
        *rest = str_from(*rest, 1);
        return str_cut(rest, '"');
    }
    word = str_head(*rest, strcspn(rest->p, " \t=\n") < rest->len ? strcspn(rest->p, " \t=\n")
                                                                  : rest->len);
    *rest = str_from(*rest, word.len + 1);
    return word;
}

static bool is_word(struct str word, const char *name)
{
    return word.len == strlen(name) && strncasecmp(word.p, name, word.len) == 0;
}

static int read_config(struct reading *r, const char *path, unsigned depth);

static int include(struct reading *r, struct str pattern, unsigned depth)
{
    CLEANUP_BUF struct buf path = {0};
    glob_t found;
    int rc = 0;

    if (!str_starts(pattern, "/"))
        buf_adds(&path, "/etc/ssh/");
    buf_addstr(&path, pattern);
    if (glob(buf_text(&path), 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc && rc == 0; i++)
            rc = read_config(r, found.gl_pathv[i], depth + 1);
    globfree(&found);
    return rc;
}

static int read_line(struct reading *r, struct str line, unsigned depth)
{
    struct str word = next_word(&line);
    bool is_files = is_word(word, "AuthorizedKeysFile"), is_include = is_word(word, "Include");
    int rc = 0;

    if (is_word(word, "AuthorizedKeysCommand") || is_word(word, "TrustedUserCAKeys"))
        r->found->has_command = !is_word(next_word(&line), "none");
    while ((is_files || is_include) && str_trim(line).len && rc == 0) {
        struct str value = next_word(&line);

        if (value.len && value.p[0] == '#')
            break;
        if (value.len)
            rc = is_files ? take_pattern(r, value) : include(r, value, depth);
    }
    return rc;
}

static int read_config(struct reading *r, const char *path, unsigned depth)
{
    CLEANUP_BUF struct buf text = {0};
    struct str rest;
    int rc;

    if (depth > DEPTH_MOST || !file_is_there(path))
        return 0;
    rc = file_read(&text, path, CONFIG_SIZE, r->e);
    for (rest = buf_str(&text); rest.len && rc == 0;)
        rc = read_line(r, str_trim(str_cut(&rest, '\n')), depth);
    return rc;
}

int key_files_find(struct arena *a, const struct account *account, struct key_files *out,
                   struct err *e)
{
    struct reading r = {.arena = a, .account = account, .found = out, .e = e};
    int rc;

    *out = (struct key_files){0};
    rc = take_pattern(&r, STR(".ssh/authorized_keys"));
    if (rc == 0)
        rc = take_pattern(&r, STR(".ssh/authorized_keys2"));
    return rc ? rc : read_config(&r, CONFIG, 0);
}
