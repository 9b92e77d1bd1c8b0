/* timeline_export.c: writes events for other programs, on record. */
#include "base/sink.h"
#include "practice/custody.h"
#include "practice/evidence.h"
#include "practice/out_file.h"
#include "practice/progress.h"
#include "practice/timeline_repeats.h"
#include "practice/timeline_show.h"
#include "sys/file.h"
#include "sys/interrupt.h"
#include "timeline/exported.h"
#include "timeline/format.h"

enum { CHUNK_SIZE = 256 << 10, AS_BODY = EXPORT_KIND_COUNT_ };

/* In the order of enum export_kind. */
#define EXPORT_WORDS WORDS("timesketch-csv", "timesketch-json", "ecs-json", "body")

static const struct field export_fields[] = {
    {.name = "file",
     .type = FIELD_PATH,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .help = "where to write it; a name that is still free"},
    {.name = "query",
     .type = FIELD_LINE,
     .flags = FIELD_ARG,
     .help = "which events, as calm analyse search has it; else all"},
    {.name = "as",
     .type = FIELD_WORD,
     .flags = FIELD_REQUIRED,
     .choices = EXPORT_WORDS,
     .help = "for Timesketch, for Elasticsearch, or for mactime"},
    {.name = "from",
     .type = FIELD_TIME,
     .flags = FIELD_UTC,
     .help = "not before; UTC where no zone is written"},
    {.name = "to",
     .type = FIELD_TIME,
     .flags = FIELD_UTC | FIELD_UNTIL,
     .help = "not after; a date is all of that day"},
    {.name = "evidence",
     .type = FIELD_REF,
     .flags = FIELD_MANY,
     .kind = "evidence",
     .help = "only in these items: e3"},
    {.name = "label",
     .type = FIELD_WORD,
     .choices = tlp_names,
     .help = "of no item that is labelled higher"},
    {.name = "for", .type = FIELD_LINE, .help = "for whom, and what for"},
};

struct exporting {
    struct session *session;
    const struct operation *op;
    const struct input *in;
    struct answer *a;
    struct view view;
    struct timelines lines;
    struct search_order order;
    unsigned as; /* enum export_kind, or AS_BODY */
    struct buf path;
    struct out_file file;
    struct buf chunk;
    struct digest *digest;
    struct hash sha256;
    struct export_columns *columns;
    struct export_body *body;
    uint64_t *counts; /* events of each item */
    uint64_t size, events, passed, longer;
    struct progress progress;
    struct search_result *result; /* of the last search */
    struct exported x;
};

static void exporting_free(struct exporting **p)
{
    struct exporting *x = *p;

    timelines_release(&x->lines);
    out_file_release(&x->file);
    buf_release(&x->path);
    buf_release(&x->chunk);
    digest_free(x->digest);
    export_columns_free(x->columns);
    export_body_free(x->body);
    search_result_release(x->result);
    free(x->result);
    free(x->counts);
    free(x);
}

static int write_chunk(struct exporting *x, size_t least, struct err *e)
{
    int rc;

    if (x->chunk.len == 0 || x->chunk.len < least)
        return 0;
    digest_add(x->digest, x->chunk.p, x->chunk.len);
    rc = file_write_fd(x->file.fd, x->chunk.p, x->chunk.len, buf_text(&x->path), e);
    x->size += x->chunk.len;
    buf_clear(&x->chunk);
    progress_show(&x->progress, "exporting", x->size, 0);
    return rc;
}

static int fill(struct exporting *x, const struct search_event *event, struct err *e)
{
    struct str rest = event->fields, name, value;

    x->x.ns = event->ns;
    x->x.at = event->at;
    x->x.line = event->line;
    x->x.source = event->source;
    x->x.precision = event->precision;
    x->x.doubt = event->doubt;
    x->x.meaning = event->meaning;
    x->x.count = 0;
    while (search_field(&rest, &name, &value)) {
        if (x->x.count == EVENT_FIELDS_MAX)
            return err_set(e, ERR_FORMAT, "an event has more fields than there can be");
        x->x.fields[x->x.count++] = (struct exported_field){name, value};
    }
    exported_sort(&x->x);
    if (interrupt_came())
        return err_set(e, ERR_CANCEL, "stopped at your request; nothing was written");
    return 0;
}

