/* collection_name.c: what the name of a member says of a collection. */
#include "practice/collection_name.h"
#include "base/mem.h"

/* How a member's name is known. */
enum match { MATCH_WHOLE, MATCH_START, MATCH_NUMBERED };

enum { WEAK = 0, SURE = 1, SKIPPED = 0, READ = 2 };

struct wanted {
    enum collection_tool tool;
    enum match match;
    const char *text;
    int how;
};

/* doc/format/collection.md. The first row that fits counts. */
static const struct wanted wanted[] = {
    {COLLECTION_BUNDLE, MATCH_WHOLE, "bundle.json", SURE | READ},
    {COLLECTION_BUNDLE, MATCH_WHOLE, "end.json", SURE | READ},
    {COLLECTION_BUNDLE, MATCH_START, "step/", WEAK | READ},
    {COLLECTION_BUNDLE, MATCH_NUMBERED, "snapshot-", SURE | READ},
    {COLLECTION_BUNDLE, MATCH_NUMBERED, "observed-", SURE | READ},
    {COLLECTION_BUNDLE, MATCH_NUMBERED, "missing-", SURE | READ},
    {COLLECTION_BUNDLE, MATCH_NUMBERED, "manifest-", SURE | READ},
    {COLLECTION_UAC, MATCH_WHOLE, "uac.log", SURE | READ},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/network/hostname.txt", SURE | READ},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/network/uname_-n.txt", SURE | READ},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/network/ss_-anp.txt", SURE | READ},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/network/ss_-tanp.txt", SURE | READ},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/network/ss_-uanp.txt", SURE | READ},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/network/netstat_-anp.txt", SURE | READ},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/system/uname_-a.txt", SURE | READ},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/system/date.txt", SURE | READ},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/system/lsmod.txt", SURE | READ},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/hardware/lsmod.txt", SURE | READ},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/process/proc/modules.txt", SURE | READ},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/storage/mount.txt", SURE | READ},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/system/mount.txt", SURE | READ},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/packages/dpkg_-l.txt", SURE | READ},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/packages/rpm_-q_-a.txt", SURE | READ},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/process/ps_auxwww.txt", SURE | READ},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/process/running_processes_full_paths.txt",
     SURE | READ},
    {COLLECTION_UAC, MATCH_WHOLE, "bodyfile/bodyfile.txt", SURE | READ},
    {COLLECTION_UAC, MATCH_START, "live_response/", SURE | SKIPPED},
    {COLLECTION_UAC, MATCH_START, "hash_executables/", SURE | SKIPPED},
    {COLLECTION_UAC, MATCH_START, "[root]/", WEAK | SKIPPED},
    {COLLECTION_VELOCIRAPTOR, MATCH_WHOLE, "collection_context.json", SURE | READ},
    {COLLECTION_VELOCIRAPTOR, MATCH_WHOLE, "client_info.json", SURE | READ},
    {COLLECTION_VELOCIRAPTOR, MATCH_WHOLE, "uploads.json", SURE | READ},
    {COLLECTION_VELOCIRAPTOR, MATCH_WHOLE, "log.json", WEAK | READ},
    {COLLECTION_VELOCIRAPTOR, MATCH_WHOLE, "metadata.json", WEAK | READ},
    {COLLECTION_VELOCIRAPTOR, MATCH_START, "uploads/", WEAK | SKIPPED},
    {COLLECTION_VELOCIRAPTOR, MATCH_START, "auto/", WEAK | SKIPPED},
    {COLLECTION_VELOCIRAPTOR, MATCH_START, "file/", WEAK | SKIPPED},
};

/* Files of the host that are read wherever a collector copied them; with a star what they end in.
 */
static const char *const host_files[] = {
    "etc/",
    "usr/lib/os-release",
    "var/spool/cron/",
    "var/spool/at/",
    "var/lib/dpkg/status",
    "*/.ssh/authorized_keys",
    "*/.ssh/authorized_keys2",
};

