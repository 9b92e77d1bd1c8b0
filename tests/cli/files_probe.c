/* files_probe.c: runs the steps that list, copy and hash files, and writes the bundle, not sealed,
 * to standard output; for comparison with what other programs say.
 *
 * Arguments: STEPS ROOT (STEPS: letters f and h), then any of: full, threads=N, limit=BYTES,
 * tree=PATH, definitions=PATH, artifact=NAME. */
#include <time.h>
#include <unistd.h>
#include "collect/collection.h"

enum { LIST_COUNT = 64 };

static int write_out(void *context, const void *bytes, size_t size, struct err *e)
{
    const char *p = bytes;

    (void)context;
    while (size) {
        ssize_t n = write(STDOUT_FILENO, p, size);

        if (n < 0)
            return err_errno(e, "cannot write");
        p += n;
        size -= (size_t)n;
    }
    return 0;
}

struct lists {
    const char *trees[LIST_COUNT];
    const char *definitions[LIST_COUNT];
    const char *artifacts[LIST_COUNT];
};

static const char *value_of(const char *word, const char *name)
{
    size_t len = strlen(name);

    return strncmp(word, name, len) == 0 ? word + len : NULL;
}

static void add(const char **list, size_t *count, const char *value)
{
    if (value && *count < LIST_COUNT)
        list[(*count)++] = value;
}

static void read_word(struct collection_options *o, struct lists *l, const char *word)
{
    uint64_t n;

    if (strcmp(word, "full") == 0)
        o->profile = PROFILE_FULL;
    if (value_of(word, "threads=") && str_u64(str_of(value_of(word, "threads=")), &n))
        o->threads = (unsigned)n;
    if (value_of(word, "limit=") && str_u64(str_of(value_of(word, "limit=")), &n))
        o->limit = n;
    add(l->trees, &o->tree_count, value_of(word, "tree="));
    add(l->definitions, &o->definition_count, value_of(word, "definitions="));
    add(l->artifacts, &o->artifact_count, value_of(word, "artifact="));
}

static int take(struct collection *c, const char *steps)
{
    collection_scan(c);
    for (const char *p = steps; *p && c->status == 0; p++) {
        c->step = *p == 'f' ? "file" : "hash";
        (*p == 'f' ? collection_files : collection_hashes)(c);
    }
    if (c->status)
        return c->status;
    int code = bundle_lines_end(c->missing, c->e);
    if (code == 0)
        code = bundle_lines_end(c->observed, c->e);
    if (code == 0)
        code = bundle_lines_end(c->artifacts, c->e);
    return code ? code : bundle_end(c->bundle, STR("\"seconds\":0"), c->e);
}

int main(int argc, char **argv)
{
    struct lists l = {0};
    struct err e = {0};
    struct collection_options options = {.profile = PROFILE_TRIAGE,
                                         .root = argc > 2 ? argv[2] : NULL,
                                         .trees = l.trees,
                                         .definitions = l.definitions,
                                         .artifacts = l.artifacts};
    struct collection c = {
        .host.root = -1, .options = &options, .step = "scan", .is_root = geteuid() == 0, .e = &e};
    const struct bundle_output output = {.write = write_out};
    int code;

    for (int i = 3; i < argc; i++)
        read_word(&options, &l, argv[i]);
    clock_gettime(CLOCK_MONOTONIC, &c.begun);
    code = argc < 3 ? ERR_USAGE : host_init(&c.host, options.root, &e);
    if (code == 0)
        code = bundle_begin(&c.bundle, &output, NULL, 0, &e);
    if (code == 0) {
        c.arena = arena_new();
        c.missing = bundle_lines_new(c.bundle, "missing");
        c.observed = bundle_lines_new(c.bundle, "observed");
        c.artifacts = bundle_lines_new(c.bundle, "artifacts");
        code = take(&c, argv[1]);
    }
    if (code)
        fprintf(stderr, "%s\n", e.text);
    process_list_release(&c.processes);
    arena_free(c.arena);
    host_release(&c.host);
    return code ? 1 : 0;
}
