/* recognise.c: which formats a source has: binary ones by their first bytes, those of lines by what
 * stands in several places of it, from its beginning to its end. */
#include "base/mem.h"
#include "timeline/cutter.h"
#include "timeline/look.h"
#include "timeline/named_line.h"
#include "timeline/pattern.h"
#include "timeline/sparse.h"
#include "timeline/trace.h"

enum {
    CANDIDATE_PERCENT = 50,
    ZEROS_MOST = 64 << 20,
    TEXT_MOST = 64 << 20,
    INDENTED_MOST = 8,       /* lines that one event may have behind it */
    INDENTED_LAST_MOST = 64, /* of a format that is last: traces of the stack */
    SURE_LEAST = 8,          /* lines that are one format's for sure, */
    SURE_ONE_IN = 20,        /* and so many of those that are tried, */
    SURE_PLACES = 4,         /* all along the source, or at its beginning or end */
    SURE_TOLD = 3,
    HOSTS_MOST = 16,
    OBJECTS_SIZE = 1 << 20, /* of those that are looked at */
};

struct score {
    const struct format *format;
    unsigned lines, understood;
    bool is_sure;                     /* one is a line of its own alone */
    unsigned sure;                    /* of those understood: whatever else knows them */
    size_t place;                     /* where the line stands that is asked */
    uint8_t sure_places;              /* bits */
    bool is_first_sure, is_last_sure; /* the first line of all, the last */
    unsigned indented;                /* behind the last event */
    struct str hosts[HOSTS_MOST];     /* that lines which may be another program's name */
    size_t host_count;
};

static size_t zeros_of(struct str s)
{
    size_t n = 0;

    while (n < s.len && s.p[n] == 0)
        n++;
    return n;
}

static enum line_verdict try_line(struct reader *r, struct str line, struct event *e)
{
    event_begin(e);
    return reader_ask(r, r->format, line, e);
}

/* A word alone may be any word of a program's own line ("user eva: login"): names of hosts have a
 * digit, a point or a dash, mostly, and rsyslog writes microseconds and a zone. */
static bool may_be_host(struct str host, const struct event *e)
{
    for (size_t i = 0; i < host.len; i++)
        if (char_is_digit(host.p[i]) || host.p[i] == '.' || host.p[i] == '-')
            return true;
    return e->precision == TIME_US && !(e->doubt & DOUBT_ZONE);
}

static bool had_host(const struct score *s, struct str host)
{
    for (size_t i = 0; i < s->host_count; i++)
        if (str_eq(s->hosts[i], host))
            return true;
    return false;
}

/* An event that may be of another program's line counts where its host is that of another, or the
 * first of them. */
static bool counts(struct score *s, const struct event *e)
{
    struct str host = event_value(e, FIELD_HOST_NAME);
    bool is_doubtful = s->format->is_doubtful && s->format->is_doubtful(e);
    bool is_first = s->host_count == 0;

    if (had_host(s, host))
        return true;
    if (is_doubtful && (host.len == 0 || s->host_count == HOSTS_MOST || !may_be_host(host, e)))
        return false;
    if (s->format->is_doubtful && host.len && s->host_count < HOSTS_MOST)
        s->hosts[s->host_count++] = host;
    return !is_doubtful || is_first;
}

/* A state tells which lines are its own, unless it is for what asks of two events. */
static bool joins_by_state(const struct format *f)
{
    return f->state_size && !f->continues;
}

/* Lines that the format joins; where it knows none of its own before, of an event not too many. */
static bool is_of_event(struct score *s, struct str line, enum line_verdict v,
                        const struct event *e)
{
    if (v != LINE_CONTINUES || joins_by_state(s->format))
        return v == LINE_CONTINUES;
    if (s->format->is_last && trace_is_frame(line)) /* a sample may begin among hundreds */
        return true;
    if (char_is_blank(line.p[0]) || (s->format->is_last && trace_is_line(line)))
        return s->understood &&
               s->indented++ < (s->format->is_last ? INDENTED_LAST_MOST : INDENTED_MOST);
    return !s->format->is_last || e->count > 0;
}

