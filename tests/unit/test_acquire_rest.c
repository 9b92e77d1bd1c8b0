/* test_acquire_rest.c: what is kept beside an image of a failing source is known again when it goes
 * on: what was changed meanwhile is read again, or told. */
#include "acquire_trial.h"
#include <fcntl.h>

static void path_of(struct buf *out, const char *ending)
{
    buf_addf(out, "%s/im.%s", root, ending);
}

/* One byte of a file beside the image is another one. */
static void change(const char *ending, off_t at)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_FD int fd = -1;
    uint8_t byte = 0;

    path_of(&path, ending);
    fd = open(buf_text(&path), O_RDWR);
    assert_true(fd >= 0 && pread(fd, &byte, 1, at) == 1);
    byte ^= 0x40;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}

/* Goes on to the end, and says what stayed with the image of its runs. */
static void end(struct trial *t, struct source *source, const char *identity,
                struct acquire_result *r, struct buf *history, bool *is_unproven)
{
    CLEANUP_BUF struct buf part = {0};
    struct acquisition *image = NULL;
    struct err e = {0};

    part_path(&part);
    atomic_store(&t->control.stops, false);
    t->stop_in = 0;
    if (acquisition_resume(&image, buf_text(&part), identity, source, &t->options, &t->control,
                           &e) ||
        acquisition_run(image, r, &e) || acquisition_finish(image, &e))
        fail_msg("%s", e.text);
    acquire_history_text(&acquisition_begin(image)->history, history);
    *is_unproven = acquisition_is_unproven(image);
    acquisition_free(image);
}

/* Sector 20,000 fails, so the rest begins at 9 MiB; it is stopped before the first single sector:
 * of this MiB all from that sector on, 480 sectors, was not read by then. */
static void begin_rest(struct trial *t, enum target_format format, unsigned size)
{
    struct acquire_result r;
    struct err e = {0};

    trial_init(t, format, size);
    t->m.faults[20000].kind = FAULT_BAD;
    t->stop_in = RESCUE_TRIM;
    assert_int_equal(begin(t, &r, &e), ERR_CANCEL);
    assert_int_equal(part_number("rest"), 9 * MIB);
    assert_int_equal(part_number("sums"), 1);
}

/* Byte 3 MiB + 5 of the rest is byte 12 MiB + 5 of the source, and that MiB is read once more. */
static void what_was_changed_in_the_rest_is_read_again(void **state)
{
    static const enum target_format formats[] = {TARGET_E01, TARGET_RAW};
    enum { SIZE = (20 << 20) + 100 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(formats) * 2; i++) {
        CLEANUP_BUF struct buf history = {0};
        struct digests_result wanted;
        struct acquire_result r;
        struct trial t, plain;
        const char *told;
        bool is_unproven;
        uint64_t before;

        begin_rest(&plain, formats[i % 2], SIZE);
        before = plain.read;
        end(&plain, &plain.m.source, "made by a test", &r, &history, &is_unproven);
        assert_string_equal(buf_text(&history), "");
        before = plain.read - before;
        remove_image();

        begin_rest(&t, formats[i % 2], SIZE);
        if (i < 2)
            change("rest", 3 * MIB + 5);
        else /* the line of that MiB: its second one, which is the first to be written */
            change("sums", 3 * 130 + 65 + 7);
        t.read = 0;
        end(&t, &t.m.source, "made by a test", &r, &history, &is_unproven);
        memset(t.m.bytes + 20000 * 512, 0, 512);
        digest_source(&t, &wanted);
        assert_memory_equal(&r.exact, &wanted, sizeof(wanted));
        assert_int_equal(r.bad, 512);
        /* and a sector now and then, which tells whether it still answers */
        assert_in_range(t.read, before + MIB, before + MIB + 4 * 512);
        told = buf_text(&history);
        if (i >= 2) {
            static const char sums[] = "im.sums, which tells what im.rest held, was CHANGED while "
                                       "it was interrupted, so nothing vouches for what had been "
                                       "read by then from byte 9437184 on. ";

            assert_memory_equal(told, sums, sizeof(sums) - 1);
            told += sizeof(sums) - 1;
        }
        assert_string_equal(told,
                            "What had been read and lay in im.rest was CHANGED while it was "
                            "interrupted: bytes 12582912 to 13631487; read from the source again.");
        assert_false(is_unproven);
        remove_image();
        made_release(&t.m);
        made_release(&plain.m);
    }
}

