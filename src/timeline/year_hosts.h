/* year_hosts.h: from where to where in a source each host has lines, so that logs of several hosts,
 * put one behind another, are known (doc/format/timeline.md section 2, "Years"). */
#pragma once
#include "base/str.h"

enum {
    YEAR_HOSTS_MOST = 1024, /* of a source; of more nothing is known */
    YEAR_HOST_SLOTS = 2048,
    YEAR_HOST_SIZE = 62, /* bytes of a name that is known without its hash */
    YEAR_HOSTS_KEPT = 64,
};
/* Lines of one host, or of none. Without gaps, as it goes between processes. */
struct year_host {
    uint64_t hash;        /* of its name: two that have the same count as one host */
    uint64_t first, last; /* where the first and the last of them begin */
    uint64_t lines;
};
struct year_host_kept {
    char name[YEAR_HOST_SIZE];
    uint8_t len; /* 0: there is none */
    uint16_t index;
};
/* Zero-initialise. */
struct year_hosts {
    struct year_host of[YEAR_HOSTS_MOST];
    size_t count;
    bool has_many; /* more than that: the others are not kept */
    uint16_t slots[YEAR_HOST_SLOTS];
    struct year_host_kept kept[YEAR_HOSTS_KEPT]; /* of such as were seen last */
};
/* A line of that host begins there, behind those of before. Whether it is the first, or of a
 * machine that does not know its name yet, which is of whichever host says more behind it. */
bool year_hosts_see(struct year_hosts *h, struct str name, uint64_t at);
/* Whether that begins with a name that is kept and a blank; then it is seen. */
bool year_hosts_see_again(struct year_hosts *h, struct str text, uint64_t at);
/* What another process saw of a host, in any order. */
void year_hosts_add(struct year_hosts *h, const struct year_host *host);
bool year_host_is_sound(const struct year_host *host, uint64_t lines_most);
/* Whether no host has lines both before that place and behind it, and the one that begins there, or
 * soon behind, and the one that ends last before it, have some. */
bool year_hosts_part(const struct year_hosts *h, uint64_t at);
