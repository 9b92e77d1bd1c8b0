/* lastlog.c: the last login of each user, as shadow and pam_lastlog keep it on x86-64: a record of
 * 292 bytes for each number of a user. */
#include "timeline/bytes.h"

enum {
    RECORD_SIZE = 292,
    AT_LINE = 4,
    LINE_SIZE = 32,
    AT_HOST = 36,
    HOST_SIZE = 256,
    EARLIEST = 631152000, /* 1990: there was no Linux before */
    MICROS = 1000000,
    STEP_RECORDS = 3584, /* nearly 1 MiB */
};

static struct str text_at(struct str record, size_t off, size_t size)
{
    struct str place = str_part(record, off, size);

    return str_cut(&place, '\0');
}

/* Printable up to its end, and nothing behind that. */
static bool is_text(struct str place)
{
    struct str rest = place;
    struct str text = str_cut(&rest, '\0');

    for (size_t i = 0; i < text.len; i++)
        if ((uint8_t)text.p[i] <= ' ' || text.p[i] == 0x7F)
            return false;
    return is_all_zero(rest);
}

/* No name of a host fills its place: text without a space looks like it. */
static bool is_login(struct str record)
{
    return le32(record, 0) >= EARLIEST && text_at(record, AT_LINE, LINE_SIZE).len &&
           is_text(str_part(record, AT_LINE, LINE_SIZE)) &&
           is_text(str_part(record, AT_HOST, HOST_SIZE)) && record.p[RECORD_SIZE - 1] == 0;
}

/* Users who never logged in have zeros. */
static bool knows(struct str head)
{
    bool is_whole = head.len == READER_HEAD_SIZE; /* the last record is cut */
    size_t logins = 0;

    for (; head.len >= RECORD_SIZE; head = str_from(head, RECORD_SIZE)) {
        struct str record = str_head(head, RECORD_SIZE);

        if (is_login(record))
            logins++;
        else if (!is_all_zero(record))
            return false;
    }
    return logins > 0 && (is_whole || is_all_zero(head));
}

static int take_record(struct reader *r, struct event *e, uint64_t at, struct str record,
                       struct err *err)
{
    struct str host = text_at(record, AT_HOST, HOST_SIZE);
    struct str line = text_at(record, AT_LINE, LINE_SIZE);

    r->counts.lines++;
    if (is_all_zero(record)) {
        r->counts.empty++;
        return 0;
    }
    event_begin(e);
    e->at = at;
    e->meaning = MEANING_LAST_LOGIN;
    if (le32(record, 0)) {
        event_time_us(e, (uint64_t)le32(record, 0) * MICROS);
        e->precision = TIME_S;
    }
    event_puts(e, FIELD_EVENT_ACTION, "login");
    event_puts(e, FIELD_EVENT_CATEGORY, "authentication");
    event_puts(e, FIELD_EVENT_OUTCOME, "success");
    event_put_u64(e, FIELD_USER_ID, at / RECORD_SIZE);
    event_put_raw(e, r->names, field_number(r->names, STR("lastlog.terminal")), line, line.len);
    event_put_address(e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, reader_text(e, host));
    return reader_event(r, e, err);
}

/* Most of such a file are holes. */
static int take_step(struct reader *r, struct event *e, uint64_t at, struct str step,
                     struct err *err)
{
    int rc = 0;

    if (is_all_zero(step)) {
        r->counts.lines += step.len / RECORD_SIZE;
        r->counts.empty += step.len / RECORD_SIZE;
        return 0;
    }
    for (size_t i = 0; rc == 0 && i + RECORD_SIZE <= step.len; i += RECORD_SIZE)
        rc = take_record(r, e, at + i, str_part(step, i, RECORD_SIZE), err);
    return rc;
}

static int read_all(struct reader *r, struct err *err)
{
    CLEANUP(bytes_freep) struct bytes *bytes = bytes_new(r);
    CLEANUP(event_release) struct event e;
    struct str step;
    uint64_t at = 0;
    size_t left;

    event_init(&e);
    do {
        int rc = bytes_at(bytes, at, (size_t)STEP_RECORDS * RECORD_SIZE, &step, err);

        if (rc == 0)
            rc = take_step(r, &e, at, step, err);
        if (rc)
            return rc;
        left = step.len % RECORD_SIZE;
        at += step.len - left;
    } while (step.len == (size_t)STEP_RECORDS * RECORD_SIZE);
    return left ? reader_notice(r, at, "The file ends within a record of 292 bytes.", err) : 0;
}

const struct format format_lastlog = {
    .name = "lastlog", .version = 1, .knows = knows, .read = read_all, .record_size = RECORD_SIZE};
