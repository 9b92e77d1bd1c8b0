/* bundle_probe.c: writes a bundle of all files below a folder to standard output, for the tests of
 * the format: bundle_probe FOLDER [RECIPIENT-FILE]…. Its end.json tells the most memory that was
 * used. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "base/mem.h"
#include "collect/bundle.h"

enum { CHUNK = 65536, ATTRIBUTES = 64 };

static int to_output(void *context, const void *bytes, size_t size, struct err *e)
{
    const char *from = bytes;

    (void)context;
    while (size) {
        ssize_t n = write(STDOUT_FILENO, from, size);

        if (n < 0 && errno != EINTR)
            return err_errno(e, "cannot write the bundle");
        if (n > 0) {
            from += n;
            size -= (size_t)n;
        }
    }
    return 0;
}

static void must(int code, const struct err *e)
{
    if (code) {
        fprintf(stderr, "%s\n", e->text);
        exit(err_exit_status(code));
    }
}

static size_t take_attributes(struct arena *arena, const char *path, struct file_attribute *out)
{
    char *names = arena_alloc(arena, CHUNK);
    ssize_t size = llistxattr(path, names, CHUNK);
    size_t count = 0;

    for (ssize_t at = 0; at < size && count < ATTRIBUTES; at += (ssize_t)strlen(names + at) + 1) {
        char *value = arena_alloc(arena, CHUNK);
        ssize_t len = lgetxattr(path, names + at, value, CHUNK);

        if (len >= 0)
            out[count++] = (struct file_attribute){names + at, {value, (size_t)len}};
    }
    return count;
}

static char type_of(const struct stat *st)
{
    return S_ISDIR(st->st_mode)    ? '5'
           : S_ISLNK(st->st_mode)  ? '2'
           : S_ISFIFO(st->st_mode) ? '6'
                                   : '0';
}

static void put_content(struct bundle *b, const char *path, uint64_t size)
{
    static char chunk[CHUNK];
    int fd = size ? open(path, O_RDONLY | O_NOATIME | O_CLOEXEC) : -1;
    struct err e = {0};
    ssize_t n;

    while (size && fd >= 0 && (n = read(fd, chunk, size < CHUNK ? (size_t)size : CHUNK)) > 0) {
        must(bundle_data(b, chunk, (size_t)n, &e), &e);
        size -= (uint64_t)n;
    }
    if (fd >= 0)
        close(fd);
    must(bundle_member_end(b, size ? "shrank" : NULL, 0, &e), &e);
}

static void put_file(struct bundle *b, const char *path, const char *name)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct file_attribute attributes[ATTRIBUTES];
    char target[4096];
    struct statx sx;
    struct stat st;
    struct bundle_member m = {.source = str_of(path), .st = &st, .attributes = attributes};
    struct err e = {0};
    ssize_t len;

    if (lstat(path, &st) != 0 || statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &sx) != 0)
        exit(1);
    m.path = str_of(arena_printf(arena, "files/%s", name));
    m.type = type_of(&st);
    m.size = m.type == '0' ? (uint64_t)st.st_size : 0;
    m.attribute_count = take_attributes(arena, path, attributes);
    if (sx.stx_mask & STATX_BTIME)
        m.created = (struct utc){sx.stx_btime.tv_sec, sx.stx_btime.tv_nsec};
    if (m.type == '2' && (len = readlink(path, target, sizeof(target))) > 0)
        m.target = (struct str){target, (size_t)len};
    must(bundle_member_begin(b, &m, &e), &e);
    put_content(b, path, m.size);
}

static void put_folder(struct bundle *b, const char *path, const char *name);

static void put_entry(struct bundle *b, const char *path, const char *name, const char *entry)
{
    CLEANUP_BUF struct buf below = {0};
    CLEANUP_BUF struct buf named = {0};
    struct stat st;

    if (strcmp(entry, ".") == 0 || strcmp(entry, "..") == 0)
        return;
    buf_addf(&below, "%s/%s", path, entry);
    buf_addf(&named, "%s%s%s", name, *name ? "/" : "", entry);
    put_file(b, buf_text(&below), buf_text(&named));
    if (lstat(buf_text(&below), &st) == 0 && S_ISDIR(st.st_mode))
        put_folder(b, buf_text(&below), buf_text(&named));
}

static void put_folder(struct bundle *b, const char *path, const char *name)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);

    for (int i = 0; i < count; i++) {
        put_entry(b, path, name, entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

static size_t read_recipients(char **paths, struct bundle_recipient *out)
{
    size_t count = 0;

    for (; paths[count]; count++) {
        static char text[4096];
        int fd = open(paths[count], O_RDONLY | O_CLOEXEC);
        ssize_t n = read(fd, text, sizeof(text));
        struct err e = {0};

        must(bundle_recipient_read((struct str){text, n > 0 ? (size_t)n : 0}, &out[count], &e), &e);
        close(fd);
    }
    return count;
}

/* Of this program alone: what getrusage tells counts from before it was started. */
static unsigned long most_memory(void)
{
    static char text[8192];
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, text, sizeof(text) - 1);
    const char *at = n > 0 ? strstr(text, "VmHWM:") : NULL;

    close(fd);
    return at ? strtoul(at + 6, NULL, 10) : ULONG_MAX;
}

int main(int argc, char **argv)
{
    struct bundle_output output = {to_output, NULL};
    struct bundle_recipient to[BUNDLE_RECIPIENT_COUNT];
    struct bundle *b;
    struct err e = {0};
    char end[64];

    if (argc < 2 || argc > 2 + BUNDLE_RECIPIENT_COUNT)
        return 2;
    must(bundle_begin(&b, &output, to, read_recipients(argv + 2, to), &e), &e);
    must(bundle_put(b, "bundle.json", STR("{\"format\":\"calm-bundle/1\"}\n"), &e), &e);
    must(bundle_flush(b, &e), &e);
    put_folder(b, argv[1], "");
    snprintf(end, sizeof(end), "\"kib\":%lu", most_memory());
    must(bundle_end(b, str_of(end), &e), &e);
    return 0;
}
