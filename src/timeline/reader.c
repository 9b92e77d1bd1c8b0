/* reader.c: what all formats share: times, kinds, counts, years, and
 * values as text. */
#include "base/mem.h"
#include "base/sink.h"
#include "timeline/clock_vote.h"
#include "timeline/carried.h"
#include "timeline/decoded.h"
#include "timeline/format.h"
#include "timeline/pattern.h"
#include "timeline/winlog_sent.h"

const struct format *const formats[FORMAT_COUNT_] = {
#define FORMAT(id) &format_##id,
#include "timeline/formats.def"
#undef FORMAT
};

uint64_t format_part_size(const struct format *f)
{
    return f->part_size ? f->part_size : PART_SIZE;
}

void reader_begin(struct reader *r, const struct format *format, const struct others *others)
{
    r->format = format;
    r->state = mem_alloc(format->state_size);
    r->others = others ? *others : (struct others){0};
    for (size_t i = 0; i < OTHERS_MOST && r->others.of[i]; i++)
        r->other_states[i] = mem_alloc(r->others.of[i]->state_size);
    r->from = 0;
    r->to = UINT64_MAX;
}

static void release_state(const struct format *f, void *state)
{
    if (state && f->release)
        f->release(state);
}

void reader_end(struct reader *r)
{
    release_state(r->format, r->state);
    free(r->state);
    for (size_t i = 0; i < OTHERS_MOST && r->others.of[i]; i++) {
        release_state(r->others.of[i], r->other_states[i]);
        free(r->other_states[i]);
        r->other_states[i] = NULL;
    }
    pattern_set_free(r->patterns);
    free(r->audit);
    carried_free(r->carried);
    r->carried = NULL;
    winlog_sent_free(r->windows);
    r->windows = NULL;
    r->state = NULL;
    r->patterns = NULL;
    r->audit = NULL;
}

static bool is_ordered(const struct reader *r)
{
    bool is_so = !r->format->is_unordered;

    for (size_t i = 0; i < OTHERS_MOST && r->others.of[i]; i++)
        is_so = is_so && !r->others.of[i]->is_unordered;
    return is_so;
}

static void count_time(struct reader *r, const struct event *e, const struct stated *s)
{
    struct years_part *p = r->counting;

    if (s->year == 0)
        years_part_add(p, s, e->at, r->hosts, r->host);
    else
        years_part_add_stated(p, s);
    r->host = STR("");
    if (s->has_zone || !is_ordered(r))
        return;
    p->has_clock = true;
    p->fold_hours = zone_fold_hours(r->zone, s->month, s->day);
    p->has_fold = p->has_fold || (p->fold_hours >> s->hour & 1);
}

static void see_fold(struct reader *r, const struct event *e, const struct stated *s)
{
    struct stated full = *s;
    bool is_stray;

    if (full.year == 0)
        full.year = years_next(&r->years, &full, e->at, &is_stray);
    if (full.second == 60)
        full.second = 59;
    if (!full.has_zone && stated_is_date(&full))
        fold_search_line(r->folding, e->at, stated_seconds(&full));
}

void reader_time(struct reader *r, struct event *e, const struct stated *s)
{
    bool is_date = stated_is_date(s);

    if (r->vote && is_date)
        clock_vote_add(r->vote, s);
    if (r->counting || r->folding) {
        e->precision = is_date ? s->precision : TIME_NONE;
        if (is_date && r->counting)
            count_time(r, e, s);
        else if (is_date)
            see_fold(r, e, s);
        return;
    }
    when_set(e, s, r->zone, &r->years);
    if (e->doubt & DOUBT_TWICE && r->folds)
        folds_apply(r->folds, e);
    r->has_inferred_years = r->has_inferred_years || (e->doubt & DOUBT_YEAR);
    e->doubt |= s->is_of_century ? DOUBT_YEAR : 0;
    if (s->is_zone_apart && s->has_zone && r->manner.offsets == OFFSETS_DOUBTFUL)
        e->doubt |= DOUBT_ZONE;
    if (s->half && r->manner.is_half_doubtful && stated_half_counts(s))
        e->doubt |= DOUBT_HALF;
}

void reader_states_end(struct reader *r, const struct stated *s)
{
    int64_t end_s;

    if (!r->counting || s->year == 0 || !stated_is_date(s))
        return;
    end_s = stated_seconds(s) - (s->has_zone ? s->zone_s : 0);
    r->counting->is_headed = r->counting->is_headed || r->counting->runs.count == 0;
    if (end_s > r->counting->end_s)
        r->counting->end_s = end_s;
}

