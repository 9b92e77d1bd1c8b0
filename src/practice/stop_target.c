/* stop_target.c: finds where a flood goes. */
#include "practice/stop_target.h"
#include <netinet/in.h>
#include "base/sink.h"
#include "contain/host_view.h"

enum { ADDRESS_COUNT = 4, TARGET_SIZE = 200, PORT_MOST = 65535 };

/* Loopback, and what is of one link alone. */
static bool is_near(const struct net *n)
{
    static const struct net link = {.bytes = {0xfe, 0x80}, .size = 16, .prefix = 10};

    return net_is_loopback(n) || net_has(&link, n);
}

static void add_own(const struct host_view *host, struct buf *out)
{
    char text[NET_TEXT_SIZE];
    size_t count = 0;

    for (size_t i = 0; i < host->own_count && count < ADDRESS_COUNT; i++)
        if (!is_near(&host->own[i]))
            buf_addf(out, "%s%s", count++ ? ", " : "", net_text(text, &host->own[i]));
}

static bool listens(const struct host_view *host, uint16_t port)
{
    for (size_t i = 0; i < host->socket_count; i++)
        if (host->sockets[i].is_listener && host->sockets[i].protocol == IPPROTO_TCP &&
            host->sockets[i].local_port == port)
            return true;
    return false;
}

static uint16_t web_port(const struct host_view *host)
{
    static const uint16_t web[] = {443, 80, 8443, 8080};

    for (size_t i = 0; i < COUNT_OF(web); i++)
        if (listens(host, web[i]))
            return web[i];
    return web[0];
}

int stop_target(const struct operation *op, const struct input *in, uint64_t otherwise,
                struct stop_proposal *p, struct err *e)
{
    struct str port = input_value(op, in, "port"), target = input_value(op, in, "target");
    CLEANUP_HOST_VIEW struct host_view host = {0};
    uint64_t number = 0;

    if (port.len && (!str_u64(port, &number) || !number || number > PORT_MOST))
        return err_set(e, ERR_USAGE, "--port is from 1 to %d", PORT_MOST);
    (void)!host_view_read(&host, NULL); /* what it does not tell is left out */
    sink_terminal(&p->target, str_head(target, TARGET_SIZE), false);
    if (!target.len)
        add_own(&host, &p->target);
    p->port = number ? number : otherwise ? otherwise : web_port(&host);
    return 0;
}
