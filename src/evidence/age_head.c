/* age_head.c: reads and writes the header of a file of age. */
#include "evidence/age_head.h"
#include <sodium.h>
#include "base/mem.h"

enum { COLUMNS = 64, ARGUMENT_LIMIT = 4 };

static const char version_start[] = "age-encryption.org/";
static const char version_line[] = "age-encryption.org/v1";
static const char mac_mark[] = "---";
static const char lock_names[][16] = {[AGE_SCRYPT] = "scrypt", [AGE_ARGON2ID] = "calm/argon2id"};

bool age_head_is_whole(struct str bytes)
{
    struct str last = bytes;

    if (last.len == 0 || last.p[last.len - 1] != '\n')
        return false;
    last.len--;
    for (size_t i = last.len; i-- > 0;)
        if (last.p[i] == '\n') {
            last = str_from(last, i + 1);
            break;
        }
    return str_starts(last, mac_mark);
}

static int damaged(struct err *e, const char *why)
{
    return err_set(e, ERR_FORMAT, "its header %s", why);
}

/* One line, without its LF. */
static bool take_line(struct str *rest, struct str *line)
{
    if (!rest->len || !memchr(rest->p, '\n', rest->len))
        return false;
    *line = str_cut(rest, '\n');
    return true;
}

/* Base64 without padding, canonical, of exactly so many bytes. */
static bool read_base64(void *out, size_t size, struct str text)
{
    CLEANUP_BUF struct buf padded = {0};
    CLEANUP_BUF struct buf bytes = {0};

    if (text.len != (8 * size + 5) / 6 || memchr(text.p, '=', text.len))
        return false;
    buf_addstr(&padded, text);
    buf_addn(&padded, '=', (4 - text.len % 4) % 4);
    if (!base64_read(&bytes, buf_str(&padded)) || bytes.len != size)
        return false;
    if (size)
        memcpy(out, bytes.p, size);
    return true;
}

static void add_base64(struct buf *out, const void *bytes, size_t size)
{
    base64_add(out, bytes, size);
    while (out->len && out->p[out->len - 1] == '=')
        out->len--;
}

/* Digits without a leading zero. */
static bool read_work(struct str text, uint32_t *out)
{
    uint64_t n;

    if (!text.len || text.p[0] == '0' || !str_u64(text, &n) || n > UINT32_MAX)
        return false;
    *out = (uint32_t)n;
    return true;
}

/* A stanza as it stands there. */
struct stanza {
    struct str arguments[ARGUMENT_LIMIT];
    size_t argument_count; /* may be more than are kept */
    struct buf body;       /* its lines, joined */
};

static void stanza_release(struct stanza *s)
{
    buf_release(&s->body);
}

static bool is_visible(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] < 0x21 || s.p[i] > 0x7e)
            return false;
    return s.len > 0;
}

/* Every argument is there: two spaces in a row have an empty one between them. */
static bool read_arguments(struct stanza *s, struct str line)
{
    for (bool is_last = false; !is_last; s->argument_count++) {
        struct str argument;

        is_last = !memchr(line.p, ' ', line.len);
        argument = str_cut(&line, ' ');
        if (!is_visible(argument))
            return false;
        if (s->argument_count < ARGUMENT_LIMIT)
            s->arguments[s->argument_count] = argument;
        if (!is_last && !line.len)
            return false;
    }
    return true;
}

/* Lines of 64 columns, and a shorter one that ends it. */
static bool read_body(struct stanza *s, struct str *rest)
{
    struct str line;

    do {
        if (!take_line(rest, &line) || line.len > COLUMNS)
            return false;
        for (size_t i = 0; i < line.len; i++)
            if (!is_visible((struct str){line.p + i, 1}))
                return false;
        buf_addstr(&s->body, line);
    } while (line.len == COLUMNS);
    return true;
}

static bool body_is_canonical(const struct stanza *s)
{
    CLEANUP_FREE uint8_t *bytes = mem_alloc(s->body.len + 1);

    return s->body.len % 4 != 1 && read_base64(bytes, 6 * s->body.len / 8, buf_str(&s->body));
}

static bool read_wrapped(const struct stanza *s, uint8_t out[AGE_WRAPPED_SIZE])
{
    return read_base64(out, AGE_WRAPPED_SIZE, buf_str(&s->body));
}

static bool read_share(const struct stanza *s, struct age_share *out)
{
    return s->argument_count == 2 && read_base64(out->share, sizeof(out->share), s->arguments[1]) &&
           read_wrapped(s, out->body);
}

static bool read_lock(const struct stanza *s, enum age_stretch how, struct age_lock *out)
{
    *out = (struct age_lock){.how = how};
    return s->argument_count == (how == AGE_SCRYPT ? 3 : 4) &&
           read_base64(out->salt, sizeof(out->salt), s->arguments[1]) &&
           read_work(s->arguments[2], &out->work) &&
           (how == AGE_SCRYPT || read_work(s->arguments[3], &out->kib)) &&
           read_wrapped(s, out->body);
}

