/* receive.c: the receiving side of doc/format/bundle.md section 4: one loop over the connections,
 * each with a worker that reads it. */
#include "sys/receive.h"
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sodium.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/utc.h"
#include "sys/file.h"
#include "sys/receive_internal.h"

enum {
    TURN_COUNT = 64, /* reads of one worker, of 64 KiB, before the others have their turn */
    GREETING_MS = 20 * 1000,
    IDLE_MS = 5 * 60 * 1000,
    LEAVING_MS = 2000,
    PAUSE_MS = 100,
    WORKER_CPU_S = 4 * 3600,
    WORKER_MEMORY_SIZE = 32 << 20,
    CALLER_COUNT = RECEIVE_GREETING_COUNT + RECEIVE_SENDER_COUNT,
};

int receive_tell(struct receive *r, const struct receive_caller *c, const struct receive_file *f,
                 enum receive_kind kind, const char *words, struct err *e)
{
    struct receive_event event = {.kind = kind,
                                  .from = c ? c->from : "",
                                  .collection = f ? f->id : "",
                                  .path = f && f->is_there ? f->path : "",
                                  .size = f ? f->size : 0,
                                  .words = words};

    if (kind == RECEIVE_WHOLE)
        event.sha256 = f->sha256;
    if (r->told && !r->fatal)
        r->fatal = r->told(r->context, &event, e);
    return r->fatal;
}

/* One address can say wrong things faster than a person can read. */
static int tell_refused(struct receive_caller *c, const char *words, struct err *e)
{
    char text[RECEIVE_WORDS_SIZE + 64];
    uint64_t before = 0;

    if (!receive_peer_refused(c->peer, monotonic_ms(), &before))
        return 0;
    snprintf(text, sizeof(text), "%s", words);
    if (before)
        snprintf(text, sizeof(text), "%s (and %llu more refused from this address)", words,
                 (unsigned long long)before);
    return receive_tell(c->r, c, c->file, RECEIVE_REFUSED, text, e);
}

int receive_lose(struct receive_caller *c, const char *words, struct err *e)
{
    if (c->is_over)
        return 0;
    c->is_over = true;
    return c->state == CALLER_SENDING && c->file->is_there
               ? receive_tell(c->r, c, c->file, RECEIVE_LOST, words, e)
               : tell_refused(c, words, e);
}

void receive_answer(struct receive_caller *c, const void *bytes, size_t size)
{
    if (send(c->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size)
        (void)shutdown(c->fd, SHUT_RDWR);
}

/* A line before it may send, a message after: doc/format/bundle.md section 4.2. */
static void say_why(struct receive_caller *c, enum receive_how how, const char *words)
{
    char text[RECEIVE_WORDS_SIZE + 8];
    size_t len = strlen(words) < RECEIVE_WORDS_SIZE ? strlen(words) : RECEIVE_WORDS_SIZE;

    if (c->state == CALLER_SENDING) {
        text[0] = how == RECEIVE_NEVER ? 'N' : 'W';
        text[1] = (char)len;
        memcpy(text + 2, words, len);
        receive_answer(c, text, len + 2);
        return;
    }
    snprintf(text, sizeof(text), "%s %.*s\n", how == RECEIVE_NEVER ? "no" : "wait", (int)len,
             words);
    receive_answer(c, text, strlen(text));
}

int receive_refuse(struct receive_caller *c, enum receive_how how, const char *words, struct err *e)
{
    if (c->is_over || c->state == CALLER_LEAVING)
        return 0;
    if (how == RECEIVE_SILENTLY) {
        c->is_over = true;
        return tell_refused(c, words, e);
    }
    say_why(c, how, words);
    (void)shutdown(c->fd, SHUT_WR);
    c->state = CALLER_LEAVING;
    c->heard_ms = monotonic_ms();
    return tell_refused(c, words, e);
}

int receive_make_durable(struct receive_caller *c, struct err *e)
{
    uint8_t message[9] = {'A'};

    if (c->file->durable == c->file->size)
        return 0;
    if (!receive_file_sync(c->file))
        return receive_refuse(c, RECEIVE_LATER, strerror(errno), e);
    for (size_t i = 0; i < 8; i++)
        message[1 + i] = (uint8_t)(c->file->durable >> (8 * i));
    receive_answer(c, message, sizeof(message));
    return 0;
}

static bool is_readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 0) > 0;
}

