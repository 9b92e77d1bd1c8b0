/* preserve_verify.c: hashes items of evidence again, and records who did it, when, with what
 * result. */
#include "practice/preserve_verify.h"
#include "base/size.h"
#include "practice/custody.h"
#include "practice/evidence.h"
#include "practice/evidence_check.h"
#include "render/screen.h"
#include "sys/clock.h"
#include "sys/interrupt.h"

enum { ITEMS_OF_RECORD = 100 }; /* each is named once or twice, and refs are limited */

#define RESULT_SAME "as taken"
#define RESULT_DIFFERS "not as taken"
#define RESULT_UNKNOWN "not all could be read"

static const struct field verification_fields[] = {
    {.name = "result",
     .type = FIELD_WORD,
     .flags = FIELD_ONCE,
     .choices = WORDS(RESULT_SAME, RESULT_DIFFERS, RESULT_UNKNOWN),
     .help = "whether all are what was taken"},
    {.name = "evidence",
     .type = FIELD_REF,
     .flags = FIELD_MANY | FIELD_ONCE,
     .kind = "evidence",
     .help = "the items that were hashed again"},
    {.name = "altered",
     .type = FIELD_REF,
     .flags = FIELD_MANY | FIELD_ONCE,
     .kind = "evidence",
     .help = "those whose bytes are not what was taken"},
    {.name = "missing",
     .type = FIELD_REF,
     .flags = FIELD_MANY | FIELD_ONCE,
     .kind = "evidence",
     .help = "those whose bytes are not there"},
    {.name = "unreadable",
     .type = FIELD_REF,
     .flags = FIELD_MANY | FIELD_ONCE,
     .kind = "evidence",
     .help = "those that could not be read"},
    {.name = "found",
     .type = FIELD_LINE,
     .flags = FIELD_MANY | FIELD_ONCE,
     .help = "of a disk image, or a file that is one: what was compared, and where it differs"},
    {.name = "begun", .type = FIELD_TIME, .flags = FIELD_ONCE, .help = "when it began"},
    {.name = "program", .type = FIELD_LINE, .flags = FIELD_ONCE, .help = "which program did it"},
};
const struct kind verification_kind = {.name = "verification",
                                       .prefix = "ev",
                                       .words = "evidence verified",
                                       .change_words = "verification",
                                       KIND_FIELDS(verification_fields)};

const char *const verification_all_words[VERIFICATION_WORDS_COUNT] = {
    [VERIFIED_ALTERED] = "verified: not what was taken",
    [VERIFIED_NOT_ALL] = "verified: not all of it is there",
    [VERIFIED_MISSING] = "verified: its bytes are not there",
    [VERIFIED_UNREADABLE] = "verified: could not be read",
    [VERIFIED_SAME] = "verified: as it was taken",
};

struct str verification_words(const struct view *v, const struct thing *verification,
                              const struct thing *item)
{
    bool is_image = thing_value(item, "files").len > 0;
    enum verification_word word = view_refers(v, verification, "altered", item) ? VERIFIED_ALTERED
                                  : view_refers(v, verification, "missing", item)
                                      ? (is_image ? VERIFIED_NOT_ALL : VERIFIED_MISSING)
                                  : view_refers(v, verification, "unreadable", item)
                                      ? VERIFIED_UNREADABLE
                                      : VERIFIED_SAME;

    return str_of(verification_all_words[word]);
}

/* Items that a field of it names. */
static void set_states(const struct view *v, const struct thing *verification, const char *field,
                       enum item_state state, enum item_state *states, size_t count)
{
    struct str rest = thing_value(verification, field);
    struct id id;

    while (rest.len) {
        const struct thing *t = hex_read(id.b, sizeof(id.b), str_cut(&rest, '\n'))
                                    ? state_thing_by_id(v->state, &id)
                                    : NULL;

        if (t && thing_is(t, "evidence") && t->number < count)
            states[t->number] = state;
    }
}

