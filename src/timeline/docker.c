/* docker.c: the json-file logs of Docker: what containers write, a line or part of one each. */
#include "timeline/json_event.h"

static const struct member members[] = {
    {"time", MEMBER_IS_TIME, 0}, {"log", "message", 0}, {"stream", "docker.stream", 0}};
static const struct member_table table = {"docker.", members, COUNT_OF(members), false};

/* A container's line brings its own end along. */
static void trim_message(struct event *e)
{
    for (size_t i = 0; i < e->count; i++) {
        struct str *v = &e->fields[i].value;

        if (e->fields[i].name != FIELD_MESSAGE)
            continue;
        v->len -= v->len && v->p[v->len - 1] == '\n';
        v->len -= v->len && v->p[v->len - 1] == '\r';
    }
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct json_event j = {.members = r->state, .table = &table};
    struct stated s;

    if (!json_event(&j, r, line, e) || !j.time_is_text || !json_time(j.time, &s, NULL) ||
        event_value(e, field_number(r->names, STR("docker.stream"))).len == 0 || !j.has_all)
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    trim_message(e);
    return LINE_EVENT;
}

const struct format format_docker = {.name = "docker",
                                     .version = 1,
                                     .is_splittable = true,
                                     .line = line_of,
                                     .takes_bytes = true,
                                     .state_size = sizeof(struct members)};
