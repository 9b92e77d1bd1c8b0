/* own_secret.c: knows files with a secret of this program by how they begin. */
#include "practice/own_secret.h"
#include <unistd.h>
#include "base/str.h"
#include "sys/keyfile.h"

const char *own_secret(int fd)
{
    static const struct {
        const char *head;
        const char *why;
    } kinds[] = {
        {KEYFILE_HEAD, "it is a private key of calm's: whoever has it signs as its owner"},
        {RECOVERY_PAGE_HEAD, "it is the recovery key of a case: whoever has it can enrol a lead"},
    };
    char bytes[32];
    ssize_t n = pread(fd, bytes, sizeof(bytes), 0);

    for (size_t i = 0; n > 0 && i < COUNT_OF(kinds); i++)
        if (str_starts((struct str){bytes, (size_t)n}, kinds[i].head))
            return kinds[i].why;
    return NULL;
}
