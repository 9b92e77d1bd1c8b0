/* utmp.c: who is and was logged in: utmp, wtmp and btmp as glibc writes them on Linux (utmp(5), its
 * bits/utmp.h): records of 384 bytes on x86 and most other machines, and of 400 where times have 64
 * bits, as on 64-bit ARM. */
#include <stdio.h>
#include "timeline/bytes.h"
#include "timeline/told_login.h"

enum {
    AT_PID = 4,
    AT_LINE = 8,
    LINE_SIZE = 32,
    AT_ID = 40,
    ID_SIZE = 4,
    AT_USER = 44,
    USER_SIZE = 32,
    AT_HOST = 76,
    HOST_SIZE = 256,
    AT_EXIT = 332,
    AT_SESSION = 336,
    MICROS = 1000000,
};

/* What stands behind the session, whose size differs. */
struct layout {
    size_t record_size, at_seconds, at_micros, at_address, at_unused;
    bool is_wide; /* session, seconds and microseconds have 8 bytes */
};
static const struct layout usual = {384, 340, 344, 348, 364, false};
static const struct layout wide = {400, 344, 352, 360, 376, true};

static uint64_t number_at(const struct layout *l, struct str record, size_t at)
{
    return l->is_wide ? le64(record, at) : le32(record, at);
}

enum record_type {
    TYPE_EMPTY,
    TYPE_RUN_LEVEL,
    TYPE_BOOT,
    TYPE_NEW_TIME,
    TYPE_OLD_TIME,
    TYPE_INIT,
    TYPE_LOGIN,
    TYPE_USER,
    TYPE_DEAD,
    TYPE_ACCOUNTING,
    TYPE_COUNT,
};

struct kind {
    const char *name; /* utmp.type, as utmp(5) has it */
    const char *action;
    const char *category;
    const char *outcome;
};
static const struct kind kinds[TYPE_COUNT] = {
    [TYPE_EMPTY] = {"EMPTY", NULL, NULL, NULL},
    [TYPE_RUN_LEVEL] = {"RUN_LVL", "run-level", "host", "success"},
    [TYPE_BOOT] = {"BOOT_TIME", "boot", "host", "success"},
    [TYPE_NEW_TIME] = {"NEW_TIME", "clock-change-to", "host", "success"},
    [TYPE_OLD_TIME] = {"OLD_TIME", "clock-change-from", "host", "success"},
    [TYPE_INIT] = {"INIT_PROCESS", "process-start", "process", "success"},
    [TYPE_LOGIN] = {"LOGIN_PROCESS", "login-prompt", "process", "success"},
    [TYPE_USER] = {"USER_PROCESS", "login", "authentication", "success"},
    [TYPE_DEAD] = {"DEAD_PROCESS", "logout", "session", "success"},
    [TYPE_ACCOUNTING] = {"ACCOUNTING", "accounting", "host", "unknown"},
};
static const struct kind shutdown_kind = {NULL, "shutdown", "host", "success"};
/* What is in btmp: login and sshd write LOGIN_PROCESS, with the name that was tried. */
static const struct kind failed_login = {NULL, "login", "authentication", "failure"};

/* A text that ends with NUL, or fills its place. */
static struct str text_at(struct str record, size_t off, size_t size)
{
    struct str place = str_part(record, off, size);

    return str_cut(&place, '\0');
}

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((uint8_t)s.p[i] < ' ' || s.p[i] == 0x7F)
            return true;
    return false;
}

static bool is_plausible(const struct layout *l, struct str record)
{
    return le16(record, 0) < TYPE_COUNT && !has_control(text_at(record, AT_LINE, LINE_SIZE)) &&
           !has_control(text_at(record, AT_USER, USER_SIZE)) &&
           !has_control(text_at(record, AT_HOST, HOST_SIZE)) &&
           number_at(l, record, l->at_micros) < MICROS;
}

/* That is more than numbers which happen to be small. The name and the host are what a client
 * chose, and may be anything. */
