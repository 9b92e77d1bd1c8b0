/* own_secret.h: files of this program that hold a secret: private keys, and pages with a recovery
 * key. Whoever takes the folders of a person's home into evidence does not mean to hand those on.
 */
#pragma once
#include <stdbool.h>
#include "base/str.h"

/* What stands on the page of a recovery key, around the name of the case, its id and the key. */
#define RECOVERY_PAGE_HEAD "Recovery key of the case \""
#define RECOVERY_PAGE_CASE "\"\nCase "
#define RECOVERY_PAGE_ADVICE                                                                       \
    "\n\nPrint this page, lock it away, and delete the file.\n"                                    \
    "Whoever has it can enrol a new lead if all keys are lost.\n\n  "

/* Whether it is such a file, to its last byte; adds why it is not taken, a sentence part with its
 * SHA-256. What a person could choose in it is text that no program would run, so that nobody keeps
 * a file of his own out of the evidence by giving it this form. */
bool own_secret(int fd, struct buf *why);
