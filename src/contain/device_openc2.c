/* device_openc2.c: a plan as commands of OpenC2 (Language Specification 1.0, profile for stateless
 * packet filtering 1.0), one JSON object a line. */
#include "base/json.h"
#include <string.h>
#include "contain/device_text.h"

enum { PORT_COUNT = 256 }; /* of an endpoint: each is a command */

/* Which of the three texts: commands that are in effect for the timer, those that stay, those that
 * remove both. */
enum openc2_part { PART_APPLY, PART_CONFIRM, PART_UNDO };

struct writer {
    const struct device_job *j;
    struct buf *out;
    enum openc2_part part;
    uint32_t number; /* of the next rule, counted from 0 */
};

/* Rule numbers of one plan are together, those of confirm behind those of apply; a number must fit
 * 31 bits, and no two plans should share one. */
static uint32_t rule_number(const struct writer *w, bool is_confirm)
{
    const uint8_t *id = w->j->plan->id.b;
    uint32_t base = ((uint32_t)id[0] << 8 | id[1]) & 0x3ff;

    return (base << 21 | (is_confirm ? 1u << 20 : 0)) + w->number + 1;
}

static void add_actuator(const struct writer *w, struct json *json)
{
    const struct plan *p = w->j->plan;

    json_name(json, "actuator");
    json_object_begin(json);
    json_name(json, "slpf");
    json_object_begin(json);
    if (w->j->place->is_host_itself)
        json_put_str(json, "asset_id", p->host);
    json_object_end(json);
    json_object_end(json);
}

static void add_times(const struct writer *w, struct json *json)
{
    const struct plan *p = w->j->plan;

    if (w->part == PART_APPLY && p->timer_s)
        json_put_u64(json, "duration", p->timer_s * UINT64_C(1000));
    else if (p->expiry_s && p->expiry_s < INT64_MAX / 1000)
        json_put_u64(json, "stop_time", p->expiry_s * 1000);
}

static void add_args(const struct writer *w, bool is_allow, const char *direction, uint32_t number,
                     struct json *json)
{
    json_name(json, "args");
    json_object_begin(json);
    json_put_text(json, "response_requested", "complete");
    add_times(w, json);
    json_name(json, "slpf");
    json_object_begin(json);
    if (!is_allow)
        json_put_text(json, "drop_process", "none");
    json_put_text(json, "direction", direction);
    json_put_u64(json, "insert_rule", number);
    json_object_end(json);
    json_object_end(json);
}

static void add_deletion(struct writer *w, uint32_t number)
{
    struct json json;

    json_begin(&json, w->out);
    json_object_begin(&json);
    json_put_text(&json, "action", "delete");
    json_name(&json, "target");
    json_object_begin(&json);
    json_put_u64(&json, "slpf:rule_number", number);
    json_object_end(&json);
    json_name(&json, "args");
    json_object_begin(&json);
    json_put_text(&json, "response_requested", "complete");
    json_object_end(&json);
    add_actuator(w, &json);
    json_object_end(&json);
    buf_addc(w->out, '\n');
}

/* What a command is about: a network, or a connection. */
struct target {
    const struct net *net; /* alone */
    const char *protocol;  /* of a connection; NULL: a network */
    const struct net *source;
    const struct net *destination;
    unsigned source_port;
    unsigned destination_port;
};

static void put_net(struct json *json, const char *name, const struct net *n)
{
    char text[NET_TEXT_SIZE];

    if (n)
        json_put_text(json, name, net_text(text, n));
}

static void add_target(const struct target *t, struct json *json)
{
    const struct net *any = t->net ? t->net : t->source ? t->source : t->destination;
    bool is_four = any->size == 4;

    json_name(json, "target");
    json_object_begin(json);
    if (t->net) {
        put_net(json, is_four ? "ipv4_net" : "ipv6_net", t->net);
    } else {
        json_name(json, is_four ? "ipv4_connection" : "ipv6_connection");
        json_object_begin(json);
        if (t->protocol)
            json_put_text(json, "protocol", t->protocol);
        put_net(json, "src_addr", t->source);
        if (t->source_port)
            json_put_u64(json, "src_port", t->source_port);
        put_net(json, "dst_addr", t->destination);
        if (t->destination_port)
            json_put_u64(json, "dst_port", t->destination_port);
        json_object_end(json);
    }
    json_object_end(json);
}

static void add_command(struct writer *w, bool is_allow, const struct target *t,
                        const char *direction)
{
    struct json json;

    if (w->part == PART_UNDO) {
        add_deletion(w, rule_number(w, false));
        if (w->j->plan->timer_s)
            add_deletion(w, rule_number(w, true));
    } else {
        json_begin(&json, w->out);
        json_object_begin(&json);
        json_put_text(&json, "action", is_allow ? "allow" : "deny");
        add_target(t, &json);
        add_args(w, is_allow, direction, rule_number(w, w->part == PART_CONFIRM), &json);
        add_actuator(w, &json);
        json_object_end(&json);
        buf_addc(w->out, '\n');
    }
    w->number++;
}

