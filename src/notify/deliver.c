/* deliver.c: does for a letter all that can fail before anything is sent. */
#include "notify/deliver.h"
#include "notify/sender.h"
#include "sys/file.h"

enum { KEY_SIZE = 256 * 1024, CA_SIZE = 2 << 20 };

static int read_into(struct post *p, enum post_text which, struct str path, size_t most,
                     struct err *e)
{
    CLEANUP_BUF struct buf name = {0};

    buf_addstr(&name, path);
    return path.len ? file_read(&p->texts[which], buf_text(&name), most, e) : 0;
}

static int seal(const struct settings *settings, const struct account *account,
                const struct letter *letter, struct buf *sealed, struct err *e)
{
    const struct channel_kind *kind = account_kind(account);
    const char *by = kind->protection ? kind->protection(account) : NULL;
    CLEANUP_POST struct post p = {0};
    struct str file;
    int rc;

    if (!by)
        return 0;
    file = settings_key_file(settings, letter->address, by);
    if (!file.len)
        return err_set(e, ERR_NOTFOUND,
                       "no key of " STR_FMT " for %s is known: ask them for it over a way that you "
                       "trust, and name its file as [key " STR_FMT "] in notify.conf; or phone",
                       STR_ARG(letter->address), by, STR_ARG(letter->address));
    rc = kind->inner(letter, account, &p, e);
    if (rc == 0)
        rc = read_into(&p, POST_KEY, file, KEY_SIZE, e);
    return rc ? rc : sender_seal(&p, sealed, e);
}

int deliver_prepare(const struct settings *settings, const struct account *account,
                    const struct letter *letter, struct post *out, struct err *e)
{
    const struct channel_kind *kind = account_kind(account);
    CLEANUP_BUF struct buf sealed = {0};
    CLEANUP_POST struct post p = {0};
    int rc = kind->address && letter->address.len ? kind->address(letter->address, e) : 0;

    if (rc == 0)
        rc = seal(settings, account, letter, &sealed, e);
    if (rc == 0)
        rc = kind->spell(letter, account, buf_str(&sealed), &p, e);
    if (rc == 0)
        rc = read_into(&p, POST_CA, account_value(account, "ca"), CA_SIZE, e);
    if (rc)
        return rc;
    p.wall_s = account_wait_s(account);
    p.can_repeat = kind->can_repeat && kind->can_repeat(account);
    *out = p;
    p = (struct post){0};
    return 0;
}
