/* playbook_work.c: a team follows a playbook: use, done, skip, leave; and loads one of its own. */
#include <sys/stat.h>
#include "base/limits.h"
#include "base/sink.h"
#include "practice/evidence.h"
#include "practice/playbook.h"
#include "sys/clock.h"
#include "sys/file.h"

enum { NAME_SIZE = 60 };

static struct str now_text(struct decision *d)
{
    char *text = arena_alloc(d->arena, UTC_TEXT_SIZE);

    utc_write(text, d->view->now);
    return (struct str){text, UTC_TEXT_SIZE};
}

/* A foreign text as one line of a record. */
static struct str one_line(struct decision *d, struct str text)
{
    char *line = arena_dup(d->arena, text.p, text.len);

    for (size_t i = 0; i < text.len; i++)
        if (line[i] == '\n' || line[i] == '\r')
            line[i] = ' ';
    return (struct str){line, text.len};
}

static void draft_hash(struct decision *d, struct draft *dr, const struct hash *h)
{
    CLEANUP_BUF struct buf hex = {0};

    hex_add(&hex, h->b, sizeof(h->b));
    draft_value(dr, "sha256", str_of(arena_strdup(d->arena, buf_text(&hex))));
}

static void draft_number(struct decision *d, struct draft *dr, const char *name, size_t n)
{
    draft_value(dr, name, str_of(arena_printf(d->arena, "%zu", n)));
}

static void draft_playbook(struct decision *d, struct draft *dr, const struct playbook *p)
{
    draft_value(dr, "name", one_line(d, p->name));
    draft_value(dr, "title", one_line(d, p->title));
    draft_value(dr, "document", one_line(d, p->id));
    draft_hash(d, dr, &p->sha256);
    draft_value(dr, "source", p->is_shipped ? STR("shipped") : STR("own"));
    draft_number(d, dr, "steps", p->step_count);
}

static void draft_common(struct decision *d, struct draft *dr)
{
    const struct operation *op = d->op;

    for (size_t i = 0; i < COMMON_COUNT; i++) {
        struct str value = d->input->values[op->field_count + i];
        struct id id;

        if (!value.p)
            continue;
        draft_value(dr, common_fields[i].name, value);
        if (common_fields[i].type == FIELD_REF && hex_read(id.b, sizeof(id.b), value))
            draft_ref(dr, &id);
    }
}

static const struct thing *known(const struct view *v, struct str name)
{
    size_t at = 0;
    const struct thing *t;

    while ((t = view_next(v, "playbook", &at)))
        if (str_eq(view_title(t), name))
            return t;
    return NULL;
}

/* Appends what was drafted and says it: first the line, then what is next. */
static int append_and_say(struct session *s, struct decision *d, struct answer *a, struct str line,
                          const char *next, struct err *e)
{
    uint64_t first;
    int rc;

    d->is_independent = true;
    rc = session_append(s, d, &first, e);
    if (rc)
        return rc;
    if (answer_record(a, first))
        return 0;
    sink_terminal(&a->text, line, false);
    buf_adds(&a->text, "\nNext:  ");
    sink_terminal(&a->text, str_of(next), false);
    buf_addc(&a->text, '\n');
    return 0;
}

static int use_job(struct session *s, const struct operation *op, const struct input *in,
                   struct answer *a, struct err *e)
{
    CLEANUP(playbook_freep) struct playbook *p = NULL;
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf line = {0};
    const struct thing *t;
    struct draft *dr;
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc == 0)
        rc = playbook_find(&p, &v, input_value(op, in, "name"), e);
    if (rc)
        return rc;
    t = known(&v, p->name);
    if (t && playbook_is_in_use(t))
        return err_set(e, ERR_USAGE, "the team follows " STR_FMT " already: calm playbook next",
                       STR_ARG(p->name));
    decision_begin(&d, &v, op, in);
    dr = decision_add(&d, t ? "playbook-change/1" : "playbook/1");
    if (t)
        draft_ref(dr, &t->id);
    draft_playbook(&d, dr, p);
    draft_value(dr, "state", STR("in-use"));
    draft_value(dr, "since", now_text(&d));
    draft_common(&d, dr);
    buf_addf(&line, "the team follows " STR_FMT ": " STR_FMT ", ", STR_ARG(p->name),
             STR_ARG(p->title));
    add_count(&line, p->step_count, "step", "steps");
    return append_and_say(s, &d, a, buf_str(&line), "calm playbook next", e);
}

