/* view.c: need to know, applied before anything is counted or shown. */
#include "case/view.h"
#include "base/sink.h"
#include "case/operation.h"

void view_init(struct view *v, const struct state *s, struct store *store, const struct key *key,
               struct utc now)
{
    CLEANUP_BUF struct buf hex = {0};
    const struct thing *t;

    *v = (struct view){.state = s, .store = store, .key = *key, .now = now};
    hex_add(&hex, key->b, sizeof(key->b));
    for (size_t i = 0; (t = state_thing_of(s, "person", i)); i++)
        if (str_eq(thing_value(t, "key"), buf_str(&hex)))
            v->person = t;
    if (!v->person || keyring_power(state_keyring(s), key) == POWER_NONE)
        return;
    v->roles = roles_of(thing_value(v->person, "role"));
    v->clearance = roles_clearance(v->roles);
}

struct view view_at_most(const struct view *v, enum tlp highest)
{
    struct view cut = *v;

    if (cut.clearance > highest)
        cut.clearance = highest;
    return cut;
}

static bool is_in_scope(const struct view *v, const struct record *r)
{
    const char *scope = state_scope(v->state, r);

    return !v->only_scope || strcmp(scope, "team") == 0 || strcmp(scope, v->only_scope) == 0;
}

/* Also by what was changed in it. */
static bool is_all_in_scope(const struct view *v, const struct thing *t)
{
    return !v->only_scope ||
           (is_in_scope(v, state_record(v->state, t->seq)) && !t->is_within_several &&
            (!t->within_seq || is_in_scope(v, state_record(v->state, t->within_seq))));
}

bool view_allows(const struct view *v, const struct thing *t)
{
    return t->is_readable && t->tlp <= v->clearance && is_all_in_scope(v, t);
}

bool view_allows_record(const struct view *v, const struct record *r)
{
    if ((enum tlp)r->tlp > v->clearance || !is_in_scope(v, r) ||
        !scopes_holds(state_scopes(v->state), str_of(state_scope(v->state, r))))
        return false;
    return !r->thing || view_allows(v, r->thing);
}

uint64_t view_record_count(const struct view *v)
{
    const struct record *r;
    uint64_t count = 0;

    for (uint64_t seq = 0; (r = state_record(v->state, seq)); seq++)
        count += view_allows_record(v, r);
    return count;
}

const struct thing *view_next(const struct view *v, const char *kind, size_t *at)
{
    const struct thing *t;

    while ((t = state_thing_of(v->state, kind, (*at)++)))
        if (view_allows(v, t))
            return t;
    return NULL;
}

const struct thing *view_next_with(const struct view *v, const char *kind, const char *field,
                                   const char *value, size_t *at)
{
    const struct thing *t;

    while ((t = view_next(v, kind, at)))
        if (thing_says(t, field, value))
            return t;
    return NULL;
}

bool view_refers(const struct view *v, const struct thing *t, const char *field,
                 const struct thing *to)
{
    struct str lines = thing_value(t, field);
    struct id id;

    (void)v;
    while (lines.len)
        if (hex_read(id.b, sizeof(id.b), str_cut(&lines, '\n')) && id_eq(&id, &to->id))
            return true;
    return false;
}

const struct thing *view_next_of(const struct view *v, const char *kind, const char *field,
                                 const struct thing *of, size_t *at)
{
    const struct thing *t;

    while ((t = view_next(v, kind, at)))
        if (view_refers(v, t, field, of))
            return t;
    return NULL;
}

size_t view_count(const struct view *v, const char *kind)
{
    size_t count = 0;

    for (size_t at = 0; view_next(v, kind, &at);)
        count++;
    return count;
}

const struct thing *view_ref(const struct view *v, const struct thing *t, const char *field)
{
    const struct thing *to = thing_ref(v->state, t, field);

    return to && view_allows(v, to) ? to : NULL;
}

void view_call(struct buf *out, const struct thing *t)
{
    if (t->kind->prefix)
        buf_addf(out, "%s%u", t->kind->prefix, t->number);
    else
        buf_addstr(out, view_title(t));
}

struct str view_title(const struct thing *t)
{
    return t->values[0].p ? t->values[0] : str_of("");
}

