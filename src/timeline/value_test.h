/* value_test.h: one question about a value: is it this, does it hold that, is it in this range. */
#pragma once
#include <regex.h>
#include "base/err.h"
#include "base/str.h"
#include "timeline/regex_dfa.h"

enum value_test_kind {
    TEST_HOLDS, /* the text, letters of ASCII alike */
    TEST_IS,    /* the whole of it */
    TEST_GLOB,  /* with * and ? */
    TEST_REGEX,
    TEST_NETWORK, /* an address of it */
    TEST_NUMBER,  /* from low to high */
    TEST_THERE,   /* any value */
};

struct value_test {
    enum value_test_kind kind;
    struct buf text; /* small letters; of an expression what each text that fits it has */
    regex_t regex;
    bool has_regex;
    struct regex_dfa *ascii; /* the same, for values of ASCII alone; NULL: it is not done so */
    uint8_t network[16];     /* IPv4 as ::ffff:a.b.c.d */
    unsigned prefix;         /* bits of the 128 */
    long double low, high;   /* it has each number of 64 bits exactly */
    bool is_open;            /* low and high themselves are not meant */
};
void value_test_release(struct value_test *t);
void value_test_holds(struct value_test *t, struct str text);
/* A word as it is written behind a field: with * or ? a glob, an address with a slash a network. */
void value_test_word(struct value_test *t, struct str text, bool is_quoted);
/* "10.0.0.0/33": an address with a slash and a number that no network has. */
bool value_test_is_no_network(struct str text);
MUST_CHECK int value_test_regex(struct value_test *t, struct str text, struct err *e);
/* What each value that passes has in it, letters alike, in small ones; empty: nothing is known. */
struct str value_test_needs(const struct value_test *t);
bool value_test(const struct value_test *t, struct str value);
/* Where the text is found first, letters alike; NULL: nowhere. text is in small letters. */
const char *find_alike(struct str in, struct str text);
/* An address, as the 16 bytes of IPv6. */
bool address_bytes(struct str text, uint8_t out[16]);
