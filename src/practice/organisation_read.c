/* organisation_read.c: reads an organisation file and sees what is missing in it, in the worker. */
#include "base/limits.h"
#include "practice/organisation.h"
#include "practice/texts.h"

enum { ENTRIES_MAX = 2000, WHERE_SIZE = 600 };

const unsigned char organisation_text_counts[ORGANISATION_ROW_COUNT] = {
#define X(code, count) [ROW_##code] = (count),
    ORGANISATION_ROWS(X)
#undef X
};

static const char *const lists[] = {"people",    "systems",     "backups", "suppliers",
                                    "providers", "authorities", "experts", "laws"};

/* "normal.services" goes one level down. */
static const json_t *member(const json_t *object, const char *path)
{
    const char *dot = strchr(path, '.');
    char first[64];

    if (!dot)
        return json_object_get(object, path);
    snprintf(first, sizeof(first), "%.*s", (int)(dot - path), path);
    return json_object_get(json_object_get(object, first), dot + 1);
}

static bool is_filled(const json_t *value)
{
    if (json_is_string(value)) {
        struct str s = str_trim((struct str){json_string_value(value), json_string_length(value)});

        return s.len && !str_is(s, "unknown");
    }
    for (size_t i = 0; i < json_array_size(value); i++)
        if (is_filled(json_array_get(value, i)))
            return true;
    return json_is_number(value) || json_is_boolean(value) || json_object_size(value) > 0;
}

static void add_lines(struct buf *out, const json_t *array, const char *between)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *item = json_array_get(array, i);

        if (!json_is_string(item) || !is_filled(item))
            continue;
        if (out->len)
            buf_adds(out, between);
        buf_adds(out, json_string_value(item));
    }
}

static int check_shape(const json_t *file, struct err *e)
{
    struct str schema = import_text(file, "schema");

    if (!json_is_object(file) || !schema.len)
        return err_set(e, ERR_FORMAT, "it is no organisation file: it names no schema");
    if (!str_is(schema, "organisation/1"))
        return err_set(e, str_starts(schema, "organisation/") ? ERR_NEWER : ERR_FORMAT,
                       "its schema is \"" STR_FMT "\"; calm reads organisation/1",
                       STR_ARG(str_head(schema, 60)));
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const json_t *list = json_object_get(file, lists[i]);

        if (list && !json_is_array(list))
            return err_set(e, ERR_FORMAT, "its %s are no list", lists[i]);
        if (json_array_size(list) > ENTRIES_MAX)
            return err_set(e, ERR_LIMIT, "it has %zu %s; the most is %d", json_array_size(list),
                           lists[i], (int)ENTRIES_MAX);
        for (size_t k = 0; k < json_array_size(list); k++)
            if (!json_is_object(json_array_get(list, k)))
                return err_set(e, ERR_FORMAT, "entry %zu of its %s is no object", k + 1, lists[i]);
    }
    return 0;
}

static const json_t *person_of(const json_t *file, struct str id)
{
    const json_t *people = json_object_get(file, "people");

    for (size_t i = 0; id.len && i < json_array_size(people); i++)
        if (str_eq(import_text(json_array_get(people, i), "id"), id))
            return json_array_get(people, i);
    return NULL;
}

/* "Eva Brandt, 0171 000000"; an id that is nobody's is taken for a name. */
static void add_person(struct buf *out, const json_t *file, struct str id)
{
    const json_t *p = person_of(file, id);

    if (!id.len)
        return;
    if (out->len)
        buf_adds(out, "; ");
    buf_addstr(out, p && import_text(p, "name").len ? import_text(p, "name") : id);
    if (p && import_text(p, "mobile").len) {
        buf_adds(out, ", ");
        buf_addstr(out, import_text(p, "mobile"));
    }
}

static int put_texts(const struct import_sink *sink, uint32_t kind, const struct str *texts,
                     struct err *e)
{
    for (size_t i = 0; i < organisation_text_counts[kind]; i++)
        if (texts[i].len > LIMIT_VALUE_SIZE)
            return err_set(e, ERR_LIMIT, "one of its texts has %zu bytes; the most is %d",
                           texts[i].len, (int)LIMIT_VALUE_SIZE);
    return import_put(sink, kind, texts, organisation_text_counts[kind], e);
}

