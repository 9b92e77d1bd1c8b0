/* cloudtrail_file.c: the files that AWS CloudTrail delivers: one object whose list "Records" has
 * the records, on one line or many. */
#include "timeline/bytes.h"
#include "timeline/cloudtrail.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct str without_space(struct str s)
{
    size_t i = 0;

    while (i < s.len && is_space(s.p[i]))
        i++;
    return str_from(s, i);
}

/* "{"Records": [" */
static bool take_head(struct str *rest)
{
    static const char *const words[] = {"{", "\"Records\"", ":", "["};

    for (size_t i = 0; i < COUNT_OF(words); i++) {
        *rest = without_space(*rest);
        if (!str_take(rest, words[i]))
            return false;
    }
    return true;
}

/* A list of nothing, or of what begins as a record of CloudTrail does. */
static bool knows(struct str head)
{
    struct str rest = head;

    if (!take_head(&rest))
        return false;
    rest = without_space(rest);
    return str_starts(rest, "]") ||
           (str_starts(rest, "{") && memmem(rest.p, rest.len, "\"eventSource\"", 13) &&
            memmem(rest.p, rest.len, "\"eventTime\"", 11));
}

/* How long the object is with which text begins; 0: it does not end there. */
static size_t object_size(struct str text)
{
    size_t depth = 0;
    bool is_quoted = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];

        if (is_quoted && c == '\\')
            i++;
        else if (c == '"')
            is_quoted = !is_quoted;
        else if (!is_quoted && c == '{')
            depth++;
        else if (!is_quoted && c == '}' && --depth == 0)
            return i + 1;
    }
    return 0;
}

static int take_record(struct reader *r, struct event *e, uint64_t at, struct str record,
                       struct err *err)
{
    event_begin(e);
    e->at = at;
    r->counts.lines++;
    if (!cloudtrail_record(r, reader_text(e, record), e)) {
        event_begin(e);
        e->at = at;
        event_puts(e, FIELD_EVENT_KIND, "unparsed");
        event_put_raw(e, r->names, FIELD_MESSAGE, record, record.len);
    }
    return reader_event(r, e, err);
}

/* Records that stand whole in text; *at goes on to the first that does not, and *is_end where the
 * list ends. */
static int take_records(struct reader *r, struct event *e, struct str text, uint64_t *at,
                        bool *is_end, struct err *err)
{
    for (;;) {
        struct str rest = without_space(text);
        size_t size;
        int rc;

        (void)str_take(&rest, ",");
        rest = without_space(rest);
        *at += text.len - rest.len;
        *is_end = str_starts(rest, "]");
        size = str_starts(rest, "{") ? object_size(rest) : 0;
        if (size == 0)
            return 0;
        rc = take_record(r, e, *at, str_head(rest, size), err);
        if (rc)
            return rc;
        *at += size;
        text = str_from(rest, size);
    }
}

static int read_all(struct reader *r, struct err *err)
{
    CLEANUP(bytes_freep) struct bytes *bytes = bytes_new(r);
    CLEANUP(event_release) struct event e;
    struct str text, rest;
    bool is_end = false;
    uint64_t at, before;
    int rc = bytes_at(bytes, 0, BYTES_MOST, &text, err);

    event_init(&e);
    if (rc)
        return rc;
    rest = text;
    if (!take_head(&rest))
        return 0;
    at = text.len - rest.len;
    do {
        before = at;
        rc = bytes_at(bytes, at, BYTES_MOST, &text, err);
        if (rc == 0)
            rc = take_records(r, &e, text, &at, &is_end, err);
        if (rc)
            return rc;
    } while (!is_end && at > before);
    return is_end ? 0
                  : reader_notice(r, at,
                                  "Here is no whole record of CloudTrail, or one of more than 1 "
                                  "MiB; what is behind it was not read.",
                                  err);
}

const struct format format_cloudtrail_file = {.name = "cloudtrail",
                                              .version = 2,
                                              .knows = knows,
                                              .read = read_all,
                                              .state_size = CLOUDTRAIL_STATE_SIZE};
