/* observations_same.c: whether the rules on a state and the collector noticed one and the same
 * thing. */
#include "practice/observations.h"

/* Of what both look for, the member that names the thing, in the line of the state and in the
 * evidence of the collector. NULL: there is one such thing on a host. */
static const struct subject {
    const char *code;
    const char *of_state;
    const char *of_collector; /* NULL: the number in "recovered/N/exe" */
} subjects[] = {
    {"deleted-program", "pid", NULL},          {"memory-program", "pid", NULL},
    {"false-kernel-thread", "pid", "pid"},     {"kernel-taint", NULL, NULL},
    {"packet-socket", "inode", "inode"},       {"preload-file", NULL, NULL},
    {"promiscuous-link", "key", "interface"},  {"setuid-without-package", "key", "path"},
    {"world-writable-program", "key", "path"},
};

/* The text of a string, as it is spelled, or of a number; empty where there is none. Both texts are
 * spelled by the same writer, so that the same value has the same spelling. */
static struct str member(struct str line, const char *name)
{
    CLEANUP_BUF struct buf start = {0};
    const char *at;
    struct str value;
    size_t len = 0;

    buf_addf(&start, "\"%s\":", name);
    at = line.len ? memmem(line.p, line.len, start.p, start.len) : NULL;
    if (!at)
        return (struct str){"", 0};
    value = str_from(line, (size_t)(at - line.p) + start.len);
    if (value.len && value.p[0] == '"') {
        value = str_from(value, 1);
        while (len < value.len && value.p[len] != '"')
            len += value.p[len] == '\\' ? 2 : 1;
    } else {
        while (len < value.len && value.p[len] >= '0' && value.p[len] <= '9')
            len++;
    }
    return str_head(value, len);
}

/* "recovered/812/exe" */
static struct str recovered_pid(struct str evidence)
{
    struct str rest = evidence;

    return str_is(str_cut(&rest, '/'), "recovered") ? str_cut(&rest, '/') : (struct str){"", 0};
}

static const struct subject *find(struct str code)
{
    for (size_t i = 0; i < COUNT_OF(subjects); i++)
        if (str_is(code, subjects[i].code))
            return &subjects[i];
    return NULL;
}

static struct str subject_of(const struct subject *s, const struct observation *collected)
{
    return s->of_collector ? member(collected->line, s->of_collector)
                           : recovered_pid(collected->line);
}

bool observation_names_thing(const struct observation *collected)
{
    const struct subject *s = find(collected->code);

    return s && (!s->of_state || subject_of(s, collected).len);
}

bool observation_is_same(const struct observation *by_rule, const struct observation *collected)
{
    const struct subject *s = find(collected->code);
    struct str thing;

    if (!s || !str_eq(by_rule->code, collected->code))
        return false;
    if (!s->of_state)
        return true;
    thing = member(by_rule->line, s->of_state);
    return thing.len && str_eq(thing, subject_of(s, collected));
}
