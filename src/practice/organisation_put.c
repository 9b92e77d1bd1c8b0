/* organisation_put.c: what an organisation file says becomes things of a case, each with its
 * source, so that it can be told apart and corrected. */
#include "practice/organisation_put.h"
#include "practice/law.h"

enum { REACHES_SIZE = 32 << 10, GROUPS_MAX = 200 };

/* Texts of a foreign file as one line of a record. */
static struct str line_of(const struct putting *p, struct str text)
{
    char *line = arena_dup(p->d->arena, text.p, text.len);

    for (size_t i = 0; i < text.len; i++)
        if (line[i] == '\n' || line[i] == '\r')
            line[i] = ' ';
    return str_trim((struct str){line, text.len});
}

static void draft_line(const struct putting *p, struct draft *dr, const char *name, struct str text)
{
    struct str line = line_of(p, text);

    if (line.len)
        draft_value(dr, name, line);
}

static void end_thing(const struct putting *p, struct draft *dr)
{
    draft_value(dr, "source", str_of(p->source));
}

static const struct thing *find_named(const struct view *v, const char *kind, struct str name)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, kind, &at));)
        if (str_eq(view_title(t), name))
            return t;
    return NULL;
}

static bool is_drafted(const struct decision *d, const char *type, struct str name, struct id *id)
{
    for (size_t i = 0; i < d->draft_count; i++) {
        if (strcmp(d->drafts[i].type, type) != 0 || !str_eq(d->drafts[i].values[0].value, name))
            continue;
        *id = d->drafts[i].id;
        return true;
    }
    return false;
}

/* The id of a thing that is in the case, or will be by this decision. */
static bool find_id(const struct putting *p, const char *kind, const char *type, struct str name,
                    struct id *id)
{
    const struct thing *t = find_named(p->d->view, kind, name);

    if (t)
        *id = t->id;
    return t || is_drafted(p->d, type, name, id);
}

/* The roles that must be told (notify.c), by the ids that the file gives them. */
static const char *told_as(struct str id)
{
    static const struct {
        const char *id, *role;
    } roles[] = {
        {"cio", "cio"},
        {"security-head", "head-of-security"},
        {"security-local", "local-security-manager"},
        {"operations", "operations-manager"},
        {"technical-operations", "technical-operations"},
        {"management", "management"},
        {"counsel", "counsel"},
        {"data-protection", "data-protection"},
        {"personnel", "personnel"},
        {"police", "police"},
        {"cert", "cert"},
        {"data-protection-authority", "regulator"},
    };

    for (size_t i = 0; i < COUNT_OF(roles); i++)
        if (str_is(id, roles[i].id))
            return roles[i].role;
    return NULL;
}

static bool is_told(const struct putting *p, const char *role, const struct id *person)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next_with(p->d->view, "contact", "role", role, &at));) {
        const struct thing *who = view_ref(p->d->view, t, "person");

        if (!person || (who && id_eq(&who->id, person)))
            return true;
    }
    return false;
}

static void put_told(struct putting *p, const char *role, const struct id *person, struct str need)
{
    struct draft *dr = decision_add(p->d, "contact/1");

    draft_value(dr, "role", str_of(role));
    draft_value_ref(p->d, dr, "person", person);
    draft_line(p, dr, "need", need);
    end_thing(p, dr);
}

/* Somebody who holds several roles stands there several times, and is one person. */
void put_person(struct putting *p, const struct str *row)
{
    struct str name = line_of(p, row[PERSON_NAME]);
    const char *role = told_as(row[PERSON_ID]);
    struct draft *dr;
    struct id id;

    if (!name.len)
        return;
    if (!find_id(p, "person", "person/1", name, &id)) {
        dr = decision_add(p->d, "person/1");
        draft_value(dr, "name", name);
        draft_line(p, dr, "position", row[PERSON_ROLE]);
        draft_line(p, dr, "mobile", row[PERSON_MOBILE]);
        end_thing(p, dr);
        id = dr->id;
    }
    if (role && !is_told(p, role, NULL))
        put_told(p, role, &id, row[PERSON_DECIDES]);
}

