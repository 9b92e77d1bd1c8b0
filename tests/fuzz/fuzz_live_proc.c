/* fuzz_live_proc.c: any content of the files of /proc is told in lines, without a fault. The input
 * is cut at the byte 0x1e into the files of one process and of the host. */
#include "collect/live.h"
#include "fuzz_live.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const folders[] = {"proc",      "proc/9",     "proc/9/fdinfo",
                                      "proc/9/fd", "proc/9/net", "proc/9/ns",
                                      "proc/net",  "var",        "var/log"};
static const char *const files[] = {
    "proc/9/stat",     "proc/9/status",  "proc/9/maps",     "proc/9/limits",    "proc/9/cgroup",
    "proc/9/cmdline",  "proc/9/environ", "proc/9/fdinfo/3", "proc/9/io",        "proc/9/net/tcp6",
    "proc/9/net/unix", "proc/net/tcp",   "proc/net/packet", "proc/net/netlink", "proc/9/mountinfo",
    "proc/modules",    "var/log/wtmp",   "proc/stat"};
static const char *const links[][2] = {{"proc/9/fd/3", "socket:[77]"},
                                       {"proc/9/ns/net", "net:[5]"}};
static const struct fuzz_tree tree = {.name = "fuzz_live_proc",
                                      .folders = folders,
                                      .folder_count = COUNT_OF(folders),
                                      .files = files,
                                      .file_count = COUNT_OF(files),
                                      .links = links,
                                      .link_count = COUNT_OF(links)};

static void lay(char root[FUZZ_ROOT_SIZE], struct str bytes)
{
    struct str parts[COUNT_OF(files)];

    for (size_t i = 0; i < COUNT_OF(files); i++)
        parts[i] = str_cut(&bytes, FUZZ_CUT);
    fuzz_lay(&tree, root, parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static collection_step *const steps[] = {collection_scan, live_socket,  live_processes,
                                             live_containers, live_modules, live_mounts,
                                             live_logins,     live_time};
    char root[FUZZ_ROOT_SIZE];
    const struct collection_options options = {.profile = PROFILE_TRIAGE, .root = root};
    const struct bundle_output output = {.write = fuzz_drop};
    struct err e = {0};
    struct collection c = {.options = &options, .e = &e, .step = "fuzz"};

    lay(root, (struct str){(const char *)data, size});
    fuzz_begin(&c, &output);
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        steps[i](&c);
    if (c.status)
        BUG("%s", e.text);
    fuzz_end(&c);
    fuzz_clear(&tree, root);
    return 0;
}