/* The line is an event of the format alone, and of no other program's that writes alike. */
static bool is_sure_line(const struct format *f, enum line_verdict v, const struct event *e)
{
    return v == LINE_EVENT && !(f->is_doubtful && f->is_doubtful(e)) &&
           !(f->is_sure && !f->is_sure(e));
}

static void add_sure(struct score *s, enum line_verdict v, const struct event *e)
{
    bool is_one = is_sure_line(s->format, v, e);

    s->is_first_sure = s->lines == 0 ? is_one : s->is_first_sure;
    s->is_last_sure = is_one;
    s->sure += is_one;
    s->sure_places |= (uint8_t)(is_one << s->place);
}

static void add_line(struct score *s, struct str line, enum line_verdict v, const struct event *e)
{
    add_sure(s, v, e);
    if (v == LINE_CONTINUES && s->format->cut_lines) /* whose piece it is, it says itself */
        s->understood++, s->lines++;
    if (is_of_event(s, line, v, e))
        return;
    s->lines += v != LINE_COMMENT;
    if (v == LINE_EVENT && counts(s, e)) {
        s->understood++;
        s->indented = 0;
        s->is_sure = s->is_sure || !s->format->is_sure || s->format->is_sure(e);
    }
}

/* Of lines that first declines where it is one. */
static void try_sample(struct score *s, struct reader *r, struct reader *first, struct str sample,
                       struct event *e)
{
    unsigned most = s->lines + LOOK_SAMPLE_LINES;
    struct str line;

    while (s->lines < most && look_take_line(&sample, &line))
        if (!first || try_line(first, line, e) == LINE_FOREIGN)
            add_line(s, line, try_line(r, line, e), e);
}

static struct score try_format(struct look *l, const struct format *format,
                               const struct format *first)
{
    struct reader r = {.names = look_names(l)}, before = {.names = r.names};
    struct score s = {.format = format};

    reader_begin(&r, format);
    if (first)
        reader_begin(&before, first);
    for (s.place = 0; s.place < LOOK_SAMPLE_COUNT; s.place++)
        try_sample(&s, &r, first ? &before : NULL, l->samples[s.place], &l->event);
    reader_end(&r);
    if (first)
        reader_end(&before);
    return s;
}

static bool is_better(const struct score *s, const struct score *best)
{
    return s->is_sure && s->understood * 100 > s->lines * CANDIDATE_PERCENT &&
           s->understood > best->understood;
}

/* Whether the format may be one of two of a source. */
static bool may_share(const struct format *f)
{
    return f->is_splittable && !f->is_export && !joins_by_state(f);
}

static bool is_part(const struct score *s)
{
    bool is_at =
        s->is_first_sure || s->is_last_sure || __builtin_popcount(s->sure_places) >= SURE_PLACES;

    return s->sure >= SURE_LEAST && s->sure * SURE_ONE_IN >= s->lines && is_at;
}

/* System logs carry the lines of others, too. */
static bool is_surer(const struct score *s, const struct score *than)
{
    if (than->format == &format_syslog && is_part(than))
        return false;
    return s->sure > than->sure || (s->format == &format_syslog && is_part(s));
}

/* Of the formats that are last or of the others. *surest, where it is asked for, is the one of them
 * that may share a source and has most lines for sure. */
static const struct format *find_lines(struct look *l, bool is_last, struct score *surest)
{
    struct score best = {0};
    bool has_both;

    for (size_t i = 0; i < FORMAT_COUNT_; i++) {
        struct score s = {0};

        if (formats[i]->line && formats[i]->is_last == is_last)
            s = try_format(l, formats[i], NULL);
        if (is_better(&s, &best))
            best = s;
        if (surest && s.format && may_share(s.format) && is_surer(&s, surest))
            *surest = s;
    }
    return manner_order(l, NULL, best.format, &has_both);
}

static const struct format *find_binary(struct str head)
{
    for (size_t i = 0; i < FORMAT_COUNT_; i++)
        if (formats[i]->knows && formats[i]->knows(head))
            return formats[i];
    return NULL;
}

