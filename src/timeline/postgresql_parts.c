/* postgresql_parts.c: what PostgreSQL says in several lines to syslog is one event: it numbers its
 * messages and their lines, "[4-2] " (elog.c, write_syslog). */
#include "base/mem.h"
#include "timeline/syslog_programs.h"

struct part {
    struct str message; /* "4" */
    uint64_t number;    /* of the line, from 1 */
    struct str text;
};

/* "[4-2] \tfrom program 'id'" */
static bool take_part(struct str line, struct part *out)
{
    struct str numbers;

    if (!str_take(&line, "["))
        return false;
    numbers = str_cut(&line, ']');
    out->message = str_cut(&numbers, '-');
    out->text = line;
    return out->message.len && str_u64(numbers, &out->number) && str_take(&out->text, " ");
}

/* Of a line that was joined with all that stands in front. */
static bool find_part(struct str line, struct part *out)
{
    const char *tag = memmem(line.p, line.len, "]: [", 4);

    return tag && take_part(str_from(line, (size_t)(tag - line.p) + 3), out);
}

static bool last_part(struct str message, struct part *out)
{
    const char *end = memrchr(message.p, '\n', message.len);

    return end ? find_part(str_from(message, (size_t)(end - message.p) + 1), out)
               : take_part(message, out);
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

bool postgresql_continues(const struct field_names *names, const struct event *before,
                          struct event *e)
{
    struct part last, now;
    size_t count = 0;

    if (!str_starts(event_value(e, FIELD_PROCESS_NAME), "postgres") ||
        !take_part(event_value(e, FIELD_MESSAGE), &now) || now.number < 2 ||
        !is_same(before, e, FIELD_PROCESS_NAME) || !is_same(before, e, FIELD_PROCESS_PID) ||
        !is_same(before, e, FIELD_HOST_NAME) ||
        !last_part(event_value(before, FIELD_MESSAGE), &last) ||
        !str_eq(last.message, now.message) || last.number + 1 != now.number)
        return false;
    for (size_t i = 0; i < e->count; i++)
        if (is_addition(names, e->fields[i].name))
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

    if (lines.len == 0 || !str_starts(event_value(e, FIELD_PROCESS_NAME), "postgres") ||
        !take_part(line, &part))
        return;
    field = field_of(names, e, part.text);
    while (lines.len) {
        line = str_cut(&lines, '\n');
        if (!find_part(line, &part))
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
