/* journal_fields.c: fields of the systemd journal under the names of events. */
#include "timeline/journal_fields.h"
#include "timeline/syslog_words.h"

enum rule {
    RULE_PLAIN,
    RULE_MESSAGE,
    RULE_TAG,
    RULE_COMMAND,
    RULE_UNIT,
    RULE_LEVEL,
    RULE_FACILITY,
    RULE_TIME,
    RULE_BOOT,
};

static const struct {
    const char *name, *field; /* field NULL: journal.NAME */
    enum rule rule;
} known[] = {
    {"MESSAGE", "message", RULE_MESSAGE},
    {"PRIORITY", NULL, RULE_LEVEL},
    {"SYSLOG_FACILITY", NULL, RULE_FACILITY},
    {"SYSLOG_IDENTIFIER", "process.name", RULE_TAG},
    {"_COMM", NULL, RULE_COMMAND},
    {"_SYSTEMD_UNIT", NULL, RULE_UNIT},
    {"_SOURCE_REALTIME_TIMESTAMP", NULL, RULE_TIME},
    {"_HOSTNAME", "host.name", RULE_PLAIN},
    {"_MACHINE_ID", "host.id", RULE_PLAIN},
    {"_BOOT_ID", "host.boot.id", RULE_BOOT},
    {"_PID", "process.pid", RULE_PLAIN},
    {"_UID", "user.id", RULE_PLAIN},
    {"_GID", "group.id", RULE_PLAIN},
    {"_EXE", "process.executable", RULE_PLAIN},
    {"_CMDLINE", "process.command_line", RULE_PLAIN},
    {"ERRNO", "error.code", RULE_PLAIN},
    {"CONTAINER_ID_FULL", "container.id", RULE_PLAIN},
};

/* Letters, digits and underscores; others cannot come from a journal. */
static bool is_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.p[i];

        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '_'))
            return false;
    }
    return name.len > 0 && name.len <= JOURNAL_NAME_SIZE;
}

static struct journal_name find_name(struct field_names *names, struct str name)
{
    struct journal_name n = {FIELD_NONE, RULE_PLAIN};
    char full[JOURNAL_NAME_SIZE + 16] = "journal.";
    size_t front = strlen(full);

    if (!is_name(name))
        return n;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_is(name, known[i].name)) {
            n.rule = (uint8_t)known[i].rule;
            if (known[i].field) {
                n.field = field_number(names, str_of(known[i].field));
                return n;
            }
        }
    memcpy(full + front, name.p, name.len);
    n.field = field_number(names, (struct str){full, front + name.len});
    return n;
}

struct journal_name journal_name(struct journal_names *n, struct field_names *names,
                                 struct str name)
{
    size_t last = name.len ? name.len - 1 : 0, place;

    if (name.len == 0 || name.len > JOURNAL_NAME_SIZE)
        return find_name(names, name);
    place = ((uint8_t)name.p[last] + 3U * (uint8_t)name.p[last / 2] + 5 * name.len) %
            COUNT_OF(n->known);
    if (!str_eq((struct str){n->known[place].name, n->known[place].len}, name)) {
        memcpy(n->known[place].name, name.p, name.len);
        n->known[place].len = name.len;
        n->known[place].is = find_name(names, name);
    }
    return n->known[place].is;
}

/* The word of a number, under a name of its own. */
static bool name_number(struct journal_name *name, struct str *value)
{
    bool is_level = name->rule == RULE_LEVEL;
    size_t count = is_level ? SYSLOG_LEVELS : SYSLOG_FACILITIES;
    uint64_t n;

    if ((!is_level && name->rule != RULE_FACILITY) || !str_u64(*value, &n) || n >= count)
        return false;
    *value = str_of(is_level ? syslog_levels[n] : syslog_facilities[n]);
    *name = (struct journal_name){is_level ? FIELD_LOG_LEVEL : FIELD_FACILITY, RULE_PLAIN};
    return true;
}

struct journal_text journal_text(struct journal_name name, struct str text, uint32_t same)
{
    if (name.rule == RULE_LEVEL || name.rule == RULE_FACILITY) {
        (void)name_number(&name, &text);
        name.rule = RULE_PLAIN;
    }
    return (struct journal_text){name, same, text};
}

void journal_begin(struct journal_entry *entry, struct reader *r, struct journal_names *names,
                   struct event *e, uint64_t at)
{
    event_begin(e);
    e->at = at;
    *entry = (struct journal_entry){.r = r, .names = names, .e = e};
}

/* The value as it was put, which is the last. */
static struct str last_value(const struct event *e, uint16_t field)
{
    for (size_t i = e->count; i-- > 0;)
        if (e->fields[i].name == field)
            return e->fields[i].value;
    return STR("");
}

