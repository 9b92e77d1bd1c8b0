/* collection_bundle.c: what a bundle of calm-collect says of its host, inside the worker
 * (doc/format/bundle.md). */
#include <stdlib.h>
#include "practice/collection_worker.h"

/* The members NAME-000.jsonl … in the order of their numbers. */
struct part {
    uint64_t number;
    const struct member *member;
};

static int by_number(const void *a, const void *b)
{
    const struct part *x = a;
    const struct part *y = b;

    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->member < y->member ? -1 : x->member > y->member;
}

static struct part *find_parts(struct collection_job *c, const char *name, size_t *count)
{
    struct part *parts = arena_alloc(c->arena, (c->count + 1) * sizeof(parts[0]));

    *count = 0;
    for (size_t i = 0; i < c->count; i++) {
        struct str rest = str_from(c->members[i].name, strlen(name));
        uint64_t number;

        if (str_starts(c->members[i].name, name) && str_u64(str_cut(&rest, '.'), &number))
            parts[(*count)++] = (struct part){number, &c->members[i]};
    }
    qsort(parts, *count, sizeof(parts[0]), by_number);
    return parts;
}

static int by_name(const void *a, const void *b)
{
    const struct member *const *x = a;
    const struct member *const *y = b;
    int order = str_cmp((*x)->name, (*y)->name);

    return order ? order : (*x > *y) - (*x < *y);
}

/* Whoever unpacks the bundle sees the last of two members with one name. So none but the first is
 * read, and that there are more is said. */
static int drop_repeats(struct collection_job *c, struct err *e)
{
    const struct member **sorted = arena_alloc(c->arena, (c->count + 1) * sizeof(sorted[0]));
    bool *is_repeat = arena_alloc(c->arena, c->count + 1);
    size_t kept = 0;
    int rc = 0;

    for (size_t i = 0; i < c->count; i++)
        sorted[i] = &c->members[i];
    if (c->count)
        qsort(sorted, c->count, sizeof(sorted[0]), by_name);
    for (size_t i = 0; i < c->count; i++)
        is_repeat[sorted[i] - c->members] = i && str_eq(sorted[i]->name, sorted[i - 1]->name);
    for (size_t i = 0; i < c->count && rc == 0; i++) {
        if (is_repeat[i])
            rc = collection_missed(c, c->members[i].name, "archive",
                                   "there is another of this name before it, which was read", e);
        else
            c->members[kept++] = c->members[i];
    }
    c->count = rc ? c->count : kept;
    return rc;
}

static int clock_fact(struct collection_job *c, const json_t *clock, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    const json_t *synchronised = json_object_get(clock, "synchronised");
    const json_t *offset = json_object_get(clock, "offset_ns");

    if (!json_is_boolean(synchronised))
        return 0;
    buf_adds(&text, json_is_true(synchronised) ? "synchronised" : "not synchronised");
    if (import_text(clock, "source").len)
        buf_addf(&text, ", source " STR_FMT, STR_ARG(import_text(clock, "source")));
    if (json_is_integer(offset))
        buf_addf(&text, ", off by %lld ns", (long long)json_integer_value(offset));
    return collection_fact(c, "clock", buf_str(&text), e);
}

static int read_facts(struct collection_job *c, struct err *e)
{
    static const struct {
        const char *member, *fact;
    } texts[] = {
        {"program", "program"},       {"host", "host"},           {"machine_id", "machine_id"},
        {"boot_id", "boot_id"},       {"started", "taken"},       {"profile", "profile"},
        {"collection", "collection"}, {"continues", "continues"}, {"after", "after"}};
    CLEANUP_IMPORT_JSON json_t *head = NULL;
    struct str format;
    int rc = import_json_text(&head, collection_member(c, "bundle.json"), NULL);

    if (rc)
        return collection_missed(c, STR("bundle.json"), "archive",
                                 "it is no JSON: the bundle does not say of which host it is", e);
    format = import_text(head, "format");
    if (str_starts(format, "calm-bundle/") && !str_is(format, "calm-bundle/1"))
        return err_set(e, ERR_NEWER, "it is a bundle of a newer kind than this calm reads");
    for (size_t i = 0; rc == 0 && i < COUNT_OF(texts); i++)
        rc = collection_fact(c, texts[i].fact, import_text(head, texts[i].member), e);
    if (rc == 0 && json_is_integer(json_object_get(head, "uid"))) {
        CLEANUP_BUF struct buf uid = {0};

        buf_addf(&uid, "%lld", (long long)json_integer_value(json_object_get(head, "uid")));
        rc = collection_fact(c, "uid", buf_str(&uid), e);
    }
    return rc ? rc : clock_fact(c, json_object_get(head, "clock"), e);
}

