/* system.c: the clock, what the host is, and how loaded it is. */
#include <sys/timex.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include "collect/gather.h"

static void put_line(struct gather *g, struct json *j, const char *name, const char *path)
{
    CLEANUP_BUF struct buf buf = {0};

    put_some(j, name, host_line(&g->host, path, &buf));
}

static void row_of_line(struct gather *g, const char *key, const char *path)
{
    CLEANUP_BUF struct buf buf = {0};
    struct str value = host_line(&g->host, path, &buf);

    if (value.len == 0) {
        doc_gap(&g->doc, "%s: /%s cannot be read or is empty", key, path);
        return;
    }
    put_bytes(doc_row_text(&g->doc, key), "value", value);
    doc_row_end(&g->doc);
}

static void put_discipline(struct gather *g, struct json *j)
{
    struct timex t = {0};
    int state = adjtimex(&t); /* modes 0 asks only */
    int64_t unit = t.status & STA_NANO ? 1 : 1000;

    if (state < 0) {
        doc_gap(&g->doc, "whether the clock is synchronised: %s", strerror(errno));
        return;
    }
    json_put_bool(j, "synchronised", state != TIME_ERROR && !(t.status & STA_UNSYNC));
    put_i64(j, "offset_ns", (int64_t)t.offset * unit);
    put_i64(j, "error_us", t.maxerror);
}

/* etc/localtime is a link into the zone database, or a copy of one of its files. */
static void put_zone(struct gather *g, struct json *j)
{
    static const char database[] = "zoneinfo/";
    CLEANUP_BUF struct buf link = {0};
    const char *at;

    if (host_link(&g->host, "etc/localtime", &link) < 0) {
        put_line(g, j, "zone", "etc/timezone");
        return;
    }
    at = strstr(buf_text(&link), database);
    put_some(j, "zone", str_of(at ? at + strlen(database) : buf_text(&link)));
}

void gather_time(struct gather *g)
{
    enum { SANE = 36 };
    struct json *j = doc_row_text(&g->doc, "clock");
    uint64_t rtc;

    json_put_utc(j, "now", g->now);
    if (g->host.is_live)
        put_discipline(g, j);
    else
        doc_gap(&g->doc, "the clock itself: this is a copied tree, not the running host");
    put_line(g, j, "source", "sys/devices/system/clocksource/clocksource0/current_clocksource");
    put_zone(g, j);
    if (host_u64(&g->host, "sys/class/rtc/rtc0/since_epoch", &rtc) && rtc < (uint64_t)1 << SANE)
        json_put_utc(j, "hardware_clock", (struct utc){.sec = (int64_t)rtc});
    doc_row_end(&g->doc);
    j = doc_row_text(&g->doc, "boot");
    put_line(g, j, "boot_id", "proc/sys/kernel/random/boot_id");
    if (g->booted.sec)
        json_put_utc(j, "booted", g->booted);
    if (g->booted.sec && g->host.is_live)
        put_i64(j, "uptime_s", g->now.sec - g->booted.sec);
    doc_row_end(&g->doc);
}

static void add_kernel(struct gather *g)
{
    struct json *j = doc_row_text(&g->doc, "kernel");
    struct utsname name;
    uint64_t taint;

    put_line(g, j, "release", "proc/sys/kernel/osrelease");
    put_line(g, j, "version", "proc/sys/kernel/version");
    if (g->host.is_live && uname(&name) == 0)
        put_some(j, "machine", str_of(name.machine));
    put_line(g, j, "command_line", "proc/cmdline");
    if (host_u64(&g->host, "proc/sys/kernel/tainted", &taint))
        json_put_u64(j, "taint", taint);
    doc_row_end(&g->doc);
}

/* os-release(5): NAME="value", shell quoting. */
static struct str unquote(struct str value)
{
    value = str_trim(value);
    if (value.len >= 2 && (value.p[0] == '"' || value.p[0] == '\'') &&
        value.p[value.len - 1] == value.p[0])
        value = (struct str){value.p + 1, value.len - 2};
    return value;
}

