/* plan.c: reads and spells plans. */
#include "contain/plan.h"
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "contain/action.h"
#include "contain/spell.h"

struct reader {
    struct str rest;
    size_t line; /* the number of the line that was taken last */
    struct str name;
    struct str value;
    struct plan *p;
    size_t net_room;
    struct err *e;
};

static int bad(struct reader *r, const char *why)
{
    return err_set(r->e, ERR_FORMAT, "a plan's line %zu (\"" STR_FMT "\"): %s", r->line,
                   STR_ARG(str_head(r->name, 40)), why);
}

static int next(struct reader *r)
{
    const char *end = r->rest.len ? memchr(r->rest.p, '\n', r->rest.len) : NULL;
    struct str line;

    r->line++;
    if (!end)
        return bad(r, "the plan is cut: it has no \"end\"");
    line = (struct str){r->rest.p, (size_t)(end - r->rest.p)};
    r->rest = str_from(r->rest, line.len + 1);
    r->value = line;
    r->name = str_cut(&r->value, ' ');
    return str_ends(line, " ") ? bad(r, "nothing stands behind its name") : 0;
}

static int expect(struct reader *r, const char *name)
{
    int rc = next(r);

    if (rc)
        return rc;
    return str_is(r->name, name) ? 0 : bad(r, "another line belongs here");
}

static int read_head(struct reader *r)
{
    struct plan *p = r->p;
    int rc = expect(r, "plan");

    if (rc)
        return rc;
    if (!str_is(r->value, "1"))
        return err_set(r->e, ERR_NEWER, "a plan of version \"" STR_FMT "\"; this program reads 1",
                       STR_ARG(str_head(r->value, 20)));
    rc = expect(r, "id");
    if (rc || !hex_read(p->id.b, sizeof(p->id.b), r->value))
        return rc ? rc : bad(r, "not 32 hex digits");
    rc = expect(r, "case");
    if (rc || !hex_read(p->case_id.b, sizeof(p->case_id.b), r->value))
        return rc ? rc : bad(r, "not 64 hex digits");
    rc = expect(r, "host");
    if (rc || !spell_read(p->arena, r->value, &p->host) || !p->host.len || p->host.len > 255)
        return rc ? rc : bad(r, "not the name of a host");
    rc = expect(r, "machine");
    if (rc || !hex_read(p->machine.b, sizeof(p->machine.b), r->value))
        return rc ? rc : bad(r, "not 64 hex digits");
    rc = expect(r, "action");
    if (rc)
        return rc;
    p->action = contain_action(r->value);
    return p->action ? 0 : bad(r, "this program has no such action");
}

static bool read_number(struct str text, uint64_t min, uint64_t max, uint64_t *out)
{
    return str_u64(text, out) && *out >= min && *out <= max && (text.len == 1 || text.p[0] != '0');
}

static int read_times(struct reader *r)
{
    uint64_t n;
    int rc = expect(r, "timer");

    if (rc)
        return rc;
    if (!read_number(r->value, 0, PLAN_TIMER_MAX_S, &n) || (n && n < PLAN_TIMER_MIN_S))
        return bad(r, "not 0, and not 10 to 86400 seconds");
    r->p->timer_s = (uint32_t)n;
    rc = expect(r, "expiry");
    if (rc)
        return rc;
    return read_number(r->value, 0, PLAN_EXPIRY_MAX_S, &r->p->expiry_s) ? 0 : bad(r, "not a time");
}

/* The line that says that a person accepted what nobody can put back. */
static int read_accepted(struct reader *r)
{
    struct plan *p = r->p;

    if (p->action->cannot_undo && (p->timer_s || p->expiry_s))
        return bad(r, "what cannot be undone does not go back by itself: timer and expiry are 0");
    if (!str_is(r->name, "accept-no-undo"))
        return 0;
    if (!p->action->cannot_undo || r->value.len)
        return bad(r, "only a plan of what cannot be undone has it, and it has no value");
    p->accepts_no_undo = true;
    return next(r);
}

static int read_flag(struct reader *r, const char *name, bool *out)
{
    if (!str_is(r->name, name))
        return 0;
    if (r->value.len)
        return bad(r, "it has no value");
    *out = true;
    return next(r);
}

/* What an isolation lets pass besides what it should. */
static int read_accepted_allow(struct reader *r)
{
    bool is_isolation = str_is(str_of(r->p->action->name), "isolate");
    int rc = is_isolation ? read_flag(r, "accept-wide", &r->p->accepts_wide) : 0;

    if (rc == 0 && is_isolation)
        rc = read_flag(r, "accept-names", &r->p->accepts_names);
    return rc;
}

