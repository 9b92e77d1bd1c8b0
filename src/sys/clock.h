/* clock.h: what this machine says of its clock, its boot and itself. */
#pragma once
#include "base/hash.h"
#include "base/utc.h"

struct clock_reading {
    struct utc time;
    struct id boot;    /* /proc/sys/kernel/random/boot_id, zeros if unknown */
    uint64_t mono_ns;  /* CLOCK_BOOTTIME */
    const char *clock; /* "ntp", "free" (adjtimex says unsynchronised) or "unknown" */
};
void clock_read(struct clock_reading *out);
/* Reads all of it anew but the boot, which no process outlives. */
void clock_read_on(struct clock_reading *reading);
/* Bytes from the kernel's generator; a failure is a bug. */
void random_bytes(void *out, size_t size);
/* This host's name, from uname; never a look-up. */
void host_name(char *out, size_t size);
/* The name of the user who runs this, from $SUDO_USER, $USER, /etc/passwd, or the user's
 * number. */
void user_name(char *out, size_t size);
