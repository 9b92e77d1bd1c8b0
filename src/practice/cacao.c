/* cacao.c: reads a CACAO 2.0 playbook into rows, in the worker. */
#include "practice/cacao.h"
#include "base/hash.h"
#include "base/limits.h"
#include "practice/cacao_flow.h"

enum { VARIABLES_MAX = 200 };

const unsigned char cacao_text_counts[CACAO_ROW_COUNT] = {
#define X(code, count) [CACAO_##code] = (count),
    CACAO_ROWS(X)
#undef X
};

/* Types of agents and targets that the standard names: what is called so must be so. */
static const char *const party_types[] = {"group",  "individual",        "location", "organization",
                                          "sector", "http-api",          "linux",    "net-address",
                                          "ssh",    "security-category", NULL};

static const char *const verbs[] = {"assess", "snapshot", "team",    "note",     "analyse",
                                    "notify", "stop",     "problem", "preserve", "clean",
                                    "fix",    "confirm",  "report",  "learn",    NULL};

static bool is_listed(const char *const *list, struct str word)
{
    for (size_t i = 0; list[i]; i++)
        if (str_is(word, list[i]))
            return true;
    return false;
}

/* "playbook" of "playbook--61a6c41e-…" */
static struct str id_type(struct str id)
{
    for (size_t i = 0; i + 1 < id.len; i++)
        if (id.p[i] == '-' && id.p[i + 1] == '-')
            return str_head(id, i);
    return id;
}

static bool is_uuid(struct str s)
{
    static const char shape[] = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";

    if (s.len != sizeof(shape) - 1)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];
        bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');

        if (shape[i] == '-' ? c != '-' : !is_hex)
            return false;
    }
    return true;
}

static int check_size(struct str text, const char *what, const char *id, struct err *e)
{
    if (text.len <= LIMIT_VALUE_SIZE)
        return 0;
    return err_set(e, ERR_LIMIT, "%s of %.100s has %zu bytes; the most is %d", what, id, text.len,
                   (int)LIMIT_VALUE_SIZE);
}

static int check_head(const json_t *playbook, struct err *e)
{
    struct str version = import_text(playbook, "spec_version");
    struct str id = import_text(playbook, "id");

    if (!json_is_object(playbook) || !str_is(import_text(playbook, "type"), "playbook"))
        return err_set(e, ERR_FORMAT, "it is no CACAO playbook: its type is \"" STR_FMT "\"",
                       STR_ARG(str_head(import_text(playbook, "type"), 60)));
    if (!str_is(version, "cacao-2.0"))
        return err_set(e, ERR_FORMAT,
                       "it is written for \"" STR_FMT "\"; calm reads playbooks for cacao-2.0",
                       STR_ARG(str_head(version, 60)));
    if (!str_is(id_type(id), "playbook") || !is_uuid(str_from(id, 10)))
        return err_set(e, ERR_FORMAT, "its id is no name of a playbook: \"" STR_FMT "\"",
                       STR_ARG(str_head(id, 80)));
    if (!str_trim(import_text(playbook, "name")).len)
        return err_set(e, ERR_FORMAT, "it has no name");
    return 0;
}

static int check_parties(const json_t *playbook, const char *member, struct err *e)
{
    json_t *parties = json_object_get(playbook, member);
    const char *id;
    json_t *body;

    if (parties && !json_is_object(parties))
        return err_set(e, ERR_FORMAT, "its %s are no object", member);
    json_object_foreach(parties, id, body)
    {
        struct str type = id_type(str_of(id));
        struct str given = import_text(body, "type");

        if (is_listed(party_types, type) && !str_eq(type, given))
            return err_set(e, ERR_FORMAT,
                           "%.100s, in its %s, says that its type is \"" STR_FMT
                           "\"; it should be " STR_FMT,
                           id, member, STR_ARG(str_head(given, 60)), STR_ARG(type));
    }
    return 0;
}

/* The strictest label that its markings name; empty for none. */
static struct str find_label(const json_t *playbook)
{
    static const char *const labels[] = {"TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER", "TLP:GREEN",
                                         "TLP:CLEAR"};
    json_t *markings = json_object_get(playbook, "data_marking_definitions");
    size_t best = COUNT_OF(labels);
    const char *id;
    json_t *body;

    json_object_foreach(markings, id, body)
    {
        for (size_t i = 0; i < best; i++)
            if (str_is(import_text(body, "tlpv2_level"), labels[i]))
                best = i;
    }
    return best < COUNT_OF(labels) ? str_of(labels[best]) : STR("");
}

static int put_head(const json_t *playbook, const struct import_sink *sink, struct err *e)
{
    struct str texts[] = {import_text(playbook, "id"), str_trim(import_text(playbook, "name")),
                          import_text(playbook, "description"), import_text(playbook, "modified"),
                          find_label(playbook)};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < COUNT_OF(texts); i++)
        rc = check_size(texts[i], "a text", "the playbook", e);
    return rc ? rc : import_put(sink, CACAO_HEAD, texts, COUNT_OF(texts), e);
}

