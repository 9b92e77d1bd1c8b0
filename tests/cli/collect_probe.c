/* collect_probe.c: lets a test script run steps of a collection: collect_probe ROOT STEP… writes an
 * unsealed bundle of what they read to standard output. */
#include <stdio.h>
#include <unistd.h>
#include "collect/collection.h"
#include "collect/rights.h"

static int write_out(void *context, const void *bytes, size_t size, struct err *e)
{
    return fwrite(bytes, 1, size, context) == size ? 0 : err_errno(e, "cannot write");
}

static const struct {
    const char *name;
    collection_step *run;
} steps[] = {
#define STEP(name, function, profiles, title) {name, function},
#include "collect/steps.def"
#undef STEP
};

static int run_step(struct collection *c, const char *name)
{
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        if (strcmp(steps[i].name, name) != 0)
            continue;
        c->step = name;
        steps[i].run(c);
        return c->status;
    }
    return err_set(c->e, ERR_USAGE, "no step is called %s", name);
}

static int run_all(struct collection *c, char **names, int count)
{
    int code = run_step(c, "scan");

    for (int i = 0; i < count && code == 0; i++)
        code = run_step(c, names[i]);
    if (code == 0)
        code = bundle_lines_end(c->missing, c->e);
    if (code == 0)
        code = bundle_lines_end(c->observed, c->e);
    if (code == 0)
        code = bundle_lines_end(c->artifacts, c->e);
    return code ? code : bundle_end(c->bundle, (struct str){"", 0}, c->e);
}

int main(int argc, char **argv)
{
    const struct collection_options options = {.profile = PROFILE_TRIAGE,
                                               .without_environment = getenv("WITHOUT") != NULL,
                                               .root = argc > 1 ? argv[1] : NULL};
    const struct bundle_output output = {.write = write_out, .context = stdout};
    struct err e = {0};
    struct collection c = {.options = &options, .e = &e, .is_root = geteuid() == 0};

    c.started = utc_now();
    c.status = host_init(&c.host, options.root, &e);
    if (c.status == 0)
        c.status = bundle_begin(&c.bundle, &output, NULL, 0, &e);
    if (c.status == 0) {
        c.arena = arena_new();
        c.missing = bundle_lines_new(c.bundle, "missing");
        c.observed = bundle_lines_new(c.bundle, "observed");
        c.artifacts = bundle_lines_new(c.bundle, "artifacts");
        c.status = run_all(&c, argv + 2, argc - 2);
    }
    if (c.status)
        fprintf(stderr, "%s\n", e.text);
    rights_free(c.rights);
    process_list_release(&c.processes);
    arena_free(c.arena);
    host_release(&c.host);
    return err_exit_status(c.status);
}