static const struct field use_fields[] = {
    FIELD_CALLED("name", "which: ransomware"),
};
const struct operation playbook_use = {
    .name = "playbook use",
    .practice = "calm",
    .help = "say on record that the team follows a playbook",
    .example = "calm playbook use ransomware",
    .more = "Several may be in use: a playbook does not decide between fault and attack.",
    OP_FIELDS(use_fields),
    .kind = &playbook_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("playbook/1", "playbook-change/1"),
    .job = use_job};

static const struct field leave_fields[] = {
    FIELD_WHICH("playbook", "playbook", "which: ransomware"),
    FIELD_CALLED("text", "why"),
};

static int decide_leave(struct decision *d, struct err *e)
{
    int rc = decide_change(d, e);

    if (rc == 0)
        draft_value(&d->drafts[0], "state", STR("left"));
    return rc;
}

const struct operation playbook_leave = {
    .name = "playbook leave",
    .practice = "calm",
    .help = "say that the team follows a playbook no longer, and why",
    .example = "calm playbook leave ransomware \"nothing is encrypted; it was a full disk\"",
    OP_FIELDS(leave_fields),
    .kind = &playbook_kind,
    .type = OP_CHANGE,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("playbook-change/1"),
    .decide = decide_leave};

/* The playbook of a step: the one that was named, else the only one in use. */
static int which_playbook(const struct view *v, const struct operation *op, const struct input *in,
                          const struct thing **out, struct err *e)
{
    const struct thing *found = input_thing(v, op, in, "playbook");
    CLEANUP_BUF struct buf names = {0};
    const struct thing *t;
    size_t count = 0;

    for (size_t at = 0; !found && (t = view_next_with(v, "playbook", "state", "in-use", &at));) {
        buf_addf(&names, "%s" STR_FMT, count++ ? ", " : "", STR_ARG(view_title(t)));
        *out = t;
    }
    if (found)
        *out = found;
    if (found || count == 1)
        return 0;
    if (count == 0)
        return err_set(e, ERR_USAGE, "no playbook is in use: calm playbook use NAME");
    return err_set(e, ERR_USAGE, "several playbooks are in use: %s. Say which with --playbook NAME",
                   buf_text(&names));
}

static int step_job(struct session *s, const struct operation *op, const struct input *in,
                    struct answer *a, const char *state, struct err *e)
{
    CLEANUP(playbook_freep) struct playbook *p = NULL;
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf line = {0};
    const struct thing *t = NULL;
    const struct thing *record;
    const struct playbook_step *st;
    struct draft *dr;
    struct view v;
    uint64_t number;
    int rc = session_view(s, &v, e);

    if (rc == 0)
        rc = which_playbook(&v, op, in, &t, e);
    if (rc == 0)
        rc = playbook_find(&p, &v, view_title(t), e);
    if (rc)
        return rc;
    if (!str_u64(input_value(op, in, "number"), &number) || !number || number > p->step_count)
        return err_set(e, ERR_USAGE, STR_FMT " has the steps 1 to %zu", STR_ARG(p->name),
                       p->step_count);
    st = &p->steps[number - 1];
    record = playbook_record(&v, t, st->texts[CACAO_ID]);
    decision_begin(&d, &v, op, in);
    dr = decision_add(&d, record ? "step-change/1" : "step/1");
    if (record)
        draft_ref(dr, &record->id);
    draft_take_input(&d, dr, &playbook_step_kind);
    draft_value(dr, "title", one_line(&d, st->texts[CACAO_TITLE]));
    draft_value_ref(&d, dr, "playbook", &t->id);
    draft_value(dr, "step", one_line(&d, st->texts[CACAO_ID]));
    draft_value(dr, "state", str_of(state));
    buf_addf(&line, "%s: step %llu of " STR_FMT ", " STR_FMT, state, (unsigned long long)number,
             STR_ARG(p->name), STR_ARG(st->texts[CACAO_TITLE]));
    return append_and_say(s, &d, a, buf_str(&line), "calm playbook next", e);
}

static int done_job(struct session *s, const struct operation *op, const struct input *in,
                    struct answer *a, struct err *e)
{
    return step_job(s, op, in, a, "done", e);
}

static int skip_job(struct session *s, const struct operation *op, const struct input *in,
                    struct answer *a, struct err *e)
{
    return step_job(s, op, in, a,
                    input_has(op, in, "not-applicable") ? "not-applicable" : "skipped", e);
}

