/* test_acquire_same.c: a source is compared with what the image has of it, by places of its bytes.
 */
#include "acquire_trial.h"

#define KNOWN "device ATA X1, serial S1, WWN unknown; whole"
#define UNKNOWN "device 0x1af4 , serial unknown, WWN unknown; whole"

enum { SIZE = 6 << 20, STOP_AT = 3 << 20, PLACE = 4096 };

/* What became of the source while the image was interrupted: some of its bytes are others, or some
 * of these do not read any more. */
struct becoming {
    const char *identity;
    uint64_t changed;   /* its first bytes: all that are compared, or the first place alone */
    bool is_unreadable; /* that one */
    bool may_change;    /* --live */
    int wanted;
    bool is_marked;
};

static void become(struct trial *t, const struct becoming *b)
{
    uint64_t done = part_number("done"); /* it may have read on a little before it stopped */
    uint64_t changed = b->changed == STOP_AT && done > STOP_AT ? done : b->changed;

    for (uint64_t i = 0; i < changed; i++)
        t->m.bytes[i] ^= 0x55;
    if (b->is_unreadable)
        t->m.faults[1].kind = FAULT_BAD;
    t->options.accepts_change = b->may_change;
}

/* As go_on of a trial, and what the image has of changes. */
static int go_on_marked(struct trial *t, bool *is_marked, struct acquire_result *out, struct err *e)
{
    CLEANUP_BUF struct buf part = {0};
    struct acquisition *image = NULL;
    const char *how = "";
    int rc;

    part_path(&part);
    stop_no_more(t);
    rc = acquisition_resume(&image, buf_text(&part), t->identity, &t->m.source, &t->options,
                            &t->control, e);
    if (rc == 0)
        rc = acquisition_run(image, out, e);
    *is_marked = rc == 0 && acquisition_was_changed(image, &how);
    if (*is_marked)
        assert_non_null(strstr(how, "it holds other bytes than the image"));
    if (rc == 0)
        rc = acquisition_finish(image, e);
    acquisition_free(image);
    return rc;
}

static void try(const struct becoming *b, enum target_format format)
{
    struct digests_result wanted;
    struct acquire_result r;
    struct err e = {0};
    struct trial t;
    bool is_marked;

    trial_init(&t, format, SIZE);
    t.identity = b->identity;
    t.stop_at = STOP_AT;
    assert_int_equal(begin(&t, &r, &e), ERR_CANCEL);
    digest_source(&t, &wanted);
    become(&t, b);
    if (go_on_marked(&t, &is_marked, &r, &e) != b->wanted || is_marked != b->is_marked)
        fail_msg("%s, %llu changed: %s", b->identity, (unsigned long long)b->changed, e.text);
    if (b->wanted == 0)
        assert_memory_equal(&r.exact, &wanted, sizeof(wanted));
    else
        assert_int_not_equal(part_number("done"), UINT64_MAX); /* it can go on with its own */
    remove_image();
    made_release(&t.m);
}

static void another_source_is_refused_and_a_changed_one_marked(void **state)
{
    static const struct becoming cases[] = {
        {.identity = KNOWN},
        {.identity = UNKNOWN},
        {.identity = KNOWN, .changed = PLACE, .is_marked = true},
        {.identity = UNKNOWN, .changed = PLACE, .wanted = ERR_CONFLICT},
        {.identity = UNKNOWN, .changed = PLACE, .may_change = true, .is_marked = true},
        /* A dock tells its own serial number, whatever disk is in it. */
        {.identity = KNOWN, .changed = STOP_AT, .wanted = ERR_CONFLICT},
        {.identity = UNKNOWN, .changed = STOP_AT, .wanted = ERR_CONFLICT},
        {.identity = UNKNOWN, .changed = STOP_AT, .may_change = true, .wanted = ERR_CONFLICT},
        /* A place that does not read any more says nothing. */
        {.identity = UNKNOWN, .changed = PLACE, .is_unreadable = true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        try(&cases[i], TARGET_RAW);
        try(&cases[i], TARGET_E01);
    }
}

/* Of one that says who it is at most 16 and 4 places, of another 64 and 16 (image.md, "By its
 * bytes"); all else that is read is behind what was stopped at. */
static void few_places_are_read_for_it(void **state)
{
    static const struct {
        const char *identity;
        uint64_t places;
    } cases[] = {{KNOWN, 16 + 4}, {UNKNOWN, 64 + 16}, {NULL, 0}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct acquire_result r;
        struct err e = {0};
        struct trial t;

        trial_init(&t, TARGET_RAW, SIZE);
        memset(t.m.bytes + STOP_AT / 2, 0, STOP_AT / 2);
        t.identity = cases[i].identity;
        t.stop_at = STOP_AT;
        assert_int_equal(begin(&t, &r, &e), ERR_CANCEL);
        if (go_on(&t, &t.m.source, t.identity ? t.identity : "made by a test", &r, &e))
            fail_msg("%s", e.text);
        assert_int_equal(t.read, SIZE + cases[i].places * PLACE);
        remove_image();
        made_release(&t.m);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_source_is_refused_and_a_changed_one_marked),
        cmocka_unit_test(few_places_are_read_for_it),
    };

    return trial_main(argc, argv, "test_acquire_same", tests, COUNT_OF(tests));
}
