/* visit_record.c: writes visits on record: that a host is visited, and how it went. */
#include "practice/collection_record.h"
#include "practice/system_host.h"
#include "practice/visit.h"
#include "base/sink.h"

enum { WHY_COLUMNS = 900, TITLE_COLUMNS = 200 };

static void put_text(struct decision *d, struct draft *dr, const char *name, struct str text)
{
    if (text.len)
        draft_value(dr, name, (struct str){arena_dup(d->arena, text.p, text.len), text.len});
}

static void put_number(struct decision *d, struct draft *dr, const char *name, uint64_t n)
{
    draft_value(dr, name, str_of(arena_printf(d->arena, "%llu", (unsigned long long)n)));
}

static void put_time(struct decision *d, struct draft *dr, const char *name, struct utc t)
{
    CLEANUP_BUF struct buf text = {0};

    if (!t.sec)
        return;
    utc_add(&text, t);
    put_text(d, dr, name, buf_str(&text));
}

/* One line of text, of what a host or its program said. */
static void put_line(struct decision *d, struct draft *dr, const char *name, struct str text)
{
    CLEANUP_BUF struct buf line = {0};

    sink_terminal(&line, str_trim(text), false);
    put_text(d, dr, name, utf8_head_columns(buf_str(&line), WHY_COLUMNS));
}

static void put_hash(struct decision *d, struct draft *dr, const char *name, const struct hash *h)
{
    CLEANUP_BUF struct buf hex = {0};

    hex_add(&hex, h->b, sizeof(h->b));
    put_text(d, dr, name, buf_str(&hex));
}

static void draft_begin(struct visits *v, struct decision *d, struct visit *h)
{
    struct draft *dr = decision_add(d, "visit/1");
    const struct thing *system = system_find(d->view, STR(""), str_of(h->at.host));

    h->id = dr->id;
    put_text(d, dr, "host", str_of(h->at.host));
    put_text(d, dr, "user", str_of(h->at.user));
    put_number(d, dr, "port", h->at.port);
    draft_value(dr, "outcome", str_of(visit_outcome_names[VISIT_UNDER_WAY]));
    put_text(d, dr, "arguments", str_of(h->arguments));
    if (h->has_before)
        draft_value_ref(d, dr, "after", &h->before);
    put_hash(d, dr, "program", &v->program_hash);
    put_number(d, dr, "program-size", v->program_size);
    if (system)
        draft_value_ref(d, dr, "system", &system->id);
}

static int record_begin(struct visits *v, struct visit *hosts, size_t count, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    uint64_t first;
    int rc = session_draft(v->session, &d, v->op, v->in, e);

    if (rc)
        return rc;
    d.is_independent = true;
    for (size_t i = 0; i < count; i++)
        draft_begin(v, &d, &hosts[i]);
    return session_append(v->session, &d, &first, e);
}

int visit_record_all(struct visits *v, struct err *e)
{
    return record_begin(v, v->hosts, v->count, e);
}

int visit_record_begin(struct visit *h, struct err *e)
{
    return record_begin(h->all, h, 1, e);
}

void visit_why(struct buf *out, const struct visit *h)
{
    const char *between = ": ";

    if (h->outcome == VISIT_COLLECTED)
        return;
    buf_adds(out, h->why.text);
    for (int i = SSH_PLACE_NONE + 1; i < SSH_PLACE_COUNT_; i++) {
        if (h->footprint.place || !h->footprint.unfit[i])
            continue;
        buf_addf(out, "%s%s %s", between, ssh_place_path((enum ssh_place)i),
                 ssh_unfit_words(h->footprint.unfit[i]));
        between = ", ";
    }
}

void visit_removal(struct buf *out, const struct visit *h)
{
    if (!h->footprint.is_left)
        return;
    buf_addf(out, "ssh -p %u %s@%s %srm -f ", h->at.port, h->at.user, h->at.host,
             input_has(h->all->op, h->all->in, "sudo") ? "sudo " : "");
    ssh_footprint_path(out, &h->footprint);
}

static struct id draft_evidence(struct decision *d, const struct visit *h)
{
    const struct thing *visit = state_thing_by_id(d->view->state, &h->id);
    const struct thing *system = visit ? view_ref(d->view, visit, "system") : NULL;
    struct evidence_facts f = {.sort = "archive", .digests = h->digests, .has_blob = true};
    CLEANUP_BUF struct buf hex = {0};
    const char *title = arena_printf(d->arena, "state of %s, by calm-collect over SSH%s",
                                     h->at.host, h->outcome == VISIT_CUT ? ", cut" : "");

