/* test_acquire_source.c: when a source is taken for the one of before, and when a file for changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>
#include "acquire/source_file.h"
#include "acquire/source_identity.h"
#include "sys/file.h"

static void only_the_same_source_is_taken_for_it(void **state)
{
#define DISK "device ATA X1, serial S1, WWN unknown"
#define VIRTIO "device 0x1af4 , serial unknown, WWN unknown; whole; at /devices/pci0/virtio"
    static const struct {
        const char *was, *is;
        enum source_sameness wanted;
    } cases[] = {
        {DISK "; whole", DISK "; whole", SOURCE_SAME},
        {DISK "; whole", "device ATA X1, serial S2, WWN unknown; whole", SOURCE_OTHER},
        {DISK "; whole", DISK "; partition 1 from sector 2048", SOURCE_OTHER},
        {DISK "; partition 1 from sector 2048", DISK "; partition 2 from sector 83968",
         SOURCE_OTHER},
        {DISK "; partition 1 from sector 2048", DISK "; partition 1 from sector 4096",
         SOURCE_OTHER},
        /* A version before said nothing of these. */
        {DISK, DISK "; partition 1 from sector 2048", SOURCE_SAME},
        {VIRTIO "1; holds aa", VIRTIO "1; holds aa", SOURCE_SAME},
        {VIRTIO "1; holds aa", VIRTIO "2; holds aa", SOURCE_OTHER},
        {VIRTIO "1; holds aa", VIRTIO "1; holds bb", SOURCE_OTHER},
        /* Its first sectors could not be read this time, or it is in use. */
        {VIRTIO "1; holds aa", VIRTIO "1", SOURCE_SAME},
        {"file 7 on 3, modified 5.000000001", "file 7 on 3; modified 5.000000001", SOURCE_SAME},
        {"file 7 on 3, modified 5.000000001", "file 7 on 3; modified 6.000000001", SOURCE_CHANGED},
        {"file 7 on 3; modified 5.000000001", "file 7 on 3; modified 5.000000002", SOURCE_CHANGED},
        {"file 7 on 3; modified 5.000000001", "file 8 on 3; modified 5.000000001", SOURCE_OTHER},
        {"file 7 on 3; modified 5.000000001", DISK "; whole", SOURCE_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (source_identity_compare(cases[i].was, cases[i].is) != cases[i].wanted)
            fail_msg("%s / %s", cases[i].was, cases[i].is);
}

/* What a device says of itself could look like the parts behind it. */
static void a_device_tells_no_part_of_its_own(void **state)
{
    char none[] = "", model[] = "M; partition 1 from sector 2048", which[] = "; whole";
    const struct source_facts f = {.vendor = none,
                                   .model = model,
                                   .serial = none,
                                   .wwn = none,
                                   .which = which,
                                   .is_device = 1};
    CLEANUP_BUF struct buf identity = {0};

    (void)state;
    source_facts_identity(&f, &identity);
    assert_string_equal(
        buf_text(&identity),
        "device  M, partition 1 from sector 2048, serial unknown, WWN unknown; whole");
}

static void a_file_that_is_written_to_is_told(void **state)
{
    char path[] = "/tmp/test_acquire_source.XXXXXX";
    CLEANUP_FD int fd = mkstemp(path);
    CLEANUP_BUF struct buf words = {0};
    struct stat before = {0};

    (void)state;
    assert_true(fd >= 0 && unlink(path) == 0 && pwrite(fd, "abcd", 4, 0) == 4);
    assert_int_equal(fstat(fd, &before), 0);
    file_change(&before, fd, &words);
    assert_int_equal(words.len, 0);
    assert_int_equal(pwrite(fd, "efg", 3, 4), 3);
    file_change(&before, fd, &words);
    assert_string_equal(buf_text(&words), "4 bytes before, 7 after");
    assert_int_equal(ftruncate(fd, 4), 0);
    buf_clear(&words);
    file_change(&before, fd, &words);
    assert_string_equal(buf_text(&words), "it was written to, or its entry was changed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_same_source_is_taken_for_it),
        cmocka_unit_test(a_device_tells_no_part_of_its_own),
        cmocka_unit_test(a_file_that_is_written_to_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