static int put_remark(const struct import_sink *sink, const char *text, struct err *e)
{
    struct str s = str_of(text);

    return import_put(sink, CACAO_REMARK, &s, 1, e);
}

static int put_remarks(const json_t *playbook, const struct cacao_flow *flow,
                       const struct import_sink *sink, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    struct str until = import_text(playbook, "valid_until");
    int rc = 0;

    if (json_is_true(json_object_get(playbook, "revoked")))
        rc = put_remark(sink, "Its author has revoked it.", e);
    if (rc == 0 && until.len && until.len < 64) {
        buf_addf(&text, "Its author means it to be used until " STR_FMT ".", STR_ARG(until));
        rc = put_remark(sink, buf_text(&text), e);
    }
    if (rc == 0 && json_object_size(json_object_get(playbook, "authentication_info_definitions")))
        rc = put_remark(sink, "Its file names accounts or passwords; they are not shown here.", e);
    if (rc == 0 && flow->lacks_on_error)
        rc = put_remark(sink, "The step that it names for trouble is not there.", e);
    buf_clear(&text);
    if (rc == 0 && flow->reached < flow->count) {
        buf_addf(&text, "Steps that nothing leads to, and that are not shown: %zu.",
                 flow->count - flow->reached);
        rc = put_remark(sink, buf_text(&text), e);
    }
    return rc;
}

static int put_variables(const json_t *playbook, const struct import_sink *sink, struct err *e)
{
    json_t *variables = json_object_get(playbook, "playbook_variables");
    const char *name;
    json_t *body;
    int rc = 0;

    if (json_object_size(variables) > VARIABLES_MAX)
        return err_set(e, ERR_LIMIT, "it has %zu variables; the most is %d",
                       json_object_size(variables), (int)VARIABLES_MAX);
    json_object_foreach(variables, name, body)
    {
        struct str texts[] = {str_of(name), import_text(body, "value"),
                              import_text(body, "description")};

        for (size_t i = 0; rc == 0 && i < COUNT_OF(texts); i++)
            rc = check_size(texts[i], "a text", "a variable", e);
        if (rc == 0)
            rc = import_put(sink, CACAO_VARIABLE, texts, COUNT_OF(texts), e);
        if (rc)
            break;
    }
    return rc;
}

/* Takes a description apart by the labels that its lines begin with (data/playbooks/README.md);
 * lines without one are text. */
static void take_description(struct str description, struct buf parts[CACAO_THEN + 1])
{
    static const struct {
        const char *label;
        enum cacao_step_text part;
    } labels[] = {{"When: ", CACAO_WHEN},
                  {"Why: ", CACAO_WHY},
                  {"Check: ", CACAO_CHECK},
                  {"Undo: ", CACAO_UNDO}};

    while (description.len) {
        struct str line = str_cut(&description, '\n');
        enum cacao_step_text part = CACAO_TEXT;

        for (size_t i = 0; i < COUNT_OF(labels); i++) {
            if (!str_starts(line, labels[i].label))
                continue;
            part = labels[i].part;
            line = str_from(line, strlen(labels[i].label));
            break;
        }
        if (parts[part].len)
            buf_addc(&parts[part], '\n');
        buf_addstr(&parts[part], line);
    }
}

/* "stop: cut the network" → "stop" and "cut the network"; any other name is a title. */
static void take_name(struct str name, struct buf parts[CACAO_THEN + 1])
{
    struct str title = name;
    struct str verb = str_cut(&title, ':');

    if (verb.len < name.len && is_listed(verbs, verb)) {
        buf_addstr(&parts[CACAO_VERB], verb);
        name = str_trim(title);
    }
    buf_addstr(&parts[CACAO_TITLE], name);
}

/* What a step that branches asks, in words; its own name goes before it. */
static void take_question(const struct cacao_step *s, struct buf *title)
{
    static const struct {
        const char *words, *member;
    } questions[] = {
        [SORT_PARALLEL] = {"several things at once", NULL},
        [SORT_IF] = {"decide whether: ", "condition"},
        [SORT_WHILE] = {"repeat as long as: ", "condition"},
        [SORT_SWITCH] = {"choose by: ", "switch"},
        [SORT_PLAYBOOK] = {"follow another playbook: ", "playbook_id"},
    };

    if (s->sort < COUNT_OF(questions) && questions[s->sort].words) {
        if (title->len)
            buf_adds(title, ": ");
        buf_adds(title, questions[s->sort].words);
        if (questions[s->sort].member)
            buf_addstr(title, import_text(s->body, questions[s->sort].member));
    }
    if (!title->len)
        buf_adds(title, "a step without a name");
}

static int put_step(const struct cacao_flow *flow, size_t step, const struct import_sink *sink,
                    struct err *e)
{
    const struct cacao_step *s = &flow->steps[step];
    struct buf parts[CACAO_THEN + 1] = {0};
    struct str texts[CACAO_THEN + 1];
    int rc;

