/* note.c: checkpoints as signed notes, read and written, and bytes in groups that a person can
 * type. */
#include "journal/note.h"
#include "base/mem.h"
#include "base/sink.h"
#include "journal/ed25519.h"

enum {
    KEY_HASH_SIZE = 4,
    TYPE_ED25519 = 1,
    TYPE_COSIGNATURE = 4,
    SIGNATURE_SIZE = KEY_HASH_SIZE + 64,
    COSIGNATURE_SIZE = KEY_HASH_SIZE + 8 + 64,
};
#define SIGNATURE_MARK "\xe2\x80\x94 " /* an em dash and a space */

void checkpoint_text(struct buf *out, const struct checkpoint *c)
{
    buf_adds(out, "cj/1/");
    hex_add(out, &c->case_id, sizeof(c->case_id));
    buf_addc(out, '\n');
    buf_add_u64(out, c->size);
    buf_addc(out, '\n');
    base64_add(out, &c->root, sizeof(c->root));
    buf_addc(out, '\n');
}

void note_key_hash(uint8_t out[4], struct str name, uint8_t type, const struct key *key)
{
    struct hash h = hash_of(
        (struct hash_piece[]){{name.p, name.len}, {"\n", 1}, {&type, 1}, {key->b, sizeof(key->b)}},
        4);

    memcpy(out, h.b, KEY_HASH_SIZE);
}

void checkpoint_note(struct buf *out, const struct checkpoint *c, const struct key *key,
                     const struct sig *sig)
{
    uint8_t bytes[SIGNATURE_SIZE];
    char name[2 * sizeof(key->b)];

    hex_write(name, key, sizeof(*key));
    note_key_hash(bytes, (struct str){name, sizeof(name)}, TYPE_ED25519, key);
    memcpy(bytes + KEY_HASH_SIZE, sig->b, sizeof(sig->b));
    checkpoint_text(out, c);
    buf_adds(out, "\n" SIGNATURE_MARK);
    buf_add(out, name, sizeof(name));
    buf_addc(out, ' ');
    base64_add(out, bytes, sizeof(bytes));
    buf_addc(out, '\n');
}

/* Takes a line with its LF off *rest; false when there is none. */
static bool take_line(struct str *rest, struct str *line)
{
    if (!rest->len || !memchr(rest->p, '\n', rest->len))
        return false;
    *line = str_cut(rest, '\n');
    return true;
}

static bool base64_exactly(void *out, size_t size, struct str text)
{
    CLEANUP_BUF struct buf b = {0};

    if (text.len != (size + 2) / 3 * 4 || !base64_read(&b, text) || b.len != size)
        return false;
    memcpy(out, b.p, size);
    return true;
}

static bool read_text(struct checkpoint *out, struct str *rest)
{
    struct str origin;
    struct str size;
    struct str root;

    return take_line(rest, &origin) && str_starts(origin, "cj/1/") &&
           hex_read(&out->case_id, sizeof(out->case_id), str_from(origin, 5)) &&
           take_line(rest, &size) && str_u64(size, &out->size) && out->size <= INT64_MAX &&
           (size.p[0] != '0' || size.len == 1) && take_line(rest, &root) &&
           base64_exactly(&out->root, sizeof(out->root), root);
}