/* Of text whose byte order mark says that it is in UTF-16. */
static const struct format *find_decoded(struct look *l)
{
    CLEANUP_FREE char *text = NULL;
    struct utf16_look seen = {0};
    enum text_encoding encoding;
    const struct format *found;
    size_t taken;

    if (!utf16_has_mark(l->head))
        return NULL;
    utf16_see(&seen, l->head);
    encoding = utf16_find(&seen, l->head);
    if (text_unit(encoding) != UTF16_UNIT)
        return NULL;
    text = mem_alloc(READER_HEAD_SIZE / UTF16_UNIT * UTF16_GROWTH);
    found = find_binary((struct str){text, utf16_decode(encoding, l->head, true, text, &taken)});
    l->encoding = found ? encoding : TEXT_AS_IT_IS;
    return found;
}

static bool begins_json(struct str text)
{
    (void)str_take(&text, READER_BYTE_ORDER_MARK);
    text = str_trim(str_head(text, READER_HEAD_SIZE));
    if (str_take(&text, "["))
        text = str_trim(text);
    return str_starts(text, "{") || str_starts(text, "Record ");
}

/* The first objects become the sample, each as a line: a line end between values is a space. */
static int take_objects(struct look *l, enum text_frame frame, struct err *e)
{
    const struct reader r = {
        .bytes = l->bytes, .bytes_context = l->context, .encoding = l->encoding, .frame = frame};
    struct cutter cutter;
    struct line line;
    int rc;

    buf_clear(&l->objects);
    cutter_begin(&cutter, &r, 0);
    rc = cutter_start(&cutter, 0, e);
    for (size_t i = 0; rc == 0 && i < LOOK_SAMPLE_LINES && l->objects.len < OBJECTS_SIZE; i++) {
        rc = cutter_next(&cutter, &line, e);
        if (rc || line.is_between || line.whole > READER_LINE_MOST)
            continue;
        for (size_t k = 0; k < line.text.len; k++)
            buf_addc(&l->objects,
                     line.text.p[k] < ' ' && line.text.p[k] >= 0 ? ' ' : line.text.p[k]);
        buf_addc(&l->objects, '\n');
    }
    cutter_release(&cutter);
    for (size_t i = 0; i < LOOK_SAMPLE_COUNT; i++)
        l->samples[i] = i ? STR("") : buf_str(&l->objects);
    return rc == ERR_NOTFOUND ? 0 : rc;
}

/* Where the head is zeros: of records the format of those behind, within ZEROS_MOST. */
static int find_behind_zeros(const struct format **out, struct look *l, struct err *e)
{
    const struct format *found = NULL;
    struct str part = l->head;
    size_t zeros = zeros_of(part);
    uint64_t at = zeros;
    bool has_more;
    int rc = 0;

    if (zeros < READER_HEAD_SIZE)
        return 0;
    while (rc == 0 && zeros == READER_HEAD_SIZE && at < ZEROS_MOST) {
        rc = look_read_at(l, at, l->held, READER_HEAD_SIZE, &part, e);
        zeros = rc ? 0 : zeros_of(part);
        at += zeros;
    }
    has_more = zeros < part.len;
    for (size_t i = 0; rc == 0 && has_more && !found && i < FORMAT_COUNT_; i++) {
        uint64_t size = formats[i]->record_size;

        if (size)
            rc = look_read_at(l, at / size * size, l->held, READER_HEAD_SIZE, &part, e);
        if (rc == 0 && size && formats[i]->knows(part))
            found = formats[i];
    }
    if (rc == 0)
        *out = found;
    return rc;
}

/* Mostly there is no such line, and nothing more is tried then. */
static bool declines_any(struct look *l, const struct format *first)
{
    struct reader r = {.names = look_names(l)};
    bool found = false;

    reader_begin(&r, first);
    for (size_t i = 0; i < LOOK_SAMPLE_COUNT; i++) {
        struct str rest = l->samples[i], line;

        while (!found && look_take_line(&rest, &line))
            found = try_line(&r, line, &l->event) == LINE_FOREIGN;
    }
    reader_end(&r);
    return found;
}

