/* connect.c: inside calm-send: finds the server of an order and connects, before any of its bytes
 * is read. */
#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/utc.h"
#include "notify/sender_wire.h"
#include "notify/transfer.h"
#include "sys/connect.h"
#include "sys/file.h"

enum { CONNECT_S = 20 };

struct server {
    struct buf host;
    struct buf port;
};

static void server_release(struct server *s)
{
    buf_release(&s->host);
    buf_release(&s->port);
}

static int usual_port(const char *scheme)
{
    static const struct {
        const char *scheme;
        int port;
    } usual[] = {{"https", 443}, {"smtps", 465}, {"smtp", 587}, {"tls", 6514}};

    for (size_t i = 0; i < COUNT_OF(usual); i++)
        if (strcmp(scheme, usual[i].scheme) == 0)
            return usual[i].port;
    return 0;
}

static bool take_part(CURLU *u, CURLUPart part, struct buf *out)
{
    char *text = NULL;
    bool is_there = curl_url_get(u, part, &text, 0) == CURLUE_OK && text;

    if (is_there)
        buf_adds(out, text);
    curl_free(text);
    return is_there;
}

static int read_url(const struct post *p, struct server *out, struct err *e)
{
    CURLU *u = curl_url();
    CLEANUP_BUF struct buf scheme = {0};
    bool is_fit = u && curl_url_set(u, CURLUPART_URL, buf_text(&p->texts[POST_URL]),
                                    CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
    int usual = 0;

    is_fit = is_fit && take_part(u, CURLUPART_SCHEME, &scheme) &&
             take_part(u, CURLUPART_HOST, &out->host);
    if (is_fit)
        usual = usual_port(buf_text(&scheme));
    if (is_fit && usual && !take_part(u, CURLUPART_PORT, &out->port))
        buf_addf(&out->port, "%d", usual);
    curl_url_cleanup(u);
    return is_fit && usual ? 0
                           : err_set(e, ERR_FORMAT, "the address of the server is not understood");
}

static int keep(int fd, struct err *e)
{
    if (fd != SENDER_NET_FD && (dup2(fd, SENDER_NET_FD) < 0 || close(fd) < 0))
        return err_errno(e, "cannot keep a connection");
    return close_range(SENDER_NET_FD + 1, ~0U, 0) == 0 ? 0 : err_errno(e, "cannot close the rest");
}

/* "HOST:PORT:ADDRESS", so that libcurl looks nothing up. */
static void tell_resolved(const struct server *s, const struct addrinfo *at, struct buf *out)
{
    char address[NI_MAXHOST];
    bool is_six = at->ai_family == AF_INET6;

    if (getnameinfo(at->ai_addr, at->ai_addrlen, address, sizeof(address), NULL, 0,
                    NI_NUMERICHOST) == 0)
        buf_addf(out, is_six ? "%s:%s:[%s]" : "%s:%s:%s", buf_text(&s->host), buf_text(&s->port),
                 address);
}

static int connect_any(const struct server *s, int wait_s, struct buf *resolve, struct err *e)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct str host = buf_str(&s->host);
    bool is_bracketed = str_starts(host, "[");
    CLEANUP_BUF struct buf plain = {0};
    struct addrinfo *found = NULL;
    int fd = -1;
    int why;

    buf_addstr(&plain, is_bracketed ? (struct str){host.p + 1, host.len - 2} : host);
    why = getaddrinfo(buf_text(&plain), buf_text(&s->port), &hints, &found);
    if (why)
        return err_set(e, ERR_IO, "the name %s cannot be looked up: %s", buf_text(&plain),
                       gai_strerror(why));
    for (struct addrinfo *at = found; at && fd < 0; at = at->ai_next) {
        why = connect_within(at, wait_s, &fd);
        if (why == 0)
            tell_resolved(s, at, resolve);
    }
    freeaddrinfo(found);
    if (fd < 0)
        return err_set(e, ERR_IO, "no connection to %s, port %s: %s", buf_text(&plain),
                       buf_text(&s->port), strerror(why));
    return keep(fd, e);
}

static int connect_local(const struct post *p, struct err *e)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    CLEANUP_FD int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct str path = buf_str(&p->texts[POST_URL]);
    int kept;

    if (fd < 0 || path.len >= sizeof(at.sun_path))
        return err_set(e, ERR_IO, "cannot make a socket");
    memcpy(at.sun_path, path.p, path.len);
    if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
        return err_errno(e, "no daemon takes log records at %s", at.sun_path);
    kept = fd;
    fd = -1;
    return keep(kept, e);
}

int connect_post(const struct post *p, struct buf *resolve, struct err *e)
{
    CLEANUP(server_release) struct server s = {0};
    int wait_s = p->wall_s < CONNECT_S ? (int)p->wall_s : CONNECT_S;
    int rc;

    if (p->kind == POST_LOCAL)
        return connect_local(p, e);
    rc = read_url(p, &s, e);
    return rc ? rc : connect_any(&s, wait_s, resolve, e);
}
