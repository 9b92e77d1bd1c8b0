/* members.h: names that a format gives its values, and the fields that they become. */
#pragma once
#include "timeline/event.h"

/* A member's name as the format spells it, and the name of the field. */
struct member {
    const char *name;
    const char *field; /* NULL: as if it were not in the table */
    uint8_t kind;      /* what the format makes of its value; its own numbers */
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
enum { MEMBERS_KEPT = 4096, MEMBER_NAME_SIZE = 60 };
struct members {
    struct member_kept {
        uint16_t field;
        uint8_t kind;
        uint8_t len; /* 0: free */
        char name[MEMBER_NAME_SIZE];
    } kept[MEMBERS_KEPT];
};
struct member_found {
    uint16_t field; /* MEMBER_TIME, MEMBER_NONE and FIELD_NONE are none */
    uint8_t kind;
};
struct member_found member_find(struct members *m, const struct member_table *t,
                                struct field_names *names, struct str name);
/* What this program says of an event, or an export of where it lay first: evidence says it of
 * itself alone. */
bool member_is_of_program(struct str name);
/* Of a field set of ECS 8, or Winlogbeat's: "user.name". */
bool member_is_of_ecs(struct str name);
/* Its field alone. */
uint16_t member_field(struct members *m, const struct member_table *t, struct field_names *names,
                      struct str name);
