/* disk_chain.c: extended partitions of a DOS table: in each a chain of tables, one for each logical
 * partition. */
#include "evidence/disk_job.h"
#include "evidence/le.h"

enum { DOS_SIZE = 512, DOS_ENTRIES = 446, DOS_ENTRY_SIZE = 16, DOS_COUNT = 4, DOS_MARK = 510 };

enum chain_end { CHAIN_WHOLE, CHAIN_BEHIND, CHAIN_NO_TABLE, CHAIN_CIRCLE };

/* One extended partition: where the first table lies, and how its chain ends. */
struct chain {
    uint32_t first;
    uint32_t count; /* of tables that are there */
    uint32_t at;    /* the sector at which it ends */
    enum chain_end end;
};

static enum chain_end read_table(struct disk_image *image, uint32_t sector, uint8_t out[DOS_SIZE])
{
    uint64_t off = (uint64_t)sector * image->info.sector_size;

    if (off + DOS_SIZE > image->media->size)
        return CHAIN_BEHIND;
    if (!disk_image_read(image, off, out, DOS_SIZE) || out[DOS_MARK] != 0x55 ||
        out[DOS_MARK + 1] != 0xaa)
        return CHAIN_NO_TABLE;
    return CHAIN_WHOLE;
}

/* Where the extended partition in that entry of a table begins, as it says; 0: it is none. */
static uint32_t extended_in(const uint8_t *table, unsigned slot)
{
    const uint8_t *entry = table + DOS_ENTRIES + slot * DOS_ENTRY_SIZE;

    if (entry[4] != 0x05 && entry[4] != 0x0f && entry[4] != 0x85)
        return 0;
    return le32_at((struct str){(const char *)entry, DOS_ENTRY_SIZE}, 8);
}

static uint32_t first_in(const uint8_t *table, unsigned slot)
{
    struct str entry = {(const char *)table + DOS_ENTRIES + slot * DOS_ENTRY_SIZE, DOS_ENTRY_SIZE};

    return entry.p[4] && !extended_in(table, slot) && le32_at(entry, 12) ? le32_at(entry, 8) : 0;
}

static uint32_t next_in(const uint8_t *table)
{
    uint32_t next = 0;

    for (unsigned slot = 0; slot < DOS_COUNT && !next; slot++)
        next = extended_in(table, slot);
    return next;
}

static bool was_seen(const uint32_t *seen, uint32_t count, uint32_t sector)
{
    while (count)
        if (seen[--count] == sector)
            return true;
    return false;
}

static int too_many(struct err *e)
{
    return err_set(e, ERR_LIMIT, "more than %d partitions", LIMIT_DISK_PARTITION_COUNT);
}

/* The partitions that a table in the chain names: one, mostly. */
static int take_logical(struct disk_dos *out, const uint8_t *table, uint32_t at, struct err *e)
{
    for (unsigned slot = 0; slot < DOS_COUNT; slot++) {
        uint32_t first = first_in(table, slot);

        if (first && out->logical_count == COUNT_OF(out->logical))
            return too_many(e);
        if (first)
            out->logical[out->logical_count++] = (uint64_t)at + first;
    }
    return 0;
}

/* libtsk's time grows with the square of the number of tables, so they are counted first. */
static int follow(struct disk_image *image, uint32_t room, struct chain *c, struct disk_dos *out,
                  struct err *e)
{
    uint32_t seen[LIMIT_DISK_PARTITION_COUNT];
    uint8_t table[DOS_SIZE];
    uint32_t next;

    for (c->at = c->first;; c->at = c->first + next) {
        c->end = was_seen(seen, c->count, c->at) ? CHAIN_CIRCLE : read_table(image, c->at, table);
        if (c->end != CHAIN_WHOLE)
            break;
        if (c->count >= room)
            return too_many(e);
        seen[c->count++] = c->at;
        if (out && take_logical(out, table, c->at, e))
            return ERR_LIMIT;
        next = next_in(table);
        if (!next)
            break;
    }
    tsk_error_reset();
    return 0;
}

static int tell_end(struct disk_image *image, unsigned slot, uint32_t before, const struct chain *c,
                    struct err *e)
{
    static const char *const why[] = {
        [CHAIN_BEHIND] = "that is behind the end of the image",
        [CHAIN_NO_TABLE] = "no table lies there any more",
        [CHAIN_CIRCLE] = "that table stands earlier in the chain, which is a circle",
    };
    CLEANUP_BUF struct buf words = {0};

    if (c->end == CHAIN_WHOLE)
        return 0;
    buf_addf(&words, "The extended partition in slot %u begins at sector %u. ", slot + 1, c->first);
    if (c->count)
        buf_addf(&words,
                 "Its chain of tables goes on at sector %u, and %s: what it held from partition "
                 "%u on cannot be told.",
                 c->at, why[c->end], 5 + before + c->count);
    else
        buf_addf(&words,
                 "Its first table should lie there, and %s: no partition in it can be "
                 "told.",
                 why[c->end]);
    return disk_send(image, DISK_WIRE_DOUBT, buf_str(&words), e);
}

/* Follows all chains; tells of each that is not whole, where it is asked to. */
static int each_chain(struct disk_image *image, struct disk_dos *out,
                      int (*tell)(struct disk_image *image, unsigned slot, uint32_t before,
                                  const struct chain *c, struct err *e),
                      struct err *e)
{
    uint8_t table[DOS_SIZE];
    uint32_t before = 0;

    if (read_table(image, 0, table) != CHAIN_WHOLE)
        return 0;
    for (unsigned slot = 0; slot < DOS_COUNT; slot++) {
        struct chain c = {.first = extended_in(table, slot)};
        int code;

        if (out)
            out->primary[slot] = c.first ? c.first : first_in(table, slot);

        if (!c.first)
            continue;
        code = follow(image, LIMIT_DISK_PARTITION_COUNT - before, &c, out, e);
        if (!code && tell)
            code = tell(image, slot, before, &c, e);
        if (code)
            return code;
        before += c.count;
    }
    return 0;
}

int disk_chain_read(struct disk_image *image, struct disk_dos *out, struct err *e)
{
    *out = (struct disk_dos){.logical_count = 0};
    return each_chain(image, out, NULL, e);
}

int disk_chain_tell(struct disk_image *image, struct err *e)
{
    return each_chain(image, NULL, tell_end, e);
}
