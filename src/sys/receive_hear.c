/* receive_hear.c: judges what the worker of one sender tells: who it is, whether it may, and what
 * becomes of its bytes. */
#include <errno.h>
#include <sodium.h>
#include <sys/statvfs.h>
#include "base/size.h"
#include "base/utc.h"
#include "sys/receive_internal.h"

enum { SYNC_SIZE = 1 << 20 /* so much may be unconfirmed before the disk is waited for */ };

static int misbehaved(struct receive_caller *c, struct err *e)
{
    return receive_refuse(c, RECEIVE_SILENTLY,
                          "the confined process that reads it told what no sound one does; the "
                          "sender may be made to attack its reader",
                          e);
}

static bool is_token_right(const struct receive *r, const struct receive_greeting *g)
{
    uint8_t wanted[RECEIVE_TOKEN_SIZE] = {0};

    memcpy(wanted, r->token, strlen(r->token));
    return sodium_memcmp(g->token, wanted, sizeof(wanted)) == 0;
}

static int hear_greeting(struct receive_caller *c, struct str bytes, struct err *e)
{
    struct receive_greeting g;
    char line[6 + 2 * RECEIVE_NONCE_SIZE + 1] = "prove ";

    if (c->state != CALLER_NEW || bytes.len != sizeof(g))
        return misbehaved(c, e);
    memcpy(&g, bytes.p, sizeof(g));
    if (!is_token_right(c->r, &g))
        return receive_refuse(c, RECEIVE_SILENTLY, "its token is not the one shown here", e);
    c->collection = g.collection;
    c->state = CALLER_GREETED;
    randombytes_buf(c->nonce, sizeof(c->nonce));
    hex_write(line + 6, c->nonce, sizeof(c->nonce));
    line[sizeof(line) - 1] = '\n';
    receive_answer(c, line, sizeof(line));
    return 0;
}

/* doc/format/bundle.md section 4.1. */
static bool is_proven(const struct receive_caller *c, const struct receive_proof *proof)
{
    static const char front[] = "calm-send/2\n";
    struct hash name = hash_bytes(proof->key.b, sizeof(proof->key.b));
    CLEANUP_BUF struct buf text = {0};

    buf_add(&text, front, sizeof(front) - 1);
    buf_add(&text, c->nonce, sizeof(c->nonce));
    buf_add(&text, c->collection.b, sizeof(c->collection.b));
    buf_adds(&text, c->r->token);
    return memcmp(name.b, c->collection.b, sizeof(c->collection.b)) == 0 &&
           crypto_sign_verify_detached(proof->signature.b, (const uint8_t *)text.p, text.len,
                                       proof->key.b) == 0;
}

static struct receive_file *find_file(const struct receive *r, const char *id)
{
    for (size_t i = 0; i < r->file_count; i++)
        if (memcmp(r->files[i]->id, id, RECEIVE_ID_SIZE) == 0)
            return r->files[i];
    return NULL;
}

/* The one of these that said nothing for longest, if that is long. */
static struct receive_caller *most_silent(struct receive *r, const struct receive_peer *of)
{
    enum { SILENT_MS = 30 * 1000 };
    struct receive_caller *found = NULL;

    for (size_t i = 0; i < r->caller_count; i++) {
        struct receive_caller *c = r->callers[i];

        if (c->state != CALLER_SENDING || c->is_over || (of && c->peer != of) ||
            monotonic_ms() - c->heard_ms < SILENT_MS)
            continue;
        if (!found || c->heard_ms < found->heard_ms)
            found = c;
    }
    return found;
}

/* Room for one more sender: where there is none, a silent one goes, and comes back by itself. */
static bool make_room(struct receive *r, const struct receive_peer *of, size_t used, size_t most,
                      int *rc, struct err *e)
{
    struct receive_caller *silent = used < most ? NULL : most_silent(r, of);

    if (silent)
        *rc = receive_lose(silent, "it was silent, and others need its place", e);
    return used < most || silent;
}

static int find_or_add_file(struct receive_caller *c, struct receive_file **out, struct err *e)
{
    struct receive *r = c->r;
    char id[RECEIVE_ID_SIZE + 1] = "";

    hex_write(id, c->collection.b, sizeof(c->collection.b));
    *out = find_file(r, id);
    if (*out)
        return 0;
    if (c->peer->bundles >= RECEIVE_PEER_BUNDLE_COUNT)
        return receive_refuse(c, RECEIVE_NEVER,
                              "256 bundles came from this address, and no more "
                              "are taken from one",
                              e);
    if (r->file_count >= RECEIVE_COLLECTION_COUNT)
        return receive_refuse(c, RECEIVE_NEVER,
                              "there are 4,096 bundles here, and no more are "
                              "taken",
                              e);
    *out = r->files[r->file_count++] = receive_file_new(r->folder, &c->collection);
    return 0;
}

