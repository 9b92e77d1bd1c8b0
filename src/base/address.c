/* address.c: reads and writes numeric addresses. */
#include "base/address.h"
#include <arpa/inet.h>
#include <netinet/in.h>

static bool read_port(struct str text, in_port_t *out)
{
    uint64_t port;

    if (!str_u64(text, &port) || port > UINT16_MAX)
        return false;
    *out = htons((uint16_t)port);
    return true;
}

/* The text before the last colon, without the brackets of an IPv6 address. */
static bool take_host(struct str text, char *out, size_t room, struct str *port)
{
    const char *colon = text.len ? memrchr(text.p, ':', text.len) : NULL;
    struct str host = str_head(text, colon ? (size_t)(colon - text.p) : 0);

    if (host.len >= 2 && host.p[0] == '[' && host.p[host.len - 1] == ']')
        host = (struct str){host.p + 1, host.len - 2};
    else if (host.len && memchr(host.p, ':', host.len))
        return false;
    if (host.len == 0 || host.len >= room || memchr(host.p, '\0', host.len))
        return false;
    memcpy(out, host.p, host.len);
    out[host.len] = '\0';
    *port = str_from(text, (size_t)(colon + 1 - text.p));
    return true;
}

static bool read_parts(struct str text, struct address *out)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    char host[INET6_ADDRSTRLEN];
    struct str port;
    in_port_t number;

    if (!take_host(text, host, sizeof(host), &port) || !read_port(port, &number))
        return false;
    if (text.p[0] != '[' && inet_pton(AF_INET, host, &four.sin_addr) == 1) {
        four.sin_port = number;
        memcpy(&out->at, &four, sizeof(four));
        out->size = sizeof(four);
        return true;
    }
    if (text.p[0] != '[' || inet_pton(AF_INET6, host, &six.sin6_addr) != 1)
        return false;
    six.sin6_port = number;
    memcpy(&out->at, &six, sizeof(six));
    out->size = sizeof(six);
    return true;
}

int address_read(struct str text, struct address *out, struct err *e)
{
    struct address read = {0};

    if (!read_parts(text, &read))
        return err_set(e, ERR_USAGE,
                       "\"" STR_FMT "\" is no address in numbers with a port. Write "
                       "192.0.2.7:7000 or [2001:db8::7]:7000; names are not looked up",
                       STR_ARG(str_head(text, 80)));
    *out = read;
    return 0;
}

uint16_t address_port(const struct address *a)
{
    struct sockaddr_in four;
    struct sockaddr_in6 six;

    memcpy(&four, &a->at, sizeof(four));
    memcpy(&six, &a->at, sizeof(six));
    if (a->at.ss_family == AF_INET)
        return ntohs(four.sin_port);
    return a->at.ss_family == AF_INET6 ? ntohs(six.sin6_port) : 0;
}

const char *address_text(char out[ADDRESS_TEXT_SIZE], const struct address *a)
{
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    char host[INET6_ADDRSTRLEN];

    memcpy(&four, &a->at, sizeof(four));
    memcpy(&six, &a->at, sizeof(six));
    if (a->at.ss_family == AF_INET && inet_ntop(AF_INET, &four.sin_addr, host, sizeof(host)))
        snprintf(out, ADDRESS_TEXT_SIZE, "%s:%u", host, address_port(a));
    else if (a->at.ss_family == AF_INET6 && inet_ntop(AF_INET6, &six.sin6_addr, host, sizeof(host)))
        snprintf(out, ADDRESS_TEXT_SIZE, "[%s]:%u", host, address_port(a));
    else
        snprintf(out, ADDRESS_TEXT_SIZE, "an unknown address");
    return out;
}
