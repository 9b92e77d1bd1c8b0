/* run.c: a recorded terminal: what a command or a shell shows becomes evidence. */
#include "practice/run.h"
#include <fcntl.h>
#include <unistd.h>
#include "base/sink.h"
#include "practice/intake.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/interrupt.h"
#include "sys/pty.h"

enum { RECORDING_SIZE_MAX = 256 << 20, COMMAND_COLUMNS = 200 };

static const struct field recording_fields[] = {
    {.name = "command", .type = FIELD_LINE, .help = "what was run"},
    {.name = "state",
     .type = FIELD_WORD,
     .choices = WORDS("begun", "ended", "stopped", "not-started"),
     .help = "how far it came; begun and no more: the outcome is unknown"},
    {.name = "host", .type = FIELD_LINE, .help = "on which machine"},
    {.name = "system", .type = FIELD_REF, .kind = "system", .help = "which system it is about"},
    {.name = "status", .type = FIELD_NUMBER, .help = "its exit status"},
    {.name = "lasted", .type = FIELD_SPAN, .help = "how long it ran"},
    {.name = "evidence", .type = FIELD_REF, .kind = "evidence", .help = "the recording"},
    {.name = "remark", .type = FIELD_LINE, .help = "what is particular"},
};
const struct kind recording_kind = {.name = "recording",
                                    .prefix = "rec",
                                    .words = "run begun",
                                    .change_words = "run ended",
                                    KIND_FIELDS(recording_fields)};

/* One run, from the intent to the outcome. */
struct run {
    struct session *session;
    const struct operation *op;
    const struct input *in;
    struct buf command; /* as one types it */
    struct id id;       /* of the recording's record */
    struct buf path;    /* of the file that is written while it runs */
    int fd;
    struct pty_result result;
    struct intake file;
    bool has_file;
};

static void run_release(struct run *r)
{
    fd_close(r->fd);
    buf_release(&r->command);
    buf_release(&r->path);
    intake_release(&r->file);
}

static bool is_plain_word(const char *word)
{
    for (const char *c = word; *c; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
              strchr("-_./=:,+@%", *c)))
            return false;
    return *word != '\0';
}

/* As one would type it to a shell, so that it can be done again. */
static void add_word(struct buf *out, const char *word)
{
    CLEANUP_BUF struct buf text = {0};

    if (out->len)
        buf_addc(out, ' ');
    intake_path_text(&text, word);
    if (is_plain_word(word)) {
        buf_addstr(out, buf_str(&text));
        return;
    }
    buf_addc(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] == '\'')
            buf_adds(out, "'\\''");
        else
            buf_addc(out, text.p[i]);
    }
    buf_addc(out, '\'');
}

static void command_text(const struct run *r, struct buf *out)
{
    const char *shell = getenv("SHELL");

    for (size_t i = 0; i < r->in->rest_count; i++)
        add_word(out, r->in->rest[i]);
    if (r->in->rest_count == 0)
        add_word(out, shell && *shell ? shell : "/bin/sh");
}

static int append(struct run *r, void (*draft)(struct run *r, struct decision *d), struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    struct view v;
    uint64_t first;
    int rc = session_view(r->session, &v, e);

    if (rc)
        return rc;
    decision_begin(&d, &v, r->op, r->in);
    d.is_independent = true;
    draft(r, &d);
    return session_append(r->session, &d, &first, e);
}

static void draft_intent(struct run *r, struct decision *d)
{
    struct draft *dr = decision_add(d, "recording/1");
    char host[256];

    host_name(host, sizeof(host));
    draft_take_input(d, dr, &recording_kind);
    draft_value(dr, "command", buf_str(&r->command));
    draft_value(dr, "state", STR("begun"));
    draft_value(dr, "host", str_of(arena_strdup(d->arena, host)));
    r->id = dr->id;
}

static struct id draft_recording(struct run *r, struct decision *d)
{
    struct evidence_facts f = {.sort = "recording"};
    struct str system = input_value(r->op, r->in, "system");
    const char *title = arena_printf(d->arena, "recording of %s", buf_text(&r->command));
    char host[256];

    host_name(host, sizeof(host));
    intake_facts(&f, &r->file);
    f.mode = 0; /* of a file of ours */
    f.title = utf8_head_columns(str_of(title), COMMAND_COLUMNS);
    f.source_host = str_of(arena_strdup(d->arena, host));
    f.system_id = system;
    f.remark = str_of(arena_strdup(d->arena, r->result.recording.text));
    return evidence_draft(d, &f)->id;
}