static int take_columns(void *context, const struct search_event *event, struct err *e)
{
    struct exporting *x = context;
    int rc = fill(x, event, e);

    if (rc || export_columns_add(x->columns, &x->x))
        return rc;
    return err_set(e, ERR_LIMIT,
                   "the events have more than %d different fields, too many for columns: export "
                   "JSON lines, or fewer items (--evidence) in each file",
                   FIELD_NAMES_MAX);
}

static int take_event(void *context, const struct search_event *event, struct err *e)
{
    struct exporting *x = context;
    int rc = fill(x, event, e);
    size_t before = x->chunk.len;

    if (rc)
        return rc;
    if (x->as == AS_BODY && !export_body_add(x->body, &x->x, &x->chunk)) {
        x->passed++;
        return 0;
    }
    if (x->as != AS_BODY) {
        export_event(&x->chunk, (enum export_kind)x->as, x->columns, &x->x);
        x->longer += x->chunk.len - before > READER_LINE_MOST;
    }
    x->events++;
    x->counts[event->file]++;
    return write_chunk(x, CHUNK_SIZE, e);
}

static int search(struct exporting *x,
                  int (*take)(void *context, const struct search_event *event, struct err *e),
                  struct err *e)
{
    const struct search_receiver to = {.event = take, .context = x};

    search_result_release(x->result);
    return timeline_search(&x->order, &to, x->result, e);
}

/* A table names its columns before the first row: so the events are gone through twice. */
static int write_events(struct exporting *x, struct err *e)
{
    int rc = 0;

    x->digest = digest_new(DIGEST_SHA256);
    x->counts = mem_array(x->lines.count, sizeof(x->counts[0]));
    if (x->as == EXPORT_TIMESKETCH_CSV) {
        x->columns = export_columns_new();
        rc = search(x, take_columns, e);
        if (rc == 0)
            export_head(&x->chunk, x->columns);
    }
    if (x->as == AS_BODY)
        x->body = export_body_new();
    if (rc == 0)
        rc = search(x, take_event, e);
    if (rc == 0 && x->body)
        export_body_end(x->body, &x->chunk);
    if (rc == 0)
        rc = write_chunk(x, 0, e);
    if (rc == 0) {
        uint8_t sum[64];

        (void)digest_end(x->digest, sum);
        memcpy(x->sha256.b, sum, sizeof(x->sha256.b));
        rc = out_file_sync(&x->file, buf_text(&x->path), e);
    }
    return rc;
}

static enum tlp strictest(const struct exporting *x)
{
    enum tlp label = TLP_CLEAR;

    for (size_t i = 0; i < x->lines.count; i++)
        if (x->counts[i] && x->lines.items[i]->tlp > label)
            label = x->lines.items[i]->tlp;
    return label;
}

static struct str what_text(const struct exporting *x, struct decision *d)
{
    CLEANUP_BUF struct buf out = {0};

    buf_addf(&out, "%llu events as " STR_FMT ", SHA-256 ", (unsigned long long)x->events,
             STR_ARG(input_value(x->op, x->in, "as")));
    hex_add(&out, x->sha256.b, sizeof(x->sha256.b));
    return str_of(arena_strdup(d->arena, buf_text(&out)));
}

/* Each item whose events leave says so in its chain; on record before the file has its name. */
static int record(struct exporting *x, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    struct str to = str_head(input_value(x->op, x->in, "for"), 300), place;
    struct draft *dr;
    uint64_t first;
    int rc = session_draft(x->session, &d, x->op, x->in, e);

    if (rc)
        return rc;
    d.is_independent = true;
    place = custody_place(&d, "events of its timeline", buf_text(&x->path));
    for (size_t i = 0; i < x->lines.count; i++)
        if (x->counts[i])
            (void)custody_draft_export(&d, x->lines.items[i], to, place);
    dr = decision_add(&d, "export/1");
    dr->tlp = strictest(x);
    draft_value(dr, "text", place);
    draft_value(dr, "what", what_text(x, &d));
    return session_append(x->session, &d, &first, e);
}

