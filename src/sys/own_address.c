/* own_address.c: compares addresses in numbers, and asks the kernel for those of this machine. */
#include "sys/own_address.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

/* Either family as the sixteen bytes of IPv6, so that ::ffff:192.0.2.1 is 192.0.2.1. */
struct number {
    uint8_t b[16];
};

static void number_of_four(struct number *out, const void *four)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    memcpy(out->b, mapped, sizeof(mapped));
    memcpy(out->b + sizeof(mapped), four, 4);
}

static bool read_number(struct number *out, struct str text)
{
    char plain[INET6_ADDRSTRLEN];
    struct in_addr four;

    text = str_trim(str_cut(&text, '/'));
    if (!text.len || text.len >= sizeof(plain))
        return false;
    memcpy(plain, text.p, text.len);
    plain[text.len] = '\0';
    if (inet_pton(AF_INET6, plain, out->b) == 1)
        return true;
    if (inet_pton(AF_INET, plain, &four) != 1)
        return false;
    number_of_four(out, &four);
    return true;
}

bool address_is_same(struct str a, struct str b)
{
    struct number one, other;

    return read_number(&one, a) && read_number(&other, b) &&
           memcmp(one.b, other.b, sizeof(one.b)) == 0;
}

static bool is_number_of(const struct ifaddrs *i, const struct number *wanted)
{
    struct number own;
    struct sockaddr_in four;
    struct sockaddr_in6 six;

    if (!i->ifa_addr || i->ifa_flags & IFF_LOOPBACK)
        return false;
    if (i->ifa_addr->sa_family == AF_INET) {
        memcpy(&four, i->ifa_addr, sizeof(four));
        number_of_four(&own, &four.sin_addr);
    } else if (i->ifa_addr->sa_family == AF_INET6) {
        memcpy(&six, i->ifa_addr, sizeof(six));
        memcpy(own.b, &six.sin6_addr, sizeof(own.b));
    } else {
        return false;
    }
    return memcmp(own.b, wanted->b, sizeof(own.b)) == 0;
}

bool own_address_is(struct str text)
{
    struct ifaddrs *all = NULL;
    struct number wanted;
    bool is_own = false;

    if (!read_number(&wanted, text) || getifaddrs(&all) != 0)
        return false;
    for (const struct ifaddrs *i = all; i && !is_own; i = i->ifa_next)
        is_own = is_number_of(i, &wanted);
    freeifaddrs(all);
    return is_own;
}
