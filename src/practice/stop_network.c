/* stop_network.c: plans for the network of this host: isolate, block, limit, take down. */
#include "practice/stop_plan_table.h"

/* Two responders on one host: see src/contain/others.h. */
#define PLAN_CUT                                                                                   \
    {                                                                                              \
        .name = "cut", .type = FIELD_LINE, .flags = FIELD_MANY | FIELD_OUTSIDE,                    \
        .help = "whom another plan in effect lets pass, and who is cut off all the same: 10.1.0.7" \
    }

static const struct field isolate_fields[] = {
    PLAN_SYSTEM(FIELD_ARG),
    PLAN_ALLOW,
    PLAN_FIELDS,
    {.name = "accept-wide",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "an address that is allowed without a port passes whole; you accept that"},
    {.name = "accept-names",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "names can be looked up (port 53, out); you accept that"},
    PLAN_CUT};
PLAN_OPERATION(isolate, isolate_fields, "plan to cut this host off but for whom you name",
               "calm stop isolate web1 --allow 10.1.0.7:22");

static const struct field block_fields[] = {
    {.name = "address",
     .type = FIELD_LINE,
     .flags = FIELD_MANY | FIELD_ARG | FIELD_OUTSIDE,
     .help = "addresses and networks: 203.0.113.9, 2001:db8::/32"},
    {.name = "from-file",
     .type = FIELD_PATH,
     .flags = FIELD_OUTSIDE,
     .help = "a list of them, one a line"},
    {.name = "proposal",
     .type = FIELD_REF,
     .flags = FIELD_OUTSIDE,
     .kind = "proposal",
     .help = "those that calm stop propose found: pr1"},
    PLAN_SYSTEM(0),
    PLAN_ALLOW,
    PLAN_FIELDS,
    PLAN_CUT};
PLAN_OPERATION(block, block_fields, "plan to drop what addresses send and are sent",
               "calm stop block 203.0.113.9 198.51.100.0/24 --for-time \"24 h\"");

static const struct field limit_fields[] = {
    {.name = "flood",
     .type = FIELD_WORD,
     .flags = FIELD_REQUIRED | FIELD_ARG | FIELD_OUTSIDE,
     .choices = WORDS("tcp", "udp", "http"),
     .help = "of what: new TCP connections, UDP packets, or requests within TCP connections"},
    {.name = "port",
     .type = FIELD_NUMBER,
     .flags = FIELD_OUTSIDE,
     .help = "only to this port of this host"},
    {.name = "rate",
     .type = FIELD_NUMBER,
     .flags = FIELD_OUTSIDE,
     .help = "how many a second of one source pass"},
    {.name = "burst",
     .type = FIELD_NUMBER,
     .flags = FIELD_OUTSIDE,
     .help = "how many at once before the rate counts; twice the rate if not given"},
    {.name = "connections",
     .type = FIELD_NUMBER,
     .flags = FIELD_OUTSIDE,
     .help = "how many open connections one source may have"},
    {.name = "prefix4",
     .type = FIELD_NUMBER,
     .flags = FIELD_OUTSIDE,
     .help = "bits of an IPv4 address that are one source; 32 if not given"},
    {.name = "prefix6",
     .type = FIELD_NUMBER,
     .flags = FIELD_OUTSIDE,
     .help = "bits of an IPv6 address that are one source; 64 if not given"},
    {.name = "bytes",
     .type = FIELD_NUMBER,
     .flags = FIELD_OUTSIDE,
     .help = "how many bytes a second of one source pass; of http the rate times 1,500 if not "
             "given"},
    PLAN_SYSTEM(0),
    PLAN_ALLOW,
    PLAN_FIELDS};
PLAN_OPERATION(limit, limit_fields, "plan to drop what one source sends above a rate",
               "calm stop limit http --port 443 --rate 20 --prefix4 24");

static const struct field down_fields[] = {{.name = "interface",
                                            .type = FIELD_LINE,
                                            .flags = FIELD_REQUIRED | FIELD_ARG | FIELD_OUTSIDE,
                                            .help = "a network interface: eth0"},
                                           PLAN_SYSTEM(0),
                                           PLAN_ALLOW,
                                           PLAN_FIELDS,
                                           PLAN_CUT};
PLAN_OPERATION(down, down_fields, "plan to take a network interface down", "calm stop down eth1");
