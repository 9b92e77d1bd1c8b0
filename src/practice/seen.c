/* seen.c: notices a case that was put back to an earlier state, or lost records it had. */
#include "practice/seen.h"
#include "base/sink.h"
#include "sys/file.h"

enum { SEEN_SIZE_MAX = 1 << 20, PLACES_MAX = 32 };

/* One file a case: lines "SIZE HEAD TIME FOLDER". */
static bool add_path(const struct seen *s, struct buf *path)
{
    if (!s->around->state_folder)
        return false;
    buf_addf(path, "%s/seen/", s->around->state_folder);
    hex_add(path, s->case_id.b, sizeof(s->case_id.b));
    return true;
}

static bool read_place(struct seen_place *out, struct str line)
{
    struct str size = str_cut(&line, ' ');
    struct str head = str_cut(&line, ' ');
    struct str when = str_cut(&line, ' ');

    out->folder = line;
    return str_u64(size, &out->size) && out->size && hex_read(out->head.b, 32, head) &&
           utc_read(&out->when, when) && line.len;
}

/* What the file says; lines that are damaged say nothing. */
static void read_places(struct seen *s)
{
    struct str folder = str_of(store_folder(s->store));
    CLEANUP_BUF struct buf path = {0};
    struct str rest;

    s->here = s->other = (struct seen_place){0};
    if (!add_path(s, &path) || file_read(&s->text, buf_text(&path), SEEN_SIZE_MAX, NULL))
        return;
    rest = buf_str(&s->text);
    while (rest.len) {
        struct seen_place p;

        if (!read_place(&p, str_cut(&rest, '\n')))
            continue;
        if (str_eq(p.folder, folder))
            s->here = p;
        else if (p.size > s->other.size)
            s->other = p;
    }
}

static int take_case_id(void *context, uint64_t seq, struct str line, struct str openings,
                        struct err *e)
{
    struct seen *s = context;
    struct entry entry;
    int rc = entry_read(&entry, line, e);

    (void)seq;
    (void)openings;
    if (rc == 0)
        s->case_id = entry.case_id;
    return rc;
}

static int take_leaf(void *context, uint64_t seq, struct str line, struct str openings,
                     struct err *e)
{
    (void)seq;
    (void)openings;
    (void)e;
    *(struct hash *)context = hash_leaf(line);
    return 0;
}

static bool holds(const struct seen *s, const struct seen_place *p)
{
    struct hash leaf = {0};

    return p->size <= s->size &&
           store_read(s->store, p->size - 1, p->size, false, take_leaf, &leaf, NULL) == 0 &&
           hash_eq(&leaf, &p->head);
}

static void add_figures(const struct seen *s, const struct seen_place *p, struct buf *out)
{
    char when[UTC_PLAIN_SIZE];

    buf_addf(out, "%llu records, you saw %llu on %s", (unsigned long long)s->size,
             (unsigned long long)p->size, utc_local(when, p->when));
}

static void warn_here(const struct seen *s, struct buf *out)
{
    if (s->size < s->here.size)
        buf_adds(out, "WARNING: this folder is older than what you last saw: ");
    else
        buf_adds(out, "WARNING: this folder does not hold what you last saw in it: ");
    add_figures(s, &s->here, out);
    if (s->size >= s->here.size)
        buf_addf(out, ", and r%llu is another now", (unsigned long long)s->here.size - 1);
    buf_adds(out, ".\nAn old copy may have been put in its place, or its disk lost what was "
                  "written. Look for a newer copy: records that it has more come in with calm log "
                  "export there and calm log merge here. If you know why it is so, put it on "
                  "record: calm log accept \"why\"\n");
}

static void warn_other(const struct seen *s, struct buf *out)
{
    buf_adds(out, "Note: this copy of the case does not hold all that you saw of it elsewhere: ");
    add_figures(s, &s->other, out);
    buf_addf(out, ", in " STR_FMT ". What that one has more comes in with calm log merge\n",
             STR_ARG(s->other.folder));
}

void seen_begin(struct seen *out, const struct surroundings *around, struct store *store,
                struct session *session, struct buf *warning)
{
    *out = (struct seen){.around = around, .store = store, .session = session};
    if (store_size(store, &out->size, NULL) || out->size < 2 ||
        store_read(store, 1, 2, false, take_case_id, out, NULL)) {
        out->session = NULL;
        return;
    }
    read_places(out);
    out->is_apart = out->here.size && !holds(out, &out->here);
    if (out->is_apart)
        warn_here(out, warning);
    else if (!out->here.size && out->other.size && !holds(out, &out->other))
        warn_other(out, warning);
}

static void add_place(struct buf *out, const struct seen_place *p)
{
    buf_addf(out, "%llu ", (unsigned long long)p->size);
    hex_add(out, p->head.b, sizeof(p->head.b));
    buf_addc(out, ' ');
    utc_add(out, p->when);
    buf_addc(out, ' ');
    buf_addstr(out, p->folder);
    buf_addc(out, '\n');
}

