/* ntfy.c: a push to a telephone by an ntfy server. */
#include "notify/channel.h"

enum { TOPIC_SIZE = 64 };

static int judge(const struct account *a, struct err *e)
{
    return channel_judge_https(a, "url", e);
}

static int is_topic(struct str address, struct err *e)
{
    bool is_fit = address.len && address.len <= TOPIC_SIZE;

    for (size_t i = 0; is_fit && i < address.len; i++) {
        char c = address.p[i];

        is_fit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '_';
    }
    return is_fit ? 0
                  : err_set(e, ERR_USAGE,
                            STR_FMT " is no topic of ntfy: 1 to 64 letters, digits, - and _",
                            STR_ARG(str_head(address, 100)));
}

static int spell(const struct letter *l, const struct account *a, struct str sealed,
                 struct post *out, struct err *e)
{
    struct str topic = l->address.len ? l->address : account_value(a, "topic");
    struct str url = account_value(a, "url");
    char id[LETTER_ID_SIZE];
    int rc = is_topic(topic, e);

    (void)sealed;
    if (rc)
        return rc;
    out->kind = POST_HTTP;
    channel_put(out, POST_URL, str_ends(url, "/") ? str_head(url, url.len - 1) : url);
    buf_addf(&out->texts[POST_URL], "/" STR_FMT, STR_ARG(topic));
    channel_put(out, POST_METHOD, STR("POST"));
    channel_put(out, POST_HEADERS, STR("Content-Type: text/plain; charset=utf-8\nTitle: [...]\n"));
    buf_addf(&out->texts[POST_HEADERS], "Idempotency-Key: %s\n", letter_id(id, l));
    channel_put_token(out, a);
    channel_put(out, POST_BODY, l->text);
    return 0;
}

static const struct setting ntfy_settings[] = {{.name = "url", .flags = SETTING_REQUIRED},
                                               {.name = "topic"},
                                               {.name = "token", .flags = SETTING_SECRET},
                                               {0}};

const struct channel_kind channel_ntfy = {.name = "ntfy",
                                          .help = "a push to a telephone",
                                          .settings = ntfy_settings,
                                          .label = "green",
                                          .judge = judge,
                                          .address = is_topic,
                                          .spell = spell};
