/* value_test.h: one question about a value: is it this, does it hold that, is it in this range. */
#pragma once
#include <regex.h>
#include "base/err.h"
#include "base/str.h"
#include "timeline/address.h"
#include "timeline/alike.h"
#include "timeline/regex_dfa.h"

enum value_test_kind {
    TEST_HOLDS, /* the text, letters alike */
    TEST_WORDS, /* the text as words of it */
    TEST_APART, /* the text, which no digit before or behind it makes another address */
    TEST_IS,    /* the whole of it */
    TEST_GLOB,  /* with * and ? */
    TEST_REGEX,
    TEST_NETWORK, /* an address of it, or the text */
    TEST_NUMBER,  /* from low to high */
    TEST_THERE,   /* any value */
};

struct value_test {
    enum value_test_kind kind;
    struct buf text; /* small letters; of an expression what each text that fits it has */
    bool is_wide;    /* the text has letters beyond ASCII */
    regex_t regex;
    bool has_regex;
    struct regex_dfa *ascii; /* the same, for values of ASCII alone; NULL: it is not done so */
    uint8_t network[16];     /* IPv4 as ::ffff:a.b.c.d */
    unsigned prefix;         /* bits of the 128 */
    bool is_words;           /* or the text as words, a glob as one of them */
    long double low, high;   /* it has each number of 64 bits exactly */
    bool is_above, is_below; /* low itself, high itself, is not meant */
};
void value_test_release(struct value_test *t);
void value_test_holds(struct value_test *t, struct str text);
/* An address within text. */
void value_test_apart(struct value_test *t, struct str text);
/* A word as it is written without a field: what it holds, with * a glob. */
void value_test_bare(struct value_test *t, struct str text);
/* A word as it is written behind a field: with * or ? a glob; an address is compared as one, with a
 * slash it is a network. */
void value_test_word(struct value_test *t, struct str text);
void value_test_quoted(struct value_test *t, struct str text);
/* Of a field that is text: its words, and what has * or ? in it a glob of a word, or of all of the
 * field; quoted these are characters. */
void value_test_text(struct value_test *t, struct str text, bool is_quoted);
/* An address or a network: what is equal to it has another spelling, or many. */
bool value_test_is_network(struct str text);
/* A backslash takes away what these mean in a word: * ? : " ( and so on. */
bool value_test_is_sign(char c);
/* "10.0.0.0/33": an address with a slash and a number that no network has. */
bool value_test_is_no_network(struct str text);
/* "203.0.113.300": four numbers that no address has. */
bool value_test_is_no_address(struct str text);
MUST_CHECK int value_test_regex(struct value_test *t, struct str text, struct err *e);
/* What each value that passes has in it, letters alike, in small ones; empty: nothing is known. */
struct str value_test_needs(const struct value_test *t);
/* Whether a value among these bytes may pass. */
bool value_test_may_be_in(const struct value_test *t, struct str bytes);
bool value_test(const struct value_test *t, struct str value);
/* The same of many. */
void value_test_all(const struct value_test *t, const struct str *values, size_t count,
                    uint8_t *is_true);
