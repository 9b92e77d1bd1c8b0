/* cli.c: one command line from its words to its exit status. */
#include "cli/cli.h"
#include <unistd.h>
#include "base/mem.h"
#include "base/sink.h"
#include "cli/args.h"
#include "cli/help.h"
#include "cli/page.h"
#include "cli/place.h"
#include "practice/calm.h"
#include "practice/opening.h"
#include "practice/seen.h"
#include "render/wrap.h"
#include "sys/clock.h"
#include "sys/interrupt.h"
#include "sys/patience.h"
#include "sys/term.h"

static int print_bytes(struct str s)
{
    size_t done = 0;

    while (done < s.len) {
        ssize_t n = write(STDOUT_FILENO, s.p + done, s.len - done);

        if (n < 0)
            return -1;
        done += (size_t)n;
    }
    return 0;
}

static int print(const struct buf *b)
{
    return print_bytes(buf_str(b));
}

/* On a terminal no word is broken at its edge, however narrow it is. */
static int print_text(const struct buf *b)
{
    CLEANUP_BUF struct buf folded = {0};

    if (!term_is_terminal(STDOUT_FILENO))
        return print(b) == 0 ? 0 : 1;
    wrap_fold(&folded, buf_str(b), term_columns(STDOUT_FILENO));
    return print(&folded) == 0 ? 0 : 1;
}

static int print_error(const struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf line = {0};
    CLEANUP_BUF struct buf folded = {0};
    int status = err_exit_status(e->code);

    sink_terminal(&text, str_of(e->text), true);
    buf_addf(&line, "calm: %s%s (exit %d)\n", buf_text(&text),
             text.len && text.p[text.len - 1] == '.' ? "" : ".", status ? status : 1);
    wrap_fold(&folded, buf_str(&line),
              term_is_terminal(STDERR_FILENO) ? term_columns(STDERR_FILENO) : SIZE_MAX);
    fputs(buf_text(&folded), stderr);
    return status ? status : 1;
}

/* To standard error, also where the answer is for a program. */
static void print_warning(const struct buf *warning)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf folded = {0};

    sink_terminal(&text, buf_str(warning), true);
    wrap_fold(&folded, buf_str(&text),
              term_is_terminal(STDERR_FILENO) ? term_columns(STDERR_FILENO) : SIZE_MAX);
    fputs(buf_text(&folded), stderr);
}

static int show_help(const struct model *m, const struct args *a)
{
    CLEANUP_BUF struct buf out = {0};

    if (a->op)
        help_operation(a->op, &out);
    else if (a->practice)
        help_practice(m, a->practice, &out);
    else
        help_overview(m, &out);
    return print_text(&out);
}

static int clear_passing(struct answer *a)
{
    bool was_there = a->is_passing;

    a->is_passing = false;
    return was_there ? print_bytes(STR("\r\033[K")) : 0;
}

/* Cut at the edge, for a line that is folded could not be taken back. */
static int show_passing(struct answer *a)
{
    CLEANUP_BUF struct buf line = {0};

    wrap_cut(&line, buf_str(&a->passing), term_columns(STDOUT_FILENO) - 1, false);
    buf_clear(&a->passing);
    a->is_passing = true;
    return print_bytes(buf_str(&line));
}

/* What there is so far, for a person who waits. */
static int flush_answer(struct answer *a)
{
    int rc = clear_passing(a);

    if (rc == 0)
        rc = print_text(&a->text);
    buf_clear(&a->text);
    return rc == 0 && a->passing.len ? show_passing(a) : rc;
}

/* A read alone would go on waiting behind Ctrl-C. */
static bool ask_line(struct answer *a, const char *question, struct buf *out)
{
    CLEANUP_FREE char *line = NULL;
    size_t room = 0;
    ssize_t got;

    if (flush_answer(a) != 0)
        return false;
    fputs(question, stderr);
    if (!interrupt_wait(STDIN_FILENO))
        return false;
    got = getline(&line, &room, stdin);
    if (got > 0)
        buf_addstr(out, str_trim((struct str){line, (size_t)got}));
    return got > 0;
}