/* The format that makes events of most of the lines that first declines. */
static const struct format *find_second(struct look *l, const struct format *first, bool is_last)
{
    struct score best = {0};
    bool has_both;

    for (size_t i = 0; i < FORMAT_COUNT_; i++) {
        const struct format *f = formats[i];
        struct score s = {0};

        if (f->line && f != first && f->is_last == is_last && may_share(f) &&
            !(f->remark && first->remark))
            s = try_format(l, f, first);
        if (is_better(&s, &best))
            best = s;
    }
    return manner_order(l, first, best.format, &has_both);
}

static void take_second(struct recognised *out, struct look *l)
{
    const struct format *first = out->format;

    if (!first->line || !first->is_splittable || !declines_any(l, first))
        return;
    out->second = find_second(l, first, false);
    /* A line that a known format declines is rather a damaged one of its own, but for such as may
     * be other programs'. */
    if (!out->second && (first->is_last || first->is_doubtful))
        out->second = find_second(l, first, true);
}

/* What is left once no format knows most of its lines. */
static void take_rest(struct recognised *out, struct look *l)
{
    bool has_both;

    out->format = begins_json(l->parts[0]) ? NULL : sparse_find(l);
    out->format = manner_order(l, NULL, out->format, &has_both);
    out->manner.is_sparse = out->format != NULL;
    if (out->format)
        take_second(out, l);
    else if (l->size <= TEXT_MOST)
        out->format = &format_text;
    else
        out->remark = "text of no format that is read here, longer than 64 MiB: its lines are not "
                      "in the timeline";
}

/* What most lines have in front. */
enum fronts {
    FRONTS_NONE,
    FRONTS_NUMBERS, /* of lines, at least */
    FRONTS_FILES,
};

static enum fronts fronts_of(struct str text)
{
    unsigned lines = 0, numbers = 0, files = 0;
    struct str line, name = STR("");

    while (lines < LOOK_SAMPLE_LINES && look_take_line(&text, &line)) {
        enum named_line is = named_line_take(&line, &name);

        lines += is != NAMED_BETWEEN;
        numbers += is == NAMED_LINE && name.len == 0;
        /* A blank behind the colon is a program's, whose text may quote a log. */
        files += is == NAMED_LINE && named_line_is_file(name) && !str_starts(line, " ");
    }
    return files * 2 > lines               ? FRONTS_FILES
           : (files + numbers) * 2 > lines ? FRONTS_NUMBERS
                                           : FRONTS_NONE;
}

/* The samples without the names in front of their lines. */
static void take_names(struct look *l)
{
    size_t ends[LOOK_SAMPLE_COUNT];

    buf_clear(&l->objects);
    for (size_t i = 0; i < LOOK_SAMPLE_COUNT; i++) {
        struct str rest = l->samples[i], line, name = STR("");

        while (look_take_line(&rest, &line)) {
            if (named_line_take(&line, &name) == NAMED_BETWEEN)
                continue;
            buf_addstr(&l->objects, line);
            buf_addc(&l->objects, '\n');
        }
        ends[i] = l->objects.len;
    }
    for (size_t i = 0; i < LOOK_SAMPLE_COUNT; i++) {
        size_t from = i ? ends[i - 1] : 0;

        l->samples[i] = (struct str){l->objects.p + from, ends[i] - from};
    }
}

/* What grep found in logs: behind the names of files lines that a format knows. */
static void find_named(struct recognised *out, struct look *l, bool is_last)
{
    struct str samples[LOOK_SAMPLE_COUNT];
    enum fronts fronts = fronts_of(l->samples[0]);

    if (fronts == FRONTS_NONE || (fronts == FRONTS_NUMBERS && is_last))
        return;
    memcpy(samples, l->samples, sizeof(samples));
    take_names(l);
    out->format = find_lines(l, is_last, NULL);
    if (out->format)
        out->frame = FRAME_NAMED;
    else
        memcpy(l->samples, samples, sizeof(samples));
}

/* One object alone whose time has no usual name is a document rather than a log. */
static bool is_document(struct look *l, const struct format *found)
{
    struct str rest = buf_str(&l->objects), line = str_cut(&rest, '\n');
    struct reader r = {.names = look_names(l)};

    if (rest.len || found != &format_json)
        return false;
    reader_begin(&r, found);
    (void)try_line(&r, line, &l->event);
    reader_end(&r);
    return event_value(&l->event, field_number(r.names, STR("event.time_member"))).len > 0;
}

