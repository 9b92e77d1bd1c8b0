/* snapshot_coverage.c: reads the coverage lines of a snapshot document. */
#include "practice/snapshot_coverage.h"
#include <unistd.h>
#include "collect/collect.h"
#include "practice/import.h"
#include "sys/file.h"
#include "sys/worker.h"

enum { NAME_SIZE_MAX = 64, SECTION_COUNT_MAX = 100, MESSAGE_SECTION = 1 };

static bool is_word(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((s.p[i] < 'a' || s.p[i] > 'z') && s.p[i] != ' ')
            return false;
    return s.len > 0 && s.len <= NAME_SIZE_MAX;
}

static bool is_seen(struct str s)
{
    return str_is(s, "whole") || str_is(s, "part") || str_is(s, "none") || str_is(s, "absent");
}

/* In the worker: one line into a message "seen name". A line of another shape says nothing. */
static int send_line(struct str line, struct worker_channel *channel, struct err *e)
{
    CLEANUP_IMPORT_JSON json_t *object = NULL;
    CLEANUP_BUF struct buf message = {0};
    struct str name;
    struct str seen;

    if (import_json_text(&object, line, NULL))
        return 0;
    name = import_text(object, "key");
    seen = import_text(object, "seen");
    if (!is_word(name) || !is_seen(seen))
        return 0;
    buf_addf(&message, STR_FMT " " STR_FMT, STR_ARG(seen), STR_ARG(name));
    return worker_send(channel, MESSAGE_SECTION, buf_str(&message), e);
}

static int coverage_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    struct str rest;
    int rc;

    (void)argument;
    if (lseek(in, 0, SEEK_SET) < 0)
        return err_errno(e, "cannot read the snapshot from its start");
    rc = file_read_fd(&text, in, "the snapshot", COLLECT_DOCUMENT_SIZE, e);
    rest = buf_str(&text);
    while (rc == 0 && rest.len) {
        struct str line = str_cut(&rest, '\n');

        if (str_starts(line, "{\"section\":\"coverage\",") && line.len <= COLLECT_LINE_SIZE)
            rc = send_line(line, channel, e);
    }
    return rc;
}

struct reading {
    struct buf *out;
    uint64_t sections;
};

static int take_section(void *context, uint32_t kind, struct str bytes, struct err *e)
{
    struct reading *r = context;
    struct str name = bytes;
    struct str seen = str_cut(&name, ' ');

    if (kind != MESSAGE_SECTION || !is_seen(seen) || !is_word(name) ||
        ++r->sections > SECTION_COUNT_MAX)
        return err_set(e, ERR_TAMPER, "what the reader of the snapshot said is not what it says");
    if (str_is(seen, "part") || str_is(seen, "none"))
        buf_addf(r->out, "%s" STR_FMT ": " STR_FMT, r->out->len ? "\n" : "", STR_ARG(name),
                 STR_ARG(seen));
    return 0;
}

int snapshot_coverage(int fd, struct buf *out, uint64_t *sections, struct err *e)
{
    struct reading r = {.out = out};
    int rc =
        worker_run(coverage_job, "reading the snapshot", fd, STR(""), NULL, take_section, &r, e);

    if (rc == 0)
        *sections = r.sections;
    return rc;
}