static const char *contact_role(const struct str *row)
{
    const char *role = told_as(row[CONTACT_ID]);

    if (str_is(row[CONTACT_SORT], "insurer"))
        return "insurer";
    if (str_is(row[CONTACT_SORT], "authorities"))
        return role ? role : "other";
    return str_is(row[CONTACT_SORT], "experts") ? NULL : "supplier";
}

/* Whoever is called from outside: a person of the case that reads nothing in it. */
void put_contact(struct putting *p, const struct str *row)
{
    struct str name = line_of(p, row[CONTACT_NAME]);
    const char *role = contact_role(row);
    CLEANUP_BUF struct buf need = {0};
    struct draft *dr;
    struct id id;

    if (!name.len)
        return;
    if (!find_id(p, "person", "person/1", name, &id)) {
        dr = decision_add(p->d, "person/1");
        draft_value(dr, "name", name);
        draft_line(p, dr, "position",
                   !role                   ? STR("expert")
                   : row[CONTACT_WHAT].len ? row[CONTACT_WHAT]
                                           : str_of(role));
        draft_line(p, dr, "mobile", row[CONTACT_PHONE]);
        if (!role)
            draft_line(p, dr, "skills", row[CONTACT_WHAT]);
        end_thing(p, dr);
        id = dr->id;
    }
    if (!role || is_told(p, role, &id))
        return;
    for (size_t i = CONTACT_WHAT; i < CONTACT_TEXT_COUNT; i++) {
        if (i == CONTACT_NAME || i == CONTACT_PHONE || !row[i].len)
            continue;
        buf_adds(&need, need.len ? ", " : "");
        buf_addstr(&need, row[i]);
    }
    put_told(p, role, &id, buf_str(&need));
}

void put_system(struct putting *p, const struct str *row)
{
    struct str name = line_of(p, row[SYSTEM_ID]);
    struct draft *dr;
    struct id id;

    if (!name.len || find_id(p, "system", "system/1", name, &id))
        return;
    dr = decision_add(p->d, "system/1");
    draft_value(dr, "name", name);
    draft_value(dr, "state", STR("unknown"));
    draft_line(p, dr, "purpose", row[SYSTEM_PURPOSE].len ? row[SYSTEM_PURPOSE] : row[SYSTEM_NAME]);
    draft_line(p, dr, "owner", row[SYSTEM_OWNER]);
    draft_line(p, dr, "place", row[SYSTEM_PLACE]);
    if (row[SYSTEM_ADDRESSES].len)
        draft_value(dr, "address", row[SYSTEM_ADDRESSES]);
    if (row[SYSTEM_NORMAL].len)
        draft_value(dr, "normal", row[SYSTEM_NORMAL]);
    end_thing(p, dr);
}

/* The systems of those names, as far as they are in the case. */
static void draft_systems(const struct putting *p, struct draft *dr, const char *field,
                          struct str names, char between)
{
    CLEANUP_BUF struct buf hex = {0};
    size_t count = 0;

    while (names.len && count < DRAFT_REFS_MAX) {
        struct str name = str_trim(str_cut(&names, between));
        struct id id;

        if (!find_id(p, "system", "system/1", name, &id))
            continue;
        if (hex.len)
            buf_addc(&hex, '\n');
        hex_add(&hex, id.b, sizeof(id.b));
        draft_ref(dr, &id);
        count++;
    }
    if (hex.len)
        draft_value(dr, field, str_of(arena_strdup(p->d->arena, buf_text(&hex))));
}

void put_backup(struct putting *p, const struct str *row)
{
    struct str name = line_of(p, row[BACKUP_ID]);
    struct draft *dr;
    struct id id;

    if (!name.len || find_id(p, "backup", "backup/1", name, &id))
        return;
    dr = decision_add(p->d, "backup/1");
    draft_value(dr, "name", name);
    draft_systems(p, dr, "covers", row[BACKUP_COVERS], ',');
    draft_line(p, dr, "place", row[BACKUP_PLACE]);
    draft_line(p, dr, "hold", row[BACKUP_HOLD]);
    draft_line(p, dr, "contact", row[BACKUP_CONTACT]);
    end_thing(p, dr);
}

