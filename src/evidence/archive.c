/* archive.c: the program's side of reading an archive: starts the worker and checks what it says.
 */
#include "evidence/archive.h"
#include <unistd.h>
#include "base/limits.h"
#include "evidence/archive_wire.h"

enum {
    ZEROS_SIZE = 64 << 10,
    CPU_S = 3600,
    WALL_S = 4 * 3600,
    EXPANSION_FREE_SIZE = 16 << 20, /* base/limits.h: "past the first 16 MiB" */
};

int archive_count_out(uint64_t *out_size, uint64_t more, uint64_t in_size, struct err *e)
{
    uint64_t sum;

    if (__builtin_add_overflow(*out_size, more, &sum) || sum > LIMIT_ARCHIVE_TOTAL_SIZE)
        return err_set(e, ERR_LIMIT, "more than %llu GiB of content",
                       (unsigned long long)(LIMIT_ARCHIVE_TOTAL_SIZE >> 30));
    if (sum > EXPANSION_FREE_SIZE &&
        (sum - EXPANSION_FREE_SIZE) / LIMIT_ARCHIVE_EXPANSION > in_size)
        return err_set(e, ERR_LIMIT, "it grows to more than %d times its size when unpacked",
                       LIMIT_ARCHIVE_EXPANSION);
    *out_size = sum;
    return 0;
}

int archive_unsound(struct err *e)
{
    return err_set(
        e, ERR_TAMPER,
        "the archive's reader sent what no sound one sends, and was stopped. The archive "
        "may be made to attack it");
}

static bool read_entry(struct str body, struct archived *out)
{
    struct archive_entry_head head;

    if (body.len < sizeof(head))
        return false;
    memcpy(&head, body.p, sizeof(head));
    body = str_from(body, sizeof(head));
    if (head.type >= ARCHIVED_TYPE_COUNT_ || head.name_len > LIMIT_ARCHIVE_PATH_SIZE ||
        head.link_len > LIMIT_ARCHIVE_PATH_SIZE || head.warning_len > WIRE_TEXT_LIMIT ||
        body.len != (size_t)head.name_len + head.link_len + head.warning_len ||
        head.modified_ns > 999999999 || head.mode > 07777)
        return false;
    *out = (struct archived){
        .name = str_head(body, head.name_len),
        .link = str_head(str_from(body, head.name_len), head.link_len),
        .warning = str_from(body, (size_t)head.name_len + head.link_len),
        .type = (enum archived_type)head.type,
        .has_size = head.flags & WIRE_HAS_SIZE,
        .has_modified = head.flags & WIRE_HAS_MODIFIED,
        .is_sparse = head.flags & WIRE_IS_SPARSE,
        .is_encrypted = head.flags & WIRE_IS_ENCRYPTED,
        .size = head.flags & WIRE_HAS_SIZE ? head.size : 0,
        .mode = head.mode,
        .uid = head.uid,
        .gid = head.gid,
    };
    if (out->has_modified)
        out->modified = (struct utc){head.modified_sec, head.modified_ns};
    return true;
}

static int take_entry(struct archive_reading *r, struct str body, struct err *e)
{
    struct archived entry;

    if (r->is_open || !read_entry(body, &entry))
        return archive_unsound(e);
    if (++r->entry_count > r->entry_limit)
        return err_set(e, ERR_LIMIT, "more than %llu entries", (unsigned long long)r->entry_limit);
    r->is_open = true;
    r->entry_size = 0;
    return r->to->entry ? r->to->entry(r->to->context, &entry, e) : 0;
}

static int take_data(struct archive_reading *r, struct str bytes, struct err *e)
{
    int code;

    if (!r->is_open)
        return archive_unsound(e);
    code = r->counts_out ? archive_count_out(&r->out_size, bytes.len, r->in_size, e) : 0;
    if (code)
        return code;
    r->entry_size += bytes.len;
    return r->to->data ? r->to->data(r->to->context, bytes, e) : 0;
}

static int take_hole(struct archive_reading *r, struct str body, struct err *e)
{
    static const char zeros[ZEROS_SIZE];
    uint64_t left;

    if (body.len != sizeof(left))
        return archive_unsound(e);
    memcpy(&left, body.p, sizeof(left));
    while (left) {
        struct str part = {zeros, left < ZEROS_SIZE ? (size_t)left : ZEROS_SIZE};
        int code = take_data(r, part, e);

        if (code)
            return code;
        left -= part.len;
    }
    return 0;
}

static int take_end(struct archive_reading *r, struct str body, struct err *e)
{
    uint64_t size;

    if (!r->is_open || body.len < sizeof(size) || body.len > sizeof(size) + WIRE_TEXT_LIMIT)
        return archive_unsound(e);
    memcpy(&size, body.p, sizeof(size));
    if (size != r->entry_size)
        return archive_unsound(e);
    r->is_open = false;
    if (!r->to->end)
        return 0;
    return r->to->end(r->to->context, size, str_from(body, sizeof(size)), e);
}

static void copy_text(char *out, size_t size, struct str text)
{
    size_t len = text.len < size ? text.len : size - 1;

    memcpy(out, text.p, len);
    out[len] = '\0';
}

static int take_summary(struct archive_reading *r, struct str body, struct err *e)
{
    uint64_t sums[2];
    struct str format;

    if (r->is_open || r->has_summary || body.len < sizeof(sums) ||
        body.len > sizeof(sums) + WIRE_TEXT_LIMIT)
        return archive_unsound(e);
    memcpy(sums, body.p, sizeof(sums));
    body = str_from(body, sizeof(sums));
    format = str_cut(&body, '\0');
    if (sums[0] != r->entry_count || sums[1] != r->out_size)
        return archive_unsound(e);
    r->has_summary = true;
    r->summary.entry_count = r->entry_count;
    r->summary.size = r->out_size;
    copy_text(r->summary.format, sizeof(r->summary.format), format);
    copy_text(r->summary.filters, sizeof(r->summary.filters), body);
    return 0;
}

int archive_take_message(struct archive_reading *r, uint32_t kind, struct str body, struct err *e)
{
    switch (kind) {
    case WIRE_ENTRY:
        return take_entry(r, body, e);
    case WIRE_DATA:
        return take_data(r, body, e);
    case WIRE_HOLE:
        return take_hole(r, body, e);
    case WIRE_ENTRY_END:
        return take_end(r, body, e);
    case WIRE_SUMMARY:
        return take_summary(r, body, e);
    }
    return archive_unsound(e);
}

static int take_message(void *context, uint32_t kind, struct str body, struct err *e)
{
    return archive_take_message(context, kind, body, e);
}

static int run(struct archive_reading *r, int fd, const char *name, struct err *e)
{
    static const struct worker_limits limits = {
        .cpu_s = CPU_S, .wall_s = WALL_S, .hears_interrupt = true};
    struct str argument = {(const char *)&r->in_size, sizeof(r->in_size)};

    return worker_run(archive_job, name, fd, argument, &limits, take_message, r, e);
}

int archived_read(int fd, const char *name, const struct archived_receiver *receiver,
                  struct archived_summary *out, struct err *e)
{
    struct archive_reading r = {
        .to = receiver, .entry_limit = LIMIT_ARCHIVE_ENTRY_COUNT, .counts_out = true};
    off_t size = lseek(fd, 0, SEEK_END);
    int code;

    if (size < 0)
        return err_errno(e, "cannot find the size of %s", name);
    r.in_size = (uint64_t)size;
    code = run(&r, fd, name, e);
    if (code)
        return code;
    if (!r.has_summary)
        return archive_unsound(e);
    *out = r.summary;
    return 0;
}
