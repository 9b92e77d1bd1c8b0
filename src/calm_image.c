/* calm_image.c: calm-image, which reads a disk and nothing else: its command line, what a person
 * sees of it, and the lines that calm reads. */
#include <limits.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "acquire/imager_option.h"
#include "acquire/rescue.h"
#include "base/mem.h"
#include "base/sink.h"
#include "base/size.h"
#include "sys/file.h"
#include "sys/interrupt.h"
#include "sys/term.h"
#include "sys/worker.h"

enum {
    LINE_MAX_SIZE = 5 * PATH_MAX,
    ORDER_MAX = 64,
    SHOW_MS = 500,
    PLAIN_MS = 60000,
    RATE_MS = 10000
};

/* A signal handler reaches nothing but what is global. */
static struct acquire_control control;

struct face {
    struct imager_order *order; /* its number comes late */
    bool is_lines;              /* for calm */
    bool is_terminal;
    bool has_line; /* the terminal's last line is progress */
    int64_t shown_ms;
    int phase;
    int64_t rate_ms; /* since when and where the rate is counted */
    uint64_t rate_done;
    uint64_t rate; /* bytes a second */
    struct buf in; /* lines that came and were not taken yet */
    struct arena *arena;
};

static void stop(int signal_number)
{
    (void)signal_number;
    atomic_store(&control.stops, true);
}

static bool is_stopped(void)
{
    return atomic_load(&control.stops);
}

/* Whoever read this has gone: the image is left so that it can go on. */
static void say(struct str text)
{
    if (file_write_fd(STDOUT_FILENO, text.p, text.len, "the output", NULL))
        atomic_store(&control.stops, true);
}

/* What a device says of itself is anybody's. */
static void line(const char *fmt, ...) PRINTF_LIKE(1, 2);
static void line(const char *fmt, ...)
{
    CLEANUP_BUF struct buf raw = {0};
    CLEANUP_BUF struct buf out = {0};
    va_list ap;

    va_start(ap, fmt);
    buf_addv(&raw, fmt, ap);
    va_end(ap);
    sink_line(&out, buf_str(&raw));
    buf_addc(&out, '\n');
    say(buf_str(&out));
}

/* What was root to open the disk needs that no longer: files belong to who asked. */
static int drop_rights(struct err *e)
{
    uint64_t uid, gid;

    if (geteuid() != 0 || !str_u64(str_of(getenv("SUDO_UID")), &uid) ||
        !str_u64(str_of(getenv("SUDO_GID")), &gid) || uid == 0)
        return 0;
    if (setgroups(0, NULL) || setgid((gid_t)gid) || setuid((uid_t)uid) || setuid(0) == 0)
        return err_set(e, ERR_DENIED, "cannot give up the rights of root");
    return 0;
}

static void show_facts(const struct source_facts *f, const char *name)
{
    char size[SIZE_TEXT_SIZE];

    line("%s: %s%s%s%s%s%s%s", f->path, f->vendor, f->vendor[0] ? " " : "", f->model,
         f->serial[0] ? ", serial " : "", f->serial, f->model[0] || f->vendor[0] ? ", " : "",
         size_text(size, f->size));
    if (f->uses[0])
        line("in use: %s", f->uses);
    if (f->note[0])
        line("%s", f->note);
    if (name[0])
        line("the image is called %s", name);
}

static void show_room(const struct imager_order *o, uint64_t size)
{
    char there[SIZE_TEXT_SIZE], needed[SIZE_TEXT_SIZE];
    uint64_t room =
        o->part ? UINT64_MAX : folder_room(o->folder); /* what goes on names no folder */

    if (room < size)
        line("%s has room for %s, and the source has %s: where it is full, another folder is used "
             "(--also), or asked for",
             o->folder, size_text(there, room), size_text(needed, size));
}

