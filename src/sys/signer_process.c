/* signer_process.c: the signer's own side: a process that holds private keys and answers requests
 * about them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/mem.h"
#include "sys/confine.h"
#include "sys/file.h"
#include "sys/clock.h"
#include "sys/keyfile.h"
#include "sys/signer.h"
#include "sys/signer_age.h"
#include "sys/signer_wire.h"

enum { KEY_COUNT_LIMIT = 4096, KEY_NAME_SIZE = 64 + 4 /* hex and ".key" */ };

struct held {
    struct held *next;
    struct keyfile file; /* without the seed */
    bool is_stored;
    uint8_t *secret; /* crypto_sign_SECRETKEYBYTES in locked memory; NULL while sealed */
};

struct process {
    const char *folder;
    struct held *first;
    size_t count;
};

static uint8_t *locked_secret(const uint8_t seed[KEYFILE_SEED_SIZE])
{
    uint8_t *secret = sodium_malloc(crypto_sign_SECRETKEYBYTES);
    struct key key;

    if (!secret)
        BUG("out of memory for a key");
    crypto_sign_seed_keypair(key.b, secret, seed);
    return secret;
}

static struct held *find_held(struct process *p, const struct key *key)
{
    for (struct held *h = p->first; h; h = h->next)
        if (key_eq(&h->file.key, key))
            return h;
    return NULL;
}

/* Takes a key in, or brings a held one that is still sealed up to its file; the seed moves into
 * locked memory. */
static int hold(struct process *p, struct keyfile *f, bool is_stored, struct held **out,
                struct err *e)
{
    struct held *h = find_held(p, &f->key);

    if (!h && p->count >= KEY_COUNT_LIMIT)
        return err_set(e, ERR_LIMIT, "more than %d keys", KEY_COUNT_LIMIT);
    if (!h) {
        h = mem_new(struct held);
        h->next = p->first;
        p->first = h;
        p->count++;
    }
    if (!h->secret && !f->is_sealed)
        h->secret = locked_secret(f->seed);
    mem_wipe(f->seed, sizeof(f->seed));
    h->file = *f;
    h->is_stored = h->is_stored || is_stored;
    *out = h;
    return 0;
}

static void add_path(struct buf *out, const struct process *p, const struct key *key)
{
    buf_addf(out, "%s/", p->folder);
    hex_add(out, key->b, sizeof(key->b));
    buf_adds(out, ".key");
}

static int read_keyfile(const char *path, const struct key *key, struct keyfile *out, struct err *e)
{
    CLEANUP(buf_wipe) struct buf bytes = {0};
    int code = file_read(&bytes, path, KEYFILE_SIZE_LIMIT, e);

    if (!code)
        code = keyfile_read(buf_str(&bytes), out, e);
    if (!code && !key_eq(&out->key, key)) {
        mem_wipe(out, sizeof(*out));
        code = err_set(e, ERR_FORMAT, "the file holds another key than its name says");
    }
    if (code)
        return err_wrap(e, code, "reading the key %s", path);
    return 0;
}

/* Finds a key among those held, else in the folder, where another process may have put it. */
static int find(struct process *p, const struct key *key, struct held **out, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    struct held *h = find_held(p, key);
    struct keyfile f;
    int code;

    if (h && h->secret) {
        *out = h;
        return 0;
    }
    add_path(&path, p, key);
    code = read_keyfile(buf_text(&path), key, &f, e);
    if (code == ERR_NOTFOUND)
        return err_set(e, code, "the private key that is wanted is not in the folder %s: no %s",
                       p->folder, buf_text(&path));
    if (!code)
        code = hold(p, &f, true, out, e);
    mem_wipe(&f, sizeof(f));
    return code;
}

/* As find, but the secret must be at hand. */
static int find_open(struct process *p, const struct key *key, struct held **out, struct err *e)
{
    int code = find(p, key, out, e);

    if (!code && !(*out)->secret)
        return err_set(e, ERR_DENIED, "the key \"%s\" is sealed: its passphrase is needed first",
                       (*out)->file.label);
    return code;
}

