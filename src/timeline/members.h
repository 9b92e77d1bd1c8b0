/* members.h: names that a format gives its values, and the fields that they become. */
#pragma once
#include "timeline/event.h"

/* A member's name as the format spells it, and the name of the field. */
struct member {
    const char *name;
    const char *field;
};
/* In place of a field's name. */
#define MEMBER_IS_TIME "@time" /* the time of the event */
#define MEMBER_IS_NONE "@none" /* no field: the line has it */

struct member_table {
    const char
        *prefix; /* of names that are not in the table, "zeek."; NULL: they are as they are */
    const struct member *members;
    size_t count;
    bool keeps_known; /* a name of fields.def stays what it is */
};
enum { MEMBER_TIME = FIELD_NONE - 1, MEMBER_NONE = FIELD_NONE - 2 };

/* Numbers that were found, part of a format's state; zero is a fine beginning. */
enum { MEMBERS_KEPT = 512, MEMBER_NAME_SIZE = 60 };
struct members {
    struct {
        uint16_t number;
        uint16_t len; /* 0: free */
        char name[MEMBER_NAME_SIZE];
    } kept[MEMBERS_KEPT];
};
/* The number of the field, MEMBER_TIME, MEMBER_NONE or FIELD_NONE. */
uint16_t member_field(struct members *m, const struct member_table *t, struct field_names *names,
                      struct str name);