static void what_was_changed_in_the_rest_of_a_source_that_is_gone_is_left(void **state)
{
    CLEANUP(source_closep) struct source *gone = source_gone(512);
    CLEANUP_BUF struct buf history = {0};
    struct digests_result wanted;
    struct acquire_result r;
    bool is_unproven;
    struct trial t;

    (void)state;
    begin_rest(&t, TARGET_E01, 20 * MIB);
    change("rest", 3 * MIB + 5);
    t.options.accepts_end = true;
    end(&t, gone, NULL, &r, &history, &is_unproven);
    memset(t.m.bytes + 20000 * 512, 0, 480 * 512);
    memset(t.m.bytes + 12 * MIB, 0, MIB);
    digest_source(&t, &wanted);
    assert_memory_equal(&r.exact, &wanted, sizeof(wanted));
    assert_int_equal(r.bad, 512); /* that had its turn before it was stopped */
    assert_int_equal(r.left, MIB + 479 * 512);
    assert_true(strstr(buf_text(&history), "bytes 12582912 to 13631487; the source is gone, and "
                                           "they are left unread."));
    remove_image();
    made_release(&t.m);
}

static void without_its_sums_the_rest_is_neither_believed_nor_thrown_away(void **state)
{
    CLEANUP(source_closep) struct source *gone = source_gone(512);
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf sums = {0};
    CLEANUP_BUF struct buf history = {0};
    struct acquire_result r;
    struct err e = {0};
    bool is_unproven;
    struct trial t;

    (void)state;
    begin_rest(&t, TARGET_RAW, 20 * MIB);
    path_of(&path, "sums");
    assert_int_equal(file_read(&sums, buf_text(&path), MIB, NULL), 0);
    assert_int_equal(unlink(buf_text(&path)), 0);
    /* Nor is a source that still gives something asked again for all that lies in the rest. */
    t.read = 0;
    assert_int_equal(go_on(&t, &t.m.source, "made by a test", &r, &e), ERR_NOTFOUND);
    assert_true(strstr(e.text, "put it back"));
    assert_int_equal(t.read, 0);
    t.options.accepts_end = true;
    assert_int_equal(go_on(&t, gone, NULL, &r, &e), ERR_NOTFOUND);
    assert_true(strstr(e.text, "put it back"));
    assert_int_equal(file_write(buf_text(&path), buf_str(&sums), 0600, NULL), 0);
    end(&t, gone, NULL, &r, &history, &is_unproven);
    assert_int_equal(r.bad, 512);
    assert_int_equal(r.left, 479 * 512);
    assert_string_equal(buf_text(&history), "");
    remove_image();
    made_release(&t.m);
}

/* From the first try on all that is done by then is durable. */
static void go_on_until_retries(struct trial *t)
{
    CLEANUP_BUF struct buf part = {0};
    struct acquisition *image = NULL;
    struct acquire_result r;
    struct err e = {0};

    part_path(&part);
    atomic_store(&t->control.stops, false);
    t->stop_in = RESCUE_RETRY;
    if (acquisition_resume(&image, buf_text(&part), "made by a test", &t->m.source, &t->options,
                           &t->control, &e))
        fail_msg("%s", e.text);
    assert_int_equal(acquisition_run(image, &r, &e), ERR_CANCEL);
    assert_int_equal(acquisition_begin(image)->history.count, 0);
    acquisition_free(image);
}

/* The state as it was, without what only stands in one that is the last of its run. */
static void put_state(const struct buf *state, const char *const *dropped)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf older = {0};
    struct hash sum;

    for (struct str rest = buf_str(state); rest.len;) {
        struct str line = str_cut(&rest, '\n');
        bool is_dropped = str_starts(line, "end ");

        for (size_t i = 0; dropped[i]; i++)
            is_dropped |= str_starts(line, dropped[i]);
        if (!is_dropped)
            buf_addf(&older, STR_FMT "\n", STR_ARG(line));
    }
    sum = hash_bytes(older.p, older.len);
    buf_adds(&older, "end ");
    hex_add(&older, sum.b, sizeof(sum.b));
    buf_addc(&older, '\n');
    part_path(&path);
    assert_int_equal(file_write(buf_text(&path), buf_str(&older), 0600, NULL), 0);
}

