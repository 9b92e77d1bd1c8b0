/* manner.h: what a source as a whole shows of how its lines are written, where a line alone does
 * not (doc/format/timeline.md section 2): by the places at which it is recognised. */
#pragma once
#include "timeline/when.h"

enum { MANNER_HOSTS = 16, MANNER_CLOCKS = 8 };

/* All zeros: nothing is known. */
struct manner {
    uint32_t hosts[MANNER_HOSTS]; /* hashes of those that rsyslog's lines have for sure; 0: none */
    uint32_t like_lines;          /* so many, of those that were seen, are another format's, */
    uint8_t like;                 /* the number of which is one less, and which it is not read by */
    uint8_t is_sure_only;         /* 1: what is not the first format's for sure is the second's */
    uint8_t delivery; /* enum delivery_is: of messages that state another time than their heads, */
    uint8_t unused;
    int64_t clocks_s[MANNER_CLOCKS]; /* and of a wrong clock by how much it is behind these, at one
                                        time or another; the first 0 ends them */
    uint32_t indent;                 /* so many blanks stand in front of its lines, */
    uint32_t deeper;         /* more of them in front of so many that state a time, of those seen */
    uint8_t knows_indent;    /* 1: it does */
    uint8_t is_stamped;      /* 1: a runtime put its time in front of what others wrote */
    uint8_t is_pasted;       /* 1: in front of the first of its lines are fewer */
    uint8_t is_sparse;       /* 1: few of its lines state a time */
    uint8_t has_both_orders; /* 1: its dates with slashes show both, so that one alone shows none */
    uint8_t clock;           /* enum when_clock */
    uint8_t offsets;         /* enum manner_offsets */
    uint8_t is_half_doubtful; /* it may as well be another one: HALF_UNSEEN where no line that was
                                 seen tells the two apart, else HALF_SEEN */
};
/* Signed numbers of four digits behind times. */
enum manner_offsets {
    OFFSETS_STATED,   /* they are zones */
    OFFSETS_WORDS,    /* words of the text */
    OFFSETS_DOUBTFUL, /* taken for zones; nothing shows which */
    OFFSETS_COUNT_,
};
enum { HALF_UNSEEN = 1, HALF_SEEN, HALF_COUNT_ };

struct recognised;
struct look;
struct format;
struct reader;
struct event;
/* Which of the two formats of dates with slashes it is, by all lines of the samples that the
 * formats before decline (NULL: by all). NULL: nothing shows it. Another format is itself. */
const struct format *manner_order(struct look *l, const struct recognised *before,
                                  const struct format *found, bool *has_both);
/* Fills found->manner. The samples of l are those that its formats were found by. */
void manner_find(struct recognised *found, struct look *l);
/* Whether a line whose time has microseconds and a zone, as rsyslog writes it, is one of syslog by
 * its host alone: that has such lines for sure, or is an address where others have. */
bool manner_knows_host(const struct manner *m, const struct event *e);
/* "2026-11-25T03:12:09.123456789Z ": with nine digits and a zone, as docker logs -t and kubectl
 * logs
 * --timestamps put it in front of each line. */
bool manner_is_stamp(struct str line);
/* A line of the first format by its look alone, which the second one knows, too. */
bool manner_doubts(const struct reader *r, const struct event *e);
/* What is told of the source as a whole; NULL: nothing. */
const char *manner_remark(const struct reader *r);
bool manner_is_sound(const struct manner *m);
/* Whether a line that states a time behind blanks is of the line before all the same, as journalctl
 * prints what a message has behind its first line end. */
bool manner_is_deeper(const struct manner *m, struct str line);
