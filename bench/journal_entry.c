/* journal_entry.c: how long the reading, hashing, following and writing of one line of a journal
 * takes, beside a plain scan of the same bytes and a signature check. */
#include <sodium.h>
#include <time.h>
#include "base/mem.h"
#include "journal/ed25519.h"
#include "journal/keys.h"
#include "journal/tree.h"

enum { LINE_COUNT = 20000, ROUND_COUNT = 25, CHECK_COUNT = 2000 };

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

struct bench {
    struct buf text; /* the lines, each ended by LF */
    struct str lines[LINE_COUNT];
    struct key key;
    unsigned char secret[crypto_sign_SECRETKEYBYTES];
};

static struct hash some_hash(uint64_t number)
{
    return hash_bytes(&number, sizeof(number));
}

/* Record 0 is a case; the others are notes with two fields and a reference. */
static void write_line(struct bench *b, uint64_t seq, const struct hash *case_id,
                       const struct hash *prev, struct buf *line)
{
    CLEANUP_BUF struct buf head = {0};
    CLEANUP_BUF struct buf statement = {0};
    CLEANUP_BUF struct buf key = {0};
    CLEANUP_BUF struct buf other = {0};
    CLEANUP_BUF struct buf message = {0};
    struct hash number = some_hash(seq);
    struct draft_field fields[] = {{"action", some_hash(seq * 3)}, {"text", some_hash(seq * 7)}};
    struct draft_public publics[4] = {{"format", STR("\"cj/1\"")}};
    struct statement_draft d = {.case_id = *case_id,
                                .seen_size = seq,
                                .seen_head = *prev,
                                .time = {1795576329 + (int64_t)seq, 123456789},
                                .mono_ns = 1000000 * seq,
                                .clock = "ntp",
                                .by = b->key,
                                .type = seq ? "note/1" : "case/1",
                                .tlp = "amber",
                                .scope = "team",
                                .publics = publics,
                                .public_count = seq ? 0 : 4,
                                .fields = fields,
                                .field_count = seq ? 2 : 0,
                                .refs = (const struct id *)&number,
                                .ref_count = seq ? 1 : 0};
    struct sig sig;
    struct err e;

    memcpy(d.id.b, number.b, sizeof(d.id.b));
    spell_hex(&key, &b->key, sizeof(b->key));
    spell_hex(&other, &number, sizeof(number));
    publics[1] = (struct draft_public){"key", buf_str(&key)};
    publics[2] = (struct draft_public){"policy", STR("\"default\"")};
    publics[3] = (struct draft_public){"recovery", buf_str(&other)};
    statement_write_head(&head, &d);
    statement_signed_bytes(&message, buf_str(&head));
    crypto_sign_detached(sig.b, NULL, (const unsigned char *)message.p, message.len, b->secret);
    statement_finish(&statement, buf_str(&head), &sig);
    buf_clear(line);
    if (entry_write(line, case_id, seq, prev, 0, d.time, buf_str(&statement), &e) != 0)
        BUG("%s", e.text);
}

static void write_journal(struct bench *b)
{
    CLEANUP_BUF struct buf line = {0};
    struct hash case_id = hash_zero;
    struct hash prev = hash_zero;
    size_t off = 0;

    crypto_sign_keypair(b->key.b, b->secret);
    for (uint64_t seq = 0; seq < LINE_COUNT; seq++) {
        write_line(b, seq, &case_id, &prev, &line);
        prev = hash_leaf(buf_str(&line));
        if (seq == 0)
            case_id = prev;
        b->lines[seq].len = line.len;
        buf_addstr(&b->text, buf_str(&line));
        buf_addc(&b->text, '\n');
    }
    for (size_t i = 0; i < LINE_COUNT; i++) {
        b->lines[i].p = b->text.p + off;
        off += b->lines[i].len + 1;
    }
}

typedef uint64_t step(const struct bench *b, size_t i);

static uint64_t scan_line(const struct bench *b, size_t i)
{
    uint64_t sum = 0;

    for (size_t k = 0; k < b->lines[i].len; k++)
        sum += (unsigned char)b->lines[i].p[k] < 0x20;
    return sum;
}

