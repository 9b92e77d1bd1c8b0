/* pca.c: what Windows 11 notes of programs that were started (C:\Windows\appcompat\pca\
 * PcaAppLaunchDic.txt): the program's path, and when it was started last, in UTC. */
#include "timeline/format.h"

static bool is_path(struct str path)
{
    bool has_drive = path.len > 3 && path.p[1] == ':' && path.p[2] == '\\';

    return has_drive || str_starts(path, "\\\\") ||
           (str_starts(path, "%") && path.len > 1 && memmem(path.p + 1, path.len - 1, "%\\", 2));
}

/* No sign is in a path of Windows that stands between the two, and nothing behind the time. */
static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct str when = line, path = str_cut(&when, '|');
    struct stated s;

    if (!is_path(path) || !when_iso(&when, &s) || when.len || s.precision != TIME_MS || s.has_zone)
        return LINE_FOREIGN;
    s.has_zone = true;
    s.zone_s = 0;
    e->meaning = MEANING_STARTED;
    reader_time(r, e, &s);
    event_puts(e, FIELD_EVENT_ACTION, "process-start");
    event_puts(e, FIELD_EVENT_CATEGORY, "process");
    event_put(e, FIELD_PROCESS_EXECUTABLE, path);
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

const struct format format_pca = {.name = "pca",
                                  .version = 1,
                                  .is_of_machine = true,
                                  .is_unordered = true,
                                  .is_splittable = true,
                                  .line = line_of};
