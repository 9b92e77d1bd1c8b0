/* verify.c: asks calm-verify about this case's journal. */
#include "practice/verify.h"
#include <unistd.h>
#include "base/sink.h"
#include "journal/note.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "sys/self.h"

enum { WORDS_SIZE_MAX = 1 << 20, ARGUMENTS_MAX = 32, TIMEOUT_S = 3600 };

/* calm-verify lies beside this program, or below verify/ in a build folder. */
static int find_verifier(struct buf *path, struct err *e)
{
    static const char *const places[] = {"calm-verify", "verify/calm-verify"};
    CLEANUP_BUF struct buf self = {0};
    int rc = self_program(&self, e);
    const char *slash;

    if (rc)
        return rc;
    slash = strrchr(buf_text(&self), '/');
    for (size_t i = 0; slash && i < COUNT_OF(places); i++) {
        buf_clear(path);
        buf_addf(path, "%.*s/%s", (int)(slash - self.p), self.p, places[i]);
        if (access(buf_text(path), X_OK) == 0)
            return 0;
    }
    return err_set(e, ERR_NOTFOUND,
                   "calm-verify is not beside this program; it checks the journal and must be "
                   "installed with it");
}

int verify_file(const char *skeleton, const char *const *more, int *verdict, struct buf *words,
                struct err *e)
{
    CLEANUP_BUF struct buf program = {0};
    CLEANUP_BUF struct buf loader = {0};
    CLEANUP_BUF struct buf library_folder = {0};
    const char *argv[SELF_PREFIX_MAX + ARGUMENTS_MAX + 3];
    struct proc_result result = {0};
    int rc = find_verifier(&program, e);
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

static const struct field verify_fields[] = {
    {.name = "root", .type = FIELD_LINE, .help = "a printed root: SIZE:GROUPS"},
    {.name = "witness", .type = FIELD_LINE, .help = "a witness's public key in hex"},
    {.name = "tsa", .type = FIELD_PATH, .help = "the certificate of a time-stamp authority"},
};

static const char *given(const struct operation *op, const struct input *in, const char *name,
                         struct buf *b)
{
    buf_addstr(b, input_value(op, in, name));
    return b->len ? buf_text(b) : NULL;
}

static void say_verdict(int verdict, const struct buf *words, uint64_t items, uint64_t bad,
                        struct answer *a)
{
    if (a->wants_json) {
        buf_addf(&a->json, "{\"verdict\":%d,\"items\":%llu,\"bad\":%llu}", verdict,
                 (unsigned long long)items, (unsigned long long)bad);
        return;
    }
    sink_terminal(&a->text, buf_str(words), true);
    buf_addf(&a->text, "Evidence: %llu item%s hashed again, %s.\n", (unsigned long long)items,
             items == 1 ? "" : "s",
             bad ? "and some are not what they were (see above)" : "all as they were taken");
    if (verdict == VERDICT_NOT_ANCHORED)
        buf_adds(&a->text, "Next:  calm log anchor, so that somebody else can trust it\n");
}

/* Every item on the register, hashed whole by the store as it opens it. */
static int check_items(struct session *s, const struct view *v, uint64_t *items, uint64_t *bad,
                       struct answer *a, struct err *e)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, "evidence", &at));) {
        struct err why = {0};
        struct hash name;
        uint64_t size;
        int fd = -1;
        int rc;

        if (!hex_read(name.b, sizeof(name.b), thing_value(t, "sha256")))
            continue;
        rc = blob_open(session_store(s), &name, &fd, &size, &why);
        fd_close(fd);
        (*items)++;
        if (rc == 0)
            continue;
        if (rc != ERR_TAMPER && rc != ERR_NOTFOUND)
            return err_set(e, why.code, "%s", why.text);
        (*bad)++;
        buf_addf(&a->text, "e%u: ", t->number);
        sink_terminal(&a->text, str_of(why.text), false);
        buf_addc(&a->text, '\n');
    }
    return 0;
}

static int verify_job(struct session *s, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf words = {0};
    CLEANUP_BUF struct buf root = {0};
    CLEANUP_BUF struct buf witness = {0};
    CLEANUP_BUF struct buf tsa = {0};
    struct buf *const values[] = {&root, &witness, &tsa};
    static const char *const names[] = {"root", "witness", "tsa"};
    static const char *const options[] = {"--root", "--witness", "--tsa"};
    const char *more[7] = {0};
    size_t count = 0;
    uint64_t items = 0;
    uint64_t bad = 0;
    struct view v;
    int verdict;
    int rc = session_is_read_only(s) ? 0 : session_checkpoint(s, e);

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *text = given(op, in, names[i], values[i]);

        if (text) {
            more[count++] = options[i];
            more[count++] = text;
        }
    }
    buf_addf(&path, "%s/journal/journal.cj1", store_folder(session_store(s)));
    if (rc == 0)
        rc = verify_file(buf_text(&path), more, &verdict, &words, e);
    if (rc == 0)
        rc = session_view(s, &v, e);
    if (rc == 0)
        rc = check_items(s, &v, &items, &bad, a, e);
    if (rc)
        return rc;
    say_verdict(verdict, &words, items, bad, a);
    if (verdict == VERDICT_TAMPERED || bad)
        return err_set(e, ERR_TAMPER, "this record is not what was written");
    return verdict == VERDICT_VERIFIED || verdict == VERDICT_NOT_ANCHORED
               ? 0
               : err_set(e, ERR_FORMAT, "the record could not be checked");
}

const struct operation log_verify = {.name = "log verify",
                                     .practice = "note",
                                     .help = "check the whole record and every item of evidence",
                                     .example = "calm log verify --root \"812:1a2b3c4d-9f …\"",
                                     OP_FIELDS(verify_fields),
                                     .type = OP_JOB,
                                     .roles = ROLES_ALL,
                                     .faces = FACE_CLI,
                                     .records = WORDS("checkpoint/1"),
                                     .works_read_only = true,
                                     .job = verify_job};