/* systemd, too, takes none for a time that is 0 or has more than 55 bits (VALID_REALTIME). */
static bool is_time(uint64_t us)
{
    return us > 0 && us < (uint64_t)1 << 55;
}

static bool take_us(struct str value, uint64_t *out)
{
    uint64_t us;

    if (!str_u64(value, &us) || !is_time(us))
        return false;
    *out = us;
    return true;
}

/* True: it is told under another name, or was told before. */
static bool is_told(struct journal_entry *entry, struct journal_name name, struct str value)
{
    struct event *e = entry->e;

    switch (name.rule) {
    case RULE_LEVEL:
    case RULE_FACILITY:
        if (!name_number(&name, &value))
            return false;
        event_put(e, name.field, value);
        return true;
    case RULE_TIME:
        return take_us(value, &entry->source_us);
    case RULE_BOOT: /* the export has it twice: of the entry, and as a field */
        return event_value(e, name.field).len > 0;
    default:
        return false;
    }
}

static void remember(struct journal_entry *entry, struct journal_name name, struct str text)
{
    if (name.rule == RULE_MESSAGE)
        entry->message = text;
    else if (name.rule == RULE_TAG)
        entry->tag = text;
    else if (name.rule == RULE_COMMAND)
        entry->command = text;
    else if (name.rule == RULE_UNIT)
        entry->unit = text;
}

void journal_put_realtime(struct journal_entry *entry, struct str value)
{
    if (take_us(value, &entry->realtime_us))
        return;
    entry->has_odd_time = true;
    event_put_raw(entry->e, entry->r->names, FIELD_EVENT_STATED_TIME, value, value.len);
}

void journal_put(struct journal_entry *entry, struct journal_name name, struct str value,
                 uint64_t whole)
{
    if (entry->count++ >= JOURNAL_FIELDS_MAX || is_told(entry, name, value))
        return;
    event_put_raw(entry->e, entry->r->names, name.field, value, whole);
    remember(entry, name, last_value(entry->e, name.field));
}

void journal_put_text(struct journal_entry *entry, const struct journal_text *t)
{
    if (entry->count++ >= JOURNAL_FIELDS_MAX)
        return;
    if (t->name.rule == RULE_PLAIN) {
        event_put_same(entry->e, t->name.field, t->text, t->same);
    } else if (!is_told(entry, t->name, t->text)) {
        event_put_same(entry->e, t->name.field, t->text, t->same);
        remember(entry, t->name, t->text);
    }
}

static void put_number(struct journal_entry *entry, uint16_t *number, struct str name, uint64_t n)
{
    if (!*number)
        *number = (uint16_t)(field_number(entry->r->names, name) + 1);
    event_put_u64(entry->e, (uint16_t)(*number - 1), n);
}

static void put_realtime(struct journal_entry *entry)
{
    put_number(entry, &entry->names->realtime, STR("journal.__REALTIME_TIMESTAMP"),
               entry->realtime_us);
}

static void put_times(struct journal_entry *entry)
{
    if (entry->source_us) {
        event_time_us(entry->e, entry->source_us);
        if (is_time(entry->realtime_us))
            put_realtime(entry);
    } else if (is_time(entry->realtime_us)) {
        event_time_us(entry->e, entry->realtime_us);
    } else if (entry->realtime_us || entry->has_odd_time) {
        entry->e->doubt |= DOUBT_RANGE;
        if (entry->realtime_us)
            event_put_u64(entry->e, FIELD_EVENT_STATED_TIME, entry->realtime_us);
    }
    if (entry->monotonic_us)
        put_number(entry, &entry->names->monotonic, STR("journal.__MONOTONIC_TIMESTAMP"),
                   entry->monotonic_us);
    if (entry->number)
        put_number(entry, &entry->names->sequence, STR("event.sequence"), entry->number);
}

int journal_end(struct journal_entry *entry, struct err *err)
{
    struct event *e = entry->e;
    struct str unit = entry->unit;

    put_times(entry);
    if (entry->tag.len == 0)
        event_put(e, FIELD_PROCESS_NAME, entry->command);
    if (entry->message.len)
        syslog_understand(entry->r, e, entry->message);
    /* Of a message by systemd the sentence says which service it is about. */
    if (str_ends(unit, ".service") && event_value(e, FIELD_SERVICE_NAME).len == 0)
        event_put(e, FIELD_SERVICE_NAME, str_head(unit, unit.len - strlen(".service")));
    if (entry->count > JOURNAL_FIELDS_MAX) {
        char words[64];
        int n = snprintf(words, sizeof(words), "fields: %zu of %zu", (size_t)JOURNAL_FIELDS_MAX,
                         entry->count);

        event_put(e, FIELD_EVENT_CUT, event_keep(e, (struct str){words, (size_t)n}));
    }
    entry->r->counts.lines++;
    return reader_event(entry->r, e, err);
}
