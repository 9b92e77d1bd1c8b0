/* live_status.c: what stat, status and limits of a process tell (proc(5)). */
#include <unistd.h>
#include "collect/live_process.h"

#define KERNEL_THREAD_FLAG 0x00200000u /* PF_KTHREAD, include/linux/sched.h */

enum { STAT_SIZE = 4096, STATUS_SIZE = 64 << 10, FIELD_COUNT = 52 };

static uint64_t field_number(const struct str *fields, size_t number)
{
    uint64_t n = 0;

    return str_u64(fields[number], &n) ? n : 0;
}

static void put_ticks(struct json *j, const char *name, uint64_t ticks)
{
    if (ticks < UINT64_MAX / 1000)
        json_put_u64(j, name, ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK));
}

static void put_start(struct live_process *p, struct json *j, uint64_t ticks)
{
    const uint64_t ns = 1000000000;
    struct utc start = {0};

    if (ticks < (uint64_t)1 << 34)
        start = live_after(p->booted, ticks * (ns / (uint64_t)sysconf(_SC_CLK_TCK)));
    json_put_u64(j, "start_ticks", ticks);
    if (start.sec)
        json_put_utc(j, "start", start);
}

/* "PID (NAME) STATE PPID …"; the name may hold anything, so the last ) ends it. */
int live_put_stat(struct live_process *p, struct json *j)
{
    enum { STATE = 3, PARENT, GROUP, SESSION, TERMINAL, FLAGS = 9, USER = 14, SYSTEM, START = 22 };
    int code = live_process_read(p, "stat", STAT_SIZE);
    struct str text = buf_str(p->buf);
    const char *open = text.len ? memchr(text.p, '(', text.len) : NULL;
    const char *close = text.len ? memrchr(text.p, ')', text.len) : NULL;
    struct str fields[FIELD_COUNT + 1] = {0};
    struct str rest;

    if (code < 0)
        return code;
    if (!open || !close || close < open)
        return -ESRCH;
    rest = str_from(text, (size_t)(close + 1 - text.p));
    for (size_t i = STATE; i <= FIELD_COUNT; i++)
        fields[i] = str_trim(str_field(&rest));
    p->is_kernel = field_number(fields, FLAGS) & KERNEL_THREAD_FLAG;
    put_bytes(j, "name", (struct str){open + 1, (size_t)(close - open - 1)});
    json_put_text(j, "kind", p->is_kernel ? "kernel" : "user");
    put_bytes(j, "state", str_head(fields[STATE], 1));
    json_put_u64(j, "parent", field_number(fields, PARENT));
    json_put_u64(j, "process_group", field_number(fields, GROUP));
    json_put_u64(j, "session", field_number(fields, SESSION));
    json_put_u64(j, "terminal", field_number(fields, TERMINAL));
    put_start(p, j, field_number(fields, START));
    put_ticks(j, "user_ms", field_number(fields, USER));
    put_ticks(j, "system_ms", field_number(fields, SYSTEM));
    return 0;
}

static void put_number(struct json *j, const char *name, struct str value)
{
    uint64_t n;

    if (str_u64(str_field(&value), &n))
        json_put_u64(j, name, n);
}

/* "1640 kB" */
static void put_memory(struct json *j, const char *name, struct str value)
{
    uint64_t n;

    if (str_u64(str_field(&value), &n) && n < UINT64_MAX / 1024)
        json_put_u64(j, name, n * 1024);
}

static void put_numbers(struct json *j, const char *name, struct str value)
{
    struct str one;
    uint64_t n;

    json_name(j, name);
    json_array_begin(j);
    while ((one = str_field(&value)).len)
        if (str_u64(one, &n))
            json_u64(j, n);
    json_array_end(j);
}

/* The kernel's own digits, which differ in number between kernels. */
static void put_hex(struct json *j, const char *name, struct str value)
{
    uint64_t n;

    value = str_field(&value);
    if (read_u64_base(value, 16, &n))
        json_put_str(j, name, value);
}

static void put_seccomp(struct json *j, const char *name, struct str value)
{
    static const struct live_word modes[] = {{0, "none"}, {1, "strict"}, {2, "filter"}, {0, NULL}};
    uint64_t n;

    if (str_u64(str_field(&value), &n))
        live_put_word(j, name, modes, n);
}

void live_put_status(struct live_process *p, struct json *j)
{
    static const struct {
        const char *line, *name;
        void (*put)(struct json *, const char *, struct str);
    } rows[] = {{"TracerPid:", "tracer", put_number},
                {"Uid:", "uids", put_numbers},
                {"Gid:", "gids", put_numbers},
                {"Groups:", "groups", put_numbers},
                {"NSpid:", "namespace_pids", put_numbers},
                {"VmPeak:", "virtual_peak", put_memory},
                {"VmSize:", "virtual", put_memory},
                {"VmHWM:", "resident_peak", put_memory},
                {"VmRSS:", "resident", put_memory},
                {"VmLck:", "locked", put_memory},
                {"VmSwap:", "swapped", put_memory},
                {"Threads:", "threads", put_number},
                {"CapInh:", "cap_inheritable", put_hex},
                {"CapPrm:", "cap_permitted", put_hex},
                {"CapEff:", "cap_effective", put_hex},
                {"CapBnd:", "cap_bounding", put_hex},
                {"CapAmb:", "cap_ambient", put_hex},
                {"NoNewPrivs:", "no_new_privs", put_number},
                {"Seccomp:", "seccomp", put_seccomp},
                {"Seccomp_filters:", "seccomp_filters", put_number}};
    int code = live_process_read(p, "status", STATUS_SIZE);
    struct str text = buf_str(p->buf);
    struct str line;
    size_t next = 0;

    if (code < 0 && code != -EFBIG)
        return;
    /* Rows come in the kernel's order; a copied tree that repeats one does not repeat a member. */
    while (take_line(&text, &line)) {
        struct str name = str_field(&line);

        for (size_t i = next; i < COUNT_OF(rows); i++) {
            if (!str_is(name, rows[i].line))
                continue;
            rows[i].put(j, rows[i].name, line);
            next = i + 1;
            break;
        }
    }
}

/* "Max open files            1024                 524288               files": columns of fixed
 * width. */
void live_put_limits(struct live_process *p, struct json *j)
{
    enum { NAME_WIDTH = 26, LIMITS_SIZE = 8192, LINE_COUNT = 40 };
    struct str text;
    struct str line;

    if (live_process_read(p, "limits", LIMITS_SIZE) < 0)
        return;
    text = buf_str(p->buf);
    (void)take_line(&text, &line); /* the heading */
    json_name(j, "limits");
    json_array_begin(j);
    for (size_t i = 0; i < LINE_COUNT && take_line(&text, &line); i++) {
        CLEANUP_BUF struct buf one = {0};
        struct str rest = str_from(line, NAME_WIDTH);

        buf_addstr(&one, str_trim(str_head(line, NAME_WIDTH)));
        buf_adds(&one, ": ");
        buf_addstr(&one, str_field(&rest));
        buf_addc(&one, ' ');
        buf_addstr(&one, str_field(&rest));
        json_str(j, buf_str(&one));
    }
    json_array_end(j);
}
