/* collect_probe.c: lets a test script run the steps of a collection: collect_probe [ROOT] writes an
 * unsealed bundle to standard output. */
#include <stdio.h>
#include <unistd.h>
#include "collect/collection.h"

static int write_out(void *context, const void *bytes, size_t size, struct err *e)
{
    return fwrite(bytes, 1, size, context) == size ? 0 : err_errno(e, "cannot write");
}

int main(int argc, char **argv)
{
    const struct collection_options options = {.profile = PROFILE_TRIAGE,
                                               .root = argc > 1 ? argv[1] : NULL};
    const struct bundle_output output = {.write = write_out, .context = stdout};
    struct err e = {0};
    struct collection c = {.options = &options, .e = &e, .is_root = geteuid() == 0};

    c.started = utc_now();
    c.status = host_init(&c.host, options.root, &e);
    if (c.status == 0)
        c.status = bundle_begin(&c.bundle, &output, NULL, 0, &e);
    if (c.status) {
        fprintf(stderr, "%s\n", e.text);
        return err_exit_status(c.status);
    }
    c.arena = arena_new();
    c.missing = bundle_lines_new(c.bundle, "missing");
    c.observed = bundle_lines_new(c.bundle, "observed");
    c.artifacts = bundle_lines_new(c.bundle, "artifacts");
    collection_run(&c);
    if (c.status == 0)
        c.status = bundle_lines_end(c.missing, &e);
    if (c.status == 0)
        c.status = bundle_lines_end(c.observed, &e);
    if (c.status == 0)
        c.status = bundle_lines_end(c.artifacts, &e);
    if (c.status == 0)
        c.status = bundle_end(c.bundle, (struct str){"", 0}, &e);
    if (c.status)
        fprintf(stderr, "%s\n", e.text);
    process_list_release(&c.processes);
    arena_free(c.arena);
    host_release(&c.host);
    return err_exit_status(c.status);
}
