/* stop_traffic.h: what comes to this host now, by two looks at what it counts. */
#pragma once
#include "base/json.h"
#include "contain/filter_count.h"
#include "contain/traffic.h"
#include "render/screen.h"

struct stop_traffic {
    struct traffic now;              /* what came between the looks */
    struct filter_counters counters; /* of nf_tables, the same */
    bool sees_counters;
    int64_t span_ms;
};
void stop_traffic_release(struct stop_traffic *t);

/* Waits span_ms between the looks. */
void stop_traffic_look(struct stop_traffic *out, int64_t span_ms);
uint64_t stop_traffic_second(const struct stop_traffic *t, uint64_t count); /* of count, a second */
/* The port of UDP that loses most, or where most waits to be read; 0: nothing is lost and little
 * comes. */
uint16_t stop_traffic_udp_port(const struct stop_traffic *t);
void stop_traffic_show(const struct stop_traffic *t, struct screen *screen);
void stop_traffic_json(const struct stop_traffic *t, struct json *j);
