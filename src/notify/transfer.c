/* transfer.c: inside calm-send: the exchange with the server, over the one connection there is. */
#include "notify/transfer.h"
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/utc.h"
#include "notify/sender_wire.h"

enum { ANSWER_SIZE = 4096, ANSWER_MOST = 64 * 1024 };

struct exchange {
    const struct post *post;
    CURL *curl;
    struct post_result *out;
    size_t given;    /* bytes of the body that libcurl took */
    bool has_begun;  /* from here on it may have arrived */
    size_t received; /* bytes of the answer */
    struct buf said; /* its beginning; of a mail server the last line */
    char error[CURL_ERROR_SIZE];
    int64_t deadline_ms;
};

/* Where calm has gone, nobody would put the outcome on record: better not to send. */
static bool tell_begun(struct exchange *x)
{
    if (!x->has_begun && sender_put(SENDER_CONTROL_FD, SENDER_BEGINS, STR(""), NULL))
        return false;
    x->has_begun = true;
    return true;
}

/* A mail is not accepted before the dot behind its last line; a request over HTTP may be as soon as
 * its body is there. */
static size_t give_body(char *to, size_t size, size_t count, void *context)
{
    struct exchange *x = context;
    struct str left = str_from(buf_str(&x->post->texts[POST_BODY]), x->given);
    struct str part = str_head(left, size * count);

    if ((!part.len || x->post->kind == POST_HTTP) && !tell_begun(x))
        return CURL_READFUNC_ABORT;
    memcpy(to, part.p, part.len);
    x->given += part.len;
    return part.len;
}

static size_t take_answer(char *from, size_t size, size_t count, void *context)
{
    struct exchange *x = context;
    struct str part = {from, size * count};

    x->received += part.len;
    if (x->said.len < ANSWER_SIZE)
        buf_addstr(&x->said, str_head(part, ANSWER_SIZE - x->said.len));
    return x->received > ANSWER_MOST ? 0 : part.len;
}

static size_t take_line(char *from, size_t size, size_t count, void *context)
{
    struct exchange *x = context;
    struct str line = {from, size * count};

    x->received += line.len;
    if (x->post->kind == POST_MAIL) {
        buf_clear(&x->said);
        buf_addstr(&x->said, str_head(line, ANSWER_SIZE));
    }
    return x->received > ANSWER_MOST ? 0 : line.len;
}

static curl_socket_t take_socket(void *context, curlsocktype purpose, struct curl_sockaddr *at)
{
    (void)context;
    (void)at;
    return purpose == CURLSOCKTYPE_IPCXN ? SENDER_NET_FD : CURL_SOCKET_BAD;
}

static int is_connected(void *context, curl_socket_t fd, curlsocktype purpose)
{
    (void)context;
    (void)fd;
    (void)purpose;
    return CURL_SOCKOPT_ALREADY_CONNECTED;
}

static const char *text_of(const struct post *p, enum post_text which)
{
    return buf_text(&p->texts[which]);
}

#define SET(option, value) (curl_easy_setopt(x->curl, option, value) == CURLE_OK)

static bool set_common(struct exchange *x, struct curl_slist *resolve)
{
    const struct buf *ca = &x->post->texts[POST_CA];
    struct curl_blob blob = {ca->p, ca->len, CURL_BLOB_NOCOPY};

    return SET(CURLOPT_ERRORBUFFER, x->error) && SET(CURLOPT_NOSIGNAL, 1L) &&
           SET(CURLOPT_PROXY, "") && SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
           SET(CURLOPT_OPENSOCKETFUNCTION, take_socket) &&
           SET(CURLOPT_SOCKOPTFUNCTION, is_connected) && SET(CURLOPT_RESOLVE, resolve) &&
           SET(CURLOPT_TIMEOUT, (long)x->post->wall_s) && SET(CURLOPT_SSL_VERIFYPEER, 1L) &&
           SET(CURLOPT_SSL_VERIFYHOST, 2L) &&
           SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) && SET(CURLOPT_CAINFO, NULL) &&
           SET(CURLOPT_CAPATH, NULL) && SET(CURLOPT_CAINFO_BLOB, &blob) &&
           SET(CURLOPT_FOLLOWLOCATION, 0L) && SET(CURLOPT_READFUNCTION, give_body) &&
           SET(CURLOPT_READDATA, x) && SET(CURLOPT_WRITEFUNCTION, take_answer) &&
           SET(CURLOPT_WRITEDATA, x) && SET(CURLOPT_HEADERFUNCTION, take_line) &&
           SET(CURLOPT_HEADERDATA, x);
}

