/* vsftpd.c: vsftpd's log of its own: "Fri Jan 19 12:20:33 2007 [pid 27202] [alice] OK LOGIN: Client
 * "192.0.2.7"". */
#include "timeline/syslog_words.h"

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct str whole = line;
    struct stated s;

    if (!when_bsd(&line, &s) || s.year == 0 || !str_take(&line, " [pid "))
        return LINE_FOREIGN;
    event_put(e, FIELD_PROCESS_PID, str_cut(&line, ']'));
    (void)str_take(&line, " ");
    reader_time(r, e, &s);
    event_puts(e, FIELD_PROCESS_NAME, "vsftpd");
    syslog_understand(r, e, line);
    event_put(e, FIELD_MESSAGE, whole);
    return LINE_EVENT;
}

const struct format format_vsftpd = {
    .name = "vsftpd", .version = 2, .is_splittable = true, .line = line_of};