static void tell_facts(const struct source_facts *f, const char *name)
{
    line("fact name %s", name);
    line("fact path %s", f->path);
    line("fact vendor %s", f->vendor);
    line("fact model %s", f->model);
    line("fact serial %s", f->serial);
    line("fact wwn %s", f->wwn);
    line("fact uses %s", f->uses);
    line("fact note %s", f->note);
    line("fact size %llu", (unsigned long long)f->size);
    line("fact native-size %llu", (unsigned long long)f->native_size);
    line("fact factory-size %llu", (unsigned long long)f->factory_size);
    line("fact sector %u", f->logical_size);
    line("fact physical-sector %u", f->physical_size);
    line("fact device %d", f->is_device);
    line("fact read-only %d", f->is_read_only);
    line("fact exclusive %d", f->is_exclusive);
    line("fact live %d", f->is_written_to || (f->is_device && !f->is_exclusive));
    line("fact gone %d", f->is_gone);
    line("fact end 1");
}

static void count_rate(struct face *f, int phase, uint64_t done)
{
    int64_t now = monotonic_ms();

    if (f->rate_ms == 0 || done < f->rate_done || phase != f->phase) {
        f->rate_ms = now;
        f->rate_done = done;
        f->rate = 0;
        f->phase = phase;
    } else if (now - f->rate_ms >= 1000) {
        f->rate = (done - f->rate_done) * 1000 / (uint64_t)(now - f->rate_ms);
    }
    if (now - f->rate_ms > RATE_MS) {
        f->rate_ms = now;
        f->rate_done = done;
    }
}

/* One more part of the line of progress, if it fits: what matters most comes first. */
static void add_part(struct buf *out, size_t columns, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void add_part(struct buf *out, size_t columns, const char *fmt, ...)
{
    CLEANUP_BUF struct buf part = {0};
    va_list ap;

    va_start(ap, fmt);
    buf_addv(&part, fmt, ap);
    va_end(ap);
    if (out->len + 2 + part.len < columns)
        buf_addf(out, "%s%s", out->len ? "  " : "", buf_text(&part));
}

/* Few bytes are left and nobody knows how long they take. */
static bool is_slow_work(int phase)
{
    return phase == ACQUIRE_RESCUING && atomic_load(&control.pass) >= RESCUE_TRIM;
}

/* "35 %  copying  1.4 GB of 4.0 GB  4.1 kB unreadable  6 s left  410 MB/s" */
static void progress_words(const struct face *f, uint64_t done, uint64_t size, struct buf *out)
{
    char text[UTC_PLAIN_SIZE], more[SIZE_TEXT_SIZE];
    uint64_t unreadable = atomic_load(&control.bad);
    size_t columns = term_columns(STDOUT_FILENO);

    if (f->phase == ACQUIRE_OPENING || f->phase == ACQUIRE_COMPARING) {
        add_part(out, columns, "%s", acquire_phase_words(&control, f->phase));
        return;
    }
    add_part(out, columns, "%u %%", (unsigned)(size ? done / (size / 100 + 1) : 0));
    add_part(out, columns, "%s", acquire_phase_words(&control, f->phase));
    if (f->phase == ACQUIRE_SILENT)
        add_part(out, columns, "nothing for %s%s",
                 span_text(text, (int64_t)(acquire_silent_ms(&control) / 1000)),
                 atomic_load(&control.stops) ? ", stopping" : "");
    add_part(out, columns, "%s of %s", size_text(text, done), size_text(more, size));
    if (unreadable)
        add_part(out, columns, "%s unreadable", size_text(text, unreadable));
    if (!f->rate)
        return;
    if (!is_slow_work(f->phase))
        add_part(out, columns, "%s left",
                 span_text(text, (int64_t)((size - (done < size ? done : size)) / f->rate)));
    add_part(out, columns, "%s/s", size_text(text, f->rate));
}

/* calm says stop, or is not there any more. */
static void hear_stop(const struct face *f)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    char said[64];

    if (f->is_lines && !atomic_load(&control.waits) && poll(&in, 1, 0) > 0 &&
        (read(STDIN_FILENO, said, sizeof(said)) <= 0 || memchr(said, 's', sizeof(said))))
        atomic_store(&control.stops, true);
}

