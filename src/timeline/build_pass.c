/* build_pass.c: inside a worker: lists of files that another worker reads, whose lines are to be
 * known here, too: of a host's files the same line stands in several members of a bundle. */
#include "base/mem.h"
#include "timeline/build_job.h"

bool job_is_list_of_files(struct str head)
{
    return str_starts(head, "{\"path\":\"/");
}

static int read_bytes(void *context, uint64_t off, void *bytes, size_t size, size_t *got,
                      struct err *e)
{
    const struct walked *m = context;

    return m->bytes(m->context, off, bytes, size, got, e);
}

int job_pass_member(void *context, const struct walked *m, struct err *e)
{
    struct job *j = context;
    struct walked member = *m;
    CLEANUP_FREE char *head = mem_alloc(READER_HEAD_SIZE);
    const struct format *f = &format_live_file;
    struct reader r = {
        .names = j->names, .told = j->lines, .bytes = read_bytes, .bytes_context = &member};
    size_t got = 0;
    int rc = m->bytes(m->context, 0, head, READER_HEAD_SIZE, &got, e);

    if (rc || !f->knows((struct str){head, got}))
        return rc;
    reader_begin(&r, f, NULL);
    r.is_passed = true;
    rc = f->read(&r, e);
    reader_end(&r);
    return rc;
}
