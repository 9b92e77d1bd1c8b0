/* noticed_file.c: tells of files with the rights of others, folders that everyone may write to, and
 * folders whose link count says that they hold more folders than are listed. */
#include "collect/noticed.h"
#include "collect/rights.h"

enum { TRIAGE_ENTRIES = 8000, FULL_ENTRIES = 4000000 }; /* of each root */

enum why { WHY_SETUID, WHY_CAPABILITIES, WHY_FOLDER, WHY_PROGRAM, WHY_COUNT };

struct noticed {
    struct collection *c;
    struct gather g;
    struct rights *rights;
    struct path_owner *owners; /* of each file, sorted */
    struct told told[WHY_COUNT];
};

static void tell_suspects(struct noticed *w)
{
    struct told told = {.code = "hidden-folder"};

    if (w->rights->suspect_count)
        hidden_pause(w->c);
    for (size_t i = 0; i < w->rights->suspect_count; i++) {
        CLEANUP_EVIDENCE struct evidence v = {0};
        const char *folder = w->rights->suspects[i];
        struct rights_count n;

        if (!rights_count_again(&w->g, folder, &n) || !told_one(&told))
            continue;
        put_bytes(evidence_begin(&v), "folder", str_of(folder));
        json_put_u64(&v.json, "links", n.links);
        json_put_u64(&v.json, "folders_listed", n.listed);
        collection_observe(w->c, told.code, evidence_end(&v),
                           "The folder %s holds %llu folders by its link count and lists %llu.",
                           folder, (unsigned long long)(n.links - 2), (unsigned long long)n.listed);
    }
    told_rest(w->c, &told, "folders list fewer folders than they hold");
}

static const struct {
    const char *code;
    const char *words; /* behind the path */
    const char *many;
    bool is_owned_usual; /* nothing to say where a package owns it */
} reasons[] = {
    [WHY_SETUID] = {"setuid-without-package",
                    "runs with the rights of another user or group and belongs to no package",
                    "files with the rights of others belong to no package", true},
    [WHY_CAPABILITIES] = {"capabilities-without-package",
                          "has capabilities and belongs to no package",
                          "files with capabilities belong to no package", true},
    [WHY_FOLDER] = {"world-writable-folder", "is a folder of the system that everyone may write to",
                    "folders of the system that everyone may write to", false},
    [WHY_PROGRAM] = {"world-writable-program", "is a program that everyone may write to",
                     "programs that everyone may write to", false},
};

static void tell_one(struct noticed *w, const struct rights_file *f, enum why why)
{
    CLEANUP_EVIDENCE struct evidence v = {0};
    const char *package = owner_of(w->owners, w->rights->file_count, str_of(f->path));
    char mode[8];

    if (reasons[why].is_owned_usual && (!package || package[0]))
        return;
    if (!told_one(&w->told[why]))
        return;
    snprintf(mode, sizeof(mode), "%04o", f->st.st_mode & 07777u);
    put_bytes(evidence_begin(&v), "path", str_of(f->path));
    json_put_text(&v.json, "mode", mode);
    json_put_u64(&v.json, "uid", f->st.st_uid);
    json_put_u64(&v.json, "gid", f->st.st_gid);
    put_package(&v.json, package);
    collection_observe(w->c, reasons[why].code, evidence_end(&v), "%s %s.", f->path,
                       reasons[why].words);
}

static void tell_file(struct noticed *w, const struct rights_file *f)
{
    bool is_run = S_ISREG(f->st.st_mode) && (f->st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH));
    bool is_writable = f->root->is_system && rights_is_world_writable(&f->st);

    if (is_run && (f->st.st_mode & (S_ISUID | S_ISGID)))
        tell_one(w, f, WHY_SETUID);
    else if (f->has_capabilities)
        tell_one(w, f, WHY_CAPABILITIES);
    if (is_writable && S_ISDIR(f->st.st_mode))
        tell_one(w, f, WHY_FOLDER);
    else if (is_writable && is_run)
        tell_one(w, f, WHY_PROGRAM);
}

static void tell_files(struct noticed *w)
{
    const struct rights *r = w->rights;
    CLEANUP_FREE struct path_owner *owners = mem_array(r->file_count + 1, sizeof(*owners));

    for (size_t i = 0; i < r->file_count; i++)
        owners[i].path = str_of(r->files[i].path);
    find_owners(&w->g, owners, r->file_count);
    w->owners = owners;
    for (size_t i = 0; i < WHY_COUNT; i++)
        w->told[i].code = reasons[i].code;
    for (size_t i = 0; i < r->file_count; i++)
        tell_file(w, &r->files[i]);
    for (size_t i = 0; i < WHY_COUNT; i++)
        told_rest(w->c, &w->told[i], reasons[i].many);
}

/* Of programs the snapshot says what could not be looked at. */
static void tell_gaps(struct noticed *w)
{
    for (size_t i = 0; i < w->rights->gap_count; i++) {
        const struct rights_gap *gap = &w->rights->gaps[i];

        if (!gap->root->is_program && gap->code != -EREMOTE)
            collection_missing(w->c, str_of(gap->path), -gap->code, "it cannot be looked at");
    }
}

static const struct rights_root others[] = {
    {"etc", true, false},  {"tmp", false, false},  {"var/tmp", false, false},
    {"dev", false, false}, {"run", false, false},  {"root", false, false},
    {"opt", true, false},  {"home", false, false}, {"boot", true, false},
    {"var", false, false}, {"srv", false, false},  {.path = NULL},
};

static void walk_roots(struct noticed *w, const struct rights_root *roots, uint64_t most)
{
    for (const struct rights_root *root = roots; root->path && w->c->status == 0; root++) {
        CLEANUP_BUF struct buf path = {0};

        buf_addf(&path, "/%s", root->path);
        if (!rights_walk(w->rights, &w->g, roots, root, most))
            collection_missing(w->c, buf_str(&path), 0,
                               "rights and link counts: of what lies here %llu files were looked "
                               "at%s",
                               (unsigned long long)most,
                               most == FULL_ENTRIES ? "" : " (the full profile goes on)");
    }
}

static bool is_stopped(void *context)
{
    return collection_is_stopped(context);
}

void collection_noticed_files(struct collection *c)
{
    const struct collect_options options = {.is_stopped = is_stopped, .context = c};
    CLEANUP(rights_freep) struct rights *rights = rights_new();
    struct noticed w = {.c = c, .rights = rights};
    bool is_full = c->options->profile == PROFILE_FULL;

    noticed_gather_begin(&w.g, c);
    w.g.options = &options;
    gather_scan_mounts(&w.g);
    walk_roots(&w, rights_programs, is_full ? FULL_ENTRIES : GATHER_NAME_COUNT);
    walk_roots(&w, others, is_full ? FULL_ENTRIES : TRIAGE_ENTRIES);
    tell_gaps(&w);
    tell_suspects(&w);
    tell_files(&w);
    free(w.g.slow_mounts);
    noticed_gather_end(&w.g, c);
    /* Only a step that came to its end is relied on by others. */
    c->rights = rights;
    rights = NULL;
}
