/* collect.h: a snapshot of a host, the difference of two, and what may be noticed in one.
 *
 * The document is doc/format/snapshot.md. Taking one starts no program, looks up no name, writes
 * nothing on the host and keeps access times where the kernel allows it. collect_diff,
 * collect_observe and collect_head are safe on any bytes, and are what a worker job calls on a
 * foreign document. All functions may be used by several threads at once. */
#pragma once
#include "base/err.h"
#include "base/str.h"
#include "base/utc.h"

enum {
    COLLECT_DOCUMENT_SIZE = 64 << 20, /* bytes of a document, doc/format/snapshot.md §5 */
    COLLECT_LINE_SIZE = 256 << 10,    /* bytes of a line */
};

struct collect_options {
    const char *root; /* NULL or "/": this host; else the folder of a host's copied tree */
    struct str held;  /* places that never answered before, each ended by a NUL: not looked into */
    bool without_hashes; /* leave out SHA-256 of file contents, which is what takes time */
    bool (*is_stopped)(void *context); /* whether it shall end now: the rest is said to be missing.
                                          NULL: never */
    void *context;                     /* of is_stopped */
};

/* Gets each line with its newline, in the order of the document. Non-zero stops and is returned. */
typedef int collect_line(void *context, struct str line, struct err *e);

/* Takes a snapshot. What cannot be read is said in the document and is no error. options may be
 * NULL. ERR_NOTFOUND or ERR_IO: the root folder cannot be opened; else what emit returned. */
MUST_CHECK int collect_snapshot(const struct collect_options *options, collect_line *emit,
                                void *context, struct err *e);
/* As above, added to a buffer. On error the buffer is as it was. */
MUST_CHECK int collect_snapshot_to(const struct collect_options *options, struct buf *out,
                                   struct err *e);

/* What a document says of itself. */
struct collect_head {
    char host[256];   /* host name, cut; UTF-8, not escaped for any sink */
    struct utc taken; /* zero where the document does not say */
    uint64_t lines;   /* all lines, first and last too */
    bool is_whole;    /* the last line is there and its digest and count fit */
};
/* ERR_FORMAT: not a snapshot, the sentence names the line; ERR_LIMIT; ERR_NEWER: another version.
 */
MUST_CHECK int collect_head(struct str text, struct collect_head *out, struct err *e);

enum collect_change_kind { COLLECT_APPEARED, COLLECT_GONE, COLLECT_CHANGED };
const char *collect_change_name(enum collect_change_kind kind); /* "appeared" … */

/* The strings live until the callback returns; they are UTF-8 and not escaped for any sink. */
struct collect_change {
    enum collect_change_kind kind;
    struct str section;
    struct str key;
    struct str words; /* one sentence part: "a new listener: TCP 0.0.0.0:4444 by pid 812 (…)" */
};
typedef int collect_changed(void *context, const struct collect_change *change, struct err *e);

/* Tells what differs, in the order of the sections and keys. Process numbers, counters and other
 * noise are left out; a section that one of the two did not see is said once, as a change of
 * section "coverage", instead of all its things being gone. Errors as collect_head, or what changed
 * returned. */
MUST_CHECK int collect_diff(struct str before, struct str after, collect_changed *changed,
                            void *context, struct err *e);

/* What an observation may point to; never a verdict. */
enum collect_hint { COLLECT_FAULT, COLLECT_ATTACK, COLLECT_EITHER };
const char *collect_hint_name(enum collect_hint hint); /* "fault" … */

struct collect_observation {
    const char *code; /* stable, for programs: "deleted-program" */
    enum collect_hint hint;
    unsigned weight;      /* 1 worth knowing, 2 worth a look, 3 look at it first */
    struct str words;     /* what is seen, a sentence */
    const char *harmless; /* its usual harmless cause, a sentence */
    struct str evidence;  /* the line of the document, without its newline */
};
typedef int collect_observed(void *context, const struct collect_observation *o, struct err *e);

/* Tells what may be noticed in one snapshot, in the order of the rules. Of each rule at most 20
 * things are told one by one, then one observation says how many more there are. Errors as
 * collect_head, or what observed returned. */
MUST_CHECK int collect_observe(struct str text, collect_observed *observed, void *context,
                               struct err *e);

/* The rules, for help and documentation. */
struct collect_rule_text {
    const char *code;
    enum collect_hint hint;
    const char *title; /* "a program runs from a deleted file" */
    const char *harmless;
};
size_t collect_rules(const struct collect_rule_text **out);

/* What a collection may notice besides (doc/format/observed.md); its words come with it. */
struct collect_noticed {
    const char *code;
    unsigned weight;
    enum collect_hint hint;
    const char *harmless;
};
size_t collect_noticed(const struct collect_noticed **out);
