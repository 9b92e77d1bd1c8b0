/* secret.c: asks for a passphrase, or makes one that can be read out on the telephone. */
#include "practice/secret.h"
#include "base/mem.h"
#include "sys/clock.h"
#include "sys/term.h"

enum { GROUPS = 5, DRAWN = 4 /* characters of a group; one more checks them */, VALUES = 31 };
enum { FAIR = 256 - 256 % VALUES /* a byte below it is any value as often as any other */ };

/* Without those that look alike: 0 o, 1 i l. */
static const char alphabet[VALUES + 1] = "23456789abcdefghjkmnpqrstuvwxyz";

int secret_ask_twice(struct buf *out, size_t least, struct err *e)
{
    CLEANUP(buf_wipe) struct buf again = {0};
    int rc = term_read_secret("New passphrase: ", out, e);

    if (rc == 0 && out->len < least)
        return err_set(e, ERR_USAGE, "a passphrase has at least %zu bytes; several words are good",
                       least);
    if (rc == 0)
        rc = term_read_secret("Once more: ", &again, e);
    if (rc == 0 && !str_eq(buf_str(out), buf_str(&again)))
        return err_set(e, ERR_USAGE, "the two are not the same; nothing was changed");
    return rc;
}

static unsigned draw(void)
{
    uint8_t byte;

    do
        random_bytes(&byte, sizeof(byte));
    while (byte >= FAIR);
    return byte % VALUES;
}

void secret_make(struct buf *out)
{
    (void)buf_room(out, GROUPS * (DRAWN + 2)); /* never moved, so that no copy is left behind */
    for (unsigned group = 0; group < GROUPS; group++) {
        unsigned sum = 0;

        if (group)
            buf_addc(out, '-');
        for (unsigned i = 0; i < DRAWN; i++) {
            unsigned value = draw();

            sum += (i + 1) * value;
            buf_addc(out, alphabet[value]);
        }
        buf_addc(out, alphabet[sum % VALUES]);
    }
}

/* -1: a character that is never used. */
static int group_sum(struct str group)
{
    unsigned sum = 0;

    for (unsigned i = 0; i <= DRAWN; i++) {
        const char *at = memchr(alphabet, group.p[i], VALUES);

        if (!at)
            return -1;
        sum += i < DRAWN ? (i + 1) * (unsigned)(at - alphabet) : VALUES - (unsigned)(at - alphabet);
    }
    return (int)(sum % VALUES);
}

unsigned secret_mistyped(struct str passphrase)
{
    struct str rest = passphrase;
    unsigned wrong = 0;

    for (unsigned group = 1; group <= GROUPS; group++) {
        struct str part = str_cut(&rest, '-');

        if (part.len != DRAWN + 1)
            return 0;
        if (!wrong && group_sum(part) != 0)
            wrong = group;
    }
    return rest.len ? 0 : wrong;
}
