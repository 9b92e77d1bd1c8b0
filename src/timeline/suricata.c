/* suricata.c: Suricata's EVE JSON, as its documentation has it (EVE JSON format). */
#include "timeline/json_event.h"

static const struct member members[] = {
    {"timestamp", MEMBER_IS_TIME},
    {"src_ip", "source.ip"},
    {"src_port", "source.port"},
    {"dest_ip", "destination.ip"},
    {"dest_port", "destination.port"},
    {"proto", "network.transport"},
    {"app_proto", "network.protocol"},
    {"community_id", "network.community_id"},
    {"in_iface", "observer.ingress.interface.name"},
    {"host", "host.name"},
    {"event_type", "event.action"},
    {"alert.signature", "rule.name"},
    {"alert.signature_id", "rule.id"},
    {"alert.category", "rule.category"},
    {"alert.severity", "event.severity"},
    {"http.hostname", "url.domain"},
    {"http.url", "url.original"},
    {"http.http_method", "http.request.method"},
    {"http.http_user_agent", "user_agent.original"},
    {"http.http_refer", "http.request.referrer"},
    {"http.status", "http.response.status_code"},
    {"http.length", "http.response.body.bytes"},
    {"dns.rrname", "dns.question.name"},
    {"dns.rrtype", "dns.question.type"},
    {"dns.query.rrname", "dns.question.name"},
    {"dns.query.rrtype", "dns.question.type"},
    {"dns.rcode", "dns.response_code"},
    {"tls.sni", "tls.client.server_name"},
    {"tls.subject", "tls.server.subject"},
    {"tls.issuerdn", "tls.server.issuer"},
    {"tls.ja3.hash", "tls.client.ja3"},
    {"fileinfo.filename", "file.path"},
    {"fileinfo.sha256", "file.hash.sha256"},
    {"fileinfo.md5", "file.hash.md5"},
    {"smtp.mail_from", "email.from.address"},
    {"smtp.rcpt_to", "email.to.address"},
};
static const struct member_table table = {"suricata.eve.", members, COUNT_OF(members), false};

/* Every line has a time and a type; what flows has addresses, and what does not counts. */
static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct json_event j = {.members = r->state, .table = &table};
    struct stated s;
    bool is_stats;

    if (!json_event(&j, r, line, e) || !j.time_is_text || !json_time(j.time, &s))
        return LINE_FOREIGN;
    is_stats = str_is(event_value(e, FIELD_EVENT_ACTION), "stats") ||
               str_is(event_value(e, FIELD_EVENT_ACTION), "engine");
    if (event_value(e, FIELD_EVENT_ACTION).len == 0 ||
        (!is_stats && event_value(e, FIELD_SOURCE_IP).len == 0 &&
         event_value(e, field_number(r->names, STR("network.transport"))).len == 0))
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    event_puts(e, FIELD_EVENT_CATEGORY, is_stats ? "host" : "network");
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

const struct format format_suricata = {.name = "suricata",
                                       .version = 1,
                                       .is_splittable = true,
                                       .line = line_of,
                                       .state_size = sizeof(struct members)};