const enum item_state *verification_states(const struct view *v, struct arena *arena, size_t *count)
{
    const struct thing *t;
    enum item_state *states;

    *count = 1;
    for (size_t i = 0; (t = state_thing_of(v->state, "evidence", i)); i++)
        if (t->number >= *count)
            *count = (size_t)t->number + 1;
    states = arena_alloc(arena, *count * sizeof(states[0]));
    for (size_t i = 0; i < *count; i++)
        states[i] = ITEM_UNCHECKED;
    for (size_t at = 0; (t = view_next(v, "verification", &at));) {
        set_states(v, t, "evidence", ITEM_SAME, states, *count);
        set_states(v, t, "unreadable", ITEM_UNREADABLE, states, *count);
        set_states(v, t, "missing", ITEM_MISSING, states, *count);
        set_states(v, t, "altered", ITEM_ALTERED, states, *count);
    }
    return states;
}

static const struct field verify_fields[] = {
    {.name = "evidence",
     .type = FIELD_REF,
     .flags = FIELD_ARG | FIELD_MANY | FIELD_OUTSIDE,
     .kind = "evidence",
     .help = "which items: e3; all where none is named"},
};

struct verifying {
    struct session *session;
    const struct operation *op;
    const struct input *in;
    struct answer *a;
    struct view view;
    struct evidence_check check;
    struct utc begun;
    uint64_t records;
    bool is_stopped;
};

static void verifying_release(struct verifying *w)
{
    evidence_check_release(&w->check);
}

static int choose(struct verifying *w, struct err *e)
{
    struct str rest = input_value(w->op, w->in, "evidence");
    const struct thing *t;
    struct id id;

    for (size_t at = 0; !rest.len && (t = view_next(&w->view, "evidence", &at));)
        (void)evidence_check_add(&w->check, t);
    while (rest.len) {
        t = hex_read(id.b, sizeof(id.b), str_cut(&rest, '\n'))
                ? state_thing_by_id(w->view.state, &id)
                : NULL;
        if (!t)
            return err_set(e, ERR_NOTFOUND, "say which items: calm preserve list");
        if (!evidence_check_add(&w->check, t))
            return err_set(e, ERR_NOTFOUND, "e%u %s no bytes that could be hashed", t->number,
                           thing_value(t, "destroyed").len ? "is on record as destroyed: it has"
                                                           : "has");
    }
    return w->check.count ? 0 : err_set(e, ERR_NOTFOUND, "no item here has bytes yet");
}

static void add_ref(struct draft *dr, struct buf *lines, const struct thing *item)
{
    if (lines->len)
        buf_addc(lines, '\n');
    hex_add(lines, item->id.b, sizeof(item->id.b));
    draft_ref(dr, &item->id);
}

static void add_items(struct decision *d, struct draft *dr, const char *field,
                      const struct item_result *items, size_t count, enum item_state state)
{
    CLEANUP_BUF struct buf lines = {0};

    for (size_t i = 0; i < count; i++)
        if (state == ITEM_UNCHECKED ? items[i].state != state : items[i].state == state)
            add_ref(dr, &lines, items[i].item);
    if (lines.len)
        draft_value(dr, field, str_of(arena_strdup(d->arena, buf_text(&lines))));
}

static const char *result_of(const struct item_result *items, size_t count)
{
    const char *result = RESULT_SAME;

    for (size_t i = 0; i < count; i++) {
        if (items[i].state == ITEM_ALTERED || items[i].state == ITEM_MISSING)
            return RESULT_DIFFERS;
        if (items[i].state == ITEM_UNREADABLE)
            result = RESULT_UNKNOWN;
    }
    return result;
}

static int record_some(struct verifying *w, const struct item_result *items, size_t count,
                       struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    char begun[UTC_TEXT_SIZE];
    struct draft *dr;
    uint64_t first;
    int rc = session_draft(w->session, &d, w->op, w->in, e);

    if (rc)
        return rc;
    d.is_independent = true;
    dr = decision_add(&d, "verification/1");
    draft_take_input(&d, dr, &verification_kind);
    custody_label(&d, dr, items[0].item);
    draft_value(dr, "result", str_of(result_of(items, count)));
    add_items(&d, dr, "evidence", items, count, ITEM_UNCHECKED);
    add_items(&d, dr, "altered", items, count, ITEM_ALTERED);
    add_items(&d, dr, "missing", items, count, ITEM_MISSING);
    add_items(&d, dr, "unreadable", items, count, ITEM_UNREADABLE);
    if (items[0].found[0])
        draft_value(dr, "found", str_of(items[0].found));
    utc_write(begun, w->begun);
    draft_value(dr, "begun", (struct str){begun, sizeof(begun)});
    draft_value(dr, "program", STR("calm " CALM_VERSION));
    rc = session_append(w->session, &d, &first, e);
    w->records += rc == 0;
    return rc;
}

