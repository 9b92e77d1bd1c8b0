/* own_secret.h: files of this program that hold a secret: private keys, and pages with a recovery
 * key. Whoever takes the folders of a person's home into evidence does not mean to hand those on.
 */
#pragma once
#include <stdbool.h>

/* How the page of a recovery key begins. */
#define RECOVERY_PAGE_HEAD "Recovery key of the case \""

/* Why such a file is not taken, a sentence part; NULL where it is none, by how it begins and its
 * size. */
const char *own_secret(int fd);
