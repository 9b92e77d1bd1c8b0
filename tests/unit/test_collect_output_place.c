/* test_collect_output_place.c: which file systems are taken for disks of the host, over trees laid
 * as proc(5) and the kernel's Documentation/ABI (stable/sysfs-block) have them. */
#include "test_collect_tree.h"
#include "base/mem.h"
#include "collect/output_place.h"

#define PCI "devices/pci0000:00/0000:00:1f.2/ata1/host0/block/"
#define USB "devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/host6/block/"

/* A disk sda of the host, a USB disk sdb that says it is fixed, a card reader sdc, an encrypted
 * volume on each of the first two. */
static const struct {
    const char *path;
    const char *text;
    bool is_link;
} laid[] = {
    {"sys/" PCI "sda/removable", "0\n", false},
    {"sys/" PCI "sda/sda3/partition", "3\n", false},
    {"sys/" USB "sdb/removable", "0\n", false},
    {"sys/" USB "sdb/sdb1/partition", "1\n", false},
    {"sys/" PCI "sdc/removable", "1\n", false},
    {"sys/" PCI "sdc/sdc1/partition", "1\n", false},
    {"sys/devices/virtual/block/dm-0/slaves/sda3", "../../../../../" PCI "sda/sda3", true},
    {"sys/devices/virtual/block/dm-1/slaves/sdb1", "../../../../../" USB "sdb/sdb1", true},
    {"sys/dev/block/8:3", "../../" PCI "sda/sda3", true},
    {"sys/dev/block/8:17", "../../" USB "sdb/sdb1", true},
    {"sys/dev/block/8:33", "../../" PCI "sdc/sdc1", true},
    {"sys/dev/block/254:0", "../../devices/virtual/block/dm-0", true},
    {"sys/dev/block/254:1", "../../devices/virtual/block/dm-1", true},
    {"sys/class/block/sda3", "../../" PCI "sda/sda3", true},
    {"sys/class/block/sdb1", "../../" USB "sdb/sdb1", true},
    {"etc/fstab",
     "# comment\n/dev/sdb1 /backup ext4 defaults 0 2\n"
     "/dev/sdc1\t/media/with\\040space\tvfat\tuser,noauto\t0 0\n"
     "server:/x /srv nfs defaults 0 0\n",
     false},
};

static const struct {
    const char *mount; /* behind its number */
    enum output_place place;
    const char *disk;
} cases[] = {
    {"1 8:3 / / rw shared:1 - ext4 /dev/sda3 rw", OUTPUT_ROOT, ""},
    {"1 8:3 / /var rw shared:1 - ext4 /dev/sda3 rw", OUTPUT_FIXED, "sda3"},
    {"1 8:3 /volumes/x /data rw - ext4 /dev/sda3 rw", OUTPUT_FIXED, "sda3"},
    {"1 8:17 / /media/stick rw - vfat /dev/sdb1 rw", OUTPUT_ELSEWHERE, "sdb1"},
    {"1 8:17 / /backup rw - ext4 /dev/sdb1 rw", OUTPUT_FSTAB, "sdb1"},
    {"1 8:33 / /media/with\\040space rw - vfat /dev/sdc1 rw", OUTPUT_ELSEWHERE, "sdc1"},
    {"1 254:0 / /home rw master:2 - xfs /dev/mapper/home rw", OUTPUT_FIXED, "dm-0"},
    {"1 254:1 / /media/locked rw - ext4 /dev/mapper/stick rw", OUTPUT_ELSEWHERE, "dm-1"},
    /* btrfs has a number of its own, which is no disk's. */
    {"1 0:41 /@home /home rw - btrfs /dev/sda3 rw", OUTPUT_FIXED, "sda3"},
    {"1 0:42 / /media/b rw - btrfs /dev/sdb1 rw", OUTPUT_ELSEWHERE, "sdb1"},
    {"1 0:43 / /run rw - tmpfs tmpfs rw", OUTPUT_MEMORY, ""},
    {"1 0:44 / /srv rw - nfs4 server:/x rw", OUTPUT_ELSEWHERE, ""},
    {"1 0:45 / /pool rw - zfs pool/data rw", OUTPUT_ELSEWHERE, ""},
    {"1 8:99 / /gone rw - ext4 /dev/sdz9 rw", OUTPUT_ELSEWHERE, ""},
    {"1 8:3 / /var", OUTPUT_ELSEWHERE, ""},
};

static void lay(struct tree *t)
{
    for (size_t i = 0; i < COUNT_OF(laid); i++) {
        if (laid[i].is_link)
            tree_link(t, laid[i].path, laid[i].text);
        else
            tree_put(t, laid[i].path, laid[i].text);
    }
}

static void a_file_lies_on_a_disk_of_the_host_or_elsewhere(void **state)
{
    struct tree *t = *state;
    struct host h;
    struct err e = {0};

    lay(t);
    assert_int_equal(host_init(&h, t->root, &e), 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf disk = {0};
        CLEANUP_BUF struct buf mounts = {0};

        buf_addf(&mounts,
                 "7 1 0:5 / /proc rw - proc proc rw\n77 %s\n177 1 0:6 / /x rw - tmpfs t rw\n",
                 cases[i].mount);
        tree_put(t, "proc/self/mountinfo", buf_text(&mounts));
        if (output_place_of(&h, 77, &disk) != cases[i].place)
            fail_msg("%s: %d", cases[i].mount, (int)output_place_of(&h, 77, &disk));
        assert_string_equal(buf_text(&disk), cases[i].disk);
    }
    host_release(&h);
}

static void the_mount_of_a_descriptor_is_that_of_its_file(void **state)
{
    struct host h;
    struct err e = {0};
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    CLEANUP_BUF struct buf disk = {0};
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf start = {0};
    uint64_t mount = 0;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(host_init(&h, NULL, &e), 0);
    assert_true(output_mount_of(&h, fd, &mount));
    assert_false(output_mount_of(&h, 1 << 20, &mount));
    buf_addc(&text, '\n');
    assert_int_equal(host_read(&h, "proc/self/mountinfo", &text, 1 << 20), 0);
    buf_addf(&start, "\n%llu ", (unsigned long long)mount);
    assert_non_null(strstr(buf_text(&text), buf_text(&start)));
    assert_non_null(strstr(strstr(buf_text(&text), buf_text(&start)), " /proc "));
    assert_int_equal(output_place_of(&h, mount, &disk), OUTPUT_ELSEWHERE);
    host_release(&h);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_lies_on_a_disk_of_the_host_or_elsewhere, tree_open,
                                        tree_close),
        cmocka_unit_test(the_mount_of_a_descriptor_is_that_of_its_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