static int put_head(const json_t *file, const struct import_sink *sink, struct err *e)
{
    const json_t *who = json_object_get(file, "organisation");
    const json_t *meeting = json_object_get(file, "meeting");
    struct str texts[ORGANISATION_HEAD_COUNT] = {
        [ORGANISATION_NAME] = import_text(who, "name"),
        [ORGANISATION_TIME_ZONE] = import_text(who, "time_zone"),
        [ORGANISATION_UPDATED] = import_text(file, "updated"),
        [ORGANISATION_UPDATED_BY] = import_text(file, "updated_by"),
        [ORGANISATION_ROOM] = import_text(meeting, "room"),
        [ORGANISATION_BRIDGE] = import_text(meeting, "phone_bridge"),
        [ORGANISATION_CHANNEL] = import_text(meeting, "channel"),
        [ORGANISATION_PRINTED_AT] = import_text(meeting, "printed_copy_at"),
    };

    return put_texts(sink, ROW_HEAD, texts, e);
}

static int put_channel(const json_t *relies, struct str kind, struct str trust, struct str reaches,
                       const struct import_sink *sink, struct err *e)
{
    CLEANUP_BUF struct buf lines = {0};

    add_lines(&lines, relies, "\n");
    return put_texts(sink, ROW_CHANNEL,
                     (const struct str[CHANNEL_TEXT_COUNT]){[CHANNEL_KIND] = str_trim(kind),
                                                            [CHANNEL_RELIES] = buf_str(&lines),
                                                            [CHANNEL_TRUST] = trust,
                                                            [CHANNEL_REACHES] = reaches},
                     e);
}

/* Those of one person that have an address. */
static int put_channels(const json_t *p, const struct import_sink *sink, struct err *e)
{
    const json_t *list = json_object_get(p, "channels");
    struct str name = str_trim(import_text(p, "name"));
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < json_array_size(list) && i < ENTRIES_MAX; i++) {
        const json_t *c = json_array_get(list, i);
        struct str address = str_trim(import_text(c, "address"));
        CLEANUP_BUF struct buf reaches = {0};

        if (!name.len || !address.len || !import_text(c, "kind").len)
            continue;
        buf_addstr(&reaches, name);
        buf_adds(&reaches, ": ");
        buf_addstr(&reaches, address);
        rc = put_channel(json_object_get(c, "relies_on"), import_text(c, "kind"),
                         import_text(c, "trust"), buf_str(&reaches), sink, e);
    }
    return rc;
}

/* Where the team itself meets. */
static int put_meeting(const json_t *file, const struct import_sink *sink, struct err *e)
{
    const json_t *meeting = json_object_get(file, "meeting");
    struct str bridge = str_trim(import_text(meeting, "phone_bridge"));
    CLEANUP_BUF struct buf name = {0};
    int rc = 0;

    if (str_trim(import_text(meeting, "channel")).len)
        rc = put_channel(json_object_get(meeting, "channel_relies_on"),
                         import_text(meeting, "channel"), STR(""), STR(""), sink, e);
    if (rc || !bridge.len)
        return rc;
    buf_adds(&name, "phone bridge ");
    buf_addstr(&name, bridge);
    return put_channel(NULL, buf_str(&name), STR(""), STR(""), sink, e);
}

static int put_law(const json_t *law, const struct import_sink *sink, struct err *e)
{
    return put_texts(
        sink, ROW_LAW,
        (const struct str[LAW_TEXT_COUNT]){[LAW_ID] = import_text(law, "id"),
                                           [LAW_APPLIES] = import_text(law, "applies"),
                                           [LAW_DECIDED_BY] = import_text(law, "decided_by"),
                                           [LAW_REASON] = import_text(law, "reason")},
        e);
}

