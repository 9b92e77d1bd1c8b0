/* level.c: names of severities, as programs spell them, and those of syslog. */
#include "timeline/level.h"
#include "base/mem.h"

static const struct {
    const char *name, *level;
    bool is_plain; /* it is hardly anything else's name */
} levels[] = {
    {"emerg", "emergency", true},
    {"emergency", "emergency", true},
    {"panic", "emergency", false},
    {"alert", "alert", true},
    {"crit", "critical", true},
    {"critical", "critical", true},
    {"fatal", "critical", true},
    {"severe", "error", true},
    {"error", "error", true},
    {"err", "error", true},
    {"warn", "warning", true},
    {"warning", "warning", true},
    {"notice", "notice", true},
    {"note", "notice", false},
    {"info", "informational", true},
    {"log", "informational", false},
    {"system", "notice", false},
    {"informational", "informational", false},
    {"information", "informational", false},
    {"verbose", "debug", false},
    {"debug", "debug", true},
    {"subdebug", "debug", false},
    {"ddebug", "debug", false},
    {"trace", "debug", true},
};

static bool is_alike(struct str a, const char *b)
{
    for (size_t i = 0; i < a.len; i++)
        if ((a.p[i] | 0x20) != b[i])
            return false;
    return b[a.len] == '\0';
}

static const char *level_of(struct str name)
{
    /* "debug2", "trace8" */
    while (name.len && name.p[name.len - 1] >= '0' && name.p[name.len - 1] <= '9')
        name.len--;
    for (size_t i = 0; i < COUNT_OF(levels); i++)
        if (is_alike(name, levels[i].name))
            return levels[i].level;
    return NULL;
}

bool level_is_plain(struct str word)
{
    for (size_t i = 0; i < COUNT_OF(levels); i++)
        if (levels[i].is_plain && is_alike(word, levels[i].name))
            return true;
    return false;
}

bool level_put(struct event *e, struct str name)
{
    const char *level = level_of(name);

    if (level)
        event_puts(e, FIELD_LOG_LEVEL, level);
    return level != NULL;
}
