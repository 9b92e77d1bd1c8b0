/* address.c: reads and spells addresses. */
#include "timeline/address.h"
#include <arpa/inet.h>

enum { ADDRESS_MOST = 45 };

/* In front of an IPv4 address within IPv6. */
static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

bool address_bytes(struct str text, uint8_t out[16])
{
    char copy[ADDRESS_MOST + 1];

    if (text.len == 0 || text.len > ADDRESS_MOST)
        return false;
    memcpy(copy, text.p, text.len);
    copy[text.len] = '\0';
    if (memchr(text.p, ':', text.len))
        return inet_pton(AF_INET6, copy, out) == 1;
    if (!memchr(text.p, '.', text.len))
        return false;
    memcpy(out, mapped, sizeof(mapped));
    return inet_pton(AF_INET, copy, out + sizeof(mapped)) == 1;
}

bool address_dotted(const uint8_t bytes[16], char out[ADDRESS_TEXT_SIZE])
{
    return memcmp(bytes, mapped, sizeof(mapped)) == 0 &&
           inet_ntop(AF_INET, bytes + sizeof(mapped), out, ADDRESS_TEXT_SIZE);
}

struct str address_spelled(struct str text, char out[ADDRESS_TEXT_SIZE])
{
    uint8_t bytes[16];

    if (!address_bytes(text, bytes) ||
        (!address_dotted(bytes, out) && !inet_ntop(AF_INET6, bytes, out, ADDRESS_TEXT_SIZE)))
        return text;
    return str_of(out);
}
