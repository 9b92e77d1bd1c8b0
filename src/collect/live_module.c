/* live_module.c: kernel modules, as /proc/modules lists them and as /sys/module has them. */
#include "collect/live.h"

enum { MODULE_COUNT = 20000, VALUE_SIZE = 1024, PARAMETERS_SIZE = 16 << 10 };

struct module_lines {
    struct collection *c;
    struct bundle_lines *lines;
    struct buf path;
    struct buf text;
};

/* "a,b,": who uses it, or "-". */
static void put_users(struct json *j, struct str text)
{
    json_name(j, "used_by");
    json_array_begin(j);
    while (text.len && !str_is(text, "-")) {
        struct str one = str_cut(&text, ',');

        if (one.len)
            json_str(j, one);
    }
    json_array_end(j);
}

/* NAME SIZE COUNT USERS STATE ADDRESS (TAINT) */
static void add_listed(struct module_lines *l, struct str line)
{
    enum { NAME, SIZE, USES, USERS, STATE, ADDRESS, TAINT, COUNT };
    struct str fields[COUNT];
    struct json *j;
    uint64_t n;

    for (size_t i = 0; i < COUNT; i++)
        fields[i] = str_field(&line);
    if (!str_u64(fields[SIZE], &n))
        return;
    j = bundle_line_begin(l->lines);
    json_put_text(j, "from", "/proc/modules");
    put_bytes(j, "name", fields[NAME]);
    json_put_u64(j, "size", n);
    if (str_u64(fields[USES], &n))
        json_put_u64(j, "uses", n);
    put_users(j, fields[USERS]);
    put_bytes(j, "state", fields[STATE]);
    put_some(j, "address", fields[ADDRESS]);
    put_some(j, "taint", fields[TAINT]);
    live_line_end(l->c, l->lines);
}

static void add_list(struct module_lines *l)
{
    CLEANUP_LIVE_FILE struct live_file f = {.fd = -1};
    int code = live_file_open(&f, l->c, "proc/modules");
    struct str line;

    if (code < 0)
        collection_missing(l->c, STR("/proc/modules"), -code, "%s",
                           code == -ENOENT ? "this kernel has no modules" : strerror(-code));
    while (code == 0 && !l->c->status && live_file_line(&f, &line))
        add_listed(l, line);
}

/* The first line of /sys/module/NAME/FILE; empty where there is none. */
static struct str module_line(struct module_lines *l, const char *name, const char *file)
{
    buf_clear(&l->path);
    buf_addf(&l->path, "sys/module/%s/%s", name, file);
    return host_line(&l->c->host, buf_text(&l->path), &l->text);
}

static void put_line(struct module_lines *l, struct json *j, const char *name, const char *file,
                     const char *member)
{
    put_some(j, member, module_line(l, name, file));
}

static void put_holders(struct module_lines *l, struct json *j, const char *name)
{
    CLEANUP_NAMES struct names names = {0};

    buf_clear(&l->path);
    buf_addf(&l->path, "sys/module/%s/holders", name);
    if (host_names(&l->c->host, buf_text(&l->path), &names, MODULE_COUNT) < 0)
        return;
    json_name(j, "used_by");
    json_array_begin(j);
    for (size_t i = 0; i < names.count; i++)
        json_text(j, names.list[i]);
    json_array_end(j);
}

/* What it was loaded with: "NAME=VALUE". */
static void put_parameters(struct module_lines *l, struct json *j, const char *name)
{
    CLEANUP_NAMES struct names names = {0};
    CLEANUP_BUF struct buf all = {0};
    CLEANUP_BUF struct buf file = {0};

    buf_clear(&l->path);
    buf_addf(&l->path, "sys/module/%s/parameters", name);
    if (host_names(&l->c->host, buf_text(&l->path), &names, MODULE_COUNT) < 0)
        return;
    for (size_t i = 0; i < names.count; i++) {
        buf_clear(&file);
        buf_addf(&file, "parameters/%s", names.list[i]);
        buf_addf(&all, "%s=", names.list[i]);
        buf_addstr(&all, str_head(module_line(l, name, buf_text(&file)), VALUE_SIZE));
        buf_addc(&all, '\0');
    }
    (void)live_put_strings(j, "parameters", buf_str(&all), PARAMETERS_SIZE);
}

/* What is built into the kernel has a folder too, but no state. */
static void add_folder(struct module_lines *l, const char *name)
{
    struct json *j = bundle_line_begin(l->lines);
    bool is_loaded = module_line(l, name, "initstate").len > 0;
    uint64_t n;

    json_put_text(j, "from", "/sys/module");
    put_bytes(j, "name", str_of(name));
    json_put_text(j, "kind", is_loaded ? "loaded" : "built in");
    if (is_loaded) {
        put_line(l, j, name, "initstate", "state");
        if (str_u64(module_line(l, name, "coresize"), &n))
            json_put_u64(j, "size", n);
        if (str_u64(module_line(l, name, "refcnt"), &n))
            json_put_u64(j, "uses", n);
        put_line(l, j, name, "taint", "taint");
        put_line(l, j, name, "srcversion", "source_version");
        put_holders(l, j, name);
        put_parameters(l, j, name);
    }
    put_line(l, j, name, "version", "version");
    live_line_end(l->c, l->lines);
}

static void add_folders(struct module_lines *l)
{
    CLEANUP_NAMES struct names names = {0};
    int code = host_names(&l->c->host, "sys/module", &names, MODULE_COUNT);

    if (code < 0)
        collection_missing(l->c, STR("/sys/module"), -code, "%s", strerror(-code));
    for (size_t i = 0; i < names.count && !l->c->status; i++)
        add_folder(l, names.list[i]);
}

void live_modules(struct collection *c)
{
    struct module_lines l = {.c = c, .lines = live_open(c, "live/module")};

    add_list(&l);
    add_folders(&l);
    live_close(c, l.lines);
    buf_release(&l.path);
    buf_release(&l.text);
}