/* What lies beside an image at one moment. */
struct moment {
    struct buf part, map, sums, claim;
};

static void read_beside(const char *ending, struct buf *out)
{
    CLEANUP_BUF struct buf path = {0};

    path_of(&path, ending);
    assert_int_equal(file_read(out, buf_text(&path), MIB, NULL), 0);
}

static void moment_take(struct moment *o)
{
    *o = (struct moment){0};
    read_beside("part", &o->part);
    read_beside("map", &o->map);
    read_beside("sums", &o->sums);
    read_beside("claim", &o->claim);
}

static void moment_release(struct moment *o)
{
    buf_release(&o->part);
    buf_release(&o->map);
    buf_release(&o->sums);
    buf_release(&o->claim);
}

/* The power failed when the sums of later were durable, and the state that goes with them was not:
 * of each MiB there is the line of before, and the one of later beside it. */
static void cut_power(const struct moment *before)
{
    enum { LINE = 65 };
    static const char *const sealed[] = {"sealed ", NULL};
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf sums = {0};

    read_beside("sums", &sums);
    for (size_t at = 0; at + 2 * LINE <= sums.len && at + 2 * LINE <= before->sums.len;
         at += 2 * LINE) {
        const char *line = before->sums.p + at;

        memcpy(sums.p + at, line[0] ? line : line + LINE, LINE);
    }
    path_of(&path, "sums");
    assert_int_equal(file_write(buf_text(&path), buf_str(&sums), 0600, NULL), 0);
    buf_clear(&path);
    path_of(&path, "map");
    assert_int_equal(file_write(buf_text(&path), buf_str(&before->map), 0600, NULL), 0);
    buf_clear(&path);
    path_of(&path, "claim"); /* it gets the number of a state behind it */
    assert_int_equal(file_write(buf_text(&path), buf_str(&before->claim), 0600, NULL), 0);
    put_state(&before->part, sealed);
}

/* A power cut between the sums and the map that goes with them: the map is that of before. */
static void sums_that_are_newer_than_the_map_are_no_change(void **state)
{
    CLEANUP(moment_release) struct moment before = {0};
    CLEANUP_BUF struct buf history = {0};
    struct digests_result wanted;
    struct acquire_result r;
    struct err e = {0};
    bool is_unproven;
    struct trial t;

    (void)state;
    trial_init(&t, TARGET_RAW, 20 * MIB);
    for (size_t k = 20000; k < 20010; k++)
        t.m.faults[k] = (struct made_fault){FAULT_WEAK, 4};
    t.stop_in = RESCUE_TRIM;
    assert_int_equal(begin(&t, &r, &e), ERR_CANCEL);
    moment_take(&before);
    t.options.retries = 9;
    for (size_t i = 0; i < 2; i++) {
        go_on_until_retries(&t);
        cut_power(&before);
    }
    end(&t, &t.m.source, "made by a test", &r, &history, &is_unproven);
    assert_string_equal(buf_text(&history), "");
    digest_source(&t, &wanted);
    assert_memory_equal(&r.exact, &wanted, sizeof(wanted));
    remove_image();
    made_release(&t.m);
}

/* Sectors that came behind the last state, and fail later: the image has zeros in their place. */
static void what_came_behind_the_last_map_is_not_believed(void **state)
{
    CLEANUP(moment_release) struct moment before = {0};
    CLEANUP_BUF struct buf history = {0};
    struct digests_result wanted;
    struct acquire_result r;
    struct err e = {0};
    bool is_unproven;
    struct trial t;

    (void)state;
    trial_init(&t, TARGET_RAW, 20 * MIB);
    for (size_t k = 20000; k < 20010; k++)
        t.m.faults[k].kind = FAULT_BAD;
    t.stop_in = RESCUE_TRIM;
    assert_int_equal(begin(&t, &r, &e), ERR_CANCEL);
    moment_take(&before);
    for (size_t k = 20001; k < 20009; k++)
        t.m.faults[k].kind = FAULT_NONE;
    go_on_until_retries(&t);
    cut_power(&before);
    for (size_t k = 20001; k < 20009; k++)
        t.m.faults[k].kind = FAULT_BAD;
    end(&t, &t.m.source, "made by a test", &r, &history, &is_unproven);
    assert_int_equal(r.bad, 10 * 512);
    memset(t.m.bytes + 20000 * 512, 0, 10 * 512);
    digest_source(&t, &wanted);
    assert_memory_equal(&r.exact, &wanted, sizeof(wanted));
    remove_image();
    made_release(&t.m);
}