static int read_cut(struct reader *r)
{
    struct plan *p = r->p;
    char spelled[NET_TEXT_SIZE];

    p->cut = arena_alloc(p->arena, sizeof(*p->cut) * PLAN_ALLOW_COUNT);
    while (str_is(r->name, "cut")) {
        int rc;

        if (p->cut_count == PLAN_ALLOW_COUNT)
            return err_set(r->e, ERR_LIMIT, "a plan names more than %d that may be cut off",
                           PLAN_ALLOW_COUNT);
        rc = net_read(r->value, &p->cut[p->cut_count], r->e);
        if (rc)
            return rc;
        if (!str_is(r->value, net_text(spelled, &p->cut[p->cut_count])))
            return bad(r, "not the spelling that a plan has");
        p->cut_count++;
        rc = next(r);
        if (rc)
            return rc;
    }
    return 0;
}

static int read_allow(struct reader *r)
{
    struct endpoint allow[PLAN_ALLOW_COUNT];
    struct plan *p = r->p;
    char spelled[ENDPOINT_TEXT_SIZE];

    while (str_is(r->name, "allow")) {
        int rc;

        if (p->allow_count == COUNT_OF(allow))
            return err_set(r->e, ERR_LIMIT, "a plan names more than %d endpoints that pass",
                           PLAN_ALLOW_COUNT);
        rc = endpoint_read(r->value, &allow[p->allow_count], r->e);
        if (rc)
            return rc;
        if (!str_is(r->value, endpoint_text(spelled, &allow[p->allow_count])))
            return bad(r, "not the spelling that a plan has");
        p->allow_count++;
        rc = next(r);
        if (rc)
            return rc;
    }
    p->allow = arena_alloc(p->arena, sizeof(*p->allow) * p->allow_count);
    memcpy(p->allow, allow, sizeof(*allow) * p->allow_count);
    return 0;
}

static int read_net(struct reader *r)
{
    struct plan *p = r->p;
    char spelled[NET_TEXT_SIZE];
    struct net n;
    int rc = net_read(r->value, &n, r->e);

    if (rc)
        return rc;
    if (!str_is(r->value, net_text(spelled, &n)))
        return bad(r, "not the spelling that a plan has");
    if (p->net_count == PLAN_NET_COUNT)
        return err_set(r->e, ERR_LIMIT, "a plan names more than %d networks", PLAN_NET_COUNT);
    if (p->net_count &&
        (net_cmp(&p->nets[p->net_count - 1], &n) >= 0 || net_has(&p->nets[p->net_count - 1], &n)))
        return bad(r, "networks are sorted, and none lies within another");
    p->nets = mem_grow(p->nets, p->net_count, &r->net_room, sizeof(*p->nets));
    p->nets[p->net_count++] = n;
    return 0;
}

static bool is_word(const struct action_param *param, struct str text)
{
    for (const char *const *w = param->words; *w; w++)
        if (str_is(text, *w))
            return true;
    return false;
}

static bool is_path(struct str path)
{
    struct str rest = path, part;

    if (path.len < 2 || path.len > 4095 || path.p[0] != '/' || memchr(path.p, '\0', path.len))
        return false;
    for (rest = str_from(rest, 1); rest.len;) {
        size_t before = rest.len;

        part = str_cut(&rest, '/');
        if (!part.len || str_is(part, ".") || str_is(part, ".."))
            return false;
        if (!rest.len && part.len < before)
            return false; /* a slash at the end */
    }
    return true;
}

static bool is_name(struct str name)
{
    return name.len <= 255 && !memchr(name.p, '/', name.len) && !memchr(name.p, '\0', name.len) &&
           !str_is(name, ".") && !str_is(name, "..");
}

static bool is_line(struct str text)
{
    return text.len <= PLAN_LINE_SIZE && !memchr(text.p, '\n', text.len) &&
           !memchr(text.p, '\0', text.len);
}

bool plan_value_holds(const struct action_param *param, struct plan_value *v)
{
    switch (param->type) {
    case ACTION_NUMBER:
        return read_number(v->text, param->min, param->max, &v->number);
    case ACTION_WORD:
        return is_word(param, v->text);
    case ACTION_NAME:
        return is_name(v->text);
    case ACTION_PATH:
        return is_path(v->text);
    case ACTION_LINE:
        return is_line(v->text);
    case ACTION_NET:
        break;
    }
    return false;
}

static int read_one(struct reader *r, const struct action_param *param)
{
    struct plan *p = r->p;
    struct plan_value v = {.param = param};

    if (param->type == ACTION_NET)
        return read_net(r);
    if (p->value_count == PLAN_VALUE_COUNT)
        return err_set(r->e, ERR_LIMIT, "a plan has more than %d values", PLAN_VALUE_COUNT);
    if (!spell_read(p->arena, r->value, &v.text) || !v.text.len || !plan_value_holds(param, &v))
        return bad(r, param->help);
    p->values[p->value_count++] = v;
    return 0;
}