static int bad_request(struct err *e)
{
    return err_set(e, ERR_USAGE, "a request to the signer has the wrong size");
}

static int store(const struct process *p, const struct keyfile *f, bool is_new, struct err *e)
{
    CLEANUP(buf_wipe) struct buf bytes = {0};
    CLEANUP_BUF struct buf path = {0};

    buf_room(&bytes, KEYFILE_SIZE_LIMIT); /* so that the seed is never moved */
    keyfile_write(&bytes, f);
    add_path(&path, p, &f->key);
    if (is_new)
        return file_create(buf_text(&path), buf_str(&bytes), 0600, e);
    return file_write(buf_text(&path), buf_str(&bytes), 0600, e);
}

static void make_pair(struct keyfile *f)
{
    random_bytes(f->seed, sizeof(f->seed));
    keyfile_public(&f->key, f->seed);
    f->made = utc_now();
}

static int handle_create(struct process *p, struct str body, struct buf *reply, struct err *e)
{
    struct keyfile f = {.is_sealed = false};
    struct held *h;
    int code;

    if (!keyfile_label_is_fit(body))
        return err_set(e, ERR_USAGE,
                       "the label of a key is 1 to 200 bytes of text without control characters");
    memcpy(f.label, body.p, body.len);
    make_pair(&f);
    code = store(p, &f, true, e);
    if (!code)
        code = hold(p, &f, true, &h, e);
    if (!code)
        buf_add(reply, f.key.b, sizeof(f.key.b));
    mem_wipe(&f, sizeof(f));
    return code;
}

static int handle_create_recovery(struct process *p, struct str body, struct buf *reply,
                                  struct err *e)
{
    struct keyfile f = {.label = "recovery key"};
    uint8_t seed[KEYFILE_SEED_SIZE];
    struct held *h;
    int code;

    if (body.len)
        return bad_request(e);
    make_pair(&f);
    memcpy(seed, f.seed, sizeof(seed));
    code = hold(p, &f, false, &h, e);
    if (!code) {
        buf_add(reply, f.key.b, sizeof(f.key.b));
        buf_add(reply, seed, sizeof(seed));
    }
    mem_wipe(&f, sizeof(f));
    mem_wipe(seed, sizeof(seed));
    return code;
}

static int handle_load_seed(struct process *p, struct str body, struct buf *reply, struct err *e)
{
    struct keyfile f = {.label = "key from its seed"};
    struct held *h;
    int code;

    if (body.len != sizeof(f.seed))
        return bad_request(e);
    memcpy(f.seed, body.p, sizeof(f.seed));
    keyfile_public(&f.key, f.seed);
    h = find_held(p, &f.key);
    code = h && h->secret ? 0 : hold(p, &f, false, &h, e);
    if (!code)
        buf_add(reply, f.key.b, sizeof(f.key.b));
    mem_wipe(&f, sizeof(f));
    return code;
}

static bool key_of_name(const char *name, struct key *out)
{
    struct str s = str_of(name);

    return s.len == KEY_NAME_SIZE && str_ends(s, ".key") &&
           hex_read(out->b, sizeof(out->b), str_head(s, 2 * sizeof(out->b)));
}

static int compare_made(const void *left, const void *right)
{
    const struct keyfile *a = &(*(const struct held *const *)left)->file;
    const struct keyfile *b = &(*(const struct held *const *)right)->file;
    int order = utc_cmp(a->made, b->made);

    return order ? order : memcmp(a->key.b, b->key.b, sizeof(a->key.b));
}

/* One unreadable file must not keep anyone from the other keys; what is wrong with it is said when
 * that key is asked for, or when there is no other. */
static int scan(struct process *p, DIR *folder, struct held **found, size_t *count, struct err *e)
{
    int bad = 0;
    size_t n = 0;
    const struct dirent *entry;

    while (n < KEY_COUNT_LIMIT && (entry = readdir(folder))) {
        struct key key;
        int code;

        if (!key_of_name(entry->d_name, &key))
            continue;
        code = find(p, &key, &found[n], e);
        if (code)
            bad = code;
        else
            n++;
    }
    *count = n;
    return n ? 0 : bad;
}

