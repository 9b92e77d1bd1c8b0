/* archive_send.c: what a worker that reads an archive sends of an entry. */
#include "evidence/archive.h"
#include "evidence/archive_wire.h"

int archive_send_entry(struct worker_channel *channel, const struct archived *entry, struct err *e)
{
    CLEANUP_BUF struct buf message = {0};
    struct archive_entry_head head = {
        .type = entry->type,
        .flags = (entry->has_size ? (uint32_t)WIRE_HAS_SIZE : 0) |
                 (entry->has_modified ? (uint32_t)WIRE_HAS_MODIFIED : 0) |
                 (entry->is_sparse ? (uint32_t)WIRE_IS_SPARSE : 0) |
                 (entry->is_encrypted ? (uint32_t)WIRE_IS_ENCRYPTED : 0),
        .size = entry->size,
        .uid = entry->uid,
        .gid = entry->gid,
        .modified_sec = entry->modified.sec,
        .modified_ns = entry->modified.ns,
        .mode = entry->mode,
        .name_len = (uint32_t)entry->name.len,
        .link_len = (uint32_t)entry->link.len,
        .warning_len = (uint32_t)entry->warning.len,
    };

    buf_add(&message, &head, sizeof(head));
    buf_addstr(&message, entry->name);
    buf_addstr(&message, entry->link);
    buf_addstr(&message, entry->warning);
    return worker_send(channel, WIRE_ENTRY, buf_str(&message), e);
}

int archive_send_content(struct worker_channel *channel, struct str bytes, struct err *e)
{
    int code = 0;

    while (!code && bytes.len) {
        struct str part = str_head(bytes, WIRE_CHUNK_SIZE);

        code = worker_send(channel, WIRE_DATA, part, e);
        bytes = str_from(bytes, part.len);
    }
    return code;
}

int archive_send_end(struct worker_channel *channel, uint64_t size, struct str problem,
                     struct err *e)
{
    CLEANUP_BUF struct buf message = {0};

    buf_add(&message, &size, sizeof(size));
    buf_addstr(&message, problem);
    return worker_send(channel, WIRE_ENTRY_END, buf_str(&message), e);
}
