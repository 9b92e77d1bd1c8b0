/* test_verify_changed.c: a file that somebody changes while it is read is still read within its
 * bounds, and yields no more trust than the file that was there at first.
 *
 * Run with files of the corpus of fuzz_verify, which says how they are laid out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "verify/anchor.h"
#include "verify/check.h"
#include "verify/merge.h"
#include "verify/openings.h"

#define PARTS 3 /* journal, openings, note */

/* One file of the corpus, each part in a block of exactly its size. */
struct input {
    char *part[PARTS];
    size_t len[PARTS];
};

static int input_count;
static char **input_names;

static void input_read(struct input *in, const char *name)
{
    FILE *f = fopen(name, "rb");
    uint8_t head[3];

    assert_non_null(f);
    memset(in, 0, sizeof *in);
    for (int i = 0; i < PARTS; i++) {
        if (fread(head, 1, 3, f) == 3)
            in->len[i] = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
        in->part[i] = malloc(in->len[i] + 1);
        assert_non_null(in->part[i]);
        in->len[i] = fread(in->part[i], 1, in->len[i], f);
    }
    fclose(f);
}

static void input_drop(struct input *in)
{
    for (int i = 0; i < PARTS; i++)
        free(in->part[i]);
}

/* A journal whose lines were read, and what its checks found. */
struct run {
    struct input in;
    struct skeleton skel;
    struct openings openings;
    struct hasher *hasher;
    struct verdict verdict;
    struct opening_counts counts;
};

static bool run_begin(struct run *r, const char *name)
{
    memset(r, 0, sizeof *r);
    input_read(&r->in, name);
    r->hasher = hasher_new();
    return skeleton_read(&r->skel, (struct slice){r->in.part[0], r->in.len[0]}, 1,
                         &r->verdict.finding) == 0 &&
           openings_read(&r->openings, (struct slice){r->in.part[1], r->in.len[1]}, 1,
                         &r->verdict.finding) == 0;
}

static void run_end(struct run *r)
{
    skeleton_release(&r->skel);
    openings_release(&r->openings);
    hasher_free(r->hasher);
    input_drop(&r->in);
}

/* The key of the corpus's witness is that of the seed SHA-256("test key 6"). */
static void witness_key(uint8_t key[KEY_LEN])
{
    uint8_t secret[64];
    uint8_t seed[32];

    crypto_hash_sha256(seed, (const uint8_t *)"test key 6", 10);
    assert_int_equal(crypto_sign_seed_keypair(key, secret, seed), 0);
}

/* Everything behind the reading of lines. `between`, where given, changes a byte behind the check
 * of the records. */
static int run_checks(struct run *r, char *between)
{
    static uint8_t witness[1][KEY_LEN];
    struct beside note = {"note", {r->in.part[2], r->in.len[2]}};
    const struct trust_given trust = {
        .witnesses = witness, .witness_count = 1, .notes = &note, .note_count = r->in.len[2] > 0};
    struct journal j;
    int result = 0;

    witness_key(witness[0]);
    memset(&r->verdict, 0, sizeof r->verdict);
    memset(&r->counts, 0, sizeof r->counts);
    if (merge_limits(&r->skel, &r->verdict.finding) != 0)
        return -1;
    journal_open(&j, &r->skel, r->hasher);
    result = check_records(&j, r->hasher, &r->verdict.finding);
    if (between != NULL)
        *between = '!';
    if (result == 0)
        result = openings_match(&r->openings, &j, 1, &r->counts, &r->verdict.finding);
    if (result == 0)
        result = anchor_find(&j, r->hasher, &trust, 1, &r->verdict);
    journal_release(&j);
    return result;
}

static void any_byte_of_a_line_changed_gives_no_more_trust(void **state)
{
    size_t judged = 0;

    (void)state;
    for (int i = 0; i < input_count; i++) {
        struct run r;

        if (run_begin(&r, input_names[i]) && run_checks(&r, NULL) == 0) {
            uint64_t anchored = r.verdict.anchored_size;

            for (size_t at = 0; at < r.in.len[0]; at += at % 7 + 17) { /* some of each part */
                char was = r.in.part[0][at];

                for (int later = 0; later < 2; later++) {
                    r.in.part[0][at] = later ? was : '!';
                    if (run_checks(&r, later ? &r.in.part[0][at] : NULL) != 0)
                        assert_true(r.verdict.finding.text[0] != '\0');
                    assert_true(r.verdict.anchored_size <= anchored);
                    r.in.part[0][at] = was;
                }
                judged++;
            }
        }
        run_end(&r);
    }
    assert_true(judged > 1000);
}

