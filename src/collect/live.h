/* live.h: what the steps that write live/ share (doc/format/live.md): lines of a member, lines of a
 * file of the host, and names for numbers of the kernel.
 *
 * Internal to src/collect/. */
#pragma once
#include "collect/collection.h"
#include "sys/netlink.h"

/* The lines of a member "live/NAME"; live_close puts what is left, also after a failure. */
MUST_CHECK struct bundle_lines *live_open(struct collection *c, const char *name);
void live_line_end(struct collection *c, struct bundle_lines *l);
void live_close(struct collection *c, struct bundle_lines *l);

/* Lines of a file of any size, with little memory. */
enum { LIVE_LINE_SIZE = 32 << 10 }; /* bytes of a line; what is longer is cut */
struct live_file {
    int fd; /* -1: not open */
    struct buf bytes;
    size_t at;
    bool is_end;
    int code;           /* 0, or why reading ended, a negative errno */
    uint64_t cut_count; /* lines that were cut */
};
/* 0 or a negative errno; -EINVAL for what is not a regular file. */
int live_file_open(struct live_file *f, struct collection *c, const char *path);
int live_file_open_in(struct live_file *f, int folder, const char *name);
bool live_file_line(struct live_file *f, struct str *line); /* without LF; false at the end */
void live_file_close(struct live_file *f);
#define CLEANUP_LIVE_FILE CLEANUP(live_file_close)

/* Numbers that were met before, as those of namespaces. */
struct live_seen {
    uint64_t list[4096];
    size_t count;
};
/* True the first time; false also when there are too many. */
bool live_is_new(struct live_seen *seen, uint64_t number);

/* Whether asking the kernel for that part of it would not make it load a module: a module that is
 * loaded by being asked for is a change to the host, and the kernel starts the host's own modprobe
 * for it. Says what is missing where it is not so. what: "the packet filter". */
bool live_may_ask(struct collection *c, const char *module, const char *what);

/* A name for a number, or for each bit of it. Ends with a NULL name. */
struct live_word {
    uint64_t value;
    const char *name;
};
const char *live_word(const struct live_word *words, uint64_t value); /* NULL where there is none */
/* The word, or the number as text. */
void live_put_word(struct json *j, const char *name, const struct live_word *words, uint64_t value);
/* An array of the words whose bits are set; a bit without a word is given as "0x…". */
void live_put_bits(struct json *j, const char *name, const struct live_word *words, uint64_t bits);
void live_put_hex_u64(struct json *j, const char *name, uint64_t value); /* "0x1f" */
/* Strings, each ended by a NUL, as an array; where one is not UTF-8 NAME_hex holds them all in hex.
 * At most most bytes of JSON; true when something was left out. */
bool live_put_strings(struct json *j, const char *name, struct str strings, size_t most);
/* An address of IPv4 or IPv6; left out where it is neither or too short. */
void live_put_address(struct json *j, const char *name, int family, struct str bytes);
/* A C string within bytes. */
struct str live_text(struct str bytes);
struct utc live_booted(struct collection *c); /* zero where it is unknown */
/* The moment so many nanoseconds after the boot; zero where either makes no sense. */
struct utc live_after(struct utc booted, uint64_t ns);
/* The number in "net:[4026531840]"; 0 where there is none. */
uint64_t live_namespace(int folder, const char *name, struct buf *buf);