/* A connection that the sender gave up may seem to stand here still. */
static int take_over(struct receive_caller *c, struct receive_file *f, struct err *e)
{
    struct receive_caller *before = f->caller;
    int rc = before ? receive_lose(before, "the sender made a new connection", e) : 0;

    f->caller = c;
    c->file = f;
    return rc;
}

static int welcome(struct receive_caller *c, struct err *e)
{
    struct receive_file *f = NULL;
    int rc = find_or_add_file(c, &f, e);

    if (rc || !f)
        return rc;
    rc = take_over(c, f, e);
    if (rc)
        return rc;
    if (f->is_cut)
        return receive_refuse(c, RECEIVE_NEVER,
                              "this bundle was given up and is kept as it was "
                              "cut: collect again",
                              e);
    if (!receive_file_open(f))
        return receive_refuse(c, RECEIVE_LATER, strerror(errno), e);
    c->state = CALLER_PROVEN;
    return receive_catch_up(c, e);
}

static int hear_proof(struct receive_caller *c, struct str bytes, struct err *e)
{
    struct receive *r = c->r;
    struct receive_proof proof;
    int rc = 0;

    if (c->state != CALLER_GREETED || bytes.len != sizeof(proof))
        return misbehaved(c, e);
    memcpy(&proof, bytes.p, sizeof(proof));
    if (!is_proven(c, &proof))
        return receive_refuse(c, RECEIVE_NEVER, "it cannot prove that this bundle is its own", e);
    if (!make_room(r, c->peer, c->peer->sending, RECEIVE_PEER_SENDER_COUNT, &rc, e))
        return receive_refuse(c, RECEIVE_LATER, "16 connections from this address send already", e);
    if (rc == 0 && !make_room(r, NULL, r->caller_count - r->greeting, RECEIVE_SENDER_COUNT, &rc, e))
        return receive_refuse(c, RECEIVE_LATER, "64 connections send already", e);
    if (rc)
        return rc;
    c->is_proven = true;
    c->peer->greeting--;
    c->peer->sending++;
    r->greeting--;
    c->heard_ms = monotonic_ms();
    return welcome(c, e);
}

int receive_catch_up(struct receive_caller *c, struct err *e)
{
    struct receive_file *f = c->file;
    int done = receive_file_catch_up(f);
    char line[32];
    int rc;

    if (done < 0)
        return receive_refuse(c, RECEIVE_LATER, strerror(errno), e);
    if (done == 0)
        return 0;
    if (!receive_file_sync(f))
        return receive_refuse(c, RECEIVE_LATER, strerror(errno), e);
    c->state = CALLER_SENDING;
    rc = f->size ? receive_tell(c->r, c, f, RECEIVE_RESUMED, "", e) : 0;
    snprintf(line, sizeof(line), "have %llu\n", (unsigned long long)f->durable);
    receive_answer(c, line, strlen(line));
    return rc;
}

/* How much more may come, of the limit that is nearest; and its words, for who reaches it. */
static uint64_t room_for(const struct receive_caller *c, char *words, size_t size)
{
    const struct receive_options *o = &c->r->options;
    const struct {
        uint64_t most;
        uint64_t used;
        const char *what;
    } limits[] = {
        {o->most, c->file->size, "taken of one bundle"},
        {o->most_address, c->peer->bytes, "taken from one address"},
        {o->most_all, c->r->bytes, "taken of all bundles together"},
    };
    uint64_t least = UINT64_MAX;
    char text[SIZE_TEXT_SIZE];

    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        uint64_t left = limits[i].used < limits[i].most ? limits[i].most - limits[i].used : 0;

        if (left < least)
            snprintf(words, size, "no more than %s is %s", size_text(text, limits[i].most),
                     limits[i].what);
        least = left < least ? left : least;
    }
    return least;
}

/* Looks at the disk now and then; what comes meanwhile is little. */
static bool has_disk(struct receive *r, size_t size)
{
    struct statvfs at;

    if (r->bytes < r->room_until)
        return true;
    if (statvfs(r->folder, &at) != 0 ||
        (uint64_t)at.f_bavail * at.f_frsize < r->options.spare + SYNC_SIZE + size)
        return false;
    r->room_until = r->bytes + SYNC_SIZE;
    return true;
}

static int hear_too_soon(struct receive_caller *c, struct err *e)
{
    return c->state == CALLER_PROVEN
               ? receive_refuse(c, RECEIVE_SILENTLY, "it sends before it is told where to go on", e)
               : misbehaved(c, e);
}

