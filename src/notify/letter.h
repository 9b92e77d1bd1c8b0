/* letter.h: one message on its way to one person, before it is spelled for a channel. */
#pragma once
#include "base/hash.h"
#include "base/utc.h"

struct letter {
    struct id id;    /* of the message; all by which a receiver tells a repeat comes from it */
    struct utc when; /* when it was written; the same each time */
    struct str name; /* of the recipient; any text of one line */
    struct str address;
    struct str subject; /* seen only where the channel protects it */
    struct str text;
    const char *label; /* "TLP:AMBER" */
    struct str unsafe; /* of a call: why numbers of theirs are not called, a line each */
};

/* The id in hex. */
enum { LETTER_ID_SIZE = 33 };
const char *letter_id(char out[LETTER_ID_SIZE], const struct letter *l);
