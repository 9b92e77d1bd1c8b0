/* target_listing.c: counts what a record of all files of an image would have to hold. */
#include "acquire/target_listing.h"
#include "base/limits.h"

enum {
    SHORT_PATH = 8,  /* of a folder: /mnt/b2 */
    BETWEEN = 3,     /* two blanks and the end of a line */
    ENDING_SIZE = 8, /* with its full stop */
    SUM_DIGITS = 64,
    BESIDE = 3, /* NAME.map, NAME.pieces and NAME.txt are named, too */
    SIZE_DIGITS = 20,
    MIB = 1 << 20,
    PACKED_PART = 512, /* an E01 of what does not pack has less than a part of so many more */
};

/* Bytes of the longest line of a file in a folder of so long a path. 0: that of the record. */
static size_t line_size(const struct target_files *f, size_t path)
{
    return path + (path > 0) + strlen(f->name) + ENDING_SIZE + SIZE_DIGITS + SUM_DIGITS + BETWEEN;
}

static uint64_t room(const struct target_files *files, size_t other)
{
    size_t line = line_size(files, other);
    size_t used = BESIDE * line;

    for (size_t i = 0; i < files->count; i++) {
        unsigned folder = files->files[i].folder;

        used += line_size(files, folder ? strlen(files->folders[folder]) : 0);
    }
    return used < LIMIT_VALUE_SIZE ? (LIMIT_VALUE_SIZE - used) / line : 0;
}

uint64_t target_listing_room(const struct target_files *files, const char *other)
{
    return room(files, strlen(other));
}

static bool holds(const struct target_files *files, size_t other, uint64_t wanted)
{
    return wanted <= files->count + room(files, other);
}

/* Where nothing can be packed. */
static uint64_t most_files(const struct target_files *f, uint64_t size, uint64_t segment)
{
    uint64_t held = f->format == TARGET_E01 ? segment - segment / PACKED_PART : segment;

    return segment ? (size + held - 1) / held : 1;
}

/* The smallest one, in whole MiB, with which count files hold size bytes. */
static uint64_t least_mib(const struct target_files *f, uint64_t size, uint64_t count)
{
    uint64_t each = size / count + 1;

    if (f->format == TARGET_E01)
        each += each / (PACKED_PART - 1) + 1;
    return (each + MIB - 1) / MIB;
}

int target_listing_begin(const struct target_files *files, const char *other, uint64_t size,
                         uint64_t segment, struct err *e)
{
    uint64_t most = target_listing_room(files, other);
    uint64_t wanted = most_files(files, size, segment);

    if (wanted <= most)
        return 0;
    return err_set(e, ERR_USAGE,
                   "it may take %llu files, and under that name, in these folders, a record could "
                   "name %llu: give --segment %lluMiB at least",
                   (unsigned long long)wanted, (unsigned long long)most,
                   (unsigned long long)least_mib(files, size, most > 0 ? most : 1));
}

int target_listing_takes(const struct target_files *files, const char *other, uint64_t size,
                         uint64_t segment, struct err *e)
{
    uint64_t wanted = most_files(files, size, segment);
    size_t longest = strlen(other);

    while (longest && !holds(files, longest, wanted))
        longest--;
    if (longest == strlen(other))
        return 0;
    if (longest < SHORT_PATH)
        return err_set(e, ERR_LIMIT,
                       "a record could not name all files of the image where more of them lie in "
                       "another folder: copy all of them to a folder with more room, and go on "
                       "there with --resume and --to");
    return err_set(e, ERR_LIMIT,
                   "the path of %s is so long that a record could not name all files of the image: "
                   "choose a folder whose path has at most %zu bytes",
                   other, longest);
}