static int add_data(struct receive_caller *c, struct str bytes, struct err *e)
{
    struct receive_file *f = c->file;
    bool is_new = !f->is_there;
    bool is_spoilt;
    int rc = 0;

    if (!receive_file_add(f, bytes, &is_spoilt)) {
        if (is_spoilt)
            return c->r->fatal = err_errno(e, "cannot take back a part of %s", f->path);
        return receive_refuse(c, RECEIVE_LATER, strerror(errno), e);
    }
    c->peer->bundles += is_new;
    c->peer->bytes += bytes.len;
    c->r->bytes += bytes.len;
    if (is_new)
        rc = receive_tell(c->r, c, f, RECEIVE_BEGUN, "", e);
    if (rc)
        return rc;
    return f->size - f->durable >= SYNC_SIZE ? receive_make_durable(c, e) : 0;
}

static int hear_data(struct receive_caller *c, struct str bytes, struct err *e)
{
    char words[RECEIVE_WORDS_SIZE];
    char spare[SIZE_TEXT_SIZE];

    if (c->state != CALLER_SENDING)
        return hear_too_soon(c, e);
    if (bytes.len == 0 || bytes.len > RECEIVE_DATA_SIZE)
        return misbehaved(c, e);
    c->heard_ms = c->file->heard_ms = monotonic_ms();
    if (c->file->is_whole)
        return receive_refuse(c, RECEIVE_NEVER, "it sends more than the whole", e);
    if (bytes.len > room_for(c, words, sizeof(words)))
        return receive_refuse(c, RECEIVE_NEVER, words, e);
    if (!has_disk(c->r, bytes.len)) {
        snprintf(words, sizeof(words), "the receiver's disk is full but for %s, which stay free",
                 size_text(spare, c->r->options.spare));
        return receive_refuse(c, RECEIVE_LATER, words, e);
    }
    return add_data(c, bytes, e);
}

static int make_whole(struct receive_caller *c, struct err *e)
{
    if (!receive_file_end(c->file, c->r->folder))
        return receive_refuse(c, RECEIVE_LATER, strerror(errno), e);
    receive_answer(c, "F", 1);
    c->is_over = true;
    return receive_tell(c->r, c, c->file, RECEIVE_WHOLE, "", e);
}

static int hear_end(struct receive_caller *c, struct str bytes, struct err *e)
{
    struct receive_end end;

    if (c->state != CALLER_SENDING)
        return hear_too_soon(c, e);
    if (bytes.len != sizeof(end))
        return misbehaved(c, e);
    memcpy(&end, bytes.p, sizeof(end));
    if (!receive_file_fits(c->file, end.size, &end.sha256)) {
        receive_answer(c, "X", 1);
        return receive_refuse(c, RECEIVE_SILENTLY, "what came is not what was sent", e);
    }
    if (!c->file->is_whole)
        return make_whole(c, e);
    receive_answer(c, "F", 1);
    c->is_over = true;
    return 0;
}

static int hear_wrong(struct receive_caller *c, struct str bytes, struct err *e)
{
    static const char *const words[RECEIVE_WRONG_COUNT_] = {
        [RECEIVE_WRONG_SENDER] = "it is no sender of bundles",
        [RECEIVE_WRONG_VERSION] = "its calm-collect is of another version than this calm",
        [RECEIVE_WRONG_TOKEN] = "its token is not the one shown here",
        [RECEIVE_WRONG_COLLECTION] = "it does not say which collection it has",
        [RECEIVE_WRONG_PROOF] = "it cannot prove that this bundle is its own",
        [RECEIVE_WRONG_MESSAGE] = "what it sends cannot be understood",
    };
    uint32_t wrong;

    if (bytes.len != sizeof(wrong))
        return misbehaved(c, e);
    memcpy(&wrong, bytes.p, sizeof(wrong));
    if (wrong >= RECEIVE_WRONG_COUNT_)
        return misbehaved(c, e);
    return receive_refuse(c, RECEIVE_SILENTLY, words[wrong], e);
}

static int hear_gone(struct receive_caller *c, struct str bytes, struct err *e)
{
    int32_t why;

    if (bytes.len != sizeof(why))
        return misbehaved(c, e);
    memcpy(&why, bytes.p, sizeof(why));
    return receive_lose(c, why > 0 ? strerror(why) : "the sender ended the connection", e);
}

/* As hostile as the sender: each has its one size, and its place in the order. */
int receive_hear(void *caller, uint32_t kind, struct str bytes, struct err *e)
{
    struct receive_caller *c = caller;

    if (c->is_over)
        return ERR_CANCEL;
    if (c->state == CALLER_LEAVING) {
        c->is_over = kind == RECEIVE_READ_GONE;
        return 0;
    }
    switch (kind) {
    case RECEIVE_READ_GREETING:
        return hear_greeting(c, bytes, e);
    case RECEIVE_READ_PROOF:
        return hear_proof(c, bytes, e);
    case RECEIVE_READ_DATA:
        return hear_data(c, bytes, e);
    case RECEIVE_READ_END:
        return hear_end(c, bytes, e);
    case RECEIVE_READ_WRONG:
        return hear_wrong(c, bytes, e);
    case RECEIVE_READ_GONE:
        return hear_gone(c, bytes, e);
    }
    return misbehaved(c, e);
}
