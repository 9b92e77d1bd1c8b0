/* send.c: the sending side of doc/format/bundle.md section 4: a ring of what is not confirmed, and
 * a connection that is made anew when it breaks. */
#include "collect/send.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/utc.h"

enum {
    MESSAGE_SIZE = 65536, /* bytes of data in a message */
    HEAD_SIZE = 5,        /* type and size */
    END_SIZE = 40,        /* size and hash of the whole */
    IN_SIZE = 256,        /* the longest line or message of a receiver fits */
    CONFIRM_SIZE = 9,     /* 'A' and an offset */
    WORDS_HEAD = 2,       /* 'N' or 'W', and how many bytes of words follow */
    ANSWER_MS = 20 * 1000,
    STALL_MS = 60 * 1000, /* without a word while something is not confirmed */
    AGAIN_MS = 250,
    AGAIN_MOST_MS = 5000,
    FOREVER_MS = 1000, /* the longest wait between two looks at the clock */
};

enum state { APART, CONNECTING, GREETING, PROVING, STREAMING };

struct sender {
    struct sender_options options;
    enum state state;
    int fd;
    uint8_t *ring;      /* SENDER_KEPT_SIZE bytes; the byte at offset n lies at n modulo that */
    uint64_t confirmed; /* the receiver has these durably */
    uint64_t sent;      /* put into messages of this connection */
    uint64_t total;     /* given to sender_write */
    uint8_t out[HEAD_SIZE + MESSAGE_SIZE]; /* the message on its way */
    size_t out_len;
    size_t out_done;
    uint8_t in[IN_SIZE];
    size_t in_len;
    struct digest *digest;
    uint8_t end[END_SIZE];
    bool is_ending;
    bool end_sent; /* in this connection */
    bool is_whole; /* the receiver said F */
    bool was_joined;
    int64_t heard_ms; /* when the state changed, or the receiver said something */
    int64_t lost_ms;  /* since when there is no connection */
    int64_t again_ms; /* when to try next */
    int64_t pause_ms;
    int64_t looked_ms; /* when work last ended */
};

static void put_le(uint8_t *out, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get_le(const uint8_t *in, size_t size)
{
    uint64_t value = 0;

    for (size_t i = size; i-- > 0;)
        value = value << 8 | in[i];
    return value;
}

static const char *peer(const struct sender *s, char out[ADDRESS_TEXT_SIZE])
{
    return address_text(out, &s->options.to);
}

static void tell(const struct sender *s, const char *words)
{
    if (s->options.told)
        s->options.told(s->options.context, words);
}

static void hang_up(struct sender *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
    s->state = APART;
    s->out_len = s->out_done = s->in_len = 0;
    s->end_sent = false;
}

/* A connection that stood is tried again; one that never did is the person's to look at. */
static int lose(struct sender *s, int code, const char *why, struct err *e)
{
    char text[ADDRESS_TEXT_SIZE];
    char span[UTC_PLAIN_SIZE];
    int64_t now = monotonic_ms();

    if (s->state == STREAMING) {
        s->lost_ms = now;
        s->pause_ms = AGAIN_MS;
        tell(s, why);
    }
    hang_up(s);
    if (!s->was_joined)
        return err_set(e, code, "cannot send to %s: %s", peer(s, text), why);
    if (now - s->lost_ms > s->options.patience_s * 1000)
        return err_set(e, ERR_IO,
                       "the connection to %s did not come back within %s: %s. The receiver has "
                       "the first %llu bytes, and what is in them can be read",
                       peer(s, text), span_text(span, s->options.patience_s), why,
                       (unsigned long long)s->confirmed);
    s->again_ms = now + s->pause_ms;
    s->pause_ms = s->pause_ms * 2 < AGAIN_MOST_MS ? s->pause_ms * 2 : AGAIN_MOST_MS;
    return 0;
}

static int lose_errno(struct sender *s, struct err *e)
{
    return lose(s, ERR_IO, strerror(errno), e);
}

static void set_option(int fd, int level, int name, int value)
{
    /* Without these a broken connection is only found later. */
    (void)setsockopt(fd, level, name, &value, sizeof(value));
}

static void greet(struct sender *s)
{
    const struct id *collection = &s->options.key.collection;
    char id[2 * sizeof(*collection) + 1] = "";
    int size;

    hex_write(id, collection->b, sizeof(*collection));
    size = snprintf((char *)s->out, sizeof(s->out), "calm-send/2 %s %s\n", s->options.token, id);
    s->out_len = (size_t)size;
    s->state = GREETING;
    s->heard_ms = monotonic_ms();
}

static int join(struct sender *s, struct err *e)
{
    s->fd = socket(s->options.to.at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->fd < 0)
        return lose_errno(s, e);
    set_option(s->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, STALL_MS);
    set_option(s->fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    s->state = CONNECTING;
    s->heard_ms = monotonic_ms();
    if (connect(s->fd, (const struct sockaddr *)&s->options.to.at, s->options.to.size) == 0)
        greet(s);
    else if (errno != EINPROGRESS)
        return lose_errno(s, e);
    return 0;
}

static int joined(struct sender *s, struct err *e)
{
    int fault = 0;
    socklen_t size = sizeof(fault);

    if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &fault, &size) == 0 && fault == 0) {
        greet(s);
        return 0;
    }
    errno = fault ? fault : errno;
    return lose_errno(s, e);
}

