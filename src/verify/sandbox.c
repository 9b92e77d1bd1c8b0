/* sandbox.c: a seccomp filter that lists the few system calls a calculation needs. */
#include "verify/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#if defined __x86_64__ && !defined __ILP32__
#define ARCH AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define ARCH AUDIT_ARCH_AARCH64
#elif defined __riscv && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#elif defined __powerpc64__ && defined __LITTLE_ENDIAN__
#define ARCH AUDIT_ARCH_PPC64LE
#endif

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define INSTRUMENTED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) ||                         \
    __has_feature(thread_sanitizer)
#define INSTRUMENTED 1
#endif
#endif

#ifdef INSTRUMENTED

int sandbox_enter(void)
{
    return 0; /* a sanitizer makes system calls of its own */
}

#elif !defined ARCH

int sandbox_enter(void)
{
    errno = ENOSYS;
    return -1;
}

#else

#define LOAD(member)                                                                               \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, member))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))
#define ALLOW(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), RETURN(SECCOMP_RET_ALLOW)

#ifdef COVERED
#define FILES_MAX 16
#else
#define FILES_MAX 0
#endif

static const struct sock_filter filter[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
    RETURN(SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
    ALLOW(__NR_read),
    ALLOW(__NR_write),
    ALLOW(__NR_close),
    ALLOW(__NR_mmap),
    ALLOW(__NR_munmap),
    ALLOW(__NR_mremap),
    ALLOW(__NR_mprotect),
    ALLOW(__NR_madvise),
    ALLOW(__NR_brk),
    ALLOW(__NR_futex),
    ALLOW(__NR_getrandom),
    ALLOW(__NR_clock_gettime),
    ALLOW(__NR_sched_getaffinity),
    ALLOW(__NR_sched_yield),
    ALLOW(__NR_set_robust_list),
#ifdef __NR_rseq
    ALLOW(__NR_rseq),
#endif
    ALLOW(__NR_rt_sigaction),
    ALLOW(__NR_rt_sigprocmask),
    ALLOW(__NR_rt_sigreturn),
    ALLOW(__NR_exit),
    ALLOW(__NR_exit_group),
#ifdef COVERED /* a build that measures tests; when it ends, it writes its counts to files */
    ALLOW(__NR_openat),
    ALLOW(__NR_fcntl),
    ALLOW(__NR_lseek),
    ALLOW(__NR_getpid),
#endif
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 0, 3),
    LOAD(args[0]), /* the low half, on the machines above */
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1),
    RETURN(SECCOMP_RET_ALLOW),
    /* The C library copes with calls that are not there, clone3 among them, whose flags lie in
       memory. */
    RETURN(SECCOMP_RET_ERRNO | ENOSYS),
};

int sandbox_enter(void)
{
    const struct rlimit none = {0, 0};
    const struct rlimit files = {FILES_MAX, FILES_MAX};
    const struct sock_fprog program = {.len = sizeof filter / sizeof filter[0],
                                       .filter = (struct sock_filter *)(uintptr_t)filter};

    if (setrlimit(RLIMIT_CORE, &none) != 0 || setrlimit(RLIMIT_NOFILE, &files) != 0)
        return -1;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0 ? -1 : 0;
}

#endif
