/* smtp.c: mail over TLS, encrypted to the recipient or, where the account says so, not. */
#include "notify/channel.h"
#include "notify/mail_text.h"

static int judge(const struct account *a, struct err *e)
{
    struct str url = account_value(a, "url");
    struct str user = account_value(a, "user"), password = account_value(a, "password");
    int rc = mail_address(account_value(a, "from"), e);

    if (rc)
        return err_set(e, ERR_FORMAT, "[" STR_FMT "]: from must be an address: name@example.org",
                       STR_ARG(account_name(a)));
    if (!user.len != !password.len)
        return err_set(e, ERR_FORMAT, "[" STR_FMT "]: user and password go together",
                       STR_ARG(account_name(a)));
    if ((str_starts(url, "smtps://") || str_starts(url, "smtp://")) && !memchr(url.p, '@', url.len))
        return 0;
    return err_set(e, ERR_FORMAT,
                   "[" STR_FMT "]: url must be smtps://HOST:PORT, or smtp://HOST:PORT where the "
                   "server offers STARTTLS; user and password stand apart",
                   STR_ARG(account_name(a)));
}

static const char *protection(const struct account *a)
{
    struct str protect = account_value(a, "protect");

    return str_is(protect, "pgp") ? "pgp" : str_is(protect, "smime") ? "smime" : NULL;
}

static int inner(const struct letter *l, const struct account *a, struct post *out, struct err *e)
{
    const char *by = protection(a);

    (void)e;
    if (!by)
        return 0;
    out->kind = strcmp(by, "pgp") == 0 ? POST_SEAL_PGP : POST_SEAL_SMIME;
    buf_clear(&out->texts[POST_BODY]);
    mail_inner(&out->texts[POST_BODY], l);
    return 0;
}

static int spell(const struct letter *l, const struct account *a, struct str sealed,
                 struct post *out, struct err *e)
{
    const char *by = protection(a);

    if (by && !sealed.len)
        BUG("a mail that is to be encrypted is not");
    out->kind = POST_MAIL;
    channel_put(out, POST_URL, account_value(a, "url"));
    channel_put(out, POST_USER, account_value(a, "user"));
    channel_put(out, POST_PASSWORD, account_value(a, "password"));
    channel_put(out, POST_FROM, account_value(a, "from"));
    channel_put(out, POST_TO, l->address);
    buf_clear(&out->texts[POST_BODY]);
    mail_outer(&out->texts[POST_BODY], l, account_value(a, "from"), by ? by : "none", sealed);
    return mail_address(l->address, e);
}

static const char *const protections[] = {"pgp", "smime", "none", NULL};
static const struct setting smtp_settings[] = {
    {.name = "url", .flags = SETTING_REQUIRED},
    {.name = "from", .flags = SETTING_REQUIRED},
    {.name = "user"},
    {.name = "password", .flags = SETTING_SECRET},
    {.name = "protect", .flags = SETTING_REQUIRED, .choices = protections},
    {0}};

const struct channel_kind channel_smtp = {.name = "smtp",
                                          .help = "mail, encrypted to the recipient",
                                          .settings = smtp_settings,
                                          .label = "red",
                                          .needs_address = true,
                                          .judge = judge,
                                          .address = mail_address,
                                          .spell = spell,
                                          .inner = inner,
                                          .protection = protection};
