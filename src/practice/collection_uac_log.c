/* collection_uac_log.c: reads uac.log: when it began, as what, and what went wrong. */
#include "practice/collection_uac_log.h"
#include "practice/collection_rows.h"

enum { ERRORS_MOST = 200 };

/* "+0530" in seconds. */
static bool read_zone(struct str text, int64_t *out)
{
    uint64_t hours;
    uint64_t minutes;

    if (text.len != 5 || (text.p[0] != '+' && text.p[0] != '-') ||
        !str_u64(str_head(str_from(text, 1), 2), &hours) || !str_u64(str_from(text, 3), &minutes) ||
        hours > 14 || minutes > 59)
        return false;
    *out = (int64_t)(hours * 3600 + minutes * 60) * (text.p[0] == '-' ? -1 : 1);
    return true;
}

/* "2026-11-26 03:28:28 +0000", off the front of a line of uac.log. */
static bool read_stamp(struct str *line, struct utc *out)
{
    struct str day = str_field(line);
    struct str clock = str_field(line);
    char text[UTC_TEXT_SIZE + 1];
    struct utc local;
    int64_t zone_s;

    if (day.len != 10 || clock.len != 8 || !read_zone(str_field(line), &zone_s))
        return false;
    snprintf(text, sizeof(text), STR_FMT "T" STR_FMT ".000000000Z", STR_ARG(day), STR_ARG(clock));
    if (!utc_read(&local, (struct str){text, UTC_TEXT_SIZE}))
        return false;
    *out = utc_plus_s(local, -zone_s);
    return true;
}

/* The word behind -p or --profile, else behind -a or --artifacts, of the command line. */
static struct str asked_for(struct str command)
{
    struct str artifacts = STR("");
    struct str word;

    while ((word = str_field(&command)).len) {
        if (str_is(word, "-p") || str_is(word, "--profile"))
            return str_field(&command);
        if (str_is(word, "-a") || str_is(word, "--artifacts"))
            artifacts = str_field(&command);
    }
    return artifacts;
}

static struct str last_word(struct str line)
{
    struct str word = STR("");
    struct str next;

    while ((next = str_field(&line)).len)
        word = next;
    return word;
}

static void take_line(struct uac_log *log, struct arena *arena, struct str line)
{
    static const char host[] = "Hostname: ";
    static const char command[] = "Command line: ";
    struct utc when;

    if (!read_stamp(&line, &when))
        return;
    log->started = log->started.sec ? log->started : when;
    (void)str_field(&line); /* the level */
    line = str_trim(line);
    if (!log->program.len && line.len && memmem(line.p, line.len, "Artifacts Collector", 19))
        log->program = str_of(arena_printf(arena, "UAC " STR_FMT, STR_ARG(last_word(line))));
    if (str_starts(line, host))
        log->host = str_trim(str_from(line, strlen(host)));
    if (str_starts(line, command))
        log->profile = asked_for(str_from(line, strlen(command)));
    log->has_ended = log->has_ended || str_starts(line, "Artifacts collection complete");
}

void uac_log_read(struct uac_log *log, const struct collection_job *c)
{
    struct str text = collection_member(c, "uac.log");

    while (text.len)
        take_line(log, c->arena, str_cut(&text, '\n'));
}

static bool is_error(struct str *line)
{
    struct utc when;
    struct str level;

    if (!read_stamp(line, &when))
        return false;
    level = str_field(line);
    return str_is(level, "ERR") || str_is(level, "ERROR");
}

int uac_log_tell(const struct uac_log *log, struct collection_job *c, struct err *e)
{
    struct str text = collection_member(c, "uac.log");
    size_t errors = 0;
    int rc = 0;

    if (log->started.sec && !log->has_ended)
        rc = collection_missed(c, STR("the collection"), "UAC",
                               "uac.log does not tell its end: it was stopped", e);
    while (rc == 0 && text.len) {
        struct str line = str_cut(&text, '\n');

        if (is_error(&line) && ++errors <= ERRORS_MOST)
            rc = collection_missed(c, str_trim(line), "UAC", "an error in uac.log", e);
    }
    if (rc == 0 && errors > ERRORS_MOST)
        rc = collection_missed(c, STR("uac.log"), "UAC",
                               "it has more errors; they lie in the archive", e);
    return rc;
}
