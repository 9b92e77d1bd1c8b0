/* pattern.h: sentences of programs, read for their meaning: a table of patterns for each program.
 *
 * A pattern is the sentence itself with places in braces: {user.name}, a word without spaces;
 * {process.pid:n} digits; {x:name} letters, digits and "_"; {source.ip:ip} what has the form of a
 * numeric address; {source.ip:host} a word, which is source.address where it is no such address;
 * {x:unit} a word that ends as systemd's units do; {_:pad} blanks, or none; {x:any} as little as
 * leads on, spaces too; {x:most} as much as leads on; {x:rest} all there is; {_}, {_:any} … are
 * passed over. A doubled brace stands for itself. It fits the whole sentence. A pattern has one
 * {x:most}: it is for what a stranger may choose. Where the sentence fits with less of it, too,
 * nobody can tell which was meant: values of both are told, and event.is_ambiguous is "yes". */
#pragma once
#include "timeline/event.h"

struct meaning {
    const char *pattern;
    const char *action;   /* event.action; NULL: none */
    const char *category; /* event.category */
    const char *outcome;  /* event.outcome */
};
struct program {
    const char *name; /* as syslog tags have it; "a|b" for two */
    const struct meaning *meanings;
    size_t count;
    /* A stranger may write what looks like another of its sentences: where several fit, what each
     * says is told, and event.is_ambiguous is "yes". Else the first counts. */
    bool tells_all;
};

struct program_list {
    const struct program *programs;
    size_t count;
};

/* Compiled at the first use of a program's table. Zero is a fine beginning. */
struct pattern_set;
struct pattern_set *pattern_set_new(const struct program_list *const *lists, size_t count,
                                    struct field_names *names);
void pattern_set_free(struct pattern_set *s); /* NULL is fine */
/* Fills e from the first pattern of the program's table that fits; false: none does. */
bool pattern_match(struct pattern_set *s, struct str program, struct str sentence, struct event *e);