#define STEP_FIELDS                                                                                \
    {.name = "from", .type = FIELD_REF, .flags = FIELD_MANY, .help = "what shows it: e3, r17"},    \
    {                                                                                              \
        .name = "playbook", .type = FIELD_REF, .flags = FIELD_OUTSIDE, .kind = "playbook",         \
        .help = "of which playbook, where several are in use"                                      \
    }

static const struct field done_fields[] = {
    {.name = "number",
     .type = FIELD_NUMBER,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .help = "which step, by its number"},
    {.name = "text", .type = FIELD_TEXT, .flags = FIELD_ARG, .help = "what was done and seen"},
    STEP_FIELDS,
};
const struct operation playbook_done = {
    .name = "playbook done",
    .practice = "calm",
    .help = "a step of the playbook in use is done",
    .example = "calm playbook done 3 \"cables of web1 and db1 are out, 03:12\"",
    .more = "Said again for the same step, it corrects what was said before.",
    OP_FIELDS(done_fields),
    .kind = &playbook_step_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("step/1", "step-change/1"),
    .job = done_job};

static const struct field skip_fields[] = {
    {.name = "number",
     .type = FIELD_NUMBER,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .help = "which step, by its number"},
    FIELD_SAID("text", "why"),
    {.name = "not-applicable",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "the step is meant for another situation"},
    STEP_FIELDS,
};
const struct operation playbook_skip = {
    .name = "playbook skip",
    .practice = "calm",
    .help = "a step of the playbook in use is passed over, and why",
    .example = "calm playbook skip 4 \"nothing is encrypted\" --not-applicable",
    OP_FIELDS(skip_fields),
    .kind = &playbook_step_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("step/1", "step-change/1"),
    .job = skip_job};

/* "/media/stick/Our Playbook.json" → "our-playbook" */
static void name_of_file(struct buf *out, struct str path)
{
    CLEANUP_BUF struct buf safe = {0};
    struct str base = path;

    for (size_t i = 0; i < path.len; i++)
        if (path.p[i] == '/')
            base = str_from(path, i + 1);
    if (str_ends(base, ".json"))
        base = str_head(base, base.len - 5);
    sink_filename(&safe, base);
    for (size_t i = 0; i < safe.len && i < NAME_SIZE; i++) {
        char c = safe.p[i];

        buf_addc(out, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c == '_' ? '-' : c);
    }
}

static int choose_name(const struct view *v, const struct operation *op, const struct input *in,
                       struct buf *name, struct err *e)
{
    CLEANUP(playbook_freep) struct playbook *shipped = NULL;
    const struct thing *t;

    if (input_has(op, in, "name"))
        buf_addstr(name, input_value(op, in, "name"));
    else
        name_of_file(name, input_value(op, in, "file"));
    if (name->len > NAME_SIZE)
        return err_set(e, ERR_USAGE, "the name of a playbook has at most %d bytes", (int)NAME_SIZE);
    t = known(v, buf_str(name));
    if (playbook_shipped(&shipped, buf_str(name), NULL) == 0 ||
        (t && !thing_says(t, "source", "own")))
        return err_set(e, ERR_USAGE,
                       "a playbook called %s ships with calm; give yours a name of its own: --name",
                       buf_text(name));
    return 0;
}

/* The document is read once: what was judged is what is kept. */
struct document {
    struct buf bytes;
    struct stat st;
    struct blob_digests digests;
};

static int document_read(struct document *doc, const char *path, struct err *e)
{
    CLEANUP_FD int fd = -1;
    int rc = import_open(&fd, path, e);

    if (rc)
        return rc;
    if (fstat(fd, &doc->st) < 0)
        return err_errno(e, "cannot look at %s", path);
    return file_read_fd(&doc->bytes, fd, path, LIMIT_IMPORT_SIZE, e);
}

static void document_release(struct document *doc)
{
    buf_release(&doc->bytes);
}

static int document_judge(const struct document *doc, const char *name, struct playbook **out,
                          struct err *e)
{
    CLEANUP_FD int fd = -1;
    int rc = import_memory(&fd, buf_str(&doc->bytes), e);

    if (rc == 0)
        rc = playbook_read(out, name, fd, e);
    if (rc == 0)
        (*out)->sha256 = hash_bytes(doc->bytes.p, doc->bytes.len);
    return rc;
}

