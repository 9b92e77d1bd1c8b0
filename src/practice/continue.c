/* continue.c: goes on with a case in a new folder, from what can be read of an old one or from an
 * export, and puts on record what was taken over and what was lost. */
#include "practice/continue.h"
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/sink.h"
#include "practice/carry.h"
#include "practice/opening.h"
#include "practice/seen.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/term.h"

enum { NAME_TRIES_MAX = 99, LOST_ITEMS_MAX = 60, OPEN_FOLDERS = 16 };

static const struct field fields[] = {
    {.name = "text", .type = FIELD_LINE, .flags = FIELD_REQUIRED, .help = "from where to where"},
    {.name = "sort",
     .type = FIELD_WORD,
     .choices = WORDS("folder", "export"),
     .help = "what it was taken from"},
    {.name = "records", .type = FIELD_NUMBER, .help = "how many records were taken over"},
    {.name = "head", .type = FIELD_LINE, .help = "the leaf hash of the last of them"},
    {.name = "lost", .type = FIELD_TEXT, .help = "what could not be read"},
};
const struct kind continue_kind = {.name = "continuation",
                                   .words = "continued in another folder",
                                   .change_words = "continuation changed",
                                   KIND_FIELDS(fields)};

static const struct field op_fields[] = {
    {.name = "from",
     .type = FIELD_PATH,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .help = "the old folder of the case, or an export; it is only read"},
    {.name = "folder",
     .type = FIELD_PATH,
     .flags = FIELD_ARG,
     .help = "the new one, on another medium; beside you, under the old name, if not given"},
    {.name = "without-evidence",
     .type = FIELD_FLAG,
     .help = "leave the items of evidence where they are, to go on at once"},
};

/* One run. */
struct run {
    struct carry carry;
    struct buf from; /* as given, without slashes at its end */
    struct buf to;
    struct buf part; /* where it is put together */
    struct buf lost; /* lines */
    uint64_t record; /* of the continuation; UINT64_MAX where there is none */
};

static void run_release(struct run *r)
{
    carry_release(&r->carry);
    buf_release(&r->from);
    buf_release(&r->to);
    buf_release(&r->part);
    buf_release(&r->lost);
}

static void take_path(struct buf *out, struct str given)
{
    while (given.len > 1 && given.p[given.len - 1] == '/')
        given.len--;
    buf_addstr(out, given);
}

