/* fuzz_main.c: replays files through a fuzz target, so that each build and each test run holds the
 * target to its corpus. With libFuzzer, that one's main is linked instead. */
#include <dirent.h>
#include <stdint.h>
#include <sys/stat.h>
#include "base/mem.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool replay_file(const char *path)
{
    CLEANUP_BUF struct buf bytes = {0};
    CLEANUP_FREE void *exact = NULL;
    FILE *f = fopen(path, "rb");
    size_t got;

    if (!f)
        return false;
    while ((got = fread(buf_room(&bytes, 65536), 1, 65536, f)) > 0)
        bytes.len += got;
    fclose(f);
    /* in a block of exactly that size, so that a sanitizer sees a read past its end */
    exact = malloc(bytes.len ? bytes.len : 1);
    if (!exact)
        return false;
    memcpy(exact, bytes.p, bytes.len);
    return LLVMFuzzerTestOneInput(exact, bytes.len) == 0;
}

static size_t replay_folder(const char *folder)
{
    CLEANUP_BUF struct buf path = {0};
    DIR *dir = opendir(folder);
    struct dirent *entry;
    struct stat st;
    size_t count = 0;

    while (dir && (entry = readdir(dir))) {
        buf_clear(&path);
        buf_addf(&path, "%s/%s", folder, entry->d_name);
        if (stat(buf_text(&path), &st) != 0 || !S_ISREG(st.st_mode))
            continue;
        if (!replay_file(buf_text(&path))) {
            fprintf(stderr, "cannot replay %s\n", buf_text(&path));
            exit(1);
        }
        count++;
    }
    if (dir)
        closedir(dir);
    return count;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct stat st;
        bool is_folder = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode);
        size_t count = is_folder ? replay_folder(argv[i]) : (size_t)replay_file(argv[i]);

        if (count == 0) {
            fprintf(stderr, "nothing to replay in %s\n", argv[i]);
            return 1;
        }
        printf("%zu replayed from %s\n", count, argv[i]);
    }
    return 0;
}
