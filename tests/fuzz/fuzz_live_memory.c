/* fuzz_live_memory.c: any content of /proc/iomem, /proc/kcore and /proc/PID/maps is read without a
 * fault, and what is copied stays within the bundle's room. The input is cut at its first two bytes
 * 0x1e into these, the core last. */
#include "collect/live.h"
#include "fuzz_live.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 1 << 20 };

static const char *const folders[] = {"proc", "proc/9", "proc/9/fd"};
static const char *const files[] = {"proc/iomem", "proc/9/maps", "proc/9/stat", "proc/kcore"};
static const char *const links[][2] = {{"proc/9/exe", "/x"}};
static const struct fuzz_tree tree = {.name = "fuzz_live_memory",
                                      .folders = folders,
                                      .folder_count = COUNT_OF(folders),
                                      .files = files,
                                      .file_count = COUNT_OF(files),
                                      .links = links,
                                      .link_count = COUNT_OF(links)};
/* A process of a user that runs /x, so that its maps are read. */
static const char stat_text[] = "9 (x) S 1 9 9 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 1 1000 25\n";

static void lay(char root[FUZZ_ROOT_SIZE], struct str bytes)
{
    struct str iomem = str_cut(&bytes, FUZZ_CUT);
    struct str maps = str_cut(&bytes, FUZZ_CUT);
    const struct str parts[] = {iomem, maps, {stat_text, sizeof(stat_text) - 1}, bytes};

    fuzz_lay(&tree, root, parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static collection_step *const steps[] = {collection_scan, live_processes,
                                             collection_noticed_processes, collection_hashes,
                                             collection_memory_physical};
    const uint64_t pids[] = {9};
    char root[FUZZ_ROOT_SIZE];
    const struct collection_options options = {.profile = PROFILE_TRIAGE,
                                               .root = root,
                                               .threads = 1,
                                               .wants_physical = true,
                                               .memory_pids = pids,
                                               .memory_pid_count = 1};
    const struct bundle_output output = {.write = fuzz_drop};
    struct bundle_counts counts;
    struct err e = {0};
    struct collection c = {.options = &options, .e = &e, .step = "fuzz"};

    lay(root, (struct str){(const char *)data, size});
    fuzz_begin(&c, &output);
    bundle_set_room(c.bundle, UINT64_MAX, ROOM);
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        steps[i](&c);
    bundle_count(c.bundle, &counts);
    if (c.status || counts.bytes > 2 * ROOM)
        BUG("%llu bytes, %s", (unsigned long long)counts.bytes, e.text);
    fuzz_end(&c);
    fuzz_clear(&tree, root);
    return 0;
}