/* The newest first, so that the oldest fall out. A folder whose name would break the lines is not
 * remembered. */
static int write_places(const struct seen *s, const struct seen_place *here, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf folder = {0};
    CLEANUP_BUF struct buf out = {0};
    struct str rest;
    int rc;

    if (!add_path(s, &path) || memchr(here->folder.p, '\n', here->folder.len))
        return 0;
    add_place(&out, here);
    rest = buf_str(&s->text);
    for (int count = 1; rest.len && count < PLACES_MAX; count++) {
        struct seen_place p;

        if (read_place(&p, str_cut(&rest, '\n')) && !str_eq(p.folder, here->folder))
            add_place(&out, &p);
    }
    rc = file_replace(buf_text(&path), buf_str(&out), 0600, NULL);
    if (rc == 0)
        return 0;
    buf_addf(&folder, "%s/seen", s->around->state_folder);
    rc = folder_make(buf_text(&folder), 0700, e);
    return rc ? rc : file_replace(buf_text(&path), buf_str(&out), 0600, e);
}

static struct seen_place place_now(const struct seen *s)
{
    const struct state *state = session_state(s->session);

    return (struct seen_place){.size = state_size(state),
                               .head = state_head(state),
                               .when = utc_now(),
                               .folder = str_of(store_folder(s->store))};
}

void seen_end(struct seen *s)
{
    struct seen_place now;

    if (s->session && !s->is_apart) {
        now = place_now(s);
        if (now.size > s->here.size)
            read_places(s); /* another program of this person may have seen more meanwhile */
        if (now.size > s->here.size && write_places(s, &now, NULL))
            s->session = NULL; /* it can only be noticed less; the work goes on */
    }
    buf_release(&s->text);
}

static const struct field kind_fields[] = {
    {.name = "text", .type = FIELD_LINE, .flags = FIELD_REQUIRED, .help = "why that is so"},
    {.name = "records", .type = FIELD_NUMBER, .help = "how many records the folder had"},
    {.name = "seen", .type = FIELD_NUMBER, .help = "how many the person had seen in it"},
    {.name = "seen-head", .type = FIELD_LINE, .help = "the leaf hash of the last of those"},
    {.name = "seen-time", .type = FIELD_TIME, .help = "when they were seen"},
};
const struct kind seen_kind = {.name = "rollback",
                               .words = "this copy was put back, or lost records",
                               .change_words = "rollback changed",
                               KIND_FIELDS(kind_fields)};

static const struct field accept_fields[] = {
    FIELD_CALLED("text", "why this folder holds less than you saw, or something else"),
};

static int record_it(struct seen *s, const struct operation *op, const struct input *in,
                     uint64_t *record, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf head = {0};
    CLEANUP_BUF struct buf when = {0};
    struct draft *dr;
    int rc = session_draft(s->session, &d, op, in, e);

    if (rc)
        return rc;
    d.is_independent = true;
    dr = decision_add(&d, "rollback/1");
    draft_take_input(&d, dr, &seen_kind);
    draft_value(dr, "records", str_of(arena_printf(d.arena, "%llu", (unsigned long long)s->size)));
    draft_value(dr, "seen",
                str_of(arena_printf(d.arena, "%llu", (unsigned long long)s->here.size)));
    hex_add(&head, s->here.head.b, sizeof(s->here.head.b));
    draft_value(dr, "seen-head", buf_str(&head));
    utc_add(&when, s->here.when);
    draft_value(dr, "seen-time", buf_str(&when));
    return session_append(s->session, &d, record, e);
}

static int accept_job(struct session *session, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    CLEANUP_SEEN struct seen s = {0};
    CLEANUP_BUF struct buf warning = {0};
    struct seen_place now;
    uint64_t record = 0;
    int rc;

    seen_begin(&s, a->around, session_store(session), session, &warning);
    if (!s.is_apart)
        return err_set(e, ERR_USAGE,
                       "there is nothing to accept: this folder holds all that you saw in it");
    rc = record_it(&s, op, in, &record, e);
    if (rc)
        return rc;
    now = place_now(&s);
    rc = write_places(&s, &now, e);
    if (rc)
        return rc;
    if (!answer_record(a, record))
        buf_addf(&a->text,
                 "on record: %llu records, where you had seen %llu. calm does not warn of it any "
                 "more.\n",
                 (unsigned long long)s.size, (unsigned long long)s.here.size);
    return 0;
}

const struct operation seen_accept = {
    .name = "log accept",
    .practice = "note",
    .help = "go on with a folder that is older than what you last saw, on record",
    .example = "calm log accept \"the disk failed; restored from the backup of Sunday\"",
    .more = "calm remembers, outside of the case's folder, how many records you last saw in it and "
            "which was the last. A folder that holds fewer, or others, is warned of with every "
            "command until somebody says why.",
    OP_FIELDS(accept_fields),
    .kind = &seen_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("rollback/1"),
    .job = accept_job};
