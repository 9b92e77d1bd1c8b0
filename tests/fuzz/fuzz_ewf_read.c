/* fuzz_ewf_read.c: any bytes are read as an E01, as one file and as two, without a fault; what is
 * read twice is the same; what is damaged is zeros; no byte outside of the files is asked for. */
#include "base/mem.h"
#include "evidence/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PART = 40000, PARTS = 8 };

struct memory {
    const uint8_t *p[2];
    uint64_t sizes[2];
};

static int read_memory(const struct media_files *files, size_t file, uint64_t off, void *bytes,
                       size_t size, struct err *e)
{
    const struct memory *m = files->context;

    (void)e;
    if (file >= files->count || off > m->sizes[file] || size > m->sizes[file] - off)
        BUG("bytes outside of the file are asked for");
    memcpy(bytes, m->p[file] + off, size);
    return 0;
}

static void see_problem(void *context, const struct image_problem *p)
{
    const struct memory *m = context;

    if (p->kind >= IMAGE_PROBLEM_COUNT_ || (p->file != IMAGE_NO_FILE && p->file > 1))
        BUG("a problem of no kind, or in no file");
    if (p->file != IMAGE_NO_FILE && p->off > m->sizes[p->file])
        BUG("a problem outside of the file");
    if (p->first_sector + p->sector_count < p->first_sector)
        BUG("a problem outside of the disk");
}

static void read_part(const struct media *media, uint64_t off, size_t part, char *bytes,
                      size_t *damaged)
{
    memset(bytes, 'x', part);
    if (media->read_at(media->context, off, bytes, part, damaged, NULL))
        BUG("memory cannot be read");
    if (*damaged > part)
        BUG("more is damaged than was read");
    for (size_t i = 0; *damaged == part && i < part; i++)
        if (bytes[i])
            BUG("what is damaged is not zeros");
}

static void read_disk(struct image *image)
{
    const struct media *media = image_media(image);
    char *first = mem_alloc(PART);
    char *second = mem_alloc(PART);
    uint64_t off = 0;

    for (int i = 0; i < PARTS && off < media->size; i++) {
        uint64_t missing = image_missing(image, off);
        size_t part = media->size - off < PART ? (size_t)(media->size - off) : PART;
        size_t damaged;

        if (missing > media->size - off)
            BUG("more is missing than there is");
        read_part(media, off, part, first, &damaged);
        if (missing >= part && damaged != part)
            BUG("what is missing is not damaged");
        read_part(media, off, part, second, &damaged);
        if (memcmp(first, second, part) != 0)
            BUG("the same place has other bytes");
        off += missing > part ? missing : part;
    }
    free(first);
    free(second);
}

static void open_as(struct memory *m, size_t count)
{
    const struct image_watcher watcher = {see_problem, m};
    struct media_files files = {
        .count = count, .sizes = m->sizes, .read_at = read_memory, .context = m};
    CLEANUP(image_closep) struct image *image = NULL;
    struct err e = {0};
    int code = image_open(&image, &files, IMAGE_E01, &watcher, &e);

    if (code) {
        if (e.text[0] == '\0')
            BUG("an image was refused without a reason");
        return;
    }
    /* A disk of large chunks is slow to read, and no other code than one of small chunks. */
    if (image_facts(image)->chunk_size > 1 << 20)
        return;
    if (image_check(image, 0, image_media(image)->size, NULL))
        BUG("memory cannot be read");
    read_disk(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct memory whole = {{data}, {size}};
    struct memory halves = {{data, data + size / 2}, {size / 2, size - size / 2}};

    open_as(&whole, 1);
    open_as(&halves, 2);
    return 0;
}