static int read_end(struct collection_job *c, struct err *e)
{
    CLEANUP_IMPORT_JSON json_t *end = NULL;

    if (import_json_text(&end, collection_member(c, "end.json"), NULL))
        return 0;
    return collection_fact(c, "ended", STR("yes"), e);
}

/* Parts are cut at line ends, so each is sent by itself. */
static int read_document(struct collection_job *c, struct err *e)
{
    size_t count;
    const struct part *parts = find_parts(c, "snapshot-", &count);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct str rest = parts[i].member->bytes;

        if (str_has_utf8_error(rest)) {
            rc = collection_missed(c, parts[i].member->name, "snapshot",
                                   "it is not UTF-8 and was left out of the state", e);
            continue;
        }
        while (rc == 0 && rest.len) {
            const char *end = memchr(rest.p, '\n', rest.len);
            size_t len = end ? (size_t)(end - rest.p) + 1 : rest.len;

            /* A part that was cut ends within a line, which no reader would take. */
            if (end && len <= COLLECT_LINE_SIZE)
                rc = collection_document_line(c, str_head(rest, len), e);
            rest = str_from(rest, len);
        }
    }
    return rc;
}

typedef int take_object(struct collection_job *c, const json_t *object, struct err *e);

/* Each line that is an object; how many are not is said once. */
static int read_lines(struct collection_job *c, const char *name, take_object *take, struct err *e)
{
    size_t count;
    const struct part *parts = find_parts(c, name, &count);
    bool has_bad = false;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct str rest = parts[i].member->bytes;

        while (rc == 0 && rest.len) {
            CLEANUP_IMPORT_JSON json_t *object = NULL;
            struct str line = str_cut(&rest, '\n');
            bool is_good = line.len <= COLLECT_LINE_SIZE &&
                           !import_json_text(&object, line, NULL) && json_is_object(object);

            has_bad = has_bad || !is_good;
            if (is_good)
                rc = take(c, object, e);
        }
        if (rc == 0 && has_bad)
            rc = collection_missed(c, parts[i].member->name, "archive",
                                   "some of its lines are no JSON objects", e);
        has_bad = false;
    }
    return rc;
}

/* The last step that is complete (doc/format/bundle.md 1.8). */
static int read_steps(struct collection_job *c, struct err *e)
{
    static const char start[] = "step/";
    struct str last = STR("");

    for (size_t i = 0; i < c->count; i++) {
        struct str name = str_from(c->members[i].name, strlen(start));

        if (str_starts(c->members[i].name, start) && str_ends(name, ".json") &&
            !c->members[i].is_cut)
            last = str_head(name, name.len - strlen(".json"));
    }
    return collection_fact(c, "step", last, e);
}

static struct str cut(struct str text)
{
    size_t len = text.len < COLLECTION_TEXT_SIZE ? text.len : COLLECTION_TEXT_SIZE;

    while (len && len < text.len && ((unsigned char)text.p[len] & 0xc0) == 0x80)
        len--;
    return str_head(text, len);
}

static bool is_code(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((s.p[i] < 'a' || s.p[i] > 'z') && s.p[i] != '-' && (s.p[i] < '0' || s.p[i] > '9'))
            return false;
    return s.len > 0 && s.len <= 64;
}

static int take_observed(struct collection_job *c, const json_t *object, struct err *e)
{
    static const char *const weights[] = {"1", "1", "2", "3"};
    const json_t *weight = json_object_get(object, "weight");
    json_int_t n = json_is_integer(weight) ? json_integer_value(weight) : 1;
    struct str hint = import_text(object, "hint");
    struct str code = import_text(object, "code");
    bool is_hint = str_is(hint, "fault") || str_is(hint, "attack");
    struct str texts[] = {
        is_code(code) ? code : STR("unknown"), str_of(weights[n >= 0 && n <= 3 ? n : 1]),
        is_hint ? hint : STR("either"),        cut(import_text(object, "words")),
        cut(import_text(object, "harmless")),  cut(import_text(object, "evidence"))};

    return import_put(c->sink, ROW_OBSERVED, texts, COUNT_OF(texts), e);
}