void reader_states_begin(struct reader *r, const struct stated *s)
{
    if (r->counting && s->year && stated_is_date(s))
        years_part_add_head(r->counting, s);
}

void reader_no_time(struct event *e, struct str text)
{
    e->precision = TIME_NONE;
    e->doubt |= DOUBT_RANGE;
    event_put(e, FIELD_EVENT_STATED_TIME, text);
}

/* "EST" and "MST" are files there, too, and have several meanings. */
static bool is_short_word(struct str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.p[i] < 'A' || name.p[i] > 'Z')
            return false;
    return name.len == 3;
}

void reader_zone(struct reader *r, struct str name, struct stated *s)
{
    s->zone = is_short_word(name) ? NULL : zone_named(r->zones, name);
    s->has_zone = s->zone != NULL;
}

static void see_span(struct reader_span *s, const struct event *e)
{
    if (!s->has_first) {
        s->has_first = true;
        s->first_ns = e->ns;
    }
    if (e->doubt & DOUBT_YEAR && (!s->has_last || e->ns > s->last_ns)) {
        s->has_last = true;
        s->last_ns = e->ns;
    }
}

/* Of an event that names none. */
static void put_machine(const struct reader *r, struct event *e)
{
    if (r->machine.len && r->format->is_of_machine && event_value(e, FIELD_HOST_NAME).len == 0)
        event_put(e, FIELD_HOST_NAME, event_keep(e, reader_text(e, r->machine)));
}

int reader_event(struct reader *r, struct event *e, struct err *err)
{
    struct str kind;
    int rc;

    put_machine(r, e);
    event_cut(e, r->names);
    kind = event_value(e, FIELD_EVENT_KIND);

    if (kind.len == 0)
        event_puts(e, FIELD_EVENT_KIND, "event");
    if (!(r->others.of[0] || r->format->is_export) || event_value(e, FIELD_EVENT_DATASET).len == 0)
        event_puts(e, FIELD_EVENT_DATASET, r->format->name);
    if (e->precision == TIME_NONE && !(r->format->is_export && e->doubt & DOUBT_ORDER)) {
        e->ns = r->last_ns;
        e->doubt |= DOUBT_ORDER;
    } else if (!r->years.is_stray) {
        see_span(&r->span, e);
    }
    if (r->decoded && (rc = decoded_place(r->decoded, e->at, &e->at, err)))
        return rc;
    r->last_ns = e->ns;
    r->counts.unparsed += str_is(kind, "unparsed");
    r->counts.notices += str_is(kind, "notice");
    r->counts.events += kind.len == 0 || str_is(kind, "event");
    return r->take(r->take_context, e, err);
}

int reader_notice(struct reader *r, uint64_t at, const char *words, struct err *err)
{
    CLEANUP(event_release) struct event e;

    event_init(&e);
    e.at = at;
    event_puts(&e, FIELD_EVENT_KIND, "notice");
    event_put(&e, FIELD_MESSAGE, event_keep(&e, str_of(words)));
    return reader_event(r, &e, err);
}

/* Text that is no lines. */
static int read_decoded(struct reader *r, struct err *e)
{
    struct decoded *d = decoded_begin(r);
    uint64_t rest;
    bool has_rest;
    int rc = r->format->read(r, e);

    has_rest = decoded_has_rest(d, &rest);
    decoded_end(d, r);
    return rc || !has_rest
               ? rc
               : reader_notice(r, rest, "The last byte is half a character of UTF-16.", e);
}

int reader_part(struct reader *r, uint64_t from, uint64_t to, struct err *e)
{
    if (r->format->line)
        return reader_lines(r, from, to, e);
    return text_unit(r->encoding) == UTF16_UNIT ? read_decoded(r, e) : r->format->read(r, e);
}

/* What has times, and none of such an hour or close to it, ends what hangs together. */
static bool is_between(const struct years_part *p)
{
    return p->has_clock && !p->has_fold;
}

bool reader_next_folds(const struct years_part *parts, size_t count, size_t *from, size_t *to)
{
    size_t i = *to;

    while (i < count && !parts[i].has_fold)
        i++;
    if (i == count)
        return false;
    for (*to = i; *to < count && !is_between(&parts[*to]);)
        ++*to;
    *to += *to < count;
    while (i > 0 && !is_between(&parts[i]))
        i--;
    *from = i;
    return true;
}

