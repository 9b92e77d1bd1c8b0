/* firewall.c: packets that netfilter logged, by iptables, nftables or ufw, as nf_log writes them.
 */
#include <string.h>
#include "base/mem.h"
#include "timeline/address.h"
#include "timeline/format.h"
#include "timeline/syslog_programs.h"
#include "timeline/transport.h"

/* What a rule does to a packet, as administrators name it; netfilter itself does not say it. */
enum verdict { NO_VERDICT, DENIES, ALLOWS };
static const struct {
    const char *word;
    enum verdict verdict;
    bool may_end_one;  /* "INDROP", "LOGACCEPT" */
    bool is_of_chains; /* a word of other things, too: "SSH PASS GUESS" */
} verdicts[] = {
    {"DROP", DENIES, true, false},   {"DROPPED", DENIES, true, false},
    {"BLOCK", DENIES, false, false}, {"BLOCKED", DENIES, false, false},
    {"DENY", DENIES, true, false},   {"DENIED", DENIES, true, false},
    {"REJECT", DENIES, true, false}, {"REJECTED", DENIES, true, false},
    {"ALLOW", ALLOWS, false, false}, {"ALLOWED", ALLOWS, false, false},
    {"ACCEPT", ALLOWS, true, false}, {"ACCEPTED", ALLOWS, true, false},
    {"PASS", ALLOWS, false, true},   {"PASSED", ALLOWS, false, true},
};

/* What turns the verdict behind it round, and what makes it one that was not given, anywhere. */
static const char *const negations[] = {"NO", "NOT", "NON", "UN", "DIS"};
static const char *const doubts[] = {
    "T" /* "DON'T" */, "DONT", "CANT",  "CANNOT", "WONT",    "NEVER", "WOULD", "LIST", "MISS",
    "MISSED",          "FAIL", "FAILS", "FAILED", "FAILURE", "EXCEPT"};

/* Where a packet was, and that it is logged: chains and directions of netfilter and its tools. */
static const char *const places[] = {"IN",      "OUT",      "FWD", "FORWARD",  "INPUT", "OUTPUT",
                                     "INBOUND", "OUTBOUND", "LOG", "UFW",      "FW",    "FIREWALL",
                                     "IPT",     "IPTABLES", "NFT", "NFTABLES", "NET",   "WAN",
                                     "LAN",     "DMZ",      "TCP", "UDP",      "ICMP"};

static bool is_alike(struct str word, const char *capitals)
{
    for (size_t i = 0; i < word.len; i++)
        if ((word.p[i] & ~0x20) != capitals[i])
            return false;
    return word.len == strlen(capitals);
}

static bool is_one_of(struct str word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_alike(word, words[i]))
            return true;
    return false;
}

static bool is_place(struct str word)
{
    return is_one_of(word, places, COUNT_OF(places));
}

static size_t verdict_in(struct str word)
{
    for (size_t i = 0; i < COUNT_OF(verdicts); i++) {
        size_t size = strlen(verdicts[i].word);

        if (word.len >= size && is_alike(str_from(word, word.len - size), verdicts[i].word) &&
            (word.len == size ||
             (verdicts[i].may_end_one && is_place(str_head(word, word.len - size)))))
            return i;
    }
    return COUNT_OF(verdicts);
}

static struct str take_letters(struct str *text)
{
    struct str word;

    while (text->len && !((text->p[0] | 0x20) >= 'a' && (text->p[0] | 0x20) <= 'z'))
        *text = str_from(*text, 1);
    word = *text;
    while (text->len && (text->p[0] | 0x20) >= 'a' && (text->p[0] | 0x20) <= 'z')
        *text = str_from(*text, 1);
    word.len -= text->len;
    return word;
}

/* Fail2Ban, "FAIL2BAN-DROP", is a name. */
static bool is_doubt(struct str word, struct str behind)
{
    return is_one_of(word, doubts, COUNT_OF(doubts)) &&
           !(is_alike(word, "FAIL") && str_starts(behind, "2"));
}