static void tell_progress(void *context, const struct acquire_control *c, uint64_t size)
{
    struct face *f = context;
    int phase = acquire_phase_shown(c);
    uint64_t done = atomic_load(phase == ACQUIRE_MOVING ? &c->move_done : &c->done);
    int64_t now = monotonic_ms();
    CLEANUP_BUF struct buf words = {0};

    size = phase == ACQUIRE_MOVING ? atomic_load(&c->move_size) : size;
    hear_stop(f);
    if (now - f->shown_ms < (f->is_lines || f->is_terminal ? SHOW_MS : PLAIN_MS))
        return;
    f->shown_ms = now;
    count_rate(f, phase, done);
    if (f->is_lines) {
        line("progress %d %llu %llu %llu %d %llu %llu", f->phase, (unsigned long long)done,
             (unsigned long long)size, (unsigned long long)atomic_load(&c->bad),
             atomic_load(&c->pass), (unsigned long long)f->rate,
             (unsigned long long)(acquire_silent_ms(c) / 1000));
        return;
    }
    progress_words(f, done, size, &words);
    if (!f->is_terminal) {
        line("%s", buf_text(&words));
        return;
    }
    buf_adds(&words, "\033[K\r");
    f->has_line = true;
    say(buf_str(&words));
}

static void end_line(struct face *f)
{
    if (f->has_line)
        say(STR("\n"));
    f->has_line = false;
}

/* A line of standard input; false: no more come, or it was stopped. */
static bool read_line(struct face *f, struct buf *out)
{
    const char *end;

    while (!(end = f->in.len ? memchr(f->in.p, '\n', f->in.len) : NULL)) {
        struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
        ssize_t n;

        if (atomic_load(&control.stops) || f->in.len > LINE_MAX_SIZE)
            return false;
        if (poll(&in, 1, SHOW_MS) <= 0)
            continue;
        n = read(STDIN_FILENO, buf_room(&f->in, LINE_MAX_SIZE), LINE_MAX_SIZE);
        if (n <= 0)
            return false;
        f->in.len += (size_t)n;
    }
    buf_clear(out);
    buf_add(out, f->in.p, (size_t)(end - f->in.p));
    f->in.len -= out->len + 1;
    memmove(f->in.p, end + 1, f->in.len);
    return true;
}

static bool is_usable_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) && access(path, W_OK | X_OK) == 0;
}

/* A folder that was typed wrong is no reason to end. */
static bool ask_person(struct face *f, const char *folder, const char *why, struct buf *answer)
{
    if (why[0])
        line("That folder will not do: %s.", why);
    line("No space is left in %s.", folder);
    do {
        line("Type another folder to go on in, or make room there and press Enter.");
        line("Ctrl-C stops it; it can go on later.");
        if (!read_line(f, answer))
            return false;
        if (answer->len && !is_usable_folder(buf_text(answer)))
            line("%s is no folder that can be written to.", buf_text(answer));
    } while (answer->len && !is_usable_folder(buf_text(answer)));
    return true;
}

/* why: of the folder that was named before; "": none was. */
static int is_full(const char *folder, const char *why, struct err *e)
{
    return err_set(e, ERR_FULL, "no space is left in %s%s%s", folder, why[0] ? "; " : "", why);
}

static int ask_room(void *context, const char *folder, const char *why, char **other, struct err *e)
{
    struct face *f = context;
    CLEANUP_BUF struct buf answer = {0};
    CLEANUP_BUF struct buf named = {0};
    struct str said;
    bool is_answered;

    end_line(f);
    if (f->is_lines && why[0])
        line("why %s", why);
    if (f->is_lines)
        line("full %s", folder);
    if (!f->is_lines && !isatty(STDIN_FILENO))
        return is_full(folder, why, e);
    is_answered = f->is_lines ? read_line(f, &answer) : ask_person(f, folder, why, &answer);
    said = buf_str(&answer);
    if (!is_answered ||
        (f->is_lines && (!str_take(&said, "folder ") || !buf_add_unescaped(&named, said))))
        return is_full(folder, why, e);
    if (f->is_lines)
        said = buf_str(&named);
    *other = said.len ? mem_dup(said.p, said.len) : mem_strdup(folder);
    return 0;
}

/* calm puts on record that it begins, and then lets it. */
static int wait_for_begin(struct face *f, struct err *e)
{
    CLEANUP_BUF struct buf answer = {0};

    while (read_line(f, &answer)) {
        struct str rest = buf_str(&answer), word = str_cut(&rest, ' ');

        if (str_is(word, "begin"))
            return 0;
        if (!str_is(word, "number"))
            break;
        f->order->number = arena_dup(f->arena, rest.p, rest.len);
    }
    return err_set(e, ERR_CANCEL, "stopped before it began");
}

