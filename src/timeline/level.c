/* level.c: names of severities, as programs spell them, and those of syslog. */
#include "timeline/level.h"
#include "base/mem.h"

static const struct {
    const char *name, *level;
} levels[] = {
    {"emerg", "emergency"},
    {"emergency", "emergency"},
    {"panic", "emergency"},
    {"alert", "alert"},
    {"crit", "critical"},
    {"critical", "critical"},
    {"fatal", "critical"},
    {"error", "error"},
    {"err", "error"},
    {"warn", "warning"},
    {"warning", "warning"},
    {"notice", "notice"},
    {"note", "notice"},
    {"info", "informational"},
    {"log", "informational"},
    {"system", "notice"},
    {"informational", "informational"},
    {"debug", "debug"},
    {"subdebug", "debug"},
    {"ddebug", "debug"},
    {"trace", "debug"},
};

static bool is_alike(struct str a, const char *b)
{
    for (size_t i = 0; i < a.len; i++)
        if ((a.p[i] | 0x20) != b[i])
            return false;
    return b[a.len] == '\0';
}

bool level_put(struct event *e, struct str name)
{
    /* "debug2", "trace8" */
    while (name.len && name.p[name.len - 1] >= '0' && name.p[name.len - 1] <= '9')
        name.len--;
    for (size_t i = 0; i < COUNT_OF(levels); i++)
        if (is_alike(name, levels[i].name)) {
            event_puts(e, FIELD_LOG_LEVEL, levels[i].level);
            return true;
        }
    return false;
}