static uint64_t read_line(const struct bench *b, size_t i)
{
    struct entry entry;
    struct err e;

    if (entry_read(&entry, b->lines[i], &e) != 0)
        BUG("%s", e.text);
    return entry.seq;
}

static uint64_t hash_line(const struct bench *b, size_t i)
{
    return hash_leaf(b->lines[i]).b[0];
}

/* The best of several rounds, a line. */
static double time_of(const struct bench *b, step *run)
{
    volatile uint64_t sink = 0;
    double best = 1e18;

    for (unsigned round = 0; round < ROUND_COUNT; round++) {
        double start = now_us();
        double took;

        for (size_t i = 0; i < LINE_COUNT; i++)
            sink = sink + run(b, i);
        took = (now_us() - start) / LINE_COUNT;
        best = took < best ? took : best;
    }
    return best;
}

/* What the opening of a journal does with each line: reads, checks the chain, grows the tree,
 * follows the keys. */
static double time_of_opening(const struct bench *b)
{
    CLEANUP(keyring_freep) struct keyring *keyring = keyring_new();
    struct hash prev = hash_zero;
    enum key_trust trust;
    double start = now_us();
    struct tree tree;

    tree_init(&tree);
    for (size_t i = 0; i < LINE_COUNT; i++) {
        struct entry entry;
        struct err e;

        if (entry_read(&entry, b->lines[i], &e) != 0 || !hash_eq(&entry.prev, &prev) ||
            keyring_add(keyring, &entry, &trust, &e) != 0)
            BUG("line %zu does not follow", i);
        prev = hash_leaf(b->lines[i]);
        tree_append(&tree, &prev);
    }
    return (now_us() - start) / LINE_COUNT;
}

static double time_of_writing(struct bench *b)
{
    CLEANUP_BUF struct buf head = {0};
    CLEANUP_BUF struct buf statement = {0};
    CLEANUP_BUF struct buf line = {0};
    struct draft_field fields[] = {{"action", some_hash(1)}, {"text", some_hash(2)}};
    struct statement_draft d = {.time = {1795576329, 123456789},
                                .clock = "ntp",
                                .by = b->key,
                                .type = "note/1",
                                .tlp = "amber",
                                .scope = "team",
                                .fields = fields,
                                .field_count = 2};
    double start = now_us();
    struct sig sig = {{0}};
    struct err e;

    for (size_t i = 0; i < LINE_COUNT; i++) {
        buf_clear(&head);
        buf_clear(&statement);
        buf_clear(&line);
        statement_write_head(&head, &d);
        statement_finish(&statement, buf_str(&head), &sig);
        if (entry_write(&line, &d.case_id, i, &d.seen_head, 0, d.time, buf_str(&statement), &e) !=
            0)
            BUG("%s", e.text);
    }
    return (now_us() - start) / LINE_COUNT;
}

static double time_of_signatures(const struct bench *b)
{
    double start = now_us();
    struct entry entry;
    struct err e;

    for (size_t i = 1; i <= CHECK_COUNT; i++)
        if (entry_read(&entry, b->lines[i], &e) != 0 || entry_check_signatures(&entry, &e) != 0)
            BUG("%s", e.text);
    return (now_us() - start) / CHECK_COUNT;
}

static void print_row(const char *name, double us, double scan)
{
    printf("%-34s %8.3f us a line  %7.1f × a scan\n", name, us, us / scan);
}

int main(void)
{
    static struct bench b;
    double scan;

    if (sodium_init() < 0)
        return 1;
    write_journal(&b);
    printf("%d lines of %zu bytes\n", LINE_COUNT, b.text.len / LINE_COUNT);
    scan = time_of(&b, scan_line);
    print_row("scan for control characters", scan, scan);
    print_row("entry_read", time_of(&b, read_line), scan);
    print_row("hash_leaf", time_of(&b, hash_line), scan);
    print_row("read, chain, keys, tree", time_of_opening(&b), scan);
    print_row("write", time_of_writing(&b), scan);
    print_row("read and check signatures", time_of_signatures(&b), scan);
    buf_release(&b.text);
    return 0;
}
