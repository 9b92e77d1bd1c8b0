/* live_open.c: what a process has open, without touching what it is: asking for the state of a file
 * on a dead server would hold us up. */
#include <unistd.h>
#include "collect/live_process.h"

enum { FD_COUNT = 1 << 20, INFO_SIZE = 4096 };

static const struct live_word flags[] = {
    {O_APPEND, "append"},         {O_NONBLOCK, "non-blocking"},
    {O_CLOEXEC, "close on exec"}, {O_PATH, "path only"},
    {O_DIRECT, "direct"},         {O_TMPFILE, "without a name"},
    {O_DIRECTORY, "folder"},      {O_SYNC, "sync"},
    {O_DSYNC, "data sync"},       {O_NOATIME, "no access time"},
    {O_NOFOLLOW, "no follow"},    {O_CREAT, "create"},
    {O_EXCL, "exclusive"},        {O_TRUNC, "truncate"},
    {O_NOCTTY, "no terminal"},    {O_ASYNC, "signal"},
    {0100000, "large file"},      {0, NULL}};

static const char *kind_of(struct str target)
{
    static const struct {
        const char *start, *kind;
    } kinds[] = {
        {"socket:[", "socket"},     {"pipe:[", "pipe"},           {"anon_inode:", "anonymous"},
        {"/memfd:", "memory file"}, {"/dev/", "device"},          {"net:[", "namespace"},
        {"mnt:[", "namespace"},     {"pid:[", "namespace"},       {"user:[", "namespace"},
        {"uts:[", "namespace"},     {"ipc:[", "namespace"},       {"cgroup:[", "namespace"},
        {"time:[", "namespace"},    {"/dmabuf:", "device memory"}};

    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (str_starts(target, kinds[i].start))
            return kinds[i].kind;
    return target.len && target.p[0] == '/' ? "file" : "other";
}

static void put_flags(struct json *j, struct str value)
{
    static const struct live_word modes[] = {
        {O_RDONLY, "read"}, {O_WRONLY, "write"}, {O_RDWR, "read and write"}, {0, NULL}};
    uint64_t bits;

    if (!read_u64_base(value, 8, &bits))
        return;
    live_put_word(j, "mode", modes, bits & O_ACCMODE);
    live_put_bits(j, "flags", flags, bits & ~(uint64_t)O_ACCMODE);
}

static void put_number(struct json *j, const char *name, struct str value)
{
    uint64_t n;

    if (str_u64(value, &n))
        json_put_u64(j, name, n);
}

/* "pos:\t0" …; what is anonymous says more of itself there. */
static void put_info(struct json *j, struct str text)
{
    static const struct {
        const char *line, *name;
    } numbers[] = {{"pos:", "position"},        {"mnt_id:", "mount"},   {"ino:", "inode"},
                   {"prog_id:", "bpf_program"}, {"map_id:", "bpf_map"}, {"link_id:", "bpf_link"},
                   {"Pid:", "process"}};
    bool seen[COUNT_OF(numbers) + 1] = {false};
    struct str line;

    while (take_line(&text, &line)) {
        struct str name = str_field(&line);

        if (str_is(name, "flags:") && !seen[COUNT_OF(numbers)]) {
            seen[COUNT_OF(numbers)] = true;
            put_flags(j, str_field(&line));
            continue;
        }
        for (size_t i = 0; i < COUNT_OF(numbers); i++) {
            if (seen[i] || !str_is(name, numbers[i].line))
                continue;
            seen[i] = true;
            put_number(j, numbers[i].name, str_field(&line));
        }
    }
}

static void add_open(struct live_process *p, int folder, const char *name, int infos)
{
    uint64_t fd;
    struct json *j;

    buf_clear(p->buf);
    if (!str_u64(str_of(name), &fd) || host_link_in(folder, name, p->buf) < 0)
        return;
    j = bundle_line_begin(p->opens);
    json_put_u64(j, "pid", p->pid);
    json_put_u64(j, "fd", fd);
    json_put_text(j, "kind", kind_of(buf_str(p->buf)));
    live_put_path(j, "target", "deleted", buf_str(p->buf));
    buf_clear(p->buf);
    if (infos >= 0)
        (void)host_read_in(infos, name, p->buf, INFO_SIZE);
    if (p->buf->len)
        put_info(j, buf_str(p->buf));
    live_line_end(p->c, p->opens);
}

void live_process_opens(struct live_process *p)
{
    CLEANUP_HOST_FD int infos =
        openat(p->folder, "fdinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    int fd = openat(p->folder, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;

    if (!dir) {
        p->no_opens += (errno == EACCES || errno == EPERM) && !p->is_kernel;
        collect_fd_close(&fd);
        return;
    }
    for (size_t i = 0; i < FD_COUNT && !p->c->status && (entry = readdir(dir)); i++)
        add_open(p, dirfd(dir), entry->d_name, infos);
    closedir(dir);
}
