/* join.c: how somebody comes onto the team, leaves it, and is let into a compartment. */
#include <glob.h>
#include <sys/stat.h>
#include "base/limits.h"
#include "base/sink.h"
#include "journal/ed25519.h"
#include "journal/note.h"
#include "practice/join.h"
#include "practice/practice.h"
#include "practice/secret.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/term.h"

enum { REQUEST_SIZE_MAX = 4096, REQUESTS_MAX = 64 };

/* A request to join lies in the case's folder, requests/NAME.join, until a lead lets the person in:
 * lines "calm-join/1", "key HEX", "proof HEX" (the signature that enrol/1 wants), "name TEXT",
 * "part WORD". It proves itself; the lead compares the fingerprint with what the person reads out.
 */
struct request {
    struct key key;
    struct sig proof;
    char name[LIMIT_PERSON_NAME_SIZE + 1];
    char part[16];
};

static void enrol_message(struct buf *out, const struct hash *case_id)
{
    buf_adds(out, "cj/1 enrol\n");
    hex_add(out, case_id->b, sizeof(case_id->b));
}

static void fingerprint(struct buf *out, const struct key *key)
{
    struct hash h = hash_bytes(key->b, sizeof(key->b));

    for (size_t i = 0; i < 8; i += 2) {
        if (i)
            buf_addc(out, '-');
        hex_add(out, h.b + i, 2);
    }
}

static const struct field join_fields[] = {
    {.name = "name",
     .type = FIELD_LINE,
     .flags = FIELD_ARG,
     .help = "how you are called; your user name if not given"},
    {.name = "part",
     .type = FIELD_WORD,
     .flags = FIELD_ASK,
     .choices = WORDS("documents", "acts"),
     .help = "whether you document or act"},
    {.name = "file",
     .type = FIELD_PATH,
     .help = "write the request there, to carry it to the lead; else into the case's folder"},
};

static int request_write(struct session *s, const struct key *key, const char *name,
                         struct str part, const char *path, struct err *e)
{
    CLEANUP_BUF struct buf message = {0};
    CLEANUP_BUF struct buf text = {0};
    struct str bytes;
    struct sig proof;
    int rc;

    enrol_message(&message, state_case_id(session_state(s)));
    bytes = buf_str(&message);
    rc = signer_sign(session_signer(s), key, &bytes, 1, &proof, e);
    if (rc)
        return rc;
    buf_adds(&text, "calm-join/1\nkey ");
    hex_add(&text, key->b, sizeof(key->b));
    buf_adds(&text, "\nproof ");
    hex_add(&text, proof.b, sizeof(proof.b));
    buf_addf(&text, "\nname %s\npart " STR_FMT "\n", name, STR_ARG(part));
    return file_write(path, buf_str(&text), 0644, e);
}

static void request_path(struct session *s, const struct key *key, struct buf *path)
{
    buf_addf(path, "%s/requests/", store_folder(session_store(s)));
    hex_add(path, key->b, 8);
    buf_adds(path, ".join");
}

static int join_job(struct session *s, const struct operation *op, const struct input *in,
                    struct answer *a, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf folder = {0};
    CLEANUP_BUF struct buf print = {0};
    char name[LIMIT_PERSON_NAME_SIZE + 1];
    struct str given = input_value(op, in, "name");
    struct stat st;
    struct key key;
    int rc = input_has(op, in, "file") ? 0 : session_may_write(s, e);

    if (rc)
        return rc;
    if (given.len > LIMIT_PERSON_NAME_SIZE)
        return err_set(e, ERR_LIMIT, "a name has at most %d bytes", (int)LIMIT_PERSON_NAME_SIZE);
    if (given.len)
        snprintf(name, sizeof(name), "%.*s", (int)given.len, given.p);
    else
        user_name(name, sizeof(name));
    rc = session_own_key(s, name, &key, e);
    if (rc)
        return rc;
    if (keyring_power(state_keyring(session_state(s)), &key) != POWER_NONE)
        return err_set(e, ERR_USAGE, "you are on the team of this case already");
    buf_addf(&folder, "%s/requests", store_folder(session_store(s)));
    buf_addstr(&path, input_value(op, in, "file"));
    if (!path.len) {
        request_path(s, &key, &path);
        rc = folder_make(buf_text(&folder), 0700, e);
        if (rc == 0 && (lstat(buf_text(&folder), &st) != 0 || !S_ISDIR(st.st_mode)))
            rc = err_set(e, ERR_TAMPER, "%s is no folder", buf_text(&folder));
    }
    if (rc == 0)
        rc = request_write(s, &key, name, input_value(op, in, "part"), buf_text(&path), e);
    if (rc)
        return rc;
    fingerprint(&print, &key);
    if (a->wants_json) {
        buf_addf(&a->json, "{\"fingerprint\":\"%s\"}", buf_text(&print));
        return 0;
    }
    buf_addf(&a->text,
             "Asked to join. Read this to the lead, face to face or by phone:\n\n  %s\n\nThe lead "
             "lets you in with: calm team admit %s\n",
             buf_text(&print), buf_text(&print));
    return 0;
}