/* Records of the types of section 9, in a journal without merges, whose places are its lines. */
static void public_that_changed_is_found_at_its_record(void **state)
{
    size_t found = 0;

    (void)state;
    for (int i = 0; i < input_count; i++) {
        struct run r;
        bool plain = run_begin(&r, input_names[i]) && run_checks(&r, NULL) == 0;

        for (uint32_t n = 0; plain && n < r.skel.count; n++)
            plain = r.skel.records[n].type != TYPE_MERGE;
        for (uint32_t n = 0; plain && n < r.skel.count; n++) {
            const struct record *record = &r.skel.records[n];
            char *at = r.in.part[0] + record->off + record->public;
            char was = *at;

            if (record->type == TYPE_OTHER)
                continue;
            *at = '!';
            assert_int_equal(run_checks(&r, NULL), -1);
            assert_int_equal(r.verdict.finding.status, STATUS_TAMPERED);
            assert_int_equal(r.verdict.finding.record, n);
            assert_string_equal(r.verdict.finding.rule, "public");
            *at = was;
            found++;
        }
        run_end(&r);
    }
    assert_true(found > 50);
}

/* Redactions and anchors are read again behind the check of the records: they count no more. */
static void what_changed_behind_the_check_has_no_effect(void **state)
{
    size_t redactions = 0;
    size_t anchors = 0;

    (void)state;
    for (int i = 0; i < input_count; i++) {
        struct run r;
        bool good = run_begin(&r, input_names[i]) && run_checks(&r, NULL) == 0;
        uint64_t redacted = r.counts.redacted;
        uint64_t anchored = r.verdict.anchored_size;

        for (uint32_t n = 0; good && n < r.skel.count; n++) {
            const struct record *record = &r.skel.records[n];
            char *at = r.in.part[0] + record->off + record->public;
            char was = *at;

            if (record->type == TYPE_REDACT) {
                assert_int_equal(run_checks(&r, at), 0);
                assert_int_equal(r.counts.redacted, 0);
                redactions += redacted > 0;
            } else if (record->type == TYPE_ANCHOR) {
                assert_int_equal(run_checks(&r, at), 0);
                assert_int_equal(r.verdict.anchored_size, 0);
                anchors += anchored > 0;
            }
            *at = was;
        }
        run_end(&r);
    }
    assert_true(redactions > 0);
    assert_true(anchors > 0);
}

static void openings_and_notes_that_changed_fit_nothing(void **state)
{
    size_t openings = 0;
    size_t notes = 0;

    (void)state;
    for (int i = 0; i < input_count; i++) {
        struct run r;
        bool good = run_begin(&r, input_names[i]) && run_checks(&r, NULL) == 0;

        for (size_t n = 0; good && n < r.openings.count; n++) {
            char *at = r.in.part[1] + r.openings.places[n].off;
            char was = *at;

            *at = '!';
            assert_int_equal(run_checks(&r, NULL), -1);
            assert_int_equal(r.verdict.finding.status, STATUS_MALFORMED);
            *at = was;
            openings++;
        }
        if (good && r.verdict.anchors[SOURCE_WITNESS].size > 0 && r.in.len[2] > 0) {
            r.in.part[2][0] = '!';
            assert_int_equal(run_checks(&r, NULL), 0);
            assert_int_equal(r.verdict.anchored_size, 0);
            notes++;
        }
        run_end(&r);
    }
    assert_true(openings > 0);
    assert_true(notes > 0);
}

/* A merge's skip that says more triples than its text has, as it would if that changed. */
static void a_skip_that_ends_early_lays_out_nothing(void **state)
{
    static const char *const texts[] = {"", "5", "5,0", "5,0,1", "5,0,1,6"};
    struct skeleton skel = {.count = 9};
    struct journal j = {.skel = &skel, .size = 9};
    struct copies copies = {.built = 0};
    struct journal copy;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct public merge = {.fork = 5,
                                     .size = 8,
                                     .count = 1,
                                     .skip = {texts[i], strlen(texts[i])},
                                     .skip_count = 2};
        const char *why = NULL;
        bool cut = true;

        assert_int_equal(merge_lay_out(&copies, &j, 6, &merge, &copy, &why, &cut), -1);
        assert_non_null(why);
        assert_false(cut);
    }
    copies_release(&copies);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_byte_of_a_line_changed_gives_no_more_trust),
        cmocka_unit_test(public_that_changed_is_found_at_its_record),
        cmocka_unit_test(what_changed_behind_the_check_has_no_effect),
        cmocka_unit_test(openings_and_notes_that_changed_fit_nothing),
        cmocka_unit_test(a_skip_that_ends_early_lays_out_nothing),
    };

    if (sodium_init() < 0)
        return 1;
    input_count = argc - 1;
    input_names = argv + 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