    if (system)
        hex_add(&hex, system->id.b, sizeof(system->id.b));
    f.title = utf8_head_columns(str_of(title), TITLE_COLUMNS);
    f.source_host = str_of(h->at.host);
    f.system_id = buf_str(&hex);
    f.remark = str_of(h->outcome == VISIT_CUT
                          ? "a sealed bundle that was cut: it is good up to where it ends"
                          : "a sealed bundle");
    return evidence_draft(d, &f)->id;
}

static void draft_end(struct decision *d, const struct visit *h)
{
    struct id evidence = {{0}};
    struct draft *dr;
    CLEANUP_BUF struct buf why = {0};
    CLEANUP_BUF struct buf place = {0};

    if (h->has_evidence)
        evidence = draft_evidence(d, h);
    dr = decision_add(d, "visit-change/1");
    draft_ref(dr, &h->id);
    draft_value(dr, "outcome", str_of(visit_outcome_names[h->outcome]));
    visit_why(&why, h);
    put_line(d, dr, "why", buf_str(&why));
    put_line(d, dr, "said", buf_str(&h->said));
    put_text(d, dr, "key", buf_str(&h->fingerprint));
    ssh_footprint_path(&place, &h->footprint);
    put_text(d, dr, "place", buf_str(&place));
    if (h->footprint.is_left)
        draft_value(dr, "left", STR("yes"));
    put_time(d, dr, "begun", h->begun);
    put_time(d, dr, "placed", h->placed);
    put_time(d, dr, "removed", h->footprint.is_left ? (struct utc){0} : h->gone);
    put_time(d, dr, "ended", h->ended);
    if (h->has_evidence)
        draft_value_ref(d, dr, "evidence", &evidence);
}

int visit_record_end(struct visit *h, struct err *e)
{
    struct visits *v = h->all;
    CLEANUP(decision_release) struct decision d = {0};
    const struct record *record;
    uint64_t first;
    int rc = session_draft(v->session, &d, v->op, v->in, e);

    if (rc)
        return rc;
    d.is_independent = true;
    draft_end(&d, h);
    rc = session_append(v->session, &d, &first, e);
    if (rc)
        return rc;
    h->record = first + d.draft_count - 1;
    record = h->has_evidence ? state_record(session_state(v->session), first) : NULL;
    if (record && record->thing) {
        h->item = record->thing->number;
        h->item_id = record->thing->id;
    }
    return 0;
}

/* The newest is that which was made just now. */
static uint32_t newest_collection(struct visits *v, const struct id *item)
{
    const struct thing *t;
    uint32_t number = 0;
    struct view view;

    view_init(&view, session_state(v->session), session_store(v->session), session_key(v->session),
              utc_now());
    for (size_t at = 0; (t = view_next(&view, "collection", &at));) {
        const struct thing *of = view_ref(&view, t, "evidence");

        if (of && id_eq(&of->id, item))
            number = t->number;
    }
    return number;
}

int visit_take_in(struct visit *h, struct err *e)
{
    struct visits *v = h->all;
    CLEANUP(collection_taken_release)
    struct collection_taken t = {.session = v->session,
                                 .op = v->op,
                                 .input = v->in,
                                 .how = "collected",
                                 .item = &h->item_id,
                                 .facts = {.digests = h->digests}};
    struct answer unsaid = {.wants_json = true}; /* one line is said of each host instead */
    const struct thing *system;
    struct view view;
    int rc = session_view(v->session, &view, e);

    if (rc)
        return rc;
    system = system_find(&view, STR(""), str_of(h->at.host));
    if (system)
        t.system = view_title(system);
    rc = collection_take(&t, h->at.given, &unsaid, &h->unread);
    buf_release(&unsaid.json);
    buf_release(&unsaid.text);
    if (rc == ERR_IO || rc == ERR_FULL || rc == ERR_CONFLICT) {
        *e = h->unread;
        return rc;
    }
    if (rc)
        return 0;
    h->members = t.reading.members;
    h->observed = t.reading.observed;
    h->heavy = t.reading.heavy;
    h->missing = t.reading.missing;
    h->collection = newest_collection(v, &h->item_id);
    return 0;
}
