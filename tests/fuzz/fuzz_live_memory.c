/* fuzz_live_memory.c: any content of /proc/iomem, /proc/kcore and /proc/PID/maps is read without a
 * fault, and what is copied stays within the bundle's room. The input is cut at its first two bytes
 * 0x1e into these, the core last. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "collect/live.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CUT = 0x1e, ROOM = 1 << 20 };

static const char *const folders[] = {"proc", "proc/9", "proc/9/fd"};
static const char *const files[] = {"proc/iomem", "proc/9/maps", "proc/9/stat", "proc/kcore"};
/* A process of a user that runs /x, so that its maps are read. */
static const char stat_text[] = "9 (x) S 1 9 9 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 1 1000 25\n";

static int drop(void *context, const void *bytes, size_t size, struct err *e)
{
    (void)context;
    (void)bytes;
    (void)size;
    (void)e;
    return 0;
}

static void put(const char *root, const char *name, struct str bytes)
{
    char path[128];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", root, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, bytes.p, bytes.len) != (ssize_t)bytes.len)
        BUG("cannot lay %s", path);
    close(fd);
}

/* One folder for all inputs; it is made anew where it is not there. */
static void lay(char *root, struct str bytes)
{
    struct str iomem = str_cut(&bytes, CUT);
    struct str maps = str_cut(&bytes, CUT);
    const struct str parts[] = {iomem, maps, {stat_text, sizeof(stat_text) - 1}, bytes};
    char path[128];

    snprintf(root, 64, "/tmp/fuzz_live_memory.%d", (int)getpid());
    (void)mkdir(root, 0700);
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        snprintf(path, sizeof(path), "%s/%s", root, folders[i]);
        (void)mkdir(path, 0700);
    }
    snprintf(path, sizeof(path), "%s/proc/9/exe", root);
    if (symlink("/x", path) < 0)
        BUG("cannot lay %s", path);
    for (size_t i = 0; i < COUNT_OF(files); i++)
        put(root, files[i], parts[i]);
}

static void clear(const char *root)
{
    char path[128];

    for (size_t i = 0; i < COUNT_OF(files); i++) {
        snprintf(path, sizeof(path), "%s/%s", root, files[i]);
        (void)unlink(path);
    }
    snprintf(path, sizeof(path), "%s/proc/9/exe", root);
    (void)unlink(path);
    for (size_t i = COUNT_OF(folders); i; i--) {
        snprintf(path, sizeof(path), "%s/%s", root, folders[i - 1]);
        (void)rmdir(path);
    }
    (void)rmdir(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static collection_step *const steps[] = {collection_scan, live_processes,
                                             collection_noticed_processes, collection_hashes,
                                             collection_memory_physical};
    const uint64_t pids[] = {9};
    char root[64];
    const struct collection_options options = {.profile = PROFILE_TRIAGE,
                                               .root = root,
                                               .threads = 1,
                                               .wants_physical = true,
                                               .memory_pids = pids,
                                               .memory_pid_count = 1};
    const struct bundle_output output = {.write = drop};
    struct bundle_counts counts;
    struct err e = {0};
    struct collection c = {.options = &options, .e = &e, .step = "fuzz"};

    lay(root, (struct str){(const char *)data, size});
    if (host_init(&c.host, root, &e) || bundle_begin(&c.bundle, &output, NULL, 0, &e))
        BUG("%s", e.text);
    bundle_set_room(c.bundle, UINT64_MAX, ROOM);
    c.arena = arena_new();
    c.missing = bundle_lines_new(c.bundle, "missing");
    c.observed = bundle_lines_new(c.bundle, "observed");
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        steps[i](&c);
    bundle_count(c.bundle, &counts);
    if (c.status || counts.bytes > 2 * ROOM)
        BUG("%llu bytes, %s", (unsigned long long)counts.bytes, e.text);
    bundle_lines_abort(c.missing);
    bundle_lines_abort(c.observed);
    bundle_abort(c.bundle);
    process_list_release(&c.processes);
    arena_free(c.arena);
    host_release(&c.host);
    clear(root);
    return 0;
}
