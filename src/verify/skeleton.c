/* skeleton.c: splits a journal into lines and judges each line by itself and by its neighbours. */
#include "verify/skeleton.h"

#include "verify/public.h"
#include "verify/sign.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX (1U << 27) /* so that 17 times as many, built by merges, have 32-bit numbers */
#define CASE_AT 15           /* offset of the case's digits in every line */
#define RUN 64               /* lines that a thread takes at a time */

struct slice skeleton_line(const struct skeleton *s, uint32_t record)
{
    return (struct slice){s->text.p + s->records[record].off, s->records[record].len};
}

struct cursor skeleton_at(const struct skeleton *s, uint32_t record, uint16_t offset)
{
    struct slice line = skeleton_line(s, record);

    return (struct cursor){line.p + offset, line.p + line.len};
}

static int later_time(struct finding *f, uint64_t record, const char *what)
{
    return finding_set(f, STATUS_UNCHECKED, record, "version",
                       "%s is from a later version of the format than this program knows; a newer "
                       "calm-verify can check it",
                       what);
}

static int malformed_line(struct finding *f, struct slice text, uint64_t record)
{
    struct line line;
    size_t bad = 0;

    if (line_is_from_later_time(text))
        return later_time(f, record, "the line");
    if (line_parse(text, &line, &bad) == 0)
        return finding_set(f, STATUS_MALFORMED, record, "spelling",
                           "the last line has no line feed at its end; it may have been cut");
    return finding_set(f, STATUS_MALFORMED, record, "spelling",
                       "from byte %zu on, the line is not spelled as the format says", bad);
}

/* Finds lines up to the first one that needs no further look to be called malformed or from a later
 * time: of that one *f tells, and -1 is returned. What stands behind it is not judged. */
static int find_lines(struct skeleton *s, struct finding *f)
{
    size_t room = 0;

    if (s->text.len == 0)
        return finding_set(f, STATUS_MALFORMED, NO_RECORD, "spelling",
                           "the file is empty; a journal has at least one line");
    for (size_t off = 0; off < s->text.len;) {
        size_t rest = s->text.len - off;
        const char *end = memchr(s->text.p + off, '\n', rest);
        struct slice line = {s->text.p + off, end != NULL ? (size_t)(end - s->text.p) - off : rest};

        if (end == NULL || line.len < LINE_MIN_LEN || line.len > LINE_MAX_LEN ||
            line_is_from_later_time(line))
            return malformed_line(f, line, s->count);
        if (s->count == LINES_MAX)
            return finding_set(f, STATUS_UNCHECKED, s->count, "size",
                               "the journal has more lines than this program can count");
        mem_reserve(&s->records, &room, (size_t)s->count + 1, sizeof *s->records);
        s->records[s->count].off = off;
        s->records[s->count].len = (uint32_t)line.len;
        s->count++;
        off += line.len + 1;
    }
    return 0;
}

struct line_pass {
    struct skeleton *s;
    atomic_size_t first_bad; /* the first line that is not spelled right */
};

static bool statement_is_signed(const struct line *l)
{
    static const char domain[] = "cj/1 statement\n";
    char message[sizeof domain + LINE_MAX_LEN];
    size_t signed_len = (size_t)(l->unsigned_at - l->statement.p);
    char *p = mempcpy(message, domain, sizeof domain - 1);

    p = mempcpy(p, l->statement.p, signed_len);
    *p++ = '}';
    return sign_verify(l->by, l->sig, (struct slice){message, (size_t)(p - message)});
}

static bool enrol_is_proved(const struct line *l, const struct public *pub)
{
    char message[sizeof "cj/1 enrol\n" + 2 * HASH_LEN];
    char *p = stpcpy(message, "cj/1 enrol\n");

    hex_encode(l->statement_case, HASH_LEN, p);
    p += 2 * HASH_LEN;
    return sign_verify(pub->key, pub->sig, (struct slice){message, (size_t)(p - message)});
}

static bool checkpoint_is_signed(const struct line *l, const struct public *pub)
{
    char text[CHECKPOINT_TEXT_MAX];
    size_t len = checkpoint_text(text, l->statement_case, pub->size, pub->root);

    return sign_verify(pub->key, pub->sig, (struct slice){text, len});
}

