/* own_secret.c: knows files with a secret of this program by how they begin. */
#include "practice/own_secret.h"
#include <sys/stat.h>
#include <unistd.h>
#include "base/hash.h"
#include "sys/keyfile.h"

/* Larger ones are none, whatever they begin with: nobody hides what he likes by such a beginning.
 */
enum { SECRET_MOST = 4096 };

/* "calm-key/1", and the public key: of the secret nothing is read. */
static bool is_key(struct str head)
{
    uint8_t key[32];

    return str_take(&head, KEYFILE_HEAD "public ") &&
           hex_read(key, sizeof(key), str_head(head, 2 * sizeof(key))) &&
           str_starts(str_from(head, 2 * sizeof(key)), "\nmade ");
}

const char *own_secret(int fd)
{
    char bytes[96];
    struct stat st;
    ssize_t n;
    struct str head;

    if (fstat(fd, &st) < 0 || st.st_size > SECRET_MOST)
        return NULL;
    n = pread(fd, bytes, sizeof(bytes), 0);
    head = (struct str){bytes, n > 0 ? (size_t)n : 0};
    if (is_key(head))
        return "it is a private key of calm's: whoever has it signs as its owner";
    if (str_starts(head, RECOVERY_PAGE_HEAD))
        return "it is the recovery key of a case: whoever has it can enrol a lead";
    return NULL;
}
