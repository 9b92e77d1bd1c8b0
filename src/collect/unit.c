/* unit.c: systemd units that are enabled by links, masked units, and timers. */
#include "collect/gather.h"

enum { UNIT_COUNT = 50000, UNIT_FILE_SIZE = 1 << 20 };

/* systemd.unit(5): the folders of the system manager; earlier ones win. */
static const char *const folders[] = {"etc/systemd/system",     "run/systemd/system",
                                      "run/systemd/generator",  "usr/local/lib/systemd/system",
                                      "usr/lib/systemd/system", "lib/systemd/system"};

/* On a merged /usr the last folder is the one before. */
static bool is_repeat(struct gather *g, size_t folder)
{
    struct stat lib;

    return folder == COUNT_OF(folders) - 1 && host_stat(&g->host, "lib", &lib) == 0 &&
           S_ISLNK(lib.st_mode);
}

static struct str name_of(struct str line)
{
    return str_trim(str_cut(&line, '='));
}

/* Lines whose name starts as wanted, with their values, as an array. */
static void put_settings(struct json *j, const char *member, struct str text, const char *starts,
                         const char *section)
{
    struct str line;
    bool inside = false;

    json_name(j, member);
    json_array_begin(j);
    while (take_line(&text, &line)) {
        line = str_trim(line);
        if (str_starts(line, "["))
            inside = str_is(line, section);
        else if (inside && str_starts(name_of(line), starts))
            json_str(j, str_head(line, 1000));
    }
    json_array_end(j);
}

static void put_hash(struct gather *g, struct json *j, struct str text)
{
    struct hash hash = hash_bytes(text.p, text.len);

    if (g->with_hashes)
        json_put_hex(j, "sha256", hash.b, sizeof(hash.b));
}

/* Where a unit's file lies: a template instance "a@b.service" comes from "a@.service". */
static bool find_unit(struct gather *g, const char *unit, struct buf *path, struct buf *text)
{
    const char *at = strchr(unit, '@');
    const char *dot = strrchr(unit, '.');

    for (size_t i = 0; i < 2 * COUNT_OF(folders); i++) {
        const char *folder = folders[i % COUNT_OF(folders)];

        buf_clear(path);
        if (i < COUNT_OF(folders))
            buf_addf(path, "%s/%s", folder, unit);
        else if (at && dot && dot > at)
            buf_addf(path, "%s/%.*s%s", folder, (int)(at - unit + 1), unit, dot);
        else
            return false;
        buf_clear(text);
        if (host_read(&g->host, buf_text(path), text, UNIT_FILE_SIZE) == 0)
            return true;
    }
    return false;
}

static void put_unit_file(struct gather *g, struct json *j, const char *unit)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf shown = {0};

    if (!find_unit(g, unit, &path, &text)) {
        json_put_text(j, "file", NULL);
        return;
    }
    buf_addf(&shown, "/%s", buf_text(&path));
    put_bytes(j, "file", buf_str(&shown));
    put_settings(j, "exec", buf_str(&text), "Exec", "[Service]");
    put_hash(g, j, buf_str(&text));
}

static void add_wanted(struct gather *g, const char *folder, struct str wanting, const char *unit,
                       const char *verb)
{
    CLEANUP_BUF struct buf key = {0};
    CLEANUP_BUF struct buf link = {0};
    struct json *j;

    buf_addstr(&key, wanting);
    buf_addf(&key, " %s %s", verb, unit);
    j = doc_row_begin(&g->doc, buf_str(&key));
    put_bytes(j, "unit", str_of(unit));
    put_bytes(j, "wanted_by", wanting);
    buf_addf(&link, "/%s/" STR_FMT ".%s/%s", folder, STR_ARG(wanting), verb, unit);
    put_bytes(j, "link", buf_str(&link));
    put_unit_file(g, j, unit);
    doc_row_end(&g->doc);
}

static void add_wanted_folder(struct gather *g, const char *folder, const char *name,
                              const char *verb)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_NAMES struct names units = {0};
    struct str wanting = {name, strlen(name) - strlen(verb) - 1};
    int code;

    buf_addf(&path, "%s/%s", folder, name);
    code = host_names(&g->host, buf_text(&path), &units, UNIT_COUNT);
    if (code < 0)
        doc_gap_errno(&g->doc, code, "/%s", buf_text(&path));
    for (size_t i = 0; i < units.count; i++)
        add_wanted(g, folder, wanting, units.list[i], verb);
}