/* "mail", or "mail over mail1, dc1": people's addresses of one sort over the same systems are one
 * channel, which is cleared or marked as one. */
static void channel_name(const struct putting *p, const struct str *row, struct buf *out)
{
    struct str systems = row[CHANNEL_RELIES];

    buf_addstr(out, line_of(p, str_head(row[CHANNEL_KIND], 200)));
    for (const char *between = " over "; systems.len && out->len < 400; between = ", ") {
        buf_adds(out, between);
        buf_addstr(out, str_head(line_of(p, str_cut(&systems, '\n')), 100));
    }
    if (str_is(row[CHANNEL_TRUST], "trusted") || str_is(row[CHANNEL_TRUST], "compromised")) {
        buf_adds(out, ", ");
        buf_addstr(out, row[CHANNEL_TRUST]);
    }
}

static void draft_channel(struct putting *p, struct str name, const struct str *row,
                          struct str reaches)
{
    struct draft *dr = decision_add(p->d, "channel/1");
    bool is_said =
        str_is(row[CHANNEL_TRUST], "trusted") || str_is(row[CHANNEL_TRUST], "compromised");

    draft_value(dr, "name", name);
    draft_value(dr, "trust", is_said ? row[CHANNEL_TRUST] : STR("unknown"));
    draft_systems(p, dr, "relies-on", row[CHANNEL_RELIES], '\n');
    if (is_said)
        draft_value(dr, "because", str_of(p->source));
    if (reaches.len)
        draft_value(dr, "reaches",
                    (struct str){arena_dup(p->d->arena, reaches.p, reaches.len), reaches.len});
    end_thing(p, dr);
}

/* Somebody who holds several roles stands in the file several times. */
static void add_once(struct buf *lines, struct str line)
{
    if (str_has_line(buf_str(lines), line))
        return;
    buf_adds(lines, lines->len ? "\n" : "");
    buf_addstr(lines, line);
}

/* Drafts the channel of row `at` with all whom it reaches, where it is the first of its name. */
void put_channel(struct putting *p, const struct organisation *o, size_t at)
{
    const struct str *row = organisation_row(o, ROW_CHANNEL, at);
    CLEANUP_BUF struct buf name = {0};
    CLEANUP_BUF struct buf reaches = {0};
    struct str kept;
    struct id id;

    channel_name(p, row, &name);
    kept = (struct str){arena_dup(p->d->arena, name.p, name.len), name.len};
    if (!kept.len || p->channels >= GROUPS_MAX || find_id(p, "channel", "channel/1", kept, &id))
        return;
    for (size_t i = at; i < o->tables[ROW_CHANNEL].count && reaches.len < REACHES_SIZE; i++) {
        const struct str *other = organisation_row(o, ROW_CHANNEL, i);
        CLEANUP_BUF struct buf other_name = {0};

        channel_name(p, other, &other_name);
        if (!other[CHANNEL_REACHES].len || !str_eq(buf_str(&other_name), kept))
            continue;
        add_once(&reaches, str_head(line_of(p, other[CHANNEL_REACHES]), 500));
    }
    draft_channel(p, kept, row, buf_str(&reaches));
    p->channels++;
}

/* Whether a law applies is what was decided beforehand; its clock is started by a person. */
void put_law(struct putting *p, const struct str *row)
{
    struct draft *dr;
    struct id id;

    if (!law_is_known(row[LAW_ID]) ||
        !(str_is(row[LAW_APPLIES], "yes") || str_is(row[LAW_APPLIES], "no")) ||
        find_id(p, "law", "law/1", row[LAW_ID], &id))
        return;
    dr = decision_add(p->d, "law/1");
    draft_value(dr, "law", line_of(p, row[LAW_ID]));
    draft_value(dr, "applies", line_of(p, row[LAW_APPLIES]));
    draft_line(p, dr, "decided-by", row[LAW_DECIDED_BY]);
    draft_line(p, dr, "because", row[LAW_REASON]);
    end_thing(p, dr);
}