/* Those that were checked come first: the others are in no record. Then those of one label and
 * compartment together, for whoever sees an item sees what became of it, and nobody else does. */
static int by_record(const void *a, const void *b)
{
    const struct item_result *x = a;
    const struct item_result *y = b;
    const int order[] = {(x->state == ITEM_UNCHECKED) - (y->state == ITEM_UNCHECKED),
                         (int)x->item->scope - (int)y->item->scope,
                         (int)x->item->tlp - (int)y->item->tlp};

    for (size_t i = 0; i < COUNT_OF(order); i++)
        if (order[i])
            return order[i];
    return x->item->number < y->item->number ? -1 : x->item->number > y->item->number;
}

/* How many from the first on go into one record. What was found of one has its own. */
static size_t count_for_record(const struct item_result *items, size_t left)
{
    size_t count = 1;

    while (count < left && count < ITEMS_OF_RECORD && !items[0].found[0] &&
           !items[count].found[0] && items[count].item->scope == items[0].item->scope &&
           items[count].item->tlp == items[0].item->tlp)
        count++;
    return count;
}

/* Its bytes were read, and nothing was compared to the end: it is a look at the item, no result. */
static int record_stopped(struct verifying *w, const struct item_result *r, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf place = {0};
    CLEANUP_BUF struct buf outcome = {0};
    struct draft *dr;
    char host[256];
    uint64_t first;
    int rc = session_draft(w->session, &d, w->op, w->in, e);

    if (rc)
        return rc;
    host_name(host, sizeof(host));
    buf_addf(&place, "begun to be hashed again on %s", host);
    d.is_independent = true;
    dr = decision_add(&d, "custody/1");
    draft_take_input(&d, dr, &custody_kind);
    custody_label(&d, dr, r->item);
    draft_value_ref(&d, dr, "evidence", &r->item->id);
    draft_value(dr, "act", STR("examined"));
    draft_value(dr, "place", buf_str(&place));
    buf_addf(&outcome, "no result: not all of it was read: %s", r->why);
    draft_value(dr, "outcome", buf_str(&outcome));
    return session_append(w->session, &d, &first, e);
}

static int record_all_stopped(struct verifying *w, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < w->check.count && !session_is_read_only(w->session); i++)
        if (w->check.items[i].state == ITEM_UNCHECKED && w->check.items[i].is_begun)
            rc = record_stopped(w, &w->check.items[i], e);
    return rc;
}

static int record_all(struct verifying *w, struct err *e)
{
    size_t left = w->check.count - w->check.totals[ITEM_UNCHECKED];
    const struct item_result *items = w->check.items;
    int rc = 0;

    qsort(w->check.items, w->check.count, sizeof(items[0]), by_record);
    while (rc == 0 && left && !session_is_read_only(w->session)) {
        size_t count = count_for_record(items, left);

        rc = record_some(w, items, count, e);
        items += count;
        left -= count;
    }
    return rc ? rc : record_all_stopped(w, e);
}

/* The screen has them by their numbers. */
static int by_number(const void *a, const void *b)
{
    const struct item_result *x = a;
    const struct item_result *y = b;

    return x->item->number < y->item->number ? -1 : x->item->number > y->item->number;
}

static const char *state_word(enum item_state state)
{
    static const char *const words[] = {
        [ITEM_UNCHECKED] = "not checked",      [ITEM_SAME] = "as it was taken",
        [ITEM_ALTERED] = "NOT what was taken", [ITEM_MISSING] = "not there",
        [ITEM_UNREADABLE] = "cannot be read",
    };

    return words[state];
}

