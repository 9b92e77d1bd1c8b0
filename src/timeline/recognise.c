/* recognise.c: which formats a source has: binary ones by their first bytes, those of lines by what
 * stands in several places of it, from its beginning to its end. */
#include "base/mem.h"
#include "timeline/cutter.h"
#include "timeline/look.h"
#include "timeline/named_line.h"
#include "timeline/others.h"
#include "timeline/sparse.h"

enum {
    ZEROS_MOST = 64 << 20,
    TEXT_MOST = 64 << 20,
    OBJECTS_SIZE = 1 << 20, /* of those that are looked at */
};

static size_t zeros_of(struct str s)
{
    size_t n = 0;

    while (n < s.len && s.p[n] == 0)
        n++;
    return n;
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
            s = score_of(l, formats[i], NULL);
        if (score_is_better(&s, &best))
            best = s;
        if (surest && s.format && s.format->is_splittable && score_may_share(s.format) &&
            score_is_surer(&s, surest))
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

/* What is left once no format knows most of its lines. */
static void take_rest(struct recognised *out, struct look *l)
{
    bool has_both;

    out->format = begins_json(l->parts[0]) ? NULL : sparse_find(l);
    out->format = manner_order(l, NULL, out->format, &has_both);
    out->manner.is_sparse = out->format != NULL;
    if (out->format)
        others_take(out, l);
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

/* False: the line is none of a log. */
static bool take_name(enum text_frame frame, struct str *line, struct str *name)
{
    return frame == FRAME_HEADED ? !named_line_is_head(*line, name)
                                 : named_line_take(line, name) != NAMED_BETWEEN;
}

/* The samples without the names in front of their lines, or above them. */
static void take_names(struct look *l, enum text_frame frame)
{
    size_t ends[LOOK_SAMPLE_COUNT];

    buf_clear(&l->objects);
    for (size_t i = 0; i < LOOK_SAMPLE_COUNT; i++) {
        struct str rest = l->samples[i], line, name = STR("");

        while (look_take_line(&rest, &line)) {
            if (!take_name(frame, &line, &name))
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
    take_names(l, FRAME_NAMED);
    out->format = find_lines(l, is_last, NULL);
    if (!out->format && fronts == FRONTS_FILES && is_last)
        others_find(out, l);
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
    reader_begin(&r, found, NULL);
    (void)score_ask(&r, line, &l->event);
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
        others_take(out, l);
    return rc;
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
            others_put_surest_first(out, l, &surest);
        else if (out->frame == FRAME_LINES)
            find_named(out, l, i);
    }
    if (out->format && !out->others.of[0])
        others_take(out, l);
    else if (!out->format)
        others_find(out, l);
}

/* What head and tail print of several files: the name of each stands above its lines. */
static void find_headed(struct recognised *out, struct look *l)
{
    struct str samples[LOOK_SAMPLE_COUNT], rest = l->samples[0], line, name;

    if (!look_take_line(&rest, &line) || !named_line_is_head(line, &name))
        return;
    memcpy(samples, l->samples, sizeof(samples));
    take_names(l, FRAME_HEADED);
    out->frame = FRAME_HEADED;
    find_text(out, l);
    if (out->format)
        return;
    memcpy(l->samples, samples, sizeof(samples));
    out->frame = FRAME_LINES;
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
    find_headed(out, l);
    if (!out->format)
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
                int64_t written_s, struct err *e)
{
    CLEANUP(look_release)
    struct look l = {.bytes = bytes, .context = context, .size = size, .written_s = written_s};
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
                        uint64_t size, int64_t written_s, struct err *e)
{
    struct recognised found, before = {0};
    int rc = format_find(&found, bytes, context, size, written_s, e);

    while (rc == 0 && (!found.format || found.format == &format_text) &&
           (!before.format || before.format == &format_text) && size > READER_HEAD_SIZE) {
        size /= 2;
        rc = format_find(&before, bytes, context, size, written_s, e);
    }
    if (rc == 0)
        *out = before.format && before.format != &format_text ? before : found;
    return rc;
}
