/* json_flat.h: reads a JSON object (RFC 8259) into names and values: members of members become
 * "a.b", and each element of a list a value of the list's name. */
#pragma once
#include "timeline/event.h"

enum { JSON_DEPTH_MOST = 32 };

struct json_value {
    struct str name;
    struct str
        value; /* text without its quotes and escapes; a number, true or false as it stands */
    bool is_text;
};
/* The name is valid during the call; the value as long as the text and e's scratch. */
typedef void json_take(void *context, const struct json_value *v);

struct json_flat {
    json_take *take;
    void *context;
    struct event *e;    /* whose scratch holds values with escapes */
    bool bytes_as_text; /* a list of numbers is the bytes of a text, as journald writes it */
    bool has_left_out;  /* out: a value whose name is too long, or that found no room */
};
/* Takes one object off the front of *text; null is passed over. False: it is none, or nested deeper
 * than JSON_DEPTH_MOST; take may have been called. */
bool json_flat(struct json_flat *f, struct str *text);