static void add_operating_system(struct gather *g)
{
    static const struct {
        const char *from, *to;
    } names[] = {{"ID", "id"},
                 {"PRETTY_NAME", "name"},
                 {"VERSION_ID", "version"},
                 {"BUILD_ID", "build"},
                 {"VARIANT_ID", "variant"}};
    CLEANUP_BUF struct buf buf = {0};
    struct json *j = NULL;

    if (host_read(&g->host, "etc/os-release", &buf, GATHER_SMALL_SIZE) < 0 &&
        host_read(&g->host, "usr/lib/os-release", &buf, GATHER_SMALL_SIZE) < 0) {
        doc_gap(&g->doc, "operating system: no os-release file can be read");
        return;
    }
    j = doc_row_text(&g->doc, "operating system");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct str text = buf_str(&buf);
        struct str line;

        while (take_line(&text, &line))
            if (str_is(str_cut(&line, '='), names[i].from)) {
                put_some(j, names[i].to, unquote(line));
                break;
            }
    }
    doc_row_end(&g->doc);
}

static uint64_t count_processors(struct gather *g, struct str *model, struct buf *buf)
{
    struct str text;
    struct str line;
    uint64_t count = 0;

    if (!gather_file_if_any(g, "proc/cpuinfo", buf))
        return 0;
    text = buf_str(buf);
    while (take_line(&text, &line)) {
        struct str name = str_trim(str_cut(&line, ':'));

        count += str_is(name, "processor");
        if (str_is(name, "model name") && model->len == 0)
            *model = str_trim(line);
    }
    return count;
}

static void add_processor(struct gather *g)
{
    CLEANUP_BUF struct buf buf = {0};
    struct str model = {"", 0};
    uint64_t count = count_processors(g, &model, &buf);
    struct json *j;

    if (count == 0)
        return;
    j = doc_row_text(&g->doc, "processor");
    json_put_u64(j, "count", count);
    put_some(j, "model", model);
    doc_row_end(&g->doc);
}

static void add_hardware(struct gather *g)
{
    struct json *j = doc_row_text(&g->doc, "hardware");

    put_line(g, j, "vendor", "sys/class/dmi/id/sys_vendor");
    put_line(g, j, "product", "sys/class/dmi/id/product_name");
    put_line(g, j, "bios_version", "sys/class/dmi/id/bios_version");
    put_line(g, j, "bios_date", "sys/class/dmi/id/bios_date");
    put_line(g, j, "model", "proc/device-tree/model");
    doc_row_end(&g->doc);
}

void gather_system(struct gather *g)
{
    struct json *j;

    row_of_line(g, "host name", "proc/sys/kernel/hostname");
    row_of_line(g, "machine id", "etc/machine-id");
    add_kernel(g);
    add_operating_system(g);
    add_hardware(g);
    add_processor(g);
    j = doc_row_text(&g->doc, "security");
    put_line(g, j, "modules", "sys/kernel/security/lsm");
    put_line(g, j, "lockdown", "sys/kernel/security/lockdown");
    put_line(g, j, "modules_disabled", "proc/sys/kernel/modules_disabled");
    doc_row_end(&g->doc);
}

/* "0.42" as 42. */
static bool read_hundredths(struct str text, uint64_t *out)
{
    struct str rest = text;
    uint64_t whole;
    uint64_t part;

    if (!str_u64(str_cut(&rest, '.'), &whole) || rest.len != 2 || !str_u64(rest, &part) ||
        whole > UINT32_MAX)
        return false;
    *out = whole * 100 + part;
    return true;
}

