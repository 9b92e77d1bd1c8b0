/* query_tree.h: a query that was read, as what reads it (query.c) and what looks for it
 * (query_match.c) share it. */
#pragma once
#include "base/mem.h"
#include "timeline/query.h"
#include "timeline/value_test.h"

enum node_kind { NODE_ALL, NODE_AND, NODE_OR, NODE_NOT, NODE_TERM, NODE_TIME };

struct node {
    enum node_kind kind;
    const struct node *left, *right;
    struct str field; /* empty: any */
    struct value_test test;
    int64_t first_ns, last_ns; /* of a time */
};

struct query {
    struct arena *arena;
    struct str text;
    struct node *nodes[QUERY_NODES_MOST]; /* to be released */
    size_t count;
    const struct node *root;
    bool has_tags;
    const char *maybe_how; /* query_maybe_meant */
    struct str maybe;
};

/* query_refused.c */
bool query_is_name(char c); /* of the name of a field */
/* What is to be written instead of a word that begins as other languages have it; NULL: it is read.
 * is_of_field: it is the value of one. */
const char *query_refused(struct str word, bool is_of_field);
/* Likewise, of a value that such a field does not have. */
const char *query_refused_of(struct str field, struct str word);
/* "user.name in (", "user.name not in (" */
bool query_is_list(struct str s);
/* A field of which words are looked for, as ECS has "message"; others are compared as a whole. */
bool query_is_text(struct str field);
/* The length of a name with * or ? in it before a colon; 0: none is there. */
size_t query_wild_name(struct str s);
