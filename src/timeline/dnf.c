/* dnf.c: yum.log, and dnf's dnf.log and dnf.rpm.log. */
#include "base/mem.h"
#include "timeline/format.h"
#include "timeline/level.h"
#include "timeline/rpm.h"
#include "timeline/syslog_programs.h"

struct state {
    bool is_dnf;   /* a line was one that no other program writes */
    bool has_both; /* it tells of the new package and of the old one that goes, as since 3.0 */
};

static const struct {
    const char *front, *action;
} words[] = {
    {"Installed: ", "package-install"},   {"Dep-Installed: ", "package-install"},
    {"Installing: ", "package-install"},  {"Updated: ", "package-upgrade"},
    {"Upgraded: ", "package-upgrade"},    {"Upgrade: ", "package-upgrade"},
    {"Upgrading: ", "package-upgrade"},   {"Erased: ", "package-remove"},
    {"Removed: ", "package-remove"},      {"Removing: ", "package-remove"},
    {"Erase: ", "package-remove"},        {"Downgraded: ", "package-downgrade"},
    {"Downgrade: ", "package-downgrade"}, {"Reinstalled: ", "package-reinstall"},
    {"Reinstall: ", "package-reinstall"}, {"Cleanup: ", "package-cleanup"},
    {"Obsoleted: ", "package-remove"},    {"Obsoleting: ", "package-remove"},
};

/* Done things of dnf/transaction.py, FILE_ACTIONS, which a new package or a removal has; the old
 * packages that these replace have others, that before meant the new ones. */
static const char *const done[] = {"Upgrade: ", "Downgrade: ", "Reinstall: ", "Erase: "};
static const char *const replaced[] = {"Upgraded: ", "Downgraded: ", "Reinstalled: "};

static bool begins_with(struct str message, const char *const fronts[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_starts(message, fronts[i]))
            return true;
    return false;
}

static bool put_action(struct event *e, struct str message)
{
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_take(&message, words[i].front)) {
            event_puts(e, FIELD_EVENT_ACTION, words[i].action);
            if (str_ends(str_of(words[i].front), "ed: ") || /* and not "Installing: " */
                begins_with(str_of(words[i].front), done, COUNT_OF(done)))
                event_puts(e, FIELD_EVENT_OUTCOME, "success");
            rpm_put_package(e, str_trim(message));
            return true;
        }
    return false;
}

/* "Upgraded: kernel-5-1.x86_64" */
static bool put_replaced(struct event *e, struct str message)
{
    (void)str_cut(&message, ' ');
    event_puts(e, FIELD_EVENT_ACTION, "package-cleanup");
    event_puts(e, FIELD_EVENT_OUTCOME, "success");
    rpm_put_package(e, str_trim(message));
    return true;
}

bool yum_understand(struct reader *r, struct str sentence, struct event *e)
{
    (void)r;
    if (!put_action(e, sentence))
        return false;
    event_puts(e, FIELD_EVENT_CATEGORY, "package");
    return true;
}

/* What was asked for: dnf/logging.py, dnf/cli/main.py. */
static void put_command(struct event *e, struct str message)
{
    if (str_take(&message, "Command: "))
        event_put(e, FIELD_PROCESS_COMMAND_LINE, str_trim(message));
}

static bool is_own(struct str level, struct str message)
{
    return str_is(level, "SUBDEBUG") || str_is(level, "DDEBUG") ||
           str_starts(message, "--- logging initialized ---") ||
           str_starts(message, "DNF version: ") || str_starts(message, "Command: dnf ") ||
           str_starts(message, "Command: yum ");
}

/* "2026-11-25T03:12:09+0100 SUBDEBUG Installed: bash-…" */
static bool take_dnf(struct state *state, struct str line, struct event *e)
{
    struct str level = str_cut(&line, ' ');
    bool has_action;

    if (!level_put(e, level))
        return false;
    state->has_both = state->has_both || begins_with(line, done, COUNT_OF(done));
    if (state->has_both && begins_with(line, replaced, COUNT_OF(replaced)))
        has_action = put_replaced(e, line);
    else
        has_action = put_action(e, line);
    put_command(e, line);
    state->is_dnf = state->is_dnf || has_action || is_own(level, line);
    return state->is_dnf;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct str whole = line;
    struct stated s;
    bool is_iso = when_iso(&line, &s);

    if ((is_iso && !s.has_zone) || (!is_iso && !when_bsd(&line, &s)) || !str_take(&line, " "))
        return LINE_FOREIGN;
    if (is_iso ? !take_dnf(r->state, line, e) : !put_action(e, line))
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    event_puts(e, FIELD_EVENT_CATEGORY, "package");
    event_put(e, FIELD_MESSAGE, whole);
    return LINE_EVENT;
}

const struct format format_dnf = {.name = "dnf",
                                  .version = 5,
                                  .is_of_machine = true,
                                  .line = line_of,
                                  .state_size = sizeof(struct state)};