static int handle_list(struct process *p, struct str body, struct buf *reply, struct err *e)
{
    CLEANUP_FREE struct held **found = mem_array(KEY_COUNT_LIMIT, sizeof(struct held *));
    DIR *folder = opendir(p->folder);
    size_t count = 0;
    int code;

    if (!folder)
        return err_errno(e, "cannot read the key folder %s", p->folder);
    code = body.len ? bad_request(e) : scan(p, folder, found, &count, e);
    closedir(folder);
    if (code)
        return code;
    qsort(found, count, sizeof(struct held *), compare_made);
    for (size_t i = 0; i < count; i++) {
        struct str label = str_of(found[i]->file.label);

        buf_add(reply, found[i]->file.key.b, sizeof(found[i]->file.key.b));
        buf_addc(reply, found[i]->secret == NULL);
        buf_addc(reply, (char)label.len);
        buf_addstr(reply, label);
    }
    return 0;
}

static int handle_unlock(struct process *p, struct str body, struct buf *reply, struct err *e)
{
    uint8_t seed[KEYFILE_SEED_SIZE];
    struct held *h;
    struct key key;
    int code;

    (void)reply;
    if (!wire_take(&body, key.b, sizeof(key.b)))
        return bad_request(e);
    code = find(p, &key, &h, e);
    if (code || !h->file.is_sealed)
        return code;
    code = keyfile_open(&h->file, body, seed, e);
    if (!code && !h->secret)
        h->secret = locked_secret(seed);
    mem_wipe(seed, sizeof(seed));
    return code;
}

static int handle_set_passphrase(struct process *p, struct str body, struct buf *reply,
                                 struct err *e)
{
    struct keyfile f;
    struct held *h;
    struct key key;
    int code;

    (void)reply;
    if (!wire_take(&body, key.b, sizeof(key.b)))
        return bad_request(e);
    code = find_open(p, &key, &h, e);
    if (code)
        return code;
    if (!h->is_stored)
        return err_set(e, ERR_USAGE, "that key is held for this run only; it has no file");
    f = h->file;
    code = keyfile_seal(&f, h->secret, body, e); /* the seed is the first half of the secret */
    if (!code)
        code = store(p, &f, false, e);
    mem_wipe(f.seed, sizeof(f.seed));
    if (!code)
        h->file = f;
    return code;
}

static int handle_sign(struct process *p, struct str body, struct buf *reply, struct err *e)
{
    struct held *h;
    struct key key;
    int code;

    if (!wire_take(&body, key.b, sizeof(key.b)))
        return bad_request(e);
    code = find_open(p, &key, &h, e);
    if (code)
        return code;
    while (body.len) {
        uint32_t size;
        uint8_t *sig;

        if (!wire_take_u32(&body, &size) || size > body.len ||
            reply->len + crypto_sign_BYTES > SIGNER_FRAME_HEAD_SIZE + SIGNER_BODY_LIMIT)
            return bad_request(e);
        sig = (uint8_t *)buf_room(reply, crypto_sign_BYTES);
        crypto_sign_detached(sig, NULL, (const uint8_t *)body.p, size, h->secret);
        reply->len += crypto_sign_BYTES;
        body = str_from(body, size);
    }
    return 0;
}

static int unseal(const struct held *h, struct str box, struct buf *reply, struct err *e)
{
    uint8_t curve_public[crypto_box_PUBLICKEYBYTES];
    uint8_t curve_secret[crypto_box_SECRETKEYBYTES];
    size_t size = box.len - crypto_box_SEALBYTES;
    int failed = crypto_sign_ed25519_pk_to_curve25519(curve_public, h->file.key.b);

    crypto_sign_ed25519_sk_to_curve25519(curve_secret, h->secret);
    if (!failed)
        failed = crypto_box_seal_open((uint8_t *)buf_room(reply, size), (const uint8_t *)box.p,
                                      box.len, curve_public, curve_secret);
    mem_wipe(curve_secret, sizeof(curve_secret));
    if (failed)
        return err_set(e, ERR_FORMAT, "the box was not sealed to the key \"%s\", or was changed",
                       h->file.label);
    reply->len += size;
    return 0;
}