/* Only yes in full agrees. */
static bool confirm_answer(struct answer *a, const char *question)
{
    CLEANUP_BUF struct buf asked = {0};
    CLEANUP_BUF struct buf said = {0};

    buf_addf(&asked, "%s (yes or no)? ", question);
    return ask_line(a, buf_text(&asked), &said) && str_is(buf_str(&said), "yes");
}

static char ask_key(struct answer *a, const char *question)
{
    char key = 0;

    if (flush_answer(a) != 0)
        return 0;
    if (term_read_key(STDIN_FILENO, question, &key, NULL) != 0)
        key = 0;
    fputc('\n', stderr);
    return key;
}

static int print_answer(struct answer *a)
{
    if (clear_passing(a) != 0)
        return 1;
    if (!a->wants_json && a->is_exact)
        return print(&a->text) == 0 ? 0 : 1;
    if (!a->wants_json)
        return print_text(&a->text);
    if (print(&a->json) != 0 || write(STDOUT_FILENO, "\n", 1) != 1)
        return 1;
    return 0;
}

/* Without a case: what to do in the first minutes. */
static int show_first_minutes(void)
{
    CLEANUP_BUF struct buf out = {0};

    opening_first_minutes(&out);
    return print_text(&out);
}

static int run_free(struct args *a, struct answer *answer, struct err *e)
{
    struct input in;
    int rc = args_input(a, NULL, answer->is_interactive, &in, e);

    return rc ? rc : a->op->job(NULL, a->op, &in, answer, e);
}

/* To standard error, also where the answer is for a program. */
static void say_reading_only(const struct session *s)
{
    if (session_is_newer(s))
        fputs("calm: this case was written by a newer calm; reading only\n", stderr);
}

/* A case that does not open is gone on with from what can still be read of it. */
static int say_damaged(const char *folder, int rc, struct err *e)
{
    size_t len = strlen(e->text);

    if (rc == ERR_FORMAT || rc == ERR_IO || rc == ERR_TAMPER)
        snprintf(e->text + len, sizeof(e->text) - len,
                 "\nTo go on with what can still be read, on another medium: calm continue %s "
                 "/media/STICK/NAME.calm",
                 folder);
    return rc;
}

static int run_in_case(struct args *a, const struct place *p, struct answer *answer, struct err *e)
{
    struct session_options options = {.ask = answer->asks_nothing ? NULL : term_read_secret,
                                      .key_folder = p->around.key_folder,
                                      .model = p->around.model};
    CLEANUP(session_closep) struct session *s = NULL;
    CLEANUP_SEEN struct seen seen = {0};
    CLEANUP_BUF struct buf warning = {0};
    struct input in;
    struct view v;
    int rc = session_open(&s, p->around.case_folder, &options, e);

    if (rc == 0)
        rc = session_view(s, &v, e);
    if (rc)
        return say_damaged(p->around.case_folder, rc, e);
    seen_begin(&seen, &p->around, session_store(s), s, &warning);
    print_warning(&warning);
    if (a->practice && a->practice->usual && term_has_piped_text(STDIN_FILENO))
        return err_set(e, ERR_USAGE,
                       "text came through a pipe, and nothing was written down. To write it down: "
                       "calm %s -",
                       a->practice->verb);
    if (a->practice) {
        say_reading_only(s);
        page_practice(&v, a->practice, answer);
        return 0;
    }
    if (!a->op)
        a->op = &calm_status_operation;
    if (!a->given) {
        a->given = arena_alloc(a->arena, COMMON_COUNT * sizeof(a->given[0]));
        a->is_given = arena_alloc(a->arena, COMMON_COUNT);
    }
    rc = args_input(a, &v, answer->is_interactive, &in, e);
    if (rc == 0)
        rc = session_perform(s, a->op, &in, answer, e);
    if (rc == 0)
        say_reading_only(s);
    return rc;
}

/* What cannot wait does not ask for a case: one is opened, and the answer says where. */
static int open_first(const struct model *m, const struct args *a, struct place *p,
                      struct answer *answer, struct err *e)
{
    const struct operation *open = operation_find(m, STR("open"));
    size_t count = open->field_count + COMMON_COUNT;
    CLEANUP_FREE struct str *values = mem_array(count, sizeof(*values));
    struct input in = {.values = values};
    bool wants_json = answer->wants_json;
    int rc;

