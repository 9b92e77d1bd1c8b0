/* postgresql_parts.c: what PostgreSQL says in several lines to syslog is one event: it numbers its
 * messages and their lines, "[4-2] " (elog.c, write_syslog). */
#include <stdio.h>
#include "base/mem.h"
#include "timeline/syslog_head.h"
#include "timeline/syslog_programs.h"

enum { TAG_SIZE = 256 };

struct part {
    uint64_t message, number; /* 4, and 2 of its line, from 1 */
    struct str text;
};

/* "[4-2] \tfrom program 'id'" */
static bool take_part(struct str line, struct part *out)
{
    struct str numbers, message;

    if (!str_take(&line, "["))
        return false;
    numbers = str_cut(&line, ']');
    message = str_cut(&numbers, '-');
    out->text = line;
    return str_u64(message, &out->message) && str_u64(numbers, &out->number) &&
           str_take(&out->text, " ");
}

static struct str name_of(const struct event *e)
{
    return event_value(e, FIELD_PROCESS_NAME);
}

static struct str pid_of(const struct event *e)
{
    return event_value(e, FIELD_PROCESS_PID);
}

static bool is_server(const struct event *e)
{
    return str_starts(name_of(e), "postgres") && pid_of(e).len;
}

/* Behind program and number, with what stands in front, between and behind. */
static bool find_tag(const struct event *e, const char *const marks[3], struct str line,
                     struct str *behind)
{
    char tag[TAG_SIZE];
    int len = snprintf(tag, sizeof(tag), "%s" STR_FMT "%s" STR_FMT "%s", marks[0],
                       STR_ARG(name_of(e)), marks[1], STR_ARG(pid_of(e)), marks[2]);
    const char *found;

    if (len <= 0 || len >= TAG_SIZE)
        return false;
    found = memmem(line.p, line.len, tag, (size_t)len);
    if (found)
        *behind = str_from(line, (size_t)(found - line.p) + (size_t)len);
    return found;
}

/* "<134>1 2026-11-25T03:12:09Z db1 postgres 80 - - [4-2] …" of RFC 5424; in what other heads have
 * in front of a tag are no blanks but those that part its words. */
static bool find_part(const struct event *e, struct str line, struct part *out)
{
    static const char *const words[] = {" ", " ", " "}, *const tag[] = {"", "[", "]: "};
    struct str data;

    if (str_starts(line, "<") && find_tag(e, words, line, &line)) {
        (void)str_cut(&line, ' ');
        return syslog_take_structured(&line, &data) && str_take(&line, " ") && take_part(line, out);
    }
    return find_tag(e, tag, line, &line) && take_part(line, out);
}

/* A message may begin with a head that a relay sent on. */
static bool part_of(const struct event *e, struct str message, struct part *out)
{
    return is_server(e) && (take_part(message, out) || find_part(e, message, out));
}

static bool is_addition(const struct field_names *names, uint16_t field)
{
    static const char *const additions[] = {"postgresql.statement", "postgresql.detail",
                                            "postgresql.hint",      "postgresql.context",
                                            "postgresql.query",     "postgresql.location"};

    for (size_t i = 0; i < COUNT_OF(additions); i++)
        if (field == field_lookup(names, str_of(additions[i])))
            return true;
    return false;
}

static bool is_same(const struct event *a, const struct event *b, uint16_t field)
{
    return str_eq(event_value(a, field), event_value(b, field));
}

bool postgresql_may_continue(const struct event *e)
{
    struct part part;

    return part_of(e, event_value(e, FIELD_MESSAGE), &part) && part.number > 1;
}

/* The last line of what was joined so far. */
static bool last_part(const struct postgresql_parts *joined, const struct event *before,
                      struct part *out)
{
    struct str message = event_value(before, FIELD_MESSAGE);

    if (joined->number == 0 || joined->at != before->at)
        return part_of(before, str_cut(&message, '\n'), out);
    *out = (struct part){joined->message, joined->number, {0}};
    return true;
}

bool postgresql_continues(struct reader *r, const struct event *before, struct event *e)
{
    struct postgresql_parts *joined = r->state;
    struct part last, now;
    size_t count = 0;

    if (!part_of(e, event_value(e, FIELD_MESSAGE), &now) || now.number < 2 ||
        !is_same(before, e, FIELD_PROCESS_NAME) || !is_same(before, e, FIELD_PROCESS_PID) ||
        !is_same(before, e, FIELD_HOST_NAME) || !last_part(joined, before, &last) ||
        last.message != now.message || last.number + 1 != now.number)
        return false;
    *joined = (struct postgresql_parts){before->at, now.message, now.number};
    for (size_t i = 0; i < e->count; i++)
        if (is_addition(r->names, e->fields[i].name))
            e->fields[count++] = e->fields[i];
    e->count = count;
    return true;
}

/* The field whose value ends the text of a line; NULL: none does. */
static struct event_field *field_of(const struct field_names *names, struct event *e,
                                    struct str text)
{
    for (size_t i = e->count; i-- > 0;) {
        struct str value = e->fields[i].value;

        if (is_addition(names, e->fields[i].name) && value.len <= text.len &&
            str_eq(str_from(text, text.len - value.len), value))
            return &e->fields[i];
    }
    return NULL;
}

/* The server puts a tab in front of each further line of a text; rsyslog writes that as #011. */
static bool take_tab(struct str *text)
{
    return str_take(text, "#011") || str_take(text, "\t");
}

void postgresql_join(const struct field_names *names, struct event *e)
{
    struct str lines = event_value(e, FIELD_MESSAGE), line = str_cut(&lines, '\n'), all = {0};
    struct event_field *field;
    struct part part;

    if (lines.len == 0 || !part_of(e, line, &part))
        return;
    field = field_of(names, e, part.text);
    while (lines.len) {
        line = str_cut(&lines, '\n');
        if (!find_part(e, line, &part))
            return;
        if (!take_tab(&part.text)) {
            field = field_of(names, e, part.text);
            all = (struct str){0};
        } else if (field) {
            if (!all.p)
                all = event_keep(e, field->value);
            all.len += event_keep(e, STR("\n")).len;
            all.len += event_keep(e, part.text).len;
            field->value = all;
        }
    }
}