static bool set_login(struct exchange *x)
{
    if (!x->post->texts[POST_PASSWORD].len)
        return true;
    return SET(CURLOPT_USERNAME, text_of(x->post, POST_USER)) &&
           SET(CURLOPT_PASSWORD, text_of(x->post, POST_PASSWORD)) &&
           SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
}

static bool set_mail(struct exchange *x, struct curl_slist **to)
{
    *to = curl_slist_append(*to, text_of(x->post, POST_TO));
    return SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps") &&
           SET(CURLOPT_URL, text_of(x->post, POST_URL)) &&
           SET(CURLOPT_USE_SSL, (long)CURLUSESSL_ALL) &&
           SET(CURLOPT_MAIL_FROM, text_of(x->post, POST_FROM)) && SET(CURLOPT_MAIL_RCPT, *to) &&
           SET(CURLOPT_UPLOAD, 1L);
}

static bool set_request(struct exchange *x, struct curl_slist **headers)
{
    struct str lines = buf_str(&x->post->texts[POST_HEADERS]);

    while (lines.len) {
        CLEANUP(buf_wipe) struct buf line = {0};

        buf_addstr(&line, str_cut(&lines, '\n'));
        *headers = curl_slist_append(*headers, buf_text(&line));
    }
    *headers = curl_slist_append(*headers, "Expect:");
    return SET(CURLOPT_PROTOCOLS_STR, "https") && SET(CURLOPT_URL, text_of(x->post, POST_URL)) &&
           SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) && SET(CURLOPT_POST, 1L) &&
           SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->post->texts[POST_BODY].len) &&
           SET(CURLOPT_CUSTOMREQUEST, text_of(x->post, POST_METHOD)) &&
           SET(CURLOPT_USERAGENT, "calm") && SET(CURLOPT_HTTPHEADER, *headers);
}

/* libcurl makes the TLS connection, as for a request, and then hands it over. */
static bool set_stream(struct exchange *x)
{
    CLEANUP_BUF struct buf url = {0};

    buf_adds(&url, "https");
    buf_addstr(&url, str_from(buf_str(&x->post->texts[POST_URL]), strlen("tls")));
    if (!strchr(buf_text(&url) + strlen("https://"), ':'))
        buf_adds(&url, ":6514");
    return SET(CURLOPT_PROTOCOLS_STR, "https") && SET(CURLOPT_URL, buf_text(&url)) &&
           SET(CURLOPT_SSL_ENABLE_ALPN, 0L) && SET(CURLOPT_CONNECT_ONLY, 1L);
}

static CURLcode write_stream(struct exchange *x)
{
    struct str left = buf_str(&x->post->texts[POST_BODY]);
    CURLcode code = CURLE_OK;

    if (!tell_begun(x))
        return CURLE_ABORTED_BY_CALLBACK;
    while (left.len && (code == CURLE_OK || code == CURLE_AGAIN)) {
        struct pollfd p = {.fd = SENDER_NET_FD, .events = POLLOUT};
        size_t n = 0;

        code = curl_easy_send(x->curl, left.p, left.len, &n);
        left = str_from(left, n);
        if (monotonic_ms() >= x->deadline_ms)
            return CURLE_OPERATION_TIMEDOUT;
        if (code == CURLE_AGAIN)
            (void)poll(&p, 1, 1000);
    }
    return code;
}

/* The words for what stopped it before or after it could have arrived. */
static void say(struct exchange *x, enum post_end end, const char *what)
{
    x->out->end = end;
    snprintf(x->out->why, sizeof(x->out->why), "%s", what);
}

static enum post_end end_of_http(long status, bool can_repeat)
{
    if (status >= 200 && status < 300)
        return POST_SENT;
    if (status == 408 || status == 429 || status == 500 || status == 503)
        return POST_LATER;
    if (status == 502 || status == 504)
        return can_repeat ? POST_LATER : POST_UNKNOWN;
    return POST_REFUSED;
}