    buf_adds(&parts[CACAO_ID], s->id);
    take_name(str_trim(import_text(s->body, "name")), parts);
    take_question(s, &parts[CACAO_TITLE]);
    take_description(import_text(s->body, "description"), parts);
    cacao_flow_come(flow, step, &parts[CACAO_COME]);
    cacao_flow_then(flow, step, &parts[CACAO_THEN]);
    rc = check_size(buf_str(&parts[CACAO_ID]), "the id", "a step", e);
    for (size_t i = 0; rc == 0 && i < COUNT_OF(texts); i++) {
        texts[i] = buf_str(&parts[i]);
        rc = check_size(texts[i], "a text", s->id, e);
    }
    if (rc == 0)
        rc = import_put(sink, CACAO_STEP, texts, COUNT_OF(texts), e);
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        buf_release(&parts[i]);
    return rc;
}

/* A command in base64 is shown as what it says, where that is text. */
static void take_encoded(const json_t *body, struct buf *command)
{
    struct str encoded = import_text(body, "command_b64");

    if (command->len || !encoded.len)
        return;
    if (base64_read(command, encoded) && !str_has_utf8_error(buf_str(command)) &&
        !memchr(command->p, 0, command->len))
        return;
    buf_clear(command);
    buf_addf(command, "(%zu characters of base64 that hold no text)", encoded.len);
}

/* "Linux; reads; new names mean it goes on" for a manual command; else its type is the platform and
 * its effect is not known. */
static void take_use(const json_t *body, struct str *platform, struct str *effect, struct str *note)
{
    struct str type = import_text(body, "type");
    struct str rest = import_text(body, "description");
    struct str whole = rest;
    struct str second;

    *platform = str_trim(str_cut(&rest, ';'));
    second = rest;
    *effect = str_trim(str_cut(&second, ';'));
    *note = str_trim(second);
    if (str_is(type, "manual") && (str_is(*effect, "reads") || str_is(*effect, "changes")))
        return;
    *platform = str_is(type, "manual") ? STR("by hand") : type;
    *effect = STR("");
    *note = whole;
}

static int put_command(const struct cacao_step *s, const json_t *body,
                       const struct import_sink *sink, struct err *e)
{
    CLEANUP_BUF struct buf command = {0};
    struct str texts[4];
    int rc = 0;

    buf_addstr(&command, import_text(body, "command"));
    rc = check_size(import_text(body, "command_b64"), "a command", s->id, e);
    if (rc)
        return rc;
    take_encoded(body, &command);
    take_use(body, &texts[0], &texts[1], &texts[2]);
    texts[3] = buf_str(&command);
    for (size_t i = 0; rc == 0 && i < COUNT_OF(texts); i++)
        rc = check_size(texts[i], "a command", s->id, e);
    return rc ? rc : import_put(sink, CACAO_COMMAND, texts, COUNT_OF(texts), e);
}

static int put_commands(const struct cacao_step *s, const struct import_sink *sink, struct err *e)
{
    const json_t *commands = json_object_get(s->body, "commands");
    int rc = 0;

    if (json_array_size(commands) > LIMIT_PLAYBOOK_COMMAND_COUNT)
        return err_set(e, ERR_LIMIT, "the step %.100s has %zu commands; the most is %d", s->id,
                       json_array_size(commands), (int)LIMIT_PLAYBOOK_COMMAND_COUNT);
    for (size_t i = 0; rc == 0 && i < json_array_size(commands); i++)
        rc = put_command(s, json_array_get(commands, i), sink, e);
    return rc;
}

int cacao_rows(const json_t *playbook, const struct import_sink *sink, struct err *e)
{
    CLEANUP(cacao_flow_release) struct cacao_flow flow = {0};
    int rc = check_head(playbook, e);

    if (rc == 0)
        rc = check_parties(playbook, "agent_definitions", e);
    if (rc == 0)
        rc = check_parties(playbook, "target_definitions", e);
    if (rc == 0)
        rc = cacao_flow_read(&flow, playbook, e);
    if (rc == 0)
        rc = put_head(playbook, sink, e);
    if (rc == 0)
        rc = put_remarks(playbook, &flow, sink, e);
    if (rc == 0)
        rc = put_variables(playbook, sink, e);
    for (size_t i = 0; rc == 0 && i < flow.shown; i++) {
        rc = put_step(&flow, flow.order[i], sink, e);
        if (rc == 0)
            rc = put_commands(&flow.steps[flow.order[i]], sink, e);
    }
    return rc;
}

int cacao_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    CLEANUP_IMPORT_JSON json_t *playbook = NULL;
    struct import_sink sink = import_channel(channel);
    int rc = import_json(&playbook, in, e);

    (void)argument;
    return rc ? rc : cacao_rows(playbook, &sink, e);
}

int cacao_heads_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    CLEANUP_IMPORT_JSON json_t *playbooks = NULL;
    struct import_sink sink = import_channel(channel);
    int rc = import_json(&playbooks, in, e);

    (void)argument;
    for (size_t i = 0; rc == 0 && i < json_array_size(playbooks); i++) {
        const json_t *one = json_array_get(playbooks, i);

        rc = check_head(one, e);
        if (rc == 0)
            rc = put_head(one, &sink, e);
    }
    return rc;
}