static int source_is_open(void *context, struct err *e)
{
    (void)context;
    return drop_rights(e);
}

static int take_facts(void *context, const struct source_facts *facts, const char *name,
                      struct err *e)
{
    struct face *f = context;

    (f->is_lines ? tell_facts : show_facts)(facts, name);
    if (!f->is_lines)
        show_room(f->order, facts->size);
    return f->is_lines ? wait_for_begin(f, e) : 0;
}

static void tell_digests(const char *of, const struct digests_result *d)
{
    CLEANUP_BUF struct buf hex = {0};

    hex_add(&hex, d->md5, sizeof(d->md5));
    line("result %smd5 %s", of, buf_text(&hex));
    buf_clear(&hex);
    hex_add(&hex, d->sha1, sizeof(d->sha1));
    line("result %ssha1 %s", of, buf_text(&hex));
    buf_clear(&hex);
    hex_add(&hex, d->sha256.b, sizeof(d->sha256.b));
    line("result %ssha256 %s", of, buf_text(&hex));
}

static void tell_time(const char *word, struct utc t)
{
    char text[UTC_TEXT_SIZE];

    utc_write(text, t);
    line("result %s %.*s", word, UTC_TEXT_SIZE, text);
}

static void tell_result(const struct imager_report *r)
{
    struct str rest = buf_str(&r->files);

    line("result name %s", buf_text(&r->name));
    tell_time("begun", r->begun);
    if (r->result.ended.sec == 0 && !r->part.len)
        return;
    if (r->part.len) {
        line("result part %s", buf_text(&r->part));
        line("result bound %s", buf_text(&r->bound));
        return;
    }
    tell_time("ended", r->result.ended);
    tell_digests("", &r->result.exact);
    tell_digests("stored-", &r->result.stored);
    line("result stored-size %llu", (unsigned long long)r->result.stored_size);
    line("result bad %llu", (unsigned long long)r->result.bad);
    line("result left %llu", (unsigned long long)r->result.left);
    line("result changed %s", buf_text(&r->changed));
    line("result stated %s", buf_text(&r->stated));
    line("result damage %s", buf_text(&r->damage));
    line("result missing %s", buf_text(&r->lost));
    line("result left-sectors %s", buf_text(&r->left));
    line("result unbound %s", buf_text(&r->unbound));
    line("result live %d", r->is_live);
    line("result history %s", buf_text(&r->history));
    line("result retries %s", buf_text(&r->retries));
    if (r->back_ended.sec) {
        tell_time("back-begun", r->back_begun);
        tell_time("back-ended", r->back_ended);
    }
    line("result read-back %s", r->back_failed.len  ? "failed"
                                : !r->has_back      ? "no"
                                : r->back.differing ? "different"
                                                    : "same");
    while (rest.len) {
        struct str one = str_cut(&rest, '\n');

        line("file " STR_FMT, STR_ARG(one));
    }
}

/* Where the one who could change the files does not reach. */
static void tell_check_code(const struct imager_report *r)
{
    CLEANUP_BUF struct buf code = {0};

    acquisition_check_code(buf_str(&r->bound), &code);
    if (code.len)
        line("Its check code, to be written down on paper: %s. With --check this tells whether "
             "anything was changed until it goes on.",
             buf_text(&code));
}

/* A report has texts only where an image came to be one. */
static void tell(struct face *f, const struct imager_report *r, int rc, const struct err *e)
{
    end_line(f);
    if (f->is_lines) {
        if (r->name.len && r->begun.sec)
            tell_result(r);
        if (rc)
            line("failed %s %s", err_name(rc), e->text);
        else
            line("ok");
        return;
    }
    if (r->text.len) {
        CLEANUP_BUF struct buf shown = {0};

        sink_terminal(&shown, buf_str(&r->text), true);
        say(buf_str(&shown));
    }
    if (rc && r->part.len) {
        /* a file of it that is away, or another thing in its place */
        bool lacks = rc == ERR_NOTFOUND || rc == ERR_USAGE || rc == ERR_CONFLICT;

        line("%s: calm-image --resume %s goes on where it was.",
             lacks ? "Once what is named below is there again, as it was" : "Nothing is lost",
             buf_text(&r->part));
        tell_check_code(r);
    }
}

