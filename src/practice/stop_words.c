/* stop_words.c: spells a plan in words. */
#include "practice/stop_words.h"
#include <netinet/in.h>
#include "contain/action.h"
#include "contain/limit.h"

enum { VALUE_SIZE = 60, DAY_S = 86400 };

static struct str value_of(const struct plan *p, const char *name)
{
    const struct plan_value *v = plan_value(p, name);

    return v ? str_head(v->text, VALUE_SIZE) : STR("");
}

/* Of actions about one thing: words, the parameter that names it, words. */
static const struct {
    const char *action;
    const char *before;
    const char *param;
    const char *behind;
} titles[] = {
    {"isolate", "isolate", NULL, ""},
    {"down", "take interface ", "interface", " down"},
    {"freeze", "freeze process ", "pid", ""},
    {"end", "end process ", "pid", ""},
    {"lock", "lock the account ", "user", ""},
    {"log-out", "end all that ", "user", " runs"},
    {"keys", "take the keys of ", "user", " away"},
    {"unit", "stop and mask ", "unit", ""},
    {"quarantine", "take ", "file", " into quarantine"},
};

static void add_limited(const struct plan *p, struct buf *out)
{
    static const char *const floods[] = {[LIMIT_BEGINS] = "new TCP connections",
                                         [LIMIT_UDP] = "UDP packets",
                                         [LIMIT_DATA] = "HTTP requests"};

    buf_addf(out, "limit %s", floods[limit_counted(p)]);
    if (plan_value(p, "port"))
        buf_addf(out, " to port " STR_FMT, STR_ARG(value_of(p, "port")));
    if (plan_value(p, "rate"))
        buf_addf(out, " to " STR_FMT " a second", STR_ARG(value_of(p, "rate")));
    if (plan_value(p, "connections"))
        buf_addf(out, ", " STR_FMT " open at once", STR_ARG(value_of(p, "connections")));
}

static void add_blocked(const struct plan *p, struct buf *out)
{
    char net[NET_TEXT_SIZE];

    buf_adds(out, "block ");
    if (p->net_count)
        buf_adds(out, net_text(net, &p->nets[0]));
    if (p->net_count > 1)
        buf_addf(out, " and %zu more", p->net_count - 1);
}

static void add_job(const struct plan *p, struct buf *out)
{
    if (plan_value(p, "line"))
        buf_addf(out, "take \"" STR_FMT "\" out of " STR_FMT, STR_ARG(value_of(p, "line")),
                 STR_ARG(value_of(p, "file")));
    else
        buf_addf(out, "take the scheduled work " STR_FMT " away", STR_ARG(value_of(p, "file")));
}

static void add_deed(const struct plan *p, struct buf *out)
{
    struct str action = str_of(p->action->name);

    for (size_t i = 0; i < COUNT_OF(titles); i++)
        if (str_is(action, titles[i].action)) {
            buf_adds(out, titles[i].before);
            if (titles[i].param)
                buf_addstr(out, value_of(p, titles[i].param));
            buf_adds(out, titles[i].behind);
            return;
        }
    if (str_is(action, "block"))
        add_blocked(p, out);
    else if (str_is(action, "limit"))
        add_limited(p, out);
    else if (str_is(action, "job"))
        add_job(p, out);
    else
        buf_addstr(out, action);
}

void stop_title(const struct plan *p, struct str host, struct buf *out)
{
    add_deed(p, out);
    buf_addf(out, "%s" STR_FMT, str_is(str_of(p->action->name), "isolate") ? " " : " on ",
             STR_ARG(str_head(host, VALUE_SIZE)));
}

static void add_endpoint(const struct endpoint *at, struct buf *out)
{
    const char *protocol = at->protocol == IPPROTO_TCP ? "TCP" : "UDP";
    char net[NET_TEXT_SIZE];

    if (at->way == ENDPOINT_OUT)
        buf_addf(out, "this host to ");
    else
        buf_adds(out, net_text(net, &at->net));
    if (!at->protocol)
        return;
    buf_addf(out, "%s%s port %u", at->way == ENDPOINT_OUT ? "" : " to ", protocol, at->port_first);
    if (at->port_last > at->port_first)
        buf_addf(out, " to %u", at->port_last);
    if (at->way == ENDPOINT_OUT)
        buf_addf(out, " of %s", net_text(net, &at->net));
}

