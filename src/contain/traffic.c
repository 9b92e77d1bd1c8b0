/* traffic.c: reads the counters of /proc/net. */
#include "contain/traffic.h"
#include <stdio.h>
#include <string.h>
#include "sys/file.h"

enum { FILE_SIZE = 1 << 22, UDP_WORDS = 13 };

static uint64_t number_of(struct str text)
{
    uint64_t n;

    return str_u64(text, &n) ? n : 0;
}

/* Which counter a name stands for; NULL: none of these. */
static uint64_t *counter_of(struct traffic *t, struct str protocol, struct str name)
{
    bool is_udp = str_is(protocol, "Udp:") || str_is(protocol, "Udp6");

    if (is_udp && str_is(name, "InDatagrams"))
        return &t->udp_in;
    if (is_udp && str_is(name, "NoPorts"))
        return &t->udp_no_port;
    if (is_udp && str_is(name, "RcvbufErrors"))
        return &t->udp_no_room;
    return str_is(protocol, "Tcp:") && str_is(name, "PassiveOpens") ? &t->tcp_opened : NULL;
}

/* A line of names, and one of numbers behind it. */
static void add_snmp(struct traffic *t, struct str text)
{
    while (text.len) {
        struct str names = str_cut(&text, '\n'), numbers = str_cut(&text, '\n');
        struct str protocol = str_field(&names);

        if (!str_eq(str_field(&numbers), protocol))
            return;
        while (names.len && numbers.len) {
            uint64_t *to = counter_of(t, protocol, str_field(&names));
            uint64_t n = number_of(str_field(&numbers));

            if (to)
                *to += n;
        }
    }
}

/* "Udp6InDatagrams  12" */
static void add_snmp6(struct traffic *t, struct str text)
{
    while (text.len) {
        struct str line = str_cut(&text, '\n'), name = str_field(&line);
        uint64_t *to = counter_of(t, str_head(name, 4), str_from(name, 4));

        if (to)
            *to += number_of(str_trim(line));
    }
}

/* "eth0: BYTES PACKETS …" */
static void add_links(struct traffic *t, struct str text)
{
    while (text.len && t->link_count < TRAFFIC_LINK_COUNT) {
        struct traffic_link *l = &t->links[t->link_count];
        struct str line = str_trim(str_cut(&text, '\n')), name = str_cut(&line, ':');

        if (!line.len || name.len >= TRAFFIC_NAME_SIZE || memchr(name.p, '|', name.len))
            continue;
        *l = (struct traffic_link){.bytes = number_of(str_field(&line))};
        l->packets = number_of(str_field(&line));
        memcpy(l->name, name.p, name.len);
        t->link_count++;
    }
}

static bool read_hex(struct str text, uint64_t *out)
{
    uint64_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                           : -1;

        if (digit < 0 || n >> 60)
            return false;
        n = n << 4 | (uint64_t)digit;
    }
    *out = n;
    return text.len > 0;
}

static struct traffic_port *port_of(struct traffic *t, uint16_t port)
{
    for (size_t i = 0; i < t->port_count; i++)
        if (t->ports[i].port == port)
            return &t->ports[i];
    if (t->port_count == TRAFFIC_PORT_COUNT)
        return NULL;
    t->ports[t->port_count] = (struct traffic_port){.port = port};
    return &t->ports[t->port_count++];
}

/* "sl LOCAL:PORT REMOTE:PORT ST TX:RX … DROPS", drops the thirteenth word. */
static void add_udp(struct traffic *t, struct str text)
{
    while (text.len) {
        struct str line = str_cut(&text, '\n'), words[UDP_WORDS] = {{0}};
        struct traffic_port *p;
        uint64_t port, waiting;

        for (size_t i = 0; i < UDP_WORDS; i++)
            words[i] = str_field(&line);
        str_cut(&words[1], ':');
        str_cut(&words[4], ':');
        if (!read_hex(words[1], &port) || port > UINT16_MAX || !read_hex(words[4], &waiting))
            continue;
        p = port_of(t, (uint16_t)port);
        if (!p)
            return;
        p->waiting += waiting;
        p->dropped += number_of(words[UDP_WORDS - 1]);
    }
}

void traffic_add(struct traffic *t, const char *file, struct str text)
{
    struct str name = str_of(file);

    if (str_is(name, "snmp"))
        add_snmp(t, text);
    else if (str_is(name, "snmp6"))
        add_snmp6(t, text);
    else if (str_is(name, "dev"))
        add_links(t, text);
    else
        add_udp(t, text);
}

void traffic_read(struct traffic *out)
{
    static const char *const files[] = {"snmp", "snmp6", "dev", "udp", "udp6"};

    *out = (struct traffic){.link_count = 0};
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        CLEANUP_BUF struct buf text = {0};
        char path[32];

        snprintf(path, sizeof(path), "/proc/net/%s", files[i]);
        if (file_read(&text, path, FILE_SIZE, NULL) == 0)
            traffic_add(out, files[i], buf_str(&text));
    }
}

/* What was counted anew, or of something that is new, is all that came. */
static uint64_t grown(uint64_t later, uint64_t before)
{
    return later >= before ? later - before : later;
}

void traffic_subtract(struct traffic *later, const struct traffic *before)
{
    later->udp_in = grown(later->udp_in, before->udp_in);
    later->udp_no_port = grown(later->udp_no_port, before->udp_no_port);
    later->udp_no_room = grown(later->udp_no_room, before->udp_no_room);
    later->tcp_opened = grown(later->tcp_opened, before->tcp_opened);
    for (size_t i = 0; i < later->link_count; i++)
        for (size_t k = 0; k < before->link_count; k++)
            if (strcmp(later->links[i].name, before->links[k].name) == 0) {
                later->links[i].packets = grown(later->links[i].packets, before->links[k].packets);
                later->links[i].bytes = grown(later->links[i].bytes, before->links[k].bytes);
            }
    for (size_t i = 0; i < later->port_count; i++)
        for (size_t k = 0; k < before->port_count; k++)
            if (later->ports[i].port == before->ports[k].port)
                later->ports[i].dropped = grown(later->ports[i].dropped, before->ports[k].dropped);
}