static bool is_telling(const struct layout *l, struct str record)
{
    struct str line = text_at(record, AT_LINE, LINE_SIZE);

    return le16(record, 0) != TYPE_EMPTY && le16(record, 0) < TYPE_COUNT &&
           number_at(l, record, l->at_seconds) != 0 &&
           number_at(l, record, l->at_seconds) <= UINT32_MAX &&
           is_all_zero(str_part(record, l->at_unused, l->record_size - l->at_unused)) &&
           !has_control(line) && (line.len || text_at(record, AT_USER, USER_SIZE).len);
}

/* Nearly all records are as they should be, or more than half cannot be anything else: a damaged
 * one, the first too, is told when it is read. */
static bool knows(const struct layout *l, struct str head)
{
    size_t records = 0, plausible = 0, telling = 0;

    for (; head.len >= l->record_size; head = str_from(head, l->record_size), records++) {
        struct str record = str_head(head, l->record_size);

        plausible += is_plausible(l, record);
        telling += is_telling(l, record);
    }
    return telling && (plausible * 10 >= records * 9 || telling * 2 > records);
}

static const struct kind *kind_of(struct str record)
{
    unsigned type = le16(record, 0);
    struct str user = text_at(record, AT_USER, USER_SIZE);

    if (type == TYPE_RUN_LEVEL && str_is(user, "shutdown"))
        return &shutdown_kind;
    if (type == TYPE_LOGIN && user.len && !str_is(user, "LOGIN"))
        return &failed_login;
    if (type == TYPE_USER && str_ends(text_at(record, AT_LINE, LINE_SIZE), ":notty"))
        return &failed_login;
    return &kinds[type];
}

static bool is_of_the_host(unsigned type)
{
    return type >= TYPE_RUN_LEVEL && type <= TYPE_OLD_TIME;
}

static void put_text(struct reader *r, struct event *e, const char *name, struct str text)
{
    event_put_raw(e, r->names, field_number(r->names, str_of(name)), text, text.len);
}

/* Of the host itself the kernel's version stands there; a display of X11 is ":0". */
static void put_host(const struct layout *l, struct reader *r, struct event *e, struct str record)
{
    struct str host = text_at(record, AT_HOST, HOST_SIZE);
    const uint8_t *address = (const uint8_t *)record.p + l->at_address;
    bool is_v6 = !is_all_zero(str_part(record, l->at_address + 4, 12));
    bool has_address = is_v6 || le32(record, l->at_address) != 0;

    if (is_of_the_host(le16(record, 0)))
        put_text(r, e, "host.os.kernel", host);
    else if (host.len && host.p[0] == ':')
        put_text(r, e, "utmp.display", host);
    else if (!has_address)
        event_put_address(e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, reader_text(e, host));
    else
        put_text(r, e, "source.address", host);
    if (has_address)
        event_put_ip(e, FIELD_SOURCE_IP, address, is_v6);
}

static void put_number(struct reader *r, struct event *e, const char *name, int64_t n)
{
    if (n)
        event_put_i64(e, field_number(r->names, str_of(name)), n);
}

/* The letters of the new run level and the one before are the halves of the process number. */
static void put_level(struct reader *r, struct event *e, uint32_t pid)
{
    char letters[2] = {(char)(pid & 0xFF), (char)(pid >> 8 & 0xFF)};

    if (letters[0] >= '0' && letters[0] <= 'z')
        event_put(e, field_number(r->names, STR("utmp.run_level")),
                  event_keep(e, (struct str){&letters[0], 1}));
    if (letters[1] >= '0' && letters[1] <= 'z')
        event_put(e, field_number(r->names, STR("utmp.run_level_before")),
                  event_keep(e, (struct str){&letters[1], 1}));
}

static void put_time(const struct layout *l, struct event *e, struct str record)
{
    uint64_t seconds = number_at(l, record, l->at_seconds);
    uint64_t micros = number_at(l, record, l->at_micros);

    if (seconds == 0)
        return;
    if (seconds > UINT64_MAX / MICROS - 1) /* no time of a calendar */
        seconds = UINT64_MAX / MICROS - 1;
    event_time_us(e, seconds * MICROS + (micros < MICROS ? micros : 0));
    if (micros == 0 || micros >= MICROS) /* sshd and btmp leave it out */
        e->precision = TIME_S;
}

