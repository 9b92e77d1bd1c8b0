/* sudo_log.c: the log that sudo writes itself (sudoers(5), logfile): "Nov 25 03:12:09 : eva :
 * TTY=…", with the year where log_year asks for it, in lines of 80 characters that go on behind
 * four blanks (lib/eventlog/eventlog.c, eventlog_writeln.c). */
#include "timeline/syslog_programs.h"
#include "timeline/syslog_words.h"

#define INDENT "    "

/* "Nov 25 03:12:09 : eva : " */
static bool take_head(struct str *line, struct stated *s, struct str *user)
{
    const char *end;

    if (!when_bsd(line, s) || !str_take(line, " : "))
        return false;
    end = memmem(line->p, line->len, " : ", 3);
    if (!end || end == line->p || memchr(line->p, ' ', (size_t)(end - line->p)))
        return false;
    *user = str_head(*line, (size_t)(end - line->p));
    *line = str_from(*line, user->len + 3);
    return true;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct str whole = line, user;
    struct stated s;

    if (str_starts(line, INDENT))
        return LINE_CONTINUES;
    if (!take_head(&line, &s, &user))
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    event_puts(e, FIELD_PROCESS_NAME, "sudo");
    event_put(e, FIELD_MESSAGE, whole);
    return LINE_EVENT;
}

/* "HOST=web1 : ", which log_host asks for. */
static void take_host(struct str *rest, struct event *e)
{
    struct str at = *rest, host;

    if (!str_take(&at, "HOST="))
        return;
    host = str_cut(&at, ' ');
    if (!str_take(&at, ": "))
        return;
    event_put(e, FIELD_HOST_NAME, host);
    *rest = at;
}

/* As sudo says it to syslog: "eva : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls". */
static struct str sentence_of(struct event *e, struct str user, struct str lines)
{
    struct str all = event_keep(e, user);

    all.len += event_keep(e, STR(" : ")).len;
    while (lines.len) {
        struct str line = str_cut(&lines, '\n');

        (void)str_take(&line, INDENT);
        all.len += event_keep(e, line).len;
        if (lines.len)
            all.len += event_keep(e, STR(" ")).len;
    }
    return all;
}

static void end_event(struct reader *r, struct event *e)
{
    struct str lines = event_value(e, FIELD_MESSAGE), user;
    struct stated s;

    if (!take_head(&lines, &s, &user))
        return;
    take_host(&lines, e);
    syslog_understand(r, e, sentence_of(e, user, lines));
}

/* " ; EXIT=1" off the end of *sentence, where the value is one word. */
static struct str take_end(struct str *sentence, const char *name)
{
    const char *blank = memrchr(sentence->p, ' ', sentence->len);
    struct str word, before;

    if (!blank)
        return STR("");
    before = str_head(*sentence, (size_t)(blank - sentence->p));
    word = str_from(*sentence, before.len + 1);
    if (!str_ends(before, " ;") || !str_take(&word, name))
        return STR("");
    *sentence = str_head(before, before.len - 2);
    return word;
}

struct str sudo_without_exit(struct reader *r, struct str sentence, struct event *e)
{
    struct str rest = sentence, code, name;
    uint64_t n;

    code = take_end(&rest, "EXIT=");
    if (code.len && !str_u64(code, &n))
        return sentence;
    name = take_end(&rest, "SIGNAL=");
    if (rest.len == sentence.len || !memmem(rest.p, rest.len, "COMMAND=", 8))
        return sentence;
    event_put(e, field_number(r->names, STR("process.exit_code")), code);
    event_put(e, field_number(r->names, STR("sudo.signal")), name);
    return rest;
}

/* Scripts have heads like that, too. */
static bool is_sure(const struct event *e)
{
    struct str line = event_value(e, FIELD_MESSAGE);

    return memmem(line.p, line.len, " : TTY=", 7) || memmem(line.p, line.len, " : HOST=", 8) ||
           memmem(line.p, line.len, " ; COMMAND=", 11);
}

const struct format format_sudo_log = {
    .name = "sudo", .version = 2, .line = line_of, .whole = end_event, .is_sure = is_sure};