static int read_params(struct reader *r)
{
    r->p->values = arena_alloc(r->p->arena, sizeof(*r->p->values) * PLAN_VALUE_COUNT);
    for (const struct action_param *param = r->p->action->params; param && param->name; param++) {
        size_t count = 0;

        for (; str_is(r->name, param->name); count++) {
            int rc = count && !param->is_many ? bad(r, "stands once at most") : read_one(r, param);

            if (rc == 0)
                rc = next(r);
            if (rc)
                return rc;
        }
        if (count == 0 && param->is_required)
            return err_set(r->e, ERR_FORMAT, "a plan to %s lacks \"%s\": %s", r->p->action->name,
                           param->name, param->help);
    }
    return 0;
}

static int read_all(struct reader *r)
{
    int rc = read_head(r);

    if (rc == 0)
        rc = read_times(r);
    if (rc == 0)
        rc = next(r);
    if (rc == 0)
        rc = read_accepted(r);
    if (rc == 0)
        rc = read_accepted_allow(r);
    if (rc == 0)
        rc = read_allow(r);
    if (rc == 0)
        rc = read_cut(r);
    if (rc == 0)
        rc = read_params(r);
    if (rc)
        return rc;
    if (!str_is(r->name, "end") || r->value.len || r->rest.len)
        return bad(r, "nothing more belongs here");
    return 0;
}

int plan_read(struct str text, struct plan **out, struct err *e)
{
    CLEANUP(plan_freep) struct plan *p = mem_new(struct plan);
    struct reader r = {.rest = text, .p = p, .e = e};
    int rc;

    p->arena = arena_new();
    if (text.len > PLAN_SIZE)
        return err_set(e, ERR_LIMIT, "a plan of more than %d bytes", PLAN_SIZE);
    rc = read_all(&r);
    if (rc)
        return rc;
    *out = MOVE(p);
    return 0;
}

void plan_free(struct plan *p)
{
    if (!p)
        return;
    arena_free(p->arena);
    free(p->nets);
    free(p);
}

static void write_param(const struct plan *p, const struct action_param *param, struct buf *out)
{
    char text[NET_TEXT_SIZE];

    if (param->type == ACTION_NET)
        for (size_t i = 0; i < p->net_count; i++)
            buf_addf(out, "%s %s\n", param->name, net_text(text, &p->nets[i]));
    for (size_t i = 0; i < p->value_count; i++) {
        if (p->values[i].param != param)
            continue;
        buf_addf(out, "%s ", param->name);
        spell_add(out, p->values[i].text);
        buf_addc(out, '\n');
    }
}

void plan_write(const struct plan *p, struct buf *out)
{
    char text[ENDPOINT_TEXT_SIZE];

    buf_adds(out, "plan 1\nid ");
    hex_add(out, p->id.b, sizeof(p->id.b));
    buf_adds(out, "\ncase ");
    hex_add(out, p->case_id.b, sizeof(p->case_id.b));
    buf_adds(out, "\nhost ");
    spell_add(out, p->host);
    buf_adds(out, "\nmachine ");
    hex_add(out, p->machine.b, sizeof(p->machine.b));
    buf_addf(out, "\naction %s\ntimer %u\nexpiry ", p->action->name, p->timer_s);
    buf_add_u64(out, p->expiry_s);
    buf_addc(out, '\n');
    if (p->accepts_no_undo)
        buf_adds(out, "accept-no-undo\n");
    if (p->accepts_wide)
        buf_adds(out, "accept-wide\n");
    if (p->accepts_names)
        buf_adds(out, "accept-names\n");
    for (size_t i = 0; i < p->allow_count; i++)
        buf_addf(out, "allow %s\n", endpoint_text(text, &p->allow[i]));
    for (size_t i = 0; i < p->cut_count; i++)
        buf_addf(out, "cut %s\n", net_text(text, &p->cut[i]));
    for (const struct action_param *param = p->action->params; param && param->name; param++)
        write_param(p, param, out);
    buf_adds(out, "end\n");
}

bool plan_is_emergency(const struct plan *p)
{
    return !p->timer_s && !p->expiry_s && p->action->rules;
}

struct hash plan_digest(struct str text)
{
    return hash_bytes(text.p, text.len);
}

const struct plan_value *plan_value(const struct plan *p, const char *name)
{
    for (size_t i = 0; i < p->value_count; i++)
        if (strcmp(p->values[i].param->name, name) == 0)
            return &p->values[i];
    return NULL;
}

uint64_t plan_number(const struct plan *p, const char *name, uint64_t otherwise)
{
    const struct plan_value *v = plan_value(p, name);

    return v ? v->number : otherwise;
}
