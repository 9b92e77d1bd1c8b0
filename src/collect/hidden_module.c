/* hidden_module.c: compares which modules /proc/modules lists, /sys/module has, and symbols belong
 * to. */
#include "collect/hidden.h"

enum { MODULE_COUNT = 4096, MODULE_NAME_SIZE = 64 };
enum module_view { IN_LIST = 1, IN_SYS = 2, IN_SYMBOLS = 4 };

static const struct {
    enum module_view view;
    const char *name;
} view_names[] = {
    {IN_LIST, "/proc/modules"}, {IN_SYS, "/sys/module"}, {IN_SYMBOLS, "/proc/kallsyms"}};

struct module {
    char name[MODULE_NAME_SIZE];
    unsigned seen;
};

struct modules {
    struct collection *c;
    struct module list[MODULE_COUNT];
    size_t count;
    unsigned views; /* those that could be read */
    bool is_full;
    bool is_again; /* the second look: what is missing was said */
};

static void mark(struct modules *m, struct str name, enum module_view view)
{
    if (name.len == 0 || name.len >= MODULE_NAME_SIZE)
        return;
    for (size_t i = m->count; i > 0; i--) /* symbols of a module stand together */
        if (str_is(name, m->list[i - 1].name)) {
            m->list[i - 1].seen |= view;
            return;
        }
    if (m->count == MODULE_COUNT) {
        m->is_full = true;
        return;
    }
    memcpy(m->list[m->count].name, name.p, name.len);
    m->list[m->count++].seen = view;
}

static void say_missing(struct modules *m, const char *path, int code, const char *why)
{
    if (!m->is_again)
        collection_missing(m->c, str_of(path), -code, "%s", why);
}

/* proc_modules(5): "NAME SIZE …". A kernel without loadable modules does not have it; where another
 * view shows one, it was taken away. */
static void read_list(struct modules *m)
{
    CLEANUP_LIVE_FILE struct live_file f = {.fd = -1};
    int code = live_file_open(&f, m->c, "proc/modules");
    struct str line;

    if (code < 0) {
        say_missing(m, "/proc/modules", code, "the list of modules that were loaded");
        m->views |= m->c->host.is_live && code == -ENOENT ? IN_LIST : 0;
        return;
    }
    m->views |= IN_LIST;
    while (live_file_line(&f, &line))
        mark(m, str_field(&line), IN_LIST);
}

/* What is built into the kernel has a folder too, and no state in it. */
static void read_sys(struct modules *m)
{
    CLEANUP_NAMES struct names names = {0};
    int code = host_names(&m->c->host, "sys/module", &names, GATHER_NAME_COUNT);

    if (code < 0 && code != -EFBIG) {
        say_missing(m, "/sys/module", code, "modules are not compared with it");
        return;
    }
    m->views |= IN_SYS;
    for (size_t i = 0; i < names.count; i++) {
        CLEANUP_BUF struct buf path = {0};
        struct stat st;

        buf_addf(&path, "sys/module/%s/initstate", names.list[i]);
        if (host_stat(&m->c->host, buf_text(&path), &st) == 0)
            mark(m, str_of(names.list[i]), IN_SYS);
    }
}

/* "ffffffffc0000000 t name [module]"; programs of BPF and trampolines of probes bear a name too. */
static void read_symbols(struct modules *m)
{
    CLEANUP_LIVE_FILE struct live_file f = {.fd = -1};
    int code = live_file_open(&f, m->c, "proc/kallsyms");
    struct str line;

    if (code < 0) {
        say_missing(m, "/proc/kallsyms", code, "modules are not compared with it");
        return;
    }
    m->views |= IN_SYMBOLS;
    while (live_file_line(&f, &line)) {
        const char *open;
        struct str name;

        if (!str_ends(line, "]") || !(open = memrchr(line.p, '[', line.len)))
            continue;
        name = str_from(line, (size_t)(open + 1 - line.p));
        name.len--;
        if (!str_is(name, "bpf") && !str_starts(name, "__builtin__"))
            mark(m, name, IN_SYMBOLS);
    }
}

static void look(struct modules *m)
{
    read_list(m);
    read_sys(m);
    read_symbols(m);
}

/* Modules without symbols exist, so only the two listings must agree both ways. */
static bool differs(const struct module *one, unsigned views)
{
    unsigned listings = views & (IN_LIST | IN_SYS);
    bool is_symbol_only = one->seen == IN_SYMBOLS;

    return is_symbol_only || (one->seen & listings) != listings;
}

static bool differs_again(const struct module *one, const struct modules *again)
{
    for (size_t i = 0; i < again->count; i++)
        if (strcmp(again->list[i].name, one->name) == 0)
            return again->list[i].seen == one->seen;
    return false;
}

static void put_views(struct json *j, const char *name, unsigned seen, unsigned views)
{
    json_name(j, name);
    json_array_begin(j);
    for (size_t i = 0; i < COUNT_OF(view_names); i++)
        if (seen & views & view_names[i].view)
            json_text(j, view_names[i].name);
    json_array_end(j);
}

static void tell(struct modules *m, struct told *told, const struct module *one)
{
    CLEANUP_EVIDENCE struct evidence v = {0};
    struct json *j = evidence_begin(&v);

    if (!told_one(told))
        return;
    put_bytes(j, "module", str_of(one->name));
    put_views(j, "seen_by", one->seen, m->views);
    put_views(j, "not_by", ~one->seen, m->views);
    collection_observe(m->c, told->code, evidence_end(&v),
                       "The module %s is in one list of modules and not in another.", one->name);
}

static void compare(struct modules *m, struct modules *again)
{
    struct told told = {.code = "hidden-module"};
    size_t count = 0;

    for (size_t i = 0; i < m->count; i++)
        count += differs(&m->list[i], m->views);
    if (count) {
        hidden_pause(m->c);
        look(again);
    }
    for (size_t i = 0; count && i < m->count; i++)
        if (differs(&m->list[i], m->views) && differs_again(&m->list[i], again))
            tell(m, &told, &m->list[i]);
    told_rest(m->c, &told, "modules are in one list and not in another");
}

void collection_hidden_modules(struct collection *c)
{
    CLEANUP_FREE struct modules *first = mem_new(struct modules);
    CLEANUP_FREE struct modules *second = mem_new(struct modules);

    first->c = c;
    second->c = c;
    second->is_again = true;
    look(first);
    compare(first, second);
    if (first->is_full)
        collection_missing(c, STR("/proc/modules"), 0, "there are more modules than are compared");
}
