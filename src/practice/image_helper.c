/* image_helper.c: starts calm-image and takes its lines. */
#include "practice/image_helper.h"
#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sys/interrupt.h"
#include "sys/self.h"

/* As src/acquire/acquisition.h and rescue.h count them. */
enum { PHASE_RESCUING = 2, PHASE_SILENT = 10, PASS_TRIM = 3 };
enum { LINE_SIZE = 16384, LOOK_MS = 300, FILES_SIZE = 16 << 20 };

const char *image_phase_words(int phase)
{
    static const char *const words[] = {"read again",
                                        "copied",
                                        "failing disk",
                                        "put together",
                                        "written",
                                        "read back",
                                        "moved to the other folder",
                                        "the target disk is slow: waiting for it",
                                        "waiting for the source to open",
                                        "compared with what was read before",
                                        "waiting for the source"};

    return phase >= 0 && (size_t)phase < COUNT_OF(words) ? words[phase] : words[1];
}

/* "BYTES SHA256 FOLDER/NAME": both may hold spaces. */
struct image_file image_helper_file(struct str line)
{
    struct image_file f = {.bytes = str_cut(&line, ' '), .sum = str_cut(&line, ' ')};
    size_t at = line.len;

    while (at && line.p[at - 1] != '/')
        at--;
    f.folder = str_head(line, at ? at - 1 : 0);
    f.name = str_from(line, at);
    return f;
}

static bool needs_root(const char *source)
{
    struct stat st;

    return geteuid() != 0 && stat(source, &st) == 0 && S_ISBLK(st.st_mode) &&
           access(source, R_OK) != 0;
}

int image_helper_open(struct image_helper *h, const char *source, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf loader = {0};
    CLEANUP_BUF struct buf folder = {0};
    const char *argv[SELF_PREFIX_MAX + 5];
    int count = 0;
    int rc = self_neighbour("calm-image", NULL, "it reads the disk", &path, e);

    if (rc)
        return rc;
    h->arena = arena_new();
    if (needs_root(source)) {
        argv[count++] = "sudo";
        argv[count++] = "--";
    }
    rc = self_prefix(argv + count, &loader, &folder, e);
    if (rc < 0)
        return rc;
    count += rc;
    argv[count++] = buf_text(&path);
    argv[count++] = "serve";
    argv[count] = NULL;
    rc = dialogue_start(&h->dialogue, argv, e);
    if (rc == ERR_NOTFOUND && needs_root(source))
        return err_set(
            e, ERR_DENIED,
            "%s may be read by root only, and sudo is not here: run calm as root, or "
            "calm-image alone (calm-image --help) and then calm preserve image --made NAME.txt",
            source);
    return rc;
}

void image_helper_release(struct image_helper *h)
{
    if (h->has_ended) /* a read that hangs keeps it from its end, and nobody else */
        dialogue_leave(h->dialogue);
    dialogue_close(h->dialogue);
    arena_free(h->arena);
    buf_release(&h->in);
    buf_release(&h->why);
    buf_release(&h->files);
}

int image_helper_order(struct image_helper *h, const char *word, struct str value, struct err *e)
{
    CLEANUP_BUF struct buf line = {0};

    buf_adds(&line, word);
    if (value.p) {
        buf_addc(&line, ' ');
        buf_add_escaped(&line, value);
    }
    buf_addc(&line, '\n');
    return dialogue_send(h->dialogue, buf_str(&line), e);
}

static const char *find(const struct image_word *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i].word, word) == 0)
            return words[i].value;
    return "";
}

const char *image_helper_fact(const struct image_helper *h, const char *word)
{
    return find(h->facts, h->fact_count, word);
}

const char *image_helper_result(const struct image_helper *h, const char *word)
{
    return find(h->results, h->result_count, word);
}

bool image_helper_contradicts(const struct image_helper *h)
{
    return str_starts(str_of(image_helper_result(h, "stated")), "DIFFERENT:");
}

static void add(struct image_helper *h, struct image_word *words, size_t *count, const char *word,
                struct str value)
{
    if (!h->arena)
        h->arena = arena_new();
    if (*count < IMAGE_WORDS_MAX)
        words[(*count)++] = (struct image_word){arena_strdup(h->arena, word),
                                                arena_dup(h->arena, value.p, value.len)};
}

static void add_word(struct image_helper *h, struct image_word *words, size_t *count,
                     struct str rest)
{
    struct str word = str_cut(&rest, ' ');
    CLEANUP_BUF struct buf name = {0};

    buf_addstr(&name, word);
    add(h, words, count, buf_text(&name), rest);
}

void image_helper_say_fact(struct image_helper *h, const char *word, struct str value)
{
    add(h, h->facts, &h->fact_count, word, value);
}

void image_helper_say_result(struct image_helper *h, const char *word, struct str value)
{
    add(h, h->results, &h->result_count, word, value);
}

static int code_named(struct str name)
{
    for (int code = ERR_USAGE; code >= ERR_CANCEL; code--)
        if (str_is(name, err_name(code)))
            return code;
    return ERR_IO;
}

static void end(struct image_helper *h, int rc, struct str sentence)
{
    h->has_ended = true;
    h->rc = rc;
    if (rc)
        err_set(&h->said, rc, STR_FMT, STR_ARG(sentence));
}

