/* flood_line.h: one request as a web server wrote it down: the Common and Combined Log Formats of
 * Apache httpd (mod_log_config) and nginx, also with the virtual host in front. */
#pragma once
#include "contain/net.h"

struct flood_line {
    struct net source;
    int64_t second;   /* since 1970, UTC */
    struct str path;  /* without what follows "?" */
    struct str agent; /* empty where the format has none */
    uint16_t status;  /* of the answer; 0 where there is none */
};

/* Times of one log lie close together: what was read last helps to read the next. */
struct flood_clock {
    char text[24]; /* "10/Oct/2000:13:55" */
    int64_t minute;
    int32_t zone_s;
};

/* line is without its end. false: it is not in one of these formats. out's slices lie in line. */
bool flood_line_read(struct str line, struct flood_clock *clock, struct flood_line *out);

/* What readers of logs share: two digits; the number of "Nov", 0 for none; days since 1970-01-01 of
 * the Gregorian calendar; a single address. */
bool log_two(const char *p, int *out);
int log_month(const char *p);
int64_t log_days(int year, int month, int day);
bool log_source(struct str text, struct net *out);
