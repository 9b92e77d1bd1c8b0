/* binxml_fields.c: elements and attributes of Windows events, and their fields. */
#include "timeline/binxml_fields.h"

enum { NAME_ROOM = FIELD_NAME_SIZE };

static const struct {
    const char *path; /* an attribute stands behind @ */
    const char *field;
    enum binxml_rule rule;
} known[] = {
    {"Event@xmlns", NULL, BINXML_PASS},
    {"Event/System/Provider@Name", "event.provider", BINXML_PUT},
    {"Event/System/Provider@Guid", "winlog.provider_guid", BINXML_PUT},
    {"Event/System/Provider@EventSourceName", "winlog.event_source", BINXML_PUT},
    {"Event/System/EventID", "event.code", BINXML_PUT},
    {"Event/System/EventID@Qualifiers", "winlog.qualifiers", BINXML_PUT},
    {"Event/System/Version", "winlog.version", BINXML_PUT},
    {"Event/System/Level", "winlog.level", BINXML_LEVEL},
    {"Event/System/Task", "winlog.task", BINXML_PUT},
    {"Event/System/Opcode", "winlog.opcode", BINXML_PUT},
    {"Event/System/Keywords", "winlog.keywords", BINXML_PUT},
    {"Event/System/TimeCreated@SystemTime", "winlog.time_created", BINXML_TIME},
    {"Event/System/EventRecordID", "winlog.record_id", BINXML_PUT},
    {"Event/System/Correlation@ActivityID", "winlog.activity_id", BINXML_PUT},
    {"Event/System/Correlation@RelatedActivityID", "winlog.related_activity_id", BINXML_PUT},
    {"Event/System/Execution@ProcessID", "winlog.process.pid", BINXML_PUT},
    {"Event/System/Execution@ThreadID", "winlog.process.thread.id", BINXML_PUT},
    {"Event/System/Channel", "winlog.channel", BINXML_PUT},
    {"Event/System/Computer", "host.name", BINXML_PUT},
    {"Event/System/Security@UserID", "winlog.user.identifier", BINXML_PUT},
    {"Event/EventData@Name", "winlog.event_data_name", BINXML_PUT},
    {"Event/RenderingInfo/Message", "message", BINXML_PUT},
};

struct name {
    char text[NAME_ROOM];
    size_t len;
};

static void name_add(struct name *n, struct str part)
{
    struct str head = text_head(part, NAME_ROOM - n->len);

    memcpy(n->text + n->len, head.p, head.len);
    n->len += head.len;
}

static struct binxml_target target_named(struct field_names *names, const struct name *n)
{
    uint16_t field = field_number(names, (struct str){n->text, n->len});

    /* There are more names than fit: the value is kept under one for all. */
    if (field == FIELD_NONE)
        field = field_number(names, STR("winlog.more"));
    return (struct binxml_target){BINXML_PUT, field};
}

static void add_path(struct name *n, struct str path)
{
    while (path.len) {
        name_add(n, STR("."));
        name_add(n, str_cut(&path, '/'));
    }
}

/* "Event/EventData/X" is winlog.event_data.X; of UserData the element within names only the kind.
 */
static struct binxml_target target_of(struct field_names *names, struct str path,
                                      struct str attribute)
{
    struct name n = {.len = 0};

    (void)str_take(&path, "Event/");
    if (str_take(&path, "EventData/")) {
        name_add(&n, STR("winlog.event_data"));
    } else if (str_take(&path, "UserData/")) {
        (void)str_cut(&path, '/');
        name_add(&n, STR("winlog.user_data"));
    } else {
        name_add(&n, STR("winlog"));
    }
    add_path(&n, path);
    if (attribute.len) {
        name_add(&n, STR("."));
        name_add(&n, attribute);
    }
    return target_named(names, &n);
}

struct binxml_target binxml_target(struct field_names *names, struct str path, struct str attribute)
{
    struct name n = {.len = 0};

    name_add(&n, path);
    if (attribute.len) {
        name_add(&n, STR("@"));
        name_add(&n, attribute);
    }
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_is((struct str){n.text, n.len}, known[i].path))
            return (struct binxml_target){
                (uint8_t)known[i].rule,
                known[i].field ? field_number(names, str_of(known[i].field)) : FIELD_NONE};
    /* A namespace of an element within. */
    if (str_is(attribute, "xmlns") || str_starts(attribute, "xmlns:"))
        return (struct binxml_target){BINXML_PASS, FIELD_NONE};
    if (attribute.len == 0 && str_is(path, "Event/EventData/Data"))
        return (struct binxml_target){BINXML_PARAM, FIELD_NONE};
    return target_of(names, path, attribute);
}

struct binxml_target binxml_data_target(struct field_names *names, struct str name)
{
    struct name n = {.len = 0};

    name_add(&n, STR("winlog.event_data."));
    name_add(&n, name);
    return target_named(names, &n);
}