const struct operation team_join = {
    .name = "team join",
    .practice = "team",
    .help = "ask to join the team of this case",
    .example = "calm team join bo --part documents",
    .more = "Makes your key if you have none, and leaves a request in the case's folder. The lead "
            "compares four groups of digits with what you read out, and lets you in.",
    OP_FIELDS(join_fields),
    .type = OP_JOB,
    .is_for_anyone = true,
    .faces = FACE_CLI,
    .job = join_job};

static bool line_value(struct str *rest, const char *name, struct str *value)
{
    struct str line = str_cut(rest, '\n');
    size_t len = strlen(name);

    if (!str_starts(line, name) || line.len < len + 1 || line.p[len] != ' ')
        return false;
    *value = str_from(line, len + 1);
    return true;
}

/* Reads a request; false for anything that is not one, whole and proven. */
static bool request_read(struct request *r, const char *path, const struct hash *case_id)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf message = {0};
    struct str rest;
    struct str key;
    struct str proof;
    struct str name;
    struct str part;

    if (file_read(&text, path, REQUEST_SIZE_MAX, NULL) != 0)
        return false;
    rest = buf_str(&text);
    if (!str_is(str_cut(&rest, '\n'), "calm-join/1") || !line_value(&rest, "key", &key) ||
        !line_value(&rest, "proof", &proof) || !line_value(&rest, "name", &name) ||
        !line_value(&rest, "part", &part))
        return false;
    if (!hex_read(r->key.b, 32, key) || !hex_read(r->proof.b, 64, proof) || !name.len ||
        name.len > LIMIT_PERSON_NAME_SIZE || str_has_utf8_error(name) ||
        (part.len && !str_is(part, "acts") && !str_is(part, "documents")))
        return false;
    snprintf(r->name, sizeof(r->name), "%.*s", (int)name.len, name.p);
    snprintf(r->part, sizeof(r->part), "%.*s", (int)part.len, part.p);
    enrol_message(&message, case_id);
    return ed25519_holds(&r->proof, buf_str(&message), &r->key);
}

static size_t requests_list(const char *case_folder, const struct state *state, struct request *out)
{
    CLEANUP_BUF struct buf pattern = {0};
    size_t count = 0;
    glob_t g;

    buf_addf(&pattern, "%s/requests/*.join", case_folder);
    if (glob(buf_text(&pattern), 0, NULL, &g) != 0)
        return 0;
    for (size_t i = 0; i < g.gl_pathc && count < REQUESTS_MAX; i++)
        if (request_read(&out[count], g.gl_pathv[i], state_case_id(state)) &&
            keyring_power(state_keyring(state), &out[count].key) == POWER_NONE)
            count++;
    globfree(&g);
    return count;
}

size_t join_waiting(const char *case_folder, const struct state *state, struct buf *out)
{
    CLEANUP_FREE struct request *list = mem_array(REQUESTS_MAX, sizeof(list[0]));
    size_t count = requests_list(case_folder, state, list);

    for (size_t i = 0; i < count; i++) {
        buf_addf(out, "%s%s ", i ? ", " : "", list[i].name);
        fingerprint(out, &list[i].key);
    }
    return count;
}

static int request_find(struct session *s, struct str who, struct str file, struct request *out,
                        struct err *e)
{
    CLEANUP_FREE struct request *list = mem_array(REQUESTS_MAX, sizeof(list[0]));
    CLEANUP_BUF struct buf names = {0};
    size_t found = 0;
    size_t count;

