/* files.c: the step that lists trees and copies files. */
#include "collect/files.h"

bool files_list(struct files *f, const char *path, int fd, const char *by)
{
    CLEANUP_BUF struct buf whole = {0};
    bool is_full = f->c->options->profile == PROFILE_FULL;
    struct json *j;
    int code;

    if (f->left == 0) {
        collection_missing(f->c, STR("live/file"), 0, "more than %d lines: the rest is not listed",
                           FILES_ENTRY_COUNT);
        return false;
    }
    code = files_facts_read(&f->facts, &f->c->host, fd, is_full ? FILE_FLAGS_ALL : FILE_FLAGS_TOLD);
    if (code < 0) {
        files_missing(f, path, code, "what it is cannot be read");
        return true;
    }
    if (f->facts.is_cut)
        files_missing(f, path, -E2BIG, "it has more attributes than are taken");
    f->left--;
    buf_addf(&whole, "/%s", path);
    j = bundle_line_begin(f->lines);
    file_facts_put(j, buf_str(&whole), &f->facts);
    if (by)
        json_put_text(j, "artifact", by);
    files_settle(f, bundle_line_end(f->lines, f->c->e));
    return f->c->status == 0;
}

static bool found_in_tree(void *context, const char *path, int fd, const struct stat *st)
{
    (void)st;
    return files_list(context, path, fd, NULL);
}

static void list_tree(struct files *f, const char *tree)
{
    CLEANUP_BUF struct buf pattern = {0};

    files_escape(&pattern, str_of(tree));
    files_glob(f, buf_text(&pattern), FILES_ENTRY_COUNT, true, found_in_tree, f);
    buf_addf(&pattern, "/**%d", ARTIFACT_GLOB_DEPTH);
    files_glob(f, buf_text(&pattern), FILES_ENTRY_COUNT, false, found_in_tree, f);
}

void collection_files(struct collection *c)
{
    struct files f;

    files_init(&f, c);
    f.lines = bundle_lines_new(c->bundle, "live/file");
    for (size_t i = 0; i < c->options->tree_count && c->status == 0; i++)
        list_tree(&f, c->options->trees[i]);
    files_take_artifacts(&f);
    if (c->status)
        bundle_lines_abort(f.lines);
    else
        files_settle(&f, bundle_lines_end(f.lines, c->e));
    files_release(&f);
}
