/* calm_collect.c: calm-collect, which is carried to an affected host: politeness, the run, and what
 * a person sees of it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <signal.h>
#include <sodium.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/sink.h"
#include "base/size.h"
#include "collect/artifact_load.h"
#include "collect/collect_bundle.h"
#include "collect/command.h"
#include "collect/output.h"

#define PROGRAM "calm-collect"

enum {
    RECIPIENT_FILE_SIZE = 64 << 10,
    POLITE_NICE = 10,
    COLUMNS_UNKNOWN = 80,
    COLUMNS_LEAST = 40,
    TICK_MS = 200, /* so often the line on what is read may be written anew */
};

/* A signal handler can reach nothing but what is global. */
static volatile sig_atomic_t was_asked_to_end;

struct run {
    struct command command;
    struct bundle_recipient to[BUNDLE_RECIPIENT_COUNT];
    struct output *output;
    struct utc begun;
    int64_t begun_ms;
    size_t columns;   /* of the terminal; 0: there is none */
    const char *step; /* that is read, and stands in the terminal's last line; NULL: none does */
    int64_t shown_ms;
    bool held_up; /* a thread may keep the program from ending */
};

/* No word is cut in two at the terminal's edge; what has no space in it is written whole. */
static void wrap(struct str text, size_t columns, struct buf *out)
{
    size_t used = 0;

    while (text.len) {
        struct str word = str_cut(&text, ' ');

        if (used && used + 1 + word.len >= columns) {
            buf_addc(out, '\n');
            used = 0;
        } else if (used) {
            buf_addc(out, ' ');
            used++;
        }
        buf_addstr(out, word);
        used += word.len;
    }
}

/* One line that is written over again and again, so that nothing scrolls away. */
static void show_step(struct run *r)
{
    char size[SIZE_TEXT_SIZE];
    CLEANUP_BUF struct buf line = {0};
    uint64_t written = r->output ? output_size(r->output) : 0;
    int columns = (int)r->columns - 1;

    r->shown_ms = monotonic_ms();
    buf_addf(&line, "%6.1f s  reading: %s", (double)(r->shown_ms - r->begun_ms) / 1000, r->step);
    if (written)
        buf_addf(&line, ", %s so far", size_text(size, written));
    fprintf(stderr, "\r%-*.*s", columns, columns, buf_text(&line));
}

static void clear_step(struct run *r)
{
    if (r->step)
        fprintf(stderr, "\r%*s\r", (int)r->columns - 1, "");
    r->step = NULL;
}

static void say(struct run *r, const char *format, ...) PRINTF_LIKE(2, 3);
static void say(struct run *r, const char *format, ...)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf safe = {0};
    CLEANUP_BUF struct buf lines = {0};
    va_list args;

    va_start(args, format);
    buf_addv(&text, format, args);
    va_end(args);
    sink_terminal(&safe, buf_str(&text), true);
    if (r->columns)
        wrap(buf_str(&safe), r->columns, &lines);
    clear_step(r);
    fprintf(stderr, "%s\n", buf_text(r->columns ? &lines : &safe));
}

/* 0: standard error is no terminal. */
static size_t terminal_columns(void)
{
    struct winsize size;

    if (!isatty(STDERR_FILENO))
        return 0;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return COLUMNS_UNKNOWN;
    return size.ws_col < COLUMNS_LEAST ? COLUMNS_LEAST : size.ws_col;
}

static void note_signal(int number)
{
    if (was_asked_to_end) { /* by another signal, which was set back by itself */
        (void)signal(number, SIG_DFL);
        (void)raise(number);
    }
    was_asked_to_end = 1;
}

