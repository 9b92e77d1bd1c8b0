/* receive.c: the receiving side of doc/format/bundle.md section 4: one loop over the connections,
 * and a file for each collection. */
#include "sys/receive.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/utc.h"
#include "sys/file.h"

enum {
    ID_SIZE = 32, /* hex digits */
    GREETING_MOST = 12 + RECEIVE_TOKEN_SIZE + 1 + ID_SIZE + 1,
    HEAD_SIZE = 5,
    MESSAGE_SIZE = 65536,
    END_SIZE = 40,
    SYNC_SIZE = 1 << 20, /* so much may be unconfirmed before the disk is waited for */
    TURN_SIZE = 4 << 20, /* bytes of one connection before the others have their turn */
    GREETING_MS = 20 * 1000,
    ADDRESS_SIZE = ADDRESS_TEXT_SIZE,
    STEP_SIZE = 64 * 1024,
};

/* A bundle that comes, or came. */
struct collection_file {
    char id[ID_SIZE + 1];
    char *path;
    int fd;
    uint64_t size;    /* written */
    uint64_t durable; /* of these */
    struct digest *digest;
    struct hash hash; /* of the whole */
    bool is_whole;
    struct caller *caller; /* the connection that brings it; NULL when none does */
};

struct caller {
    int fd;
    char from[ADDRESS_SIZE];
    struct collection_file *file; /* NULL before the greeting */
    uint8_t in[HEAD_SIZE + MESSAGE_SIZE];
    size_t in_len;
    int64_t since_ms;
    bool is_over;
};

struct receive {
    struct receive_options options;
    char *folder;
    char *token;
    int fd;
    receive_told *told;
    void *context;
    struct caller *callers[RECEIVE_CONNECTION_COUNT];
    size_t caller_count;
    struct collection_file *files[RECEIVE_COLLECTION_COUNT];
    size_t file_count;
};

static uint64_t get_le(const uint8_t *in, size_t size)
{
    uint64_t value = 0;

    for (size_t i = size; i-- > 0;)
        value = value << 8 | in[i];
    return value;
}

static int tell(struct receive *r, const struct caller *c, enum receive_kind kind,
                const char *words, struct err *e)
{
    const struct collection_file *f = c->file;
    struct receive_event event = {.kind = kind,
                                  .from = c->from,
                                  .collection = f ? f->id : "",
                                  .path = f ? f->path : "",
                                  .size = f ? f->size : 0,
                                  .words = words};

    if (kind == RECEIVE_WHOLE)
        event.sha256 = f->hash;
    return r->told ? r->told(r->context, &event, e) : 0;
}

static int dismiss(struct receive *r, struct caller *c, enum receive_kind kind, const char *words,
                   struct err *e)
{
    if (c->is_over)
        return 0;
    c->is_over = true;
    return tell(r, c, kind, words, e);
}