static int handle_unseal(struct process *p, struct str body, struct buf *reply, struct err *e)
{
    struct held *h;
    struct key key;
    int code;

    if (!wire_take(&body, key.b, sizeof(key.b)) || body.len > SIGNER_BOX_LIMIT)
        return bad_request(e);
    code = find_open(p, &key, &h, e);
    if (code)
        return code;
    if (body.len < crypto_box_SEALBYTES)
        return err_set(e, ERR_FORMAT, "a sealed box has at least %d bytes",
                       (int)crypto_box_SEALBYTES);
    return unseal(h, body, reply, e);
}

static int handle_age_open(struct process *p, struct str body, struct buf *reply, struct err *e)
{
    uint8_t curve_secret[AGE_KEY_SIZE];
    struct held *h;
    struct key key;
    int code;

    if (!wire_take(&body, key.b, sizeof(key.b)))
        return bad_request(e);
    code = find_open(p, &key, &h, e);
    if (code)
        return code;
    crypto_sign_ed25519_sk_to_curve25519(curve_secret, h->secret);
    code = signer_age_answer(curve_secret, body, reply, e);
    mem_wipe(curve_secret, sizeof(curve_secret));
    return code;
}

static int handle_age_open_with(struct process *p, struct str body, struct buf *reply,
                                struct err *e)
{
    uint8_t secret[AGE_KEY_SIZE];
    int code;

    (void)p;
    if (!wire_take(&body, secret, sizeof(secret)))
        return bad_request(e);
    code = signer_age_answer(secret, body, reply, e);
    mem_wipe(secret, sizeof(secret));
    return code;
}

static const struct handler {
    int (*run)(struct process *p, struct str body, struct buf *reply, struct err *e);
    bool is_secret; /* the request or its answer is wiped */
} handlers[] = {
    [SIGNER_CREATE] = {handle_create, false},
    [SIGNER_CREATE_RECOVERY] = {handle_create_recovery, true},
    [SIGNER_LOAD_SEED] = {handle_load_seed, true},
    [SIGNER_LIST] = {handle_list, false},
    [SIGNER_UNLOCK] = {handle_unlock, true},
    [SIGNER_SET_PASSPHRASE] = {handle_set_passphrase, true},
    [SIGNER_SIGN] = {handle_sign, false},
    [SIGNER_UNSEAL] = {handle_unseal, true},
    [SIGNER_AGE_OPEN] = {handle_age_open, true},
    [SIGNER_AGE_OPEN_WITH] = {handle_age_open_with, true},
};

static void fill_error(struct buf *out, const struct err *e)
{
    wire_begin(out, e->code);
    buf_adds(out, e->text);
}

static void serve(struct process *p)
{
    struct buf in = {0};
    struct buf out = {0};
    struct str body;
    bool was_secret = false;
    int32_t request;

    buf_room(&in, SIGNER_FIRST_ROOM);
    buf_room(&out, SIGNER_FIRST_ROOM);
    (void)mlock(in.p, in.room); /* what the user's limit does not allow stays unlocked */
    (void)mlock(out.p, out.room);
    wire_begin(&out, 0);
    for (;;) {
        const struct handler *handler;
        struct err e = {0};

        wire_end(&out);
        if (!wire_send(SIGNER_FD, buf_str(&out)))
            return;
        if (was_secret)
            mem_wipe(out.p, out.room);
        if (!wire_receive(SIGNER_FD, &in, &request, &body))
            return;
        if (request < SIGNER_CREATE || (size_t)request >= COUNT_OF(handlers))
            return;
        handler = &handlers[request];
        wire_begin(&out, 0);
        if (handler->run(p, body, &out, &e))
            fill_error(&out, &e);
        was_secret = handler->is_secret;
        if (was_secret)
            mem_wipe(in.p, in.room);
    }
}

