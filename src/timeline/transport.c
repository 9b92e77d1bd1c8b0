/* transport.c: names of the protocols that IP carries. */
#include "timeline/transport.h"
#include "base/mem.h"

static const struct {
    uint8_t number;
    const char *name; /* IANA's keyword, in small letters; ipv6-icmp as ECS has it */
} protocols[] = {{1, "icmp"},     {2, "igmp"},  {4, "ipv4"},   {6, "tcp"},    {17, "udp"},
                 {41, "ipv6"},    {47, "gre"},  {50, "esp"},   {51, "ah"},    {58, "ipv6-icmp"},
                 {89, "ospfigp"}, {103, "pim"}, {112, "vrrp"}, {132, "sctp"}, {136, "udplite"}};

struct str transport_name(struct str number)
{
    uint64_t n;

    if (!str_u64(number, &n))
        return STR("");
    for (size_t i = 0; i < COUNT_OF(protocols); i++)
        if (n == protocols[i].number)
            return str_of(protocols[i].name);
    return STR("");
}

void transport_spell(struct event *e)
{
    event_small(e, FIELD_NETWORK_TRANSPORT);
    for (size_t i = 0; i < e->count; i++) {
        struct event_field *f = &e->fields[i];
        struct str name = STR("");

        if (f->name == FIELD_NETWORK_TRANSPORT)
            name = transport_name(f->value);
        if (name.len)
            f->value = name;
    }
}
