/* test_collect_recover.c: programs and files that no folder names, the memory of a process, and the
 * whole memory, byte for byte. */
#include "test_collect_step.h"
#include <elf.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

static const char program[] = "/bin/sleep";
static collection_step *const recover_steps[] = {collection_recover, NULL};
static collection_step *const process_steps[] = {collection_memory_processes, NULL};
static collection_step *const physical_steps[] = {collection_memory_physical, NULL};

static void read_whole(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(host_read_fd(fd, out, 64 << 20), 0);
    close(fd);
}

static void write_whole(int fd, struct str bytes)
{
    assert_int_equal(write(fd, bytes.p, bytes.len), (ssize_t)bytes.len);
}

/* Starts the program that the descriptor holds; it is running when this returns. */
static pid_t start_fd(int fd, const char *path)
{
    static char *const words[] = {(char *)"sleep", (char *)"1000", NULL};
    int ends[2];
    char byte;
    pid_t pid;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (path)
            execv(path, words);
        else
            fexecve(fd, words, environ);
        _exit(127);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 0); /* closed by exec */
    close(ends[0]);
    return pid;
}

static void end_child(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void find_member(const struct taken *t, struct tar_member *m, const char *folder, pid_t pid,
                        const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "%s/%d/%s", folder, (int)pid, name);
    if (!taken_find(t, path, m))
        fail_msg("no member %s", path);
}

static void expect_bytes(struct str got, struct str expected)
{
    assert_int_equal(got.len, expected.len);
    assert_memory_equal(got.p, expected.p, expected.len);
}

static void a_program_that_was_deleted_while_it_runs_is_recovered_byte_for_byte(void **state)
{
    struct collection_options options = {.profile = PROFILE_TRIAGE};
    char path[] = "/tmp/test_collect.XXXXXX";
    CLEANUP_TAKEN struct taken taken;
    CLEANUP_BUF struct buf expected = {0};
    struct tar_member m;
    char target[64];
    pid_t first;
    pid_t second;
    int fd = mkstemp(path);

    (void)state;
    read_whole(program, &expected);
    write_whole(fd, buf_str(&expected));
    assert_int_equal(fchmod(fd, 0700), 0);
    close(fd);
    first = start_fd(-1, path);
    second = start_fd(-1, path);
    assert_int_equal(unlink(path), 0);
    take_steps(&taken, &options, recover_steps);
    end_child(first);
    end_child(second);
    find_member(&taken, &m, "recovered", first < second ? first : second, "exe");
    assert_int_equal(m.type, '0');
    expect_bytes(m.content, buf_str(&expected));
    snprintf(target, sizeof(target), "recovered/%d/exe", (int)(first < second ? first : second));
    find_member(&taken, &m, "recovered", first < second ? second : first, "exe");
    assert_int_equal(m.type, '1'); /* one copy of an inode */
    assert_true(str_is(m.target, target));
    expect_observed(&taken, "deleted-program", target);
}

/* A process that runs a copy of the program that lies in memory only. */
static pid_t start_hidden(struct buf *copy)
{
    int fd = memfd_create("hidden", MFD_CLOEXEC);
    pid_t pid;

    read_whole(program, copy);
    write_whole(fd, buf_str(copy));
    pid = start_fd(fd, NULL);
    close(fd);
    return pid;
}

static void a_program_that_never_was_a_file_is_recovered_byte_for_byte(void **state)
{
    struct collection_options options = {.profile = PROFILE_TRIAGE};
    CLEANUP_TAKEN struct taken taken;
    CLEANUP_BUF struct buf expected = {0};
    struct tar_member m;
    char evidence[64];
    pid_t pid = start_hidden(&expected);

    (void)state;
    take_steps(&taken, &options, recover_steps);
    end_child(pid);
    find_member(&taken, &m, "recovered", pid, "exe");
    expect_bytes(m.content, buf_str(&expected));
    snprintf(evidence, sizeof(evidence), "\"evidence\":\"recovered/%d/exe\"", (int)pid);
    expect_observed(&taken, "memory-program", evidence);
    expect_not_observed(&taken, "deleted-program", evidence);
}

