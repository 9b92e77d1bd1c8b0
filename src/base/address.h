/* address.h: numeric addresses of the network, "192.0.2.7:7000" or "[2001:db8::7]:7000". No name is
 * ever looked up. */
#pragma once
#include <sys/socket.h>
#include "base/err.h"
#include "base/str.h"

enum { ADDRESS_TEXT_SIZE = 64 };

struct address {
    struct sockaddr_storage at;
    socklen_t size;
};

/* ERR_USAGE, with the forms named. */
MUST_CHECK int address_read(struct str text, struct address *out, struct err *e);
/* As address_read takes it; "an unknown address" for a kind that it does not know. */
const char *address_text(char out[ADDRESS_TEXT_SIZE], const struct address *a);
uint16_t address_port(const struct address *a); /* 0 for a kind that it does not know */
