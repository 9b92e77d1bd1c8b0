/* lastlog.c: the last login of each user, as shadow and pam_lastlog keep it: for each number of a
 * user a record of 292 bytes on x86 and most other machines, and of 296 where times have 64 bits,
 * as on 64-bit ARM (glibc, bits/utmp.h). */
#include <stdio.h>
#include "timeline/bytes.h"

enum {
    LINE_SIZE = 32,
    HOST_SIZE = 256,
    USUAL_SIZE = 4 + LINE_SIZE + HOST_SIZE,
    WIDE_SIZE = 8 + LINE_SIZE + HOST_SIZE,
    EARLIEST = 631152000, /* 1990: there was no Linux before */
    MICROS = 1000000,
    STEP_RECORDS = 3540, /* nearly 1 MiB */
};
#define SECONDS_MOST (UINT64_MAX / MICROS) /* which no calendar has */

/* By the size of a record: line and host stand behind the time. */
static size_t line_at(size_t record_size)
{
    return record_size - LINE_SIZE - HOST_SIZE;
}

static uint64_t seconds_of(struct str record)
{
    return record.len == WIDE_SIZE ? le64(record, 0) : le32(record, 0);
}

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
    size_t line = line_at(record.len), host = line + LINE_SIZE;

    return seconds_of(record) >= EARLIEST && seconds_of(record) <= UINT32_MAX &&
           text_at(record, line, LINE_SIZE).len && is_text(str_part(record, line, LINE_SIZE)) &&
           is_text(str_part(record, host, HOST_SIZE)) && record.p[record.len - 1] == 0;
}

/* Users who never logged in have zeros. */
static bool knows(struct str head, size_t size)
{
    bool is_whole = head.len == READER_HEAD_SIZE; /* the last record is cut */
    size_t logins = 0;

    for (; head.len >= size; head = str_from(head, size)) {
        struct str record = str_head(head, size);

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
    struct str line = text_at(record, line_at(record.len), LINE_SIZE);
    struct str host = text_at(record, line_at(record.len) + LINE_SIZE, HOST_SIZE);
    uint64_t seconds = seconds_of(record);

    r->counts.lines++;
    if (is_all_zero(record)) {
        r->counts.empty++;
        return 0;
    }
    event_begin(e);
    e->at = at;
    e->meaning = MEANING_LAST_LOGIN;
    if (seconds) {
        event_time_us(e, (seconds > SECONDS_MOST ? SECONDS_MOST : seconds) * MICROS);
        e->precision = TIME_S;
    }
    event_puts(e, FIELD_EVENT_ACTION, "login");
    event_puts(e, FIELD_EVENT_CATEGORY, "authentication");
    event_puts(e, FIELD_EVENT_OUTCOME, "success");
    event_put_u64(e, FIELD_USER_ID, at / record.len);
    event_put_raw(e, r->names, field_number(r->names, STR("lastlog.terminal")), line, line.len);
    event_put_address(e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, reader_text(e, host));
    return reader_event(r, e, err);
}

/* Most of such a file are holes. */
static int take_step(struct reader *r, struct event *e, uint64_t at, struct str step, size_t size,
                     struct err *err)
{
    int rc = 0;

    if (is_all_zero(step)) {
        r->counts.lines += step.len / size;
        r->counts.empty += step.len / size;
        return 0;
    }
    for (size_t i = 0; rc == 0 && i + size <= step.len; i += size)
        rc = take_record(r, e, at + i, str_part(step, i, size), err);
    return rc;
}

static int read_all(struct reader *r, size_t size, struct err *err)
{
    CLEANUP(bytes_freep) struct bytes *bytes = bytes_new(r);
    CLEANUP(event_release) struct event e;
    char words[64];
    struct str step;
    uint64_t at = 0;
    size_t left;

    event_init(&e);
    do {
        int rc = bytes_at(bytes, at, (size_t)STEP_RECORDS * size, &step, err);

        if (rc == 0)
            rc = take_step(r, &e, at, step, size, err);
        if (rc)
            return rc;
        left = step.len % size;
        at += step.len - left;
    } while (step.len == (size_t)STEP_RECORDS * size);
    snprintf(words, sizeof(words), "The file ends within a record of %zu bytes.", size);
    return left ? reader_notice(r, at, words, err) : 0;
}

static bool knows_usual(struct str head)
{
    return knows(head, USUAL_SIZE);
}

static bool knows_wide(struct str head)
{
    return knows(head, WIDE_SIZE);
}

static int read_usual(struct reader *r, struct err *err)
{
    return read_all(r, USUAL_SIZE, err);
}

static int read_wide(struct reader *r, struct err *err)
{
    return read_all(r, WIDE_SIZE, err);
}

const struct format format_lastlog = {.name = "lastlog",
                                      .version = 1,
                                      .is_of_machine = true,
                                      .knows = knows_usual,
                                      .read = read_usual,
                                      .record_size = USUAL_SIZE};
const struct format format_lastlog_wide = {.name = "lastlog",
                                           .version = 1,
                                           .is_of_machine = true,
                                           .knows = knows_wide,
                                           .read = read_wide,
                                           .record_size = WIDE_SIZE};
