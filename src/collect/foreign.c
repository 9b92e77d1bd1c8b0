/* foreign.c: a snapshot document put together from what another collector took. */
#include "collect/foreign.h"
#include "collect/gather.h"

/* The sections that are read from files alone, and what a path begins with (or, with a leading
 * star, ends with) that they need. */
static const struct file_section {
    const char *name;
    void (*gather)(struct gather *g);
    const char *needs[6];
} file_sections[] = {
    {"resolver", gather_resolver, {"etc/resolv.conf", "etc/hosts"}},
    {"package", gather_packages, {"var/lib/dpkg/status"}},
    {"cron", gather_cron, {"etc/cron", "etc/anacrontab", "var/spool/cron", "var/spool/at"}},
    {"account", gather_accounts, {"etc/passwd"}},
    {"group", gather_groups, {"etc/group"}},
    {"sudoers", gather_sudoers, {"etc/sudoers"}},
    {"authorised key", gather_keys, {"*/.ssh/authorized_keys", "*/.ssh/authorized_keys2"}},
};

static const char *const names[] = {
#define SECTION(name, function, title) name,
#include "collect/sections.def"
#undef SECTION
};

static bool is_needed(struct str path, const char *need)
{
    return need[0] == '*' ? str_ends(path, need + 1) : str_starts(path, need);
}

static bool has_any(const struct foreign *f, const struct file_section *s)
{
    for (size_t i = 0; i < f->file_count; i++)
        for (size_t k = 0; k < COUNT_OF(s->needs) && s->needs[k]; k++)
            if (is_needed(f->files[i].path, s->needs[k]))
                return true;
    return false;
}

static bool fill_from_files(struct gather *g, const struct foreign *f, const char *name)
{
    for (size_t i = 0; i < COUNT_OF(file_sections); i++) {
        const struct file_section *s = &file_sections[i];

        if (strcmp(s->name, name) != 0 || !has_any(f, s))
            continue;
        s->gather(g);
        /* What was not copied is not absent on the host. */
        doc_gap(&g->doc, "only the files that %s copied", f->collector);
        return true;
    }
    return false;
}

static void write_first(struct gather *g, const struct foreign *f)
{
    CLEANUP_BUF struct buf line = {0};
    CLEANUP_BUF struct buf program = {0};
    struct json j;

    buf_addf(&program, "calm " CALM_VERSION " from %s", f->collector);
    json_begin(&j, &line);
    json_object_begin(&j);
    json_put_text(&j, "section", "snapshot");
    json_put_text(&j, "key", "calm-snapshot/1");
    json_put_text(&j, "format", "calm-snapshot/1");
    put_bytes(&j, "host", f->host);
    if (f->taken.sec)
        json_put_utc(&j, "taken", f->taken);
    json_put_text(&j, "root", "/");
    json_put_bool(&j, "hashes", false);
    json_put_str(&j, "program", buf_str(&program));
    json_object_end(&j);
    doc_first(&g->doc, buf_str(&line));
}

static void fill(struct gather *g, const struct foreign *f, const char *name)
{
    doc_section(&g->doc, name);
    if (f->fill(f->context, &g->doc, name) || fill_from_files(g, f, name))
        return;
    doc_gap(&g->doc, "nothing that %s brought is read for it", f->collector);
    doc_seen(&g->doc, SEEN_NONE);
}

int collect_foreign(const struct foreign *f, collect_line *emit, void *context, struct err *e)
{
    struct gather g = {.now = f->taken};
    int code;

    host_init_memory(&g.host, f->files, f->file_count);
    g.arena = arena_new();
    doc_init(&g.doc, emit, context, e);
    gather_scan_users(&g);
    write_first(&g, f);
    for (size_t i = 0; i < COUNT_OF(names) && g.doc.status == 0; i++)
        fill(&g, f, names[i]);
    code = doc_finish(&g.doc);
    doc_release(&g.doc);
    free(g.users);
    arena_free(g.arena);
    return code;
}
