/* xferlog.c: transfers as wu-ftpd, ProFTPD and vsftpd log them (xferlog(5)). */
#include "timeline/format.h"

enum { WORDS_BEHIND = 9 };

/* "b _ o r alice ftp 0 * c": kind, special action, direction, how one logged in, user, service,
 * authentication, its user, and whether it was complete. */
static bool take_behind(struct str *rest, struct str *words)
{
    for (size_t i = WORDS_BEHIND; i-- > 0;) {
        size_t from = rest->len;

        while (from > 0 && rest->p[from - 1] != ' ')
            from--;
        words[i] = str_from(*rest, from);
        if (words[i].len == 0 || from == 0)
            return false;
        *rest = str_head(*rest, from - 1);
    }
    return words[0].len == 1 && words[2].len == 1 && words[3].len == 1;
}

static const char *action_of(struct str direction)
{
    return str_is(direction, "o")   ? "ftp-download"
           : str_is(direction, "i") ? "ftp-upload"
           : str_is(direction, "d") ? "ftp-delete"
                                    : NULL;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct str whole = line, words[WORDS_BEHIND], host, size, seconds;
    struct stated s;
    uint64_t n;

    if (!when_bsd(&line, &s) || s.year == 0 || !str_take(&line, " "))
        return LINE_FOREIGN;
    line = str_trim(line);
    seconds = str_cut(&line, ' ');
    host = str_cut(&line, ' ');
    size = str_cut(&line, ' ');
    if (!str_u64(seconds, &n) || !str_u64(size, &n) || !take_behind(&line, words) ||
        !action_of(words[2]))
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    event_put_address(e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, host);
    event_put(e, FIELD_FILE_PATH, line);
    event_put(e, field_number(r->names, STR("file.size")), size);
    event_put(e, FIELD_USER_NAME, words[4]);
    event_put(e, FIELD_SERVICE_NAME, words[5]);
    event_puts(e, FIELD_EVENT_ACTION, action_of(words[2]));
    event_puts(e, FIELD_EVENT_CATEGORY, "file");
    event_puts(e, FIELD_EVENT_OUTCOME, str_is(words[8], "c") ? "success" : "failure");
    event_put(e, FIELD_MESSAGE, whole);
    return LINE_EVENT;
}

const struct format format_xferlog = {
    .name = "xferlog", .version = 1, .is_splittable = true, .line = line_of};