/* A key folder that others can look into is closed to them; where that cannot be, it is refused. */
static int open_folder(const char *path, int *out, struct err *e)
{
    CLEANUP_FD int fd = -1;
    struct stat st;
    int code = folder_make(path, 0700, e);

    if (code)
        return code;
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return err_errno(e, "cannot open the key folder %s", path);
    if ((st.st_mode & 077) &&
        (fchmod(fd, st.st_mode & 0700) < 0 || fstat(fd, &st) < 0 || (st.st_mode & 077)))
        return err_set(e, ERR_DENIED,
                       "the key folder %s is open to others, and that cannot be changed; keep keys "
                       "in a folder of your own",
                       path);
    *out = fd;
    fd = -1;
    return 0;
}

static int confine(int folder_fd, struct err *e)
{
    const struct confine_call calls[] = {
        CONFINE_SANITIZER_CALLS CONFINE_BASIC_CALLS(getpid()),
        {SYS_recvfrom, CONFINE_CHECK_ALL(1, UINT32_MAX, SIGNER_FD)},
        {SYS_sendto, CONFINE_CHECK_ALL(1, UINT32_MAX, SIGNER_FD)},
        {SYS_openat, {{0}}},
        {SYS_read, {{0}}},
        {SYS_write, {{0}}},
        {SYS_close, {{0}}},
        {SYS_lseek, {{0}}},
        {SYS_fstat, {{0}}},
        {SYS_newfstatat, {{0}}},
        {SYS_fsync, {{0}}},
        {SYS_getdents64, {{0}}},
        {SYS_renameat2, {{0}}},
        {SYS_linkat, {{0}}},
        {SYS_unlinkat, {{0}}},
#ifdef SYS_rename /* the calls before renameat2 and the like, on older processors only */
        {SYS_rename, {{0}}},
        {SYS_link, {{0}}},
        {SYS_unlink, {{0}}},
#endif
#ifdef SYS_renameat
        {SYS_renameat, {{0}}},
#endif
        {SYS_mlock, {{0}}},
        {SYS_munlock, {{0}}},
    };

    /* Landlock is wanted but not needed: no hostile bytes come here, and a kernel without it must
     * not keep a team from signing. The list of calls is needed. */
    if (confine_files(folder_fd, e) == ERR_DENIED && e)
        e->code = 0;
    return confine_calls(calls, COUNT_OF(calls), e);
}

static int prepare(struct process *p, struct err *e)
{
    int folder_fd = -1;
    int code = confine_process(e);

    (void)umask(077);
    if (sodium_init() < 0)
        BUG("libsodium does not start");
    /* Best effort: a usual limit of 8 MiB is less than the libraries; keys are locked one by one.
     * Only pages that are touched: to read in all of every library took longer than the rest of the
     * start. */
    if (!CONFINE_SANITIZED)
        (void)mlockall(MCL_CURRENT | MCL_ONFAULT);
    if (!code)
        code = open_folder(p->folder, &folder_fd, e);
    if (!code)
        code = confine(folder_fd, e);
    fd_close(folder_fd);
    return code;
}

static bool socket_is_ours(void)
{
    int domain = 0;
    socklen_t size = sizeof(domain);

    return getsockopt(SIGNER_FD, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

void signer_main_if_asked(int argc, char **argv)
{
    static const int not_for_us[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
    CLEANUP_BUF struct buf out = {0};
    struct process p = {.first = NULL};
    struct err e = {0};

    if (argc != 3 || strcmp(argv[1], signer_marker) != 0)
        return;
    if (!socket_is_ours())
        _exit(err_exit_status(ERR_USAGE));
    /* Ctrl-C reaches every process of the terminal, but what was done until then is still to be
     * signed. */
    for (size_t i = 0; i < COUNT_OF(not_for_us); i++)
        (void)signal(not_for_us[i], SIG_IGN);
    /* The end of this process is the end of its socket. A signal at its parent's end would come
     * already when the thread that started it ends. */
    p.folder = argv[2];
    if (prepare(&p, &e)) {
        fill_error(&out, &e);
        wire_end(&out);
        (void)wire_send(SIGNER_FD, buf_str(&out));
        _exit(err_exit_status(e.code));
    }
    serve(&p);
    _exit(0);
}