static int put_person(const json_t *file, const json_t *p, const struct import_sink *sink,
                      struct err *e)
{
    CLEANUP_BUF struct buf deputy = {0};
    struct str texts[PERSON_TEXT_COUNT] = {
        [PERSON_ID] = import_text(p, "id"),
        [PERSON_ROLE] = import_text(p, "role"),
        [PERSON_DECIDES] = import_text(p, "decides"),
        [PERSON_NAME] = str_trim(import_text(p, "name")),
        [PERSON_MOBILE] = import_text(p, "mobile"),
        [PERSON_HOME] = import_text(p, "phone_home"),
    };
    int rc;

    add_person(&deputy, file, import_text(p, "deputy"));
    texts[PERSON_DEPUTY] = buf_str(&deputy);
    rc = put_texts(sink, ROW_PERSON, texts, e);
    return rc ? rc : put_channels(p, sink, e);
}

static void add_labelled(struct buf *out, const char *label, struct str value, const char *between)
{
    if (!value.len)
        return;
    if (out->len)
        buf_adds(out, between);
    buf_adds(out, label);
    buf_addstr(out, value);
}

static void add_normal(struct buf *out, const json_t *normal)
{
    static const char *const names[] = {"services", "ports", "accounts", "jobs"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        CLEANUP_BUF struct buf line = {0};
        CLEANUP_BUF struct buf label = {0};

        add_lines(&line, json_object_get(normal, names[i]), ", ");
        buf_addf(&label, "%s: ", names[i]);
        add_labelled(out, buf_text(&label), buf_str(&line), "\n");
    }
    add_labelled(out, "traffic: ", import_text(normal, "traffic"), "\n");
    add_labelled(out, "test: ", import_text(normal, "test"), "\n");
}

static int put_system(const json_t *file, const json_t *s, const struct import_sink *sink,
                      struct err *e)
{
    struct buf made[4] = {0};
    struct str id = import_text(s, "id");
    struct str texts[SYSTEM_TEXT_COUNT] = {
        [SYSTEM_ID] = str_trim(id.len ? id : import_text(s, "name")),
        [SYSTEM_NAME] = import_text(s, "name"),
        [SYSTEM_PURPOSE] = import_text(s, "purpose"),
        [SYSTEM_WAIT] = import_text(s, "can_wait"),
        [SYSTEM_MAY_STOP] = import_text(s, "may_stop"),
        [SYSTEM_REBUILD] = import_text(s, "rebuild"),
    };
    int rc;

    add_person(&made[0], file, import_text(s, "owner"));
    add_person(&made[0], file, import_text(s, "owner_deputy"));
    add_lines(&made[1], json_object_get(s, "addresses"), "\n");
    add_labelled(&made[2], "", import_text(s, "location"), "; ");
    add_labelled(&made[2], "switch port ", import_text(s, "switch_port"), "; ");
    add_labelled(&made[2], "console ", import_text(s, "console"), "; ");
    add_labelled(&made[2], "runs on ", import_text(s, "runs_on"), "; ");
    add_normal(&made[3], json_object_get(s, "normal"));
    texts[SYSTEM_OWNER] = buf_str(&made[0]);
    texts[SYSTEM_ADDRESSES] = buf_str(&made[1]);
    texts[SYSTEM_PLACE] = buf_str(&made[2]);
    texts[SYSTEM_NORMAL] = buf_str(&made[3]);
    rc = put_texts(sink, ROW_SYSTEM, texts, e);
    for (size_t i = 0; i < COUNT_OF(made); i++)
        buf_release(&made[i]);
    return rc;
}

/* The first of several members that says something. */
static struct str first_text(const json_t *object, const char *const *names)
{
    for (size_t i = 0; names[i]; i++)
        if (import_text(object, names[i]).len)
            return import_text(object, names[i]);
    return STR("");
}