/* By whole words of the prefix, where they agree and none takes it back. */
static const char *action_of(struct str prefix)
{
    enum verdict all = NO_VERDICT;
    bool is_of_chains = false, has_others = false, is_negated = false;

    while (prefix.len) {
        struct str word = take_letters(&prefix);
        size_t i = verdict_in(word);

        if (is_doubt(word, prefix))
            return "firewall-log";
        if (i == COUNT_OF(verdicts)) {
            has_others = has_others || (word.len && !is_place(word));
            is_negated = is_one_of(word, negations, COUNT_OF(negations));
            continue;
        }
        if (is_negated || (all && all != verdicts[i].verdict))
            return "firewall-log";
        all = verdicts[i].verdict;
        is_of_chains = is_of_chains || verdicts[i].is_of_chains;
    }
    if (is_of_chains && has_others)
        return "firewall-log";
    return all == DENIES ? "firewall-deny" : all == ALLOWS ? "firewall-allow" : "firewall-log";
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

/* "203.0.113.9:5000", "[2001:db8::1]:5000", "203.0.113.9" */
static bool put_end(struct event *e, struct str end, uint16_t ip, uint16_t port)
{
    const char *colon = memrchr(end.p, ':', end.len);
    struct str address = end, number = STR("");
    uint8_t bytes[16];
    uint64_t n;

    if (!address_bytes(end, bytes) && colon) {
        address = str_head(end, (size_t)(colon - end.p));
        number = str_from(end, address.len + 1);
    }
    if (str_starts(address, "[") && str_ends(address, "]"))
        address = (struct str){address.p + 1, address.len - 2};
    if (!address_bytes(address, bytes) || (number.len && !str_u64(number, &n)))
        return false;
    event_put(e, ip, address);
    event_put(e, port, number);
    return true;
}

/* Behind ", proto ": "TCP (SYN), 203.0.113.9:5000->10.0.0.5:22, …". */
static bool put_flow(struct event *e, struct str rest)
{
    struct str transport = str_cut(&rest, ','), source, target;

    if (!str_take(&rest, " "))
        return false;
    target = str_cut(&rest, ',');
    source = str_cut(&target, '-');
    if (!str_take(&target, ">") || !put_end(e, source, FIELD_SOURCE_IP, FIELD_SOURCE_PORT) ||
        !put_end(e, target, FIELD_DESTINATION_IP, FIELD_DESTINATION_PORT))
        return false;
    event_put(e, FIELD_NETWORK_TRANSPORT, str_cut(&transport, ' '));
    return true;
}

/* What stands before the chain, which is the last word of *front: the prefix of the rule. */
static struct str routeros_rule(struct str front)
{
    const char *blank;

    if (str_starts(front, "firewall,"))
        (void)str_cut(&front, ' ');
    blank = memrchr(front.p, ' ', front.len);
    front = str_trim(str_head(front, blank ? (size_t)(blank - front.p) : 0));
    return str_ends(front, ":") ? str_head(front, front.len - 1) : front;
}

/* RouterOS' manual, "Log": topics where they are sent, the prefix of the rule, the chain, and the
 * packet. Of "in:ether1 out:(unknown 0)" what is in brackets is none. */
bool routeros_understand(struct str sentence, struct event *e)
{
    bool has_front = !str_starts(sentence, "in:");
    const char *in = has_front ? memmem(sentence.p, sentence.len, " in:", 4) : sentence.p;
    const char *proto = in ? memmem(sentence.p, sentence.len, " proto ", 7) : NULL;
    struct str front, ends, in_name, out_name, rule;
    size_t before = e->count;

    if (!proto || proto < in)
        return false;
    front = str_head(sentence, (size_t)(in - sentence.p));
    ends = str_from(sentence, front.len + (has_front ? 4 : 3));
    in_name = str_cut(&ends, ' ');
    if (!str_take(&ends, "out:") ||
        !put_flow(e, str_from(sentence, (size_t)(proto - sentence.p) + 7))) {
        e->count = before;
        return false;
    }
    out_name = str_cut(&ends, ',');
    event_put(e, FIELD_INGRESS_INTERFACE, str_starts(in_name, "(") ? STR("") : in_name);
    event_put(e, FIELD_EGRESS_INTERFACE, str_starts(out_name, "(") ? STR("") : out_name);
    rule = routeros_rule(front);
    event_put(e, FIELD_RULE_NAME, rule);
    transport_spell(e);
    firewall_action(e, action_of(rule));
    return true;
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
