/* test_acquire_source.c: when a source is taken for the one of before, and when a file for changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>
#include "acquire/source_ata.h"
#include "acquire/source_file.h"
#include "acquire/source_identity.h"
#include "base/mem.h"
#include "sys/file.h"

static void only_the_same_source_is_taken_for_it(void **state)
{
#define DISK "device ATA X1, serial S1, WWN unknown"
#define UNKNOWN "device QEMU D, serial unknown, WWN unknown; whole"
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
        /* It begins or ends otherwise: what it holds tells whether it is another one. */
        {VIRTIO "1; holds aa", VIRTIO "1; holds bb", SOURCE_CHANGED},
        {UNKNOWN "; table ab-1", UNKNOWN "; table ab-1; filesystem 77", SOURCE_SAME},
        {UNKNOWN "; table ab-1", UNKNOWN "; table ab-2", SOURCE_OTHER},
        {UNKNOWN "; entry ab-1", UNKNOWN "; entry ab-2", SOURCE_OTHER},
        {UNKNOWN "; filesystem 77; holds aa", UNKNOWN "; filesystem 78; holds aa", SOURCE_OTHER},
        /* Its first sectors could not be read this time, or it is in use. */
        {VIRTIO "1; holds aa", VIRTIO "1", SOURCE_SAME},
        {"file 7 on 3, modified 5.000000001", "file 7 on 3; modified 5.000000001", SOURCE_SAME},
        {"file 7 on 3, modified 5.000000001", "file 7 on 3; modified 6.000000001", SOURCE_CHANGED},
        {"file 7 on 3; modified 5.000000001", "file 7 on 3; modified 5.000000002", SOURCE_CHANGED},
        {"file 7 on 3; modified 5.000000001", "file 8 on 3; modified 5.000000001", SOURCE_OTHER},
        {"file 7 on 3; modified 5.000000001", DISK "; whole", SOURCE_OTHER},
        {DISK "; whole", "file 7 on 3; modified 5.000000001", SOURCE_OTHER},
        /* Plugged in again; numbers that do not last; a time that nobody can set. */
        {"file 7 on 3; fs ab; modified 5.1", "file 7 on 4; fs ab; modified 5.1", SOURCE_SAME},
        {"file 7 on 3; fs ab; modified 5.1", "file 7 on 4; fs ac; modified 5.1", SOURCE_SAME},
        {"file 7 on 3, modified 5.1", "file 7 on 4; fs ac; modified 5.1; born 4.1", SOURCE_SAME},
        {"file - on 3; modified 5.1", "file - on 4; modified 5.1", SOURCE_SAME},
        {"file 7 on 3; modified 5.1", "file 8 on 4; modified 5.1", SOURCE_OTHER},
        {"file 7 on 3; born 4.1", "file 7 on 3; born 4.2", SOURCE_OTHER},
        {"file 7 on 3; modified 5.1; changed 5.1", "file 7 on 3; modified 5.1; changed 5.2",
         SOURCE_TOUCHED},
        {"file 7 on 3; modified 5.1; parts aa; changed b1",
         "file 7 on 3; modified 5.1; parts ab; changed b2", SOURCE_CHANGED},
        {"file 7 on 3; modified 5.1; born 4.1; changed b1",
         "file 7 on 3; modified 5.2; born 4.2; changed b2", SOURCE_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (source_identity_compare(cases[i].was, cases[i].is) != cases[i].wanted)
            fail_msg("%s / %s", cases[i].was, cases[i].is);
}