void stop_allow_words(const struct plan *p, struct buf *out)
{
    for (size_t i = 0; i < p->allow_count; i++) {
        buf_adds(out, i ? ", " : "");
        add_endpoint(&p->allow[i], out);
    }
    if (!p->allow_count && str_is(str_of(p->action->name), "isolate"))
        buf_adds(out, "nobody: once it is in effect no one can get in over the network, and it is "
                      "undone at the console alone. Who may: --allow 10.1.0.7:22");
}

static void add_source(const struct plan *p, struct buf *out)
{
    uint64_t four = plan_number(p, "prefix4", 32), six = plan_number(p, "prefix6", 64);

    buf_adds(out, "of each ");
    if (four == 32)
        buf_adds(out, "IPv4 address");
    else
        buf_addf(out, "IPv4 /%llu network", (unsigned long long)four);
    if (six == 128)
        buf_adds(out, " and IPv6 address");
    else
        buf_addf(out, " and IPv6 /%llu network", (unsigned long long)six);
}

static void add_rate(struct buf *out, const struct filter_rate *rate, const char *what)
{
    if (rate->per_second)
        buf_addf(out, "%llu %s (%u at once)", (unsigned long long)rate->per_second, what,
                 rate->burst);
}

void stop_limit_words(const struct plan *p, struct buf *out)
{
    static const char *const counted[] = {[LIMIT_BEGINS] = "new TCP connections",
                                          [LIMIT_UDP] = "UDP packets",
                                          [LIMIT_DATA] = "packets with requests"};
    struct filter_rate packets, bytes;

    if (!str_is(str_of(p->action->name), "limit"))
        return;
    packets = limit_packets(p);
    bytes = limit_bytes(p);
    add_source(p, out);
    buf_adds(out, ", ");
    add_rate(out, &packets, counted[limit_counted(p)]);
    buf_adds(out, packets.per_second && bytes.per_second ? " and " : "");
    add_rate(out, &bytes, "bytes");
    if (packets.per_second || bytes.per_second)
        buf_adds(out, " pass a second");
    if (plan_value(p, "connections"))
        buf_addf(out, "%s%llu connections may be open",
                 packets.per_second || bytes.per_second ? ", and " : "",
                 (unsigned long long)plan_number(p, "connections", 0));
    if (plan_value(p, "port"))
        buf_addf(out, ", to port %llu", (unsigned long long)plan_number(p, "port", 0));
    else
        buf_adds(out, ", whatever the port");
    buf_adds(out, "; what is more is dropped");
    if (limit_counted(p) == LIMIT_DATA)
        buf_adds(out, ", so an upload is slowed too");
}

/* "08:30", "08:30 tomorrow", "24 Nov 08:30" */
static void add_moment(struct buf *out, struct utc when, struct utc now)
{
    char text[UTC_PLAIN_SIZE], later[UTC_PLAIN_SIZE];
    enum { CLOCK_SIZE = 5 };

    utc_local_short(text, when, now);
    utc_local_short(later, when, utc_plus_s(now, DAY_S));
    if (str_of(text).len > CLOCK_SIZE && str_of(later).len == CLOCK_SIZE)
        buf_addf(out, "%s tomorrow", later);
    else
        buf_adds(out, text);
}

void stop_until_words(const struct plan *p, struct utc now, struct buf *out)
{
    char span[UTC_PLAIN_SIZE];

    if (p->action->cannot_undo)
        return;
    if (p->timer_s)
        buf_addf(out, "put back after %s unless it is confirmed; confirmed, it holds until ",
                 span_text(span, p->timer_s));
    else
        buf_adds(out, "it holds until ");
    if (p->expiry_s) {
        add_moment(out, (struct utc){.sec = (int64_t)p->expiry_s}, now);
        buf_adds(out, ", or until ");
    }
    buf_adds(out, "somebody undoes it");
}