static void tell_item(struct screen *screen, const struct item_result *r)
{
    CLEANUP_BUF struct buf words = {0};
    CLEANUP_BUF struct buf call = {0};

    view_call(&call, r->item);
    buf_addf(&words, "%s: ",
             r->state == ITEM_MISSING && thing_value(r->item, "files").len
                 ? "not all of it is there"
                 : state_word(r->state));
    buf_addstr(&words, view_title(r->item));
    screen_item(screen, 0, buf_str(&call), buf_str(&words));
    for (struct str rest = str_of(r->found); rest.len;)
        screen_item(screen, 5, STR("-"), str_cut(&rest, '\n'));
    if (r->why)
        screen_para(screen, 5, str_of(r->why));
}

/* Whether all that are not as taken are images, of which no copy of the case holds a byte. */
static bool lies_outside(const struct evidence_check *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->items[i].state > ITEM_SAME && !thing_value(c->items[i].item, "files").len)
            return false;
    return c->totals[ITEM_ALTERED] + c->totals[ITEM_MISSING] > 0;
}

/* Of each image it is said above what it means, since of some nothing but what lies beside it was
 * altered. */
static bool says_nothing_yet(const struct evidence_check *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->items[i].state == ITEM_ALTERED && !thing_value(c->items[i].item, "files").len)
            return true;
    return false;
}

static void tell_next(struct screen *screen, const struct evidence_check *c)
{
    CLEANUP_BUF struct buf words = {0};

    screen_blank(screen);
    if (says_nothing_yet(c))
        buf_adds(&words, "What it means: since it was taken somebody changed those bytes, or a "
                         "disk did. What is said in this case from them must be looked at again. ");
    if (c->totals[ITEM_ALTERED])
        buf_adds(&words, "Leave them as they are: how they differ is evidence, too. Do not write "
                         "to that disk; look at its health (smartctl -a), and at who had access.");
    if (words.len)
        screen_para(screen, 0, buf_str(&words));
    if (lies_outside(c))
        screen_next(screen, STR("calm preserve verify"),
                    STR("once the files of the image are there as taken: from another copy"));
    else if (c->totals[ITEM_ALTERED] + c->totals[ITEM_MISSING])
        screen_next(screen, STR("calm --case ANOTHER-COPY preserve verify"),
                    STR("a backup or a colleague's copy of the case may hold them as taken"));
    else
        screen_next(screen, STR("calm preserve verify"),
                    STR("once more, when the medium can be read; copy the case folder first"));
}

static void tell_text(struct verifying *w)
{
    struct screen screen = {&w->a->text, w->a->columns, w->a->color};
    const struct evidence_check *c = &w->check;
    size_t checked = c->count - c->totals[ITEM_UNCHECKED];
    char size[SIZE_TEXT_SIZE];
    bool is_few = c->count <= 20;

    for (size_t i = 0; i < c->count; i++)
        if (c->items[i].state > ITEM_SAME || c->items[i].found[0] || c->items[i].is_begun ||
            (is_few && c->items[i].state == ITEM_SAME))
            tell_item(&screen, &c->items[i]);
    screen_printf(&screen, 0, "Hashed again: %zu item%s, %s. %llu as taken%s%s", checked,
                  checked == 1 ? "" : "s", size_text(size, c->size),
                  (unsigned long long)c->totals[ITEM_SAME],
                  c->totals[ITEM_SAME] == checked ? "." : ", the others are above.",
                  !session_is_read_only(w->session)
                      ? " This is on record."
                      : " The case can only be read here: this is not on record.");
    if (c->totals[ITEM_SAME] != checked)
        tell_next(&screen, c);
}

static void put_found(struct json *j, const char *found)
{
    struct str rest = str_of(found);

    json_name(j, "found");
    json_array_begin(j);
    while (rest.len)
        json_str(j, str_cut(&rest, '\n'));
    json_array_end(j);
}

