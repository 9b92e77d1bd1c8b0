/* fuzz_live.h: what the targets share that read a host as an input makes it: a tree of its files,
 * and a bundle that is thrown away. */
#pragma once
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "collect/live.h"

enum { FUZZ_CUT = 0x1e, FUZZ_PATH_SIZE = 128, FUZZ_ROOT_SIZE = 64 };

/* Folders stand behind those that hold them. */
struct fuzz_tree {
    const char *name;
    const char *const *folders;
    size_t folder_count;
    const char *const *files;
    size_t file_count;
    const char *const (*links)[2]; /* the path, and where it leads */
    size_t link_count;
};

static UNUSED int fuzz_drop(void *context, const void *bytes, size_t size, struct err *e)
{
    (void)context;
    (void)bytes;
    (void)size;
    (void)e;
    return 0;
}

static UNUSED const char *fuzz_path(char out[FUZZ_PATH_SIZE], const char *root, const char *name)
{
    snprintf(out, FUZZ_PATH_SIZE, "%s/%s", root, name);
    return out;
}

static UNUSED void fuzz_put(const char *root, const char *name, struct str bytes)
{
    char path[FUZZ_PATH_SIZE];
    int fd = open(fuzz_path(path, root, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || write(fd, bytes.p, bytes.len) != (ssize_t)bytes.len)
        BUG("cannot lay %s", path);
    close(fd);
}

/* One folder for all inputs; it is made anew where it is not there. parts: of each file. */
static UNUSED void fuzz_lay(const struct fuzz_tree *t, char root[FUZZ_ROOT_SIZE],
                            const struct str *parts)
{
    char path[FUZZ_PATH_SIZE];

    snprintf(root, FUZZ_ROOT_SIZE, "/tmp/%s.%d", t->name, (int)getpid());
    (void)mkdir(root, 0700);
    for (size_t i = 0; i < t->folder_count; i++)
        (void)mkdir(fuzz_path(path, root, t->folders[i]), 0700);
    for (size_t i = 0; i < t->link_count; i++)
        if (symlink(t->links[i][1], fuzz_path(path, root, t->links[i][0])) < 0)
            BUG("cannot lay %s", path);
    for (size_t i = 0; i < t->file_count; i++)
        fuzz_put(root, t->files[i], parts[i]);
}

static UNUSED void fuzz_clear(const struct fuzz_tree *t, const char *root)
{
    char path[FUZZ_PATH_SIZE];

    for (size_t i = 0; i < t->file_count; i++)
        (void)unlink(fuzz_path(path, root, t->files[i]));
    for (size_t i = 0; i < t->link_count; i++)
        (void)unlink(fuzz_path(path, root, t->links[i][0]));
    for (size_t i = t->folder_count; i; i--)
        (void)rmdir(fuzz_path(path, root, t->folders[i - 1]));
    (void)rmdir(root);
}

static UNUSED void fuzz_begin(struct collection *c, const struct bundle_output *output)
{
    if (host_init(&c->host, c->options->root, c->e) ||
        bundle_begin(&c->bundle, output, NULL, 0, c->e))
        BUG("%s", c->e->text);
    c->arena = arena_new();
    c->missing = bundle_lines_new(c->bundle, "missing");
    c->observed = bundle_lines_new(c->bundle, "observed");
}

static UNUSED void fuzz_end(struct collection *c)
{
    bundle_lines_abort(c->missing);
    bundle_lines_abort(c->observed);
    bundle_abort(c->bundle);
    process_list_release(&c->processes);
    arena_free(c->arena);
    host_release(&c->host);
}
