/* segment_room.c: counts what the lines of a directory come to, without their packed sizes. */
#include "timeline/segment_room.h"

enum {
    ESCAPED = 4,           /* bytes of one, at most */
    SOURCE_SIZE = 400,     /* of its line, besides its texts; numbers as long as they get */
    BLOCK_SIZE = 192,      /* the same of a block */
    NOTICE_SIZE = 2 << 10, /* what is said of a source that was cut: words and block */
    WORDS_SIZE = 512,      /* of these, the words */
    BEGIN_SIZE = 16 << 10, /* of a source whose reading is begun, so that it is not in vain */
    REST_SIZE = 32 << 10,  /* and of the whole */
};

void room_begin(struct segment_room *r, uint64_t most)
{
    *r = (struct segment_room){.most = (most ? most : DIRECTORY_MOST) - REST_SIZE};
}

uint32_t room_of_source(uint64_t most)
{
    most = most ? most : DIRECTORY_MOST;
    return (uint32_t)(most / 2 - most / 32);
}

static uint64_t spelled(struct str text)
{
    uint64_t size = 0;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = (uint8_t)text.p[i];

        size += c < 0x20 || c == 0x7f || c == '\\' ? ESCAPED : 1;
    }
    return size;
}

bool room_source(struct segment_room *r, struct str name, struct str remark, bool is_alone)
{
    uint64_t size = SOURCE_SIZE + NOTICE_SIZE + spelled(name) + spelled(remark);
    uint64_t left = r->most - r->spent, share = is_alone ? left : left / 2;

    if (size + BEGIN_SIZE > left)
        return false;
    r->most_now = share > ROOM_LEAST / 2 ? share : left;
    r->most_now = size > r->most_now ? size : r->most_now;
    r->kept = size;
    r->part = 0;
    return true;
}

static uint64_t digits(uint64_t n)
{
    uint64_t count = 1;

    for (; n > 9; n /= 10)
        count++;
    return count;
}

/* "column", kind, name, place, size, size unpacked; tabs and LF. What zstd makes of it is at most
 * so much. */
static bool column_size(struct str line, uint64_t *packed, uint64_t *out)
{
    uint64_t unpacked, bound;
    struct str name;

    if (!str_take(&line, "column\t"))
        return false;
    (void)str_cut(&line, '\t');
    name = str_cut(&line, '\t');
    (void)str_cut(&line, '\t');
    (void)str_cut(&line, '\t');
    if (!str_u64(line, &unpacked) || unpacked > DIRECTORY_MOST)
        return false;
    bound = unpacked + unpacked / 256 + 64;
    *out += sizeof("column\tT\t\t\t\t\n") - 1 + name.len + digits(*packed) + digits(bound) +
            digits(unpacked);
    *packed += bound;
    return true;
}

bool room_of_block(struct str columns, uint64_t *out)
{
    uint64_t packed = 0, size = BLOCK_SIZE;

    while (columns.len)
        if (!column_size(str_cut(&columns, '\n'), &packed, &size))
            return false;
    *out = size;
    return true;
}

bool room_take(struct segment_room *r, uint64_t size)
{
    if (size > r->most_now - r->kept - r->part)
        return false;
    r->part += size;
    return true;
}

void room_part_end(struct segment_room *r)
{
    r->kept += r->part;
    r->part = 0;
}

void room_part_drop(struct segment_room *r)
{
    r->part = 0;
}

void room_source_end(struct segment_room *r, bool is_told)
{
    r->spent += r->kept - (is_told ? 0 : NOTICE_SIZE);
    r->kept = r->part = 0;
}

void room_open_notice(struct segment_room *r)
{
    r->kept -= NOTICE_SIZE - WORDS_SIZE;
    r->most_now = UINT64_MAX;
}

void room_open_rest(struct segment_room *r)
{
    r->most += REST_SIZE;
}
