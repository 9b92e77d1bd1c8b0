/* merge.c: brings a copy of the case that was written to apart into this one. */
#include <unistd.h>
#include "base/limits.h"
#include "base/sink.h"
#include "practice/import.h"
#include "practice/practice.h"
#include "practice/verify.h"
#include "sys/file.h"

enum { JOURNAL_SIZE_MAX = 1 << 29, SEALED_SIZE_MAX = 1 << 29, GRANTS_SIZE_MAX = 1 << 20 };

static const struct field merge_fields[] = {
    {.name = "folder",
     .type = FIELD_PATH,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .help = "the export of the other copy (calm log export)"},
};

/* The files of an export, in memory; slices of the copy point into them. */
struct import {
    struct buf lines;
    struct buf sealed;
    struct buf openings; /* decoded */
    struct buf grants;
    struct merge_copy copy;
};

static void import_release(struct import *i)
{
    buf_release(&i->lines);
    buf_release(&i->sealed);
    buf_release(&i->openings);
    buf_release(&i->grants);
    free(i->copy.lines);
    free(i->copy.openings);
}

static int read_part(struct buf *out, const char *folder, const char *name, size_t most,
                     bool is_needed, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    int rc;

    buf_addf(&path, "%s/%s", folder, name);
    rc = file_read(out, buf_text(&path), most, e);
    return rc == ERR_NOTFOUND && !is_needed ? 0 : rc;
}

static void split_lines(struct import *i)
{
    struct str rest = buf_str(&i->lines);
    size_t room = 0;

    while (rest.len) {
        i->copy.lines = mem_grow(i->copy.lines, i->copy.count, &room, sizeof(i->copy.lines[0]));
        i->copy.lines[i->copy.count++] = str_cut(&rest, '\n');
    }
    i->copy.openings = mem_array(i->copy.count, sizeof(i->copy.openings[0]));
}

/* "17 BASE64" lines. The decoded bytes move while the buffer grows, so they are kept as offsets
 * first. */
static int split_sealed(struct import *i, struct err *e)
{
    CLEANUP_FREE size_t *starts = mem_array(i->copy.count, sizeof(starts[0]));
    struct str rest = buf_str(&i->sealed);

    while (rest.len) {
        struct str line = str_cut(&rest, '\n');
        struct str number = str_cut(&line, ' ');
        size_t start = i->openings.len;
        uint64_t seq;

        if (!str_u64(number, &seq) || seq >= i->copy.count || line.len > BUF_LIMIT / 4 ||
            !base64_read(&i->openings, line))
            return err_set(e, ERR_FORMAT,
                           "the export's sealed values (journal.cjs) are not as they should be");
        starts[seq] = start;
        i->copy.openings[seq].len = i->openings.len - start;
    }
    for (uint64_t k = 0; k < i->copy.count; k++)
        if (i->copy.openings[k].len)
            i->copy.openings[k].p = i->openings.p + starts[k];
    return 0;
}

/* What is checked is what is taken in: a stick, or a folder on the network, could answer otherwise
 * the second time. */
static int check_lines(const struct import *i, struct err *e)
{
    CLEANUP_FD int fd = -1;
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf words = {0};
    int verdict;
    int rc = import_memory(&fd, buf_str(&i->lines), e);

    buf_addf(&path, "/proc/%d/fd/%d", (int)getpid(), fd);
    if (rc == 0)
        rc = verify_file(buf_text(&path), NULL, &verdict, &words, e);
    if (rc)
        return rc;
    if (verdict != VERDICT_VERIFIED && verdict != VERDICT_NOT_ANCHORED)
        return err_set(e, verdict == VERDICT_TAMPERED ? ERR_TAMPER : ERR_FORMAT,
                       "the other copy does not check, so nothing was taken from it. calm-verify "
                       "says: " STR_FMT,
                       STR_ARG(str_head(buf_str(&words), 700)));
    return 0;
}

static int read_export(struct import *i, const char *folder, struct err *e)
{
    int rc = read_part(&i->lines, folder, "journal.cj1", JOURNAL_SIZE_MAX, true, e);

    if (rc == ERR_NOTFOUND)
        return err_set(e, ERR_NOTFOUND,
                       "there is no export in %s (no journal.cj1). The other copy writes one with: "
                       "calm log export FOLDER",
                       folder);
    if (rc == 0)
        rc = check_lines(i, e);
    if (rc == 0)
        rc = read_part(&i->sealed, folder, "journal.cjs", SEALED_SIZE_MAX, false, e);
    if (rc == 0)
        rc = read_part(&i->grants, folder, "journal.cjg", GRANTS_SIZE_MAX, false, e);
    if (rc)
        return rc;
    split_lines(i);
    return split_sealed(i, e);
}

/* Takes the compartment keys that the other copy has for this person, and gives everybody all that
 * are held. */