/* It broke down, or was stopped; the others go on. */
static int lose_worker(struct receive_caller *c, int code, struct err *why, struct err *e)
{
    if (c->r->fatal || code == ERR_DENIED) {
        if (e)
            *e = *why;
        return c->r->fatal = code;
    }
    return receive_refuse(c, RECEIVE_SILENTLY, why->text, e);
}

/* Nothing is read on this side; a worker is started when there is something to read. */
static int start_worker(struct receive_caller *c, struct err *e)
{
    const struct worker_limits limits = {
        .cpu_s = WORKER_CPU_S, .memory = WORKER_MEMORY_SIZE, .message = RECEIVE_DATA_SIZE};
    struct err why = {0};
    int waiting = 0;
    int code;

    if (ioctl(c->fd, FIONREAD, &waiting) != 0 || waiting == 0)
        return receive_lose(c, "it ended the connection without a word", e);
    code = worker_begin(&c->worker, receive_read, c->name, c->fd, STR(""), &limits, receive_hear, c,
                        &why);
    return code ? lose_worker(c, code, &why, e) : 0;
}

static int serve(struct receive_caller *c, struct err *e)
{
    struct err why = {0};
    int code = 1;

    if (!c->worker)
        return start_worker(c, e);
    for (size_t i = 0;
         i < TURN_COUNT && code > 0 && !c->is_over && is_readable(worker_fd(c->worker)); i++)
        code = worker_take(c->worker, &why);
    if (c->is_over && !c->r->fatal)
        return 0;
    if (code < 0)
        return lose_worker(c, code, &why, e);
    if (code == 0)
        return receive_lose(c, "the process that read it ended", e);
    /* The sender is waiting now, or the others are. */
    return c->state == CALLER_SENDING ? receive_make_durable(c, e) : 0;
}

static int check_time(struct receive_caller *c, struct err *e)
{
    int64_t now = monotonic_ms();

    if (c->is_over)
        return 0;
    if (c->state == CALLER_LEAVING)
        c->is_over = now - c->heard_ms > LEAVING_MS;
    else if (c->state < CALLER_PROVEN && now - c->since_ms > GREETING_MS)
        return receive_refuse(c, RECEIVE_SILENTLY, "it does not say what it wants", e);
    else if (c->state == CALLER_SENDING && now - c->heard_ms > IDLE_MS)
        return receive_lose(c, "nothing came for 5 minutes", e);
    else if (c->state == CALLER_PROVEN)
        return receive_catch_up(c, e);
    return 0;
}

static void caller_free(struct receive_caller *c)
{
    struct receive_file *f = c->file;

    worker_end(c->worker);
    if (f && f->caller == c) {
        f->caller = NULL;
        (void)receive_file_sync(f); /* what is not confirmed is sent again */
        receive_file_close(f);
    }
    if (c->is_proven) {
        c->peer->sending--;
    } else {
        c->peer->greeting--;
        c->r->greeting--;
    }
    fd_close(c->fd);
    free(c);
}

/* Bundles of which nothing came take no place. */
static void forget_empty(struct receive *r)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->file_count; i++) {
        struct receive_file *f = r->files[i];

        if (f->caller || f->is_there || f->is_whole)
            r->files[kept++] = f;
        else
            receive_file_free(f);
    }
    r->file_count = kept;
}

static void drop_over(struct receive *r)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->caller_count; i++) {
        if (r->callers[i]->is_over)
            caller_free(r->callers[i]);
        else
            r->callers[kept++] = r->callers[i];
    }
    if (kept < r->caller_count) {
        r->caller_count = kept;
        forget_empty(r);
    }
}

static void set_option(int fd, int level, int name, int value)
{
    /* Without these a broken connection is only found when the sender comes back. */
    (void)setsockopt(fd, level, name, &value, sizeof(value));
}