static int take_full(struct image_helper *h, struct str folder,
                     const struct image_watcher_calls *calls, struct err *e)
{
    CLEANUP_FREE char *name = mem_dup(folder.p, folder.len);
    CLEANUP_FREE char *other = NULL;
    int rc = calls->full(calls->context, name, buf_text(&h->why), &other, e);

    buf_clear(&h->why);
    /* Nobody knows one: the helper leaves it so that it can go on, and says so. */
    if (rc && image_helper_order(h, "stop", (struct str){0}, NULL))
        return 0; /* it ended by the same Ctrl-C, and has said it */
    return rc ? 0 : image_helper_order(h, "folder", str_of(other), e);
}

static int take_progress(struct str rest, const struct image_watcher_calls *calls, struct err *e)
{
    struct image_progress p = {0};
    uint64_t phase, pass, rate;

    if (!str_u64(str_cut(&rest, ' '), &phase) || !str_u64(str_cut(&rest, ' '), &p.done) ||
        !str_u64(str_cut(&rest, ' '), &p.size) || !str_u64(str_cut(&rest, ' '), &p.bad) ||
        !str_u64(str_cut(&rest, ' '), &pass) || !str_u64(str_cut(&rest, ' '), &rate) ||
        !str_u64(str_cut(&rest, ' '), &p.silent_s))
        return err_set(e, ERR_FORMAT, "what calm-image says is not to be understood");
    p.is_silent = phase == PHASE_SILENT;
    p.is_slow_work = phase == PHASE_RESCUING && pass >= PASS_TRIM;
    p.phase = phase > INT32_MAX ? 0 : (int)phase;
    return calls->progress(calls->context, &p, e);
}

static int take_line(struct image_helper *h, struct str line,
                     const struct image_watcher_calls *calls, struct err *e)
{
    struct str rest = line, word = str_cut(&rest, ' ');

    if (str_has_utf8_error(line))
        return err_set(e, ERR_FORMAT, "what calm-image says is no text");
    if (str_is(word, "fact"))
        add_word(h, h->facts, &h->fact_count, rest);
    else if (str_is(word, "result"))
        add_word(h, h->results, &h->result_count, rest);
    else if (str_is(word, "file") && h->files.len < FILES_SIZE)
        buf_addf(&h->files, STR_FMT "\n", STR_ARG(rest));
    else if (str_is(word, "ok"))
        end(h, 0, rest);
    else if (str_is(word, "failed"))
        end(h, code_named(str_cut(&rest, ' ')), rest);
    else if (str_is(word, "why"))
        buf_addstr(&h->why, rest);
    else if (str_is(word, "full") && calls)
        return take_full(h, rest, calls, e);
    else if (str_is(word, "progress") && calls)
        return take_progress(rest, calls, e);
    else
        return err_set(e, ERR_FORMAT, "what calm-image says is not to be understood");
    return 0;
}

static int take_lines(struct image_helper *h, const struct image_watcher_calls *calls,
                      struct err *e)
{
    struct str rest = buf_str(&h->in);
    int rc = 0;

    while (rc == 0 && rest.len && memchr(rest.p, '\n', rest.len)) {
        struct str line = str_cut(&rest, '\n');

        rc = take_line(h, line, calls, e);
    }
    if (rest.len > LINE_SIZE)
        return err_set(e, ERR_FORMAT, "a line of calm-image has no end");
    memmove(h->in.p, rest.p, rest.len);
    h->in.len = rest.len;
    return rc;
}

/* Waits for more lines, once. */
static int wait_lines(struct image_helper *h, const struct image_watcher_calls *calls,
                      struct err *e)
{
    struct pollfd p = {.fd = dialogue_fd(h->dialogue), .events = POLLIN};
    int rc = 0, later;

    if (poll(&p, 1, LOOK_MS) > 0)
        rc = dialogue_take(h->dialogue, &h->in, e);
    if (!h->in.len)
        return rc;
    later = take_lines(h, calls, rc ? NULL : e);
    return h->has_ended ? 0 : rc ? rc : later;
}

/* Ctrl-C is handed on, once. */
static int hand_on_stop(struct image_helper *h, struct err *e)
{
    if (h->is_stopped || !interrupt_came())
        return 0;
    h->is_stopped = true;
    return image_helper_order(h, "stop", (struct str){0}, e);
}

int image_helper_look(struct image_helper *h, const struct image_watcher_calls *calls,
                      struct err *e)
{
    int rc = image_helper_order(h, "go", (struct str){0}, e);

    while (rc == 0 && !h->has_ended && !image_helper_fact(h, "end")[0]) {
        rc = hand_on_stop(h, e);
        if (rc == 0)
            rc = wait_lines(h, calls, e);
    }
    if (rc || !h->has_ended)
        return rc;
    return err_set(e, h->rc ? h->rc : ERR_IO, "%s",
                   h->rc ? h->said.text : "calm-image ended before it began");
}

int image_helper_run(struct image_helper *h, const char *number,
                     const struct image_watcher_calls *calls, struct err *e)
{
    int rc = image_helper_order(h, "number", str_of(number), e);

    if (rc == 0)
        rc = image_helper_order(h, "begin", (struct str){0}, e);
    while (rc == 0 && !h->has_ended) {
        rc = hand_on_stop(h, e);
        if (rc == 0)
            rc = wait_lines(h, calls, e);
    }
    if (h->has_ended && h->rc)
        return err_set(e, h->rc, "%s", h->said.text);
    return rc;
}