static void put_record(const struct layout *l, struct reader *r, struct event *e, struct str record)
{
    unsigned type = le16(record, 0);
    const struct kind *kind = kind_of(record);
    struct str user = text_at(record, AT_USER, USER_SIZE);
    uint32_t pid = le32(record, AT_PID);

    put_time(l, e, record);
    put_text(r, e, "utmp.type", str_of(kinds[type].name));
    event_puts(e, FIELD_EVENT_ACTION, kind->action);
    event_puts(e, FIELD_EVENT_CATEGORY, kind->category);
    event_puts(e, FIELD_EVENT_OUTCOME, kind->outcome);
    event_put_raw(e, r->names,
                  is_of_the_host(type) ? field_number(r->names, STR("utmp.user")) : FIELD_USER_NAME,
                  user, user.len);
    put_text(r, e, "utmp.terminal", text_at(record, AT_LINE, LINE_SIZE));
    put_text(r, e, "utmp.id", text_at(record, AT_ID, ID_SIZE));
    put_host(l, r, e, record);
    if (type == TYPE_RUN_LEVEL)
        put_level(r, e, pid);
    put_number(r, e, "process.pid", (int32_t)pid);
    put_number(r, e, "utmp.session", (int32_t)le32(record, AT_SESSION));
    put_number(r, e, "utmp.signal", (int16_t)le16(record, AT_EXIT));
    put_number(r, e, "process.exit_code", (int16_t)le16(record, AT_EXIT + 2));
}

/* Whether what the collection's host told of itself has the record. */
static bool is_told(const struct layout *l, struct reader *r, struct event *e, struct str record)
{
    struct told_login told = {.user = text_at(record, AT_USER, USER_SIZE),
                              .terminal = text_at(record, AT_LINE, LINE_SIZE),
                              .pid = (int32_t)le32(record, AT_PID)};

    if (!r->is_run_utmp)
        return false;
    put_time(l, e, record);
    told.ns = e->ns;
    return !told_login_add(r, &told);
}

static int take_record(const struct layout *l, struct reader *r, struct event *e, uint64_t at,
                       struct str record, struct err *err)
{
    r->counts.lines++;
    if (is_all_zero(record)) {
        r->counts.empty++;
        return 0;
    }
    event_begin(e);
    if (is_told(l, r, e, record)) {
        r->counts.comments++;
        return 0;
    }
    event_begin(e);
    e->at = at;
    if (le16(record, 0) < TYPE_COUNT) {
        put_record(l, r, e, record);
    } else {
        event_puts(e, FIELD_EVENT_KIND, "unparsed");
        event_put_raw(e, r->names, FIELD_MESSAGE, record, record.len);
    }
    return reader_event(r, e, err);
}

static int read_all(const struct layout *l, struct reader *r, struct err *err)
{
    CLEANUP(bytes_freep) struct bytes *bytes = bytes_new(r);
    CLEANUP(event_release) struct event e;
    char words[64];
    struct str record;
    uint64_t at = 0;
    int rc;

    event_init(&e);
    while ((rc = bytes_at(bytes, at, l->record_size, &record, err)) == 0 &&
           record.len == l->record_size) {
        rc = take_record(l, r, &e, at, record, err);
        if (rc)
            return rc;
        at += l->record_size;
    }
    if (rc || record.len == 0)
        return rc;
    snprintf(words, sizeof(words), "The file ends within a record of %zu bytes.", l->record_size);
    return reader_notice(r, at, words, err);
}

static bool knows_usual(struct str head)
{
    return knows(&usual, head);
}

static bool knows_wide(struct str head)
{
    return knows(&wide, head);
}

static int read_usual(struct reader *r, struct err *err)
{
    return read_all(&usual, r, err);
}

static int read_wide(struct reader *r, struct err *err)
{
    return read_all(&wide, r, err);
}

const struct format format_utmp = {
    .name = "utmp", .version = 1, .is_of_machine = true, .knows = knows_usual, .read = read_usual};
const struct format format_utmp_wide = {
    .name = "utmp", .version = 1, .is_of_machine = true, .knows = knows_wide, .read = read_wide};
