/* package_key.c: opens the header of a package with a passphrase, or has the signer do it. */
#include "practice/package_key.h"
#include <fcntl.h>
#include "base/mem.h"
#include "practice/secret.h"
#include "sys/confine.h"
#include "sys/file.h"
#include "sys/term.h"

enum { IDENTITY_SIZE_LIMIT = 64 << 10 };

static int open_with_passphrase(const struct age_lock *lock, uint8_t *file_key, struct err *e)
{
    CLEANUP(buf_wipe) struct buf typed = {0};
    unsigned wrong;
    int rc = term_read_secret("Passphrase of the package: ", &typed, e);

    if (rc == 0)
        rc = age_unlock(file_key, lock, buf_str(&typed), e);
    if (rc)
        return rc < 0 ? rc : 0;
    wrong = secret_mistyped(buf_str(&typed));
    if (wrong)
        return err_set(e, ERR_DENIED,
                       "that is not the passphrase: group %u of it is not as it was made", wrong);
    return err_set(e, ERR_DENIED, "that is not the passphrase of this package");
}

/* Each line of an identity file of age: empty, a comment, or a private key. */
static int try_line(struct signer *s, const struct age_head *head, struct str line, size_t number,
                    const char *path, uint8_t *file_key, struct err *e)
{
    uint8_t secret[AGE_KEY_SIZE];
    int rc;

    line = str_trim(line);
    if (!line.len || line.p[0] == '#')
        return ERR_DENIED;
    if (!age_identity_read(secret, line))
        return err_set(e, ERR_USAGE,
                       "%s, line %zu: no private key of age (AGE-SECRET-KEY-1...). One with a "
                       "passphrase of its own is opened by age first: age -d %s",
                       path, number, path);
    rc = signer_age_open_with(s, secret, head->shares, head->share_count, file_key, e);
    mem_wipe(secret, sizeof(secret));
    return rc;
}

static int open_with_identity(struct signer *s, const struct age_head *head, const char *path,
                              uint8_t *file_key, struct err *e)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    CLEANUP(buf_wipe) struct buf text = {0};
    struct str rest;
    int rc;

    if (fd < 0)
        return err_errno(e, "cannot open %s", path);
    (void)buf_room(&text, IDENTITY_SIZE_LIMIT + 1); /* never moved, so that no copy is left */
    rc = file_read_fd(&text, fd, path, IDENTITY_SIZE_LIMIT, e);
    if (rc)
        return rc;
    rest = buf_str(&text);
    for (size_t number = 1; rest.len; number++) {
        rc = try_line(s, head, str_cut(&rest, '\n'), number, path, file_key, e);
        if (rc != ERR_DENIED)
            return rc;
    }
    return err_set(e, ERR_DENIED, "the package is for none of the keys in %s", path);
}

static int unlock(struct signer *s, const struct signer_key *key, struct err *e)
{
    CLEANUP_BUF struct buf question = {0};
    CLEANUP(buf_wipe) struct buf typed = {0};
    int rc;

    buf_addf(&question, "Passphrase of your key \"%s\": ", key->label);
    rc = term_read_secret(buf_text(&question), &typed, e);
    return rc ? rc : signer_unlock(s, &key->key, buf_str(&typed), e);
}

/* Keys without a passphrase first: nothing is asked where one of them does. */
static int open_with_own(struct signer *s, const struct age_head *head, uint8_t *file_key,
                         struct err *e)
{
    CLEANUP_FREE struct signer_key *keys = NULL;
    size_t count;
    int rc = signer_list(s, &keys, &count, e);

    if (rc)
        return rc;
    for (size_t i = 0; i < 2 * count; i++) {
        const struct signer_key *key = &keys[i % count];

        if (key->is_sealed != (i >= count))
            continue;
        rc = key->is_sealed ? unlock(s, key, e) : 0;
        if (rc == 0)
            rc = signer_age_open(s, &key->key, head->shares, head->share_count, file_key, e);
        if (rc != ERR_DENIED)
            return rc;
    }
    return err_set(e, ERR_DENIED,
                   "the package is for no key of yours on this machine. With the private key of "
                   "age that it is for: --identity FILE");
}

int package_key_find(const struct age_head *head, const char *identity, const char *key_folder,
                     uint8_t file_key[AGE_FILE_KEY_SIZE], struct err *e)
{
    CLEANUP(signer_stopp) struct signer *s = NULL;
    int rc = confine_dumps(e);

    if (rc)
        return rc;
    if (head->has_lock)
        return open_with_passphrase(&head->lock, file_key, e);
    if (head->share_count == 0)
        return err_set(e, ERR_DENIED,
                       "it is only for keys of a kind that is not known here; age may open it");
    if (!key_folder)
        return err_set(e, ERR_NOTFOUND, "there is no folder for keys: set HOME");
    rc = signer_start(&s, key_folder, e);
    if (rc)
        return rc;
    return identity ? open_with_identity(s, head, identity, file_key, e)
                    : open_with_own(s, head, file_key, e);
}
