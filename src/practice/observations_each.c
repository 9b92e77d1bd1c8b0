/* observations_each.c: shows what was noticed one sort after the other, and does with each what one
 * key says. */
#include "base/sink.h"
#include "practice/observations.h"
#include "render/screen.h"

enum { KEY_CTRL_C = 3, KEY_CTRL_D = 4, HYPOTHESES_ASKED = 9 };

struct walk {
    struct session *session;
    struct answer *answer;
    struct observations one; /* what a key is about: one sort, as one observation */
    const char *question;
};

/* "Process 31 runs from memory. And 6 more of this sort." */
static struct observation join_sort(const struct observations *o, size_t from, size_t end)
{
    struct observation one = o->items[from];
    size_t more = end - from - 1;
    char *words;

    if (more) {
        words =
            arena_printf(o->arena, STR_FMT " And %zu more of this sort.", STR_ARG(one.words), more);
        one.words = str_of(words);
    }
    return one;
}

static const struct thing *hypothesis_of(const struct view *v, unsigned number)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, "hypothesis", &at));)
        if (t->number == number)
            return t;
    return NULL;
}

/* What the digits stand for. */
static void show_hypotheses(const struct view *v, struct screen *screen)
{
    for (unsigned i = 1; i <= HYPOTHESES_ASKED; i++) {
        const struct thing *h = hypothesis_of(v, i);
        CLEANUP_BUF struct buf words = {0};

        if (!h)
            continue;
        buf_addf(&words, "evidence for h%u: ", i);
        buf_addstr(&words, view_title(h));
        screen_pair(screen, 2, 5, str_of((char[]){(char)('0' + i), 0}), buf_str(&words));
    }
}

static void show_keys(const struct view *v, struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};

    screen_para(&screen, 0, STR("None of these is a verdict. A key for each sort:"));
    screen_pair(&screen, 2, 5, STR("p"), STR("a problem"));
    screen_pair(&screen, 2, 5, STR("s"), STR("its system is suspected"));
    show_hypotheses(v, &screen);
    screen_pair(&screen, 2, 5, STR("Enter"), STR("the next one"));
    screen_pair(&screen, 2, 5, STR("q"), STR("the end"));
}

static int do_key(struct walk *w, const struct view *v, char key, struct err *e)
{
    const struct thing *hypothesis =
        key >= '1' && key <= '9' ? hypothesis_of(v, (unsigned)(key - '0')) : NULL;

    if (key == 'p')
        return observations_raise(w->session, v, &w->one, w->answer, e);
    if (key == 's')
        return observations_mark(w->session, v, &w->one, STR("suspected"), w->answer, e);
    if (hypothesis)
        return observations_weigh(w->session, v, &w->one, hypothesis, w->answer, e);
    buf_adds(&w->answer->text,
             "That key does nothing: p, s, a hypothesis\'s number, Enter or q.\n");
    return 0;
}

static bool is_end(char key)
{
    return key == 0 || key == 'q' || key == KEY_CTRL_C || key == KEY_CTRL_D;
}

static bool is_next(char key)
{
    return key == '\n' || key == '\r' || key == ' ' || key == 'n';
}

/* Several keys may be pressed for one sort: it can be a problem and evidence. */
static int ask_about(struct walk *w, bool *is_over, struct err *e)
{
    for (;;) {
        char key = w->answer->ask_key(w->answer, w->question);
        struct view v;
        int rc;

        *is_over = is_end(key);
        if (*is_over || is_next(key))
            return 0;
        rc = session_view(w->session, &v, e);
        if (rc == 0)
            rc = do_key(w, &v, key, e);
        if (rc)
            return rc;
    }
}

static void show_place(const struct observations *o, size_t from, struct answer *a)
{
    struct observations before = {.items = o->items, .count = from};

    buf_addf(&a->text, "\nSort %zu of %zu\n", observations_sorts(&before) + 1,
             observations_sorts(o));
}

int observations_each(struct session *s, const struct observations *o, struct answer *a,
                      struct err *e)
{
    struct walk w = {.session = s, .answer = a};
    bool is_over = false;
    struct view v;
    size_t end;
    int rc = session_view(s, &v, e);

    if (rc == 0 && (!a->ask_key || a->wants_json))
        return err_set(e, ERR_USAGE,
                       "--each asks at a terminal; --raise, --mark and --for do the same without "
                       "asking");
    if (rc)
        return rc;
    show_keys(&v, a);
    w.question = view_count(&v, "hypothesis")
                     ? "p problem, s suspected, 1-9 for h1-h9, Enter next, q end? "
                     : "p problem, s suspected, Enter next, q end? ";
    for (size_t i = 0; rc == 0 && !is_over && i < o->count; i = end) {
        struct observation one;
        struct observations sort = *o;

        end = observations_end_of_sort(o, i);
        sort.items += i;
        sort.count = end - i;
        one = join_sort(o, i, end);
        w.one = (struct observations){
            .items = &one, .count = 1, .system = o->system, .evidence = o->evidence};
        show_place(o, i, a);
        observations_text(&sort, a);
        rc = ask_about(&w, &is_over, e);
    }
    if (rc == 0)
        buf_adds(&a->text, "\nNext:  calm problem list\n");
    return rc;
}
