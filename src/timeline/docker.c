/* docker.c: the json-file logs of Docker: what containers write, a line or part of one each. */
#include "timeline/carried.h"
#include "timeline/json_event.h"

static const struct member members[] = {
    {"time", MEMBER_IS_TIME, 0}, {"log", "message", 0}, {"stream", "docker.stream", 0}};
static const struct member_table table = {"docker.", members, COUNT_OF(members), false};

/* What is longer is cut (moby, daemon/logger/copier.go): the pieces but the last one have no line
 * end and as many bytes as the buffer. A container that ends may leave a line without its end, too,
 * and shippers (Fluent Bit, Fluentd) leave all of them out. */
enum { PIECE_SIZE = 16 << 10, LOOKED_AT = 256 << 10 };

struct piece {
    bool has_end, is_full;
    char stream; /* the fourth letter of its name, by which they differ */
};
struct state {
    struct members members;
    struct piece before; /* the line before this one */
};

static struct str *message_of(struct event *e)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->fields[i].name == FIELD_MESSAGE)
            return &e->fields[i].value;
    return NULL;
}

/* A container's line brings its own end along. */
static void trim_message(struct str *v)
{
    v->len -= v->len && v->p[v->len - 1] == '\n';
    v->len -= v->len && v->p[v->len - 1] == '\r';
}

/* Bytes that are no UTF-8 grow where they are made JSON. */
static bool is_full(struct str text)
{
    return text.len == PIECE_SIZE ||
           (text.len > PIECE_SIZE && memmem(text.p, text.len, "\xef\xbf\xbd", 3));
}

static struct piece piece_of(const struct str *message, struct str stream)
{
    bool has_end = str_ends(*message, "\n");

    return (struct piece){.has_end = has_end,
                          .is_full = !has_end && is_full(*message),
                          .stream = stream.len > 3 ? stream.p[3] : 0};
}

/* All that is Docker's has a text and one of two streams (moby, daemon/logger/jsonfilelog/jsonlog);
 * an object of another program may have members of these names. */
static bool is_of_docker(const struct str *message, struct str stream)
{
    return message && (str_is(stream, "stdout") || str_is(stream, "stderr"));
}

/* Without its end what follows may be a line of its own. */
static bool goes_on(const struct piece *before, const struct piece *p)
{
    return before->is_full && before->stream == p->stream && (p->is_full || p->has_end);
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct state *state = r->state;
    struct piece before = state->before;
    struct json_event j = {.members = &state->members, .table = &table};
    struct str *message, stream;
    struct stated s;

    state->before = (struct piece){0};
    if (!json_event(&j, r, line, e) || !j.time_is_text || !json_time(j.time, &s, NULL) ||
        !j.has_all)
        return LINE_FOREIGN;
    stream = event_value(e, field_number(r->names, STR("docker.stream")));
    message = message_of(e);
    if (!is_of_docker(message, stream))
        return LINE_FOREIGN;
    state->before = piece_of(message, stream);
    trim_message(message);
    if (goes_on(&before, &state->before)) {
        const struct event_field all = {.name = FIELD_MESSAGE, .value = *message};

        e->fields[0] = all;
        e->count = 1;
        return LINE_CONTINUES;
    }
    reader_time(r, e, &s);
    return LINE_EVENT;
}

const struct format format_docker = {.name = "docker",
                                     .version = 2,
                                     .is_splittable = true,
                                     .line = line_of,
                                     .cut_lines = LOOKED_AT,
                                     .whole = carried_end_event,
                                     .takes_bytes = true,
                                     .state_size = sizeof(struct state)};