static void hash_beside(const char *ending, struct buf *out)
{
    CLEANUP_BUF struct buf path = {0};
    struct hash sum;
    uint64_t size;

    path_of(&path, ending);
    assert_int_equal(file_sum(buf_text(&path), &sum, &size, NULL), 0);
    buf_add(out, sum.b, sizeof(sum.b));
}

static void hash_all_beside(struct buf *out)
{
    static const char *const endings[] = {"raw", "map", "pieces", "part", "rest", "sums"};

    for (size_t i = 0; i < COUNT_OF(endings); i++)
        hash_beside(endings[i], out);
}

/* Somebody wrote that more is in the image than its file has: what is not there would be taken for
 * read, and its room in the rest given back. */
static void a_state_that_tells_of_more_than_the_image_holds_changes_nothing(void **state)
{
    static const uint64_t more[] = {1, 512, 4096, 1 << 20, 3 << 20};
    static const char *const none[] = {NULL};
    struct trial t;

    (void)state;
    begin_rest(&t, TARGET_RAW, 20 * MIB);
    for (size_t i = 0; i < COUNT_OF(more); i++) {
        CLEANUP_BUF struct buf was = {0};
        CLEANUP_BUF struct buf forged = {0};
        CLEANUP_BUF struct buf before = {0};
        CLEANUP_BUF struct buf after = {0};
        struct acquire_result r;
        struct err e = {0};
        const char *at;

        read_beside("part", &was);
        at = strstr(buf_text(&was), "\ndone 9437184\n");
        assert_non_null(at);
        buf_add(&forged, was.p, (size_t)(at - was.p));
        buf_addf(&forged, "\ndone %llu%s", (unsigned long long)(9 * MIB + more[i]),
                 at + strlen("\ndone 9437184"));
        put_state(&forged, none);
        hash_all_beside(&before);
        assert_int_equal(go_on(&t, &t.m.source, "made by a test", &r, &e), ERR_TAMPER);
        assert_non_null(strstr(e.text, "it has 9437184 bytes of the source, and im.part tells of"));
        hash_all_beside(&after);
        assert_int_equal(after.len, before.len);
        assert_memory_equal(after.p, before.p, before.len);
        put_state(&was, none);
    }
    remove_image();
    made_release(&t.m);
}

/* A state without the line "sums", as the version before wrote it, with its own sum at its end. */
static void the_rest_of_a_version_before_goes_on_and_is_told_of(void **state)
{
    static const char *const later[] = {"sums ",    "chain ", "map ", "sealed ",
                                        "unbound ", "found ", NULL};
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf history = {0};
    struct acquire_result r;
    bool is_unproven;
    struct trial t;

    (void)state;
    begin_rest(&t, TARGET_RAW, 20 * MIB);
    read_beside("part", &text);
    put_state(&text, later);
    end(&t, &t.m.source, "made by a test", &r, &history, &is_unproven);
    assert_int_equal(r.bad, 512);
    assert_true(is_unproven);
    remove_image();
    made_release(&t.m);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_changed_in_the_rest_is_read_again),
        cmocka_unit_test(what_was_changed_in_the_rest_of_a_source_that_is_gone_is_left),
        cmocka_unit_test(without_its_sums_the_rest_is_neither_believed_nor_thrown_away),
        cmocka_unit_test(sums_that_are_newer_than_the_map_are_no_change),
        cmocka_unit_test(what_came_behind_the_last_map_is_not_believed),
        cmocka_unit_test(a_state_that_tells_of_more_than_the_image_holds_changes_nothing),
        cmocka_unit_test(the_rest_of_a_version_before_goes_on_and_is_told_of),
    };

    return trial_main(argc, argv, "test_acquire_rest", tests, COUNT_OF(tests));
}