static int document_keep(struct document *doc, struct store *store, struct err *e)
{
    CLEANUP(blob_abortp) struct blob_writer *w = NULL;
    int rc = blob_begin(&w, store, e);

    if (rc == 0)
        rc = blob_write(w, doc->bytes.p, doc->bytes.len, e);
    return rc ? rc : blob_commit(MOVE(w), &doc->digests, e);
}

/* A label in the document is kept at least as strict. */
static void raise_label(struct draft *dr, const struct input *in, struct str label)
{
    enum tlp own = TLP_COUNT;

    for (int t = 0; t < TLP_COUNT; t++)
        if (str_is(label, tlp_mark((enum tlp)t)))
            own = (enum tlp)t;
    if (!in->has_tlp && own != TLP_COUNT && own > dr->tlp)
        dr->tlp = own;
}

static void draft_load(struct decision *d, const struct document *doc, const struct playbook *p,
                       const char *path)
{
    char host[256];
    struct evidence_facts facts = {
        .sort = "file",
        .title = str_of(arena_printf(d->arena, "playbook " STR_FMT, STR_ARG(p->name))),
        .digests = doc->digests,
        .has_blob = true,
        .source_path = str_of(path),
        .modified = {doc->st.st_mtim.tv_sec, (uint32_t)doc->st.st_mtim.tv_nsec},
        .mode = doc->st.st_mode,
        .uid = doc->st.st_uid,
        .gid = doc->st.st_gid,
    };
    const struct thing *t = known(d->view, p->name);
    struct draft *dr;
    struct id evidence;

    host_name(host, sizeof(host));
    facts.source_host = str_of(arena_strdup(d->arena, host));
    dr = evidence_draft(d, &facts);
    raise_label(dr, d->input, p->label);
    evidence = dr->id;
    dr = decision_add(d, t ? "playbook-change/1" : "playbook/1");
    raise_label(dr, d->input, p->label);
    if (t)
        draft_ref(dr, &t->id);
    draft_playbook(d, dr, p);
    draft_value_ref(d, dr, "evidence", &evidence);
    if (!t)
        draft_value(dr, "state", STR("known"));
    draft_common(d, dr);
}

static int load_job(struct session *s, const struct operation *op, const struct input *in,
                    struct answer *a, struct err *e)
{
    CLEANUP(document_release) struct document doc = {0};
    CLEANUP(playbook_freep) struct playbook *p = NULL;
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf name = {0};
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf line = {0};
    CLEANUP_BUF struct buf next = {0};
    struct view v;
    int rc = session_view(s, &v, e);

    buf_addstr(&path, input_value(op, in, "file"));
    if (rc == 0)
        rc = choose_name(&v, op, in, &name, e);
    if (rc == 0)
        rc = document_read(&doc, buf_text(&path), e);
    if (rc == 0)
        rc = document_judge(&doc, buf_text(&name), &p, e);
    if (rc)
        return rc;
    if (evidence_bytes_are_sealed(v.state, &p->sha256))
        return err_set(e, ERR_DENIED, "%s is an item that is sealed", buf_text(&path));
    rc = document_keep(&doc, session_store(s), e);
    if (rc)
        return rc;
    decision_begin(&d, &v, op, in);
    draft_load(&d, &doc, p, buf_text(&path));
    buf_addf(&line, "playbook " STR_FMT " read and kept: " STR_FMT ", ", STR_ARG(p->name),
             STR_ARG(p->title));
    add_count(&line, p->step_count, "step", "steps");
    buf_addf(&next, "calm playbook show %s", buf_text(&name));
    return append_and_say(s, &d, a, buf_str(&line), buf_text(&next), e);
}

static const struct field load_fields[] = {
    {.name = "file",
     .type = FIELD_PATH,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .help = "a playbook in CACAO 2.0 JSON"},
    {.name = "name", .type = FIELD_LINE, .help = "how to call it; the file's name if not said"},
};
const struct operation playbook_load = {
    .name = "playbook load",
    .practice = "calm",
    .help = "read a playbook of your own (CACAO 2.0 JSON) and keep it in the case",
    .example = "calm playbook load our-mail-playbook.json",
    .more = "The file is taken for hostile: it is read in a process that can do nothing else. It "
            "is refused, with a reason, where its workflow names a step that is not there, comes "
            "round to a step again, or does not reach an end. The file is kept as evidence.",
    OP_FIELDS(load_fields),
    .kind = &playbook_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("evidence/1", "playbook/1", "playbook-change/1"),
    .job = load_job};