    if (file.len) {
        CLEANUP_BUF struct buf path = {0};

        buf_addstr(&path, file);
        if (request_read(out, buf_text(&path), state_case_id(session_state(s))))
            return 0;
        return err_set(e, ERR_FORMAT, "%s is not a request to join this case", buf_text(&path));
    }
    count = requests_list(store_folder(session_store(s)), session_state(s), list);
    for (size_t i = 0; i < count; i++) {
        CLEANUP_BUF struct buf print = {0};

        fingerprint(&print, &list[i].key);
        buf_addf(&names, "\n  %s  %s", buf_text(&print), list[i].name);
        if (!str_is(who, list[i].name) && !str_eq(who, buf_str(&print)))
            continue;
        *out = list[i];
        found++;
    }
    if (found == 1)
        return 0;
    if (count && !who.len)
        return err_set(e, ERR_USAGE,
                       "say whom to let in, by their name or the digits that they read out; these "
                       "asked:%s",
                       buf_text(&names));
    if (count == 0)
        return err_set(e, ERR_NOTFOUND,
                       "nobody has asked to join. They run, at this case: calm team join");
    return err_set(e, ERR_NOTFOUND,
                   "%s asked to join as \"" STR_FMT "\"; these did (name them by their digits):%s",
                   found ? "more than one" : "nobody", STR_ARG(str_head(who, 60)),
                   buf_text(&names));
}

static const struct thing *person_named(const struct view *v, const char *name)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, "person", &at));)
        if (str_is(view_title(t), name) && !thing_value(t, "key").len)
            return t;
    return NULL;
}

static void draft_enrol(struct decision *d, const struct key *key, const struct sig *proof,
                        const char *power, const struct id *person)
{
    struct draft *dr = decision_add(d, "enrol/1");
    CLEANUP_BUF struct buf key_hex = {0};
    CLEANUP_BUF struct buf proof_hex = {0};

    hex_add(&key_hex, key->b, sizeof(key->b));
    hex_add(&proof_hex, proof->b, sizeof(proof->b));
    draft_public_text(d, dr, "key", buf_str(&key_hex));
    draft_public_text(d, dr, "power", str_of(power));
    draft_public_text(d, dr, "proof", buf_str(&proof_hex));
    draft_ref(dr, person);
}

static void draft_member(struct decision *d, const struct request *r, struct str roles)
{
    const struct thing *known = person_named(d->view, r->name);
    struct draft *dr = decision_add(d, known ? "person-change/1" : "person/1");
    bool leads = roles_of(roles) & ROLES_LEADING;
    CLEANUP_BUF struct buf hex = {0};
    struct id person = known ? known->id : dr->id;

    hex_add(&hex, r->key.b, sizeof(r->key.b));
    if (known)
        draft_ref(dr, &known->id);
    else
        draft_value(dr, "name", str_of(arena_strdup(d->arena, r->name)));
    draft_value(dr, "role", roles);
    draft_value(dr, "key", str_of(arena_strdup(d->arena, buf_text(&hex))));
    draft_value(dr, "duty", STR("on"));
    if (*r->part)
        draft_value(dr, "part", str_of(arena_strdup(d->arena, r->part)));
    draft_enrol(d, &r->key, &r->proof, leads ? "lead" : "member", &person);
}

/* Of two, one acts and the other documents: who is alone so far takes the other part. */
static void draft_own_part(struct decision *d, const struct request *r)
{
    const struct thing *me = d->view->person;
    struct draft *dr;

    if (!*r->part || !me || thing_value(me, "part").len)
        return;
    dr = decision_add(d, "person-change/1");
    draft_ref(dr, &me->id);
    draft_value(dr, "part", strcmp(r->part, "acts") == 0 ? STR("documents") : STR("acts"));
}

static const struct field admit_fields[] = {
    {.name = "who",
     .type = FIELD_LINE,
     .flags = FIELD_ARG,
     .help = "their name, or the digits that they read out"},
    {.name = "role",
     .type = FIELD_WORD,
     .flags = FIELD_MANY,
     .choices = role_names,
     .help = "what they do in the team; responder and scribe if not given"},
    {.name = "request", .type = FIELD_PATH, .help = "a request that was carried here as a file"},
};

/* Whoever named them by their digits has compared them; else the person at the terminal does it
 * now, before anything can be read. */
static int compare_digits(const struct request *r, struct str who, struct answer *a, struct err *e)
{
    CLEANUP_BUF struct buf print = {0};

    fingerprint(&print, &r->key);
    if (!a->confirm || str_eq(who, buf_str(&print)))
        return 0;
    sink_terminal(&a->text, str_of(r->name), false);
    buf_addf(&a->text, " asks to join, with the digits  %s\n", buf_text(&print));
    if (a->confirm(a, "Are these the digits that they read out to you"))
        return 0;
    return err_set(
        e, ERR_DENIED,
        "nobody was let in. Compare the digits by voice; a request with others is not theirs");
}

