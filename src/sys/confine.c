/* confine.c: Landlock by its raw system calls, and a seccomp filter written from a table. */
#include "sys/confine.h"
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "sys/file.h"

/* The kernel's interface (Documentation/userspace-api/landlock.rst); Debian 12's headers end at ABI
 * 2. */
enum {
    CALL_LANDLOCK_CREATE = 444,
    CALL_LANDLOCK_ADD = 445,
    CALL_LANDLOCK_RESTRICT = 446,
    LANDLOCK_ASK_VERSION = 1,
    LANDLOCK_PATH_BENEATH = 1,
    NET_BIND_CONNECT = 3,      /* since ABI 4 */
    SCOPE_ABSTRACT_SIGNAL = 3, /* since ABI 6 */
    FILES_ABI_1 = (1 << 13) - 1 /* all kinds of access from execute to make_sym */,
    FILES_ABI_2 = (1 << 14) - 1 /* refer */,
    FILES_ABI_3 = (1 << 15) - 1 /* truncate */,
    FILES_ABI_5 = (1 << 16) - 1 /* ioctl on devices */,
    IN_FOLDER = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 5 | 1 << 8 /* write, read, list, remove, make */
};

struct landlock_ruleset {
    uint64_t files;
    uint64_t net;
    uint64_t scoped;
};

struct landlock_path_rule {
    uint64_t allowed;
    int32_t folder_fd;
} __attribute__((packed));

int confine_dumps(struct err *e)
{
    static const struct rlimit none = {0, 0};

    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
        return err_set(e, ERR_DENIED, "cannot keep secrets out of core dumps: %s", strerror(errno));
    return 0;
}

int confine_process(struct err *e)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return err_set(e, ERR_DENIED, "this kernel cannot confine a process: %s", strerror(errno));
    return confine_dumps(e);
}

static struct landlock_ruleset all_of_abi(long abi)
{
    struct landlock_ruleset all = {.files = abi >= 5   ? FILES_ABI_5
                                            : abi >= 3 ? FILES_ABI_3
                                            : abi >= 2 ? FILES_ABI_2
                                                       : FILES_ABI_1};

    all.net = abi >= 4 ? NET_BIND_CONNECT : 0;
    all.scoped = abi >= 6 ? SCOPE_ABSTRACT_SIGNAL : 0;
    return all;
}

static bool restrict_to(int ruleset, int folder_fd)
{
    struct landlock_path_rule rule = {.allowed = IN_FOLDER, .folder_fd = folder_fd};

    if (folder_fd >= 0 && syscall(CALL_LANDLOCK_ADD, ruleset, LANDLOCK_PATH_BENEATH, &rule, 0) < 0)
        return false;
    return syscall(CALL_LANDLOCK_RESTRICT, ruleset, 0) == 0;
}

int confine_files(int folder_fd, struct err *e)
{
    long abi = syscall(CALL_LANDLOCK_CREATE, NULL, 0, LANDLOCK_ASK_VERSION);
    struct landlock_ruleset all = all_of_abi(abi);
    int ruleset;
    bool done;

    if (abi < 1)
        return err_set(e, ERR_DENIED, "this kernel cannot confine files (no Landlock): %s",
                       strerror(errno));
    ruleset = (int)syscall(CALL_LANDLOCK_CREATE, &all, sizeof(all), 0);
    done = ruleset >= 0 && restrict_to(ruleset, folder_fd);
    if (!done)
        (void)err_set(e, ERR_DENIED, "this kernel did not confine files: %s", strerror(errno));
    if (ruleset >= 0)
        (void)close(ruleset);
    return done ? 0 : ERR_DENIED;
}

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define THIS_ARCH AUDIT_ARCH_RISCV64
#endif

enum { FILTER_SIZE = 1024, ROW_SIZE = 9 };

#ifdef THIS_ARCH
struct program {
    struct sock_filter at[FILTER_SIZE];
    unsigned short count;
};

static void emit(struct program *p, uint16_t code, uint32_t k, uint8_t jump_true,
                 uint8_t jump_false)
{
    p->at[p->count++] = (struct sock_filter){code, jump_true, jump_false, k};
}

