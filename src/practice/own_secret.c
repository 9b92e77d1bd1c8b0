/* own_secret.c: knows files with a secret of this program, by all that is in them. */
#include "practice/own_secret.h"
#include <sys/stat.h>
#include <unistd.h>
#include "base/hash.h"
#include "base/mem.h"
#include "journal/note.h"
#include "sys/keyfile.h"

enum { SECRET_MOST = KEYFILE_SIZE_LIMIT, ID_SIZE = 32 };

/* No interpreter takes more than such words for a command: no tag, variable, block or pipe. */
static bool is_harmless(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.p[i] < 0x20 || strchr("<>$`;|{}\\\"\x7f", text.p[i]))
            return false;
    return !str_has_utf8_error(text);
}

static bool is_key(struct str file)
{
    struct str label;

    return keyfile_has_form(file, &label) && is_harmless(label);
}

static bool is_recovery_page(struct str file)
{
    uint8_t id[ID_SIZE], seed[32];
    struct str name, groups;
    bool is_one;

    if (!str_take(&file, RECOVERY_PAGE_HEAD))
        return false;
    name = str_cut(&file, '\n');
    is_one = name.len && name.p[name.len - 1] == '"' && is_harmless(str_head(name, name.len - 1)) &&
             str_take(&file, strchr(RECOVERY_PAGE_CASE, '\n') + 1) &&
             hex_read(id, sizeof(id), str_head(file, 2 * sizeof(id)));
    if (!is_one)
        return false;
    file = str_from(file, 2 * sizeof(id));
    if (!str_take(&file, RECOVERY_PAGE_ADVICE))
        return false;
    groups = str_cut(&file, '\n');
    is_one = !file.len && groups_read(seed, groups, NULL) == 0;
    mem_wipe(seed, sizeof(seed));
    return is_one;
}

static void tell(struct buf *why, const char *words, struct str file)
{
    struct hash sum = hash_bytes(file.p, file.len);

    buf_adds(why, words);
    buf_adds(why, ". Its SHA-256 is ");
    hex_add(why, sum.b, sizeof(sum.b));
}

bool own_secret(int fd, struct buf *why)
{
    char bytes[SECRET_MOST];
    struct stat st;
    ssize_t n = -1;
    struct str file;
    bool is_one = true;

    if (fstat(fd, &st) == 0 && st.st_size > 0 && st.st_size <= SECRET_MOST)
        n = pread(fd, bytes, sizeof(bytes), 0);
    file = (struct str){bytes, n > 0 ? (size_t)n : 0};
    if (n > 0 && n == st.st_size && is_key(file))
        tell(why, "it is a private key of calm's: whoever has it signs as its owner", file);
    else if (n > 0 && n == st.st_size && is_recovery_page(file))
        tell(why, "it is the recovery key of a case: whoever has it can enrol a lead", file);
    else
        is_one = false;
    mem_wipe(bytes, sizeof(bytes));
    return is_one;
}