static void add_load(struct gather *g)
{
    static const char *const names[] = {"one_min_hundredths", "five_min_hundredths",
                                        "fifteen_min_hundredths"};
    CLEANUP_BUF struct buf buf = {0};
    CLEANUP_BUF struct buf cpu = {0};
    struct str line = host_line(&g->host, "proc/loadavg", &buf);
    struct str model = {"", 0};
    struct json *j;
    uint64_t n;

    if (line.len == 0) {
        doc_gap(&g->doc, "/proc/loadavg cannot be read");
        return;
    }
    j = doc_row_text(&g->doc, "load");
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (read_hundredths(str_field(&line), &n))
            json_put_u64(j, names[i], n);
    line = str_field(&line);
    if (str_u64(str_cut(&line, '/'), &n))
        json_put_u64(j, "runnable", n);
    json_put_u64(j, "processors", count_processors(g, &model, &cpu));
    doc_row_end(&g->doc);
}

static void add_memory(struct gather *g)
{
    static const struct {
        const char *from, *to;
    } names[] = {{"MemTotal", "total"},
                 {"MemAvailable", "available"},
                 {"MemFree", "free"},
                 {"SwapTotal", "swap_total"},
                 {"SwapFree", "swap_free"}};
    CLEANUP_BUF struct buf buf = {0};
    struct json *j;

    if (host_read(&g->host, "proc/meminfo", &buf, GATHER_SMALL_SIZE) < 0) {
        doc_gap(&g->doc, "/proc/meminfo cannot be read");
        return;
    }
    j = doc_row_text(&g->doc, "memory");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct str text = buf_str(&buf);
        struct str line;
        uint64_t kib;

        while (take_line(&text, &line))
            if (str_is(str_cut(&line, ':'), names[i].from) && str_u64(str_field(&line), &kib) &&
                kib < UINT64_MAX / 1024)
                json_put_u64(j, names[i].to, kib * 1024);
    }
    doc_row_end(&g->doc);
}

static void add_out_of_memory(struct gather *g)
{
    CLEANUP_BUF struct buf buf = {0};
    struct str text;
    struct str line;
    uint64_t kills;

    if (host_read(&g->host, "proc/vmstat", &buf, GATHER_SMALL_SIZE) < 0) {
        doc_gap(&g->doc, "/proc/vmstat cannot be read");
        return;
    }
    text = buf_str(&buf);
    while (take_line(&text, &line))
        if (str_is(str_field(&line), "oom_kill") && str_u64(str_trim(line), &kills)) {
            json_put_u64(doc_row_text(&g->doc, "out of memory"), "kills", kills);
            doc_row_end(&g->doc);
        }
}

void gather_load(struct gather *g)
{
    add_load(g);
    add_memory(g);
    add_out_of_memory(g);
}

/* resolv.conf(5) and hosts(5): what decides which address a name gets. */
static void add_resolver_row(struct gather *g, struct str kind, struct str value)
{
    CLEANUP_BUF struct buf key = {0};
    struct json *j;

    buf_addstr(&key, kind);
    buf_addc(&key, ' ');
    buf_addstr(&key, value);
    j = doc_row_begin(&g->doc, buf_str(&key));
    put_bytes(j, "kind", kind);
    put_bytes(j, "value", value);
    doc_row_end(&g->doc);
}

static void one_space(struct str line, struct buf *out)
{
    struct str field;

    buf_clear(out);
    while ((field = str_field(&line)).len) {
        if (out->len)
            buf_addc(out, ' ');
        buf_addstr(out, field);
    }
}

static void add_resolver_file(struct gather *g, const char *path, const char *marks, bool is_hosts)
{
    CLEANUP_BUF struct buf buf = {0};
    CLEANUP_BUF struct buf value = {0};
    struct str text;
    struct str line;

    if (!gather_file_if_any(g, path, &buf))
        return;
    text = buf_str(&buf);
    while (take_line(&text, &line)) {
        struct str kind = STR("hosts");

        line = str_trim(str_cut(&line, '#'));
        if (line.len == 0 || strchr(marks, line.p[0]))
            continue;
        if (!is_hosts)
            kind = str_field(&line);
        one_space(line, &value);
        add_resolver_row(g, kind, buf_str(&value));
    }
}

void gather_resolver(struct gather *g)
{
    add_resolver_file(g, "etc/resolv.conf", "#;", false);
    add_resolver_file(g, "etc/hosts", "#", true);
}