static void add_masked(struct gather *g, const char *folder, const char *unit)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf target = {0};
    CLEANUP_BUF struct buf key = {0};
    struct json *j;

    buf_addf(&path, "%s/%s", folder, unit);
    if (host_link(&g->host, buf_text(&path), &target) < 0 || !str_is(buf_str(&target), "/dev/null"))
        return;
    buf_addf(&key, "masked %s", unit);
    j = doc_row_begin(&g->doc, buf_str(&key));
    put_bytes(j, "unit", str_of(unit));
    buf_clear(&key);
    buf_addf(&key, "/%s", buf_text(&path));
    put_bytes(j, "link", buf_str(&key));
    doc_row_end(&g->doc);
}

static void add_folder(struct gather *g, const char *folder)
{
    CLEANUP_NAMES struct names names = {0};
    int code = host_names(&g->host, folder, &names, UNIT_COUNT);

    if (code < 0 && code != -ENOENT && code != -ENOTDIR)
        doc_gap_errno(&g->doc, code, "/%s", folder);
    for (size_t i = 0; i < names.count; i++) {
        struct str name = str_of(names.list[i]);

        if (str_ends(name, ".wants"))
            add_wanted_folder(g, folder, names.list[i], "wants");
        else if (str_ends(name, ".requires"))
            add_wanted_folder(g, folder, names.list[i], "requires");
        else if (memchr(name.p, '.', name.len) && !str_ends(name, ".d"))
            add_masked(g, folder, names.list[i]);
    }
}

void gather_units(struct gather *g)
{
    struct stat st;

    if (host_stat(&g->host, "usr/lib/systemd/system", &st) < 0 &&
        host_stat(&g->host, "lib/systemd/system", &st) < 0 &&
        host_stat(&g->host, "etc/systemd/system", &st) < 0) {
        doc_seen(&g->doc, SEEN_ABSENT);
        return;
    }
    doc_note(&g->doc, "which units run or failed only systemd itself knows; no file says it. Units "
                      "of users' own managers are not read");
    for (size_t i = 0; i < COUNT_OF(folders); i++)
        if (!is_repeat(g, i))
            add_folder(g, folders[i]);
}

static bool is_enabled(struct gather *g, const char *timer)
{
    CLEANUP_BUF struct buf path = {0};

    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        struct stat st;

        buf_clear(&path);
        buf_addf(&path, "%s/timers.target.wants/%s", folders[i], timer);
        if (host_stat(&g->host, buf_text(&path), &st) == 0)
            return true;
    }
    return false;
}

static void put_last(struct gather *g, struct json *j, const char *timer)
{
    CLEANUP_BUF struct buf path = {0};
    struct stat st;

    buf_addf(&path, "var/lib/systemd/timers/stamp-%s", timer);
    if (host_stat(&g->host, buf_text(&path), &st) == 0 && st.st_mtim.tv_sec >= 0)
        json_put_utc(j, "last",
                     (struct utc){.sec = st.st_mtim.tv_sec, .ns = (uint32_t)st.st_mtim.tv_nsec});
}

static void add_timer(struct gather *g, const char *folder, const char *timer)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf shown = {0};
    CLEANUP_BUF struct buf text = {0};
    struct json *j;

    buf_addf(&path, "%s/%s", folder, timer);
    if (host_read(&g->host, buf_text(&path), &text, UNIT_FILE_SIZE) < 0)
        return; /* masked, or a link that leads nowhere: section unit has it */
    buf_addf(&shown, "/%s", buf_text(&path));
    j = doc_row_text(&g->doc, timer);
    put_bytes(j, "file", buf_str(&shown));
    json_put_bool(j, "enabled", is_enabled(g, timer));
    put_settings(j, "when", buf_str(&text), "On", "[Timer]");
    put_settings(j, "unit", buf_str(&text), "Unit", "[Timer]");
    put_last(g, j, timer);
    doc_row_end(&g->doc);
}

/* A folder further up has a file of this name, which then counts. */
static bool is_overridden(struct gather *g, size_t folder, const char *name)
{
    CLEANUP_BUF struct buf path = {0};

    for (size_t i = 0; i < folder; i++) {
        struct stat st;

        buf_clear(&path);
        buf_addf(&path, "%s/%s", folders[i], name);
        if (host_stat(&g->host, buf_text(&path), &st) == 0)
            return true;
    }
    return false;
}

void gather_timers(struct gather *g)
{
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        CLEANUP_NAMES struct names names = {0};

        if (is_repeat(g, i))
            continue;
        (void)host_names(&g->host, folders[i], &names, UNIT_COUNT); /* section unit said so */
        for (size_t k = 0; k < names.count; k++)
            if (str_ends(str_of(names.list[k]), ".timer") && !is_overridden(g, i, names.list[k]))
                add_timer(g, folders[i], names.list[k]);
    }
}