static struct receive_caller *caller_new(struct receive *r, int fd, struct receive_peer *peer,
                                         const struct address *from)
{
    struct receive_caller *c = mem_new(struct receive_caller);

    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 30);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
    c->r = r;
    c->fd = fd;
    c->peer = peer;
    c->since_ms = c->heard_ms = monotonic_ms();
    address_text(c->from, from);
    snprintf(c->name, sizeof(c->name), "what %s sends", c->from);
    peer->greeting++;
    r->greeting++;
    return c;
}

/* An honest sender says who it is at once: so the one that is here longest without it goes. */
static int make_room_to_greet(struct receive *r, struct err *e)
{
    struct receive_caller *oldest = NULL;

    for (size_t i = 0; i < r->caller_count; i++) {
        struct receive_caller *c = r->callers[i];

        if (!c->is_proven && !c->is_over && (!oldest || c->since_ms < oldest->since_ms))
            oldest = c;
    }
    return oldest && r->greeting >= RECEIVE_GREETING_COUNT
               ? receive_lose(oldest, "it does not say what it wants, and others need its place", e)
               : 0;
}

/* Returns 1 when one was taken. */
static int take_caller(struct receive *r, struct err *e)
{
    struct address from = {.size = sizeof(from.at)};
    struct receive_peer *peer;
    uint64_t before;
    int fd = accept4(r->fd, (struct sockaddr *)&from.at, &from.size, SOCK_CLOEXEC);
    int rc;

    if (fd < 0 && (errno == EBADF || errno == EINVAL || errno == ENOTSOCK))
        return err_errno(e, "cannot take connections");
    if (fd < 0)
        return 0; /* it went away, or there are no descriptors: the next look comes soon */
    peer = receive_peer_of(r->peers, &from, monotonic_ms());
    if (!peer || peer->greeting >= RECEIVE_PEER_GREETING_COUNT) {
        if (peer)
            (void)receive_peer_refused(peer, monotonic_ms(), &before);
        fd_close(fd);
        return 1;
    }
    rc = make_room_to_greet(r, e);
    if (rc) {
        fd_close(fd);
        return rc;
    }
    drop_over(r);
    r->callers[r->caller_count++] = caller_new(r, fd, peer, &from);
    return 1;
}

/* All that wait, so that many from one address do not stand before others in the kernel's queue. */
static int take_callers(struct receive *r, struct err *e)
{
    enum { AT_ONCE = 256 };
    int rc = 1;

    for (int i = 0; rc > 0 && i < AT_ONCE; i++)
        rc = take_caller(r, e);
    return rc < 0 ? rc : 0;
}

static int check_patience(struct receive *r, struct err *e)
{
    int64_t now = monotonic_ms();
    int rc = 0;

    for (size_t i = 0; rc == 0 && r->options.patience_ms && i < r->file_count; i++) {
        struct receive_file *f = r->files[i];

        if (f->caller || f->is_whole || f->is_cut || !f->is_there ||
            now - f->heard_ms <= r->options.patience_ms)
            continue;
        f->is_cut = true;
        rc = receive_tell(r, NULL, f, RECEIVE_CUT, "", e);
    }
    return rc;
}

/* How long to wait at most, and for what: the worker of a caller, or its first word. */
static int poll_callers(const struct receive *r, struct pollfd *polled, int wait_ms)
{
    int64_t now = monotonic_ms();

    for (size_t i = 0; i < r->caller_count; i++) {
        const struct receive_caller *c = r->callers[i];
        bool is_paused = !c->worker && now < c->peer->not_before_ms;

        polled[i] =
            (struct pollfd){.fd = c->worker ? worker_fd(c->worker) : c->fd, .events = POLLIN};
        if (is_paused)
            polled[i].fd = -1;
        if (is_paused && wait_ms > PAUSE_MS)
            wait_ms = PAUSE_MS;
        if (c->state == CALLER_PROVEN)
            wait_ms = 0;
    }
    polled[r->caller_count] = (struct pollfd){.fd = r->fd, .events = POLLIN};
    return wait_ms;
}

static int serve_all(struct receive *r, const struct pollfd *polled, size_t count, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct receive_caller *c = r->callers[i];

        if (polled[i].revents && !c->is_over &&
            (c->worker || monotonic_ms() >= c->peer->not_before_ms))
            rc = serve(c, e);
        if (rc == 0)
            rc = check_time(c, e);
    }
    return rc;
}

