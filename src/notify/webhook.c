/* webhook.c: a POST of JSON in the shapes of Slack, Mattermost and Teams, or one of our own with an
 * HMAC (RFC 2104). */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include "base/json.h"
#include "notify/channel.h"

static int judge(const struct account *a, struct err *e)
{
    return channel_judge_https(a, "url", e);
}

/* Slack's control characters (its "formatting text": &, < and > are entities). */
static void add_escaped(struct buf *out, struct str text, bool no_mentions)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.p[i]) {
        case '&':
            buf_adds(out, "&amp;");
            break;
        case '<':
            buf_adds(out, "&lt;");
            break;
        case '>':
            buf_adds(out, "&gt;");
            break;
        case '@':
            buf_adds(out, no_mentions ? "@\xE2\x80\x8B" : "@");
            break;
        default:
            buf_addc(out, text.p[i]);
        }
    }
}

static void spell_text(struct json *j, const struct letter *l, bool no_mentions)
{
    CLEANUP_BUF struct buf text = {0};

    add_escaped(&text, l->text, no_mentions);
    json_object_begin(j);
    json_put_str(j, "text", buf_str(&text));
    json_object_end(j);
}

static void spell_teams(struct json *j, const struct letter *l)
{
    json_object_begin(j);
    json_put_text(j, "type", "message");
    json_name(j, "attachments");
    json_array_begin(j);
    json_object_begin(j);
    json_put_text(j, "contentType", "application/vnd.microsoft.card.adaptive");
    json_name(j, "content");
    json_object_begin(j);
    json_put_text(j, "type", "AdaptiveCard");
    json_put_text(j, "version", "1.2");
    json_name(j, "body");
    json_array_begin(j);
    json_object_begin(j);
    json_put_text(j, "type", "TextBlock");
    json_put_bool(j, "wrap", true);
    json_put_str(j, "text", l->text);
    json_object_end(j);
    json_array_end(j);
    json_object_end(j);
    json_object_end(j);
    json_array_end(j);
    json_object_end(j);
}

static void spell_json(struct json *j, const struct letter *l)
{
    char id[LETTER_ID_SIZE];

    json_object_begin(j);
    json_put_text(j, "id", letter_id(id, l));
    json_put_text(j, "label", l->label);
    json_put_str(j, "to", l->name);
    json_put_str(j, "subject", l->subject);
    json_put_str(j, "text", l->text);
    json_object_end(j);
}

static int add_signature(struct post *p, struct str secret, struct err *e)
{
    struct buf *headers = &p->texts[POST_HEADERS];
    struct str body = buf_str(&p->texts[POST_BODY]);
    unsigned char mac[32];
    unsigned size = sizeof(mac);

    if (!secret.len)
        return 0;
    if (!HMAC(EVP_sha256(), secret.p, (int)secret.len, (const unsigned char *)body.p, body.len, mac,
              &size))
        return err_set(e, ERR_IO, "the message cannot be signed");
    buf_adds(headers, "X-Calm-Signature: sha256=");
    hex_add(headers, mac, size);
    buf_addc(headers, '\n');
    return 0;
}

static int spell(const struct letter *l, const struct account *a, struct str sealed,
                 struct post *out, struct err *e)
{
    struct str shape = account_value(a, "shape");
    char id[LETTER_ID_SIZE];
    struct json j;

    (void)sealed;
    out->kind = POST_HTTP;
    channel_put(out, POST_URL, account_value(a, "url"));
    channel_put(out, POST_METHOD, STR("POST"));
    buf_clear(&out->texts[POST_BODY]);
    json_begin(&j, &out->texts[POST_BODY]);
    if (str_is(shape, "teams"))
        spell_teams(&j, l);
    else if (str_is(shape, "json"))
        spell_json(&j, l);
    else
        spell_text(&j, l, str_is(shape, "mattermost"));
    channel_put(out, POST_HEADERS, STR("Content-Type: application/json\n"));
    buf_addf(&out->texts[POST_HEADERS], "Idempotency-Key: %s\n", letter_id(id, l));
    channel_put_token(out, a);
    return add_signature(out, account_value(a, "secret"), e);
}

static bool can_repeat(const struct account *a)
{
    return str_is(account_value(a, "shape"), "json") && channel_repeats_if_said(a);
}

static const char *const shapes[] = {"slack", "mattermost", "teams", "json", NULL};
static const struct setting webhook_settings[] = {
    {.name = "url", .flags = SETTING_REQUIRED | SETTING_SECRET},
    {.name = "shape", .flags = SETTING_REQUIRED, .choices = shapes},
    {.name = "secret", .flags = SETTING_SECRET},
    {.name = "token", .flags = SETTING_SECRET},
    {.name = "repeatable", .choices = channel_yes},
    {0}};

const struct channel_kind channel_webhook = {.name = "webhook",
                                             .help = "a room of Slack, Mattermost or Teams, or "
                                                     "your own program",
                                             .settings = webhook_settings,
                                             .label = "green",
                                             .judge = judge,
                                             .spell = spell,
                                             .can_repeat = can_repeat};