static int admit_job(struct session *s, const struct operation *op, const struct input *in,
                     struct answer *a, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf print = {0};
    CLEANUP_BUF struct buf path = {0};
    struct str roles = input_value(op, in, "role");
    struct request r;
    struct view v;
    uint64_t first;
    int rc = request_find(s, input_value(op, in, "who"), input_value(op, in, "request"), &r, e);

    if (rc == 0)
        rc = compare_digits(&r, input_value(op, in, "who"), a, e);
    if (rc == 0)
        rc = session_view(s, &v, e);
    if (rc)
        return rc;
    decision_begin(&d, &v, op, in);
    draft_member(&d, &r, roles.len ? roles : STR("responder\nscribe"));
    draft_own_part(&d, &r);
    rc = session_scope_grant(s, STR("team"), &r.key, e);
    if (rc == 0)
        rc = session_append(s, &d, &first, e);
    if (rc)
        return rc;
    request_path(s, &r.key, &path);
    (void)remove(buf_text(&path)); /* a request that stays is ignored: its key is enrolled now */
    fingerprint(&print, &r.key);
    if (a->wants_json) {
        buf_addf(&a->json, "{\"record\":%llu,\"fingerprint\":\"%s\"}", (unsigned long long)first,
                 buf_text(&print));
        return 0;
    }
    buf_addf(&a->text, "r%-4llu on the team now: ", (unsigned long long)first);
    sink_terminal(&a->text, str_of(r.name), false);
    buf_addf(&a->text,
             ", key %s\n      If these are not the digits that they read out: calm team remove\n",
             buf_text(&print));
    return 0;
}

const struct operation team_admit = {.name = "team admit",
                                     .practice = "team",
                                     .help = "let somebody in who asked to join",
                                     .example = "calm team admit bo --role responder --role scribe",
                                     OP_FIELDS(admit_fields),
                                     .type = OP_JOB,
                                     .roles = ROLES_LEADING,
                                     .faces = FACE_CLI,
                                     .records = WORDS("person/1", "person-change/1", "enrol/1"),
                                     .job = admit_job};

static const struct field compartment_fields[] = {
    FIELD_CALLED("name",
                 "a short name: letters, digits, hyphens; it stands in clear in the journal"),
    {.name = "text", .type = FIELD_LINE, .flags = FIELD_ARG, .help = "what it is for"},
    {.name = "person",
     .type = FIELD_REF,
     .flags = FIELD_MANY,
     .kind = "person",
     .help = "who else is let in",
     .option = "with"},
};
const struct kind compartment_kind = {.name = "compartment",
                                      .words = "compartment",
                                      .change_words = "compartment changed",
                                      KIND_FIELDS(compartment_fields)};

static int grant_people(struct session *s, const struct view *v, struct str scope, struct str ids,
                        struct err *e)
{
    int rc = 0;

    while (rc == 0 && ids.len) {
        const struct thing *t;
        struct key key;
        struct id id;

        if (!hex_read(id.b, sizeof(id.b), str_cut(&ids, '\n')))
            continue;
        t = state_thing_by_id(v->state, &id);
        if (!t || !hex_read(key.b, sizeof(key.b), thing_value(t, "key")))
            return err_set(e, ERR_USAGE, STR_FMT " has no key yet: they join first, calm team join",
                           STR_ARG(t ? view_title(t) : STR("that person")));
        rc = session_scope_grant(s, scope, &key, e);
    }
    return rc;
}

static int compartment_job(struct session *s, const struct operation *op, const struct input *in,
                           struct answer *a, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    struct str name = input_value(op, in, "name");
    bool is_new;
    struct draft *dr;
    struct view v;
    uint64_t first;
    int rc = session_view(s, &v, e);

    if (rc)
        return rc;
    if (!spell_is_name(name) || str_is(name, "team"))
        return err_set(
            e, ERR_USAGE,
            "a compartment's name has letters a to z, digits and hyphens, and is not \"team\"");
    is_new = !state_has_scope(v.state, name);
    if (is_new)
        rc = session_scope_new(s, name, e);
    if (rc == 0)
        rc = grant_people(s, &v, name, input_value(op, in, "person"), e);
    if (rc)
        return rc;
    decision_begin(&d, &v, op, in);
    dr = decision_add(&d, "compartment/1");
    draft_take_input(&d, dr, &compartment_kind);
    dr->scope = name;
    if (is_new)
        draft_scope_key(&d, dr);
    d.is_independent = !is_new;
    rc = session_append(s, &d, &first, e);
    if (rc == 0 && !answer_record(a, first))
        buf_addf(&a->text, "compartment %s. What belongs there: --scope " STR_FMT "\n",
                 is_new ? "made" : "opened to more people", STR_ARG(name));
    return rc;
}

