/* json.c: the JSON writer. */
#include "base/json.h"
#include "base/hash.h"
#include "base/sink.h"

void json_begin(struct json *j, struct buf *out)
{
    *j = (struct json){.out = out};
}

static void json_separate(struct json *j)
{
    if (j->wants_comma)
        buf_addc(j->out, ',');
    j->wants_comma = true;
}

static void json_open(struct json *j, char c)
{
    json_separate(j);
    buf_addc(j->out, c);
    j->depth++;
    j->wants_comma = false;
}

static void json_close(struct json *j, char c)
{
    if (j->depth == 0)
        BUG("JSON closed too often");
    buf_addc(j->out, c);
    j->depth--;
    j->wants_comma = true;
}

void json_object_begin(struct json *j)
{
    json_open(j, '{');
}

void json_object_end(struct json *j)
{
    json_close(j, '}');
}

void json_array_begin(struct json *j)
{
    json_open(j, '[');
}

void json_array_end(struct json *j)
{
    json_close(j, ']');
}

void json_name(struct json *j, const char *name)
{
    json_separate(j);
    buf_addc(j->out, '"');
    sink_json(j->out, str_of(name));
    buf_adds(j->out, "\":");
    j->wants_comma = false;
}

void json_str(struct json *j, struct str value)
{
    json_separate(j);
    buf_addc(j->out, '"');
    sink_json(j->out, value);
    buf_addc(j->out, '"');
}

void json_text(struct json *j, const char *value)
{
    if (value)
        json_str(j, str_of(value));
    else
        json_null_add(j);
}

void json_u64(struct json *j, uint64_t value)
{
    json_separate(j);
    buf_add_u64(j->out, value);
}

void json_i64(struct json *j, int64_t value)
{
    json_separate(j);
    buf_addf(j->out, "%lld", (long long)value);
}

void json_bool(struct json *j, bool value)
{
    json_separate(j);
    buf_adds(j->out, value ? "true" : "false");
}

void json_null_add(struct json *j)
{
    json_separate(j);
    buf_adds(j->out, "null");
}

void json_utc(struct json *j, struct utc t)
{
    json_separate(j);
    buf_addc(j->out, '"');
    utc_add(j->out, t);
    buf_addc(j->out, '"');
}

void json_hex(struct json *j, const void *bytes, size_t size)
{
    json_separate(j);
    buf_addc(j->out, '"');
    hex_add(j->out, bytes, size);
    buf_addc(j->out, '"');
}

void json_put_str(struct json *j, const char *name, struct str value)
{
    json_name(j, name);
    json_str(j, value);
}

void json_put_text(struct json *j, const char *name, const char *value)
{
    json_name(j, name);
    json_text(j, value);
}

void json_put_u64(struct json *j, const char *name, uint64_t value)
{
    json_name(j, name);
    json_u64(j, value);
}

void json_put_bool(struct json *j, const char *name, bool value)
{
    json_name(j, name);
    json_bool(j, value);
}

void json_put_utc(struct json *j, const char *name, struct utc t)
{
    json_name(j, name);
    json_utc(j, t);
}

void json_put_hex(struct json *j, const char *name, const void *bytes, size_t size)
{
    json_name(j, name);
    json_hex(j, bytes, size);
}
