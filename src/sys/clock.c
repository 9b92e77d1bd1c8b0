/* clock.c: what the kernel says of time, boot and host. */
#include "sys/clock.h"
#include <errno.h>
#include <sys/random.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include "sys/file.h"

enum { UUID_TEXT_SIZE = 36, PASSWD_SIZE_MAX = 4 << 20 };

static void boot_read(struct id *out)
{
    CLEANUP_BUF struct buf text = {0};
    char hex[2 * sizeof(out->b)];
    size_t count = 0;

    *out = (struct id){{0}};
    if (file_read(&text, "/proc/sys/kernel/random/boot_id", 64, NULL) < 0 ||
        text.len < UUID_TEXT_SIZE)
        return;
    for (size_t i = 0; i < UUID_TEXT_SIZE && count < sizeof(hex); i++)
        if (text.p[i] != '-')
            hex[count++] = text.p[i];
    if (!hex_read(out->b, sizeof(out->b), (struct str){hex, count}))
        *out = (struct id){{0}};
}

static const char *clock_state(void)
{
    struct timex t = {.modes = 0};
    int state = adjtimex(&t);

    if (state < 0)
        return "unknown";
    return state == TIME_ERROR || (t.status & STA_UNSYNC) ? "free" : "ntp";
}

void clock_read_on(struct clock_reading *out)
{
    struct timespec mono;

    if (clock_gettime(CLOCK_BOOTTIME, &mono) < 0)
        BUG("no CLOCK_BOOTTIME");
    out->time = utc_now();
    out->mono_ns = (uint64_t)mono.tv_sec * 1000000000U + (uint64_t)mono.tv_nsec;
    out->clock = clock_state();
}

void clock_read(struct clock_reading *out)
{
    clock_read_on(out);
    boot_read(&out->boot);
}

void random_bytes(void *out, size_t size)
{
    uint8_t *at = out;

    while (size) {
        ssize_t n = getrandom(at, size, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            BUG("the kernel gives no random bytes: %s", strerror(errno));
        at += n;
        size -= (size_t)n;
    }
}

void host_name(char *out, size_t size)
{
    struct utsname u;

    snprintf(out, size, "%s", uname(&u) < 0 || !u.nodename[0] ? "unknown" : u.nodename);
}

/* The name beside a user's number in /etc/passwd; never a look-up over the network. */
static bool passwd_name(unsigned uid, char *out, size_t size)
{
    CLEANUP_BUF struct buf text = {0};
    struct str rest;

    if (file_read(&text, "/etc/passwd", PASSWD_SIZE_MAX, NULL))
        return false;
    rest = buf_str(&text);
    while (rest.len) {
        struct str line = str_cut(&rest, '\n');
        struct str name = str_cut(&line, ':');
        uint64_t number;

        (void)str_cut(&line, ':');
        if (!str_u64(str_cut(&line, ':'), &number) || number != uid || !name.len)
            continue;
        snprintf(out, size, STR_FMT, STR_ARG(name));
        return true;
    }
    return false;
}

void user_name(char *out, size_t size)
{
    const char *name = getenv("SUDO_USER");

    if (!name || !name[0])
        name = getenv("USER");
    if (name && name[0])
        snprintf(out, size, "%s", name);
    else if (!passwd_name(getuid(), out, size))
        snprintf(out, size, "%u", (unsigned)getuid());
}
