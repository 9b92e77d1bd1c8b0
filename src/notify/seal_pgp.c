/* seal_pgp.c: encrypts to one OpenPGP certificate by gpgme, in a home of its own that is removed.
 */
#include <dirent.h>
#include <fcntl.h>
#include <gpgme.h>
#include <sys/stat.h>
#include <unistd.h>
#include "notify/transfer.h"
#include "sys/file.h"

enum { PATH_SIZE = 64, PIECE_SIZE = 65536 };

static int make_home(char home[PATH_SIZE], struct err *e)
{
    static const char *const places[] = {"/dev/shm/calm-gpg-XXXXXX", "/tmp/calm-gpg-XXXXXX"};

    for (size_t i = 0; i < COUNT_OF(places); i++) {
        snprintf(home, PATH_SIZE, "%s", places[i]);
        if (mkdtemp(home))
            return 0;
    }
    return err_errno(e, "no place for gpg to work in");
}

/* gpg makes files, and folders with files, no deeper. */
static void remove_in(int folder, unsigned depth)
{
    DIR *dir = fdopendir(folder);
    struct dirent *entry;

    if (!dir) {
        fd_close(folder);
        return;
    }
    while ((entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(dirfd(dir), entry->d_name, 0) == 0 || depth == 0)
            continue;
        remove_in(
            openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
            depth - 1);
        (void)unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
    }
    closedir(dir);
}

static void remove_home(const char *home)
{
    remove_in(open(home, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), 1);
    (void)rmdir(home);
}

static int gpg_error_set(struct err *e, gpgme_error_t why)
{
    gpgme_err_code_t code = gpgme_err_code(why);

    if (code == GPG_ERR_NO_ENGINE || code == GPG_ERR_INV_ENGINE)
        return err_set(e, ERR_NOTFOUND, "gpg is not installed here, which encrypts mail");
    return err_set(e, ERR_FORMAT,
                   "the recipient's OpenPGP key cannot be used (%s): it may have expired, or be "
                   "none for encryption",
                   gpgme_strerror(why));
}

static int take_data(gpgme_data_t data, struct buf *out, struct err *e)
{
    ssize_t n;

    if (gpgme_data_seek(data, 0, SEEK_SET) < 0)
        return err_errno(e, "the encrypted message cannot be read");
    while ((n = gpgme_data_read(data, buf_room(out, PIECE_SIZE), PIECE_SIZE)) > 0)
        out->len += (size_t)n;
    return n < 0 ? err_errno(e, "the encrypted message cannot be read") : 0;
}

static int encrypt(gpgme_ctx_t ctx, const char *recipient, struct str body, struct buf *out,
                   struct err *e)
{
    gpgme_data_t plain = NULL, cipher = NULL;
    gpgme_error_t why = gpgme_data_new_from_mem(&plain, body.p, body.len, 0);
    int code;

    if (!why)
        why = gpgme_data_new(&cipher);
    if (!why)
        why = gpgme_op_encrypt_ext(ctx, NULL, recipient,
                                   GPGME_ENCRYPT_ALWAYS_TRUST | GPGME_ENCRYPT_NO_COMPRESS, plain,
                                   cipher);
    code = why ? gpg_error_set(e, why) : take_data(cipher, out, e);
    if (!code && !str_starts(buf_str(out), "-----BEGIN PGP MESSAGE-----"))
        code = err_set(e, ERR_IO, "gpg gave something that is no encrypted message");
    gpgme_data_release(plain);
    gpgme_data_release(cipher);
    return code;
}

static int encrypt_in(const char *home, const struct post *p, struct buf *out, struct err *e)
{
    gpgme_ctx_t ctx = NULL;
    CLEANUP_BUF struct buf key = {0};
    CLEANUP_BUF struct buf recipient = {0};
    gpgme_error_t why;
    int code;

    buf_addf(&key, "%s/key", home);
    buf_addf(&recipient, "--file\n%s\n", buf_text(&key));
    code = file_create(buf_text(&key), buf_str(&p->texts[POST_KEY]), 0600, e);
    if (code)
        return code;
    (void)gpgme_check_version(NULL);
    why = gpgme_new(&ctx);
    if (!why)
        why = gpgme_ctx_set_engine_info(ctx, GPGME_PROTOCOL_OpenPGP, NULL, home);
    gpgme_set_armor(ctx, 1);
    code = why ? gpg_error_set(e, why)
               : encrypt(ctx, buf_text(&recipient), buf_str(&p->texts[POST_BODY]), out, e);
    gpgme_release(ctx);
    return code;
}

int seal_pgp(const struct post *p, struct buf *out, struct err *e)
{
    char home[PATH_SIZE];
    int code = make_home(home, e);

    if (code)
        return code;
    code = encrypt_in(home, p, out, e);
    remove_home(home);
    return code;
}