static bool is_numbered(struct str name, const char *start)
{
    struct str rest = str_from(name, strlen(start));
    struct str digits = str_cut(&rest, '.');

    if (!str_starts(name, start) || !str_is(rest, "jsonl") || digits.len < 3 || digits.len > 9)
        return false;
    for (size_t i = 0; i < digits.len; i++)
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return false;
    return true;
}

static bool is_match(const struct wanted *w, struct str name)
{
    switch (w->match) {
    case MATCH_WHOLE:
        return str_is(name, w->text);
    case MATCH_START:
        return str_starts(name, w->text);
    case MATCH_NUMBERED:
        return is_numbered(name, w->text);
    }
    return false;
}

static int nibble(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* Velociraptor writes a byte that some program for zip files might not take as % and two digits. */
static struct str decode(struct str name, struct buf *out)
{
    buf_clear(out);
    for (size_t i = 0; i < name.len; i++) {
        int high = name.p[i] == '%' && i + 2 < name.len ? nibble(name.p[i + 1]) : -1;
        int low = high < 0 ? -1 : nibble(name.p[i + 2]);

        buf_addc(out, low < 0 ? name.p[i] : (char)(uint8_t)((unsigned)high << 4 | (unsigned)low));
        i += low < 0 ? 0 : 2;
    }
    return buf_str(out);
}

/* The first words that artefacts' names have; before version 0.6.7 nothing else marked them. */
static bool is_artefact_name(struct str name)
{
    static const char *const starts[] = {"Linux.",  "Generic.", "Windows.", "MacOS.", "Custom.",
                                         "Server.", "Admin.",   "Network.", "Demo.",  "Exchange."};

    for (size_t i = 0; i < COUNT_OF(starts); i++)
        if (str_starts(name, starts[i]))
            return true;
    return false;
}

struct str collection_artefact(struct str name, struct buf *decoded)
{
    bool is_below = str_starts(name, "results/");

    if (str_ends(name, ".json"))
        name = str_head(name, name.len - strlen(".json"));
    else if (str_ends(name, ".csv"))
        name = str_head(name, name.len - strlen(".csv"));
    else
        return STR("");
    if (is_below)
        name = decode(str_from(name, strlen("results/")), decoded);
    return is_below || is_artefact_name(name) ? str_cut(&name, '/') : STR("");
}

struct str collection_host_path(enum collection_tool tool, struct str name, struct buf *decoded)
{
    if (tool == COLLECTION_UAC && str_starts(name, "[root]/"))
        return str_from(name, strlen("[root]/"));
    if (tool != COLLECTION_VELOCIRAPTOR)
        return STR("");
    if (str_starts(name, "uploads/")) {
        name = str_from(name, strlen("uploads/"));
        (void)str_cut(&name, '/'); /* by which way it was read */
        return decode(name, decoded);
    }
    if (str_starts(name, "auto/") || str_starts(name, "file/"))
        return str_from(name, strlen("auto/"));
    return STR("");
}

static bool is_host_file(struct str path)
{
    for (size_t i = 0; path.len && i < COUNT_OF(host_files); i++)
        if (host_files[i][0] == '*' ? str_ends(path, host_files[i] + 1)
                                    : str_starts(path, host_files[i]))
            return true;
    return false;
}

bool collection_name_look(enum collection_tool tool, struct str name, struct collection_name *out)
{
    CLEANUP_BUF struct buf decoded = {0};
    struct str artefact;

    if (is_host_file(collection_host_path(tool, name, &decoded))) {
        *out = (struct collection_name){.tool = tool, .is_read = true};
        return true;
    }
    artefact = tool == COLLECTION_UNKNOWN || tool == COLLECTION_VELOCIRAPTOR
                   ? collection_artefact(name, &decoded)
                   : STR("");
    if (artefact.len) {
        *out = (struct collection_name){COLLECTION_VELOCIRAPTOR, is_artefact_name(artefact), true};
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(wanted); i++)
        if ((!tool || wanted[i].tool == tool) && is_match(&wanted[i], name)) {
            *out = (struct collection_name){wanted[i].tool, (wanted[i].how & SURE) != 0,
                                            (wanted[i].how & READ) != 0};
            return true;
        }
    return false;
}
