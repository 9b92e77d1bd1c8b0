/* alternatives.c: the log of update-alternatives, of Debian (dpkg, utils/update-alternatives.c,
 * log_msg): "update-alternatives 2026-11-25 03:12:09: link group awk updated to point to …". */
#include "timeline/syslog_words.h"

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct str whole = line;
    struct stated s;

    if (!str_take(&line, "update-alternatives ") || !when_iso(&line, &s) || !str_take(&line, ": "))
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    event_puts(e, FIELD_PROCESS_NAME, "update-alternatives");
    syslog_understand(r, e, line);
    event_put(e, FIELD_MESSAGE, whole);
    return LINE_EVENT;
}

const struct format format_alternatives = {.name = "alternatives",
                                           .version = 1,
                                           .is_of_machine = true,
                                           .is_splittable = true,
                                           .line = line_of};
