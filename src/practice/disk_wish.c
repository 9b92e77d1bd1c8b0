/* disk_wish.c: reads what a person wants of a disk. */
#include "practice/disk_wish.h"
#include "base/limits.h"

static uint64_t number_of(const struct operation *op, const struct input *in, const char *field,
                          uint64_t otherwise)
{
    uint64_t n;

    return str_u64(input_value(op, in, field), &n) ? n : otherwise;
}

/* "12", "12-128", "12-128-3". */
static bool read_inode(struct str text, struct disk_wish *w)
{
    uint64_t type = 0, id = 0;

    w->has_inode = true;
    if (!str_u64(str_cut(&text, '-'), &w->inode))
        return false;
    if (text.len && !str_u64(str_cut(&text, '-'), &type))
        return false;
    w->has_attribute_id = text.len > 0;
    if (text.len && !str_u64(text, &id))
        return false;
    w->attribute_type = (uint32_t)type;
    w->attribute_id = (uint32_t)id;
    return type <= UINT32_MAX && id <= UINT16_MAX;
}

int disk_wish_read(struct disk_wish *w, const struct operation *op, const struct input *in,
                   struct err *e)
{
    struct str inode = input_value(op, in, "inode");
    uint64_t number = number_of(op, in, "partition", 0);

    w->number = (uint32_t)number;
    w->first = number_of(op, in, "offset", 0);
    w->path = input_value(op, in, "below");
    w->most = number_of(op, in, "most", LIMIT_DISK_CONTENT_SIZE);
    w->only_deleted = input_has(op, in, "deleted");
    w->wants_content = input_has(op, in, "folder");
    w->wants_slack = input_has(op, in, "slack");
    if (number > UINT32_MAX || (input_has(op, in, "partition") && number == 0))
        return err_set(e, ERR_USAGE, "partitions count from 1");
    if (input_has(op, in, "partition") && input_has(op, in, "offset"))
        return err_set(e, ERR_USAGE, "give --partition or --offset");
    if (inode.len && w->path.len)
        return err_set(e, ERR_USAGE, "give --path or --inode");
    if (inode.len && !read_inode(inode, w))
        return err_set(e, ERR_USAGE, "an inode is a number, 12, or on NTFS 12-128-3");
    if (input_has(op, in, "folder") + input_has(op, in, "body") + input_has(op, in, "raw") +
            input_has(op, in, "list") >
        1)
        return err_set(e, ERR_USAGE, "give one of --list, --body, --raw and --to");
    if (input_has(op, in, "keep") && !input_has(op, in, "folder"))
        return err_set(e, ERR_USAGE, "--keep takes what --to FOLDER reads out");
    if (input_has(op, in, "raw") && (input_has(op, in, "offset") || w->path.len || inode.len))
        return err_set(e, ERR_USAGE, "--raw writes a partition out whole: give --partition alone");
    return 0;
}
