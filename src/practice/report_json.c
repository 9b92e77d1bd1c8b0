/* report_json.c: the report as data: the same content, for programs. */
#include "journal/note.h"
#include "practice/analyse.h"
#include "practice/report_make.h"

static const char *const status_names[] = {[DOC_PLAIN] = "plain",
                                           [DOC_DRAFT] = "draft",
                                           [DOC_REVIEWED] = "reviewed",
                                           [DOC_APPROVED] = "approved"};

static void put_lines(struct json *j, const char *name, struct str lines)
{
    json_name(j, name);
    json_array_begin(j);
    while (lines.len) {
        struct str line = report_bare(str_cut(&lines, '\n'));

        if (line.len)
            json_str(j, line);
    }
    json_array_end(j);
}

static void put_head(struct report *r, struct json *j)
{
    const struct thing *t = calm_case(r->view);

    json_put_text(j, "format", "calm-report/1");
    json_put_str(j, "title", r->choice->title);
    json_put_str(j, "case", t ? view_title(t) : STR(""));
    json_put_text(j, "conclusion", calm_conclusion_words(r->view));
    json_put_text(j, "status", r->choice->is_issued ? "issued" : status_names[r->choice->status]);
    json_put_text(j, "tlp", tlp_mark(r->choice->label));
    json_put_str(j, "privilege", r->choice->privilege);
    json_put_str(j, "audience", r->choice->audience);
    put_lines(j, "distribution", r->choice->distribution);
    json_put_utc(j, "made", r->view->now);
    if (r->knows_opening)
        json_put_utc(j, "opened", r->opened);
}