static void judge_http(struct exchange *x, long status)
{
    enum post_end end = end_of_http(status, x->post->can_repeat);

    say(x, end,
        end == POST_SENT      ? ""
        : end == POST_LATER   ? "the server cannot take it now"
        : end == POST_UNKNOWN ? "a server between says that the answer did not come"
                              : "the server refuses it");
}

static const char *words_of(CURLcode code)
{
    switch (code) {
    case CURLE_USE_SSL_FAILED:
        return "the server offers no encryption (no STARTTLS), which may be somebody between "
               "taking "
               "it away; nothing was sent";
    case CURLE_PEER_FAILED_VERIFICATION:
        return "the server's certificate is not one for that name by an authority that is trusted "
               "here; nothing was sent";
    case CURLE_SSL_CONNECT_ERROR:
        return "no encrypted connection came about";
    case CURLE_LOGIN_DENIED:
        return "the server does not take this user and password";
    case CURLE_OPERATION_TIMEDOUT:
        return "the server did not answer in time";
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
        return "the connection was cut";
    case CURLE_ABORTED_BY_CALLBACK:
        return "calm ended before it was sent";
    default:
        return "the exchange with the server failed";
    }
}

/* RFC 5321 §4.2.1: 4xx may be tried again, 5xx not. 354 asked for the data; no other word after it
 * means that nobody knows. */
static void judge_mail(struct exchange *x, CURLcode code, long status)
{
    if (code == CURLE_OK)
        say(x, POST_SENT, "");
    else if (status >= 500 && code != CURLE_OPERATION_TIMEDOUT)
        say(x, POST_REFUSED, "the mail server refuses it");
    else if (status >= 400 && code != CURLE_OPERATION_TIMEDOUT)
        say(x, POST_LATER, "the mail server cannot take it now");
    else
        say(x, x->has_begun ? POST_UNKNOWN : POST_LATER, words_of(code));
}

static void judge(struct exchange *x, CURLcode code)
{
    long status = 0;

    (void)curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
    x->out->status = status >= 100 && status <= 599 ? (unsigned)status : 0;
    if (x->post->kind == POST_MAIL)
        judge_mail(x, code, status);
    else if (x->post->kind == POST_HTTP && status)
        judge_http(x, status);
    else if (code == CURLE_OK)
        say(x, POST_SENT, "");
    else
        say(x, x->has_begun ? POST_UNKNOWN : POST_LATER, words_of(code));
    if (x->out->end != POST_SENT &&
        (code == CURLE_USE_SSL_FAILED || code == CURLE_PEER_FAILED_VERIFICATION))
        say(x, POST_REFUSED,
            words_of(code)); /* waiting would only give whoever sits between time */
    post_clean(x->out->said, buf_str(&x->said));
}

static void exchange(struct exchange *x, const char *resolve)
{
    struct curl_slist *known = curl_slist_append(NULL, resolve), *list = NULL;
    CURLcode code = CURLE_FAILED_INIT;
    bool is_set = set_common(x, known) && set_login(x);

    if (is_set)
        is_set = x->post->kind == POST_MAIL   ? set_mail(x, &list)
                 : x->post->kind == POST_HTTP ? set_request(x, &list)
                                              : set_stream(x);
    if (is_set)
        code = curl_easy_perform(x->curl);
    if (is_set && code == CURLE_OK && x->post->kind == POST_STREAM)
        code = write_stream(x);
    judge(x, code);
    curl_easy_cleanup(x->curl);
    curl_slist_free_all(known);
    curl_slist_free_all(list);
}

static void send_datagram(struct exchange *x)
{
    struct str body = buf_str(&x->post->texts[POST_BODY]);

    if (!tell_begun(x) || send(SENDER_NET_FD, body.p, body.len, MSG_NOSIGNAL) < 0)
        say(x, POST_LATER, "the local daemon did not take it");
    else
        say(x, POST_SENT, "");
}

void transfer(const struct post *p, const char *resolve, struct post_result *out)
{
    struct exchange x = {
        .post = p, .out = out, .deadline_ms = monotonic_ms() + (int64_t)p->wall_s * 1000};

    *out = (struct post_result){.end = POST_LATER};
    if (p->kind == POST_LOCAL) {
        send_datagram(&x);
        return;
    }
    x.curl = curl_easy_init();
    if (x.curl)
        exchange(&x, resolve);
    else
        say(&x, POST_LATER, "libcurl does not start");
    buf_release(&x.said);
}