static void copy_kept(const struct sender *s, uint64_t from, uint8_t *out, size_t size)
{
    size_t at = (size_t)(from % SENDER_KEPT_SIZE);
    size_t first = SENDER_KEPT_SIZE - at < size ? SENDER_KEPT_SIZE - at : size;

    memcpy(out, s->ring + at, first);
    memcpy(out + first, s->ring, size - first);
}

static void keep(struct sender *s, const uint8_t *bytes, size_t size)
{
    size_t at = (size_t)(s->total % SENDER_KEPT_SIZE);
    size_t first = SENDER_KEPT_SIZE - at < size ? SENDER_KEPT_SIZE - at : size;

    memcpy(s->ring + at, bytes, first);
    memcpy(s->ring, bytes + first, size - first);
    s->total += size;
}

static void begin_message(struct sender *s, uint8_t type, size_t size)
{
    s->out[0] = type;
    put_le(s->out + 1, size, HEAD_SIZE - 1);
    s->out_len = HEAD_SIZE + size;
    s->out_done = 0;
}

/* Puts the next message together. Small ones wait for more, unless all is given. */
static bool next_message(struct sender *s)
{
    uint64_t waiting = s->total - s->sent;
    size_t size = waiting < MESSAGE_SIZE ? (size_t)waiting : MESSAGE_SIZE;

    if (size == MESSAGE_SIZE || (size && s->is_ending)) {
        copy_kept(s, s->sent, s->out + HEAD_SIZE, size);
        begin_message(s, 'D', size);
        s->sent += size;
        return true;
    }
    if (!s->is_ending || s->end_sent)
        return false;
    memcpy(s->out + HEAD_SIZE, s->end, END_SIZE);
    begin_message(s, 'E', END_SIZE);
    s->end_sent = true;
    return true;
}

static bool has_output(struct sender *s)
{
    if (s->state == STREAMING && s->out_done == s->out_len)
        return next_message(s);
    return s->out_done < s->out_len;
}