static void draft_outcome(struct run *r, struct decision *d)
{
    struct draft *dr;
    struct id item = {0};

    if (r->has_file)
        item = draft_recording(r, d);
    dr = decision_add(d, "recording-change/1");
    draft_ref(dr, &r->id);
    draft_value(dr, "state", r->result.signal ? STR("stopped") : STR("ended"));
    draft_value(dr, "status", str_of(arena_printf(d->arena, "%d", r->result.status)));
    draft_value(dr, "lasted",
                str_of(arena_printf(d->arena, "%llu",
                                    (unsigned long long)(r->result.lasted_ms + 500) / 1000)));
    if (r->has_file)
        draft_value_ref(d, dr, "evidence", &item);
    if (r->result.recording.code)
        draft_value(dr, "remark", str_of(arena_strdup(d->arena, r->result.recording.text)));
}

static void draft_not_started(struct run *r, struct decision *d)
{
    struct draft *dr = decision_add(d, "recording-change/1");

    draft_ref(dr, &r->id);
    draft_value(dr, "state", STR("not-started"));
}

/* The file lies in the case while the command runs, so that it is there when all else is cut off.
 */
static int begin_file(struct run *r, struct err *e)
{
    const char *folder = store_folder(session_store(r->session));
    CLEANUP_BUF struct buf recordings = {0};
    int rc;

    buf_addf(&recordings, "%s/recordings", folder);
    rc = folder_make(buf_text(&recordings), 0700, e);
    if (rc)
        return rc;
    buf_addf(&r->path, "%s/", buf_text(&recordings));
    hex_add(&r->path, r->id.b, sizeof(r->id.b));
    buf_adds(&r->path, ".cast");
    r->fd = open(buf_text(&r->path), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return r->fd < 0 ? err_errno(e, "cannot create %s", buf_text(&r->path)) : 0;
}

/* Takes the recording into evidence, and the outcome into the record. */
static int keep(struct run *r, struct err *e)
{
    int rc = lseek(r->fd, 0, SEEK_SET) < 0
                 ? err_errno(e, "cannot read %s again", buf_text(&r->path))
                 : intake_fd(&r->file, r->session, r->fd, true, e);

    if (rc == 0 && r->file.trouble.len)
        rc = err_set(e, ERR_IO, "%s %s", buf_text(&r->path), buf_text(&r->file.trouble));
    if (rc)
        return rc;
    r->has_file = true;
    buf_clear(&r->file.remark);
    rc = append(r, draft_outcome, e);
    if (rc == 0)
        (void)unlink(buf_text(&r->path)); /* it is in evidence/ now */
    return rc;
}

static void say_begun(const struct run *r, struct answer *a)
{
    if (!a->to_terminal || a->wants_json || !a->flush || r->in->rest_count)
        return;
    buf_adds(&a->text, "What this shell shows is recorded as evidence; what you type is not, but "
                       "most of it is shown. Type exit to end.\n");
    (void)a->flush(a);
}

static void say_ended(const struct run *r, struct answer *a)
{
    const struct thing *t = state_thing_by_id(session_state(r->session), &r->id);
    struct view v;
    struct json j;

    view_init(&v, session_state(r->session), session_store(r->session), session_key(r->session),
              utc_now());
    if (a->wants_json) {
        json_begin(&j, &a->json);
        thing_json(&v, t, &j);
    } else if (a->to_terminal) { /* else it would be taken for output of the command */
        buf_addf(&a->text, "Recorded: rec%u, ", t->number);
        view_show(&v, t, field_find(recording_fields, COUNT_OF(recording_fields), STR("evidence")),
                  false, &a->text);
        buf_addf(&a->text, ", exit status %d%s\n", r->result.status,
                 r->result.recording.code ? ", cut" : "");
    }
}

static int run_and_keep(struct run *r, struct answer *a, struct interrupt *signals, struct err *e)
{
    const char *const *argv = r->in->rest_count ? (const char *const *)r->in->rest : NULL;
    int rc = pty_run(argv, r->fd, RECORDING_SIZE_MAX, &r->result, e);
    struct err why = {0};
    int kept;

    /* Who asked for an end gets it, but not before the outcome is on record. */
    interrupt_end(signals);
    interrupt_begin(signals);
    if (rc && rc != ERR_CANCEL) {
        kept = append(r, draft_not_started, &why);
        if (kept == 0)
            (void)unlink(buf_text(&r->path));
        return rc;
    }
    kept = keep(r, rc ? &why : e);
    if (kept)
        return rc ? rc : kept;
    say_ended(r, a);
    a->exit_status = r->result.status;
    return rc;
}

static int run_job(struct session *s, const struct operation *op, const struct input *in,
                   struct answer *a, struct err *e)
{
    CLEANUP(run_release) struct run r = {.session = s, .op = op, .in = in, .fd = -1};
    CLEANUP(interrupt_end) struct interrupt signals;
    bool wants_shell = input_has(op, in, "shell");
    int rc;

    interrupt_begin(&signals);
    if (wants_shell == (in->rest_count > 0))
        return err_set(e, ERR_USAGE, "say what to run, behind --, or --shell. An example: %s",
                       op->example);
    command_text(&r, &r.command);
    rc = append(&r, draft_intent, e);
    if (rc == 0)
        rc = begin_file(&r, e);
    if (rc)
        return rc;
    say_begun(&r, a);
    return run_and_keep(&r, a, &signals, e);
}

static const struct field run_fields[] = {
    {.name = "command",
     .type = FIELD_REST,
     .flags = FIELD_OUTSIDE,
     .help = "what to run, and its arguments"},
    {.name = "shell", .type = FIELD_FLAG, .flags = FIELD_OUTSIDE, .help = "run a shell instead"},
    {.name = "system", .type = FIELD_REF, .kind = "system", .help = "which system it is about"},
};

const struct operation run_command = {
    .name = "run",
    .practice = "note",
    .help = "run a command, or a shell, and keep what it shows as evidence",
    .example = "calm run -- ssh web1 ss -tnp",
    .more =
        "That it is run goes on record before, its outcome after; where the second is missing, the "
        "outcome is unknown. The recording is asciicast v2, which asciinema plays. Keys are not "
        "recorded, only what is shown, so a password that is not shown is not in it; what stands "
        "on the command line is on record. The exit status is the command's own. A recording ends "
        "at 256 MiB; the command goes on.",
    OP_FIELDS(run_fields),
    .kind = &recording_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("recording/1", "recording-change/1", "evidence/1"),
    .job = run_job};

static void list_line(const struct view *v, const struct thing *t, struct answer *a)
{
    static const char *const shown[] = {"status", "lasted", "evidence", "remark"};
    bool is_open = thing_says(t, "state", "begun");
    char when[UTC_PLAIN_SIZE];
    CLEANUP_BUF struct buf line = {0};

    buf_addf(&line, "rec%u  %s  " STR_FMT "\n     %s", t->number,
             utc_local_short(when, thing_when(v->state, t), v->now), STR_ARG(view_title(t)),
             is_open ? "outcome unknown: it runs still, or was cut off" : "");
    if (!is_open)
        buf_addstr(&line, thing_value(t, "state"));
    for (size_t i = 0; i < COUNT_OF(shown); i++) {
        if (!thing_value(t, shown[i]).len)
            continue;
        buf_addf(&line, ", %s ", shown[i]);
        view_show(v, t, field_find(recording_fields, COUNT_OF(recording_fields), str_of(shown[i])),
                  false, &line);
    }
    if (is_open) {
        buf_addf(&line, "\n     what it showed: %s/recordings/", store_folder(v->store));
        hex_add(&line, t->id.b, sizeof(t->id.b));
        buf_adds(&line, ".cast");
    }
    sink_terminal(&a->text, buf_str(&line), true);
    buf_addc(&a->text, '\n');
}

static int query_runs(const struct view *v, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    const struct thing *t;
    size_t count = 0;

    if (a->wants_json)
        return query_list(v, op, in, a, e);
    for (size_t at = 0; (t = view_next(v, "recording", &at)); count++)
        list_line(v, t, a);
    if (count == 0)
        buf_adds(&a->text, "Nothing was run on record yet.\n");
    return 0;
}

const struct operation run_list = {.name = "run list",
                                   .practice = "note",
                                   .help = "what was run on record, and how it ended",
                                   .example = "calm run list",
                                   .kind = &recording_kind,
                                   .type = OP_QUERY,
                                   .faces = FACE_ALL,
                                   .query = query_runs};