static void what_the_bundle_has_no_room_for_is_said_and_the_bundle_ends(void **state)
{
    struct collection_options options = {.profile = PROFILE_TRIAGE};
    CLEANUP_TAKEN struct taken taken;
    CLEANUP_BUF struct buf expected = {0};
    CLEANUP_BUF struct buf said = {0};
    struct tar_member m;
    pid_t pid = start_hidden(&expected);

    (void)state;
    take_steps_in(&taken, &options, recover_steps, 0, UINT64_MAX);
    end_child(pid);
    buf_addf(&said,
             "{\"what\":\"recovered/%d/exe\",\"step\":\"test\",\"why\":\"the bundle has no room",
             (int)pid);
    assert_non_null(strstr(buf_text(&taken.missing), buf_text(&said)));
    buf_clear(&said);
    buf_addf(&said, "recovered/%d/exe", (int)pid);
    assert_false(taken_find(&taken, buf_text(&said), &m));
    assert_true(taken_find(&taken, "end.json", &m));
}

/* A child that holds what it is given, with the descriptors as they are. */
static pid_t start_holder(void)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        pause();
        _exit(0);
    }
    return pid;
}

static void open_files_that_were_deleted_are_recovered_and_nothing_else_is_opened(void **state)
{
    enum { LIMIT = 16 << 20 };
    struct collection_options options = {.profile = PROFILE_TRIAGE};
    struct tree *t = *state;
    CLEANUP_TAKEN struct taken taken;
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf expected = {0};
    struct tar_member m;
    char name[64];
    int fds[4];
    pid_t pid;

    /* A page, a hole of 1 MiB, and a few bytes. */
    fds[0] = open(tree_path(t, "holes", &path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    buf_addn(&expected, 'a', 4096);
    write_whole(fds[0], buf_str(&expected));
    assert_int_equal(pwrite(fds[0], "end", 3, 4096 + (1 << 20)), 3);
    buf_addn(&expected, '\0', 1 << 20);
    buf_adds(&expected, "end");
    assert_int_equal(unlink(buf_text(&path)), 0);
    fds[1] = open(tree_path(t, "big", &path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(ftruncate(fds[1], LIMIT + 5), 0);
    assert_int_equal(unlink(buf_text(&path)), 0);
    assert_int_equal(mkfifo(tree_path(t, "fifo", &path), 0600), 0);
    fds[2] = open(buf_text(&path), O_RDWR | O_CLOEXEC);
    assert_int_equal(unlink(buf_text(&path)), 0);
    tree_put(t, "kept", "kept");
    fds[3] = open(tree_path(t, "kept", &path), O_RDONLY | O_CLOEXEC);
    pid = start_holder();
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        assert_int_equal(close(fds[i]), 0);
    take_steps(&taken, &options, recover_steps);
    end_child(pid);
    snprintf(name, sizeof(name), "fd/%d", fds[0]);
    find_member(&taken, &m, "recovered", pid, name);
    expect_bytes(m.content, buf_str(&expected));
    snprintf(name, sizeof(name), "fd/%d", fds[1]);
    find_member(&taken, &m, "recovered", pid, name);
    assert_int_equal(m.content.len, LIMIT);
    for (size_t i = 2; i < COUNT_OF(fds); i++) {
        snprintf(name, sizeof(name), "recovered/%d/fd/%d", (int)pid, fds[i]);
        assert_false(taken_find(&taken, name, &m));
    }
    assert_true(taken_find(&taken, "manifest-000.jsonl", &m));
    assert_non_null(memmem(m.content.p, m.content.len, "\"part\":\"limit\"", 14));
}

/* The runs of the map: "[START,SIZE,OFF]". Returns where an address stands in the member. */
static bool find_address(struct str map, uint64_t address, uint64_t *off)
{
    const char *p = map.p;

    while ((p = memmem(p, (size_t)(map.p + map.len - p), "[", 1))) {
        unsigned long long start;
        unsigned long long size;
        unsigned long long at;

        p++;
        if (sscanf(p, "%llu,%llu,%llu]", &start, &size, &at) != 3 || address < start ||
            address - start >= size)
            continue;
        *off = at + (address - start);
        return true;
    }
    return false;
}

static void the_memory_of_a_process_is_copied_as_far_as_it_is_there(void **state)
{
    enum { ROOM = 256 << 20, PAGE = 4096, TEXT_AT = 77 * PAGE + 13 };
    static const char text[] = "what the process knows, and nobody else";
    CLEANUP_TAKEN struct taken taken;
    struct tar_member map;
    struct tar_member mem;
    char *memory = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t pids[1];
    struct collection_options options = {
        .profile = PROFILE_TRIAGE, .memory_pids = pids, .memory_pid_count = 1};
    uint64_t off = 0;
    pid_t pid;

    (void)state;
    assert_true(memory != MAP_FAILED);
    assert_int_equal(madvise(memory, ROOM, MADV_NOHUGEPAGE), 0);
    memcpy(memory + TEXT_AT, text, sizeof(text));
    pid = start_holder();
    pids[0] = (uint64_t)pid;
    take_steps(&taken, &options, process_steps);
    end_child(pid);
    find_member(&taken, &map, "memory", pid, "map-000.jsonl");
    find_member(&taken, &mem, "memory", pid, "mem-000");
    assert_true(mem.content.len < ROOM); /* pages that were never touched are not there */
    assert_true(find_address(map.content, (uint64_t)(uintptr_t)memory + TEXT_AT, &off));
    assert_true(off + sizeof(text) <= mem.content.len);
    assert_memory_equal(mem.content.p + off, text, sizeof(text));
    assert_false(find_address(map.content, (uint64_t)(uintptr_t)memory + ROOM / 2, &off));
    munmap(memory, ROOM);
}

static void a_process_that_is_not_there_is_said_to_be_missing(void **state)
{
    CLEANUP_TAKEN struct taken taken;
    const uint64_t pids[] = {4194303};
    struct collection_options options = {
        .profile = PROFILE_TRIAGE, .memory_pids = pids, .memory_pid_count = 1};

    (void)state;
    take_steps(&taken, &options, process_steps);
    assert_non_null(strstr(buf_text(&taken.missing), "there is no such process"));
}

/* A core as the kernel writes it: one segment of virtual memory only, and two that lie at physical
 * addresses. */
enum {
    FIRST = 0x1000,
    FIRST_SIZE = 0x3000,
    SECOND = 0x100000,
    SECOND_SIZE = 0x5000,
    DATA = 0x1000
};

static char ram_byte(uint64_t address)
{
    return (char)(address * 7 + address / 4096);
}

static void add_ram(struct buf *out, uint64_t start, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++)
        buf_addc(out, ram_byte(start + i));
}

static void put_core(struct tree *t, unsigned class)
{
    Elf64_Ehdr e = {.e_type = ET_CORE,
                    .e_machine = EM_X86_64,
                    .e_version = EV_CURRENT,
                    .e_phoff = sizeof(e),
                    .e_ehsize = sizeof(e),
                    .e_phentsize = sizeof(Elf64_Phdr),
                    .e_phnum = 4};
    Elf64_Phdr h[4] = {
        {.p_type = PT_NOTE},
        {.p_type = PT_LOAD, .p_paddr = UINT64_MAX, .p_offset = DATA, .p_memsz = 0x1000},
        {.p_type = PT_LOAD, .p_paddr = FIRST, .p_offset = 2 * DATA, .p_memsz = FIRST_SIZE},
        {.p_type = PT_LOAD, .p_paddr = SECOND, .p_offset = 6 * DATA, .p_memsz = SECOND_SIZE}};
    CLEANUP_BUF struct buf core = {0};

    memcpy(e.e_ident, ELFMAG, SELFMAG);
    e.e_ident[EI_CLASS] = (unsigned char)class;
    e.e_ident[EI_DATA] = ELFDATA2LSB;
    buf_add(&core, &e, sizeof(e));
    buf_add(&core, h, sizeof(h));
    buf_addn(&core, '\0', 2 * DATA - core.len);
    add_ram(&core, FIRST, FIRST_SIZE);
    buf_addn(&core, '\0', 6 * DATA - core.len);
    add_ram(&core, SECOND, SECOND_SIZE);
    tree_put_bytes(t, "proc/kcore", core.p, core.len);
}

static uint64_t little_endian(const char *p, size_t size)
{
    uint64_t n = 0;

    for (size_t i = size; i-- > 0;)
        n = n << 8 | (uint8_t)p[i];
    return n;
}

/* LiME's header, from its documentation: magic 0x4C694D45, version 1, first address, last address,
 * 8 reserved bytes; then the bytes of the range. */
static void expect_range(struct str *rest, uint64_t first, uint64_t last)
{
    enum { HEADER = 32 };

    assert_true(rest->len >= HEADER + last - first + 1);
    assert_memory_equal(rest->p, "EMiL", 4);
    assert_int_equal(little_endian(rest->p + 4, 4), 1);
    assert_int_equal(little_endian(rest->p + 8, 8), first);
    assert_int_equal(little_endian(rest->p + 16, 8), last);
    assert_int_equal(little_endian(rest->p + 24, 8), 0);
    for (uint64_t at = first; at <= last; at++)
        assert_int_equal(rest->p[HEADER + (at - first)], ram_byte(at));
    *rest = str_from(*rest, HEADER + last - first + 1);
}

static void the_whole_memory_is_read_back_from_the_format_of_lime(void **state)
{
    CLEANUP_TAKEN struct taken taken;
    struct tree *t = *state;
    struct collection_options options = {
        .profile = PROFILE_TRIAGE, .root = t->root, .wants_physical = true};
    struct tar_member m;
    struct str rest;

    put_core(t, ELFCLASS64);
    /* The second range is cut short by the core: its last page has no place there. Devices, and
     * what lies within a range, are no memory of their own. */
    tree_put(t, "proc/iomem",
             "00000000-00000fff : Reserved\n00001000-00003fff : System RAM\n"
             "000a0000-000fffff : PCI Bus 0000:00\n00100000-00105fff : System RAM\n"
             "  00101000-00101fff : Kernel code\nfee00000-fee00fff : Local APIC\n");
    take_steps(&taken, &options, physical_steps);
    assert_true(taken_find(&taken, "memory/physical-000.lime", &m));
    rest = m.content;
    expect_range(&rest, 0x1000, 0x3fff);
    assert_int_equal(rest.len, 0);
    assert_true(taken_find(&taken, "memory/physical-001.lime", &m));
    rest = m.content;
    expect_range(&rest, 0x100000, 0x104fff);
    assert_int_equal(rest.len, 0);
    assert_false(taken_find(&taken, "memory/physical-002.lime", &m));
    assert_non_null(strstr(buf_text(&taken.missing), "4.1 kB of memory have no place in it"));
}

static bool is_stopped_at_third(void *context)
{
    int *asked = context;

    return ++*asked >= 3;
}

/* Asked for the first time before a member and then before each step of it: the third time stands
 * behind 12 KiB and the header. What was begun is filled up; the second member never begins. */
static void a_person_ends_the_copy_of_the_memory_soon(void **state)
{
    CLEANUP_TAKEN struct taken taken;
    struct tree *t = *state;
    int asked = 0;
    struct collection_options options = {.profile = PROFILE_TRIAGE,
                                         .root = t->root,
                                         .wants_physical = true,
                                         .is_stopped = is_stopped_at_third,
                                         .context = &asked};
    struct tar_member m;
    struct str rest;

    put_core(t, ELFCLASS64);
    tree_put(t, "proc/iomem", "00001000-00003fff : System RAM\n00100000-00104fff : System RAM\n");
    asked = 1;
    take_steps(&taken, &options, physical_steps);
    assert_true(taken_find(&taken, "memory/physical-000.lime", &m));
    assert_int_equal(m.content.len, 32 + 0x3000);
    rest = str_head(m.content, 32);
    assert_memory_equal(rest.p, "EMiL", 4);
    for (size_t i = 32; i < m.content.len; i++)
        assert_int_equal(m.content.p[i], 0);
    assert_false(taken_find(&taken, "memory/physical-001.lime", &m));
    assert_true(taken_find(&taken, "manifest-000.jsonl", &m));
    assert_non_null(memmem(m.content.p, m.content.len, "\"part\":\"stopped\"", 16));
    assert_true(taken_find(&taken, "end.json", &m));
}

/* Room for one member more than those that are made: the first range is in, the second is named. */
static void memory_that_the_bundle_has_no_room_for_is_said_and_the_bundle_ends(void **state)
{
    static const struct {
        uint64_t members;
        uint64_t bytes;
    } rooms[] = {{1, UINT64_MAX}, {UINT64_MAX, 32 + FIRST_SIZE + 2048}};

    for (size_t i = 0; i < COUNT_OF(rooms); i++) {
        CLEANUP_TAKEN struct taken taken;
        struct tree *t = *state;
        struct collection_options options = {
            .profile = PROFILE_TRIAGE, .root = t->root, .wants_physical = true};
        struct tar_member m;

        put_core(t, ELFCLASS64);
        tree_put(t, "proc/iomem",
                 "00001000-00003fff : System RAM\n00100000-00104fff : System RAM\n");
        take_steps_in(&taken, &options, physical_steps, rooms[i].members, rooms[i].bytes);
        assert_true(taken_find(&taken, "memory/physical-000.lime", &m));
        assert_false(taken_find(&taken, "memory/physical-001.lime", &m));
        assert_non_null(strstr(buf_text(&taken.missing),
                               "{\"what\":\"memory/physical-001.lime\",\"step\":\"test\","
                               "\"why\":\"the bundle has no room for it"));
        assert_true(taken_find(&taken, "end.json", &m));
    }
}

static void where_the_whole_memory_cannot_be_had_it_says_why(void **state)
{
    static const char ram[] = "00001000-00003fff : System RAM\n";
    static const struct {
        const char *iomem;
        unsigned class; /* of the core; 0: there is none */
        const char *says[3];
    } cases[] = {
        {NULL, ELFCLASS64, {"/proc/iomem", "where the memory lies is not told"}},
        /* as a kernel shows it to those without rights */
        {"00000000-00000000 : System RAM\n", ELFCLASS64, {"/proc/iomem", "is not told"}},
        {ram, 0, {"/proc/kcore", "/dev/mem", "this kernel does not have it"}},
        {ram, ELFCLASS32, {"/proc/kcore", "not a 64-bit little-endian core", "/dev/mem"}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_TAKEN struct taken taken;
        struct collection_options options = {.profile = PROFILE_TRIAGE, .wants_physical = true};
        struct tar_member m;
        void *inner;
        struct tree *t;

        assert_int_equal(tree_open(&inner), 0);
        t = inner;
        options.root = t->root;
        if (cases[i].iomem)
            tree_put(t, "proc/iomem", cases[i].iomem);
        if (cases[i].class)
            put_core(t, cases[i].class);
        take_steps(&taken, &options, physical_steps);
        assert_false(taken_find(&taken, "memory/physical-000.lime", &m));
        for (size_t k = 0; k < COUNT_OF(cases[i].says) && cases[i].says[k]; k++)
            if (!strstr(buf_text(&taken.missing), cases[i].says[k]))
                fail_msg("case %zu: %s not in %s", i, cases[i].says[k], buf_text(&taken.missing));
        assert_int_equal(tree_close(&inner), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_that_was_deleted_while_it_runs_is_recovered_byte_for_byte),
        cmocka_unit_test(a_program_that_never_was_a_file_is_recovered_byte_for_byte),
        cmocka_unit_test(what_the_bundle_has_no_room_for_is_said_and_the_bundle_ends),
        cmocka_unit_test_setup_teardown(
            open_files_that_were_deleted_are_recovered_and_nothing_else_is_opened, tree_open,
            tree_close),
        cmocka_unit_test(the_memory_of_a_process_is_copied_as_far_as_it_is_there),
        cmocka_unit_test(a_process_that_is_not_there_is_said_to_be_missing),
        cmocka_unit_test_setup_teardown(the_whole_memory_is_read_back_from_the_format_of_lime,
                                        tree_open, tree_close),
        cmocka_unit_test_setup_teardown(a_person_ends_the_copy_of_the_memory_soon, tree_open,
                                        tree_close),
        cmocka_unit_test_setup_teardown(
            memory_that_the_bundle_has_no_room_for_is_said_and_the_bundle_ends, tree_open,
            tree_close),
        cmocka_unit_test(where_the_whole_memory_cannot_be_had_it_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
