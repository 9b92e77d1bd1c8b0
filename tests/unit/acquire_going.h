/* acquire_going.h: one image of a source that goes away, and is well again when it was off and on.
 */
#pragma once
#include "acquire_trial.h"

enum { SECTORS = 16 * 2048 };

static const struct digests_result none;

/* It was off and on. */
static void revive(struct trial *t)
{
    t->m.is_dead = false;
    t->m.gone_after = 0;
    t->dies_in = 0;
    t->stop_behind = 0;
}

/* Until it ends, off and on each time; how many runs that takes. */
UNUSED static unsigned go_on_to_end(struct trial *t, struct acquire_result *r, unsigned most)
{
    struct err e = {0};
    int rc = ERR_IO;
    unsigned runs = 0;

    while (rc && runs < most) {
        t->m.is_dead = false;
        rc = go_on(t, &t->m.source, "made by a test", r, &e);
        runs++;
        if (rc && (rc != ERR_IO || !strstr(e.text, "were being read then")))
            fail_msg("in run %u: %s", runs, e.text);
    }
    if (rc)
        fail_msg("after %u runs: %s", runs, e.text);
    return runs;
}

UNUSED static unsigned end(struct trial *t, struct acquire_result *r, unsigned most)
{
    struct err e = {0};

    assert_int_equal(begin(t, r, &e), ERR_IO);
    assert_non_null(strstr(e.text, "were being read then"));
    return 1 + go_on_to_end(t, r, most - 1);
}

/* What is lost is each sector of the places, and of those that are bad. */
static void check(struct trial *t, const struct acquire_result *r)
{
    struct digests_result wanted;
    uint64_t bad = 0;

    for (uint64_t s = 0; s < SECTORS; s++) {
        bool is_lost = t->m.faults[s].kind == FAULT_BAD;

        for (size_t i = 0; i < COUNT_OF(t->m.traps); i++)
            is_lost |= s >= t->m.traps[i].first && s - t->m.traps[i].first < t->m.traps[i].count;
        if (is_lost)
            memset(t->m.bytes + s * 512, 0, 512);
        bad += is_lost ? 512 : 0;
    }
    digest_source(t, &wanted);
    assert_memory_equal(&r->exact, &wanted, sizeof(wanted));
    assert_int_equal(r->bad, bad);
    assert_memory_not_equal(&r->exact, &none, sizeof(none));
}

UNUSED static void part_text(struct buf *out)
{
    CLEANUP_BUF struct buf path = {0};

    part_path(&path);
    buf_clear(out);
    assert_int_equal(file_read(out, buf_text(&path), MIB, NULL), 0);
}
