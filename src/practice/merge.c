/* merge.c: brings a copy of the case that was written to apart into this one. */
#include "base/sink.h"
#include "practice/export_read.h"
#include "practice/practice.h"

static const struct field merge_fields[] = {
    {.name = "folder",
     .type = FIELD_PATH,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .help = "the export of the other copy (calm log export)"},
};

/* Takes the compartment keys that the other copy has for this person, and gives everybody all that
 * are held. */
static int take_grants(struct session *s, const struct export_copy *x, struct err *e)
{
    struct str rest = buf_str(&x->grants);
    CLEANUP_BUF struct buf sealed = {0};
    struct store_grant grant;
    int rc;

    while ((rc = export_grant_next(&rest, &grant, &sealed, e)) > 0) {
        CLEANUP(buf_wipe) struct buf keys = {0};

        if (!key_eq(&grant.key, session_key(s)) ||
            signer_unseal(session_signer(s), &grant.key, grant.sealed, &keys, NULL))
            continue;
        for (size_t k = 0; k + SCOPE_KEY_SIZE <= keys.len; k += SCOPE_KEY_SIZE)
            scopes_put(session_scopes(s), grant.scope, (const uint8_t *)keys.p + k);
    }
    return rc;
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
    CLEANUP(export_release) struct export_copy export = {0};
    CLEANUP_FREE struct called *before = NULL;
    CLEANUP_BUF struct buf folder = {0};
    struct merge_result result;
    size_t count;
    struct view v;
    int rc;

    buf_addstr(&folder, input_value(op, in, "folder"));
    before = call_all(session_state(s), &count);
    rc = export_read(&export, buf_text(&folder), e);
    if (rc == 0)
        rc = take_grants(s, &export, e);
    if (rc == 0)
        rc = session_merge(s, &export.copy, &result, e);
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
