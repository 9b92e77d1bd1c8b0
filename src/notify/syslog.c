/* syslog.c: one record for a log collector: RFC 5424 over TLS (RFC 5425), or to the local daemon.
 */
#include "base/sink.h"
#include "notify/channel.h"

enum { PRIORITY = 16 * 8 + 5 /* local0, notice */, MESSAGE_SIZE = 8192 };

static int judge(const struct account *a, struct err *e)
{
    struct str url = account_value(a, "url");

    if (str_is(url, "local") ||
        (str_starts(url, "tls://") && url.len > strlen("tls://") && !memchr(url.p, '@', url.len)))
        return 0;
    return err_set(e, ERR_FORMAT, "[" STR_FMT "]: url must be tls://HOST:PORT, or local",
                   STR_ARG(account_name(a)));
}

/* One line of whole characters. */
static void add_line(struct buf *out, struct str text)
{
    while (text.len && out->len < MESSAGE_SIZE) {
        struct str before = text;
        uint32_t c = utf8_take(&text);

        if (c == '\n')
            buf_adds(out, text.len ? " / " : "");
        else if (c < ' ' || (c >= 0x7F && c < 0xA0))
            buf_addc(out, ' ');
        else if (c == 0xFFFD)
            buf_adds(out, "\xEF\xBF\xBD");
        else
            buf_add(out, before.p, before.len - text.len);
    }
}

/* RFC 5424 §6.2.3: at most six digits behind the second. */
static void add_time(struct buf *out, struct utc when)
{
    char text[UTC_TEXT_SIZE];

    utc_write(text, when);
    buf_add(out, text, strlen("2026-11-25T03:12:09.123456"));
    buf_addc(out, 'Z');
}

static int spell(const struct letter *l, const struct account *a, struct str sealed,
                 struct post *out, struct err *e)
{
    struct str url = account_value(a, "url");
    CLEANUP_BUF struct buf message = {0};
    struct buf *body = &out->texts[POST_BODY];

    (void)sealed;
    (void)e;
    buf_clear(body);
    if (str_is(url, "local")) {
        out->kind = POST_LOCAL;
        channel_put(out, POST_URL, STR("/dev/log"));
        buf_addf(body, "<%d>calm: ", PRIORITY);
        add_line(body, l->text);
        return 0;
    }
    out->kind = POST_STREAM;
    channel_put(out, POST_URL, url);
    buf_addf(&message, "<%d>1 ", PRIORITY);
    add_time(&message, l->when);
    /* The byte order mark says that the text is UTF-8 (§6.4). */
    buf_adds(&message, " - calm - NOTIFY - \xEF\xBB\xBF");
    add_line(&message, l->text);
    buf_addf(body, "%zu ", message.len);
    buf_addstr(body, buf_str(&message));
    return 0;
}

static const struct setting syslog_settings[] = {{.name = "url", .flags = SETTING_REQUIRED}, {0}};

const struct channel_kind channel_syslog = {.name = "syslog",
                                            .help = "a line for a log collector",
                                            .settings = syslog_settings,
                                            .label = "green",
                                            .judge = judge,
                                            .spell = spell};
