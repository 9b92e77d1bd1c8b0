/* snapshot_probe.c: lets a test script call the collector: take [ROOT], quick [ROOT], diff A B,
 * observe A. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "base/json.h"
#include "collect/collect.h"
#include "collect/host.h"

static int print_line(void *context, struct str line, struct err *e)
{
    if (fwrite(line.p, 1, line.len, context) != line.len)
        return err_errno(e, "cannot write");
    return 0;
}

static int print_json(struct buf *line)
{
    buf_addc(line, '\n');
    return fwrite(line->p, 1, line->len, stdout) == line->len ? 0 : ERR_IO;
}

static int print_change(void *context, const struct collect_change *change, struct err *e)
{
    CLEANUP_BUF struct buf line = {0};
    struct json j;

    (void)context;
    (void)e;
    json_begin(&j, &line);
    json_object_begin(&j);
    json_put_text(&j, "kind", collect_change_name(change->kind));
    json_put_str(&j, "section", change->section);
    json_put_str(&j, "key", change->key);
    json_put_str(&j, "words", change->words);
    json_object_end(&j);
    return print_json(&line);
}

static int print_observation(void *context, const struct collect_observation *o, struct err *e)
{
    CLEANUP_BUF struct buf line = {0};
    struct json j;

    (void)context;
    (void)e;
    json_begin(&j, &line);
    json_object_begin(&j);
    json_put_text(&j, "code", o->code);
    json_put_text(&j, "hint", collect_hint_name(o->hint));
    json_put_u64(&j, "weight", o->weight);
    json_put_str(&j, "words", o->words);
    json_put_text(&j, "harmless", o->harmless);
    json_put_str(&j, "evidence", o->evidence);
    json_object_end(&j);
    return print_json(&line);
}

static int read_document(const char *path, struct buf *out, struct err *e)
{
    CLEANUP_HOST_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || host_read_fd(fd, out, COLLECT_DOCUMENT_SIZE) < 0)
        return err_errno(e, "cannot read %s", path);
    return 0;
}

static int take(const char *root, bool without_hashes, struct err *e)
{
    struct collect_options options = {.root = root, .without_hashes = without_hashes};

    return collect_snapshot(&options, print_line, stdout, e);
}

static int diff(const char *before, const char *after, struct err *e)
{
    CLEANUP_BUF struct buf a = {0};
    CLEANUP_BUF struct buf b = {0};
    int code = read_document(before, &a, e);

    if (code == 0)
        code = read_document(after, &b, e);
    return code ? code : collect_diff(buf_str(&a), buf_str(&b), print_change, NULL, e);
}

static int observe(const char *path, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    int code = read_document(path, &text, e);

    return code ? code : collect_observe(buf_str(&text), print_observation, NULL, e);
}

int main(int argc, char **argv)
{
    struct err e = {0};
    const char *what = argc > 1 ? argv[1] : "";
    int code = ERR_USAGE;

    if (strcmp(what, "take") == 0 || strcmp(what, "quick") == 0)
        code = take(argc > 2 ? argv[2] : NULL, what[0] == 'q', &e);
    else if (strcmp(what, "diff") == 0 && argc == 4)
        code = diff(argv[2], argv[3], &e);
    else if (strcmp(what, "observe") == 0 && argc == 3)
        code = observe(argv[2], &e);
    if (code)
        fprintf(stderr, "%s\n",
                e.text[0] ? e.text : "take [ROOT] | quick [ROOT] | diff A B | observe A");
    return err_exit_status(code);
}
