/* journal_json.c: the journal of systemd as `journalctl -o json` exports it
 * (systemd.journal-fields, Journal JSON Format). */
#include "timeline/json_event.h"
#include "timeline/syslog_words.h"

static const struct member members[] = {
    {"__REALTIME_TIMESTAMP", MEMBER_IS_TIME, 0},
    {"MESSAGE", "message", 0},
    {"_HOSTNAME", "host.name", 0},
    {"SYSLOG_IDENTIFIER", "process.name", 0},
    {"_PID", "process.pid", 0},
    {"_MACHINE_ID", "host.id", 0},
    {"_BOOT_ID", "host.boot.id", 0},
    {"ERRNO", "error.code", 0},
    {"_EXE", "process.executable", 0},
    {"_CMDLINE", "process.command_line", 0},
    {"_SYSTEMD_UNIT", "service.name", 0},
    {"_UID", "user.id", 0},
    {"_GID", "group.id", 0},
    {"CONTAINER_ID_FULL", "container.id", 0},
    {"CONTAINER_NAME", "container.name", 0},
};
static const struct member_table table = {"journal.", members, COUNT_OF(members), false};

static void put_named(struct reader *r, struct event *e, const char *from, uint16_t to,
                      const char *const *names, size_t count)
{
    uint16_t number = field_lookup(r->names, str_of(from));
    uint64_t n;

    if (number != FIELD_NONE && str_u64(event_value(e, number), &n) && n < count)
        event_puts(e, to, names[n]);
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct json_event j = {.members = r->state, .table = &table, .bytes_as_text = true};
    struct stated s;

    /* -o json-seq (RFC 7464), -o json-sse (server-sent events) */
    if (!str_take(&line, "\x1e"))
        (void)str_take(&line, "data: ");
    if (!json_event(&j, r, line, e) || !json_time(j.time, &s, NULL))
        return LINE_FOREIGN;
    s.precision = TIME_US;
    reader_time(r, e, &s);
    put_named(r, e, "journal.PRIORITY", FIELD_LOG_LEVEL, syslog_levels, 8);
    put_named(r, e, "journal.SYSLOG_FACILITY", FIELD_FACILITY, syslog_facilities, 24);
    if (event_value(e, FIELD_PROCESS_NAME).len == 0)
        event_put(e, FIELD_PROCESS_NAME,
                  event_value(e, field_number(r->names, STR("journal._COMM"))));
    syslog_understand(r, e, event_value(e, FIELD_MESSAGE));
    json_message(&j, line, e);
    return LINE_EVENT;
}

const struct format format_journal_json = {.name = "journald-json",
                                           .version = 4,
                                           .is_splittable = true,
                                           .line = line_of,
                                           .takes_bytes = true,
                                           .state_size = sizeof(struct members)};
