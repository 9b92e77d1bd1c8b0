/* signer_age.c: opens what is wrapped for a private key, inside the signer. */
#include "sys/signer_age.h"
#include "sys/signer_wire.h"

int signer_age_answer(const uint8_t secret[AGE_KEY_SIZE], struct str shares, struct buf *reply,
                      struct err *e)
{
    struct age_share share;

    if (shares.len % sizeof(share) || shares.len > SIGNER_SHARE_LIMIT * sizeof(share))
        return err_set(e, ERR_USAGE, "a request to the signer has the wrong size");
    /* Which of them is for a key is not said in the file, so each is tried. */
    while (wire_take(&shares, &share, sizeof(share))) {
        int code = age_unwrap((uint8_t *)buf_room(reply, AGE_FILE_KEY_SIZE), secret, &share, e);

        if (code < 0)
            return code;
        if (code == 0)
            continue;
        reply->len += AGE_FILE_KEY_SIZE;
        return 0;
    }
    return err_set(e, ERR_DENIED, "it is not for that key");
}