static int take_missing(struct collection_job *c, const json_t *object, struct err *e)
{
    const json_t *count = json_object_get(object, "count");
    json_int_t n = json_is_integer(count) ? json_integer_value(count) : 0;
    const char *digits = arena_printf(c->arena, "%lld", n > 0 ? (long long)n : 0LL);
    struct str texts[] = {cut(import_text(object, "what")), cut(import_text(object, "step")),
                          cut(import_text(object, "why")), str_of(digits)};

    return import_put(c->sink, ROW_MISSING, texts, COUNT_OF(texts), e);
}

/* The manifest names members in the order in which they stand. */
static bool next_seen(struct str *index, struct pack_seen *seen, struct str *name)
{
    if (index->len < sizeof(*seen))
        return false;
    memcpy(seen, index->p, sizeof(*seen));
    *name = str_head(str_from(*index, sizeof(*seen)), seen->name_len);
    *index = str_from(*index, sizeof(*seen) + seen->name_len);
    return name->len == seen->name_len;
}

static bool is_listed(struct str name)
{
    return !str_is(name, "end.json") && !str_starts(name, "manifest-");
}

static bool is_same(const struct pack_seen *seen, const json_t *object)
{
    const json_t *size = json_object_get(object, "size");
    struct hash hash;

    return json_is_integer(size) && (uint64_t)json_integer_value(size) == seen->size &&
           hex_read(hash.b, sizeof(hash.b), import_text(object, "sha256")) &&
           hash_eq(&hash, &seen->sha256);
}

static int compare(struct collection_job *c, struct str *index, const json_t *object,
                   uint64_t *missing, struct err *e)
{
    struct pack_seen seen;
    struct str name;

    do {
        if (!next_seen(index, &seen, &name)) {
            ++*missing;
            return 0;
        }
    } while (!is_listed(name));
    if (is_same(&seen, object))
        return 0;
    return collection_missed(c, name, "manifest",
                             "its size or hash is not what the bundle's manifest says", e);
}

static int compare_manifest(struct collection_job *c, struct err *e)
{
    size_t count;
    const struct part *parts = find_parts(c, "manifest-", &count);
    struct str index = c->index;
    uint64_t missing = 0;
    uint64_t unnamed = 0;
    struct pack_seen seen;
    struct str name;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct str rest = parts[i].member->bytes;

        while (rc == 0 && rest.len) {
            CLEANUP_IMPORT_JSON json_t *object = NULL;
            struct str line = str_cut(&rest, '\n');

            if (line.len <= COLLECT_LINE_SIZE && !import_json_text(&object, line, NULL))
                rc = compare(c, &index, object, &missing, e);
        }
    }
    while (next_seen(&index, &seen, &name))
        unnamed += is_listed(name);
    if (rc == 0 && missing && !c->index_is_cut)
        rc = collection_missed(
            c, str_of(arena_printf(c->arena, "%llu members", (unsigned long long)missing)),
            "manifest", "the manifest names them and they are not in the archive", e);
    if (rc == 0 && unnamed)
        rc = collection_missed(
            c, str_of(arena_printf(c->arena, "%llu members", (unsigned long long)unnamed)),
            "manifest", "no part of the manifest names them", e);
    return rc;
}

int collection_read_bundle(struct collection_job *c, struct err *e)
{
    int rc = read_facts(c, e);

    if (rc == 0)
        rc = read_end(c, e);
    if (rc == 0)
        rc = drop_repeats(c, e);
    if (rc == 0)
        rc = read_steps(c, e);
    if (rc == 0)
        rc = read_document(c, e);
    if (rc == 0)
        rc = read_lines(c, "observed-", take_observed, e);
    if (rc == 0)
        rc = read_lines(c, "missing-", take_missing, e);
    return rc ? rc : compare_manifest(c, e);
}