static void tell_json(struct verifying *w)
{
    const struct evidence_check *c = &w->check;
    struct json j;

    json_begin(&j, &w->a->json);
    json_object_begin(&j);
    json_put_u64(&j, "same", c->totals[ITEM_SAME]);
    json_put_u64(&j, "altered", c->totals[ITEM_ALTERED]);
    json_put_u64(&j, "missing", c->totals[ITEM_MISSING]);
    json_put_u64(&j, "unreadable", c->totals[ITEM_UNREADABLE]);
    json_put_u64(&j, "unchecked", c->totals[ITEM_UNCHECKED]);
    json_put_u64(&j, "size", c->size);
    json_put_u64(&j, "records", w->records);
    json_name(&j, "items");
    json_array_begin(&j);
    for (size_t i = 0; i < c->count; i++) {
        CLEANUP_BUF struct buf call = {0};

        view_call(&call, c->items[i].item);
        json_object_begin(&j);
        json_put_str(&j, "call", buf_str(&call));
        json_put_text(&j, "state", state_word(c->items[i].state));
        if (c->items[i].why)
            json_put_text(&j, "why", c->items[i].why);
        put_found(&j, c->items[i].found);
        json_object_end(&j);
    }
    json_array_end(&j);
    json_object_end(&j);
}

static int judge(const struct verifying *w, struct err *e)
{
    const uint64_t *totals = w->check.totals;

    if (totals[ITEM_ALTERED])
        return err_set(e, ERR_TAMPER, "%llu of the items are not what was taken",
                       (unsigned long long)totals[ITEM_ALTERED]);
    if (totals[ITEM_MISSING])
        return err_set(e, ERR_NOTFOUND, "of %llu of the items not all is there",
                       (unsigned long long)totals[ITEM_MISSING]);
    if (totals[ITEM_UNREADABLE])
        return err_set(e, ERR_IO, "%llu of the items could not be read",
                       (unsigned long long)totals[ITEM_UNREADABLE]);
    if (w->is_stopped)
        return err_set(e, ERR_CANCEL, "stopped at your request; what was checked until then%s",
                       session_is_read_only(w->session) ? " is above"
                                                        : ", and what was being read, is recorded");
    return 0;
}

static int verify_job(struct session *s, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    CLEANUP(verifying_release)
    struct verifying w = {.session = s, .op = op, .in = in, .a = a, .begun = utc_now()};
    CLEANUP(interrupt_end) struct interrupt signals;
    int rc;

    interrupt_begin(&signals);
    evidence_check_init(&w.check, s);
    rc = session_view(s, &w.view, e);
    if (rc == 0)
        rc = choose(&w, e);
    if (rc == 0)
        rc = evidence_check_run(&w.check, a, e);
    w.is_stopped = rc == ERR_CANCEL;
    if (rc && !w.is_stopped)
        return rc;
    rc = record_all(&w, e);
    if (rc)
        return rc;
    qsort(w.check.items, w.check.count, sizeof(w.check.items[0]), by_number);
    if (a->wants_json)
        tell_json(&w);
    else
        tell_text(&w);
    return judge(&w, e);
}

const struct operation preserve_verify = {
    .name = "preserve verify",
    .practice = "preserve",
    .help = "hash items of evidence again: are they still what was taken?",
    .example = "calm preserve verify e3 e4",
    .more =
        "Reads every byte of the items again, several items at once, and compares them with "
        "the register: all items where none is named. Nothing is changed. Who did it, when, "
        "and the result for each item goes on record and into its chain of custody. Exit "
        "status 8: some are not what was taken; 3: the bytes of some are not there; 11: some "
        "cannot be read. A case that can only be read is checked all the same, without a "
        "record. Stopped by Ctrl-C, what was checked until then is on record, and that the items "
        "which were being read were begun. calm log verify checks the record itself, too. Of a "
        "disk image, whose files "
        "lie outside of the case, each file, and the three hashes of all that it holds are "
        "compared, and an E01 is read once more with libewf; where it is damaged, the "
        "screen and the record say which file, byte and sectors. Of a file that is an E01, the "
        "hashes that it states are compared with what it holds, too, and libewf reads it: "
        "what it states was so when it was taken, and changes nothing of the result.",
    OP_FIELDS(verify_fields),
    .kind = &verification_kind,
    .type = OP_JOB,
    .roles = ROLES_ALL,
    .may_hang = true,
    .faces = FACE_CLI,
    .records = WORDS("verification/1", "custody/1"),
    .works_read_only = true,
    .job = verify_job};
