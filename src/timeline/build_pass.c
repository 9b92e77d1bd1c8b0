/* build_pass.c: inside a worker: lists of files and of logins that another worker reads, whose
 * lines are to be known here, too: of a host's files the same line stands in several members of a
 * bundle, and a login in the file run/utmp. */
#include "base/mem.h"
#include "timeline/build_job.h"

bool job_is_list(struct str head)
{
    return str_starts(head, "{\"path\":\"/") || str_starts(head, "{\"from\":\"");
}

static int take_none(void *context, const struct event *event, struct err *e)
{
    (void)context, (void)event, (void)e;
    return 0;
}

static int read_bytes(void *context, uint64_t off, void *bytes, size_t size, size_t *got,
                      struct err *e)
{
    const struct walked *m = context;

    return m->bytes(m->context, off, bytes, size, got, e);
}

static const struct format *find(struct str head)
{
    return format_live_file.knows(head)    ? &format_live_file
           : format_live_login.knows(head) ? &format_live_login
                                           : NULL;
}

int job_pass_member(void *context, const struct walked *m, struct err *e)
{
    struct job *j = context;
    struct walked member = *m;
    CLEANUP_FREE char *head = mem_alloc(READER_HEAD_SIZE);
    const struct format *f;
    struct reader r = {.names = j->names,
                       .told = j->lines,
                       .bytes = read_bytes,
                       .bytes_context = &member,
                       .take = take_none};
    size_t got = 0;
    int rc = m->bytes(m->context, 0, head, READER_HEAD_SIZE, &got, e);

    if (rc)
        return rc;
    f = find((struct str){head, got});
    if (!f)
        return 0;
    reader_begin(&r, f, NULL);
    r.is_passed = true;
    rc = reader_part(&r, 0, UINT64_MAX, e);
    reader_end(&r);
    return rc;
}