static void put_summary(struct report *r, struct json *j)
{
    json_name(j, "summary");
    json_array_begin(j);
    for (size_t i = 0; i < r->say_count; i++) {
        json_object_begin(j);
        json_put_text(j, "heading", r->says[i].heading);
        json_put_str(j, "text", str_trim(r->says[i].text));
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_practice(struct report *r, struct json *j, size_t i)
{
    static const char *const stages[] = {"open", "under-way", "done", "waiting"};

    json_object_begin(j);
    json_put_text(j, "verb", practices[i]->verb);
    json_put_text(j, "title", practices[i]->title);
    json_put_text(j, "stage", stages[r->status[i].stage]);
    put_lines(j, "done", buf_str(&r->status[i].done));
    put_lines(j, "missing", r->knows_opening ? buf_str(&r->status[i].missing) : STR(""));
    json_name(j, "records");
    json_array_begin(j);
    for (size_t k = 0; k < r->count; k++)
        if (report_practice_of(&r->told[k]) == practices[i])
            json_u64(j, r->told[k].seq);
    json_array_end(j);
    json_object_end(j);
}

static void put_thing(struct report *r, struct json *j, const struct thing *t)
{
    CLEANUP_BUF struct buf call = {0};

    json_object_begin(j);
    view_call(&call, t);
    json_put_str(j, "call", buf_str(&call));
    json_put_u64(j, "record", t->seq);
    json_put_u64(j, "changed", t->changed_seq);
    json_put_utc(j, "time", thing_when(r->view->state, t));
    for (size_t i = 0; i < t->kind->field_count; i++) {
        struct str name = str_of(t->kind->fields[i].name);
        CLEANUP_BUF struct buf value = {0};

        if (!t->values[i].len)
            continue;
        report_shown(r, &value, t->kind, name, t->values[i]);
        json_put_str(j, t->kind->fields[i].name, buf_str(&value));
    }
    json_object_end(j);
}

static void put_things(struct report *r, struct json *j)
{
    static const struct {
        const char *name, *kind;
    } lists[] = {{"people", "person"},
                 {"systems", "system"},
                 {"problems", "problem"},
                 {"tops", "top"},
                 {"facts", "fact"},
                 {"looks", "look"},
                 {"assessments", "assessment"},
                 {"hypotheses", "hypothesis"},
                 {"weights", "weight"},
                 {"conclusions", "conclusion"},
                 {"evidence", "evidence"},
                 {"holds", "hold"},
                 {"custody", "custody"},
                 {"contacts", "contact"},
                 {"channels", "channel"},
                 {"messages", "message"},
                 {"deadlines", "deadline"},
                 {"actions", "action"},
                 {"weaknesses", "weakness"},
                 {"checks", "normal"},
                 {"signoffs", "signoff"},
                 {"risks", "risk"},
                 {"lessons", "lesson"},
                 {"handovers", "handover"},
                 {"experts", "expert"},
                 {"scopes", "report-scope"}};

    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const struct thing *t;

        json_name(j, lists[i].name);
        json_array_begin(j);
        for (size_t at = 0; (t = view_next(r->view, lists[i].kind, &at));)
            put_thing(r, j, t);
        json_array_end(j);
    }
}

static void put_gains(struct report *r, struct json *j)
{
    json_name(j, "formal_capability");
    json_array_begin(j);
    for (size_t i = 0; i < r->gain_count; i++) {
        json_object_begin(j);
        json_put_text(j, "practice", r->gains[i].practice->verb);
        json_put_str(j, "missing", str_trim(r->gains[i].missing));
        json_put_str(j, "cost", str_trim(r->gains[i].cost));
        json_put_str(j, "capability", r->gains[i].capability);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_record(struct report *r, struct json *j, const struct told *t)
{
    json_object_begin(j);
    json_put_u64(j, "record", t->seq);
    json_put_hex(j, "id", t->record->id.b, sizeof(t->record->id.b));
    json_put_text(j, "type", state_type(r->view->state, t->record));
    json_put_utc(j, "recorded", t->record->time);
    json_put_utc(j, "happened", t->when);
    json_put_str(j, "by", told_name(r, t));
    json_put_text(j, "tlp", tlp_mark((enum tlp)t->record->tlp));
    json_put_bool(j, "trusted", t->record->trust == TRUST_YES);
    if (t->record->refusal)
        json_put_text(j, "refused", t->record->refusal);
    json_put_bool(j, "redacted", t->record->is_redacted);
    if (t->record->thing) {
        CLEANUP_BUF struct buf call = {0};

        view_call(&call, t->record->thing);
        json_put_str(j, "call", buf_str(&call));
    }
    json_name(j, "says");
    json_object_begin(j);
    for (size_t i = 0; i < t->said_count; i++) {
        CLEANUP_BUF struct buf value = {0};

        if (str_is(t->said[i].name, "with") && r->choice->label < TLP_AMBER)
            continue;
        report_shown(r, &value, t->record->kind, t->said[i].name, t->said[i].value);
        json_put_str(j, t->said[i].name.p, buf_str(&value));
    }
    json_object_end(j);
    json_object_end(j);
}

static void put_verify(struct report *r, struct json *j)
{
    CLEANUP_BUF struct buf groups = {0};

    groups_write(&groups, r->root.b);
    json_name(j, "verify");
    json_object_begin(j);
    json_put_hex(j, "case", state_case_id(r->view->state)->b, 32);
    json_put_u64(j, "size", r->size);
    json_put_hex(j, "root", r->root.b, 32);
    json_put_str(j, "groups", buf_str(&groups));
    json_object_end(j);
}

static void put_signers(struct report *r, struct json *j)
{
    json_name(j, "signatures");
    json_array_begin(j);
    for (size_t i = 0; i < r->choice->signer_count; i++) {
        const struct report_signer *s = &r->choice->signers[i];

        json_object_begin(j);
        json_put_text(j, "role", s->role);
        json_put_str(j, "name", s->name);
        json_put_str(j, "key", s->key);
        json_put_str(j, "words", s->words);
        if (s->key.len)
            json_put_utc(j, "at", s->at);
        json_object_end(j);
    }
    json_array_end(j);
}

void report_json(struct report *r, struct buf *out)
{
    struct json j;

    json_begin(&j, out);
    json_object_begin(&j);
    put_head(r, &j);
    put_summary(r, &j);
    json_name(&j, "practices");
    json_array_begin(&j);
    for (size_t i = 0; practices[i]; i++)
        put_practice(r, &j, i);
    json_array_end(&j);
    put_things(r, &j);
    put_gains(r, &j);
    put_signers(r, &j);
    json_name(&j, "records");
    json_array_begin(&j);
    for (size_t i = 0; i < r->count; i++)
        put_record(r, &j, &r->told[i]);
    json_array_end(&j);
    put_verify(r, &j);
    json_object_end(&j);
    buf_addc(out, '\n');
}
