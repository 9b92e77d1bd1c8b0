/* sudo_parts.c: what sudo says of a long command in several lines is one event. It breaks a text at
 * the last blank of some 960 bytes, which is left out, or within a word that is longer, and says
 * "(command continued)" in front of what follows (plugins/sudoers/logging.c, lib/eventlog). */
#include <string.h>
#include "base/mem.h"
#include "timeline/format.h"
#include "timeline/syslog_programs.h"

enum { PIECE_LEAST = 900 }; /* bytes that would not have fitted, of those that syslog_maxlen has */

static const char mark[] = " : (command continued) ";

static bool is_sudo(const struct event *e)
{
    return str_is(event_value(e, FIELD_PROCESS_NAME), "sudo");
}

/* Who it is, and what goes on, of a line or of what is its message. */
static bool take_piece(struct str text, struct str *who, struct str *piece)
{
    const char *at = memmem(text.p, text.len, mark, sizeof(mark) - 1);

    if (!at)
        return false;
    *who = str_trim(str_head(text, (size_t)(at - text.p)));
    *piece = str_from(text, (size_t)(at - text.p) + sizeof(mark) - 1);
    return true;
}

bool sudo_may_continue(const struct event *e)
{
    struct str who, piece;

    return is_sudo(e) && take_piece(event_value(e, FIELD_MESSAGE), &who, &piece);
}

static struct str last_line(struct str text)
{
    const char *end = memrchr(text.p, '\n', text.len);

    return end ? str_from(text, (size_t)(end - text.p) + 1) : text;
}

/* What a line has behind "eva : ", or behind the mark. */
static struct str text_of(struct str line)
{
    struct str who, piece;
    const char *at;

    if (take_piece(line, &who, &piece))
        return piece;
    at = memmem(line.p, line.len, " : ", 3);
    return at ? str_from(line, (size_t)(at - line.p) + 3) : line;
}

static bool is_same(const struct event *a, const struct event *b, uint16_t field)
{
    return str_eq(event_value(a, field), event_value(b, field));
}

bool sudo_continues(const struct event *before, struct event *e)
{
    struct str who, piece, last, word;

    if (!is_sudo(e) || !is_sudo(before) || !is_same(before, e, FIELD_PROCESS_PID) ||
        !is_same(before, e, FIELD_HOST_NAME) ||
        !take_piece(event_value(e, FIELD_MESSAGE), &who, &piece) ||
        !str_eq(event_value(before, FIELD_USER_NAME), who) ||
        event_value(before, FIELD_PROCESS_COMMAND_LINE).len == 0 ||
        str_is(event_value(before, FIELD_EVENT_ACTION), "command-continued"))
        return false;
    last = text_of(last_line(event_value(before, FIELD_MESSAGE)));
    word = str_cut(&piece, ' ');
    if (last.len + 1 + word.len < PIECE_LEAST)
        return false;
    e->count = 0;
    return true;
}

/* The command with what further lines add to it. */
void sudo_join(struct event *e)
{
    struct str lines, last, all, who, piece;

    if (!is_sudo(e))
        return;
    lines = event_value(e, FIELD_MESSAGE);
    last = text_of(str_cut(&lines, '\n'));
    if (lines.len == 0)
        return;
    for (size_t i = 0; i < e->count; i++) {
        if (e->fields[i].name != FIELD_PROCESS_COMMAND_LINE)
            continue;
        all = event_keep(e, e->fields[i].value);
        while (lines.len && take_piece(str_cut(&lines, '\n'), &who, &piece)) {
            bool is_word = last.len >= PIECE_LEAST && !memchr(last.p, ' ', last.len);

            if (!is_word)
                all.len += event_keep(e, STR(" ")).len;
            all.len += event_keep(e, piece).len;
            last = piece;
        }
        e->fields[i].value = all;
        return;
    }
}

/* Between USER and COMMAND: the group of "-g", the name of a recording, the variables that were
 * set, which may look like the rest of the sentence. */
void sudo_put_more(struct reader *r, struct str sentence, struct event *e)
{
    static const char *const names[][2] = {{" ; GROUP=", "user.effective.group.name"},
                                           {" ; TSID=", "sudo.tsid"},
                                           {" ; ENV=", "sudo.env"}};
    struct str command = event_value(e, FIELD_PROCESS_COMMAND_LINE), front;
    const char *user;

    if (command.len == 0 || command.p < sentence.p || command.p > sentence.p + sentence.len)
        return;
    front = str_head(sentence, (size_t)(command.p - sentence.p));
    user = memmem(front.p, front.len, " ; USER=", 8);
    if (!user)
        return;
    front = str_from(front, (size_t)(user - front.p));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *at = memmem(front.p, front.len, names[i][0], strlen(names[i][0]));
        struct str value;
        const char *end;

        if (!at)
            continue;
        value = str_from(front, (size_t)(at - front.p) + strlen(names[i][0]));
        end = memmem(value.p, value.len, " ; ", 3);
        event_put(e, field_number(r->names, str_of(names[i][1])),
                  str_head(value, end ? (size_t)(end - value.p) : value.len));
        if (i == COUNT_OF(names) - 1 && memmem(command.p, command.len, " ; COMMAND=", 11))
            event_puts(e, field_number(r->names, STR("event.is_ambiguous")), "yes");
    }
}
