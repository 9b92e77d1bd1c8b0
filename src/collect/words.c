/* words.c: what lines of a snapshot are about, in words. */
#include "collect/words.h"
#include "base/mem.h"

/* Members that change without meaning; doc/format/snapshot.md §4 marks them with a star. */
static const struct {
    const char *section, *member;
} noise[] = {
    {"time", "now"},
    {"time", "offset_ns"},
    {"time", "error_us"},
    {"time", "hardware_clock"},
    {"time", "booted"},
    {"time", "uptime_s"},
    {"load", "one_min_hundredths"},
    {"load", "five_min_hundredths"},
    {"load", "fifteen_min_hundredths"},
    {"load", "runnable"},
    {"load", "available"},
    {"load", "free"},
    {"load", "swap_free"},
    {"neighbour", "state"},
    {"link", "index"},
    {"link", "rx_bytes"},
    {"link", "tx_bytes"},
    {"link", "rx_errors"},
    {"link", "tx_errors"},
    {"listener", "pids"},
    {"listener", "inode"},
    {"connection", "pids"},
    {"connection", "inode"},
    {"connection", "local_port"},
    {"connection", "remote_port"},
    {"connection", "state"},
    {"process", "pid"},
    {"process", "parent"},
    {"process", "state"},
    {"process", "start"},
    {"process", "cgroup"},
    {"process", "threads"},
    {"process", "memory"},
    {"filesystem", "free"},
    {"filesystem", "available"},
    {"filesystem", "used_percent"},
    {"filesystem", "inodes"},
    {"filesystem", "inodes_free"},
    {"disk", "io_errors"},
    {"array", "progress"},
    {"health", "corrected"},
    {"health", "uncorrected"},
    {"module", "used_by"},
    {"timer", "last"},
};

/* What is told of a thing that appeared or is gone: member, and the words before its value. */
static const struct {
    const char *section, *member, *label;
} details[] = {
    {"listener", "user", "user"},
    {"connection", "user", "user"},
    {"process", "user", "user"},
    {"process", "folder", "in"},
    {"account", "uid", "uid"},
    {"account", "shell", "shell"},
    {"account", "password", "password"},
    {"group", "gid", "gid"},
    {"group", "members", "members"},
    {"mount", "source", "from"},
    {"mount", "type", "type"},
    {"neighbour", "mac", "at"},
    {"package", "version", "version"},
    {"unit", "exec", "runs"},
    {"timer", "when", "when"},
    {"cron", "user", "as"},
    {"authorised key", "comment", "comment"},
    {"config", "kind", ""},
    {"config", "size", "bytes"},
    {"privileged", "why", ""},
    {"privileged", "package", "package"},
    {"disk", "size", "bytes"},
    {"module", "taint", "taint"},
};

/* A change that is better said without the values. */
static const struct {
    const char *member, *words;
} plain_words[] = {
    {"sha256", "its content changed"},
    {"boot_id", "the host was restarted in between"},
    {"args_hex", "its arguments changed"},
};

bool words_is_noise(const struct item *item, const struct members *m)
{
    if (!str_is(item->section, "process"))
        return false;
    return members_true(m, "self") ||
           (members_is(m, "kind", "kernel") && str_starts(item->key, "[kworker/"));
}

static bool is_noise_member(const struct item *item, struct str name)
{
    for (size_t i = 0; i < COUNT_OF(noise); i++)
        if (str_is(item->section, noise[i].section) && str_is(name, noise[i].member))
            return true;
    return false;
}

static void add_value(struct buf *out, struct str value)
{
    if (value.len == 0 || str_is(value, "[]") || str_is(value, "\"\""))
        buf_adds(out, "none");
    else
        value_text(out, value, WORDS_VALUE_SIZE);
}

/* " by pid 812 (/tmp/.x, deleted)". */
static void add_holder(struct buf *out, const struct members *m)
{
    struct str program = members_find(m, "program");
    struct str pids = members_find(m, "pids");
    struct str pid;

    if (!array_next(&pids, &pid)) {
        buf_adds(out, ", no process seen that holds it");
        return;
    }
    buf_adds(out, " by pid ");
    add_value(out, pid);
    if (program.len == 0)
        return;
    buf_adds(out, " (");
    add_value(out, program);
    buf_adds(out, members_true(m, "deleted") ? ", deleted)" : ")");
}