static void tell_json(const struct exporting *x)
{
    struct json j;

    json_begin(&j, &x->a->json);
    json_object_begin(&j);
    json_put_u64(&j, "events", x->events);
    json_put_u64(&j, "left_out", x->passed);
    json_put_u64(&j, "too_long", x->longer);
    json_put_u64(&j, "size", x->size);
    json_put_hex(&j, "sha256", x->sha256.b, sizeof(x->sha256.b));
    json_put_text(&j, "label", tlp_names[strictest(x)]);
    no_fields_json(&j, x->result);
    json_object_end(&j);
}

static void tell(const struct exporting *x)
{
    struct buf *out = &x->a->text;

    no_fields_say(x->a, x->result);
    if (x->events)
        repeats_say(&x->lines, x->a->around->case_folder, x->order.query, x->a);
    if (x->a->wants_json) {
        tell_json(x);
        return;
    }
    add_count(out, x->events, "event", "events");
    buf_adds(out, " written to ");
    sink_terminal(out, buf_str(&x->path), false);
    buf_addf(out, ", on record. The strictest label of their evidence is TLP:%s.\n",
             tlp_names[strictest(x)]);
    if (x->passed)
        buf_addf(out, "%llu events are no times of files, and left out.\n",
                 (unsigned long long)x->passed);
    if (x->longer)
        buf_addf(out, "%llu are longer than 1 MiB: calm does not read them again as events.\n",
                 (unsigned long long)x->longer);
    buf_adds(out, "Values are what evidence says, and may be hostile; a spreadsheet computes those "
                  "that begin with =.\n");
}

static unsigned kind_of(struct str word)
{
    const char *const *words = EXPORT_WORDS;
    unsigned i = 0;

    while (words[i] && !str_is(word, words[i]))
        i++;
    return i;
}

static int begin(struct exporting *x, struct err *e)
{
    enum tlp label = TLP_RED;
    int rc = session_may_write(x->session, e);

    if (rc == 0)
        rc = session_view(x->session, &x->view, e);
    if (rc)
        return rc;
    if (tlp_of(input_value(x->op, x->in, "label"), &label))
        x->view = view_at_most(&x->view, label);
    x->as = kind_of(input_value(x->op, x->in, "as"));
    buf_addstr(&x->path, input_value(x->op, x->in, "file"));
    rc = timelines_open(&x->lines, &x->view, x->a->around->case_folder,
                        input_value(x->op, x->in, "evidence"), e);
    if (rc == 0)
        rc = timelines_asked(&x->order, &x->lines, x->op, x->in, e);
    x->order.kind = SEARCH_ROWS;
    return rc ? rc : out_file_begin(&x->file, buf_text(&x->path), e);
}

static int export_job(struct session *s, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    CLEANUP(exporting_free) struct exporting *x = mem_new(struct exporting);
    CLEANUP(interrupt_end) struct interrupt signals;
    int rc;

    *x = (struct exporting){.session = s, .op = op, .in = in, .a = a, .file = {.fd = -1}};
    x->result = mem_new(struct search_result);
    interrupt_begin(&signals);
    progress_begin(&x->progress, a);
    rc = begin(x, e);
    if (rc == 0)
        rc = write_events(x, e);
    if (rc == 0)
        rc = record(x, e);
    if (rc == 0)
        rc = out_file_end(&x->file, buf_text(&x->path), e);
    if (rc == 0)
        tell(x);
    return rc;
}

const struct operation analyse_export = {
    .name = "analyse export",
    .practice = "analyse",
    .help = "write events for Timesketch, Elasticsearch or mactime, on record",
    .example = "calm analyse export night.jsonl \"source.ip:203.0.113.9\" --as timesketch-json",
    .more =
        "timesketch-csv and timesketch-json are what Timesketch imports; ecs-json are lines under "
        "the names of the Elastic Common Schema, with dots, as Elasticsearch takes them. All three "
        "hold all of an event: taken as evidence again, they make the same events (calm analyse "
        "timeline), with the source and line that each came from first. A body file has the times "
        "of files alone, in whole seconds, one line for a file. A CSV is written as its values "
        "are: a spreadsheet computes what begins with = + - or @, so open it there as text. "
        "Nothing is overwritten, and each item whose events leave says so in its chain of custody.",
    OP_FIELDS(export_fields),
    .kind = &timeline_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("custody/1", "export/1"),
    .job = export_job};
