/* image.c: opens a disk image in any of the formats that are read, and serves bytes of the disk. */
#include "evidence/image.h"
#include "base/limits.h"

enum { SECTOR_SIZE = 512, CACHE_SIZE = 16 << 20, CACHE_MAX = 512, MAGIC_SIZE = 8 };

struct slot {
    uint64_t chunk; /* UINT64_MAX: none */
    uint64_t used;
    bool is_good;
    uint8_t *bytes; /* owned */
};

struct image {
    struct media_files own; /* of image_of_worker; else empty */
    const struct media_files *files;
    struct image_facts facts;
    struct media media;
    struct ewf *ewf;    /* NULL: raw */
    uint64_t *starts;   /* raw: where each file begins on the disk */
    struct slot *slots; /* E01 */
    size_t slot_count;
    uint64_t clock;
};

static struct slot *find_slot(struct image *image, uint64_t chunk)
{
    for (size_t i = 0; i < image->slot_count; i++)
        if (image->slots[i].chunk == chunk)
            return &image->slots[i];
    return NULL;
}

static int fill_slot(struct image *image, uint64_t chunk, struct slot **out, struct err *e)
{
    struct slot *oldest = &image->slots[0];
    int code;

    for (size_t i = 1; i < image->slot_count; i++)
        if (image->slots[i].used < oldest->used)
            oldest = &image->slots[i];
    oldest->chunk = UINT64_MAX;
    if (!oldest->bytes)
        oldest->bytes = mem_alloc(image->facts.chunk_size);
    code = ewf_chunk_read(image->ewf, chunk, oldest->bytes, &oldest->is_good, e);
    if (code)
        return code;
    oldest->chunk = chunk;
    *out = oldest;
    return 0;
}

/* Reads from one chunk. A whole one that is not at hand is unpacked where it is wanted. */
static int read_chunk(struct image *image, uint64_t chunk, size_t at, char *bytes, size_t size,
                      size_t *damaged, struct err *e)
{
    struct slot *s = find_slot(image, chunk);
    bool is_good = true;
    int code = 0;

    if (!s && size == image->facts.chunk_size) {
        code = ewf_chunk_read(image->ewf, chunk, (uint8_t *)bytes, &is_good, e);
    } else if (!s) {
        code = fill_slot(image, chunk, &s, e);
    }
    if (code)
        return code;
    if (s) {
        s->used = ++image->clock;
        is_good = s->is_good;
        memcpy(bytes, s->bytes + at, size);
    }
    *damaged += is_good ? 0 : size;
    return 0;
}

static int read_ewf(void *context, uint64_t off, void *bytes, size_t size, size_t *damaged,
                    struct err *e)
{
    struct image *image = context;
    size_t done = 0;
    int code = 0;

    *damaged = 0;
    while (done < size && !code) {
        uint64_t chunk = (off + done) / image->facts.chunk_size;
        size_t at = (size_t)((off + done) % image->facts.chunk_size);
        size_t part = ewf_chunk_bytes(image->ewf, chunk) - at;

        if (part > size - done)
            part = size - done;
        code = read_chunk(image, chunk, at, (char *)bytes + done, part, damaged, e);
        done += part;
    }
    return code;
}

static int read_raw(void *context, uint64_t off, void *bytes, size_t size, size_t *damaged,
                    struct err *e)
{
    const struct image *image = context;

    *damaged = 0;
    for (size_t i = 0; i < image->files->count && size; i++) {
        uint64_t at = off - image->starts[i];
        uint64_t left = image->files->sizes[i] - at;
        size_t part = left < size ? (size_t)left : size;
        int code;

        if (off < image->starts[i] || at >= image->files->sizes[i])
            continue;
        code = image->files->read_at(image->files, i, at, bytes, part, e);
        if (code)
            return code;
        bytes = (char *)bytes + part;
        off += part;
        size -= part;
    }
    return 0;
}

static int open_raw(struct image *image, struct err *e)
{
    uint64_t size = 0;

    image->starts = mem_array(image->files->count, sizeof(image->starts[0]));
    for (size_t i = 0; i < image->files->count; i++) {
        image->starts[i] = size;
        if (image->files->sizes[i] > LIMIT_IMAGE_SIZE - size)
            return err_set(e, ERR_LIMIT, "an image of more than %llu bytes",
                           (unsigned long long)LIMIT_IMAGE_SIZE);
        size += image->files->sizes[i];
    }
    image->facts = (struct image_facts){.format = IMAGE_RAW,
                                        .size = size,
                                        .sector_size = SECTOR_SIZE,
                                        .sector_count = (size + SECTOR_SIZE - 1) / SECTOR_SIZE,
                                        .file_count = (uint32_t)image->files->count};
    image->media.read_at = read_raw;
    return 0;
}