static void add_pass(struct writer *w, const struct device_pass *p)
{
    struct target t = {.source = p->is_in ? p->net : NULL,
                       .destination = p->is_in ? NULL : p->net,
                       .protocol = p->protocol ? device_protocol(p->protocol) : NULL};
    const char *direction = w->j->place->is_host_itself ? p->is_in ? "ingress" : "egress" : "both";

    if (!p->protocol) {
        add_command(w, true, &t, direction);
        return;
    }
    for (unsigned port = p->first; port <= p->last; port++) {
        *(p->is_source ? &t.source_port : &t.destination_port) = port;
        add_command(w, true, &t, direction);
    }
}

static void add_isolate(struct writer *w)
{
    static const struct net all[] = {{.size = 4}, {.size = 16}};
    const struct device_place *place = w->j->place;

    for (size_t i = 0; place->is_host_itself && i < COUNT_OF(all); i++)
        add_command(w, false, &(struct target){.net = &all[i]}, "both");
    for (size_t i = 0; !place->is_host_itself && i < place->host_count; i++) {
        add_command(w, false, &(struct target){.source = &place->hosts[i]}, "both");
        add_command(w, false, &(struct target){.destination = &place->hosts[i]}, "both");
    }
}

static void write_all(const struct device_job *j, enum openc2_part part, struct buf *out)
{
    struct writer w = {.j = j, .out = out, .part = part};
    struct device_pass passes[2];

    for (size_t i = 0; i < j->plan->allow_count; i++) {
        device_passes(&j->plan->allow[i], passes);
        add_pass(&w, &passes[0]);
        add_pass(&w, &passes[1]);
    }
    if (device_is(j, "isolate"))
        add_isolate(&w);
    for (size_t i = 0; device_is(j, "block") && i < j->plan->net_count; i++)
        add_command(&w, false, &(struct target){.net = &j->plan->nets[i]}, "both");
}

static void openc2_apply(const struct device_job *j, struct buf *out)
{
    write_all(j, PART_APPLY, out);
}

static void openc2_confirm(const struct device_job *j, struct buf *out)
{
    write_all(j, PART_CONFIRM, out);
}

static void openc2_undo(const struct device_job *j, struct buf *out)
{
    write_all(j, PART_UNDO, out);
}

/* The profile has no question about a rule; this asks whether the other side can do what is
 * needed. */
static void openc2_check(const struct device_job *j, struct buf *out)
{
    struct writer w = {.j = j, .out = out};
    struct json json;

    json_begin(&json, out);
    json_object_begin(&json);
    json_put_text(&json, "action", "query");
    json_name(&json, "target");
    json_object_begin(&json);
    json_name(&json, "features");
    json_array_begin(&json);
    json_text(&json, "versions");
    json_text(&json, "profiles");
    json_text(&json, "pairs");
    json_array_end(&json);
    json_object_end(&json);
    add_actuator(&w, &json);
    json_object_end(&json);
    buf_addc(out, '\n');
}

static int openc2_judge(const struct device_job *j, struct err *e)
{
    const struct plan *p = j->plan;

    if (device_is(j, "isolate") && !j->place->is_host_itself && !j->place->host_count)
        return err_set(e, ERR_USAGE, "OpenC2 knows no ports of a switch: say the host's addresses");
    for (size_t i = 0; i < p->allow_count; i++)
        if (p->allow[i].port_last - p->allow[i].port_first >= PORT_COUNT)
            return err_set(e, ERR_LIMIT,
                           "OpenC2 has no ranges: an endpoint of more than %d ports would be as "
                           "many commands each way",
                           PORT_COUNT);
    if (str_has_utf8_error(p->host))
        return err_set(e, ERR_FORMAT, "the name of the host is no UTF-8, and JSON is");
    return 0;
}

static void openc2_lacks(const struct device_job *j, struct buf *out)
{
    bool has_answer = false;

    device_lacks_addresses(j, out);
    for (size_t i = 0; i < j->plan->allow_count; i++)
        has_answer |= j->plan->allow[i].protocol != 0;
    if (has_answer)
        buf_adds(out, "Answers are let pass by port alone: the profile knows no flags of TCP.\n");
    if (j->plan->allow_count)
        buf_adds(out, "That allow goes before deny rests on the other side's order of rules: the "
                      "profile does not promise one.\n");
    if (j->plan->net_count > 1000)
        buf_addf(out, "Each network is a command: %zu of them.\n", j->plan->net_count);
    if (j->place->port.len)
        buf_adds(out, "The port is not named: the profile knows none.\n");
}

static const struct device_ability abilities[] = {
    {"isolate", "It is not known whether connections that are open already are cut: the profile "
                "does not say. A check can only ask what the other side is able to do."},
    {"block", "It is not known whether connections that are open already are cut: the profile does "
              "not say. A check can only ask what the other side is able to do."},
    {0}};

const struct contain_device device_openc2 = {
    .name = "openc2",
    .title = "what takes OpenC2 commands",
    .language = "jsonl",
    .how = "by what carries OpenC2 there, each line a command, in this order",
    .abilities = abilities,
    .judge = openc2_judge,
    .lacks = openc2_lacks,
    .apply = openc2_apply,
    .check = openc2_check,
    .confirm = openc2_confirm,
    .undo = openc2_undo};
