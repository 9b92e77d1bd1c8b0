/* firewall.c: packets that netfilter logged, by iptables, nftables or ufw, as nf_log writes them.
 */
#include <string.h>
#include "base/mem.h"
#include "timeline/syslog_programs.h"

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

/* What an ICMP error answers to stands in "[…]" behind, and is another packet. */
bool firewall_understand(struct str sentence, struct event *e)
{
    const char *in = memmem(sentence.p, sentence.len, "IN=", 3);
    struct str prefix, rest;
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
    event_put(e, FIELD_RULE_NAME, rule_of(prefix));
    event_puts(e, FIELD_EVENT_ACTION, action_of(prefix));
    event_puts(e, FIELD_EVENT_CATEGORY, "network");
    return has_source;
}