static void show_ref(const struct view *v, struct str hex, bool with_title, struct buf *out)
{
    const struct thing *t;
    struct id id;
    uint64_t seq;

    if (!hex_read(id.b, sizeof(id.b), hex) || !state_find_id(v->state, &id, &seq))
        return;
    t = state_thing_by_id(v->state, &id);
    if (!t) {
        buf_addf(out, "r%llu", (unsigned long long)seq);
        return;
    }
    if (!view_allows(v, t)) {
        buf_adds(out, "(not for you)");
        return;
    }
    if (with_title && t->kind->fields[0].type != FIELD_REF)
        view_name(v, t, out);
    else
        view_call(out, t);
}

void view_show(const struct view *v, const struct thing *t, const struct field *f, bool with_title,
               struct buf *out)
{
    struct str lines = thing_value(t, f->name);
    const char *between = "";

    if (!(f->flags & FIELD_MANY) && f->type != FIELD_REF) {
        field_show(f, lines, v->now, out);
        return;
    }
    while (lines.len) {
        struct str line = str_cut(&lines, '\n');

        buf_adds(out, between);
        if (f->type == FIELD_REF)
            show_ref(v, line, with_title, out);
        else
            field_show(f, line, v->now, out);
        between = ", ";
    }
}

/* A text may have many lines: the first names it, as a letter is known by whom it greets. */
void view_name(const struct view *v, const struct thing *t, struct buf *out)
{
    CLEANUP_BUF struct buf title = {0};
    struct str rest, first;

    view_call(out, t);
    if (!t->kind->prefix || !view_title(t).len)
        return;
    view_show(v, t, &t->kind->fields[0], false, &title);
    rest = str_trim(buf_str(&title));
    first = str_trim(str_cut(&rest, '\n'));
    if (rest.len && (str_ends(first, ",") || str_ends(first, ":")))
        first = str_head(first, first.len - 1);
    buf_addc(out, ' ');
    buf_addstr(out, first);
}

/* "r17": any record. */
static bool resolve_record(const struct view *v, struct str written, struct id *id)
{
    const struct record *r;
    uint64_t seq;

    if (!str_starts(written, "r") || !str_u64(str_from(written, 1), &seq))
        return false;
    r = state_record(v->state, seq);
    if (!r || !view_allows_record(v, r))
        return false;
    *id = r->id;
    return true;
}

