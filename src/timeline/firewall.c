/* firewall.c: packets that netfilter logged, by iptables, nftables or ufw, as nf_log writes them.
 */
#include <string.h>
#include "base/mem.h"
#include "timeline/format.h"
#include "timeline/syslog_programs.h"
#include "timeline/transport.h"

/* What a rule's prefix says of its verdict; netfilter itself does not. */
static const struct {
    const char *word;
    const char *action;
} verdicts[] = {
    {"BLOCK", "firewall-deny"},   {"DROP", "firewall-deny"},   {"DENY", "firewall-deny"},
    {"DENIED", "firewall-deny"},  {"REJECT", "firewall-deny"}, {"ALLOW", "firewall-allow"},
    {"ACCEPT", "firewall-allow"}, {"PASS", "firewall-allow"},
};

static bool has_word(struct str text, const char *word)
{
    struct str w = str_of(word);

    for (size_t i = 0; i + w.len <= text.len; i++) {
        size_t k = 0;

        while (k < w.len && (text.p[i + k] & ~0x20) == w.p[k])
            k++;
        if (k == w.len)
            return true;
    }
    return false;
}

static const char *action_of(struct str prefix)
{
    for (size_t i = 0; i < COUNT_OF(verdicts); i++)
        if (has_word(prefix, verdicts[i].word))
            return verdicts[i].action;
    return "firewall-log";
}

/* "[WAN_LOCAL-default-D]", "[WAN_LOCAL-D-2147483647] DESCR=…", as VyOS, EdgeOS and UniFi name what
 * logged: the chain, the rule, and A, D or R for what it does. *rule is what stands in brackets. */
static const char *vyos_action(struct str prefix, struct str *rule)
{
    const char *open = memchr(prefix.p, '[', prefix.len);
    struct str at, inside;

    if (!open)
        return NULL;
    at = str_from(prefix, (size_t)(open - prefix.p) + 1);
    inside = str_cut(&at, ']');
    for (size_t i = 1; i + 1 < inside.len; i++) {
        char c = inside.p[i + 1];

        if (inside.p[i] != '-' || (i + 2 < inside.len && inside.p[i + 2] != '-') ||
            (c != 'A' && c != 'D' && c != 'R'))
            continue;
        *rule = inside;
        return c == 'A' ? "firewall-allow" : "firewall-deny";
    }
    return NULL;
}

/* "[UFW BLOCK] " is "UFW BLOCK". */
static struct str rule_of(struct str prefix)
{
    prefix = str_trim(prefix);
    if (prefix.len > 1 && prefix.p[0] == '[' && prefix.p[prefix.len - 1] == ']')
        prefix = (struct str){prefix.p + 1, prefix.len - 2};
    return prefix;
}

static const struct {
    struct str key;
    uint16_t field;
} pairs[] = {
    {STR_INIT("IN"), FIELD_INGRESS_INTERFACE},
    {STR_INIT("OUT"), FIELD_EGRESS_INTERFACE},
    {STR_INIT("SRC"), FIELD_SOURCE_IP},
    {STR_INIT("DST"), FIELD_DESTINATION_IP},
    {STR_INIT("SPT"), FIELD_SOURCE_PORT},
    {STR_INIT("DPT"), FIELD_DESTINATION_PORT},
    {STR_INIT("PROTO"), FIELD_NETWORK_TRANSPORT},
    {STR_INIT("LEN"), FIELD_NETWORK_BYTES},
    {STR_INIT("MAC"), FIELD_NETFILTER_MAC},
    {STR_INIT("UID"), FIELD_USER_ID},
    {STR_INIT("TYPE"), FIELD_NETFILTER_ICMP_TYPE},
    {STR_INIT("CODE"), FIELD_NETFILTER_ICMP_CODE},
};

/* Of two the first counts: UDP has a second LEN. */
static void put_pair(struct event *e, uint32_t *had, struct str key, struct str value)
{
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        if (!str_eq(key, pairs[i].key))
            continue;
        if (!(*had & 1U << i))
            event_put(e, pairs[i].field, value);
        *had |= 1U << i;
        return;
    }
}

