/* bytes.h: a binary source, read at any place through a cache of its pages; and what such formats
 * share: numbers, and values of fields made from bytes. */
#pragma once
#include "timeline/format.h"

enum { BYTES_MOST = 1 << 20 };

struct bytes;
struct bytes *bytes_new(const struct reader *r);
void bytes_free(struct bytes *b); /* NULL is fine */
DEFINE_CLEANUP(struct bytes *, bytes_free)
/* Up to size bytes (BYTES_MOST at most) at off; fewer only where the source ends. *out is borrowed
 * until the next call. */
MUST_CHECK int bytes_at(struct bytes *b, uint64_t off, size_t size, struct str *out, struct err *e);
/* How large the source is. */
MUST_CHECK int bytes_size(struct bytes *b, uint64_t *out, struct err *e);

/* Little-endian numbers; off must be within s. Each is spelled in full, which compilers know to be
 * one load. */
static inline uint16_t le16(struct str s, size_t off)
{
    const uint8_t *p = (const uint8_t *)s.p + off;

    return (uint16_t)(p[0] | p[1] << 8);
}
static inline uint32_t le32(struct str s, size_t off)
{
    const uint8_t *p = (const uint8_t *)s.p + off;

    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static inline uint64_t le64(struct str s, size_t off)
{
    const uint8_t *p = (const uint8_t *)s.p + off;

    return p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
           (uint64_t)p[7] << 56;
}
/* The part of s at off, or as much of it as there is. */
static inline struct str str_part(struct str s, size_t off, size_t len)
{
    return str_head(str_from(s, off), len);
}
bool is_all_zero(struct str s);

/* A copy of raw as text (reader_text), cut where it is too long: event.cut then names the field and
 * whole, the size of the value before it came here. */
void event_put_raw(struct event *e, const struct field_names *names, uint16_t name, struct str raw,
                   uint64_t whole);
/* "192.0.2.7" or "2001:db8::7". An IPv4 address within an IPv6 one (::ffff:0:0/96) is told as that.
 */
void event_put_ip(struct event *e, uint16_t name, const uint8_t *bytes, bool is_v6);
/* Microseconds since 1970, as UTC. What is out of the range leaves the event without a time, and in
 * doubt. */
void event_time_us(struct event *e, uint64_t us);
/* Hundreds of nanoseconds since 1601. */
void event_time_filetime(struct event *e, uint64_t ticks);