/* The first signal ends the bundle in good order, a second one the program. */
static void catch_signals(void)
{
    static const int asked_by[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction how = {.sa_handler = note_signal,
                            .sa_flags = (int)(SA_RESTART | SA_RESETHAND)};
    struct sigaction before;

    for (size_t i = 0; i < COUNT_OF(asked_by); i++)
        /* What was ignored stays so: under nohup it goes on when its terminal is gone. */
        if (sigaction(asked_by[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            (void)sigaction(asked_by[i], &how, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

/* Work of the host goes first, also where who starts it has said so even more, and a crash leaves no
 * file on it. Where this is not allowed it is read all the same. */
static void be_polite(void)
{
    struct rlimit none = {0, 0};

    if (getpriority(PRIO_PROCESS, 0) < POLITE_NICE) /* -1 is an answer too */
        (void)setpriority(PRIO_PROCESS, 0, POLITE_NICE);
    (void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
    (void)setrlimit(RLIMIT_CORE, &none);
}

/* The bundle must not become what the next message is written into. */
static int hold_standard_descriptors(struct err *e)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/", O_PATH | O_DIRECTORY) != fd)
            return err_errno(e, "descriptor %d cannot be held", fd);
    return 0;
}

static int read_recipient_file(const char *path, struct bundle_recipient *out, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_HOST_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int code = fd < 0 ? -errno : host_read_fd(fd, &text, RECIPIENT_FILE_SIZE);
    int rc;

    if (code < 0)
        return err_set(e, code == -ENOENT ? ERR_NOTFOUND : ERR_IO,
                       "cannot read the recipient %s: %s. calm ready puts it on the stick. Without "
                       "it there is --unsealed in place of --to: then whoever has the stick can "
                       "read what it brings",
                       path, strerror(-code));
    rc = bundle_recipient_read(buf_str(&text), out, e);
    return rc ? err_wrap(e, rc, "the recipient %s", path) : 0;
}

/* The key in hex is never taken for a file: on a host to which the program was sent, somebody could
 * have put one there that is called so. */
static int read_recipient(const char *text, struct bundle_recipient *out, struct err *e)
{
    if (hex_read(out->key, sizeof(out->key), str_of(text)))
        return 0;
    return read_recipient_file(text, out, e);
}

static int read_recipients(struct run *r, struct err *e)
{
    int rc = 0;

    if (r->command.to.count > COUNT_OF(r->to))
        return err_set(e, ERR_LIMIT, "a bundle is sealed to at most %zu recipients",
                       COUNT_OF(r->to));
    for (size_t i = 0; i < r->command.to.count && rc == 0; i++)
        rc = read_recipient(r->command.to.items[i], &r->to[i], e);
    return rc;
}

static void tell_connection(void *context, const char *words)
{
    say(context, PROGRAM ": %s", words);
}

static void tell_step(void *context, const char *title)
{
    struct run *r = context;

    if (!r->columns)
        return;
    r->step = title;
    show_step(r);
}

static void tell_unmet(void *context, struct str words)
{
    say(context, PROGRAM ": " STR_FMT, STR_ARG(words));
}

/* It is asked all the time, so the line on what is read is kept true here. */
static bool is_stopped(void *context)
{
    struct run *r = context;

    if (r->step && monotonic_ms() - r->shown_ms >= TICK_MS)
        show_step(r);
    return was_asked_to_end;
}

/* "web1-20261125T031209Z.calm" */
static void name_file(const struct run *r, struct buf *out)
{
    char moment[UTC_TEXT_SIZE];
    struct utsname name;

    sink_filename(out, str_of(uname(&name) == 0 ? name.nodename : "host"));
    utc_write(moment, r->begun);
    buf_addf(out, "-%.4s%.2s%.2sT%.2s%.2s%.2sZ%s", moment, moment + 5, moment + 8, moment + 11,
             moment + 14, moment + 17, r->command.is_unsealed ? ".tar.zst" : ".calm");
}

/* A file, as opposed to a pipe and a receiver. */
static bool goes_to_file(const struct run *r)
{
    return strcmp(r->command.output, "-") != 0 && !str_starts(str_of(r->command.output), "tcp://");
}

static void say_own_disk(struct run *r, const char *path, const char *disk, const char *why)
{
    say(r,
        PROGRAM ": %s lies on this host's own disk%s%s%s; it may write over what was deleted "
                "there. A stick is better",
        path, disk[0] ? " " : "", disk, why);
}

/* Where a mount failed, a folder of the host takes what was meant for the stick. */
static void say_place(struct run *r)
{
    const char *path = output_name(r->output);
    CLEANUP_BUF struct buf disk = {0};

    switch (output_place(r->output, &disk)) {
    case OUTPUT_ROOT:
        say_own_disk(r, path, "", "");
        break;
    case OUTPUT_FSTAB:
        say_own_disk(r, path, buf_text(&disk), ", which it mounts at each start (/etc/fstab)");
        break;
    case OUTPUT_FIXED:
        say_own_disk(r, path, buf_text(&disk),
                     ", as it seems: that is no medium which can be taken out");
        break;
    case OUTPUT_MEMORY:
        say(r,
            PROGRAM ": %s lies in this host's memory, and is gone when the power is. A stick is "
                    "better",
            path);
        break;
    case OUTPUT_ELSEWHERE:
        break;
    }
}

static int open_output(struct run *r, const struct sender_key *key, struct err *e)
{
    CLEANUP_BUF struct buf name = {0};
    struct output_wish wish = {.place = r->command.output,
                               .token = r->command.token,
                               .key = *key,
                               .patience_s = (int64_t)r->command.patience_s,
                               .told = tell_connection,
                               .context = r};
    int rc;

    name_file(r, &name);
    wish.name = buf_text(&name);
    rc = output_open(&r->output, &wish, e);
    mem_wipe(&wish.key, sizeof(wish.key));
    if (rc == 0)
        say_place(r);
    return rc;
}

/* What an unprivileged program, or one in a container, was not let see. */
static void say_refused(struct run *r, const struct collect_bundle_result *result)
{
    CLEANUP_BUF struct buf text = {0};

    for (size_t i = 0; i < result->refused_count; i++)
        buf_addf(&text, "%s%s", i ? ", " : "", result->refused[i].title);
    if (geteuid() != 0)
        say(r,
            "This did not run as root: of other users' processes and files much was not seen%s%s. "
            "Run it as root where you can.",
            text.len ? ": " : "", buf_text(&text));
    else if (text.len)
        say(r, "Even root was refused a part of: %s. A container or a security module does this.",
            buf_text(&text));
}

/* The digits stand in the recipient's file too, and can be read out over a telephone. */
static void say_sealed(struct run *r)
{
    for (size_t i = 0; i < r->command.to.count; i++) {
        struct hash hash = hash_bytes(r->to[i].key, sizeof(r->to[i].key));

        say(r, "Only who has the key with the check digits %02x%02x can read it.", hash.b[0],
            hash.b[1]);
    }
    if (r->command.is_unsealed)
        say(r, "It is not sealed: whoever has it can read it.");
}

static void say_bundle(struct run *r, double seconds)
{
    char size[SIZE_TEXT_SIZE];
    char hex[2 * sizeof(struct hash) + 1] = "";
    struct hash hash = output_hash(r->output);

    hex_write(hex, hash.b, sizeof(hash.b));
    say(r, "%s", "");
    say(r, "The state of this host, %s in %.1f s, went to", size_text(size, output_size(r->output)),
        seconds);
    say(r, "%s", output_name(r->output));
    say(r, "SHA-256 %s", hex);
    say_sealed(r);
}

static void say_found(struct run *r, const struct collect_bundle_result *result)
{
    if (result->was_stopped)
        say(r, "It was ended at your request: what was read until then is in it.");
    say_refused(r, result);
    if (result->held_up)
        say(r, "Something on this host never answered; the bundle lists what was left because of "
               "it. The kernel may not let this program end before that answers: the bundle is "
               "whole, and the stick can be unmounted.");
    if (result->missing)
        say(r, "%llu %s could not be read; the bundle lists %s and says why.",
            (unsigned long long)result->missing, result->missing == 1 ? "thing" : "things",
            result->missing == 1 ? "it" : "them");
    if (result->observed)
        say(r, "%llu %s; calm preserve import shows what, with the usual harmless causes.",
            (unsigned long long)result->observed,
            result->observed == 1 ? "thing stands out" : "things stand out");
    if (result->atime_misses)
        say(r,
            "The access times of %llu files and folders of others, and those of symbolic links, "
            "may "
            "have changed by being read; root can read without that.",
            (unsigned long long)result->atime_misses);
    say(r, "No program was started, and nothing was written but the bundle.");
}

static void say_next(struct run *r)
{
    const char *slash = strrchr(output_name(r->output), '/');

    say(r, "%s", "");
    say(r, "Next: write down the SHA-256%s, then umount the stick.",
        r->command.to.count ? " and the check digits" : "");
    say(r, "On your own machine: calm preserve import %s",
        slash ? slash + 1 : output_name(r->output));
}

static void say_done(struct run *r, const struct collect_bundle_result *result)
{
    say_bundle(r, result->seconds);
    say_found(r, result);
    if (goes_to_file(r))
        say_next(r);
}

/* A stick that is full or was pulled is no reason to begin with nothing again. */
static void say_way_out(struct run *r, int rc)
{
    if ((rc == ERR_FULL || rc == ERR_IO) && r->output && goes_to_file(r))
        say(r, "Next: keep what is there, it is good up to where it ended, and collect again "
               "onto another stick.");
}

static int collect(struct run *r, struct err *e)
{
    struct collect_bundle_result result = {0};
    struct bundle_output output = {.write = output_write};
    struct collect_bundle b = {.options = &r->command.options,
                               .output = &output,
                               .to = r->to,
                               .to_count = r->command.to.count,
                               .program = PROGRAM " " CALM_VERSION,
                               .arguments = r->command.told.items,
                               .argument_count = r->command.told.count};
    struct sender_key key;
    int rc;

    sender_key_make(&key);
    b.id = key.collection;
    rc = open_output(r, &key, e);
    mem_wipe(&key, sizeof(key));
    if (rc)
        return rc;
    output.context = r->output;
    rc = collect_bundle(&b, &result, e);
    if (rc == 0)
        rc = output_end(r->output, e);
    if (rc)
        return rc;
    say_done(r, &result);
    r->held_up = result.held_up;
    return result.was_stopped ? ERR_CANCEL : 0;
}

static int run(struct run *r, int argc, char **argv, struct err *e)
{
    int rc = command_read(&r->command, argc, argv, e);

    if (rc)
        return rc;
    if (r->command.wants_help) {
        CLEANUP_BUF struct buf text = {0};

        command_help(&text);
        fputs(buf_text(&text), stdout);
        return fflush(stdout) == 0 ? 0 : err_errno(e, "cannot write the help");
    }
    if (r->command.wants_version)
        return puts(PROGRAM " " CALM_VERSION " (format calm-bundle/1)") >= 0 && fflush(stdout) == 0
                   ? 0
                   : err_errno(e, "cannot write the version");
    rc = read_recipients(r, e);
    if (rc == 0)
        rc = artifacts_check(&r->command.options, e);
    if (rc)
        return rc;
    r->begun = utc_now();
    r->begun_ms = monotonic_ms();
    r->command.options.reading = tell_step;
    r->command.options.unmet = tell_unmet;
    r->command.options.is_stopped = is_stopped;
    r->command.options.context = r;
    be_polite();
    catch_signals();
    return collect(r, e);
}

int main(int argc, char **argv)
{
    struct run r = {.output = NULL};
    struct err e = {0};
    int rc = hold_standard_descriptors(&e);

    r.columns = terminal_columns();
    if (rc == 0 && sodium_init() < 0)
        rc = err_set(&e, ERR_IO, "this system gives no random numbers");
    if (rc == 0)
        rc = run(&r, argc, argv, &e);
    if (rc && e.code)
        say(&r, PROGRAM ": %s", e.text);
    if (rc)
        say_way_out(&r, rc);
    output_close(r.output);
    if (r.held_up) { /* who waits for the end of what was written need not wait for ours */
        (void)fflush(NULL);
        for (int fd = 0; fd <= STDERR_FILENO; fd++)
            (void)close(fd);
        _exit(err_exit_status(rc));
    }
    return err_exit_status(rc);
}
