/* ssh_known.c: looks a host up in known_hosts files. */
#include "sys/ssh_known.h"
#include <ctype.h>
#include "base/hash.h"

enum { HMAC_BLOCK_SIZE = 64, SHA1_SIZE = 20, PATTERN_LIMIT = 1024 };

/* RFC 2104 with SHA-1. */
static void hmac_sha1(struct str key, struct str text, uint8_t out[64])
{
    CLEANUP(digest_freep) struct digest *d = digest_new(DIGEST_SHA1);
    uint8_t inner[64];
    uint8_t pad[HMAC_BLOCK_SIZE] = {0};

    memcpy(pad, key.p, key.len);
    for (size_t i = 0; i < sizeof(pad); i++)
        pad[i] ^= 0x36;
    digest_add(d, pad, sizeof(pad));
    digest_add(d, text.p, text.len);
    (void)digest_end(d, inner);
    for (size_t i = 0; i < sizeof(pad); i++)
        pad[i] ^= 0x36 ^ 0x5c;
    digest_add(d, pad, sizeof(pad));
    digest_add(d, inner, SHA1_SIZE);
    (void)digest_end(d, out);
}

/* "|1|salt|hash", both in base64. */
static bool is_hash_of(struct str pattern, struct str name)
{
    CLEANUP_BUF struct buf salt = {0};
    CLEANUP_BUF struct buf wanted = {0};
    struct str rest = str_from(pattern, strlen("|1|"));
    uint8_t mac[64];

    if (!base64_read(&salt, str_cut(&rest, '|')) || !base64_read(&wanted, rest) ||
        salt.len > HMAC_BLOCK_SIZE || wanted.len != SHA1_SIZE)
        return false;
    hmac_sha1(buf_str(&salt), name, mac);
    return memcmp(mac, wanted.p, SHA1_SIZE) == 0;
}

/* * and ?, without case; a star is tried from its shortest, and only the last star goes back. */
static bool fits(struct str pattern, struct str name)
{
    size_t p = 0;
    size_t star = SIZE_MAX;
    size_t from = 0;

    for (size_t n = 0; n < name.len;) {
        if (p < pattern.len && pattern.p[p] == '*') {
            star = p++;
            from = n;
        } else if (p < pattern.len && (pattern.p[p] == '?' || tolower((uint8_t)pattern.p[p]) ==
                                                                  tolower((uint8_t)name.p[n]))) {
            p++;
            n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.p[p] == '*')
        p++;
    return p == pattern.len;
}

static bool names_host(struct str patterns, struct str name)
{
    bool found = false;

    if (str_starts(patterns, "|1|"))
        return is_hash_of(patterns, name);
    while (patterns.len) {
        struct str one = str_cut(&patterns, ',');
        bool is_not = str_starts(one, "!");

        if (one.len > PATTERN_LIMIT || !fits(is_not ? str_from(one, 1) : one, name))
            continue;
        if (is_not)
            return false;
        found = true;
    }
    return found;
}

struct known_line {
    bool is_revoked;
    struct str patterns;
    struct str kind;
    struct str key; /* base64 */
};

static struct str take_word(struct str *rest)
{
    struct str word;
    size_t len = 0;

    *rest = str_trim(*rest);
    while (len < rest->len && rest->p[len] != ' ' && rest->p[len] != '\t')
        len++;
    word = str_head(*rest, len);
    *rest = str_from(*rest, len);
    return word;
}

static bool read_line(struct str line, struct known_line *out)
{
    struct str first = take_word(&line);

    *out = (struct known_line){.is_revoked = str_is(first, "@revoked")};
    if (str_starts(first, "#") || (str_starts(first, "@") && !out->is_revoked))
        return false;
    out->patterns = out->is_revoked ? take_word(&line) : first;
    out->kind = take_word(&line);
    out->key = take_word(&line);
    return out->key.len > 0;
}

void ssh_known_name(struct buf *out, struct str host, unsigned port)
{
    if (port == 22)
        buf_addstr(out, host);
    else
        buf_addf(out, "[" STR_FMT "]:%u", STR_ARG(host), port);
}

/* The next line that is about this host. */
static bool next_line(struct str *rest, struct str name, struct known_line *out)
{
    while (rest->len)
        if (read_line(str_cut(rest, '\n'), out) && names_host(out->patterns, name))
            return true;
    return false;
}

enum ssh_known ssh_known_look(struct str files, struct str host, unsigned port, struct str key)
{
    CLEANUP_BUF struct buf name = {0};
    struct str kind = take_word(&key);
    struct str bytes = take_word(&key);
    enum ssh_known found = SSH_KNOWN_NOT;
    struct known_line line;

    ssh_known_name(&name, host, port);
    while (next_line(&files, buf_str(&name), &line)) {
        bool is_same = str_eq(line.kind, kind) && str_eq(line.key, bytes);

        if (line.is_revoked && is_same)
            return SSH_KNOWN_REVOKED;
        if (line.is_revoked)
            continue;
        if (is_same)
            found = SSH_KNOWN_SAME;
        else if (found == SSH_KNOWN_NOT)
            found = SSH_KNOWN_OTHER;
    }
    return found;
}

static bool is_listed(struct str list, struct str word)
{
    while (list.len)
        if (str_eq(str_cut(&list, ','), word))
            return true;
    return false;
}

void ssh_known_kinds(struct str files, struct str host, unsigned port, struct buf *out)
{
    CLEANUP_BUF struct buf name = {0};
    struct known_line line;

    ssh_known_name(&name, host, port);
    while (next_line(&files, buf_str(&name), &line)) {
        if (line.is_revoked || is_listed(buf_str(out), line.kind))
            continue;
        if (out->len)
            buf_addc(out, ',');
        buf_addstr(out, line.kind);
    }
}

int ssh_fingerprint(struct buf *out, struct str key, struct err *e)
{
    CLEANUP_BUF struct buf bytes = {0};
    struct hash hash;

    (void)take_word(&key);
    if (!base64_read(&bytes, take_word(&key)) || bytes.len == 0)
        return err_set(e, ERR_FORMAT, "a host's key that is no base64");
    hash = hash_bytes(bytes.p, bytes.len);
    buf_adds(out, "SHA256:");
    base64_add(out, hash.b, sizeof(hash.b));
    while (out->p[out->len - 1] == '=') /* ssh-keygen leaves the padding out */
        out->p[--out->len] = '\0';
    return 0;
}