/* A sender that does not take the few bytes of an answer will ask again. */
static void answer(struct caller *c, const void *bytes, size_t size)
{
    if (send(c->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size)
        (void)shutdown(c->fd, SHUT_RDWR);
}

static void confirm(struct caller *c)
{
    uint8_t message[9] = {'A'};

    for (size_t i = 0; i < 8; i++)
        message[1 + i] = (uint8_t)(c->file->durable >> (8 * i));
    answer(c, message, sizeof(message));
}

static int make_durable(struct receive *r, struct caller *c, struct err *e)
{
    struct collection_file *f = c->file;

    if (f->durable == f->size)
        return 0;
    if (fdatasync(f->fd) != 0)
        return dismiss(r, c, RECEIVE_REFUSED, strerror(errno), e);
    f->durable = f->size;
    confirm(c);
    return 0;
}

static void file_free(struct collection_file *f)
{
    fd_close(f->fd);
    digest_free(f->digest);
    free(f->path);
    free(f);
}

static struct collection_file *find_file(struct receive *r, const char *id)
{
    for (size_t i = 0; i < r->file_count; i++)
        if (memcmp(r->files[i]->id, id, ID_SIZE) == 0)
            return r->files[i];
    return NULL;
}

static void set_path(struct receive *r, struct collection_file *f, const char *ending)
{
    CLEANUP_BUF struct buf path = {0};

    buf_addf(&path, "%s/%s.%s", r->folder, f->id, ending);
    free(f->path);
    f->path = buf_take(&path);
}

/* What an earlier receiver took counts only as far as it can be read again. */
static bool take_up(struct collection_file *f)
{
    CLEANUP_FREE uint8_t *step = mem_alloc(STEP_SIZE);
    ssize_t n;

    while ((n = read(f->fd, step, STEP_SIZE)) > 0) {
        digest_add(f->digest, step, (size_t)n);
        f->size += (uint64_t)n;
    }
    f->durable = f->size;
    return n == 0 && fdatasync(f->fd) == 0;
}

static bool open_file(struct receive *r, struct collection_file *f)
{
    enum { FLAGS = O_RDWR | O_CLOEXEC | O_NOFOLLOW };

    set_path(r, f, "calm");
    f->fd = open(f->path, FLAGS);
    f->is_whole = f->fd >= 0;
    if (f->fd < 0) {
        set_path(r, f, "part");
        f->fd = open(f->path, FLAGS | O_CREAT, 0600);
    }
    f->digest = digest_new(DIGEST_SHA256);
    return f->fd >= 0 && take_up(f) && folder_sync(r->folder, NULL) == 0;
}

static void end_digest(struct collection_file *f)
{
    uint8_t bytes[64];

    digest_end(f->digest, bytes);
    memcpy(f->hash.b, bytes, sizeof(f->hash.b));
}

static struct collection_file *file_new(struct receive *r, const char *id)
{
    struct collection_file *f = mem_new(struct collection_file);

    memcpy(f->id, id, ID_SIZE);
    if (!open_file(r, f)) {
        int saved = errno;

        file_free(f);
        errno = saved;
        return NULL;
    }
    if (f->is_whole) {
        end_digest(f);
        fd_close(f->fd);
        f->fd = -1;
    }
    r->files[r->file_count++] = f;
    return f;
}

static bool is_token_right(const struct receive *r, struct str token)
{
    uint8_t given[RECEIVE_TOKEN_SIZE] = {0};
    uint8_t wanted[RECEIVE_TOKEN_SIZE] = {0};

    if (token.len == 0 || token.len > sizeof(given))
        return false;
    memcpy(given, token.p, token.len);
    memcpy(wanted, r->token, strlen(r->token));
    return sodium_memcmp(given, wanted, sizeof(given)) == 0;
}

static bool is_id(struct str id)
{
    uint8_t bytes[ID_SIZE / 2];

    return hex_read(bytes, sizeof(bytes), id);
}

/* A connection that the sender gave up may seem to stand here still. */
static int take_over(struct receive *r, struct caller *c, struct collection_file *f, struct err *e)
{
    struct caller *before = f->caller;

    c->file = f;
    f->caller = c;
    return before && before != c
               ? dismiss(r, before, RECEIVE_LOST, "the sender made a new connection", e)
               : 0;
}

static int welcome(struct receive *r, struct caller *c, const char *id, struct err *e)
{
    struct collection_file *f = find_file(r, id);
    bool is_known = f != NULL;
    char line[32];
    int rc;

    if (!f && r->file_count == RECEIVE_COLLECTION_COUNT)
        return dismiss(r, c, RECEIVE_REFUSED, "there are too many bundles", e);
    if (!f)
        f = file_new(r, id);
    if (!f)
        return dismiss(r, c, RECEIVE_REFUSED, strerror(errno), e);
    rc = take_over(r, c, f, e);
    if (rc == 0 && f->durable < f->size) {
        if (fdatasync(f->fd) != 0)
            return dismiss(r, c, RECEIVE_REFUSED, strerror(errno), e);
        f->durable = f->size;
    }
    if (rc == 0)
        rc = tell(r, c, is_known || f->size ? RECEIVE_RESUMED : RECEIVE_BEGUN, "", e);
    snprintf(line, sizeof(line), "have %llu\n", (unsigned long long)f->durable);
    answer(c, line, strlen(line));
    return rc;
}

/* "calm-send/1 TOKEN COLLECTION". */
static int take_greeting(struct receive *r, struct caller *c, bool *more, struct err *e)
{
    static const char front[] = "calm-send/1 ";
    const uint8_t *end = memchr(c->in, '\n', c->in_len);
    struct str line = {(const char *)c->in, end ? (size_t)(end - c->in) : c->in_len};
    char id[ID_SIZE + 1] = "";
    struct str token;

    *more = end != NULL;
    if (!end && c->in_len <= GREETING_MOST)
        return 0;
    if (!end || !str_starts(line, front))
        return dismiss(r, c, RECEIVE_REFUSED, "it is no sender of bundles", e);
    line = str_from(line, strlen(front));
    token = str_cut(&line, ' ');
    if (!is_token_right(r, token))
        return dismiss(r, c, RECEIVE_REFUSED, "its token is not the one shown here", e);
    if (!is_id(line))
        return dismiss(r, c, RECEIVE_REFUSED, "it does not say which collection it has", e);
    memcpy(id, line.p, ID_SIZE);
    c->in_len -= (size_t)(end + 1 - c->in);
    memmove(c->in, end + 1, c->in_len);
    return welcome(r, c, id, e);
}

static int take_data(struct receive *r, struct caller *c, const uint8_t *bytes, size_t size,
                     struct err *e)
{
    struct collection_file *f = c->file;
    struct err fault = {0};

    if (f->is_whole)
        return dismiss(r, c, RECEIVE_REFUSED, "it sends more than the whole", e);
    if (size > r->options.most - f->size)
        return dismiss(r, c, RECEIVE_REFUSED, "the bundle is larger than is taken here", e);
    if (file_write_fd(f->fd, bytes, size, f->path, &fault) != 0) {
        /* The file's end is where the digest is: a part of a message is taken back. */
        if (ftruncate(f->fd, (off_t)f->size) != 0 || lseek(f->fd, (off_t)f->size, SEEK_SET) < 0)
            return err_errno(e, "cannot take back a part of %s", f->path);
        return dismiss(r, c, RECEIVE_REFUSED, fault.text, e);
    }
    digest_add(f->digest, bytes, size);
    f->size += size;
    return f->size - f->durable >= SYNC_SIZE ? make_durable(r, c, e) : 0;
}

/* Says why, and forgets the file, so that who comes for it again finds what lies there. */
static int give_up(struct receive *r, struct caller *c, const char *words, struct err *e)
{
    struct collection_file *f = c->file;
    int rc = dismiss(r, c, RECEIVE_REFUSED, words, e);

    for (size_t i = 0; i < r->file_count; i++)
        if (r->files[i] == f)
            r->files[i] = r->files[--r->file_count];
    c->file = NULL;
    file_free(f);
    return rc;
}

static int make_whole(struct receive *r, struct caller *c, struct err *e)
{
    struct collection_file *f = c->file;
    CLEANUP_FREE char *part = mem_strdup(f->path);

    set_path(r, f, "calm");
    if (fsync(f->fd) != 0 || rename(part, f->path) != 0 || folder_sync(r->folder, NULL) != 0) {
        const char *why = strerror(errno);

        set_path(r, f, "part");
        return give_up(r, c, why, e);
    }
    f->is_whole = true;
    fd_close(f->fd);
    f->fd = -1;
    answer(c, "F", 1);
    c->is_over = true;
    return tell(r, c, RECEIVE_WHOLE, "", e);
}

static int take_end(struct receive *r, struct caller *c, const uint8_t *bytes, struct err *e)
{
    struct collection_file *f = c->file;

    if (!f->is_whole)
        end_digest(f);
    if (get_le(bytes, 8) != f->size || memcmp(bytes + 8, f->hash.b, sizeof(f->hash.b)) != 0) {
        answer(c, "X", 1);
        return give_up(r, c, "what came is not what was sent", e);
    }
    if (!f->is_whole)
        return make_whole(r, c, e);
    answer(c, "F", 1);
    c->is_over = true;
    return 0;
}

static int take_message(struct receive *r, struct caller *c, bool *more, struct err *e)
{
    uint8_t type = c->in_len ? c->in[0] : 'D';
    size_t size = c->in_len >= HEAD_SIZE ? get_le(c->in + 1, HEAD_SIZE - 1) : 0;
    int rc;

    if ((type != 'D' && type != 'E') || size > MESSAGE_SIZE ||
        (type == 'E' && c->in_len >= HEAD_SIZE && size != END_SIZE))
        return dismiss(r, c, RECEIVE_REFUSED, "what it sends cannot be understood", e);
    *more = c->in_len >= HEAD_SIZE && c->in_len >= HEAD_SIZE + size;
    if (!*more)
        return 0;
    rc = type == 'D' ? take_data(r, c, c->in + HEAD_SIZE, size, e)
                     : take_end(r, c, c->in + HEAD_SIZE, e);
    c->in_len -= HEAD_SIZE + size;
    memmove(c->in, c->in + HEAD_SIZE + size, c->in_len);
    return rc;
}

static int take_all(struct receive *r, struct caller *c, struct err *e)
{
    bool more = true;
    int rc = 0;

    while (rc == 0 && more && !c->is_over)
        rc = c->file ? take_message(r, c, &more, e) : take_greeting(r, c, &more, e);
    return rc;
}

static int serve(struct receive *r, struct caller *c, struct err *e)
{
    size_t turn = 0;
    int rc = 0;

    while (rc == 0 && !c->is_over && turn < TURN_SIZE) {
        ssize_t n = recv(c->fd, c->in + c->in_len, sizeof(c->in) - c->in_len, MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n <= 0)
            return dismiss(r, c, c->file ? RECEIVE_LOST : RECEIVE_REFUSED,
                           n < 0 ? strerror(errno) : "the sender ended the connection", e);
        c->in_len += (size_t)n;
        turn += (size_t)n;
        rc = take_all(r, c, e);
    }
    /* The sender is waiting now, or the others are. */
    return rc == 0 && !c->is_over && c->file ? make_durable(r, c, e) : rc;
}

static void set_option(int fd, int level, int name, int value)
{
    /* Without these a broken connection is only found when the sender comes back. */
    (void)setsockopt(fd, level, name, &value, sizeof(value));
}

static int take_caller(struct receive *r, struct err *e)
{
    struct address from = {.size = sizeof(from.at)};
    struct caller *c;
    int fd = accept4(r->fd, (struct sockaddr *)&from.at, &from.size, SOCK_CLOEXEC);

    if (fd < 0 && (errno == EBADF || errno == EINVAL || errno == ENOTSOCK))
        return err_errno(e, "cannot take connections");
    if (fd < 0)
        return 0; /* it went away, or there are no descriptors: the next look comes soon */
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 30);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
    c = mem_new(struct caller);
    c->fd = fd;
    c->since_ms = monotonic_ms();
    address_text(c->from, &from);
    r->callers[r->caller_count++] = c;
    return 0;
}

