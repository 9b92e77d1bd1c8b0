/* json.h: writes JSON (RFC 8259). Reading foreign JSON is the worker's business, with jansson. */
#pragma once
#include "base/str.h"
#include "base/utc.h"

struct json {
    struct buf *out;
    unsigned depth;
    bool wants_comma;
};

void json_begin(struct json *j, struct buf *out);
void json_object_begin(struct json *j); /* { */
void json_object_end(struct json *j);
void json_array_begin(struct json *j);
void json_array_end(struct json *j);
void json_name(struct json *j, const char *name);
void json_str(struct json *j, struct str value);
void json_text(struct json *j, const char *value); /* NULL is written as null */
void json_u64(struct json *j, uint64_t value);
void json_i64(struct json *j, int64_t value);
void json_bool(struct json *j, bool value);
void json_null_add(struct json *j);
void json_utc(struct json *j, struct utc t);
void json_hex(struct json *j, const void *bytes, size_t size);
/* name and value in one */
void json_put_str(struct json *j, const char *name, struct str value);
void json_put_text(struct json *j, const char *name, const char *value);
void json_put_u64(struct json *j, const char *name, uint64_t value);
void json_put_bool(struct json *j, const char *name, bool value);
void json_put_utc(struct json *j, const char *name, struct utc t);
void json_put_hex(struct json *j, const char *name, const void *bytes, size_t size);
