/* address.h: addresses of IPv4 and IPv6, as text and as bytes. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/str.h"

/* An address, as the 16 bytes of IPv6. */
bool address_bytes(struct str text, uint8_t out[16]);
enum { ADDRESS_TEXT_SIZE = 46 };
/* As RFC 5952 spells it, an IPv4 address within IPv6 as that of IPv4; what is no address as it
 * is. */
struct str address_spelled(struct str text, char out[ADDRESS_TEXT_SIZE]);
/* "192.0.2.7"; false: it is none of IPv4. */
bool address_dotted(const uint8_t bytes[16], char out[ADDRESS_TEXT_SIZE]);
