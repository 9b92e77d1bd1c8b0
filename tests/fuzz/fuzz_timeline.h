/* fuzz_timeline.h: what holds for the events that a binary format makes of any bytes. */
#pragma once
#include "base/mem.h"
#include "timeline/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline int fuzz_bytes_at(void *context, uint64_t off, void *bytes, size_t size, size_t *got,
                                struct err *e)
{
    struct str rest = *(const struct str *)context;

    (void)e;
    rest = off < rest.len ? str_head(str_from(rest, (size_t)off), size) : str_head(rest, 0);
    if (rest.len)
        memcpy(bytes, rest.p, rest.len);
    *got = rest.len;
    return 0;
}

static inline int fuzz_check_event(void *context, const struct event *v, struct err *e)
{
    (void)e;
    if (v->count > EVENT_FIELDS_MAX || v->precision >= TIME_COUNT_ || v->meaning >= MEANING_COUNT_)
        BUG("an event has parts that there are not");
    if (v->precision == TIME_NONE && !(v->doubt & DOUBT_ORDER))
        BUG("an event has no time, and does not say so");
    for (size_t i = 0; i < v->count; i++) {
        struct str value = v->fields[i].value;

        if (v->fields[i].name >= field_count(context) || value.len == 0)
            BUG("an event has a field without a name or value");
        if (str_has_utf8_error(value) || memchr(value.p, '\0', value.len))
            BUG("a value is no text");
    }
    if (event_value(v, FIELD_EVENT_KIND).len == 0 || event_value(v, FIELD_EVENT_DATASET).len == 0)
        BUG("an event does not say of which kind it is");
    return 0;
}

/* Whatever the bytes are, reading ends well, and every record is one of the events or told. */
static inline int fuzz_format(const struct format *format, const uint8_t *data, size_t size)
{
    CLEANUP(field_names_freep) struct field_names *names = field_names_new();
    struct str all = {(const char *)data, size};
    struct reader r = {.names = names,
                       .bytes = fuzz_bytes_at,
                       .bytes_context = &all,
                       .take = fuzz_check_event,
                       .take_context = names};
    struct err e = {0};
    int rc;

    if (!format->knows(str_head(all, READER_HEAD_SIZE)))
        return 0;
    reader_begin(&r, format, NULL);
    rc = format->read(&r, &e);
    reader_end(&r);
    if (rc)
        BUG("reading fails: %s", e.text);
    if (r.counts.lines != r.counts.events + r.counts.unparsed + r.counts.empty + r.counts.comments +
                              r.counts.continued)
        BUG("the counts do not add up");
    return 0;
}