/* The lines of calm: "WORD VALUE" or "WORD", until "go". */
static int read_orders(struct face *f, struct imager_order *o, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};

    for (unsigned count = 0; count < ORDER_MAX && read_line(f, &text); count++) {
        struct str rest = buf_str(&text), word = str_cut(&rest, ' ');
        const char *name = arena_dup(f->arena, word.p, word.len);
        CLEANUP_BUF struct buf value = {0};
        int rc;

        if (str_is(word, "go"))
            return 0;
        if (!buf_add_unescaped(&value, rest))
            return err_set(e, ERR_USAGE, "the order is spelled wrong");
        rc = imager_option_set(o, name,
                               imager_option_takes_value(name)
                                   ? arena_dup(f->arena, buf_text(&value), value.len)
                                   : NULL,
                               e);
        if (rc)
            return rc;
    }
    return err_set(e, ERR_USAGE, "the order did not end with go");
}

static int read_arguments(struct imager_order *o, int argc, char **argv, struct err *e)
{
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i] + 2;
        const char *value = NULL;
        int rc;

        if (argv[i][0] == '-' && argv[i][1] != '-')
            return err_set(e, ERR_USAGE, "there is no option %s: calm-image --help", argv[i]);
        if (argv[i][0] != '-') {
            name = "source";
            value = argv[i];
        } else if (imager_option_takes_value(name)) {
            value = argv[++i];
        }
        rc = imager_option_set(o, name, value, e);
        if (rc)
            return rc;
    }
    return imager_option_check(o, e);
}

static void help(void)
{
    CLEANUP_BUF struct buf text = {0};

    buf_adds(&text,
             "calm-image SOURCE --to FOLDER [options]\n"
             "calm-image --resume NAME.part [options]\n\n"
             "Makes an image of a disk, and hashes it. Nothing is written to the source.\n\n");
    imager_option_help(&text);
    buf_adds(&text, "\nIn a case, calm preserve image does this and puts it on record.\n");
    say(buf_str(&text));
}

static int make(struct face *f, const struct imager_order *o, struct err *e)
{
    const struct imager_watch watch = {.opened = source_is_open,
                                       .facts = take_facts,
                                       .progress = tell_progress,
                                       .full = ask_room,
                                       .context = f};
    CLEANUP(imager_report_release) struct imager_report report = {0};
    int rc = imager_run(o, &watch, &control, &report, e);

    tell(f, &report, rc, e);
    return rc;
}

int main(int argc, char **argv)
{
    const struct sigaction on_stop = {.sa_handler = stop};
    CLEANUP(arena_freep) struct arena *arena = NULL;
    CLEANUP_BUF struct buf sentence = {0};
    struct face f = {.is_terminal = isatty(STDOUT_FILENO)};
    struct imager_order order;
    struct err e = {0};
    int rc;

    worker_main_if_asked(argc, argv);
    arena = f.arena = arena_new();
    f.order = &order;
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    interrupt_asked_also(is_stopped);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* the write fails, and says so */
    for (size_t i = 0; i < 3; i++)
        (void)sigaction((const int[]){SIGINT, SIGTERM, SIGHUP}[i], &on_stop, NULL);
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return help(), 0;
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return line("calm-image %s", CALM_VERSION), 0;
    imager_option_defaults(&order);
    f.is_lines = argc == 2 && strcmp(argv[1], "serve") == 0;
    rc = f.is_lines ? read_orders(&f, &order, &e) : read_arguments(&order, argc, argv, &e);
    if (rc == 0 && f.is_lines)
        rc = imager_option_check(&order, &e);
    if (rc == 0)
        rc = make(&f, &order, &e);
    else if (f.is_lines)
        line("failed %s %s", err_name(rc), e.text);
    buf_release(&f.in);
    if (rc && !f.is_lines) {
        sink_terminal(&sentence, str_of(e.text), false);
        fprintf(stderr, "calm-image: %s (exit %d)\n", buf_text(&sentence), err_exit_status(rc));
    }
    /* A read that hangs in the kernel would keep exit waiting for its thread. */
    _exit(err_exit_status(rc));
}