const struct operation team_compartment = {
    .name = "team compartment",
    .practice = "team",
    .help = "make a compartment that only some of the team can read, or let more people in",
    .example = "calm team compartment personnel \"about an employee\" --with eva",
    OP_FIELDS(compartment_fields),
    .kind = &compartment_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("compartment/1"),
    .job = compartment_job};

enum { PASSPHRASE_LEAST = 8 };

static const struct field passphrase_fields[] = {
    {.name = "off", .type = FIELD_FLAG, .help = "take the passphrase off"},
};

static int passphrase_job(struct session *s, const struct operation *op, const struct input *in,
                          struct answer *a, struct err *e)
{
    CLEANUP(buf_wipe) struct buf passphrase = {0};
    bool is_off = input_has(op, in, "off");
    int rc = is_off ? 0 : secret_ask_twice(&passphrase, PASSPHRASE_LEAST, e);

    if (rc == 0)
        rc = signer_set_passphrase(session_signer(s), session_key(s), buf_str(&passphrase), e);
    if (rc)
        return rc;
    buf_adds(a->wants_json ? &a->json : &a->text,
             a->wants_json ? "{}"
             : is_off      ? "Your key has no passphrase now.\n"
                           : "Your key is sealed. Each command asks for the passphrase.\n");
    return 0;
}

const struct operation team_passphrase = {.name = "team passphrase",
                                          .practice = "team",
                                          .help = "seal your key with a passphrase, or take it off",
                                          .example = "calm team passphrase",
                                          OP_FIELDS(passphrase_fields),
                                          .type = OP_JOB,
                                          .roles = ROLES_ALL,
                                          .faces = FACE_CLI,
                                          .job = passphrase_job};

static const struct field recover_fields[] = {
    {.name = "name",
     .type = FIELD_LINE,
     .flags = FIELD_ARG,
     .help = "how you are called; your user name if not given"},
    {.name = "sheet",
     .type = FIELD_PATH,
     .help = "a file that holds the eight groups of the recovery key; asked for if not given"},
};

static int read_seed(const struct operation *op, const struct input *in, uint8_t seed[32],
                     struct err *e)
{
    CLEANUP(buf_wipe) struct buf text = {0};
    CLEANUP_BUF struct buf path = {0};
    int rc;

    buf_addstr(&path, input_value(op, in, "sheet"));
    rc = path.len ? file_read(&text, buf_text(&path), REQUEST_SIZE_MAX, e)
                  : term_read_secret("The eight groups of the recovery key: ", &text, e);
    return rc ? rc : groups_read(seed, str_trim(buf_str(&text)), e);
}

static int recover_job(struct session *s, const struct operation *op, const struct input *in,
                       struct answer *a, struct err *e)
{
    CLEANUP_BUF struct buf given = {0};
    char name[LIMIT_PERSON_NAME_SIZE + 1];
    uint8_t seed[32];
    int rc = read_seed(op, in, seed, e);

    user_name(name, sizeof(name));
    buf_addstr(&given, str_head(input_value(op, in, "name"), LIMIT_PERSON_NAME_SIZE));
    if (rc == 0)
        rc = session_recover(s, seed, given.len ? buf_text(&given) : name, e);
    mem_wipe(seed, sizeof(seed));
    if (rc)
        return rc;
    buf_adds(
        a->wants_json ? &a->json : &a->text,
        a->wants_json
            ? "{}"
            : "You are a lead of this case now; that the recovery key was used stands on "
              "record.\nNext:  calm team list, and take off whose key is lost: calm team remove\n");
    return 0;
}

const struct operation team_recover = {
    .name = "team recover",
    .practice = "team",
    .help = "become lead with the printed recovery key, when all keys are lost",
    .example = "calm team recover ana",
    OP_FIELDS(recover_fields),
    .type = OP_JOB,
    .is_for_anyone = true,
    .faces = FACE_CLI,
    .records = WORDS("enrol/1", "person/1"),
    .job = recover_job};