static void what_has_no_name_of_its_own_is_known_by_its_bytes(void **state)
{
    static const struct {
        const char *was, *is;
        bool wanted;
    } cases[] = {
        {DISK "; whole", DISK "; whole", false},
        {"device A , serial unknown, WWN w1; whole", "device A , serial unknown, WWN w1; whole",
         false},
        {UNKNOWN, UNKNOWN, true},
        {"file 7 on 3; fs ab; modified 5.1", "file 7 on 3; fs ab; modified 5.1", false},
        {"file 7 on 3; modified 5.1", "file 7 on 3; fs ab; modified 5.1", false},
        {"file 7 on 3; fs ab; modified 5.1", "file 7 on 4; fs ab; modified 5.1", false},
        {"file 7 on 3; fs ab; modified 5.1", "file 7 on 4; fs ac; modified 5.1", true},
        {"file 7 on 3, modified 5.1", "file 7 on 3; fs ab; modified 5.1", false},
        {"file 7 on 3, modified 5.1", "file 7 on 4; fs ab; modified 5.1", true},
        {"file - on 3; modified 5.1", "file - on 3; modified 5.1", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (source_identity_is_weak(cases[i].was, cases[i].is) != cases[i].wanted)
            fail_msg("%s / %s", cases[i].was, cases[i].is);
}

/* As systemd's udevd 252 writes it. */
static void of_udev_only_identifiers_are_taken(void **state)
{
    static const char record[] = "S:disk/by-uuid/4f3c\n"
                                 "I:1234\n"
                                 "E:ID_FS_UUID=0d2e55f7-5a0c-4d3e-8a57-4b4b9c6d2f11\n"
                                 "E:ID_FS_UUID_ENC=no\n"
                                 "E:ID_PART_TABLE_UUID=8d5d0a3c\n"
                                 "E:ID_PART_ENTRY_UUID=a; whole\n"
                                 "E:ID_PART_ENTRY_UUID=\n"
                                 "G:systemd\n";
    CLEANUP_BUF struct buf out = {0};

    (void)state;
    source_read_udev(str_of(record), &out);
    assert_string_equal(buf_text(&out),
                        "; filesystem 0d2e55f7-5a0c-4d3e-8a57-4b4b9c6d2f11; table 8d5d0a3c");
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
    struct statx before = {0};

    (void)state;
    assert_true(fd >= 0 && unlink(path) == 0 && pwrite(fd, "abcd", 4, 0) == 4);
    assert_int_equal(file_look(&before, fd, NULL), 0);
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

/* SAT-3, table of the ATA Status Return descriptor: byte 0 09h, 1 0Ch, 6 LBA (31:24), 7 (7:0), 8
 * (39:32), 9 (15:8), 10 (47:40), 11 (23:16), 13 status. */
static void the_native_size_is_read_as_the_standard_has_it(void **state)
{
    const uint8_t sense[32] = {0x72, 1, 0, 0x1d, 0,    0, 0,    0x0e, 0x09, 0x0c, 1,
                               0,    0, 0, 0x23, 0x89, 1, 0x67, 0,    0x45, 0x40, 0x50};
    uint8_t changed[32];
    static const struct {
        size_t at;
        uint8_t value;
    } none[] = {{0, 0x70}, {8, 0x0a}, {9, 0x0b}, {21, 0x51}};

    (void)state;
    assert_true(ata_native_sectors(sense) == UINT64_C(0x12345678a));
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        memcpy(changed, sense, sizeof(sense));
        changed[none[i].at] = none[i].value; /* fixed format, another descriptor, an error */
        assert_true(ata_native_sectors(changed) == 0);
    }
}

/* ATA/ATAPI-7, Device Configuration Identify data structure: words little-endian; maximum LBA in
 * words 3 to 6, the lowest first. The bytes of it, of the revision and of the signature are 02h +
 * BCh + 9Ah + 78h + 56h + 34h + 12h + A5h = 311h, and 100h - 11h = EFh makes their sum 0. */
static void the_size_that_a_device_was_made_with_is_read_as_the_standard_has_it(void **state)
{
    uint8_t data[ATA_SIZE] = {[0] = 0x02,  [6] = 0xbc,  [7] = 0x9a,   [8] = 0x78,  [9] = 0x56,
                              [10] = 0x34, [11] = 0x12, [510] = 0xa5, [511] = 0xef};
    static const uint8_t nothing[ATA_SIZE] = {0};

    (void)state;
    assert_true(ata_factory_sectors(data) == UINT64_C(0x123456789abd));
    data[511] ^= 1;
    assert_true(ata_factory_sectors(data) == 0); /* the checksum is not right */
    data[511] ^= 1;
    data[510]--, data[511]++;
    assert_true(ata_factory_sectors(data) == 0); /* it is, and the signature is not */
    data[510]++, data[511]--;
    data[0] -= 2, data[511] = (uint8_t)(data[511] + 2);
    assert_true(ata_factory_sectors(data) == 0); /* no revision */
    assert_true(ata_factory_sectors(nothing) == 0);
}

/* Word 83: bits 15:14 of what is valid are 01b; bit 11. */
static void who_has_no_configuration_is_not_asked_for_it(void **state)
{
    static const struct {
        uint16_t word;
        bool has;
    } cases[] = {{0x4800, true},  {0x7d01 | 0x0800, true}, {0x4000, false},
                 {0x0800, false}, {0xc800, false},         {0xffff, false}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t identity[ATA_SIZE] = {
            [166] = (uint8_t)cases[i].word, [167] = (uint8_t)(cases[i].word >> 8)};

        assert_true(ata_has_configuration(identity) == cases[i].has);
    }
}

/* A disk that answers as the standards say, and notes what it was asked. */
struct made_disk {
    uint8_t identity[ATA_SIZE];
    uint8_t configuration[ATA_SIZE];
    uint8_t native[32]; /* sense data */
    uint8_t asked[4][16];
    unsigned count;
    bool is_frozen; /* DEVICE CONFIGURATION FREEZE LOCK: it aborts */
};

static bool answer(void *context, uint8_t cdb[16], uint8_t *data, uint8_t sense[32])
{
    struct made_disk *d = context;

    assert_true(d->count < COUNT_OF(d->asked));
    memcpy(d->asked[d->count++], cdb, 16);
    if (cdb[14] == 0xec)
        memcpy(data, d->identity, ATA_SIZE);
    else if (cdb[14] == 0x27)
        memcpy(sense, d->native, sizeof(d->native));
    else if (cdb[14] == 0xb1 && !d->is_frozen)
        memcpy(data, d->configuration, ATA_SIZE);
    return true;
}

/* 1,000 sectors are shown; the native maximum is LBA 1,999 = 7CFh, the factory's 2,999 = BB7h. Word
 * 82 bit 10 and word 83 bits 14 and 11 say that both feature sets are there. The bytes of the
 * configuration are 02h + B7h + 0Bh + A5h = 169h, and 200h - 169h = 97h makes their sum 0. */
static void make_disk(struct made_disk *d)
{
    static const uint8_t native[32] = {0x72, 1, 0, 0x1d, 0,    0, 0,    0x0e, 0x09, 0x0c, 1,
                                       0,    0, 0, 0,    0xcf, 0, 0x07, 0,    0,    0x40, 0x50};

    *d = (struct made_disk){
        .identity = {[0] = 0x40, [165] = 0x04, [167] = 0x48},
        .configuration = {[0] = 0x02, [6] = 0xb7, [7] = 0x0b, [510] = 0xa5, [511] = 0x97}};
    memcpy(d->native, native, sizeof(native));
}

static void ask_disk(struct made_disk *d, struct source_facts *f)
{
    const struct ata_transport t = {answer, d};

    *f = (struct source_facts){
        .is_whole_device = true, .size = 1000 * 512, .logical_size = 512, .note = mem_strdup("")};
    ata_native_size(&t, f);
}

/* SAT-3, ATA PASS-THROUGH (16): 85h; protocol (4 PIO data-in, 3 no data) << 1, EXTEND for a command
 * of 48 bits; CK_COND 20h, T_DIR 08h, BYT_BLOK 04h, T_LENGTH 2: in the count; features 4, count 6,
 * LBA 7 to 12, device 13, command 14. ATA/ATAPI-7: IDENTIFY DEVICE ECh, READ NATIVE MAX ADDRESS EXT
 * 27h, DEVICE CONFIGURATION IDENTIFY B1h with C2h in features. */
static void a_disk_is_asked_as_the_standards_have_it(void **state)
{
    static const uint8_t wanted[3][16] = {
        {0x85, 0x08, 0x2e, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x40, 0xec, 0},
        {0x85, 0x07, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x27, 0},
        {0x85, 0x08, 0x2e, 0, 0xc2, 0, 1, 0, 0, 0, 0, 0, 0, 0x40, 0xb1, 0},
    };
    CLEANUP(source_facts_release) struct source_facts f = {0};
    struct made_disk d;

    (void)state;
    make_disk(&d);
    ask_disk(&d, &f);
    assert_int_equal(d.count, 3);
    assert_memory_equal(d.asked, wanted, sizeof(wanted));
    assert_int_equal(f.native_size, 2000 * 512);
    assert_int_equal(f.factory_size, 3000 * 512);
    assert_true(strstr(f.note, "(HPA)") && strstr(f.note, "(DCO)"));
}

static void a_disk_that_does_not_say_what_it_hides_is_told_as_such(void **state)
{
    CLEANUP(source_facts_release) struct source_facts frozen = {0};
    CLEANUP(source_facts_release) struct source_facts plain = {0};
    struct made_disk d;

    (void)state;
    make_disk(&d);
    d.is_frozen = true;
    ask_disk(&d, &frozen);
    assert_int_equal(frozen.factory_size, 0);
    assert_true(strstr(frozen.note, "did not say the one that it was made with"));
    make_disk(&d);
    d.identity[167] = 0x40; /* no configuration: the command that could change it is not sent */
    ask_disk(&d, &plain);
    assert_int_equal(d.count, 2);
    assert_int_equal(plain.native_size, 2000 * 512);
    assert_null(strstr(plain.note, "DCO"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_same_source_is_taken_for_it),
        cmocka_unit_test(what_has_no_name_of_its_own_is_known_by_its_bytes),
        cmocka_unit_test(of_udev_only_identifiers_are_taken),
        cmocka_unit_test(a_device_tells_no_part_of_its_own),
        cmocka_unit_test(a_file_that_is_written_to_is_told),
        cmocka_unit_test(the_native_size_is_read_as_the_standard_has_it),
        cmocka_unit_test(the_size_that_a_device_was_made_with_is_read_as_the_standard_has_it),
        cmocka_unit_test(who_has_no_configuration_is_not_asked_for_it),
        cmocka_unit_test(a_disk_is_asked_as_the_standards_have_it),
        cmocka_unit_test(a_disk_that_does_not_say_what_it_hides_is_told_as_such),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