/* Nothing lies there, or a folder with nothing in it. */
static bool is_free(const char *path)
{
    DIR *d = opendir(path);
    const struct dirent *entry;
    bool is_empty = true;

    if (!d)
        return errno == ENOENT;
    while ((entry = readdir(d)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            is_empty = false;
    closedir(d);
    return is_empty;
}

/* monday.calm here, or monday-2.calm … */
static int free_name(struct run *r, struct err *e)
{
    CLEANUP_FREE char *whole = realpath(buf_text(&r->from), NULL);
    const char *slash = strrchr(whole ? whole : buf_text(&r->from), '/');
    struct str base = str_of(slash ? slash + 1 : buf_text(&r->from));

    if (str_ends(base, ".calm"))
        base = str_head(base, base.len - 5);
    if (!base.len)
        base = STR("case");
    for (int i = 1; i <= NAME_TRIES_MAX; i++) {
        buf_clear(&r->to);
        buf_addstr(&r->to, base);
        if (i > 1)
            buf_addf(&r->to, "-%d", i);
        buf_adds(&r->to, ".calm");
        if (!file_is_there(buf_text(&r->to)))
            return 0;
    }
    return err_set(e, ERR_USAGE, "name the new folder: calm continue %s FOLDER",
                   buf_text(&r->from));
}

static int take_names(struct run *r, const struct operation *op, const struct input *in,
                      struct err *e)
{
    int rc = 0;

    take_path(&r->from, input_value(op, in, "from"));
    r->carry.from = buf_text(&r->from);
    r->record = UINT64_MAX;
    if (input_has(op, in, "folder"))
        take_path(&r->to, input_value(op, in, "folder"));
    else
        rc = free_name(r, e);
    if (rc == 0 && !is_free(buf_text(&r->to)))
        rc = err_set(e, ERR_USAGE, "%s is there already and is not an empty folder",
                     buf_text(&r->to));
    buf_addf(&r->part, "%s.part", buf_text(&r->to));
    return rc;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *where)
{
    (void)st;
    (void)flag;
    (void)where;
    (void)remove(path);
    return 0;
}

/* Put together beside, and named when it is whole: half a case would open as a whole one. */
static int make_folder(struct run *r, bool with_evidence, struct err *e)
{
    const char *part = buf_text(&r->part);
    int rc;

    if (!is_free(part))
        return err_set(e, ERR_USAGE,
                       "%s is there: what an earlier try left. Remove it, or name another folder",
                       part);
    rc = carry_fill(&r->carry, part, with_evidence, e);
    if (rc == 0 && rename(part, buf_text(&r->to)) != 0)
        rc = err_errno(e, "cannot put %s in its place", buf_text(&r->to));
    if (rc)
        (void)nftw(part, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
    return rc;
}

static void add_lost_items(struct run *r, const struct view *v)
{
    const struct thing *t;
    size_t count = 0;

    for (size_t at = 0; (t = view_next(v, "evidence", &at));) {
        struct hash name;
        bool is_there;

        if (!hex_read(name.b, sizeof(name.b), thing_value(t, "sha256")) ||
            (blob_has(v->store, &name, &is_there, NULL) == 0 && is_there))
            continue;
        if (++count <= LOST_ITEMS_MAX)
            buf_addf(&r->lost, "%se%u",
                     count == 1 ? "items of evidence without their bytes: " : ", ", t->number);
    }
    if (count > LOST_ITEMS_MAX)
        buf_addf(&r->lost, " and %zu more", count - LOST_ITEMS_MAX);
    if (count)
        buf_addc(&r->lost, '\n');
}

static void add_lost(struct run *r, const struct view *v)
{
    const struct salvage *l = &r->carry.lines;

    if (l->seen > l->count) {
        add_count(&r->lost, (size_t)(l->seen - l->count), "record", "records");
        buf_addf(&r->lost, " from r%llu on that cannot be read or do not follow\n",
                 (unsigned long long)l->count);
    }
    if (l->values_lost) {
        buf_adds(&r->lost, "the values of ");
        add_count(&r->lost, (size_t)l->values_lost, "record", "records");
        buf_addc(&r->lost, '\n');
    }
    add_lost_items(r, v);
    if (r->carry.files_lost) {
        add_count(&r->lost, r->carry.files_lost, "file", "files");
        buf_adds(&r->lost, " beside the database\n");
    }
}

static void draft_text(struct run *r, struct decision *d, struct draft *dr)
{
    CLEANUP_FREE char *from = realpath(buf_text(&r->from), NULL);
    CLEANUP_FREE char *to = realpath(buf_text(&r->to), NULL);
    char host[256];

    host_name(host, sizeof(host));
    draft_value(
        dr, "text",
        str_of(arena_printf(d->arena, "from %s to %s on %s", from ? from : buf_text(&r->from),
                            to ? to : buf_text(&r->to), host)));
}

/* What this person saw of the case before, and is not in what was taken over. */
static void add_lost_seen(struct run *r, const struct seen *seen, const struct buf *warning)
{
    char when[UTC_PLAIN_SIZE];

    if (warning->len)
        buf_addf(&r->lost, "records of the %llu that were seen in " STR_FMT " on %s\n",
                 (unsigned long long)seen->other.size, STR_ARG(seen->other.folder),
                 utc_local(when, seen->other.when));
}

static int record_it(struct run *r, struct session *s, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    const struct salvage *l = &r->carry.lines;
    struct str lost = str_trim(buf_str(&r->lost));
    CLEANUP_BUF struct buf head = {0};
    struct draft *dr;
    int rc = session_draft(s, &d, NULL, NULL, e);

    if (rc)
        return rc;
    d.is_independent = true;
    dr = decision_add(&d, "continuation/1");
    draft_text(r, &d, dr);
    draft_value(dr, "sort", r->carry.old ? STR("folder") : STR("export"));
    draft_value(dr, "records", str_of(arena_printf(d.arena, "%llu", (unsigned long long)l->count)));
    hex_add(&head, l->head.b, sizeof(l->head.b));
    draft_value(dr, "head", buf_str(&head));
    if (lost.len)
        draft_value(dr, "lost", lost);
    rc = session_append(s, &d, &r->record, e);
    return rc ? rc : session_checkpoint(s, e);
}

/* On one file system with the old one, it shares its disk and its fate. */
static bool is_same_medium(const struct run *r)
{
    struct stat from;
    struct stat to;

    return stat(buf_text(&r->from), &from) == 0 && stat(buf_text(&r->to), &to) == 0 &&
           from.st_dev == to.st_dev;
}

static void say_json(const struct run *r, struct session *s, struct answer *a)
{
    const struct salvage *l = &r->carry.lines;
    CLEANUP_FREE char *to = realpath(buf_text(&r->to), NULL);
    struct json j;

    json_begin(&j, &a->json);
    json_object_begin(&j);
    json_put_text(&j, "folder", to);
    json_put_hex(&j, "case", state_case_id(session_state(s))->b, 32);
    json_put_u64(&j, "records", l->count);
    json_put_hex(&j, "head", l->head.b, sizeof(l->head.b));
    json_put_u64(&j, "not_taken", l->seen - l->count);
    json_put_u64(&j, "values_lost", l->values_lost);
    json_put_u64(&j, "items", r->carry.items);
    json_put_str(&j, "lost", str_trim(buf_str(&r->lost)));
    json_object_end(&j);
}

static void say_lost(const struct run *r, bool with_evidence, struct answer *a)
{
    struct str rest = str_trim(buf_str(&r->lost));

    if (rest.len)
        buf_adds(&a->text, r->record == UINT64_MAX ? "\nMissing there:\n"
                                                   : "\nMissing there, and on record:\n");
    while (rest.len) {
        buf_adds(&a->text, "  ");
        sink_terminal(&a->text, str_cut(&rest, '\n'), false);
        buf_addc(&a->text, '\n');
    }
    if (r->carry.lines.mended) {
        add_count(&a->text, (size_t)r->carry.lines.mended, "record was", "records were");
        buf_adds(&a->text, " read from the readable copy in journal/ instead.\n");
    }
    if (!with_evidence && r->carry.old) {
        buf_adds(&a->text, "\nThe evidence is still in the old folder. To bring it, when there is "
                           "time:\n  cp -rn ");
        sink_terminal(&a->text, buf_str(&r->from), false);
        buf_adds(&a->text, "/evidence/. ");
        sink_terminal(&a->text, buf_str(&r->to), false);
        buf_adds(&a->text, "/evidence/ && calm log verify\n");
    }
}

static void say(const struct run *r, bool with_evidence, struct answer *a)
{
    buf_addf(&a->text, "%llu records are in ", (unsigned long long)r->carry.lines.count);
    sink_terminal(&a->text, buf_str(&r->to), false);
    buf_adds(&a->text, ", and calm-verify finds them sound");
    if (r->carry.items) {
        buf_adds(&a->text, "; ");
        add_count(&a->text, r->carry.items, "item", "items");
        buf_adds(&a->text, " of evidence hashed again");
    }
    buf_adds(&a->text, ".\nThis is the case now.\n");
    say_lost(r, with_evidence, a);
    if (r->carry.old)
        buf_adds(&a->text, "\nThe old folder is as it was: keep it, and write in it no more. "
                           "Whatever is written\nthere all the same can be merged: calm help log "
                           "merge\n");
    if (r->carry.old && is_same_medium(r))
        buf_adds(&a->text, "It lies on the same file system as the old one. If that one fails, go "
                           "on elsewhere:\n  calm continue FOLDER /media/STICK/NAME.calm\n");
    opening_warn(buf_text(&r->to), a);
    if (r->record == UINT64_MAX)
        buf_adds(&a->text, "No key of yours is on the team, so nothing was put on record.\n"
                           "Next:  calm team join --file /media/STICK/NAME.join\n");
    else
        buf_adds(&a->text, "Next:  calm\n");
}

static int continue_job(struct session *none, const struct operation *op, const struct input *in,
                        struct answer *a, struct err *e)
{
    CLEANUP(run_release) struct run r = {0};
    CLEANUP(session_closep) struct session *s = NULL;
    CLEANUP_SEEN struct seen seen = {0};
    CLEANUP_BUF struct buf warning = {0};
    struct session_options options = {
        .ask = term_read_secret, .key_folder = a->around->key_folder, .model = a->around->model};
    bool with_evidence = !input_has(op, in, "without-evidence");
    struct view v;
    int rc = take_names(&r, op, in, e);

    (void)none;
    if (rc == 0)
        rc = carry_read(&r.carry, e);
    if (rc == 0)
        rc = make_folder(&r, with_evidence, e);
    if (rc == 0)
        rc = session_open(&s, buf_text(&r.to), &options, e);
    if (rc == 0)
        rc = session_view(s, &v, e);
    if (rc)
        return rc;
    seen_begin(&seen, a->around, session_store(s), s, &warning);
    add_lost(&r, &v);
    add_lost_seen(&r, &seen, &warning);
    if (v.person)
        rc = record_it(&r, s, e);
    if (rc == 0)
        rc = opening_choose(a->around, buf_text(&r.to), e);
    if (rc)
        return rc;
    if (a->wants_json)
        say_json(&r, s, a);
    else
        say(&r, with_evidence, a);
    return 0;
}

const struct operation continue_operation = {
    .name = "continue",
    .practice = "calm",
    .help = "go on with a case on another medium, or on a second machine from an export",
    .example = "calm continue /home/ana/monday.calm /media/STICK/monday.calm",
    .more =
        "When the disk of the case fails or is full: takes what can still be read of the old "
        "folder, which is only read, into a new one. A damaged database gives its records in "
        "order up to the first break; what it cannot give is taken from the readable copy in "
        "journal/. calm-verify checks them, evidence is hashed again, and a record says from "
        "where, up to which record, and what is missing. Your key stays where it is. "
        "From an export (calm log export) a second machine gets a copy of its own in the same "
        "way, unless it holds lines only (--skeleton). Whoever is on the team needs the key there "
        "that they were let in with; whoever is not asks to join from the copy, and is sent a new "
        "export. Copies that were written to apart come together with calm log merge.",
    OP_FIELDS(op_fields),
    .type = OP_FREE,
    .faces = FACE_CLI,
    .records = WORDS("continuation/1", "checkpoint/1"),
    .job = continue_job};
