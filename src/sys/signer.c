/* signer.c: the program's side of the signer: starts it, asks it, and never sees a stored key. */
#include "sys/signer.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sodium.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/mem.h"
#include "sys/confine.h"
#include "sys/file.h"
#include "sys/self.h"
#include "sys/signer_wire.h"

enum { ANY_PROCESSOR = -1, FEW_MESSAGES = 4 };

struct signer {
    pthread_mutex_t lock; /* around one exchange */
    int fd;
    pid_t pid;
    bool has_ended; /* and was waited for */
    int processor;  /* on which it was told to stay; ANY_PROCESSOR */
    struct buf out;
    struct buf in;
};

/* The signer gets its socket, its standard error and its folder's name. */
static int spawn(const char *folder, int fd, pid_t *pid)
{
    const struct self_start start = {.name = "calm-signer",
                                     .words = {signer_marker, folder},
                                     .fds = (int[]){SELF_NULL_FD, SELF_NULL_FD, STDERR_FILENO, fd},
                                     .fd_count = SIGNER_FD + 1};

    return self_start(&start, pid);
}

/* Says how the signer ended. Its process is waited for, so that no other can get its number. */
static int ended(struct signer *s, struct err *e)
{
    int status = 0;

    if (!s->has_ended) {
        (void)kill(s->pid, SIGKILL); /* a signer that broke the protocol is not used again */
        while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
            continue;
        s->has_ended = true;
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        return err_set(e, ERR_TAMPER,
                       "the signer, which holds the private keys, was stopped at a forbidden "
                       "system call; nothing was signed by it since");
    return err_set(e, ERR_IO,
                   "the signer, which holds the private keys, has ended; nothing was signed by it "
                   "since. Start calm again");
}

/* Sends the frame in s->out and reads the answer, whose bytes stay valid until the next exchange.
 */
static int exchange(struct signer *s, struct str *body, struct err *e)
{
    int32_t code;

    if (s->has_ended)
        return ended(s, e);
    wire_end(&s->out);
    if (!wire_send(s->fd, buf_str(&s->out)) || !wire_receive(s->fd, &s->in, &code, body))
        return ended(s, e);
    if (code == 0)
        return 0;
    if (code > 0 || code <= -ERR_COUNT_)
        return ended(s, e);
    return err_set(e, code, STR_FMT, STR_ARG(*body));
}

static int broken(struct signer *s, struct err *e)
{
    return err_set(e, ERR_IO, "the signer (process %ld) gave an answer of the wrong size",
                   (long)s->pid);
}

/* The first message comes unasked: whether the signer is ready. */
static int await_ready(struct signer *s, const char *folder, struct err *e)
{
    struct str body;
    int32_t code;

    if (!wire_receive(s->fd, &s->in, &code, &body)) {
        (void)ended(s, NULL);
        return err_set(e, ERR_IO, "the signer for the keys in %s did not start", folder);
    }
    return code ? err_set(e, code, STR_FMT, STR_ARG(body)) : 0;
}

int signer_start(struct signer **out, const char *key_folder, struct err *e)
{
    CLEANUP(signer_stopp) struct signer *s = NULL;
    int ends[2];
    pid_t pid;
    int why;
    int code;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return err_errno(e, "cannot make a socket for the signer");
    why = spawn(key_folder, ends[1], &pid);
    fd_close(ends[1]);
    if (why) {
        fd_close(ends[0]);
        return err_set(e, ERR_IO, "cannot start the signer from /proc/self/exe: %s", strerror(why));
    }
    s = mem_new(struct signer);
    pthread_mutex_init(&s->lock, NULL);
    s->fd = ends[0];
    s->pid = pid;
    s->processor = ANY_PROCESSOR;
    buf_room(&s->in, SIGNER_FIRST_ROOM);
    buf_room(&s->out, SIGNER_FIRST_ROOM);
    code = await_ready(s, key_folder, e);
    if (code)
        return code;
    *out = MOVE(s);
    return 0;
}

void signer_stop(struct signer *s)
{
    if (!s)
        return;
    (void)ended(s, NULL); /* it writes files so that a kill leaves the old or the new */
    fd_close(s->fd);
    buf_wipe(&s->in);
    buf_wipe(&s->out);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* Locks, and starts a request. */
static void begin(struct signer *s, enum signer_request request)
{
    pthread_mutex_lock(&s->lock);
    wire_begin(&s->out, (int32_t)request);
}

/* Wipes what went over the wire where it was secret, and unlocks. */
static void finish(struct signer *s, bool was_secret)
{
    if (was_secret) {
        mem_wipe(s->out.p, s->out.room);
        mem_wipe(s->in.p, s->in.room);
    }
    pthread_mutex_unlock(&s->lock);
}

/* The caller's processor is free while it waits, and a signer that runs there is ready sooner than
 * one for which another processor has to wake: for few messages that costs more than signing them.
 * Many are signed wherever there is room. Where the kernel refuses, only time is lost. */
static void place(struct signer *s, size_t message_count)
{
    int processor = message_count > FEW_MESSAGES ? ANY_PROCESSOR : sched_getcpu();
    cpu_set_t set;

    if (s->has_ended || processor == s->processor || processor >= CPU_SETSIZE)
        return;
    CPU_ZERO(&set);
    if (processor >= 0)
        CPU_SET((size_t)processor, &set);
    else if (sched_getaffinity(0, sizeof(set), &set) < 0)
        return;
    (void)sched_setaffinity(s->pid, sizeof(set), &set);
    s->processor = processor;
}

/* A request whose answer has a fixed size. */
static int ask(struct signer *s, void *out, size_t size, struct err *e)
{
    struct str body;
    int code = exchange(s, &body, e);

    if (code)
        return code;
    if (body.len != size)
        return broken(s, e);
    if (size)
        memcpy(out, body.p, size);
    return 0;
}

int signer_create(struct signer *s, const char *label, struct key *out, struct err *e)
{
    size_t len = strlen(label);
    int code;

    if (len > UINT8_MAX)
        return err_set(e, ERR_USAGE, "the label of a key has at most 200 bytes");
    begin(s, SIGNER_CREATE);
    buf_add(&s->out, label, len);
    code = ask(s, out->b, sizeof(out->b), e);
    finish(s, false);
    return code;
}

int signer_create_recovery(struct signer *s, struct key *out, uint8_t seed[32], struct err *e)
{
    uint8_t both[sizeof(out->b) + 32];
    int code;

    begin(s, SIGNER_CREATE_RECOVERY);
    code = ask(s, both, sizeof(both), e);
    finish(s, true);
    if (!code) {
        memcpy(out->b, both, sizeof(out->b));
        memcpy(seed, both + sizeof(out->b), 32);
    }
    mem_wipe(both, sizeof(both));
    return code;
}

int signer_load_seed(struct signer *s, const uint8_t seed[32], struct key *out, struct err *e)
{
    int code;

    begin(s, SIGNER_LOAD_SEED);
    buf_add(&s->out, seed, 32);
    code = ask(s, out->b, sizeof(out->b), e);
    finish(s, true);
    return code;
}

/* One key off the front of a list; false when the bytes are not sound. */
static bool take_key(struct str *rest, struct signer_key *out)
{
    uint8_t sealed;
    uint8_t len;

    *out = (struct signer_key){.is_sealed = false};
    if (!wire_take(rest, out->key.b, sizeof(out->key.b)) || !wire_take(rest, &sealed, 1) ||
        !wire_take(rest, &len, 1) || len >= sizeof(out->label))
        return false;
    out->is_sealed = sealed != 0;
    return wire_take(rest, out->label, len);
}

static int take_keys(struct signer *s, struct str rest, struct signer_key **out, size_t *count,
                     struct err *e)
{
    CLEANUP_FREE struct signer_key *keys = NULL;
    size_t room = 0;
    size_t n = 0;

    while (rest.len) {
        keys = mem_grow(keys, n, &room, sizeof(*keys));
        if (!take_key(&rest, &keys[n++]))
            return broken(s, e);
    }
    *count = n;
    *out = MOVE(keys);
    return 0;
}

int signer_list(struct signer *s, struct signer_key **out, size_t *count, struct err *e)
{
    struct str body;
    int code;

    begin(s, SIGNER_LIST);
    code = exchange(s, &body, e);
    if (!code)
        code = take_keys(s, body, out, count, e);
    finish(s, false);
    return code;
}

static int send_passphrase(struct signer *s, enum signer_request request, const struct key *key,
                           struct str passphrase, struct err *e)
{
    int code;

    if (passphrase.len > SIGNER_PASSPHRASE_LIMIT)
        return err_set(e, ERR_LIMIT, "a passphrase has at most %d bytes", SIGNER_PASSPHRASE_LIMIT);
    begin(s, request);
    buf_add(&s->out, key->b, sizeof(key->b));
    buf_addstr(&s->out, passphrase);
    code = ask(s, NULL, 0, e);
    finish(s, true);
    return code;
}

int signer_unlock(struct signer *s, const struct key *key, struct str passphrase, struct err *e)
{
    return send_passphrase(s, SIGNER_UNLOCK, key, passphrase, e);
}

int signer_set_passphrase(struct signer *s, const struct key *key, struct str passphrase,
                          struct err *e)
{
    return send_passphrase(s, SIGNER_SET_PASSPHRASE, key, passphrase, e);
}

/* Adds messages to the request until it is large enough; returns how many. */
static size_t add_messages(struct buf *out, const struct str *messages, size_t count)
{
    size_t i = 0;

    while (i < count && (i == 0 || out->len + messages[i].len < SIGNER_BATCH_SIZE) &&
           i < SIGNER_BODY_LIMIT / sizeof(struct sig)) {
        uint32_t size = (uint32_t)messages[i].len;

        buf_add(out, &size, sizeof(size));
        buf_addstr(out, messages[i]);
        i++;
    }
    return i;
}

static int sign_all(struct signer *s, const struct key *key, const struct str *messages,
                    size_t count, struct sig *out, struct err *e)
{
    for (size_t done = 0; done < count;) {
        size_t n;
        int code;

        begin(s, SIGNER_SIGN);
        place(s, count - done);
        buf_add(&s->out, key->b, sizeof(key->b));
        n = add_messages(&s->out, messages + done, count - done);
        code = ask(s, out + done, n * sizeof(*out), e);
        finish(s, false);
        if (code)
            return code;
        done += n;
    }
    return 0;
}

int signer_sign(struct signer *s, const struct key *key, const struct str *messages, size_t count,
                struct sig *out, struct err *e)
{
    CLEANUP_FREE struct sig *sigs = mem_array(count, sizeof(*sigs));
    int code;

    for (size_t i = 0; i < count; i++)
        if (messages[i].len > SIGNER_MESSAGE_LIMIT)
            return err_set(e, ERR_LIMIT, "a message of %zu bytes is too large to sign",
                           messages[i].len);
    code = sign_all(s, key, messages, count, sigs, e);
    if (!code && count)
        memcpy(out, sigs, count * sizeof(*sigs));
    return code;
}

int signer_unseal(struct signer *s, const struct key *key, struct str box, struct buf *out,
                  struct err *e)
{
    struct str body;
    int code;

    if (box.len > SIGNER_BOX_LIMIT)
        return err_set(e, ERR_LIMIT, "a sealed box has at most %d bytes", SIGNER_BOX_LIMIT);
    begin(s, SIGNER_UNSEAL);
    buf_add(&s->out, key->b, sizeof(key->b));
    buf_addstr(&s->out, box);
    code = exchange(s, &body, e);
    if (!code)
        buf_addstr(out, body);
    finish(s, true);
    return code;
}

static int age_open(struct signer *s, enum signer_request request, const uint8_t key[32],
                    const struct age_share *shares, size_t count,
                    uint8_t file_key[AGE_FILE_KEY_SIZE], struct err *e)
{
    int code;

    if (count > SIGNER_SHARE_LIMIT)
        return err_set(e, ERR_LIMIT, "a file of age is opened by at most %d keys",
                       SIGNER_SHARE_LIMIT);
    begin(s, request);
    buf_add(&s->out, key, 32);
    buf_add(&s->out, shares, count * sizeof(*shares));
    code = ask(s, file_key, AGE_FILE_KEY_SIZE, e);
    finish(s, true);
    return code;
}

int signer_age_open(struct signer *s, const struct key *key, const struct age_share *shares,
                    size_t count, uint8_t file_key[AGE_FILE_KEY_SIZE], struct err *e)
{
    return age_open(s, SIGNER_AGE_OPEN, key->b, shares, count, file_key, e);
}

int signer_age_open_with(struct signer *s, const uint8_t secret[AGE_KEY_SIZE],
                         const struct age_share *shares, size_t count,
                         uint8_t file_key[AGE_FILE_KEY_SIZE], struct err *e)
{
    return age_open(s, SIGNER_AGE_OPEN_WITH, secret, shares, count, file_key, e);
}

int signer_seal(const struct key *key, struct str bytes, struct buf *out, struct err *e)
{
    uint8_t curve[crypto_box_PUBLICKEYBYTES];
    size_t size = bytes.len + crypto_box_SEALBYTES;

    if (size > SIGNER_BOX_LIMIT)
        return err_set(e, ERR_LIMIT, "at most %d bytes can be sealed",
                       SIGNER_BOX_LIMIT - (int)crypto_box_SEALBYTES);
    if (sodium_init() < 0)
        BUG("libsodium does not start");
    if (crypto_core_ed25519_is_valid_point(key->b) != 1 ||
        crypto_sign_ed25519_pk_to_curve25519(curve, key->b) != 0)
        return err_set(e, ERR_USAGE, "the public key is unsound; nothing can be sealed to it");
    if (crypto_box_seal((uint8_t *)buf_room(out, size), (const uint8_t *)bytes.p, bytes.len,
                        curve) != 0)
        return err_set(e, ERR_USAGE, "the public key is unsound; nothing can be sealed to it");
    out->len += size;
    return 0;
}