/* Objects over several lines, or many in one, that a format of lines knows. */
static int find_objects(struct recognised *out, struct look *l, struct err *e)
{
    int rc = 0;

    if (!begins_json(l->parts[0]))
        return 0;
    for (unsigned frame = FRAME_JSON; rc == 0 && frame < FRAME_COUNT_ && !out->format; frame++) {
        rc = take_objects(l, (enum text_frame)frame, e);
        if (rc == 0)
            out->format = find_lines(l, false, NULL);
        if (out->format && is_document(l, out->format))
            out->format = NULL;
        out->frame = out->format ? (enum text_frame)frame : FRAME_LINES;
    }
    if (out->format)
        take_second(out, l);
    return rc;
}

/* From 1. */
static uint8_t number_of(const struct format *f)
{
    uint8_t n = 0;

    while (formats[n] != f)
        n++;
    return n + 1;
}

/* What makes an event of any line that states a time is not before a format that knows some of them
 * for sure, but its second: the log of a relay, or two in one file. */
static void put_surest_first(struct recognised *out, struct look *l, const struct score *surest)
{
    const struct format *last = out->format, *f = surest->format;

    if (!last->is_last || !last->is_splittable || !f || (f->remark && last->remark))
        return;
    if (is_part(surest)) {
        out->format = f;
        out->second = find_second(l, f, false);
        out->second = out->second ? out->second : last;
        out->manner.is_sure_only = out->second == last;
    } else if (surest->sure >= SURE_TOLD) {
        out->manner.like = number_of(f);
        out->manner.like_lines = surest->sure;
    }
}

/* By lines of text. */
static void find_text(struct recognised *out, struct look *l)
{
    struct score surest = {0};

    out->format = find_lines(l, false, &surest);
    for (int i = 0; i < 2 && !out->format; i++) {
        if (i)
            out->format = find_lines(l, true, NULL);
        if (out->format)
            put_surest_first(out, l, &surest);
        else
            find_named(out, l, i);
    }
    if (out->format && !out->second)
        take_second(out, l);
}

static int find(struct recognised *out, struct look *l, struct err *e)
{
    int rc = look_read_at(l, 0, l->held, READER_HEAD_SIZE, &l->head, e);
    bool may_be_text;

    if (rc)
        return rc;
    out->format = find_binary(l->head);
    if (!out->format)
        out->format = find_decoded(l);
    out->encoding = l->encoding;
    if (out->format)
        return 0;
    rc = look_take_samples(l, e);
    if (rc)
        return rc;
    out->encoding = l->encoding;
    find_text(out, l);
    if (out->format)
        return 0;
    may_be_text = look_is_text(l);
    if (may_be_text)
        rc = find_objects(out, l, e);
    if (rc || out->format)
        return rc;
    rc = find_behind_zeros(&out->format, l, e);
    if (rc == 0 && !out->format && may_be_text)
        take_rest(out, l);
    return rc;
}

int format_find(struct recognised *out, reader_bytes_at *bytes, void *context, uint64_t size,
                struct err *e)
{
    CLEANUP(look_release) struct look l = {.bytes = bytes, .context = context, .size = size};
    struct recognised found = {0};
    int rc;

    look_begin(&l);
    rc = find(&found, &l, e);
    if (rc == 0 && found.format)
        manner_find(&found, &l);
    if (rc == 0)
        *out = found;
    return rc;
}

int format_find_damaged(struct recognised *out, reader_bytes_at *bytes, void *context,
                        uint64_t size, struct err *e)
{
    struct recognised found, before = {0};
    int rc = format_find(&found, bytes, context, size, e);

    while (rc == 0 && (!found.format || found.format == &format_text) &&
           (!before.format || before.format == &format_text) && size > READER_HEAD_SIZE) {
        size /= 2;
        rc = format_find(&before, bytes, context, size, e);
    }
    if (rc == 0)
        *out = before.format && before.format != &format_text ? before : found;
    return rc;
}
