/* device_text.c: what the writers of devices share. */
#include "contain/device_text.h"
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

bool device_is(const struct device_job *j, const char *action)
{
    return strcmp(j->plan->action->name, action) == 0;
}

size_t device_count_size(const struct device_job *j, unsigned size)
{
    size_t count = 0;

    for (size_t i = 0; i < j->plan->net_count; i++)
        count += j->plan->nets[i].size == size;
    return count;
}

bool device_has_size(const struct device_job *j, unsigned size)
{
    return device_count_size(j, size) > 0;
}

bool device_host_has_size(const struct device_job *j, unsigned size)
{
    for (size_t i = 0; i < j->place->host_count; i++)
        if (j->place->hosts[i].size == size)
            return true;
    return false;
}

uint64_t device_number(const struct device_job *j, const char *name, uint64_t otherwise)
{
    return plan_number(j->plan, name, otherwise);
}

void device_passes(const struct endpoint *p, struct device_pass passes[2])
{
    passes[0] = (struct device_pass){
        .net = &p->net,
        .is_in = true,
        .protocol = p->protocol,
        .first = p->port_first,
        .last = p->port_last,
        .is_source = p->way == ENDPOINT_OUT,
        .is_answer = p->way == ENDPOINT_OUT && p->protocol == IPPROTO_TCP,
    };
    passes[1] = passes[0];
    passes[1].is_in = false;
    passes[1].is_source = p->way == ENDPOINT_IN;
    passes[1].is_answer = p->way == ENDPOINT_IN && p->protocol == IPPROTO_TCP;
}

const char *device_protocol(uint8_t protocol)
{
    return protocol == IPPROTO_TCP ? "tcp" : "udp";
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

int device_judge_name(struct str name, const char *what, const char *more, size_t size,
                      struct err *e)
{
    bool is_good = name.len > 0 && name.len <= size && is_alnum(name.p[0]);

    for (size_t i = 0; i < name.len && is_good; i++)
        is_good = is_alnum(name.p[i]) || (name.p[i] && strchr(more, name.p[i]));
    if (is_good)
        return 0;
    return err_set(e, ERR_FORMAT,
                   "\"" STR_FMT "\" cannot be %s for this device: a letter or digit, then those "
                   "and any of \"%s\", at most %zu",
                   STR_ARG(str_head(name, 80)), what, more, size);
}

static const char *mask_text(char out[16], uint32_t mask)
{
    snprintf(out, 16, "%u.%u.%u.%u", mask >> 24, mask >> 16 & 0xff, mask >> 8 & 0xff, mask & 0xff);
    return out;
}

static uint32_t mask_of(unsigned prefix)
{
    return prefix ? 0xffffffffu << (32 - prefix) : 0;
}

const char *device_mask(char out[16], unsigned prefix)
{
    return mask_text(out, mask_of(prefix));
}

const char *device_wildcard(char out[16], unsigned prefix)
{
    return mask_text(out, ~mask_of(prefix));
}

unsigned device_minutes(uint32_t seconds)
{
    return (seconds + 59) / 60;
}

void device_add_time(struct buf *out, uint64_t seconds)
{
    char text[UTC_PLAIN_SIZE];
    const uint64_t last = 253402300799; /* of the year 9999 */

    buf_adds(out, utc_plain(text, (struct utc){.sec = (int64_t)(seconds < last ? seconds : last)}));
}

void device_lacks_expiry(const struct device_job *j, struct buf *out)
{
    if (!j->plan->expiry_s)
        return;
    buf_adds(out, "It does not end by itself: a person must undo it at ");
    device_add_time(out, j->plan->expiry_s);
    buf_adds(out, ".\n");
}

void device_lacks_addresses(const struct device_job *j, struct buf *out)
{
    if (!device_is(j, "isolate") || j->place->is_host_itself || !j->place->host_count)
        return;
    buf_adds(out, "A host that takes another address gets past this.\n");
    if (!device_host_has_size(j, 16))
        buf_adds(out, "No IPv6 address of the host is named: what it sends over IPv6 passes.\n");
    if (!device_host_has_size(j, 4))
        buf_adds(out, "No IPv4 address of the host is named: what it sends over IPv4 passes.\n");
}

void device_lacks_boot(const struct device_job *j, struct buf *out)
{
    (void)j;
    buf_adds(out, "It is in memory alone: after a restart of this device it is gone, and must be "
                  "applied again.\n");
}
