/* attempt_line.h: one line that sshd wrote about somebody who tried to log in, as syslog keeps it:
 * with the stamp of RFC 3164 (also journalctl -o short), or of RFC 3339 (rsyslog). */
#pragma once
#include "contain/net.h"

enum attempt {
    ATTEMPT_NO_LINE, /* in no known format */
    ATTEMPT_NONE,    /* a line of a log about something else */
    ATTEMPT_FAILED,
    ATTEMPT_ACCEPTED,
};

struct attempt_line {
    struct net source;
    int64_t second;  /* since 1970, UTC */
    struct str user; /* as it was typed; lies in the line */
    uint32_t count;  /* how often: syslog tells of a repeated message once */
};

/* What a stamp of RFC 3164 lacks: its year and zone. The latest year that is not in the future. */
struct attempt_clock {
    int64_t now;    /* seconds since 1970, UTC */
    int32_t zone_s; /* east of UTC, of the log */
};

/* line is without its end. A source that is a name, and a line that does not end where sshd ends
 * it, are not counted: a user may be called "x from 192.0.2.1 port 1 ssh2". */
enum attempt attempt_line_read(struct str line, const struct attempt_clock *clock,
                               struct attempt_line *out);