void firewall_action(struct event *e, const char *action)
{
    event_puts(e, FIELD_EVENT_ACTION, action);
    event_puts(e, FIELD_EVENT_CATEGORY, "network");
    if (strcmp(action, "firewall-deny") == 0)
        event_puts(e, FIELD_EVENT_OUTCOME, "failure");
    else if (strcmp(action, "firewall-allow") == 0)
        event_puts(e, FIELD_EVENT_OUTCOME, "success");
}

/* What an ICMP error answers to stands in "[…]" behind, and is another packet. */
bool firewall_understand(struct str sentence, struct event *e)
{
    const char *in = memmem(sentence.p, sentence.len, "IN=", 3);
    struct str prefix, rest, rule;
    const char *action;
    bool has_source = false;
    uint32_t had = 0;

    if (!in || (in > sentence.p && in[-1] != ' ' && in[-1] != ':' && in[-1] != ']') ||
        !memmem(sentence.p, sentence.len, " SRC=", 5) ||
        !memmem(sentence.p, sentence.len, " PROTO=", 7))
        return false;
    prefix = str_head(sentence, (size_t)(in - sentence.p));
    rest = str_from(sentence, prefix.len);
    while (rest.len && rest.p[0] != '[') {
        struct str value = str_cut(&rest, ' ');
        struct str key = str_cut(&value, '=');

        has_source = has_source || (str_is(key, "SRC") && value.len);
        put_pair(e, &had, key, value);
    }
    transport_spell(e);
    rule = rule_of(prefix);
    action = vyos_action(prefix, &rule);
    event_put(e, FIELD_RULE_NAME, rule);
    firewall_action(e, action ? action : action_of(prefix));
    return has_source;
}

/* The columns of filterlog in order (pfSense, "Raw Filter Log Format"); OPNsense has the same. */
static struct str column(struct str *rest, unsigned skip)
{
    while (skip--)
        (void)str_cut(rest, ',');
    return str_cut(rest, ',');
}

static bool take_rule(struct field_names *names, struct str *rest, struct event *e)
{
    struct str rule = column(rest, 0), interface, action, direction;
    uint64_t n;

    if (!str_u64(rule, &n))
        return false;
    event_put(e, field_number(names, STR("rule.id")), rule);
    event_put(e, FIELD_RULE_NAME, column(rest, 2)); /* its tracker, which stays where rules move */
    interface = column(rest, 0);
    event_put(e, FIELD_EVENT_REASON, column(rest, 0));
    action = column(rest, 0);
    direction = column(rest, 0);
    if (action.len == 0 || (!str_is(direction, "in") && !str_is(direction, "out")))
        return false;
    event_put(e, str_is(direction, "in") ? FIELD_INGRESS_INTERFACE : FIELD_EGRESS_INTERFACE,
              interface);
    firewall_action(e, str_is(action, "block") || str_is(action, "reject") ? "firewall-deny"
                       : str_is(action, "pass")                            ? "firewall-allow"
                                                                           : "firewall-log");
    return true;
}

bool filterlog_understand(struct reader *r, struct str sentence, struct event *e)
{
    size_t before = e->count;
    struct str rest = sentence, version, source, length;
    bool is_six;

    if (!take_rule(r->names, &rest, e)) {
        e->count = before;
        return false;
    }
    version = column(&rest, 0);
    is_six = str_is(version, "6");
    event_put(e, FIELD_NETWORK_TRANSPORT, column(&rest, is_six ? 3 : 7));
    length = column(&rest, is_six ? 1 : 0);
    source = column(&rest, 0);
    if ((!is_six && !str_is(version, "4")) || source.len == 0) {
        e->count = before;
        return false;
    }
    event_put(e, FIELD_NETWORK_BYTES, length);
    event_put(e, FIELD_SOURCE_IP, source);
    event_put(e, FIELD_DESTINATION_IP, column(&rest, 0));
    transport_spell(e);
    if (str_is(event_value(e, FIELD_NETWORK_TRANSPORT), "tcp") ||
        str_is(event_value(e, FIELD_NETWORK_TRANSPORT), "udp")) {
        event_put(e, FIELD_SOURCE_PORT, column(&rest, 0));
        event_put(e, FIELD_DESTINATION_PORT, column(&rest, 0));
    }
    return true;
}
