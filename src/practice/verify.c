/* verify.c: asks calm-verify about this case's journal. */
#include "practice/verify.h"
#include <unistd.h>
#include "base/sink.h"
#include "journal/note.h"
#include "practice/clear_values.h"
#include "practice/evidence_check.h"
#include "practice/import.h"
#include "sys/file.h"
#include "sys/interrupt.h"
#include "sys/proc.h"
#include "sys/self.h"

enum { WORDS_SIZE_MAX = 1 << 20, ARGUMENTS_MAX = 32, TIMEOUT_S = 3600, ROOT_LINE_GROUPS = 4 };

int verify_file(const char *skeleton, const char *const *more, int *verdict, struct buf *words,
                struct err *e)
{
    CLEANUP_BUF struct buf program = {0};
    CLEANUP_BUF struct buf loader = {0};
    CLEANUP_BUF struct buf library_folder = {0};
    const char *argv[SELF_PREFIX_MAX + ARGUMENTS_MAX + 3];
    struct proc_result result = {0};
    int rc = self_neighbour("calm-verify", "verify", "it checks the journal", &program, e);
    int argc = rc ? rc : self_prefix(argv, &loader, &library_folder, e);

    if (argc < 0)
        return argc;
    argv[argc++] = buf_text(&program);
    for (size_t i = 0; more && more[i] && i < ARGUMENTS_MAX; i++)
        argv[argc++] = more[i];
    argv[argc++] = skeleton;
    argv[argc] = NULL;
    rc = proc_run(argv, &result, words, WORDS_SIZE_MAX, TIMEOUT_S, e);
    if (rc)
        return rc;
    *verdict = result.exit_status;
    return 0;
}

void verify_root(struct buf *out, const struct hash *root, const char *between)
{
    CLEANUP_BUF struct buf groups = {0};
    struct str rest;

    groups_write(&groups, root->b);
    rest = buf_str(&groups);
    for (int i = 0; rest.len; i++) {
        buf_adds(out, i == ROOT_LINE_GROUPS ? between : i ? " " : "");
        buf_addstr(out, str_cut(&rest, ' '));
    }
}

void verify_command(struct buf *out, const char *folder, uint64_t size, const struct hash *root,
                    const char *path)
{
    buf_addf(out, "%scalm-verify --root \"%llu:", folder, (unsigned long long)size);
    verify_root(out, root, " \\\n    ");
    buf_addf(out, "\" %s\n", path);
}

static const struct field verify_fields[] = {
    {.name = "root", .type = FIELD_TEXT, .help = "a printed root: SIZE:GROUPS"},
    {.name = "witness", .type = FIELD_LINE, .help = "a witness's public key in hex"},
    {.name = "tsa", .type = FIELD_PATH, .help = "the certificate of a time-stamp authority"},
};

static const char *given(const struct operation *op, const struct input *in, const char *name,
                         struct buf *b)
{
    buf_addstr(b, input_value(op, in, name));
    return b->len ? buf_text(b) : NULL;
}

/* What is handed to calm-verify, and what comes back. */
struct checking {
    struct buf path;  /* of the lines */
    struct buf clear; /* of the values, which lie in memory alone: no disk sees them in clear */
    int lines_fd;     /* -1: the readable copy, which was just written */
    int clear_fd;
    struct clear_count count;
    struct buf words;
    int verdict;
    uint64_t items;
    uint64_t bad_items; /* all that are not as they were taken: */
    uint64_t totals[ITEM_UNREADABLE + 1];
};

static void checking_release(struct checking *c)
{
    fd_close(c->lines_fd);
    fd_close(c->clear_fd);
    buf_release(&c->path);
    buf_release(&c->clear);
    buf_release(&c->words);
}

/* Another program of this user can open it while this one runs. */
static int open_memory(int *fd, struct buf *path, struct err *e)
{
    int rc = import_memory(fd, STR(""), e);

    if (rc == 0)
        buf_addf(path, "/proc/%d/fd/%d", (int)getpid(), *fd);
    return rc;
}

static int add_line(void *context, uint64_t seq, struct str line, struct str openings,
                    struct err *e)
{
    const struct checking *c = context;
    int rc = file_write_fd(c->lines_fd, line.p, line.len, "the journal in memory", e);

    (void)seq;
    (void)openings;
    return rc ? rc : file_write_fd(c->lines_fd, "\n", 1, "the journal in memory", e);
}

