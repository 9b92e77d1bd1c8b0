/* ewf_section.c: what stands in the sections of an E01 that say how large the disk is, where its
 * chunks lie, what its hash is and what could not be read. */
#include "base/limits.h"
#include "evidence/ewf_walk.h"
#include "evidence/le.h"

enum {
    VOLUME_SIZE = 1052,
    SMART_VOLUME_SIZE = 94,
    DIGEST_SIZE = 80,
    HASH_SIZE = 36,
    ERRORS_HEAD_SIZE = 520,
};

static int read_part(const struct ewf *w, const struct ewf_section *s, uint64_t off, void *bytes,
                     size_t size, struct err *e)
{
    if (off < s->from || off > s->to || s->to - off < size)
        BUG("%zu bytes at %llu of a section", size, (unsigned long long)off);
    return w->files->read_at(w->files, s->file, off, bytes, size, e);
}

static bool has_room(const struct ewf_section *s, uint64_t size)
{
    return s->to - s->from >= size;
}

static bool ends_with_sum(struct str bytes)
{
    return ewf_sum(str_head(bytes, bytes.len - 4)) == le32_at(bytes, bytes.len - 4);
}

/* Some devices of Logicube leave the checksum of a data section zero. */
static bool is_sound_volume(const struct ewf_section *s, struct str bytes)
{
    return ends_with_sum(bytes) ||
           (strcmp(s->type, "data") == 0 && le32_at(bytes, bytes.len - 4) == 0);
}

int ewf_take_volume(struct ewf *w, const struct ewf_section *s, struct ewf_volume *out,
                    struct err *e)
{
    struct ewf_volume v = {.is_there = true, .file = s->file};
    char bytes[VOLUME_SIZE];
    struct str all = {bytes, VOLUME_SIZE};
    int code;

    v.is_smart = !has_room(s, VOLUME_SIZE);
    if (v.is_smart)
        all.len = SMART_VOLUME_SIZE;
    if (!has_room(s, all.len)) {
        ewf_tell(w, IMAGE_VOLUME, s->file, s->off);
        return 0;
    }
    code = read_part(w, s, s->from, bytes, all.len, e);
    if (code)
        return code;
    v.is_sound = is_sound_volume(s, all);
    if (!v.is_sound) {
        ewf_tell(w, IMAGE_VOLUME, s->file, s->off);
        v.is_sound = ewf_mend(bytes, all.len);
    }
    v.chunk_count = le32_at(all, 4);
    v.chunk_sectors = le32_at(all, 8);
    v.sector_size = le32_at(all, 12);
    v.sector_count = le_at(all, 16, v.is_smart ? 4 : 8);
    if (!v.is_smart) {
        v.media_type = (uint8_t)bytes[0];
        v.media_flags = (uint8_t)bytes[36];
        v.compression = (uint8_t)bytes[52];
        memcpy(v.id, bytes + 64, sizeof(v.id));
    }
    *out = v;
    return 0;
}

bool ewf_volume_is_plausible(const struct ewf_volume *v)
{
    uint64_t chunk = (uint64_t)v->chunk_sectors * v->sector_size;

    return v->is_there && v->sector_size > 0 && v->sector_size <= LIMIT_IMAGE_CHUNK_SIZE &&
           chunk > 0 && chunk <= LIMIT_IMAGE_CHUNK_SIZE &&
           v->sector_count <= LIMIT_IMAGE_SIZE / v->sector_size;
}

bool ewf_is_of_set(const struct ewf_volume *set, const struct ewf_volume *other)
{
    static const uint8_t none[sizeof(set->id)];

    if (!other->is_there || !other->is_sound)
        return true; /* nothing says that it is not */
    if (memcmp(set->id, none, sizeof(none)) != 0 && memcmp(other->id, none, sizeof(none)) != 0)
        return memcmp(set->id, other->id, sizeof(none)) == 0;
    return set->sector_count == other->sector_count && set->sector_size == other->sector_size &&
           set->chunk_sectors == other->chunk_sectors;
}

