/* confine.h: rights that a process gives up for good: files (Landlock), system calls (seccomp),
 * dumps, tracing. Works on the calling thread; call it before a second one starts. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "base/err.h"

/* The sanitizers' runtime makes calls of its own; only such builds have a longer list. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CONFINE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CONFINE_SANITIZED 1
#endif
#endif
#ifndef CONFINE_SANITIZED
#define CONFINE_SANITIZED 0
#endif

/* In the number of a row: the call fails with EACCES, and the process goes on without it. For what
 * a library tries and can do without. */
#define CONFINE_REFUSED 0x80000000U
/* The same with EINPROGRESS: for a library that wants to connect what is connected already. */
#define CONFINE_PENDING 0x40000000U

/* With the number of an argument: it must be at least, or below the value, instead of equal. */
#define CONFINE_AT_LEAST 0x40U
#define CONFINE_BELOW 0x80U

/* One allowed system call. The low 32 bits of each argument named are looked at through a mask;
 * several rows with one number allow any of them. */
struct confine_call {
    uint32_t nr;
    struct confine_check {
        uint8_t argument; /* 1 to 6, perhaps with CONFINE_AT_LEAST or _BELOW; 0: no check */
        uint32_t mask;
        uint32_t value;
    } check[2];
};

/* What any confined process needs: memory that is never executable, the clock, random bytes, its
 * own end, and an abort (BUG) that the parent can tell from a forbidden call. own_pid is getpid().
 */
#define CONFINE_CHECK_ALL(argument, mask, value)                                                   \
    {                                                                                              \
        {argument, mask, value},                                                                   \
        {                                                                                          \
            0, 0, 0                                                                                \
        }                                                                                          \
    }
/* From value first on, and below behind. */
#define CONFINE_CHECK_RANGE(argument, first, behind)                                               \
    {                                                                                              \
        {(argument) | CONFINE_AT_LEAST, UINT32_MAX, first},                                        \
        {                                                                                          \
            (argument) | CONFINE_BELOW, UINT32_MAX, behind                                         \
        }                                                                                          \
    }
#define CONFINE_BASIC_CALLS(own_pid)                                                               \
    {SYS_mmap, {{3, PROT_EXEC, 0}, {4, MAP_ANONYMOUS, MAP_ANONYMOUS}}},                            \
        {SYS_mprotect, CONFINE_CHECK_ALL(3, PROT_EXEC, 0)}, {SYS_munmap, {{0}}},                   \
        {SYS_mremap, {{0}}}, {SYS_brk, {{0}}}, {SYS_madvise, {{0}}}, {SYS_clock_gettime, {{0}}},   \
        {SYS_getrandom, {{0}}}, {SYS_exit_group, {{0}}},                                           \
        {SYS_futex, CONFINE_CHECK_ALL(2, UINT32_MAX, FUTEX_WAIT_PRIVATE)},                         \
        {SYS_futex, CONFINE_CHECK_ALL(2, UINT32_MAX, FUTEX_WAKE_PRIVATE)},                         \
        {SYS_rt_sigprocmask, {{0}}}, {SYS_rt_sigaction, {{0}}}, {SYS_rt_sigreturn, {{0}}},         \
        {SYS_getpid, {{0}}}, {SYS_gettid, {{0}}},                                                  \
    {                                                                                              \
        SYS_tgkill, CONFINE_CHECK_ALL(1, UINT32_MAX, (uint32_t)(own_pid))                          \
    }

#if CONFINE_SANITIZED
/* For the sanitizers' allocator, their stack traces and their symbolizer's search for its tool. */
#define CONFINE_SANITIZER_CALLS                                                                    \
    {SYS_mmap, {{0}}}, {SYS_mprotect, {{0}}}, {SYS_sigaltstack, {{0}}}, {SYS_sched_yield, {{0}}},  \
        {SYS_prctl, {{0}}}, {SYS_futex, {{0}}}, {SYS_write, CONFINE_CHECK_ALL(1, UINT32_MAX, 2)},  \
        {SYS_readlinkat, {{0}}}, {SYS_getrlimit, {{0}}}, {SYS_prlimit64, {{0}}},
#else
#define CONFINE_SANITIZER_CALLS
#endif

/* No core dump, no tracing by others of the same user: before a secret is read. ERR_DENIED. */
MUST_CHECK int confine_dumps(struct err *e);
/* No new privileges by execve, no core dump, no tracing by others of the same user. ERR_DENIED. */
MUST_CHECK int confine_process(struct err *e);
/* Denies all of the file system but reading, making and removing regular files in one folder
 * (folder_fd, -1: none), and TCP and signals to others where this kernel can (ABI 4, 6). Needs
 * confine_process before. ERR_DENIED where the kernel has no Landlock. */
MUST_CHECK int confine_files(int folder_fd, struct err *e);
/* Any call that is not in the list kills the process with SIGSYS. ERR_DENIED where the kernel has
 * no seccomp filters or this processor is not known. */
MUST_CHECK int confine_calls(const struct confine_call *calls, size_t count, struct err *e);
/* So much processor time, no new process, no byte in a file, and so much address space beyond what
 * the process has now (the last not where a sanitizer takes it all). ERR_DENIED. */
MUST_CHECK int confine_resources(unsigned cpu_s, uint64_t memory, struct err *e);