static void emit_load(struct program *p, size_t off)
{
    emit(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)off, 0, 0);
}

/* The low half of an argument; the processors above are all little-endian. */
static size_t argument_off(unsigned argument)
{
    return offsetof(struct seccomp_data, args) + 8 * (size_t)(argument - 1);
}

/* Goes on with the next instruction, or leaves so many out where the check fails. */
static void emit_check(struct program *p, const struct confine_check *check, uint8_t left)
{
    bool is_below = (check->argument & CONFINE_BELOW) != 0;
    bool is_order = is_below || (check->argument & CONFINE_AT_LEAST);

    emit_load(p, argument_off(check->argument & ~(CONFINE_BELOW | CONFINE_AT_LEAST)));
    emit(p, BPF_ALU | BPF_AND | BPF_K, check->mask, 0, 0);
    emit(p, (uint16_t)(BPF_JMP | (is_order ? BPF_JGE : BPF_JEQ) | BPF_K), check->value,
         is_below ? left : 0, is_below ? 0 : left);
}

/* After a row whose checks failed the number is loaded anew, because a check replaced it. */
static void emit_row(struct program *p, const struct confine_call *call)
{
    unsigned checks = call->check[1].argument ? 2 : call->check[0].argument ? 1 : 0;
    uint8_t left = (uint8_t)(3 * checks + 1);

    emit(p, BPF_JMP | BPF_JEQ | BPF_K, call->nr & ~(CONFINE_REFUSED | CONFINE_PENDING), 0, left);
    for (unsigned i = 0; i < checks; i++) {
        left = (uint8_t)(left - 3);
        emit_check(p, &call->check[i], left);
    }
    emit(p, BPF_RET | BPF_K,
         call->nr & CONFINE_REFUSED   ? SECCOMP_RET_ERRNO | EACCES
         : call->nr & CONFINE_PENDING ? SECCOMP_RET_ERRNO | EINPROGRESS
                                      : SECCOMP_RET_ALLOW,
         0, 0);
    if (checks)
        emit_load(p, offsetof(struct seccomp_data, nr));
}

int confine_calls(const struct confine_call *calls, size_t count, struct err *e)
{
    struct program p = {.count = 0};
    struct sock_fprog filter = {.filter = p.at};

    if (count > (FILTER_SIZE - 5) / ROW_SIZE)
        BUG("a list of %zu system calls", count);
    emit_load(&p, offsetof(struct seccomp_data, arch));
    emit(&p, BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCH, 1, 0);
    emit(&p, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
    emit_load(&p, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < count; i++)
        emit_row(&p, &calls[i]);
    emit(&p, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
    filter.len = p.count;
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) < 0)
        return err_set(e, ERR_DENIED, "this kernel cannot confine system calls (seccomp): %s",
                       strerror(errno));
    return 0;
}
#else
int confine_calls(const struct confine_call *calls, size_t count, struct err *e)
{
    (void)calls;
    (void)count;
    return err_set(e, ERR_DENIED, "system calls cannot be confined on this kind of processor");
}
#endif

static bool limit(__rlimit_resource_t what, uint64_t most)
{
    return setrlimit(what, &(struct rlimit){most, most}) == 0;
}

static bool limit_memory(uint64_t memory)
{
    CLEANUP_BUF struct buf text = {0};
    struct str rest;
    uint64_t pages;

    if (CONFINE_SANITIZED)
        return true;
    if (file_read(&text, "/proc/self/statm", 4096, NULL))
        return false;
    rest = buf_str(&text);
    return str_u64(str_cut(&rest, ' '), &pages) &&
           limit(RLIMIT_AS, pages * (uint64_t)sysconf(_SC_PAGESIZE) + memory);
}

int confine_resources(unsigned cpu_s, uint64_t memory, struct err *e)
{
    if (limit(RLIMIT_CPU, cpu_s) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NPROC, 0) &&
        limit_memory(memory))
        return 0;
    return err_set(e, ERR_DENIED, "this kernel cannot limit a process: %s", strerror(errno));
}