int receive_step(struct receive *r, int wait_ms, struct err *e)
{
    struct pollfd polled[CALLER_COUNT + 1];
    size_t count = r->caller_count;
    int rc;

    wait_ms = poll_callers(r, polled, wait_ms);
    if (poll(polled, count + 1, wait_ms) < 0)
        return errno == EINTR ? 0 : err_errno(e, "cannot wait for connections");
    rc = serve_all(r, polled, count, e);
    drop_over(r);
    if (rc == 0 && polled[count].revents)
        rc = take_callers(r, e);
    if (rc == 0)
        rc = check_patience(r, e);
    return rc;
}

static bool is_token(const char *token)
{
    size_t len = strlen(token);

    return len > 0 && len <= RECEIVE_TOKEN_SIZE &&
           strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static int start_listening(int fd, const struct address *at, struct err *e)
{
    char text[ADDRESS_TEXT_SIZE];

    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (bind(fd, (const struct sockaddr *)&at->at, at->size) != 0 || listen(fd, SOMAXCONN) != 0)
        return err_errno(e, "cannot listen on %s", address_text(text, at));
    return 0;
}

/* What an earlier receiver left in part: it counts, and somebody may come back for it. */
static int find_left(struct receive *r, struct err *e)
{
    DIR *folder = opendir(r->folder);
    const struct dirent *entry;
    struct id id;

    if (!folder)
        return err_errno(e, "cannot look into %s", r->folder);
    while ((entry = readdir(folder)) && r->file_count < RECEIVE_COLLECTION_COUNT) {
        if (!receive_file_id(entry->d_name, ".part", &id))
            continue;
        r->files[r->file_count] = receive_file_new(r->folder, &id);
        r->files[r->file_count]->heard_ms = monotonic_ms();
        r->bytes += r->files[r->file_count++]->size;
    }
    closedir(folder);
    return 0;
}

static uint64_t or_usual(uint64_t given, unsigned gigabytes)
{
    return given ? given : (uint64_t)gigabytes * 1000 * 1000 * 1000;
}

int receive_open(struct receive **out, const struct receive_options *options, receive_told *told,
                 void *context, struct err *e)
{
    CLEANUP(receive_closep) struct receive *r = NULL;
    int rc;

    if (!is_token(options->token))
        return err_set(e, ERR_USAGE, "a token is 1 to 64 letters, digits and hyphens");
    r = mem_new(struct receive);
    r->options = *options;
    r->options.most = or_usual(options->most, 256);
    r->options.most_address = or_usual(options->most_address, 512);
    r->options.most_all = or_usual(options->most_all, 4000);
    r->options.spare = or_usual(options->spare, 1);
    r->folder = mem_strdup(options->folder);
    r->token = mem_strdup(options->token);
    r->peers = mem_new(struct receive_peers);
    r->told = told;
    r->context = context;
    r->fd = socket(options->at.at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (r->fd < 0)
        return err_errno(e, "cannot listen");
    rc = find_left(r, e);
    if (rc == 0)
        rc = start_listening(r->fd, &options->at, e);
    if (rc == 0)
        *out = MOVE(r);
    return rc;
}

void receive_close(struct receive *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->caller_count; i++)
        caller_free(r->callers[i]);
    for (size_t i = 0; i < r->file_count; i++)
        receive_file_free(r->files[i]);
    fd_close(r->fd);
    free(r->peers);
    free(r->folder);
    free(r->token);
    free(r);
}

uint16_t receive_port(const struct receive *r)
{
    struct address at = {.size = sizeof(at.at)};

    return getsockname(r->fd, (struct sockaddr *)&at.at, &at.size) == 0 ? address_port(&at) : 0;
}

size_t receive_connections(const struct receive *r)
{
    return r->caller_count;
}

void receive_token_make(char out[RECEIVE_TOKEN_SIZE + 1])
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
    enum { LETTER_COUNT = 26 };

    for (size_t i = 0; i < LETTER_COUNT; i++)
        out[i] = letters[randombytes_uniform(sizeof(letters) - 1)];
    out[LETTER_COUNT] = '\0';
}