static bool is_unicode_space(uint32_t c)
{
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
           c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

static bool is_key_name(struct str name)
{
    if (name.len == 0 || str_has_utf8_error(name))
        return false;
    while (name.len) {
        uint32_t c = utf8_take(&name);

        if (c <= 0x20 || c == '+' || is_unicode_space(c))
            return false;
    }
    return true;
}

/* One line "— NAME BASE64" of any type. */
static bool read_signature_line(struct str line, struct str *name, struct str *base64)
{
    CLEANUP_BUF struct buf bytes = {0};

    if (!str_starts(line, SIGNATURE_MARK))
        return false;
    *base64 = str_from(line, sizeof(SIGNATURE_MARK) - 1);
    *name = str_cut(base64, ' ');
    return is_key_name(*name) && base64_read(&bytes, *base64) && bytes.len > KEY_HASH_SIZE;
}

int checkpoint_read(struct checkpoint *out, struct str *signatures, struct str note, struct err *e)
{
    struct checkpoint c;
    struct str rest = note;
    struct str line;
    struct str name;
    struct str base64;
    struct str first;

    if (!read_text(&c, &rest))
        return err_set(
            e, ERR_FORMAT,
            "this is not a checkpoint: its text must be three lines: cj/1/ and the case, "
            "the number of records, the root in base64");
    if (!take_line(&rest, &line) || line.len)
        return err_set(e, ERR_FORMAT,
                       "a checkpoint's three lines must be followed by an empty one");
    first = rest;
    do
        if (!take_line(&rest, &line) || !read_signature_line(line, &name, &base64))
            return err_set(
                e, ERR_FORMAT,
                "a checkpoint must end with signature lines, each an em dash, a name and "
                "base64");
    while (rest.len);
    *out = c;
    *signatures = first;
    return 0;
}

static uint64_t read_u64(const uint8_t in[8])
{
    uint64_t n = 0;

    for (size_t i = 0; i < 8; i++)
        n = n << 8 | in[i];
    return n;
}

static bool read_signature(struct str line, struct note_signature *out)
{
    uint8_t bytes[COSIGNATURE_SIZE];

    if (!read_signature_line(line, &out->name, &out->line_base64))
        return false;
    out->is_cosignature = base64_exactly(bytes, COSIGNATURE_SIZE, out->line_base64);
    if (!out->is_cosignature && !base64_exactly(bytes, SIGNATURE_SIZE, out->line_base64))
        return false; /* of a type that is not ours to read */
    memcpy(out->key_hash, bytes, KEY_HASH_SIZE);
    out->time_s = out->is_cosignature ? read_u64(bytes + KEY_HASH_SIZE) : 0;
    memcpy(out->sig.b, bytes + KEY_HASH_SIZE + (out->is_cosignature ? 8 : 0), sizeof(out->sig.b));
    return true;
}

bool note_signature_next(struct str *rest, struct note_signature *out)
{
    struct note_signature found;
    struct str line;

    while (take_line(rest, &line)) {
        if (!read_signature(line, &found))
            continue;
        *out = found;
        return true;
    }
    return false;
}

bool note_signature_holds(const struct note_signature *n, const struct checkpoint *c,
                          const struct key *key)
{
    CLEANUP_BUF struct buf message = {0};
    uint8_t key_hash[KEY_HASH_SIZE];

    note_key_hash(key_hash, n->name, n->is_cosignature ? TYPE_COSIGNATURE : TYPE_ED25519, key);
    if (memcmp(key_hash, n->key_hash, KEY_HASH_SIZE) != 0 || n->time_s > INT64_MAX)
        return false;
    if (n->is_cosignature)
        buf_addf(&message, "cosignature/v1\ntime %llu\n", (unsigned long long)n->time_s);
    checkpoint_text(&message, c);
    return ed25519_holds(&n->sig, buf_str(&message), key);
}

enum { GROUP_COUNT = 8, GROUP_DIGITS = 8, GROUP_SIZE = GROUP_DIGITS + 3 };

/* The two check digits of a group, counted from 1, of eight hex digits. */
static void check_digits(char out[2], unsigned number, const char *digits)
{
    char place = (char)('0' + number);
    struct hash h = hash_of(
        (struct hash_piece[]){{"cj/1 page\n", 10}, {&place, 1}, {":", 1}, {digits, GROUP_DIGITS}},
        4);

    hex_write(out, h.b, 1);
}

void groups_write(struct buf *out, const uint8_t bytes[32])
{
    char group[GROUP_SIZE];

    for (unsigned i = 0; i < GROUP_COUNT; i++) {
        hex_write(group, bytes + i * GROUP_DIGITS / 2, GROUP_DIGITS / 2);
        group[GROUP_DIGITS] = '-';
        check_digits(group + GROUP_DIGITS + 1, i + 1, group);
        if (i)
            buf_addc(out, ' ');
        buf_add(out, group, sizeof(group));
    }
    mem_wipe(group, sizeof(group)); /* the bytes may be a secret */
}

/* Takes the next group off *rest and decodes it; a person may type capitals. */
static bool read_group(uint8_t out[GROUP_DIGITS / 2], unsigned number, struct str text)
{
    char group[GROUP_SIZE];
    char check[2];
    bool ok;

    if (text.len != GROUP_SIZE)
        return false;
    for (size_t i = 0; i < GROUP_SIZE; i++)
        group[i] =
            text.p[i] >= 'A' && text.p[i] <= 'F' ? (char)(text.p[i] + ('a' - 'A')) : text.p[i];
    check_digits(check, number, group);
    ok = group[GROUP_DIGITS] == '-' && memcmp(check, group + GROUP_DIGITS + 1, 2) == 0 &&
         hex_read(out, GROUP_DIGITS / 2, (struct str){group, GROUP_DIGITS});
    mem_wipe(group, sizeof(group));
    return ok;
}

static struct str take_group(struct str *rest)
{
    struct str s = str_trim(*rest);
    size_t len = 0;

    while (len < s.len && len < GROUP_SIZE && !strchr(" \t\r\n", s.p[len]))
        len++;
    *rest = str_trim(str_from(s, len));
    return str_head(s, len);
}

int groups_read(uint8_t out[32], struct str text, struct err *e)
{
    struct str rest = str_trim(text);
    uint8_t bytes[32];
    int code = 0;
    bool is_hex = hex_read(bytes, sizeof(bytes), rest);

    if (is_hex)
        rest.len = 0;
    for (unsigned i = 0; i < GROUP_COUNT && !code && !is_hex; i++) {
        struct str group = take_group(&rest);

        if (group.len == 0)
            code = err_set(e, ERR_USAGE, "group %u of 8 is missing: a group looks like 1a2b3c4d-9f",
                           i + 1);
        else if (!read_group(bytes + i * GROUP_DIGITS / 2, i + 1, group))
            code = err_set(
                e, ERR_USAGE,
                "group %u of 8 is mistyped or not in its place: compare it with the paper", i + 1);
    }
    if (!code && rest.len)
        code = err_set(e, ERR_USAGE, "there is more after the eighth group");
    if (!code)
        memcpy(out, bytes, sizeof(bytes));
    mem_wipe(bytes, sizeof(bytes));
    return code;
}
