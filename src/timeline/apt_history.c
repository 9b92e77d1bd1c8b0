/* apt_history.c: apt's history.log: a paragraph from Start-Date to End-Date is an event for each of
 * its lists of packages, or one where it has none. */
#include "base/mem.h"
#include "timeline/format.h"

struct state {
    bool has_begun; /* a Start-Date, and no End-Date yet */
    bool has_failed;
    struct event_field fields[EVENT_FIELDS_MAX]; /* of a whole paragraph */
};

static const struct {
    const char *word, *action;
} lists[] = {{"Install", "package-install"}, {"Reinstall", "package-reinstall"},
             {"Upgrade", "package-upgrade"}, {"Downgrade", "package-downgrade"},
             {"Remove", "package-remove"},   {"Purge", "package-purge"}};

/* "libc6:amd64 (2.36-9, 2.36-9+deb12u1), …" */
static void put_packages(struct event *e, struct str list)
{
    while (list.len) {
        struct str package = str_cut(&list, ' ');
        const char *end = memmem(list.p, list.len, "), ", 3);

        event_put(e, FIELD_PACKAGE_NAME, str_cut(&package, ':'));
        list = end ? str_from(list, (size_t)(end - list.p) + 3) : STR("");
    }
}

static enum line_verdict begin(struct reader *r, struct str value, struct str line, struct event *e)
{
    struct state *state = r->state;
    struct stated s;

    if (!when_iso(&value, &s) || value.len)
        return LINE_FOREIGN;
    state->has_begun = true;
    state->has_failed = false;
    reader_time(r, e, &s);
    event_puts(e, FIELD_EVENT_CATEGORY, "package");
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

static void end(struct reader *r, struct str value, struct event *e)
{
    struct state *state = r->state;

    event_put(e, field_number(r->names, STR("apt.end")), value);
    event_puts(e, FIELD_EVENT_OUTCOME, state->has_failed ? "failure" : "success");
    state->has_begun = false;
}

/* "alice (1000)" */
static void put_user(struct event *e, struct str value)
{
    event_put(e, FIELD_USER_NAME, str_cut(&value, ' '));
    if (str_take(&value, "("))
        event_put(e, FIELD_USER_ID, str_cut(&value, ')'));
}

static bool put_list(struct event *e, struct str key, struct str value)
{
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        if (str_is(key, lists[i].word)) {
            event_puts(e, FIELD_EVENT_ACTION, lists[i].action);
            put_packages(e, value);
            return true;
        }
    return false;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct state *state = r->state;
    struct str value = line;
    struct str key = str_cut(&value, ':');

    value = str_trim(value);
    if (str_is(key, "Start-Date"))
        return begin(r, value, line, e);
    if (!state->has_begun)
        return LINE_FOREIGN;
    if (str_is(key, "Commandline"))
        event_put(e, FIELD_PROCESS_COMMAND_LINE, value);
    else if (str_is(key, "Requested-By"))
        put_user(e, value);
    else if (str_is(key, "Comment"))
        event_put(e, field_number(r->names, STR("apt.comment")), value);
    else if (str_is(key, "Error")) {
        state->has_failed = true;
        event_put(e, FIELD_ERROR_MESSAGE, value);
    } else if (str_is(key, "End-Date"))
        end(r, value, e);
    else if (!put_list(e, key, value))
        return LINE_FOREIGN;
    return LINE_CONTINUES;
}

/* What is said of all lists, and of this one: its action, and the packages behind it. */
static void take_list(struct event *e, const struct event_field *fields, size_t count, size_t list)
{
    size_t at = 0;

    e->count = 0;
    memset(e->may_have, 0, sizeof(e->may_have));
    for (size_t i = 0; i < count; i++) {
        at += fields[i].name == FIELD_EVENT_ACTION;
        if ((fields[i].name != FIELD_EVENT_ACTION && fields[i].name != FIELD_PACKAGE_NAME) ||
            at == list)
            event_add(e, fields[i]);
    }
}

static int split(struct reader *r, struct event *e, struct err *err)
{
    struct state *state = r->state;
    size_t count = e->count, list_count = 0;
    int rc = 0;

    for (size_t i = 0; i < count; i++)
        list_count += e->fields[i].name == FIELD_EVENT_ACTION;
    if (list_count < 2)
        return reader_event(r, e, err);
    r->counts.continued -= list_count - 1; /* each list is a line */
    memcpy(state->fields, e->fields, count * sizeof(e->fields[0]));
    for (size_t i = 1; rc == 0 && i <= list_count; i++) {
        take_list(e, state->fields, count, i);
        rc = reader_event(r, e, err);
    }
    return rc;
}

const struct format format_apt_history = {.name = "apt-history",
                                          .version = 2,
                                          .is_of_machine = true,
                                          .line = line_of,
                                          .split = split,
                                          .state_size = sizeof(struct state)};
