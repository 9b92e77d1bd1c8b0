/* live_time.c: what the host's clocks say, and what sets them. */
#include <sys/timex.h>
#include <unistd.h>
#include "collect/live.h"

struct time_lines {
    struct collection *c;
    struct bundle_lines *lines;
};

static struct json *begin(struct time_lines *t, const char *kind)
{
    struct json *j = bundle_line_begin(t->lines);

    json_put_text(j, "kind", kind);
    return j;
}

static void put_line(struct time_lines *t, struct json *j, const char *name, const char *path)
{
    CLEANUP_BUF struct buf buf = {0};

    put_some(j, name, host_line(&t->c->host, path, &buf));
}

static void add_clocks(struct time_lines *t)
{
    static const struct {
        const char *name;
        clockid_t id;
    } clocks[] = {{"realtime", CLOCK_REALTIME},
                  {"tai", CLOCK_TAI},
                  {"monotonic", CLOCK_MONOTONIC},
                  {"monotonic raw", CLOCK_MONOTONIC_RAW},
                  {"boot", CLOCK_BOOTTIME}};

    for (size_t i = 0; i < COUNT_OF(clocks); i++) {
        struct timespec now;
        struct json *j;

        if (clock_gettime(clocks[i].id, &now) < 0)
            continue;
        j = begin(t, "clock");
        json_put_text(j, "name", clocks[i].name);
        if (i < 2)
            json_put_utc(j, "now", (struct utc){.sec = now.tv_sec, .ns = (uint32_t)now.tv_nsec});
        else
            put_i64(j, "ns", (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
        live_line_end(t->c, t->lines);
    }
}

/* adjtimex(2); modes 0 asks only. */
static void add_discipline(struct time_lines *t)
{
    static const struct live_word states[] = {{TIME_OK, "ok"},
                                              {TIME_INS, "inserting a leap second"},
                                              {TIME_DEL, "deleting a leap second"},
                                              {TIME_OOP, "leap second"},
                                              {TIME_WAIT, "leap second done"},
                                              {TIME_ERROR, "not synchronised"},
                                              {0, NULL}};
    struct timex x = {0};
    int state = adjtimex(&x);
    int64_t unit = x.status & STA_NANO ? 1 : 1000;
    struct json *j;

    if (state < 0) {
        collection_missing(t->c, STR("adjtimex"), errno, "whether the clock is synchronised");
        return;
    }
    j = begin(t, "discipline");
    json_put_bool(j, "synchronised", state != TIME_ERROR && !(x.status & STA_UNSYNC));
    live_put_word(j, "state", states, (uint64_t)state);
    put_i64(j, "offset_ns", (int64_t)x.offset * unit);
    put_i64(j, "frequency_ppb", (int64_t)x.freq * 1000 / 65536); /* 2^-16 ppm */
    put_i64(j, "estimate_us", x.esterror);
    put_i64(j, "error_us", x.maxerror);
    put_i64(j, "tick_us", x.tick);
    put_i64(j, "tai_offset_s", x.tai);
    live_line_end(t->c, t->lines);
}

static void add_source(struct time_lines *t)
{
    struct json *j = begin(t, "source");

    put_line(t, j, "current", "sys/devices/system/clocksource/clocksource0/current_clocksource");
    put_line(t, j, "available",
             "sys/devices/system/clocksource/clocksource0/available_clocksource");
    live_line_end(t->c, t->lines);
}

static void add_hardware_clocks(struct time_lines *t)
{
    enum { CLOCK_COUNT = 16, SANE = 36 };
    CLEANUP_NAMES struct names names = {0};
    CLEANUP_BUF struct buf path = {0};

    (void)host_names(&t->c->host, "sys/class/rtc", &names, CLOCK_COUNT);
    for (size_t i = 0; i < names.count; i++) {
        struct json *j = begin(t, "hardware");
        uint64_t sec;

        put_bytes(j, "name", str_of(names.list[i]));
        buf_clear(&path);
        buf_addf(&path, "sys/class/rtc/%s/since_epoch", names.list[i]);
        if (host_u64(&t->c->host, buf_text(&path), &sec) && sec < (uint64_t)1 << SANE)
            json_put_utc(j, "now", (struct utc){.sec = (int64_t)sec});
        buf_clear(&path);
        buf_addf(&path, "sys/class/rtc/%s/name", names.list[i]);
        put_line(t, j, "driver", buf_text(&path));
        live_line_end(t->c, t->lines);
    }
}

/* Whether the hardware clock keeps UTC or local time is the third line of adjtime(5). */
static void add_settings(struct time_lines *t)
{
    CLEANUP_BUF struct buf text = {0};
    struct json *j = begin(t, "settings");
    struct str rest;
    struct str line = {"", 0};

    if (host_read(&t->c->host, "etc/adjtime", &text, GATHER_SMALL_SIZE) == 0) {
        rest = buf_str(&text);
        for (int i = 0; i < 3; i++)
            (void)take_line(&rest, &line);
        put_some(j, "hardware_keeps", str_trim(line));
    }
    buf_clear(&text);
    if (host_link(&t->c->host, "etc/localtime", &text) == 0)
        put_bytes(j, "local_time", buf_str(&text));
    put_line(t, j, "zone", "etc/timezone");
    live_line_end(t->c, t->lines);
}

static void add_boot(struct time_lines *t)
{
    struct json *j = begin(t, "boot");
    struct utc booted = live_booted(t->c);

    put_line(t, j, "boot_id", "proc/sys/kernel/random/boot_id");
    if (booted.sec)
        json_put_utc(j, "booted", booted);
    put_line(t, j, "uptime", "proc/uptime");
    live_line_end(t->c, t->lines);
}

/* Who may be setting the clock: the kernel cuts names at 15 bytes. */
static void add_clients(struct time_lines *t)
{
    static const char *const names[] = {
        "chronyd",  "ntpd", "systemd-timesyn", "ntpdate", "ptp4l",       "phc2sys", "timedatex",
        "openntpd", "sntp", "htpdate",         "tlsdate", "VBoxService", "vmtoolsd"};

    for (size_t i = 0; i < t->c->processes.count; i++) {
        const struct process *p = &t->c->processes.list[i];

        for (size_t k = 0; k < COUNT_OF(names); k++) {
            struct json *j;

            if (!str_is(p->name, names[k]))
                continue;
            j = begin(t, "client");
            json_put_text(j, "name", names[k]);
            json_put_u64(j, "pid", p->pid);
            put_some(j, "program", p->program);
            live_line_end(t->c, t->lines);
        }
    }
}

static void add_last_synchronised(struct time_lines *t)
{
    struct stat st;
    struct json *j;

    if (host_stat(&t->c->host, "run/systemd/timesync/synchronized", &st) < 0)
        return;
    j = begin(t, "synchronised by systemd");
    json_put_utc(j, "now",
                 (struct utc){.sec = st.st_mtim.tv_sec, .ns = (uint32_t)st.st_mtim.tv_nsec});
    live_line_end(t->c, t->lines);
}

void live_time(struct collection *c)
{
    struct time_lines t = {.c = c, .lines = live_open(c, "live/time")};

    if (c->host.is_live) {
        add_clocks(&t);
        add_discipline(&t);
    } else {
        collection_missing(c, STR("the clock"), 0, "this is a copied tree, not the running host");
    }
    add_source(&t);
    add_hardware_clocks(&t);
    add_settings(&t);
    add_boot(&t);
    add_clients(&t);
    add_last_synchronised(&t);
    live_close(c, t.lines);
}
