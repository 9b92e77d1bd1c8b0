/* test_collect_tree.h: lays a tree of files as a host has them, and takes a snapshot of it. */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>
#include "collect/collect.h"
#include "collect/reader.h"

struct tree {
    char root[64];
    struct buf text; /* the snapshot taken last */
};

static UNUSED int tree_open(void **state)
{
    struct tree *t = calloc(1, sizeof(*t));

    snprintf(t->root, sizeof(t->root), "/tmp/test_collect.XXXXXX");
    *state = t;
    return mkdtemp(t->root) ? 0 : -1;
}

static UNUSED int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static UNUSED int tree_close(void **state)
{
    struct tree *t = *state;
    int code = nftw(t->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);

    buf_release(&t->text);
    free(t);
    return code;
}

static UNUSED const char *tree_path(struct tree *t, const char *path, struct buf *out)
{
    buf_clear(out);
    buf_addf(out, "%s/%s", t->root, path);
    for (char *p = out->p + strlen(t->root) + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        (void)mkdir(out->p, 0755);
        *p = '/';
    }
    return buf_text(out);
}

static UNUSED void tree_put_bytes(struct tree *t, const char *path, const void *bytes, size_t size)
{
    CLEANUP_BUF struct buf whole = {0};
    int fd = open(tree_path(t, path, &whole), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), (ssize_t)size);
    assert_int_equal(close(fd), 0);
}

static UNUSED void tree_put(struct tree *t, const char *path, const char *text)
{
    tree_put_bytes(t, path, text, strlen(text));
}

static UNUSED void tree_link(struct tree *t, const char *path, const char *target)
{
    CLEANUP_BUF struct buf whole = {0};

    assert_int_equal(symlink(target, tree_path(t, path, &whole)), 0);
}

static UNUSED void tree_mode(struct tree *t, const char *path, mode_t mode)
{
    CLEANUP_BUF struct buf whole = {0};

    assert_int_equal(chmod(tree_path(t, path, &whole), mode), 0);
}

static UNUSED struct str tree_take(struct tree *t)
{
    struct collect_options options = {.root = t->root};
    struct err e = {0};

    buf_clear(&t->text);
    if (collect_snapshot_to(&options, &t->text, &e))
        fail_msg("%s", e.text);
    return buf_str(&t->text);
}

/* The members of the line with that section and key (as spelled); fails when there is none. */
static UNUSED void tree_find(struct tree *t, const char *section, const char *key,
                             struct members *m)
{
    CLEANUP_BUF struct buf start = {0};
    struct str rest = buf_str(&t->text);

    buf_addf(&start, "{\"section\":\"%s\",\"key\":\"%s\"", section, key);
    while (rest.len) {
        struct str line = str_cut(&rest, '\n');

        if (!str_starts(line, buf_text(&start)))
            continue;
        assert_true(members_read(m, line));
        return;
    }
    fail_msg("no line %s %s in:\n%s", section, key, buf_text(&t->text));
}

/* A member of a line as spelled in the document. */
static UNUSED void tree_expect(struct tree *t, const char *section, const char *key,
                               const char *member, const char *spelled)
{
    struct members m;
    CLEANUP_BUF struct buf found = {0};

    tree_find(t, section, key, &m);
    buf_addstr(&found, members_find(&m, member));
    if (strcmp(buf_text(&found), spelled) != 0)
        fail_msg("%s %s: %s is %s, not %s", section, key, member, buf_text(&found), spelled);
}

static UNUSED bool tree_has(struct tree *t, const char *text)
{
    return memmem(t->text.p, t->text.len, text, strlen(text)) != NULL;
}