int ewf_take_hash(struct ewf *w, const struct ewf_section *s, struct ewf_part *part, struct err *e)
{
    bool is_digest = strcmp(s->type, "digest") == 0;
    char bytes[DIGEST_SIZE];
    struct str all = {bytes, is_digest ? DIGEST_SIZE : HASH_SIZE};
    static const char none[20];
    int code = has_room(s, all.len) ? read_part(w, s, s->from, bytes, all.len, e) : 0;

    if (code)
        return code;
    if (!has_room(s, all.len) || !ends_with_sum(all)) {
        ewf_tell(w, IMAGE_HASH, s->file, s->off);
        return 0;
    }
    if (memcmp(bytes, none, 16) != 0) {
        memcpy(part->md5, bytes, 16);
        part->hash_flags |= IMAGE_HAS_MD5;
    }
    if (is_digest && memcmp(bytes + 16, none, 20) != 0) {
        memcpy(part->sha1, bytes + 16, 20);
        part->hash_flags |= IMAGE_HAS_SHA1;
    }
    return 0;
}

static void take_runs(struct ewf_part *part, struct str entries)
{
    free(part->errors);
    part->error_count = entries.len / 8;
    part->errors = mem_array(part->error_count, sizeof(part->errors[0]));
    for (size_t i = 0; i < part->error_count; i++)
        part->errors[i] = (struct image_run){le32_at(entries, 8 * i), le32_at(entries, 8 * i + 4)};
}

int ewf_take_errors(struct ewf *w, const struct ewf_section *s, struct ewf_part *part,
                    struct err *e)
{
    char head[ERRORS_HEAD_SIZE];
    struct str all = {head, sizeof(head)};
    CLEANUP_FREE char *entries = NULL;
    struct str body = {NULL, 0};
    uint32_t count = 0;
    int code = 0;

    if (has_room(s, sizeof(head)))
        code = read_part(w, s, s->from, head, sizeof(head), e);
    if (code)
        return code;
    if (has_room(s, sizeof(head)) && ends_with_sum(all))
        count = le32_at(all, 0);
    if (count > 0 && count <= LIMIT_IMAGE_ERROR_COUNT &&
        has_room(s, sizeof(head) + 8 * (uint64_t)count + 4)) {
        body.len = 8 * (size_t)count + 4;
        body.p = entries = mem_alloc(body.len);
        code = read_part(w, s, s->from + sizeof(head), entries, body.len, e);
    }
    if (code)
        return code;
    if (body.len && ends_with_sum(body))
        take_runs(part, str_head(body, body.len - 4));
    else
        ewf_tell(w, IMAGE_ERRORS, s->file, s->off);
    return 0;
}

int ewf_take_table_head(const struct ewf *w, const struct ewf_section *s,
                        struct ewf_table_head *out, bool *is_sound, struct err *e)
{
    char bytes[EWF_TABLE_HEAD_SIZE + 4];
    struct str all = {bytes, sizeof(bytes)};
    struct ewf_table_head head = {0};
    int code;

    *is_sound = false;
    if (!has_room(s, EWF_TABLE_HEAD_SIZE))
        return 0;
    if (!has_room(s, sizeof(bytes)))
        all.len = EWF_TABLE_HEAD_SIZE; /* a table without an entry has no more */
    code = read_part(w, s, s->from, bytes, all.len, e);
    if (code)
        return code;
    head.count = le32_at(all, 0);
    head.base = le_at(all, 8, 8);
    if (all.len == sizeof(bytes))
        head.first_place = le32_at(all, EWF_TABLE_HEAD_SIZE) & INT32_MAX;
    *is_sound = ends_with_sum(str_head(all, EWF_TABLE_HEAD_SIZE)) &&
                head.count <= LIMIT_IMAGE_TABLE_COUNT && head.base <= (uint64_t)INT64_MAX &&
                has_room(s, EWF_TABLE_HEAD_SIZE + 4 * (uint64_t)head.count);
    *out = head;
    return 0;
}