static void forget_state(const struct format *f, void *state)
{
    release_state(f, state);
    if (f->state_size)
        memset(state, 0, f->state_size);
}

void reader_forget(struct reader *r)
{
    forget_state(r->format, r->state);
    for (size_t i = 0; i < OTHERS_MOST && r->others.of[i]; i++)
        forget_state(r->others.of[i], r->other_states[i]);
}

static int find_all_folds(struct reader *r, uint64_t part_size, const struct years_part *parts,
                          const struct years *begin, size_t count, struct err *e)
{
    size_t from = 0, to = 0;
    int rc = 0;

    while (rc == 0 && reader_next_folds(parts, count, &from, &to)) {
        r->years = begin[from];
        rc = reader_find_folds(r, from * part_size, to == count ? UINT64_MAX : to * part_size, e);
        reader_forget(r);
    }
    return rc;
}

int reader_find_years(struct reader *r, uint64_t part_size, struct years *begin, size_t count,
                      struct year_breaks *breaks, struct err *e)
{
    CLEANUP_FREE struct years_part *parts = mem_array(count, sizeof(parts[0]));
    CLEANUP(year_hosts_freep) struct year_hosts *hosts = year_hosts_new();
    int rc = reader_count_years(r, 0, UINT64_MAX, part_size, parts, count, hosts, e);

    reader_forget(r);
    if (rc == 0)
        years_place(parts, count, hosts, r->written_s, begin, breaks);
    if (rc == 0 && r->folds)
        rc = find_all_folds(r, part_size, parts, begin, count, e);
    for (size_t i = 0; i < count; i++)
        years_part_release(&parts[i]);
    return rc;
}

bool reader_is_plain(struct str s)
{
    return str_is_ascii(s) || (!memchr(s.p, '\0', s.len) && !str_has_utf8_error(s));
}

static size_t add_escaped(char *out, struct str *rest)
{
    static const char digits[] = "0123456789abcdef";
    struct str before = *rest;
    uint8_t c = (uint8_t)before.p[0];
    size_t taken;

    (void)utf8_take(rest);
    taken = before.len - rest->len;
    if (c == '\\') {
        memcpy(out, "\\\\", 2);
        return 2;
    }
    if (c == 0 || str_has_utf8_error(str_head(before, taken))) {
        *rest = str_from(before, 1);
        memcpy(out, "\\x", 2);
        out[2] = digits[c >> 4];
        out[3] = digits[c & 15];
        return 4;
    }
    memcpy(out, before.p, taken);
    return taken;
}

struct str reader_text(struct event *e, struct str raw)
{
    struct str kept = {e->scratch + e->scratch_len, 0};
    struct str rest = raw;

    if (reader_is_plain(raw))
        return raw;
    while (rest.len && e->scratch_len + 4 <= EVENT_SCRATCH_SIZE)
        e->scratch_len += add_escaped(e->scratch + e->scratch_len, &rest);
    kept.len = (size_t)(e->scratch + e->scratch_len - kept.p);
    if (event_value(e, FIELD_EVENT_ORIGINAL_BYTES).len == 0)
        event_puts(e, FIELD_EVENT_ORIGINAL_BYTES, "yes");
    return kept;
}

enum line_verdict reader_ask(struct reader *r, const struct format *f, struct str raw,
                             struct event *e)
{
    enum line_verdict v;

    if (r->is_plain || reader_is_plain(raw))
        return f->line(r, raw, e);
    if (!f->takes_bytes)
        return f->line(r, reader_text(e, raw), e);
    v = f->line(r, raw, e);
    for (size_t i = 0; i < e->count; i++)
        e->fields[i].value = reader_text(e, e->fields[i].value);
    return v;
}

enum line_verdict reader_ask_other(struct reader *r, size_t other, struct str raw, struct event *e)
{
    void *state = r->state;
    enum line_verdict v;

    r->state = r->other_states[other];
    v = reader_ask(r, r->others.of[other], raw, e);
    r->state = state;
    return v;
}

bool reader_has_sessions(const struct reader *r)
{
    bool has = r->format->has_sessions;

    for (size_t i = 0; i < OTHERS_MOST && r->others.of[i]; i++)
        has = has || r->others.of[i]->has_sessions;
    return has;
}
