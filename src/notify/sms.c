/* sms.c: a text message by a gateway that takes two fields over HTTP, as a form or as JSON. */
#include "base/json.h"
#include "base/sink.h"
#include "notify/channel.h"

enum { CHARACTERS_MAX = 1000 };

static int judge(const struct account *a, struct err *e)
{
    return channel_judge_https(a, "url", e);
}

/* E.164 with the separators that people write, which are left out. */
static int is_number(struct str address, struct err *e)
{
    size_t digits = 0;
    bool is_fit = address.len && address.len <= 30;

    for (size_t i = 0; is_fit && i < address.len; i++) {
        char c = address.p[i];

        digits += c >= '0' && c <= '9';
        is_fit = (c >= '0' && c <= '9') || c == ' ' || c == '-' || (c == '+' && i == 0);
    }
    if (is_fit && digits >= 3 && digits <= 15)
        return 0;
    return err_set(e, ERR_USAGE, STR_FMT " is no telephone number: write +49 171 000000",
                   STR_ARG(str_head(address, 100)));
}

static void add_number(struct buf *out, struct str address)
{
    for (size_t i = 0; i < address.len; i++)
        if (address.p[i] != ' ' && address.p[i] != '-')
            buf_addc(out, address.p[i]);
}

static void add_cut(struct buf *out, struct str text)
{
    struct str rest = text;

    for (size_t i = 0; rest.len && i < CHARACTERS_MAX; i++)
        (void)utf8_take(&rest);
    buf_addstr(out, str_head(text, text.len - rest.len));
    if (rest.len)
        buf_adds(out, "…");
}

/* application/x-www-form-urlencoded (WHATWG URL §5.2) */
static void add_form(struct buf *out, struct str name, struct str value)
{
    struct str parts[] = {name, value};

    if (out->len)
        buf_addc(out, '&');
    for (size_t part = 0; part < COUNT_OF(parts); part++) {
        for (size_t i = 0; i < parts[part].len; i++) {
            char c = parts[part].p[i];

            if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                (c && strchr("*-._", c)))
                buf_addc(out, c);
            else if (c == ' ')
                buf_addc(out, '+');
            else
                buf_addf(out, "%%%02X", (unsigned char)c);
        }
        if (part == 0)
            buf_addc(out, '=');
    }
}

static void spell_body(struct post *out, const struct account *a, struct str to, struct str text)
{
    struct str to_field = account_value(a, "to-field"), text_field = account_value(a, "text-field");
    CLEANUP_BUF struct buf names = {0};
    struct buf *body = &out->texts[POST_BODY];
    struct json j;

    to_field = to_field.len ? to_field : STR("to");
    text_field = text_field.len ? text_field : STR("text");
    buf_clear(body);
    if (str_is(account_value(a, "shape"), "form")) {
        add_form(body, to_field, to);
        add_form(body, text_field, text);
        channel_put(out, POST_HEADERS, STR("Content-Type: application/x-www-form-urlencoded\n"));
        return;
    }
    buf_addstr(&names, to_field);
    json_begin(&j, body);
    json_object_begin(&j);
    json_put_str(&j, buf_text(&names), to);
    buf_clear(&names);
    buf_addstr(&names, text_field);
    json_put_str(&j, buf_text(&names), text);
    json_object_end(&j);
    channel_put(out, POST_HEADERS, STR("Content-Type: application/json\n"));
}

static int spell(const struct letter *l, const struct account *a, struct str sealed,
                 struct post *out, struct err *e)
{
    CLEANUP_BUF struct buf number = {0};
    CLEANUP_BUF struct buf text = {0};
    char id[LETTER_ID_SIZE];
    int rc = is_number(l->address, e);

    (void)sealed;
    if (rc)
        return rc;
    add_number(&number, l->address);
    add_cut(&text, l->text);
    out->kind = POST_HTTP;
    channel_put(out, POST_URL, account_value(a, "url"));
    channel_put(out, POST_METHOD, STR("POST"));
    channel_put(out, POST_USER, account_value(a, "user"));
    channel_put(out, POST_PASSWORD, account_value(a, "password"));
    spell_body(out, a, buf_str(&number), buf_str(&text));
    buf_addf(&out->texts[POST_HEADERS], "Idempotency-Key: %s\n", letter_id(id, l));
    channel_put_token(out, a);
    return 0;
}

static const char *const shapes[] = {"form", "json", NULL};
static const struct setting sms_settings[] = {
    {.name = "url", .flags = SETTING_REQUIRED | SETTING_SECRET},
    {.name = "shape", .flags = SETTING_REQUIRED, .choices = shapes},
    {.name = "to-field"},
    {.name = "text-field"},
    {.name = "user"},
    {.name = "password", .flags = SETTING_SECRET},
    {.name = "token", .flags = SETTING_SECRET},
    {.name = "repeatable", .choices = channel_yes},
    {0}};

const struct channel_kind channel_sms = {.name = "sms",
                                         .help = "a text message by a gateway",
                                         .settings = sms_settings,
                                         .label = "green",
                                         .needs_address = true,
                                         .judge = judge,
                                         .address = is_number,
                                         .spell = spell,
                                         .can_repeat = channel_repeats_if_said};