static unsigned public_flags(const struct line *l, enum type t)
{
    struct public pub;
    const char *wrong = NULL;

    if (t == TYPE_OTHER)
        return 0;
    if (public_parse(t, l->public_at, l->text.p + l->text.len, &pub, &wrong) != 0)
        return RECORD_PUBLIC_BAD;
    if ((t == TYPE_ENROL && !enrol_is_proved(l, &pub)) ||
        (t == TYPE_CHECKPOINT && !checkpoint_is_signed(l, &pub)))
        return RECORD_PROOF_BAD;
    return 0;
}

static void record_note(struct record *r, const struct line *l)
{
    const char *start = l->text.p;
    enum type t = type_of_name(l->type_name);
    unsigned flags = 0;

    memcpy(r->id, l->id, ID_LEN);
    r->tail = (uint16_t)(l->tail - start);
    r->seen = (uint16_t)(l->seen_at - start);
    r->by = (uint16_t)(l->by_at - start);
    r->public = (uint16_t)(l->public_at - start);
    r->fields = (uint16_t)(l->fields_at - start);
    r->refs = (uint16_t)(l->refs_at - start);
    r->field_count = (uint16_t)l->field_count;
    r->ref_count = (uint16_t)l->ref_count;
    if (l->epoch != 0 || (t != TYPE_OTHER && l->version != 1)) {
        t = TYPE_OTHER; /* no other rule of it is known */
        flags |= RECORD_LATER;
    }
    r->type = (uint8_t)t;
    flags |= public_flags(l, t);
    flags |= statement_is_signed(l) ? 0 : RECORD_SIG_BAD;
    r->flags = (uint16_t)flags;
}

static void note_bad(atomic_size_t *first_bad, size_t n)
{
    size_t seen = atomic_load(first_bad);

    while (n < seen && !atomic_compare_exchange_weak(first_bad, &seen, n))
        ;
}

static void read_lines(void *context, struct hasher *h, size_t first, size_t end)
{
    struct line_pass *pass = context;
    struct skeleton *s = pass->s;
    struct line line;
    size_t bad = 0;

    if (first > atomic_load(&pass->first_bad))
        return;
    for (size_t n = first; n < end; n++) {
        if (line_parse(skeleton_line(s, (uint32_t)n), &line, &bad) != 0) {
            note_bad(&pass->first_bad, n);
            return;
        }
        hash_leaf(h, line.text, s->leaves[n]);
        record_note(&s->records[n], &line);
        if (line.seq != n)
            s->records[n].flags |= RECORD_SEQ_BAD;
    }
}

static bool digits_are(const char *digits, const uint8_t expected[HASH_LEN])
{
    uint8_t hash[HASH_LEN];

    return hex_decode((struct slice){digits, 2 * HASH_LEN}, hash, HASH_LEN) &&
           memcmp(hash, expected, HASH_LEN) == 0;
}

static bool seen_is_right(const struct skeleton *s, uint32_t n)
{
    struct cursor c = skeleton_at(s, n, s->records[n].seen);
    static const uint8_t zeros[HASH_LEN];
    uint64_t size = 0;

    if (!TAKE(&c, "[") || !take_integer(&c, &size) || size > n || !TAKE(&c, ",\""))
        return false;
    return digits_are(c.at, size == 0 ? zeros : s->leaves[size - 1]);
}

static bool logged_back(const struct skeleton *s, uint32_t n)
{
    static const char before[] = ",\"logged\":\"";
    struct cursor now = skeleton_at(s, n, s->records[n].tail);
    struct cursor then = skeleton_at(s, n - 1, s->records[n - 1].tail);
    const char *a = memmem(now.at, (size_t)(now.end - now.at), before, sizeof before - 1);
    const char *b = memmem(then.at, (size_t)(then.end - then.at), before, sizeof before - 1);

    return a != NULL && b != NULL &&
           memcmp(a + sizeof before - 1, b + sizeof before - 1, TIME_LEN) < 0;
}