static int open_ewf(struct image *image, const struct image_watcher *watcher, struct err *e)
{
    int code = ewf_set_open(&image->ewf, image->files, watcher, e);
    size_t count;

    if (code)
        return code;
    image->facts = image->ewf->facts;
    count = CACHE_SIZE / (image->facts.chunk_size ? image->facts.chunk_size : 1);
    image->slot_count = count < 1 ? 1 : count > CACHE_MAX ? CACHE_MAX : count;
    image->slots = mem_array(image->slot_count, sizeof(image->slots[0]));
    for (size_t i = 0; i < image->slot_count; i++)
        image->slots[i].chunk = UINT64_MAX;
    image->media.read_at = read_ewf;
    return 0;
}

/* What the first bytes tell. */
static int look(const struct media_files *files, enum image_format *format, struct err *e)
{
    static const struct {
        const char *magic;
        const char *what; /* NULL: an E01 */
    } kinds[] = {
        {"EVF\x09\x0d\x0a\xff", NULL},
        {"LVF\x09\x0d\x0a\xff", "files that were chosen by EnCase (L01), not a disk"},
        {"EVF2\x0d\x0a\x81", "an Ex01 of EnCase 7, which is not read here; EnCase and the current "
                             "libewf export it as E01"},
        {"LEF2\x0d\x0a\x81", "files that were chosen by EnCase (Lx01), not a disk"},
        {"ADCRYPT", "an image that FTK Imager encrypted; FTK Imager decrypts it"},
    };
    char magic[MAGIC_SIZE];
    int code;

    *format = IMAGE_RAW;
    if (files->sizes[0] < MAGIC_SIZE)
        return 0;
    code = files->read_at(files, 0, 0, magic, MAGIC_SIZE, e);
    if (code)
        return code;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (memcmp(magic, kinds[i].magic, MAGIC_SIZE) != 0)
            continue;
        if (kinds[i].what)
            return err_set(e, ERR_FORMAT, "this is %s", kinds[i].what);
        *format = IMAGE_E01;
    }
    return 0;
}

static int open_files(struct image *image, enum image_format format,
                      const struct image_watcher *watcher, struct err *e)
{
    enum image_format looks_like = IMAGE_RAW;
    int code = format == IMAGE_RAW ? 0 : look(image->files, &looks_like, e);

    if (code)
        return code;
    code = looks_like == IMAGE_E01 || format == IMAGE_E01 ? open_ewf(image, watcher, e)
                                                          : open_raw(image, e);
    image->media.size = image->facts.size;
    image->media.sector_size = image->facts.sector_size;
    image->media.context = image;
    return code;
}

int image_open(struct image **out, const struct media_files *files, enum image_format format,
               const struct image_watcher *watcher, struct err *e)
{
    CLEANUP(image_closep) struct image *image = mem_new(struct image);
    int code;

    image->files = files;
    code = open_files(image, format, watcher, e);
    if (!code)
        *out = MOVE(image);
    return code;
}

int image_of_worker(struct image **out, const struct worker_channel *channel,
                    enum image_format format, const struct media_laid *laid,
                    const struct image_watcher *watcher, struct err *e)
{
    CLEANUP(image_closep) struct image *image = mem_new(struct image);
    int code = media_files_of_worker(&image->own, channel, laid, e);

    image->files = &image->own;
    if (!code)
        code = open_files(image, format, watcher, e);
    if (!code)
        *out = MOVE(image);
    return code;
}

void image_close(struct image *image)
{
    if (!image)
        return;
    for (size_t i = 0; i < image->slot_count; i++)
        free(image->slots[i].bytes);
    free(image->slots);
    free(image->starts);
    ewf_close(image->ewf);
    media_files_release(&image->own);
    free(image);
}

const struct media *image_media(const struct image *image)
{
    return &image->media;
}

const struct image_facts *image_facts(const struct image *image)
{
    return &image->facts;
}

const struct image_value *image_values(const struct image *image, size_t *count)
{
    *count = image->ewf ? image->ewf->value_count : 0;
    return image->ewf ? image->ewf->values : NULL;
}

const struct image_run *image_errors(const struct image *image, size_t *count)
{
    *count = image->ewf ? image->ewf->error_count : 0;
    return image->ewf ? image->ewf->errors : NULL;
}

uint64_t image_missing(const struct image *image, uint64_t off)
{
    uint64_t chunk_size = image->facts.chunk_size;
    uint64_t chunks = image->ewf && off < image->facts.size
                          ? ewf_chunks_missing(image->ewf, off / chunk_size)
                          : 0;
    uint64_t left = image->facts.size - off;

    if (chunks == 0)
        return 0;
    chunks = chunks * chunk_size - off % chunk_size;
    return chunks < left ? chunks : left;
}

int image_check(struct image *image, uint64_t from, uint64_t to, struct err *e)
{
    uint64_t chunk_size = image->facts.chunk_size;

    if (!image->ewf)
        return 0;
    return ewf_check_tables(image->ewf, (from + chunk_size - 1) / chunk_size,
                            (to + chunk_size - 1) / chunk_size, e);
}