static int put_contact(const char *sort, const json_t *c, const struct import_sink *sink,
                       struct err *e)
{
    static const char *const what[] = {"supplies", "service", "role", "skill", NULL};
    static const char *const numbers[] = {"contract", "policy", NULL};
    CLEANUP_BUF struct buf number = {0};
    struct str texts[CONTACT_TEXT_COUNT] = {
        [CONTACT_SORT] = str_of(sort),
        [CONTACT_ID] = import_text(c, "id"),
        [CONTACT_WHAT] = first_text(c, what),
        [CONTACT_NAME] = import_text(c, "name"),
        [CONTACT_PHONE] = import_text(c, "phone"),
        [CONTACT_HOURS] = import_text(c, "hours"),
    };

    buf_addstr(&number, first_text(c, numbers));
    add_labelled(&number, "customer ", import_text(c, "customer"), ", ");
    add_labelled(&number, "", import_text(c, "web"), ", ");
    texts[CONTACT_NUMBERS] = buf_str(&number);
    return put_texts(sink, ROW_CONTACT, texts, e);
}

static bool has_text(const json_t *list, struct str text)
{
    for (size_t i = 0; text.len && i < json_array_size(list); i++)
        if (str_is(text, json_string_value(json_array_get(list, i))))
            return true;
    return false;
}

/* A backup names its systems, or a system its backups. */
static void add_covered(struct buf *out, const json_t *file, const json_t *backup)
{
    const json_t *covers = json_object_get(backup, "covers");
    const json_t *systems = json_object_get(file, "systems");

    add_lines(out, covers, ", ");
    for (size_t i = 0; i < json_array_size(systems); i++) {
        const json_t *s = json_array_get(systems, i);
        struct str id = import_text(s, "id");

        if (id.len && !has_text(covers, id) &&
            has_text(json_object_get(s, "backups"), import_text(backup, "id")))
            add_labelled(out, "", id, ", ");
    }
}

static int put_backup(const json_t *file, const json_t *b, const struct import_sink *sink,
                      struct err *e)
{
    CLEANUP_BUF struct buf covers = {0};
    struct str texts[BACKUP_TEXT_COUNT] = {
        [BACKUP_ID] = import_text(b, "id"),
        [BACKUP_PLACE] = import_text(b, "place"),
        [BACKUP_HOLD] = import_text(b, "how_to_hold"),
        [BACKUP_CONTACT] = import_text(b, "contact"),
    };

    add_covered(&covers, file, b);
    texts[BACKUP_COVERS] = buf_str(&covers);
    return put_texts(sink, ROW_BACKUP, texts, e);
}

static int put_list(const json_t *file, const char *name, const struct import_sink *sink,
                    struct err *e)
{
    const json_t *list = json_object_get(file, name);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);

        if (strcmp(name, "people") == 0)
            rc = put_person(file, entry, sink, e);
        else if (strcmp(name, "systems") == 0)
            rc = put_system(file, entry, sink, e);
        else if (strcmp(name, "backups") == 0)
            rc = put_backup(file, entry, sink, e);
        else if (strcmp(name, "laws") == 0)
            rc = put_law(entry, sink, e);
        else
            rc = put_contact(name, entry, sink, e);
    }
    return rc;
}

static bool is_meant(const json_t *entry, json_t *where)
{
    const char *name;
    json_t *wanted;

    json_object_foreach(where, name, wanted)
    {
        if (!json_equal(json_object_get(entry, name), wanted))
            return false;
    }
    return true;
}

static struct str entry_name(const json_t *entry)
{
    static const char *const names[] = {"id", "name", "skill", NULL};

    return first_text(entry, names);
}

/* Adds "web1: owner, addresses" for what is not filled; false when all is. */
static bool add_gaps(const json_t *entry, const json_t *fields, struct buf *where)
{
    CLEANUP_BUF struct buf gaps = {0};

    for (size_t i = 0; i < json_array_size(fields); i++) {
        const char *path = json_string_value(json_array_get(fields, i));

        if (is_filled(member(entry, path)))
            continue;
        buf_addf(&gaps, "%s%s", gaps.len ? ", " : "", path);
    }
    if (gaps.len && where->len < WHERE_SIZE) {
        struct str name = str_trim(entry_name(entry));

        buf_adds(where, where->len ? "; " : "");
        if (name.len) {
            buf_addstr(where, name);
            buf_adds(where, ": ");
        }
        buf_addstr(where, buf_str(&gaps));
    }
    return gaps.len > 0;
}

