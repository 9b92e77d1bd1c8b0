/* suricata.c: Suricata's EVE JSON, as its documentation has it (EVE JSON format). */
#include "timeline/json_event.h"
#include "timeline/transport.h"

static const struct member members[] = {
    {"timestamp", MEMBER_IS_TIME, 0},
    {"src_ip", "source.ip", 0},
    {"src_port", "source.port", 0},
    {"dest_ip", "destination.ip", 0},
    {"dest_port", "destination.port", 0},
    {"proto", "network.transport", 0},
    {"app_proto", "network.protocol", 0},
    {"community_id", "network.community_id", 0},
    {"in_iface", "observer.ingress.interface.name", 0},
    {"host", "host.name", 0},
    {"event_type", "event.action", 0},
    {"alert.signature", "rule.name", 0},
    {"alert.signature_id", "rule.id", 0},
    {"alert.category", "rule.category", 0},
    {"alert.severity", "event.severity", 0},
    {"http.hostname", "url.domain", 0},
    {"http.url", "url.original", 0},
    {"http.http_method", "http.request.method", 0},
    {"http.http_user_agent", "user_agent.original", 0},
    {"http.http_refer", "http.request.referrer", 0},
    {"http.status", "http.response.status_code", 0},
    {"http.length", "http.response.body.bytes", 0},
    {"dns.rrname", "dns.question.name", 0},
    {"dns.rrtype", "dns.question.type", 0},
    {"dns.query.rrname", "dns.question.name", 0},
    {"dns.query.rrtype", "dns.question.type", 0},
    {"dns.queries.rrname", "dns.question.name", 0}, /* since 8 */
    {"dns.queries.rrtype", "dns.question.type", 0},
    {"dns.rcode", "dns.response_code", 0},
    {"tls.sni", "tls.client.server_name", 0},
    {"tls.subject", "tls.server.subject", 0},
    {"tls.issuerdn", "tls.server.issuer", 0},
    {"tls.ja3.hash", "tls.client.ja3", 0},
    {"fileinfo.filename", "file.path", 0},
    {"fileinfo.sha256", "file.hash.sha256", 0},
    {"fileinfo.md5", "file.hash.md5", 0},
    {"smtp.mail_from", "email.from.address", 0},
    {"smtp.rcpt_to", "email.to.address", 0},
};
static const struct member_table table = {"suricata.eve.", members, COUNT_OF(members), false};

/* Every line has a time and a type; what flows has addresses, and what does not counts. */
static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct json_event j = {.members = r->state, .table = &table};
    struct stated s;
    bool is_stats;

    if (!json_event(&j, r, line, e) || !j.time_is_text || !json_time(j.time, &s, NULL))
        return LINE_FOREIGN;
    is_stats = str_is(event_value(e, FIELD_EVENT_ACTION), "stats") ||
               str_is(event_value(e, FIELD_EVENT_ACTION), "engine");
    if (event_value(e, FIELD_EVENT_ACTION).len == 0 ||
        (!is_stats && event_value(e, FIELD_SOURCE_IP).len == 0 &&
         event_value(e, FIELD_NETWORK_TRANSPORT).len == 0))
        return LINE_FOREIGN;
    transport_spell(e);
    reader_time(r, e, &s);
    event_puts(e, FIELD_EVENT_CATEGORY, is_stats ? "host" : "network");
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

const struct format format_suricata = {.name = "suricata",
                                       .version = 3,
                                       .is_splittable = true,
                                       .line = line_of,
                                       .takes_bytes = true,
                                       .state_size = sizeof(struct members)};