static int write_some(struct sender *s, struct err *e)
{
    while (has_output(s)) {
        ssize_t n = send(s->fd, s->out + s->out_done, s->out_len - s->out_done, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? 0 : lose_errno(s, e);
        s->out_done += (size_t)n;
    }
    return 0;
}

static int begin_stream(struct sender *s, uint64_t have, struct err *e)
{
    char text[ADDRESS_TEXT_SIZE];

    if (have < s->confirmed || have > s->total)
        return err_set(e, ERR_TAMPER,
                       "the receiver at %s says that it has %llu bytes of this bundle, which "
                       "cannot be: %llu to %llu were sent",
                       peer(s, text), (unsigned long long)have, (unsigned long long)s->confirmed,
                       (unsigned long long)s->total);
    s->confirmed = s->sent = have;
    s->state = STREAMING;
    if (s->was_joined)
        tell(s, "the connection is back");
    s->was_joined = true;
    return 0;
}

static void prove(struct sender *s, const uint8_t nonce[SENDER_NONCE_SIZE])
{
    CLEANUP_BUF struct buf line = {0};

    sender_proof(&line, &s->options.key, nonce, s->options.token);
    memcpy(s->out, line.p, line.len);
    s->out_len = line.len;
    s->out_done = 0;
    s->state = PROVING;
}

/* Words go to a person's terminal. */
static bool are_plain(struct str words)
{
    for (size_t i = 0; i < words.len; i++)
        if (words.p[i] < ' ' || words.p[i] > '~')
            return false;
    return words.len > 0;
}

static int not_understood(struct sender *s, struct err *e)
{
    return lose(s, ERR_FORMAT, "what answers there is no receiver of bundles", e);
}

static int take_refusal(struct sender *s, bool is_for_good, struct str words, struct err *e)
{
    char text[ADDRESS_TEXT_SIZE];
    char why[IN_SIZE + 32];

    if (!are_plain(words))
        return not_understood(s, e);
    if (is_for_good)
        return err_set(e, ERR_LIMIT,
                       "the receiver at %s refuses this bundle: " STR_FMT
                       ". It has the first %llu bytes",
                       peer(s, text), STR_ARG(words), (unsigned long long)s->confirmed);
    snprintf(why, sizeof(why), "the receiver says: " STR_FMT, STR_ARG(words));
    if (!s->was_joined) {
        s->was_joined = true; /* it is there, and can be waited for */
        s->lost_ms = monotonic_ms();
        tell(s, why);
    }
    return lose(s, ERR_IO, why, e);
}

/* "prove NONCE", "have N", "wait WORDS", "no WORDS". */
static int take_answer(struct sender *s, struct str line, struct err *e)
{
    uint8_t nonce[SENDER_NONCE_SIZE];
    uint64_t have;

    if (str_starts(line, "wait "))
        return take_refusal(s, false, str_from(line, 5), e);
    if (str_starts(line, "no "))
        return take_refusal(s, true, str_from(line, 3), e);
    if (s->state == GREETING && str_starts(line, "prove ") &&
        hex_read(nonce, sizeof(nonce), str_from(line, 6))) {
        prove(s, nonce);
        return 0;
    }
    if (s->state == PROVING && str_starts(line, "have ") && str_u64(str_from(line, 5), &have))
        return begin_stream(s, have, e);
    return not_understood(s, e);
}

static int take_line(struct sender *s, bool *more, struct err *e)
{
    uint8_t copy[IN_SIZE];
    uint8_t *end = memchr(s->in, '\n', s->in_len);
    struct str line = {(const char *)copy, end ? (size_t)(end - s->in) : s->in_len};

    *more = end != NULL;
    if (!end)
        return s->in_len < sizeof(s->in) ? 0 : not_understood(s, e);
    memcpy(copy, s->in, line.len);
    s->in_len -= line.len + 1;
    memmove(s->in, end + 1, s->in_len);
    return take_answer(s, line, e);
}

static int take_confirmed(struct sender *s, uint64_t offset, struct err *e)
{
    if (offset < s->confirmed || offset > s->sent)
        return lose(s, ERR_FORMAT, "the receiver confirms what it was not sent", e);
    s->confirmed = offset;
    return 0;
}

static int take_verdict(struct sender *s, bool is_whole, struct err *e)
{
    char text[ADDRESS_TEXT_SIZE];

    if (!s->end_sent)
        return lose(s, ERR_FORMAT, "the receiver judges what is not at its end", e);
    s->is_whole = is_whole;
    if (s->is_whole)
        return 0;
    return err_set(e, ERR_TAMPER,
                   "what the receiver at %s has is not what was sent: send it again, or write it "
                   "to a stick",
                   peer(s, text));
}

/* How many bytes its message has, as far as can be seen; 0: there is no such message. */
static size_t message_size(const struct sender *s)
{
    switch (s->in[0]) {
    case 'A':
        return CONFIRM_SIZE;
    case 'F':
    case 'X':
        return 1;
    case 'N':
    case 'W':
        return s->in_len < WORDS_HEAD                  ? WORDS_HEAD
               : s->in[1] > sizeof(s->in) - WORDS_HEAD ? 0
                                                       : WORDS_HEAD + (size_t)s->in[1];
    }
    return 0;
}

static int take_known(struct sender *s, const uint8_t *message, size_t size, struct err *e)
{
    if (message[0] == 'A')
        return take_confirmed(s, get_le(message + 1, 8), e);
    if (message[0] == 'F' || message[0] == 'X')
        return take_verdict(s, message[0] == 'F', e);
    return take_refusal(s, message[0] == 'N',
                        (struct str){(const char *)message + WORDS_HEAD, size - WORDS_HEAD}, e);
}

/* One message of the receiver; *more tells whether there was a whole one. */
static int take_message(struct sender *s, bool *more, struct err *e)
{
    uint8_t copy[IN_SIZE];
    size_t size = s->in_len ? message_size(s) : 1;

    *more = s->in_len && s->in_len >= size;
    if (size == 0)
        return lose(s, ERR_FORMAT, "what the receiver says cannot be understood", e);
    if (!*more)
        return 0;
    memcpy(copy, s->in, size);
    s->in_len -= size;
    memmove(s->in, s->in + size, s->in_len);
    return take_known(s, copy, size, e);
}

static int take_all(struct sender *s, struct err *e)
{
    bool more = true;
    int rc = 0;

    while (rc == 0 && more && !s->is_whole && s->state >= GREETING)
        rc = s->state == STREAMING ? take_message(s, &more, e) : take_line(s, &more, e);
    return rc;
}

static int read_some(struct sender *s, struct err *e)
{
    while (s->state >= GREETING && !s->is_whole) {
        ssize_t n = read(s->fd, s->in + s->in_len, sizeof(s->in) - s->in_len);
        int rc;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? 0 : lose_errno(s, e);
        if (n == 0 && s->state == GREETING)
            return lose(s, ERR_DENIED,
                        "the receiver ends the connection without an answer; look whether the "
                        "token is the one that it shows",
                        e);
        if (n == 0)
            return lose(s, ERR_IO, "the receiver ended the connection", e);
        s->heard_ms = monotonic_ms();
        s->in_len += (size_t)n;
        rc = take_all(s, e);
        if (rc)
            return rc;
    }
    return 0;
}

static int check_silence(struct sender *s, struct err *e)
{
    int64_t silent = monotonic_ms() - s->heard_ms;

    if (s->state == APART)
        return 0;
    if (s->state != STREAMING)
        return silent > ANSWER_MS ? lose(s, ERR_IO, "nothing answers there", e) : 0;
    if (s->confirmed == s->sent && !s->end_sent)
        s->heard_ms = monotonic_ms(); /* there is nothing to hear */
    else if (silent > STALL_MS)
        return lose(s, ERR_IO, "nothing was confirmed for a minute", e);
    return 0;
}

static int wait_apart(struct sender *s, int wait_ms, struct err *e)
{
    int64_t rest = s->again_ms - monotonic_ms();

    if (rest > 0 && rest > wait_ms)
        rest = wait_ms;
    if (rest > 0)
        (void)poll(NULL, 0, (int)rest);
    return monotonic_ms() >= s->again_ms ? join(s, e) : 0;
}

/* While the host was read nobody looked: that time is not the receiver's silence. */
static void forgive_absence(struct sender *s)
{
    int64_t away = monotonic_ms() - s->looked_ms;

    s->heard_ms += away;
    s->lost_ms += away;
}

/* Does what can be done, and waits at most wait_ms for more. */
static int work_on(struct sender *s, int wait_ms, struct err *e)
{
    struct pollfd p = {.fd = s->fd, .events = POLLIN};
    int rc = 0;

    if (s->state == APART)
        return wait_apart(s, wait_ms, e);
    if (s->state == CONNECTING || has_output(s))
        p.events = s->state == CONNECTING ? POLLOUT : POLLIN | POLLOUT;
    if (poll(&p, 1, wait_ms) > 0) {
        if (s->state == CONNECTING)
            rc = joined(s, e);
        else if (p.revents & (POLLIN | POLLHUP | POLLERR))
            rc = read_some(s, e);
        if (rc == 0 && s->state >= GREETING && !s->is_whole)
            rc = write_some(s, e);
    }
    return rc ? rc : check_silence(s, e);
}

static int work(struct sender *s, int wait_ms, struct err *e)
{
    int rc;

    forgive_absence(s);
    rc = work_on(s, wait_ms, e);
    s->looked_ms = monotonic_ms();
    return rc;
}

static bool is_token(const char *token)
{
    size_t len = strlen(token);

    return len > 0 && len <= SENDER_TOKEN_SIZE &&
           strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

int sender_open(struct sender **out, const struct sender_options *options, struct err *e)
{
    CLEANUP(sender_closep) struct sender *s = NULL;
    int rc = 0;

    if (!is_token(options->token))
        return err_set(e, ERR_USAGE, "a token is 1 to 64 letters, digits and hyphens");
    s = mem_new(struct sender);
    *s = (struct sender){.options = *options, .fd = -1, .pause_ms = AGAIN_MS};
    s->looked_ms = monotonic_ms();
    s->ring = mem_alloc(SENDER_KEPT_SIZE);
    s->digest = digest_new(DIGEST_SHA256);
    while (rc == 0 && s->state != STREAMING)
        rc = work(s, FOREVER_MS, e);
    if (rc == 0)
        *out = MOVE(s);
    return rc;
}

int sender_write(void *sender, const void *bytes, size_t size, struct err *e)
{
    struct sender *s = sender;
    const uint8_t *rest = bytes;
    int rc = 0;

    digest_add(s->digest, bytes, size);
    while (rc == 0 && size) {
        size_t room = SENDER_KEPT_SIZE - (size_t)(s->total - s->confirmed);
        size_t step = size < room ? size : room;

        keep(s, rest, step);
        rest += step;
        size -= step;
        rc = work(s, size ? FOREVER_MS : 0, e);
    }
    return rc;
}

int sender_end(struct sender *s, struct err *e)
{
    uint8_t hash[64];
    int rc = 0;

    put_le(s->end, s->total, 8);
    digest_end(s->digest, hash);
    memcpy(s->end + 8, hash, END_SIZE - 8);
    s->is_ending = true;
    while (rc == 0 && !s->is_whole)
        rc = work(s, FOREVER_MS, e);
    return rc;
}

void sender_close(struct sender *s)
{
    if (!s)
        return;
    hang_up(s);
    digest_free(s->digest);
    free(s->ring);
    mem_wipe(&s->options.key, sizeof(s->options.key));
    free(s);
}