static void add_key(struct buf *out, const struct item *item)
{
    value_text(out, (struct str){item->key.p - 1, item->key.len + 2}, WORDS_KEY_SIZE);
}

/* "/tmp/.x (deleted), pid 812, command /tmp/.x -d". */
static void add_process(struct buf *out, const struct item *item, const struct members *m)
{
    struct str program = members_find(m, "program");
    struct str args = members_find(m, "args");
    struct str one;
    size_t start;

    if (program.len)
        add_value(out, program);
    else
        add_key(out, item);
    if (members_true(m, "deleted"))
        buf_adds(out, " (deleted)");
    buf_adds(out, ", pid ");
    add_value(out, members_find(m, "pid"));
    if (!program.len || args.len <= 2)
        return;
    buf_adds(out, ", command");
    start = out->len;
    while (out->len - start < WORDS_KEY_SIZE && array_next(&args, &one)) {
        buf_addc(out, ' ');
        add_value(out, one);
    }
}

void words_thing(struct buf *out, const struct item *item, const struct members *m)
{
    if (str_is(item->section, "process"))
        add_process(out, item, m);
    else
        add_key(out, item);
    if (str_is(item->section, "listener") || str_is(item->section, "connection"))
        add_holder(out, m);
    for (size_t i = 0; i < COUNT_OF(details); i++) {
        struct str value = members_find(m, details[i].member);

        if (!str_is(item->section, details[i].section) || value.len == 0 || str_is(value, "[]") ||
            str_is(value, "\"\"") || str_is(value, "null"))
            continue;
        buf_addf(out, details[i].label[0] ? ", %s " : ", %s", details[i].label);
        add_value(out, value);
    }
}

/* Differences that say nothing of the host: not hashed in one of the two, a folder's time. */
static bool is_idle(struct str name, struct str before, struct str after, const struct members *m)
{
    bool unknown =
        before.len == 0 || after.len == 0 || str_is(before, "null") || str_is(after, "null");

    if (unknown && (str_is(name, "sha256") || str_is(name, "package")))
        return true;
    return str_is(name, "modified") && members_is(m, "kind", "folder");
}

static void add_change(struct buf *out, struct str name, struct str before, struct str after)
{
    for (size_t i = 0; i < COUNT_OF(plain_words); i++)
        if (str_is(name, plain_words[i].member)) {
            buf_adds(out, plain_words[i].words);
            return;
        }
    if (str_is(name, "deleted")) {
        buf_adds(out, str_is(after, "true") ? "its program's file is now deleted"
                                            : "its program's file is no longer a deleted one");
        return;
    }
    unescape_json(out, name);
    buf_addc(out, ' ');
    add_value(out, before);
    buf_adds(out, " \xe2\x86\x92 ");
    add_value(out, after);
}

static struct str find_slice(const struct members *m, struct str name)
{
    for (size_t i = 0; i < m->count; i++)
        if (str_eq(m->list[i].name, name))
            return m->list[i].value;
    return (struct str){"", 0};
}

static bool compare_member(struct buf *out, size_t start, const struct item *item, struct str name,
                           const struct members *before, const struct members *after)
{
    struct str a = find_slice(before, name);
    struct str b = find_slice(after, name);

    if (str_eq(a, b) || is_noise_member(item, name) || is_idle(name, a, b, after))
        return false;
    if (out->len > start)
        buf_adds(out, "; ");
    add_change(out, name, a, b);
    return true;
}

bool words_changes(struct buf *out, const struct item *item, const struct members *before,
                   const struct members *after)
{
    size_t start = out->len;
    bool any = false;

    for (size_t i = 2; i < after->count; i++)
        any |= compare_member(out, start, item, after->list[i].name, before, after);
    for (size_t i = 2; i < before->count; i++)
        if (find_slice(after, before->list[i].name).len == 0)
            any |= compare_member(out, start, item, before->list[i].name, before, after);
    return any;
}