static int check_required(const json_t *file, const json_t *rule, const struct import_sink *sink,
                          struct err *e)
{
    const json_t *list = json_object_get(file, json_string_value(json_object_get(rule, "list")));
    const json_t *fields = json_object_get(rule, "fields");
    CLEANUP_BUF struct buf where = {0};
    bool is_missing = false;
    size_t meant = 0;

    if (json_is_object(list)) {
        is_missing = add_gaps(list, fields, &where);
        meant = 1;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);

        if (!is_meant(entry, json_object_get(rule, "where")))
            continue;
        meant++;
        if (add_gaps(entry, fields, &where))
            is_missing = true;
    }
    if (meant && !is_missing)
        return 0;
    return put_texts(sink, ROW_MISSING,
                     (const struct str[MISSING_TEXT_COUNT]){
                         [MISSING_IMPORTANCE] = import_text(rule, "importance"),
                         [MISSING_SAY] = import_text(rule, "say"),
                         [MISSING_WHY] = import_text(rule, "why"),
                         [MISSING_WHERE] = buf_str(&where),
                     },
                     e);
}

static bool has_id(const json_t *list, struct str id)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (str_eq(import_text(json_array_get(list, i), "id"), id))
            return true;
    return false;
}

/* A name that leads nowhere is a slip of the pen that hurts at night. */
static int check_names(const json_t *file, const struct import_sink *sink, struct err *e)
{
    static const struct {
        const char *list, *field, *to;
    } names[] = {
        {"people", "deputy", "people"},        {"systems", "owner", "people"},
        {"systems", "owner_deputy", "people"}, {"systems", "supplier", "suppliers"},
        {"systems", "runs_on", "systems"},
    };
    int rc = 0;

    for (size_t n = 0; n < COUNT_OF(names); n++) {
        const json_t *list = json_object_get(file, names[n].list);

        for (size_t i = 0; rc == 0 && i < json_array_size(list); i++) {
            const json_t *entry = json_array_get(list, i);
            struct str id = import_text(entry, names[n].field);
            CLEANUP_BUF struct buf text = {0};
            struct str remark;

            if (!id.len || str_is(id, "none") || str_is(id, "unknown") ||
                has_id(json_object_get(file, names[n].to), id))
                continue;
            buf_addstr(&text, entry_name(entry));
            buf_addf(&text, ": %s is \"", names[n].field);
            buf_addstr(&text, id);
            buf_addf(&text, "\", which is no id among the %s.", names[n].to);
            remark = buf_str(&text);
            rc = put_texts(sink, ROW_REMARK, &remark, e);
        }
    }
    return rc;
}

int organisation_rows(const json_t *file, const json_t *required, const struct import_sink *sink,
                      struct err *e)
{
    const json_t *rules = json_object_get(required, "entries");
    int rc = check_shape(file, e);

    if (rc == 0)
        rc = put_head(file, sink, e);
    if (rc == 0)
        rc = put_meeting(file, sink, e);
    for (size_t i = 0; rc == 0 && i < COUNT_OF(lists); i++)
        rc = put_list(file, lists[i], sink, e);
    if (rc == 0 && json_is_object(json_object_get(file, "insurer")))
        rc = put_contact("insurer", json_object_get(file, "insurer"), sink, e);
    for (size_t i = 0; rc == 0 && i < json_array_size(rules); i++)
        rc = check_required(file, json_array_get(rules, i), sink, e);
    return rc ? rc : check_names(file, sink, e);
}

int organisation_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    CLEANUP_IMPORT_JSON json_t *file = NULL;
    CLEANUP_IMPORT_JSON json_t *required = NULL;
    struct import_sink sink = import_channel(channel);
    int rc = import_json_text(&required, texts_data("organisation-required.json"), e);

    (void)argument;
    if (rc == 0)
        rc = import_json(&file, in, e);
    return rc ? rc : organisation_rows(file, required, &sink, e);
}
