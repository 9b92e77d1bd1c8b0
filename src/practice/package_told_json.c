/* package_told_json.c: what came out of checking an opened package, for programs. */
#include "practice/package_told.h"
#include "practice/verify.h"

static void put_told(struct json *j, const struct hold_told *t)
{
    uint64_t seq;

    if (str_u64(t->record, &seq))
        json_put_u64(j, "record", seq);
    if (t->record.len)
        json_put_str(j, "title", t->title);
}

static bool is_beyond(const struct hold_told *t)
{
    return str_is(t->folder, "beyond");
}

static void put_beyond(const struct package_held *h, struct json *j)
{
    json_name(j, "beyond");
    json_array_begin(j);
    for (size_t i = 0; i < h->without.count; i++)
        if (is_beyond(&h->without.told[i])) {
            json_object_begin(j);
            put_told(j, &h->without.told[i]);
            json_object_end(j);
        }
    json_array_end(j);
}

static void put_chain(const struct package_held *h, struct json *j)
{
    static const char *const names[ACT_TEXT_COUNT] = {
        [ACT_WHAT] = "act",  [ACT_SAID] = "time", [ACT_RECORDED] = "recorded",
        [ACT_FROM] = "from", [ACT_TO] = "to",     [ACT_WHO] = "by",
        [ACT_KEY] = "key"};
    uint64_t seq;

    json_name(j, "chain");
    json_array_begin(j);
    for (size_t i = 0; i < h->chain.count; i++) {
        const struct hold_act *act = &h->chain.acts[i];

        json_object_begin(j);
        if (str_u64(act->texts[ACT_ITEM], &seq))
            json_put_u64(j, "item", seq);
        if (str_u64(act->texts[ACT_RECORD], &seq))
            json_put_u64(j, "record", seq);
        for (int k = ACT_WHAT; k < ACT_TEXT_COUNT; k++)
            if (act->texts[k].len)
                json_put_str(j, names[k], act->texts[k]);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_forms(const struct package_check *c, struct json *j)
{
    json_name(j, "forms");
    json_object_begin(j);
    json_put_u64(j, "there", c->forms);
    json_put_u64(j, "compared", c->held.forms);
    json_name(j, "with_nothing");
    json_array_begin(j);
    for (size_t i = 0; i < c->held.free_count; i++) {
        json_object_begin(j);
        json_put_str(j, "what", c->held.free[i].label);
        json_put_u64(j, "forms", c->held.free[i].forms);
        json_object_end(j);
    }
    json_array_end(j);
    json_object_end(j);
}

static void put_evidence(const struct package_held *h, struct json *j)
{
    uint64_t without = h->without.total;

    for (size_t i = 0; i < h->without.count; i++)
        without -= is_beyond(&h->without.told[i]);
    json_put_u64(j, "items", h->items);
    json_put_u64(j, "as_recorded", h->same.total);
    json_put_u64(j, "without_bytes", without);
    json_put_u64(j, "not_as_recorded", h->wrong.total);
    json_name(j, "same");
    json_array_begin(j);
    for (size_t i = 0; i < h->same.count; i++) {
        json_object_begin(j);
        json_put_str(j, "path", h->same.told[i].folder);
        put_told(j, &h->same.told[i]);
        json_put_u64(j, "without_sum", h->same.told[i].unread);
        json_object_end(j);
    }
    json_array_end(j);
    put_beyond(h, j);
    put_chain(h, j);
    json_name(j, "wrong");
    json_array_begin(j);
    for (size_t i = 0; i < h->wrong.count; i++) {
        json_object_begin(j);
        json_put_text(j, "what", package_wrong_name(h->wrong.told[i].wrong));
        if (h->wrong.told[i].folder.len)
            json_put_str(j, "path", h->wrong.told[i].folder);
        put_told(j, &h->wrong.told[i]);
        json_object_end(j);
    }
    json_array_end(j);
}

void package_check_json(const struct package_check *c, struct json *j)
{
    static const char *const verdicts[] = {
        [VERDICT_VERIFIED] = "verified",         [VERDICT_TAMPERED] = "tampered",
        [VERDICT_NOT_ANCHORED] = "not-anchored", [VERDICT_MALFORMED] = "malformed",
        [VERDICT_UNCHECKED] = "unchecked",
    };
    bool is_known = c->has_verdict && c->verdict >= 0 && c->verdict < (int)COUNT_OF(verdicts);

    json_name(j, "journal");
    json_object_begin(j);
    json_put_text(j, "verdict", is_known ? verdicts[c->verdict] : "unchecked");
    if (c->lacks)
        json_put_text(j, "lacks", c->lacks);
    if (c->held.has_root) {
        json_put_u64(j, "records", c->held.records);
        json_put_hex(j, "root", c->held.root.b, sizeof(c->held.root.b));
    }
    json_object_end(j);
    json_name(j, "evidence");
    json_object_begin(j);
    if (c->why_not_held.code || c->lacks)
        json_put_text(j, "why", c->lacks ? "there is no journal" : c->why_not_held.text);
    else
        put_evidence(&c->held, j);
    json_object_end(j);
    put_forms(c, j);
}
