/* matrix.c: an event in a Matrix room, whose transaction id is the message's own. */
#include "base/json.h"
#include "notify/channel.h"

static int judge(const struct account *a, struct err *e)
{
    return channel_judge_https(a, "url", e);
}

static int is_room(struct str address, struct err *e)
{
    if (address.len > 2 && address.len <= 255 && address.p[0] == '!' &&
        memchr(address.p, ':', address.len))
        return 0;
    return err_set(e, ERR_USAGE,
                   STR_FMT " is no Matrix room: write its id, !abc:example.org (the settings of "
                           "the room tell it)",
                   STR_ARG(str_head(address, 100)));
}

/* RFC 3986 §2.1 */
static void add_percent(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

        if (is_plain || (c && strchr("-._~", c)))
            buf_addc(out, c);
        else
            buf_addf(out, "%%%02X", (unsigned char)c);
    }
}

static int spell(const struct letter *l, const struct account *a, struct str sealed,
                 struct post *out, struct err *e)
{
    struct str room = l->address.len ? l->address : account_value(a, "room");
    struct str url = account_value(a, "url");
    struct buf *to = &out->texts[POST_URL];
    char id[LETTER_ID_SIZE];
    struct json j;
    int rc = is_room(room, e);

    (void)sealed;
    if (rc)
        return rc;
    out->kind = POST_HTTP;
    channel_put(out, POST_URL, str_ends(url, "/") ? str_head(url, url.len - 1) : url);
    buf_adds(to, "/_matrix/client/v3/rooms/");
    add_percent(to, room);
    buf_addf(to, "/send/m.room.message/%s", letter_id(id, l));
    channel_put(out, POST_METHOD, STR("PUT"));
    channel_put(out, POST_HEADERS, STR("Content-Type: application/json\n"));
    channel_put_token(out, a);
    buf_clear(&out->texts[POST_BODY]);
    json_begin(&j, &out->texts[POST_BODY]);
    json_object_begin(&j);
    json_put_text(&j, "msgtype", "m.text");
    json_put_str(&j, "body", l->text);
    json_object_end(&j);
    return 0;
}

static bool can_repeat(const struct account *a)
{
    (void)a;
    return true; /* the same id in the same room by the same log-in is one event */
}

static const struct setting matrix_settings[] = {
    {.name = "url", .flags = SETTING_REQUIRED},
    {.name = "token", .flags = SETTING_REQUIRED | SETTING_SECRET},
    {.name = "room"},
    {0}};

const struct channel_kind channel_matrix = {.name = "matrix",
                                            .help = "a Matrix room",
                                            .settings = matrix_settings,
                                            .label = "amber",
                                            .judge = judge,
                                            .address = is_room,
                                            .spell = spell,
                                            .can_repeat = can_repeat};
