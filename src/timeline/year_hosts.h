/* year_hosts.h: from where to where in a source each host has lines, so that logs of several hosts,
 * put one behind another, are known (doc/format/timeline.md section 2, "Years"). */
#pragma once
#include "base/str.h"

enum {
    YEAR_HOSTS_MOST = 1024, /* of a source; of more nothing is known */
    YEAR_HOST_SLOTS = 2048,
    YEAR_HOST_SIZE = 62, /* bytes of a name that is known without its hash */
    YEAR_HOSTS_KEPT = 64,
    YEAR_STAYS_MOST = 4096, /* of a part, */
    YEAR_STAYS_SUM = 65536, /* and of all; behind them stays go on over places that part logs */
};
struct year_day {
    uint8_t month, day;
};
/* A stay: lines of one host, or of none, between two places at which a log of another host may
 * begin. Without gaps, as it goes between processes. */
struct year_host {
    uint64_t hash;        /* of its name: two that have the same count as one host */
    uint64_t first, last; /* where the first and the last of them begin */
    uint64_t lines;
    uint32_t host;            /* of which host it is, from 0, as whoever has it counts them */
    struct year_day from, to; /* of its first and last line */
};
struct year_host_kept {
    char name[YEAR_HOST_SIZE];
    uint8_t len; /* 0: there is none */
    uint16_t host;
};
/* Zero-initialise; then year_hosts_release. */
struct year_hosts {
    struct year_host *of;
    size_t count, room;
    uint32_t last_of[YEAR_HOSTS_MOST];           /* the last stay of each host */
    uint32_t hosts;                              /* how many they are */
    bool has_many;                               /* more than are known: the others are not kept */
    uint64_t from;                               /* stays that end before it have ended */
    struct year_day day;                         /* of the lines that are seen */
    uint16_t slots[YEAR_HOST_SLOTS];             /* numbers of hosts + 1 */
    struct year_host_kept kept[YEAR_HOSTS_KEPT]; /* of such as were seen last */
};
/* What a machine says of itself at each boot, before it knows its name. */
bool host_is_unnamed(struct str name);
void year_hosts_release(struct year_hosts *h);
struct year_hosts *year_hosts_new(void);
void year_hosts_free(struct year_hosts *h); /* NULL is fine */
DEFINE_CLEANUP(struct year_hosts *, year_hosts_free)
/* A log of another host may begin there: before the host of that line is seen, or behind it where
 * that is the first of its host. */
void year_hosts_begin(struct year_hosts *h, uint64_t at);
/* A line of that host begins there, behind those of before. Whether it is the first, or of a
 * machine that does not know its name yet, which is of whichever host says more behind it. */
bool year_hosts_see(struct year_hosts *h, struct str name, uint64_t at);
/* The same where it is not the first; false: it is, and was not seen. */
bool year_hosts_see_known(struct year_hosts *h, struct str name, uint64_t at);
/* Whether that begins with a name that is kept and a blank; then it is seen. */
bool year_hosts_see_again(struct year_hosts *h, struct str text, uint64_t at);
/* What another process saw of a host, in any order. */
void year_hosts_add(struct year_hosts *h, const struct year_host *host);
bool year_host_is_sound(const struct year_host *host, uint64_t lines_most);

/* Goes through the places of a source in their order. */
struct year_sweep {
    const struct year_hosts *hosts; /* borrowed */
    uint32_t *by_first, *by_last;   /* stays */
    size_t begun, ended;            /* of them, before the place */
    uint64_t *before, *behind; /* lines of each host that are of stays that have ended, or not */
    uint64_t lines, lines_before, lines_begun;
    uint64_t
        lesser; /* lines of each host on the side of the place on which it has fewer, added up */
    uint64_t *firsts; /* where each host begins, ascending */
};
void year_sweep_begin(struct year_sweep *s, const struct year_hosts *h);
void year_sweep_release(struct year_sweep *s);
/* Whether the host of the lines changes there for good: nearly all lines of one that was before are
 * before, and of one that begins there or soon behind are behind; what all hosts have on the other
 * side is little. No place before that of the call before. */
bool year_sweep_parts(struct year_sweep *s, uint64_t at);
/* Whether that is the first line of a host. */
bool year_sweep_is_first(const struct year_sweep *s, uint64_t at);