static void caller_free(struct caller *c)
{
    if (c->file && c->file->caller == c)
        c->file->caller = NULL;
    fd_close(c->fd);
    free(c);
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
    r->caller_count = kept;
}

static int serve_all(struct receive *r, const struct pollfd *polled, size_t count, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct caller *c = r->callers[i];

        if (polled[i].revents)
            rc = serve(r, c, e);
        if (rc == 0 && !c->file && monotonic_ms() - c->since_ms > GREETING_MS)
            rc = dismiss(r, c, RECEIVE_REFUSED, "it does not say what it wants", e);
    }
    return rc;
}

int receive_step(struct receive *r, int wait_ms, struct err *e)
{
    struct pollfd polled[RECEIVE_CONNECTION_COUNT + 1];
    size_t count = r->caller_count;
    bool has_room = count < RECEIVE_CONNECTION_COUNT;
    int rc;

    for (size_t i = 0; i < count; i++)
        polled[i] = (struct pollfd){.fd = r->callers[i]->fd, .events = POLLIN};
    polled[count] = (struct pollfd){.fd = has_room ? r->fd : -1, .events = POLLIN};
    if (poll(polled, count + 1, wait_ms) < 0)
        return errno == EINTR ? 0 : err_errno(e, "cannot wait for connections");
    rc = serve_all(r, polled, count, e);
    if (rc == 0 && polled[count].revents)
        rc = take_caller(r, e);
    drop_over(r);
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
    char text[ADDRESS_SIZE];

    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (bind(fd, (const struct sockaddr *)&at->at, at->size) != 0 || listen(fd, SOMAXCONN) != 0)
        return err_errno(e, "cannot listen on %s", address_text(text, at));
    return 0;
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
    if (!r->options.most)
        r->options.most = (uint64_t)1 << 40;
    r->folder = mem_strdup(options->folder);
    r->token = mem_strdup(options->token);
    r->told = told;
    r->context = context;
    r->fd = socket(options->at.at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (r->fd < 0)
        return err_errno(e, "cannot listen");
    rc = start_listening(r->fd, &options->at, e);
    if (rc == 0)
        *out = MOVE(r);
    return rc;
}

void receive_close(struct receive *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->caller_count; i++) {
        struct collection_file *f = r->callers[i]->file;

        if (f && f->durable < f->size)
            (void)fdatasync(f->fd); /* what is not confirmed is sent again */
        caller_free(r->callers[i]);
    }
    for (size_t i = 0; i < r->file_count; i++)
        file_free(r->files[i]);
    fd_close(r->fd);
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