static bool has_number(const struct thing *t, struct str written)
{
    uint64_t n;

    return t->kind->prefix && str_starts(written, t->kind->prefix) &&
           str_u64(str_from(written, strlen(t->kind->prefix)), &n) && n == t->number;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool starts_alike(struct str text, struct str with)
{
    if (with.len == 0 || text.len < with.len)
        return false;
    for (size_t i = 0; i < with.len; i++)
        if (lower(text.p[i]) != lower(with.p[i]))
            return false;
    return true;
}

enum { CALLS_LISTED = 8 };

/* What there is, for the sentence that says that something was not found. */
static void list_calls(const struct view *v, const char *kind, struct buf *out)
{
    const struct thing *t;
    size_t count = 0;

    for (size_t at = 0; (t = view_next(v, kind, &at)); count++) {
        if (count == CALLS_LISTED) {
            buf_adds(out, ", …");
            return;
        }
        buf_adds(out, count ? ", " : "");
        view_call(out, t);
    }
    if (count == 0)
        buf_adds(out, "none yet");
}

/* The operation that puts one with a name on its list: calm assess system web1. NULL: none. */
static const struct operation *maker_of(const struct model *m, const char *kind)
{
    for (size_t i = 0; i < m->operation_count; i++) {
        const struct operation *op = m->operations[i];
        struct str makes = str_of(op->records && op->records[0] ? op->records[0] : "");

        if (op->type == OP_CHANGE && op->kind && !op->kind->prefix && op->field_count &&
            op->fields[0].flags & FIELD_ARG && str_take(&makes, kind) && str_is(makes, "/1"))
            return op;
    }
    return NULL;
}

static int not_found(const struct view *v, const char *kind, struct str written, bool is_several,
                     struct err *e)
{
    const struct operation *maker = is_several ? NULL : maker_of(state_model(v->state), kind);
    CLEANUP_BUF struct buf text = {0};

    if (!v->person)
        return err_set(e, ERR_DENIED,
                       "you are not on the team of this case. Ask to join: calm team join");
    written = str_head(written, 60);
    buf_addf(&text, "there is %s %s called \"" STR_FMT "\"; there is: ",
             is_several ? "more than one" : "no", kind, STR_ARG(written));
    list_calls(v, kind, &text);
    if (maker) {
        buf_addf(&text, ". To put it on the list: calm %s ", maker->name);
        sink_shell(&text, written);
    }
    return err_set(e, ERR_NOTFOUND, "%s", buf_text(&text));
}

int view_resolve(const struct view *v, const struct field *f, struct str written, struct id *id,
                 struct err *e)
{
    const struct thing *begins = NULL;
    const struct thing *t;
    size_t begin_count = 0;

    if (resolve_record(v, written, id) && (!f->kind || state_thing_by_id(v->state, id)))
        if (!f->kind || thing_is(state_thing_by_id(v->state, id), f->kind))
            return 0;
    for (size_t i = 0; (t = state_thing(v->state, i)); i++) {
        if ((f->kind && !thing_is(t, f->kind)) || !view_allows(v, t))
            continue;
        if (has_number(t, written) || (!t->kind->prefix && str_eq(view_title(t), written))) {
            *id = t->id;
            return 0;
        }
        if (!t->kind->prefix && starts_alike(view_title(t), written)) {
            begins = t;
            begin_count++;
        }
    }
    if (begin_count == 1) {
        *id = begins->id;
        return 0;
    }
    if (!f->kind)
        return err_set(e, ERR_NOTFOUND,
                       "%s: \"" STR_FMT "\" is nothing in this case; write r17, e3, p2 or a name",
                       f->name, STR_ARG(str_head(written, 60)));
    return not_found(v, f->kind, written, begin_count > 0, e);
}

const struct thing *view_signer(const struct view *v, const struct record *r)
{
    CLEANUP_BUF struct buf hex = {0};
    const struct thing *t;

    hex_add(&hex, state_key(v->state, r)->b, sizeof(struct key));
    for (size_t at = 0; (t = view_next(v, "person", &at));)
        if (str_eq(thing_value(t, "key"), buf_str(&hex)))
            return t;
    return NULL;
}

void view_signer_name(const struct view *v, const struct record *r, struct buf *out)
{
    const struct thing *t = view_signer(v, r);

    if (t)
        buf_addstr(out, view_title(t));
    else
        hex_add(out, state_key(v->state, r)->b, 4);
}

int view_text(const struct view *v, uint64_t seq, const char *field, struct buf *out, struct err *e)
{
    const struct record *r = state_record(v->state, seq);
    int rc;

    if (!r || !view_allows_record(v, r))
        return 0;
    rc = state_fetch(v->state, v->store, seq, field, out, e);
    return rc == ERR_NOTFOUND || rc == ERR_DENIED || rc == ERR_TAMPER ? 0 : rc;
}

bool view_is_missing(const struct view *v, uint64_t seq)
{
    const struct record *r = state_record(v->state, seq);
    CLEANUP_BUF struct buf value = {0};

    if (!r->kind || r->is_redacted || !view_allows_record(v, r))
        return false;
    if (!r->kind->keeps_no_values || r->is_change)
        return r->is_missing;
    return state_fetch(v->state, v->store, seq, r->kind->fields[0].name, &value, NULL) ==
           ERR_NOTFOUND;
}

bool view_is_damaged(const struct view *v, uint64_t seq)
{
    const struct record *r = state_record(v->state, seq);
    CLEANUP_BUF struct buf value = {0};

    if (!r->kind || !view_allows_record(v, r))
        return false;
    if (!r->kind->keeps_no_values)
        return r->is_damaged;
    for (size_t i = 0; i < r->kind->field_count; i++)
        if (state_fetch(v->state, v->store, seq, r->kind->fields[i].name, &value, NULL) ==
            ERR_TAMPER)
            return true;
    return false;
}