static int take_grants(struct session *s, const struct import *i, struct err *e)
{
    struct str rest = buf_str(&i->grants);

    while (rest.len) {
        struct str line = str_cut(&rest, '\n');
        struct str scope = str_cut(&line, ' ');
        struct str hex = str_cut(&line, ' ');
        CLEANUP_BUF struct buf sealed = {0};
        CLEANUP(buf_wipe) struct buf keys = {0};
        struct key key;

        if (!spell_is_name(scope) || !hex_read(key.b, sizeof(key.b), hex) ||
            !base64_read(&sealed, line))
            return err_set(e, ERR_FORMAT,
                           "the export's grants (journal.cjg) are not as they should be");
        if (!key_eq(&key, session_key(s)) ||
            signer_unseal(session_signer(s), &key, buf_str(&sealed), &keys, NULL))
            continue;
        for (size_t k = 0; k + SCOPE_KEY_SIZE <= keys.len; k += SCOPE_KEY_SIZE)
            scopes_put(session_scopes(s), scope, (const uint8_t *)keys.p + k);
    }
    return 0;
}

static int grant_all(struct session *s, struct err *e)
{
    const struct thing *t;
    struct view v;
    int rc = session_view(s, &v, e);

    for (size_t at = 0; rc == 0 && (t = view_next(&v, "person", &at));) {
        struct key key;

        if (hex_read(key.b, sizeof(key.b), thing_value(t, "key")) &&
            keyring_power(state_keyring(v.state), &key) != POWER_NONE)
            rc = session_scope_grant(s, STR("team"), &key, e);
    }
    return rc;
}

/* What things were called before, to say who got another number. */
struct called {
    struct id id;
    uint32_t number;
};

static struct called *call_all(const struct state *s, size_t *count)
{
    struct called *list = NULL;
    const struct thing *t;
    size_t room = 0;

    *count = 0;
    for (size_t i = 0; (t = state_thing(s, i)); i++) {
        if (!t->kind->prefix)
            continue;
        list = mem_grow(list, *count, &room, sizeof(list[0]));
        list[(*count)++] = (struct called){t->id, t->number};
    }
    return list;
}

static void say_renumbered(const struct view *v, const struct called *before, size_t count,
                           struct answer *a)
{
    for (size_t i = 0; i < count; i++) {
        const struct thing *t = state_thing_by_id(v->state, &before[i].id);

        if (!t || t->number == before[i].number || !view_allows(v, t))
            continue;
        buf_addf(&a->text, "  %s%u is called %s%u now: ", t->kind->prefix, before[i].number,
                 t->kind->prefix, t->number);
        sink_terminal(&a->text, utf8_head_columns(view_title(t), 50), false);
        buf_addc(&a->text, '\n');
    }
}

static void say_result(const struct merge_result *r, struct answer *a)
{
    if (a->wants_json) {
        buf_addf(&a->json, "{\"fork\":%llu,\"added\":%llu,\"known\":%llu,\"refused\":%llu}",
                 (unsigned long long)r->fork, (unsigned long long)r->added,
                 (unsigned long long)r->known, (unsigned long long)r->refused);
        return;
    }
    if (r->added == 0)
        buf_adds(&a->text, "The other copy has nothing that is not here already.\n");
    else
        buf_addf(&a->text, "%llu record%s came in; the copies parted after r%llu.\n",
                 (unsigned long long)r->added, r->added == 1 ? "" : "s",
                 (unsigned long long)r->fork - 1);
    if (r->refused)
        buf_addf(&a->text, "%llu value%s did not fit what was signed and %s left out.\n",
                 (unsigned long long)r->refused, r->refused == 1 ? "" : "s",
                 r->refused == 1 ? "was" : "were");
}

static int merge_job(struct session *s, const struct operation *op, const struct input *in,
                     struct answer *a, struct err *e)
{
    CLEANUP(import_release) struct import import = {0};
    CLEANUP_FREE struct called *before = NULL;
    CLEANUP_BUF struct buf folder = {0};
    struct merge_result result;
    size_t count;
    struct view v;
    int rc;

    buf_addstr(&folder, input_value(op, in, "folder"));
    before = call_all(session_state(s), &count);
    rc = read_export(&import, buf_text(&folder), e);
    if (rc == 0)
        rc = take_grants(s, &import, e);
    if (rc == 0)
        rc = session_merge(s, &import.copy, &result, e);
    if (rc == 0)
        rc = grant_all(s, e);
    if (rc == 0)
        rc = session_view(s, &v, e);
    if (rc)
        return rc;
    say_result(&result, a);
    if (!a->wants_json) {
        say_renumbered(&v, before, count, a);
        if (!result.was_ahead && result.added)
            buf_adds(&a->text, "Next:  give the other copy what is here: calm log export FOLDER, "
                               "and there calm log merge FOLDER\n");
    }
    return 0;
}

const struct operation log_merge = {
    .name = "log merge",
    .practice = "note",
    .help = "bring in another copy of this case, written to apart",
    .example = "calm log merge /media/stick/monday",
    .more = "The other copy is checked as a whole first. Its records come in unchanged, with their "
            "own times and signatures; the state is the same in whichever order copies are merged.",
    OP_FIELDS(merge_fields),
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("merge/1"),
    .job = merge_job};