/* The readable copy, sealed now; where nothing can be written it may be an old one, or none. */
static int find_lines(struct checking *c, struct session *s, struct err *e)
{
    int rc;

    if (!session_is_read_only(s)) {
        buf_addf(&c->path, "%s/journal/journal.cj1", store_folder(session_store(s)));
        return session_checkpoint(s, e);
    }
    rc = open_memory(&c->lines_fd, &c->path, e);
    return rc ? rc
              : store_read(session_store(s), 0, state_size(session_state(s)), false, add_line, c,
                           e);
}

static void say_values(const struct checking *c, struct answer *a)
{
    if (c->count.damaged || c->count.missing)
        buf_addf(&a->text,
                 "Values: %llu not what was signed; %llu not there, though no redaction destroyed "
                 "them. The first: calm log r%llu\n",
                 (unsigned long long)c->count.damaged, (unsigned long long)c->count.missing,
                 (unsigned long long)c->count.first);
    else
        buf_addf(&a->text, "Values: all %llu that you may see are what was signed.\n",
                 (unsigned long long)c->count.written);
}

static void say_items(const struct checking *c, struct answer *a)
{
    static const struct {
        enum item_state state;
        const char *words;
    } kinds[] = {{ITEM_ALTERED, "not what was taken"},
                 {ITEM_MISSING, "not all there"},
                 {ITEM_UNREADABLE, "could not be read"}};

    buf_addf(&a->text, "Evidence: %llu item%s hashed again, ", (unsigned long long)c->items,
             c->items == 1 ? "" : "s");
    if (!c->bad_items)
        buf_adds(&a->text, "all as they were taken");
    else
        buf_addf(&a->text, "%llu as taken", (unsigned long long)c->totals[ITEM_SAME]);
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (c->totals[kinds[i].state])
            buf_addf(&a->text, ", %llu %s", (unsigned long long)c->totals[kinds[i].state],
                     kinds[i].words);
    buf_adds(&a->text, c->bad_items ? " (see above).\n" : ".\n");
}

static void say_verdict(const struct checking *c, struct answer *a)
{
    struct str words = buf_str(&c->words);

    if (a->wants_json) {
        buf_addf(&a->json,
                 "{\"verdict\":%d,\"items\":%llu,\"bad\":%llu,\"altered\":%llu,"
                 "\"missing\":%llu,\"unreadable\":%llu,\"values\":%llu,"
                 "\"values_damaged\":%llu,\"values_missing\":%llu}",
                 c->verdict, (unsigned long long)c->items, (unsigned long long)c->bad_items,
                 (unsigned long long)c->totals[ITEM_ALTERED],
                 (unsigned long long)c->totals[ITEM_MISSING],
                 (unsigned long long)c->totals[ITEM_UNREADABLE],
                 (unsigned long long)c->count.written, (unsigned long long)c->count.damaged,
                 (unsigned long long)c->count.missing);
        return;
    }
    if (c->lines_fd >= 0 && str_starts(words, buf_text(&c->path))) {
        buf_adds(&a->text, "the journal as it lies in the case");
        words = str_from(words, c->path.len);
    }
    sink_terminal(&a->text, words, true);
    say_values(c, a);
    say_items(c, a);
    if (c->verdict == VERDICT_NOT_ANCHORED)
        buf_adds(&a->text, "Next:  calm log anchor, so that somebody else can trust it\n");
}

/* Every item on the register, hashed again. */
static int check_items(struct session *s, const struct view *v, struct checking *c,
                       struct answer *a, struct err *e)
{
    CLEANUP(evidence_check_release) struct evidence_check check;
    CLEANUP(interrupt_end) struct interrupt signals;
    const struct thing *t;
    int rc;

    interrupt_begin(&signals);
    evidence_check_init(&check, s);
    for (size_t at = 0; (t = view_next(v, "evidence", &at));)
        (void)evidence_check_add(&check, t);
    rc = evidence_check_run(&check, a, e);
    c->items = check.count;
    memcpy(c->totals, check.totals, sizeof(c->totals));
    for (size_t i = 0; rc == 0 && i < check.count; i++) {
        const struct item_result *r = &check.items[i];

        if (r->state == ITEM_SAME)
            continue;
        c->bad_items++;
        buf_addf(&a->text, "e%u: ", r->item->number);
        sink_terminal(&a->text, str_of(r->why), false);
        buf_addc(&a->text, '\n');
    }
    return rc;
}

/* Values of the records that calm-verify gets, and no later ones that came meanwhile. */
static int check_lines(struct session *s, struct checking *c, const char **more, struct view *v,
                       struct err *e)
{
    uint64_t size;
    int rc = find_lines(c, s, e);

