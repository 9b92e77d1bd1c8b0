/* rules_common.c: facts and sentences that the rules share. */
#include "collect/rules_common.h"

enum { VALUE_SIZE = 300 };

static const char *const temporary[] = {"/tmp/", "/var/tmp/", "/dev/shm/", "/run/shm/",
                                        "/run/user/"};

static bool is_seen(const struct document *d, const char *section, const char *how,
                    struct members *m)
{
    for (size_t i = 0; i < d->count; i++)
        if (str_is(d->items[i].section, "coverage") && str_is(d->items[i].key, section))
            return members_read(m, d->items[i].line) && members_is(m, "seen", how);
    return false;
}

void rule_facts_read(struct rule_facts *out, const struct document *d, struct members *m)
{
    out->taken = d->head.taken;
    out->knows_packages = is_seen(d, "package", "whole", m) || is_seen(d, "package", "part", m);
    out->sees_owners = is_seen(d, "listener", "whole", m);
}

static void add_member(struct buf *words, const struct members *m, struct str name)
{
    for (size_t i = 0; i < m->count; i++)
        if (str_eq(m->list[i].name, name)) {
            value_text(words, m->list[i].value, VALUE_SIZE);
            return;
        }
    buf_adds(words, "unknown");
}

void rule_say(struct buf *words, const struct item *item, const struct members *m,
              const char *sentence)
{
    struct str rest = str_of(sentence);

    while (rest.len) {
        struct str plain = str_cut(&rest, '%');

        buf_addstr(words, plain);
        if (str_starts(rest, "key")) {
            rest = str_from(rest, strlen("key"));
            value_text(words, (struct str){item->key.p - 1, item->key.len + 2}, VALUE_SIZE);
        } else if (str_starts(rest, "{")) {
            rest = str_from(rest, 1);
            add_member(words, m, str_cut(&rest, '}'));
        } else if (rest.len) {
            buf_addc(words, '%');
        }
    }
}

bool rule_is_temporary(struct str value)
{
    struct str path = str_from(value, 1); /* past the quote */

    for (size_t i = 0; i < COUNT_OF(temporary); i++)
        if (str_starts(path, temporary[i]))
            return true;
    return false;
}

/* A path starts after a space, a quote, an equals sign and the like, not within another path. */
static bool starts_path(struct str value, size_t at)
{
    return at == 0 || strchr(" \t\"'=;|&(<>-+!@:`", value.p[at - 1]) != NULL;
}

bool rule_names_temporary(struct str value)
{
    for (size_t at = 0; at < value.len; at++) {
        if (value.p[at] != '/' || !starts_path(value, at))
            continue;
        for (size_t i = 0; i < COUNT_OF(temporary); i++)
            if (str_starts(str_from(value, at), temporary[i]))
                return true;
    }
    return false;
}

bool rule_has(struct str array, const char *text)
{
    struct str value;

    while (array_next(&array, &value))
        if (value.len >= 2 && str_is((struct str){value.p + 1, value.len - 2}, text))
            return true;
    return false;
}