static void join_lines(void *context, struct hasher *h, size_t first, size_t end)
{
    struct skeleton *s = context;
    static const uint8_t zeros[HASH_LEN];

    (void)h;
    for (uint32_t n = (uint32_t)first; n < end; n++) {
        struct record *r = &s->records[n];
        const char *line = s->text.p + r->off;
        const uint8_t *name = n == 0 ? zeros : s->name;
        const char *statement_case = line + r->seen - (sizeof "\",\"seen\":" - 1) - 2 * HASH_LEN;
        unsigned flags = 0;

        if (!digits_are(line + r->tail - 1 - 2 * HASH_LEN, n == 0 ? zeros : s->leaves[n - 1]))
            flags |= RECORD_PREV_BAD;
        if (!digits_are(line + CASE_AT, name) || !digits_are(statement_case, name))
            flags |= RECORD_CASE_BAD;
        if (!seen_is_right(s, n))
            flags |= RECORD_SEEN_BAD;
        if (n > 0 && logged_back(s, n))
            flags |= RECORD_CLOCK_BACK;
        r->flags = (uint16_t)(r->flags | flags);
    }
}

static void number_named_key(struct skeleton *s, uint32_t n)
{
    const struct record *r = &s->records[n];
    struct cursor c = skeleton_at(s, n, r->public);
    struct public pub;
    const char *wrong = NULL;

    if (public_parse(r->type, c.at, c.end, &pub, &wrong) != 0)
        return;
    (void)keys_number(&s->keys, pub.key);
    if (r->type == TYPE_CASE)
        (void)keys_number(&s->keys, pub.recovery);
}

/* Numbers keys, indexes ids and counts: what is cheap and needs one thread. */
static void index_records(struct skeleton *s)
{
    struct slice last = {"", 0};

    ids_init(&s->ids, s->records[0].id, sizeof *s->records, s->count);
    for (uint32_t n = 0; n < s->count; n++) {
        struct record *r = &s->records[n];
        struct slice by = {s->text.p + r->off + r->by, 2 * KEY_LEN};
        uint8_t key[KEY_LEN];

        (void)ids_add(&s->ids, n);
        s->field_total += r->field_count;
        s->clock_back_total += (r->flags & RECORD_CLOCK_BACK) != 0;
        r->key = n > 0 ? r[-1].key : 0;
        if (!slice_equal(by, last) && hex_decode(by, key, KEY_LEN))
            r->key = keys_number(&s->keys, key);
        last = by;
        if (r->type == TYPE_CASE || r->type == TYPE_ENROL || r->type == TYPE_REVOKE ||
            r->type == TYPE_CHECKPOINT)
            number_named_key(s, n);
    }
}

static int find_later(const struct skeleton *s, struct finding *f)
{
    for (uint32_t n = 0; n < s->count; n++)
        if (s->records[n].flags & RECORD_LATER)
            return later_time(f, n, "the record's epoch, or the version of its type,");
    return 0;
}

int skeleton_read(struct skeleton *s, struct slice text, unsigned threads, struct finding *f)
{
    struct line_pass pass = {.s = s};
    struct finding stop;

    memset(s, 0, sizeof *s);
    keys_init(&s->keys);
    s->text = text;
    int stopped = find_lines(s, &stop);
    s->leaves = mem_get(s->count, HASH_LEN);
    atomic_init(&pass.first_bad, SIZE_MAX);
    parallel_do(threads, s->count, RUN, read_lines, &pass);
    size_t bad = atomic_load(&pass.first_bad);
    if (bad < s->count)
        return malformed_line(f, skeleton_line(s, (uint32_t)bad), bad);
    if (stopped != 0) {
        *f = stop;
        return -1;
    }
    if (find_later(s, f) != 0)
        return -1;
    memcpy(s->name, s->leaves[0], HASH_LEN);
    parallel_do(threads, s->count, 1024, join_lines, s);
    index_records(s);
    return 0;
}

void skeleton_release(struct skeleton *s)
{
    free(s->records);
    free(s->leaves);
    ids_release(&s->ids);
    keys_release(&s->keys);
}