    answer->wants_json = false;
    rc = open->job(NULL, open, &in, answer, e);
    answer->wants_json = wants_json;
    if (rc == 0 && wants_json)
        buf_clear(&answer->text);
    if (rc == 0) {
        place_release(p);
        *p = (struct place){0};
        rc = place_find(p, m, a->case_folder, e);
    }
    if (rc == 0 && answer->text.len)
        buf_addc(&answer->text, '\n');
    return rc;
}

/* What could not wait failed; the sentence behind it says why. */
static void show_by_hand(void)
{
    fputs("calm could not do this. With your hands, now:\n"
          "  1  Pull the network cable, or shut the switch port or the hypervisor's.\n"
          "     Leave the power on, unless files are being encrypted and nothing else\n"
          "     stops it.\n"
          "  2  Disconnect backups from the network.\n"
          "  3  Write the time and what you did on paper.\n\n",
          stderr);
}

static bool cannot_wait(const struct args *a)
{
    return a->op && a->op->opens_case;
}

/* A case that was named and is not there, on a stick that was pulled for instance, does not hold up
 * what cannot wait: it goes into the last one, or a new one. */
static int find_place(struct place *p, const struct model *m, struct args *a, struct err *e)
{
    int rc = place_find(p, m, a->case_folder, e);

    if (rc != ERR_NOTFOUND || !cannot_wait(a))
        return rc;
    fprintf(stderr, "calm: %s; it goes on record elsewhere.\n", e->text);
    a->case_folder = NULL;
    unsetenv("CALM_CASE");
    place_release(p);
    *p = (struct place){0};
    return place_find(p, m, NULL, e);
}

/* What cannot wait is done by what was typed, before a case is looked for: that may lie on a medium
 * that does not answer. */
static void do_at_once(const struct model *m, struct args *a, struct place *p,
                       struct answer *answer)
{
    size_t count = a->op->field_count + COMMON_COUNT;
    CLEANUP_FREE struct str *values = mem_array(count, sizeof(*values));
    struct input typed = {.values = values};

    (void)!place_begin(p, m, NULL); /* without a place for keys it is done all the same */
    place_guess(p, a->case_folder);
    for (size_t i = 0; i < count; i++)
        values[i] = buf_str(&a->given[i]);
    a->op->at_once(a->op, &typed, answer);
    place_release(p);
    *p = (struct place){0};
}

static int run_in_place(const struct model *m, struct args *a, struct place *p,
                        struct answer *answer, struct err *e)
{
    int rc = find_place(p, m, a, e);

    if (rc == 0 && cannot_wait(a) && !p->around.case_folder)
        rc = open_first(m, a, p, answer, e);
    if (rc)
        return rc;
    if (a->op && a->op->type == OP_FREE)
        return run_free(a, answer, e);
    if (p->around.case_folder)
        return run_in_case(a, p, answer, e);
    if (!a->op && !a->practice && !a->wants_json)
        return show_first_minutes();
    return err_set(e, ERR_NOTFOUND,
                   "no case is open. To begin: calm open. To use one that exists: calm open "
                   "FOLDER");
}

static int run(const struct model *m, struct args *a, struct err *e)
{
    CLEANUP(place_release) struct place p = {0};
    bool is_asked = term_is_terminal(STDIN_FILENO) && term_is_terminal(STDERR_FILENO);
    bool is_at_once = a->op && a->op->at_once;
    struct answer answer = {.wants_json = a->wants_json,
                            .columns = term_columns(STDOUT_FILENO),
                            .rows = term_rows(STDOUT_FILENO),
                            .color = term_has_color(STDOUT_FILENO),
                            .is_interactive = is_asked,
                            .to_terminal = term_is_terminal(STDOUT_FILENO),
                            .flush = flush_answer,
                            .confirm = is_asked ? confirm_answer : NULL,
                            .ask_key = is_asked ? ask_key : NULL,
                            .ask_line = is_asked ? ask_line : NULL,
                            .around = &p.around};
    int rc;

    if (is_at_once)
        do_at_once(m, a, &p, &answer);
    rc = run_in_place(m, a, &p, &answer, e);
    if (is_at_once)
        rc = a->op->at_last(a->op, &answer, rc, e);
    if (rc < 0 && cannot_wait(a) && !answer.text.len && !answer.wants_json)
        show_by_hand();
    if (rc == 0 || answer.text.len || answer.json.len)
        rc = print_answer(&answer) && rc == 0 ? err_errno(e, "cannot write the answer") : rc;
    (void)clear_passing(&answer); /* where an error is shown next */
    print_warning(&answer.aside);
    buf_release(&answer.text);
    buf_release(&answer.json);
    buf_release(&answer.aside);
    buf_release(&answer.passing);
    return rc ? rc : answer.exit_status;
}

