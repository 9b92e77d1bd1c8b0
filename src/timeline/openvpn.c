/* openvpn.c: what OpenVPN writes to a file of its own (--log, --log-append; src/openvpn/error.c):
 * a time, and the sentences that it has in system logs. Lines that name no peer are of any program,
 * and left to dated. */
#include "timeline/dated_when.h"
#include "timeline/format.h"
#include "timeline/syslog_words.h"
#include "timeline/value_test.h"

enum { FRONT_MOST = 300 };

/* "us=551235 ", with --verb 4 and more. */
static void pass_microseconds(struct str *rest)
{
    struct str at = *rest;
    uint64_t n;

    if (str_take(&at, "us=") && str_u64(str_cut(&at, ' '), &n))
        *rest = at;
}

static bool is_end(struct str s)
{
    struct str port = s, ip = str_cut(&port, ':');
    uint8_t bytes[16];
    uint64_t n;

    return address_bytes(ip, bytes) && str_u64(port, &n) && n <= 65535;
}

/* "203.0.113.7:1194 ", "eva/203.0.113.7:1194 ": the peer that a sentence is about. */
static bool has_peer(struct str text)
{
    struct str head = str_head(text, FRONT_MOST), word;
    const char *slash;

    word = str_cut(&head, ' ');
    if (head.len == 0)
        return false;
    slash = memrchr(word.p, '/', word.len);
    return is_end(slash ? str_from(word, (size_t)(slash - word.p) + 1) : word);
}

/* As its sockets are spelled (socket.c, print_sockaddr_ex). */
static bool has_socket(struct str text)
{
    return memmem(text.p, text.len, "[AF_INET", 8) != NULL;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct str text = line;
    struct dated d = {0};

    if (!dated_iso(&text, &d) && !dated_named(&text, &d))
        return LINE_FOREIGN;
    if (!str_take(&text, " "))
        return LINE_FOREIGN;
    pass_microseconds(&text);
    if (!has_peer(text) && !has_socket(text))
        return LINE_FOREIGN;
    reader_time(r, e, &d.time);
    event_put(e, FIELD_EVENT_TIMEZONE, d.zone);
    if (r->counting || r->folding)
        return LINE_EVENT;
    event_puts(e, FIELD_PROCESS_NAME, "openvpn");
    event_put(e, FIELD_MESSAGE, text);
    syslog_understand(r, e, text);
    return LINE_EVENT;
}

/* A sentence of its own about a socket. */
static bool is_sure(const struct event *e)
{
    return has_socket(event_value(e, FIELD_MESSAGE)) &&
           (event_value(e, FIELD_EVENT_ACTION).len ||
            memmem(event_value(e, FIELD_MESSAGE).p, event_value(e, FIELD_MESSAGE).len,
                   "TLS: Initial packet from [AF_INET", 33));
}

/* What it declines may be lines of its own without a peer, which dated knows. */
static bool is_doubtful(const struct event *e)
{
    (void)e;
    return false;
}

const struct format format_openvpn = {.name = "openvpn",
                                      .version = 1,
                                      .is_splittable = true,
                                      .line = line_of,
                                      .is_doubtful = is_doubtful,
                                      .is_sure = is_sure};
