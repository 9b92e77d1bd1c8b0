/* channel.c: the table of channels, and what several kinds do alike. */
#include "notify/channel.h"
#include "base/hash.h"

#define CHANNEL(name) extern const struct channel_kind channel_##name;
#include "notify/channels.def"
#undef CHANNEL

const struct channel_kind *const channel_kinds[] = {
#define CHANNEL(name) &channel_##name,
#include "notify/channels.def"
#undef CHANNEL
    NULL};

const char *const channel_yes[] = {"no", "yes", NULL};

const char *letter_id(char out[LETTER_ID_SIZE], const struct letter *l)
{
    hex_write(out, l->id.b, sizeof(l->id.b));
    out[LETTER_ID_SIZE - 1] = '\0';
    return out;
}

const struct channel_kind *channel_kind_find(struct str name)
{
    for (size_t i = 0; channel_kinds[i]; i++)
        if (str_is(name, channel_kinds[i]->name))
            return channel_kinds[i];
    return NULL;
}

void channel_put(struct post *p, enum post_text which, struct str text)
{
    buf_clear(&p->texts[which]);
    buf_addstr(&p->texts[which], text);
}

int channel_judge_https(const struct account *a, const char *setting, struct err *e)
{
    struct str url = account_value(a, setting);

    if (str_starts(url, "https://") && url.len > strlen("https://") &&
        !memchr(url.p, '@', url.len) && !memchr(url.p, ' ', url.len))
        return 0;
    return err_set(e, ERR_FORMAT,
                   "[" STR_FMT "]: %s must begin with https:// and hold neither a space nor a @",
                   STR_ARG(account_name(a)), setting);
}

void channel_put_token(struct post *p, const struct account *a)
{
    struct str token = account_value(a, "token");

    if (!token.len)
        return;
    buf_adds(&p->texts[POST_HEADERS], "Authorization: Bearer ");
    buf_addstr(&p->texts[POST_HEADERS], token);
    buf_addc(&p->texts[POST_HEADERS], '\n');
}

bool channel_repeats_if_said(const struct account *a)
{
    return str_is(account_value(a, "repeatable"), "yes");
}
