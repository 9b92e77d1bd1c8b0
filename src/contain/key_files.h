/* key_files.h: where sshd looks for the authorised keys of an account (sshd_config(5)). */
#pragma once
#include "contain/account.h"

enum { KEY_FILE_COUNT = 64 };

struct key_files {
    struct str paths[KEY_FILE_COUNT]; /* absolute; what lies there may be nothing */
    size_t count;
    struct str shared[KEY_FILE_COUNT]; /* of all accounts at once */
    size_t shared_count;
    bool has_command; /* keys also come from a program or a certificate authority */
};

/* ~/.ssh/authorized_keys and authorized_keys2, and all that AuthorizedKeysFile names anywhere in
 * /etc/ssh/sshd_config and what it includes, also for others by Match: a file too many is told of,
 * one too few is a way in. ERR_LIMIT, ERR_IO. */
MUST_CHECK int key_files_find(struct arena *a, const struct account *account, struct key_files *out,
                              struct err *e);