    if (rc)
        return rc;
    size = state_size(session_state(s));
    rc = session_view(s, v, e);
    if (rc == 0)
        rc = open_memory(&c->clear_fd, &c->clear, e);
    if (rc == 0)
        rc = clear_values_write(v, size, NULL, c->clear_fd, "values in memory", &c->count, e);
    if (rc)
        return rc;
    *more++ = "--openings";
    *more++ = buf_text(&c->clear);
    *more = NULL;
    return 0;
}

/* The lines are what was written. */
static int judge_items(const struct checking *c, struct err *e)
{
    if (c->totals[ITEM_ALTERED])
        return err_set(e, ERR_TAMPER,
                       "the record is what was written, but %llu of the items on its register are "
                       "not what was taken: calm preserve verify says more, and puts it on record",
                       (unsigned long long)c->totals[ITEM_ALTERED]);
    if (c->totals[ITEM_MISSING])
        return err_set(e, ERR_NOTFOUND,
                       "the record is what was written, but of %llu of the items on its register "
                       "not all is there: connect the medium that holds it, or fetch it from "
                       "another copy, and check once more",
                       (unsigned long long)c->totals[ITEM_MISSING]);
    if (c->totals[ITEM_UNREADABLE])
        return err_set(e, ERR_IO,
                       "the record is what was written, but %llu of the items on its register "
                       "could not be read",
                       (unsigned long long)c->totals[ITEM_UNREADABLE]);
    return 0;
}

static int judge(const struct checking *c, struct err *e)
{
    if (c->verdict == VERDICT_TAMPERED || c->count.damaged)
        return err_set(e, ERR_TAMPER, "this record is not what was written");
    if (c->verdict != VERDICT_VERIFIED && c->verdict != VERDICT_NOT_ANCHORED)
        return err_set(e, ERR_FORMAT, "the record could not be checked");
    if (c->count.missing && !c->totals[ITEM_ALTERED])
        return err_set(e, ERR_NOTFOUND,
                       "the lines are what was written, but %llu value%s of them %s not in this "
                       "case any more. Another copy of it, or a backup, may have what is missing",
                       (unsigned long long)c->count.missing, c->count.missing == 1 ? "" : "s",
                       c->count.missing == 1 ? "is" : "are");
    return judge_items(c, e);
}

static int verify_job(struct session *s, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    CLEANUP(checking_release) struct checking c = {.lines_fd = -1, .clear_fd = -1};
    CLEANUP_BUF struct buf root = {0};
    CLEANUP_BUF struct buf witness = {0};
    CLEANUP_BUF struct buf tsa = {0};
    struct buf *const values[] = {&root, &witness, &tsa};
    static const char *const names[] = {"root", "witness", "tsa"};
    static const char *const options[] = {"--root", "--witness", "--tsa"};
    const char *more[9] = {0};
    size_t count = 0;
    struct view v;
    int rc;

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *text = given(op, in, names[i], values[i]);

        if (text) {
            more[count++] = options[i];
            more[count++] = text;
        }
    }
    rc = check_lines(s, &c, &more[count], &v, e);
    if (rc == 0)
        rc = verify_file(buf_text(&c.path), more, &c.verdict, &c.words, e);
    if (rc == 0)
        rc = check_items(s, &v, &c, a, e);
    if (rc)
        return rc;
    say_verdict(&c, a);
    return judge(&c, e);
}

const struct operation log_verify = {
    .name = "log verify",
    .practice = "note",
    .help = "check the whole record, its values and every item of evidence",
    .more = "calm-verify, which shares no code with calm, checks the lines, and that every value "
            "that you may see is the one that was signed. The values are handed to it in memory. "
            "What is in compartments that you are not in, or labelled above what you may see, it "
            "counts as withheld. A value that is in the case no more, though no redaction "
            "destroyed it, says nothing against the lines: calm-verify counts it as withheld "
            "too, and this ends with exit 3, where all else holds; so it ends where an item of "
            "evidence "
            "is not there, or not all of it, such as a disk image on a disk that is not connected.",
    .example = "calm log verify --root \"812:1a2b3c4d-9f …\"",
    OP_FIELDS(verify_fields),
    .type = OP_JOB,
    .roles = ROLES_ALL,
    .faces = FACE_CLI,
    .records = WORDS("checkpoint/1"),
    .works_read_only = true,
    .job = verify_job};