struct command {
    const struct model *model;
    struct args *args;
};

static int run_command(void *context)
{
    struct command *c = context;
    struct err e = {0};
    int rc = run(c->model, c->args, &e);

    return rc < 0 ? print_error(&e) : rc;
}

/* "calm help stop" is its page, "calm help stop plan" and "calm help log" what --help shows. */
static bool help_of_words(const struct model *m, int count, char **words, struct buf *out)
{
    CLEANUP_BUF struct buf name = {0};
    const struct operation *op;

    buf_addf(&name, "%s%s%s", words[0], count > 1 ? " " : "", count > 1 ? words[1] : "");
    op = operation_find(m, buf_str(&name));
    if (count == 1 && help_page(words[0], out))
        return true;
    if (op)
        help_operation(op, out);
    return op != NULL;
}

static int show_page(const struct model *m, int argc, char **argv, struct err *e)
{
    CLEANUP_BUF struct buf out = {0};
    CLEANUP_BUF struct buf names = {0};

    if (argc < 3) {
        help_overview(m, &out);
        return print_text(&out);
    }
    if (strcmp(argv[2], "completion-bash") == 0)
        help_completion_bash(m, &out);
    else if (strcmp(argv[2], "completion-zsh") == 0)
        help_completion_zsh(m, &out);
    else if (strcmp(argv[2], "table") == 0)
        help_table(m, &out);
    else if (strcmp(argv[2], "manual") == 0 && argc > 3 && strcmp(argv[3], "records") == 0)
        help_manual_records(m, &out);
    else if (strcmp(argv[2], "manual") == 0 && argc > 3 && practice_find(str_of(argv[3])))
        help_manual_practice(m, practice_find(str_of(argv[3])), &out);
    else if (strcmp(argv[2], "manual") == 0)
        help_manual(m, &out);
    else if (strcmp(argv[2], "first-minutes") == 0)
        opening_first_minutes(&out);
    else if (!help_of_words(m, argc - 2, argv + 2, &out)) {
        help_page_names(&names);
        return err_set(e, ERR_NOTFOUND,
                       "there is no page \"%.40s\". All commands: calm help. Pages: %s", argv[2],
                       buf_text(&names));
    }
    return print_text(&out);
}

static bool is_version(const char *word)
{
    return strcmp(word, "--version") == 0 || strcmp(word, "-v") == 0 ||
           strcmp(word, "version") == 0;
}

int cli_main(const struct model *m, int argc, char **argv)
{
    CLEANUP(args_release) struct args a = {0};
    struct command c;
    struct err e = {0};
    int at;
    int rc;

    for (at = 1; at + 1 < argc && strcmp(argv[at], "--case") == 0;)
        at += 2; /* help is the same for every case */
    if (at < argc && (strcmp(argv[at], "help") == 0 || strcmp(argv[at], "-h") == 0)) {
        rc = show_page(m, argc - at + 1, argv + at - 1, &e);
        return rc < 0 ? print_error(&e) : rc;
    }
    if (at + 1 == argc && is_version(argv[at]))
        return printf("calm %s\n", CALM_VERSION) > 0 ? 0 : 1;
    rc = args_read(&a, m, argc, argv, &e);
    if (rc)
        return print_error(&e);
    if (a.wants_help)
        return show_help(m, &a);
    c = (struct command){m, &a};
    return a.op && a.op->may_hang ? patience_run(run_command, &c) : run_command(&c);
}
