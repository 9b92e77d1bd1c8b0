/* fuzz_live_proc.c: any content of the files of /proc is told in lines, without a fault. The input
 * is cut at the byte 0x1e into the files of one process and of the host. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "collect/live.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CUT = 0x1e };

static const char *const folders[] = {"proc",      "proc/9",     "proc/9/fdinfo",
                                      "proc/9/fd", "proc/9/net", "proc/9/ns",
                                      "proc/net",  "var",        "var/log"};
static const char *const files[] = {
    "proc/9/stat",     "proc/9/status",  "proc/9/maps",     "proc/9/limits",    "proc/9/cgroup",
    "proc/9/cmdline",  "proc/9/environ", "proc/9/fdinfo/3", "proc/9/io",        "proc/9/net/tcp6",
    "proc/9/net/unix", "proc/net/tcp",   "proc/net/packet", "proc/net/netlink", "proc/9/mountinfo",
    "proc/modules",    "var/log/wtmp",   "proc/stat"};

static int drop(void *context, const void *bytes, size_t size, struct err *e)
{
    (void)context;
    (void)bytes;
    (void)size;
    (void)e;
    return 0;
}

/* One folder for all inputs; it is made anew where it is not there. */
static void lay(char *root, struct str bytes)
{
    char path[128];

    snprintf(root, 64, "/tmp/fuzz_live_proc.%d", (int)getpid());
    (void)mkdir(root, 0700);
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        snprintf(path, sizeof(path), "%s/%s", root, folders[i]);
        (void)mkdir(path, 0700);
    }
    snprintf(path, sizeof(path), "%s/proc/9/fd/3", root);
    if (symlink("socket:[77]", path) < 0)
        BUG("cannot lay %s", path);
    snprintf(path, sizeof(path), "%s/proc/9/ns/net", root);
    if (symlink("net:[5]", path) < 0)
        BUG("cannot lay %s", path);
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct str part = str_cut(&bytes, CUT);
        int fd;

        snprintf(path, sizeof(path), "%s/%s", root, files[i]);
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fd < 0 || write(fd, part.p, part.len) != (ssize_t)part.len)
            BUG("cannot lay %s", path);
        close(fd);
    }
}

static void clear(const char *root)
{
    char path[128];

    for (size_t i = 0; i < COUNT_OF(files); i++) {
        snprintf(path, sizeof(path), "%s/%s", root, files[i]);
        (void)unlink(path);
    }
    snprintf(path, sizeof(path), "%s/proc/9/fd/3", root);
    (void)unlink(path);
    snprintf(path, sizeof(path), "%s/proc/9/ns/net", root);
    (void)unlink(path);
    for (size_t i = COUNT_OF(folders); i; i--) {
        snprintf(path, sizeof(path), "%s/%s", root, folders[i - 1]);
        (void)rmdir(path);
    }
    (void)rmdir(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static collection_step *const steps[] = {collection_scan, live_socket,  live_processes,
                                             live_containers, live_modules, live_mounts,
                                             live_logins,     live_time};
    char root[64];
    const struct collection_options options = {.profile = PROFILE_TRIAGE, .root = root};
    const struct bundle_output output = {.write = drop};
    struct err e = {0};
    struct collection c = {.options = &options, .e = &e, .step = "fuzz"};

    lay(root, (struct str){(const char *)data, size});
    if (host_init(&c.host, root, &e) || bundle_begin(&c.bundle, &output, NULL, 0, &e))
        BUG("%s", e.text);
    c.arena = arena_new();
    c.missing = bundle_lines_new(c.bundle, "missing");
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        steps[i](&c);
    if (c.status)
        BUG("%s", e.text);
    bundle_lines_abort(c.missing);
    bundle_abort(c.bundle);
    process_list_release(&c.processes);
    arena_free(c.arena);
    host_release(&c.host);
    clear(root);
    return 0;
}