static int sort_stanza(struct age_head *h, const struct stanza *s, struct err *e)
{
    struct str name = s->arguments[0];

    if (str_is(name, "X25519"))
        return read_share(s, &h->shares[h->share_count++])
                   ? 0
                   : damaged(e, "has a key that is not as age writes one");
    for (size_t how = 0; how < COUNT_OF(lock_names); how++) {
        if (!str_is(name, lock_names[how]))
            continue;
        if (h->has_lock || !read_lock(s, (enum age_stretch)how, &h->lock))
            return damaged(e, "has a passphrase that is not as it must be");
        h->has_lock = true;
        return 0;
    }
    h->other_count++;
    return 0;
}

static int read_stanza(struct age_head *h, struct str line, struct str *rest, struct err *e)
{
    CLEANUP(stanza_release) struct stanza s = {0};

    if (h->share_count + h->has_lock + h->other_count == AGE_STANZA_LIMIT)
        return err_set(e, ERR_LIMIT, "it is for more than %d keys", AGE_STANZA_LIMIT);
    if (!str_take(&line, "-> ") || !read_arguments(&s, line) || !read_body(&s, rest) ||
        !body_is_canonical(&s))
        return damaged(e, "is damaged");
    return sort_stanza(h, &s, e);
}

static int read_version(struct str *rest, struct err *e)
{
    struct str line;

    if (str_starts(*rest, "-----BEGIN AGE ENCRYPTED FILE-----"))
        return err_set(e, ERR_FORMAT,
                       "this is a file of age as text (armor), and a package of calm is none. What "
                       "is in it is opened by: age -d -i KEY FILE");
    if (!take_line(rest, &line) || !str_starts(line, version_start))
        return err_set(e, ERR_FORMAT,
                       "this is no package of calm: it does not begin with %s, as a file of age "
                       "does",
                       version_line);
    return str_is(line, version_line)
               ? 0
               : err_set(e, ERR_NEWER, "it is in a version of age that is not known here");
}

int age_head_read(struct age_head *out, struct str bytes, struct err *e)
{
    CLEANUP_FREE struct age_head *h = mem_new(struct age_head);
    struct str rest = bytes;
    struct str line;
    int rc = read_version(&rest, e);

    while (rc == 0) {
        size_t off = bytes.len - rest.len;

        if (!take_line(&rest, &line))
            return damaged(e, "is cut off");
        if (str_take(&line, mac_mark)) {
            h->covered = off + sizeof(mac_mark) - 1;
            break;
        }
        rc = read_stanza(h, line, &rest, e);
    }
    if (rc)
        return rc;
    if (rest.len || !str_take(&line, " ") || !read_base64(h->mac, sizeof(h->mac), line))
        return damaged(e, "has no sound end");
    if (h->share_count + h->has_lock + h->other_count == 0)
        return damaged(e, "names nobody who may open it");
    if (h->has_lock && h->share_count + h->other_count)
        return damaged(e, "has a passphrase beside other keys, which no sound one has");
    *out = *h;
    return 0;
}

static void make_mac(uint8_t out[AGE_MAC_SIZE], struct str covered,
                     const uint8_t file_key[AGE_FILE_KEY_SIZE])
{
    uint8_t key[32];

    age_derive(key, (struct str){(const char *)file_key, AGE_FILE_KEY_SIZE}, STR(""), "header");
    crypto_auth_hmacsha256(out, (const uint8_t *)covered.p, covered.len, key);
    mem_wipe(key, sizeof(key));
}

bool age_head_fits(const struct age_head *h, struct str bytes,
                   const uint8_t file_key[AGE_FILE_KEY_SIZE])
{
    uint8_t mac[AGE_MAC_SIZE];

    make_mac(mac, str_head(bytes, h->covered), file_key);
    return sodium_memcmp(mac, h->mac, sizeof(mac)) == 0;
}

void age_head_begin(struct buf *out)
{
    buf_adds(out, version_line);
    buf_addc(out, '\n');
}

static void add_body(struct buf *out, const uint8_t body[AGE_WRAPPED_SIZE])
{
    buf_addc(out, '\n');
    add_base64(out, body, AGE_WRAPPED_SIZE); /* 43 characters: one line */
    buf_addc(out, '\n');
}

void age_head_add_share(struct buf *out, const struct age_share *share)
{
    buf_adds(out, "-> X25519 ");
    add_base64(out, share->share, sizeof(share->share));
    add_body(out, share->body);
}

void age_head_add_lock(struct buf *out, const struct age_lock *lock)
{
    buf_addf(out, "-> %s ", lock_names[lock->how]);
    add_base64(out, lock->salt, sizeof(lock->salt));
    buf_addf(out, " %u", lock->work);
    if (lock->how == AGE_ARGON2ID)
        buf_addf(out, " %u", lock->kib);
    add_body(out, lock->body);
}

void age_head_end(struct buf *out, const uint8_t file_key[AGE_FILE_KEY_SIZE])
{
    uint8_t mac[AGE_MAC_SIZE];

    buf_adds(out, mac_mark);
    make_mac(mac, buf_str(out), file_key);
    buf_addc(out, ' ');
    add_base64(out, mac, sizeof(mac));
    buf_addc(out, '\n');
}
