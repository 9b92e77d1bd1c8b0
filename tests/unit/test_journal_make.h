/* test_journal_make.h: signed records for the tests of the journal, and where the shared test data
 * lie. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sodium.h>
#include "base/mem.h"
#include "journal/entry.h"
#include "sys/confine.h"
#if CONFINE_SANITIZED
#include <sanitizer/lsan_interface.h>
#endif

struct pair {
    struct key key;
    unsigned char secret[crypto_sign_SECRETKEYBYTES];
};

static inline UNUSED struct pair pair_of(uint8_t number)
{
    unsigned char seed[crypto_sign_SEEDBYTES] = {number};
    struct pair p;

    crypto_sign_seed_keypair(p.key.b, p.secret, seed);
    return p;
}

static inline UNUSED struct sig pair_sign(const struct pair *p, struct str message)
{
    struct sig sig;

    crypto_sign_detached(sig.b, NULL, (const unsigned char *)message.p, message.len, p->secret);
    return sig;
}

/* Appends the finished, signed statement of a draft; by is filled in. */
static inline UNUSED void make_statement(struct buf *out, struct statement_draft d,
                                         const struct pair *by)
{
    CLEANUP_BUF struct buf head = {0};
    CLEANUP_BUF struct buf message = {0};
    struct sig sig;

    d.by = by->key;
    statement_write_head(&head, &d);
    statement_signed_bytes(&message, buf_str(&head));
    sig = pair_sign(by, buf_str(&message));
    statement_finish(out, buf_str(&head), &sig);
}

/* text with the first from in it replaced by to; fails the test where there is none. */
static inline UNUSED void make_replaced(struct buf *out, struct str text, const char *from,
                                        const char *to)
{
    const char *at = memmem(text.p, text.len, from, strlen(from));

    if (!at)
        fail_msg("%s is not there", from);
    buf_clear(out);
    buf_add(out, text.p, (size_t)(at - text.p));
    buf_adds(out, to);
    buf_addstr(out, str_from(text, (size_t)(at - text.p) + strlen(from)));
}

/* Names a file of the test data beside the checkout; skips the test where they are absent. */
static inline UNUSED const char *make_data_path(struct buf *out, const char *name)
{
    const char *last = strrchr(__FILE__, '/');

    buf_clear(out);
    buf_add(out, __FILE__, last ? (size_t)(last - __FILE__) : 0);
    buf_adds(out, last ? "/../../../shared/data/" : "../../../shared/data/");
    buf_adds(out, name);
    return buf_text(out);
}

static inline UNUSED bool make_read_file(struct buf *out, const char *path)
{
    FILE *f = fopen(path, "rb");
    size_t got;

    buf_clear(out);
    if (!f)
        return false;
    while ((got = fread(buf_room(out, 65536), 1, 65536, f)) > 0)
        out->len += got;
    fclose(f);
    buf_addn(out, 0, 1);
    out->len--;
    return true;
}

/* cmocka leaves a test that is skipped by a jump, so what it held is not given back. */
static UNUSED bool make_has_skipped;
#if CONFINE_SANITIZED
int __lsan_is_turned_off(void)
{
    return make_has_skipped;
}
#endif

#define SKIP_WITHOUT(condition, why)                                                               \
    do                                                                                             \
        if (!(condition)) {                                                                        \
            print_message("skipped: %s\n", why);                                                   \
            make_has_skipped = true;                                                               \
            skip();                                                                                \
        }                                                                                          \
    while (0)
