/* words.c: the words, signs and times of a document that all its writers share. */
#include "render/doc_tree.h"
#include <strings.h>
#include <time.h>

static const char *const tlp_labels[] = {
    [DOC_TLP_NONE] = "",
    [DOC_TLP_CLEAR] = "TLP:CLEAR",
    [DOC_TLP_GREEN] = "TLP:GREEN",
    [DOC_TLP_AMBER] = "TLP:AMBER",
    [DOC_TLP_AMBER_STRICT] = "TLP:AMBER+STRICT",
    [DOC_TLP_RED] = "TLP:RED",
};

const char *doc_tlp_label(enum doc_tlp tlp)
{
    return tlp_labels[tlp];
}

enum doc_tlp doc_tlp_of(struct str label)
{
    if (label.len == 0)
        return DOC_TLP_NONE;
    for (size_t i = 1; i < COUNT_OF(tlp_labels); i++) {
        struct str whole = str_of(tlp_labels[i]);
        struct str word = str_from(whole, strlen("TLP:"));

        if ((label.len == whole.len && strncasecmp(label.p, whole.p, whole.len) == 0) ||
            (label.len == word.len && strncasecmp(label.p, word.p, word.len) == 0))
            return (enum doc_tlp)i;
    }
    return DOC_TLP_RED;
}

const char *doc_status_word(enum doc_status status)
{
    static const char *const words[] = {"", "Draft", "Reviewed", "Approved"};

    return words[status];
}

const char *doc_callout_word(enum doc_callout kind)
{
    static const char *const words[] = {"Fact", "Opinion", "Gap in the record", "Override", "Note"};

    return words[kind];
}

const char *doc_weight_sign(enum doc_weight weight)
{
    static const char *const signs[] = {"", "\xe2\x88\x92", "0", "+"};

    return signs[weight];
}

const char *doc_weight_word(enum doc_weight weight)
{
    static const char *const words[] = {"not weighed", "against", "neutral", "for"};

    return words[weight];
}

struct str doc_ref_text(char out[24], struct doc_ref ref)
{
    int len = snprintf(out, 24, "%c%llu", ref.letter, (unsigned long long)ref.number);

    if (ref.letter < 'a' || ref.letter > 'z')
        BUG("a reference of the kind %d", ref.letter);
    return (struct str){out, (size_t)len};
}

const struct inlines *row_cell(const struct table_row *row, size_t column)
{
    return column < row->used && row->cells[column].first ? &row->cells[column] : NULL;
}

size_t matrix_count(const struct matrix *m, size_t hypothesis, enum doc_weight weight)
{
    size_t count = 0;

    for (const struct matrix_row *row = m->first; row; row = row->next)
        count += row->weights[hypothesis] == weight;
    return count;
}

bool doc_time_is_shown(struct utc at)
{
    return at.sec >= -62135596800 && at.sec < 253402300800; /* the years 0001 to 9999 */
}

/* How many bytes of "hh:mm:ss" the precision is worth. */
static int clock_length(enum utc_precision precision)
{
    return precision == PRECISION_SECOND ? 8 : precision == PRECISION_DAY ? 0 : 5;
}

void event_time(struct buf *out, struct utc at, enum utc_precision precision)
{
    char text[UTC_TEXT_SIZE];

    if (!doc_time_is_shown(at)) {
        buf_adds(out, "time unknown");
        return;
    }
    utc_write(text, at);
    buf_add(out, text, 10);
    if (precision == PRECISION_DAY)
        return;
    buf_addf(out, " %s%.*s", precision == PRECISION_HOUR ? "about " : "", clock_length(precision),
             text + 11);
}

void event_clock(struct buf *out, struct utc at, enum utc_precision precision, bool local)
{
    char text[UTC_PLAIN_SIZE];

    if (precision == PRECISION_DAY || !doc_time_is_shown(at))
        return;
    if (local)
        utc_local(text, at);
    else
        utc_plain(text, at);
    buf_addf(out, "%s%.*s", precision == PRECISION_HOUR ? "about " : "", clock_length(precision),
             text + 11);
}

void event_day(struct buf *out, struct utc at)
{
    static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    time_t t = (time_t)at.sec;
    struct tm tm;

    if (!doc_time_is_shown(at) || !localtime_r(&t, &tm))
        buf_adds(out, "Day unknown");
    else
        buf_addf(out, "%s %d %s %d", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
                 tm.tm_year + 1900);
}

void event_zone(struct buf *out, struct utc at)
{
    char text[UTC_PLAIN_SIZE];
    struct str zone;

    if (!doc_time_is_shown(at))
        return;
    zone = str_from(str_of(utc_local(text, at)), strlen("2026-11-25 04:12:09 "));
    if (str_is(zone, "+0000") || zone.len != 5)
        buf_adds(out, " \xc2\xb7 times are UTC");
    else
        buf_addf(out, " \xc2\xb7 local time is UTC%.3s:%.2s", zone.p, zone.p + 3);
}

const char *event_day_note(struct utc at)
{
    char local[UTC_PLAIN_SIZE];
    char plain[UTC_PLAIN_SIZE];
    int order;

    if (!doc_time_is_shown(at))
        return "";
    order = strncmp(utc_local(local, at), utc_plain(plain, at), strlen("2026-11-25"));
    return order > 0 ? ", the day before" : order < 0 ? ", the day after" : "";
}

bool event_starts_day(const struct block *event, const struct block *before)
{
    CLEANUP_BUF struct buf day = {0};
    CLEANUP_BUF struct buf day_before = {0};

    if (!before)
        return true;
    event_day(&day, event->event->at);
    event_day(&day_before, before->event->at);
    return !str_eq(buf_str(&day), buf_str(&day_before));
}

void span_words(struct buf *out, const struct doc_span *span)
{
    event_time(out, span->from, PRECISION_MINUTE);
    if (utc_cmp(span->from, span->to) != 0) {
        buf_adds(out, " to ");
        event_time(out, span->to, PRECISION_MINUTE);
    }
    buf_adds(out, " UTC");
}

static void part_plain(struct buf *out, const struct inline_part *part)
{
    char ref[24];

    switch (part->kind) {
    case INLINE_REF:
        buf_addf(out, "[" STR_FMT "]", STR_ARG(doc_ref_text(ref, part->ref)));
        break;
    case INLINE_TIME:
        event_time(out, part->at, PRECISION_SECOND);
        if (doc_time_is_shown(part->at))
            buf_adds(out, " UTC");
        break;
    case INLINE_BREAK:
        buf_addc(out, '\n');
        break;
    default:
        buf_addstr(out, part->text);
    }
}

void inlines_plain(struct buf *out, const struct inlines *t)
{
    for (const struct inline_part *part = t->first; part; part = part->next)
        part_plain(out, part);
}
