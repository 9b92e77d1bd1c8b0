/* page.c: the screen of one practice: how it stands, what can be done, what comes next. */
#include "cli/page.h"
#include "cli/help.h"
#include "render/screen.h"

/* A terminal of 24 lines, less the one of the prompt. */
enum { PAGE_LINES = 23, DONE_MAX = 3, MISSING_MAX = 5 };

static size_t line_count(struct str text)
{
    size_t count = 0;

    for (; text.len; count++)
        (void)str_cut(&text, '\n');
    return count;
}

static void put_item(struct screen *screen, struct str line)
{
    CLEANUP_BUF struct buf text = {0};

    buf_addf(&text, "  " STR_FMT, STR_ARG(line));
    screen_line(screen, SCREEN_NORMAL, buf_str(&text));
}

static void put_lines(struct screen *screen, const char *label, struct str lines, size_t most)
{
    CLEANUP_BUF struct buf more = {0};

    if (!lines.len)
        return;
    screen_line(screen, SCREEN_BOLD, str_of(label));
    if (line_count(lines) > most)
        buf_addf(&more, "  and %zu more", line_count(lines) - most + 1);
    for (most -= more.len > 0; lines.len && most; most--)
        put_item(screen, str_cut(&lines, '\n'));
    if (more.len)
        screen_line(screen, SCREEN_DIM, buf_str(&more));
}

static void put_json(const struct practice *p, const struct practice_status *s, struct answer *a)
{
    struct json j;

    json_begin(&j, &a->json);
    json_object_begin(&j);
    json_put_text(&j, "verb", p->verb);
    json_put_str(&j, "done", buf_str(&s->done));
    json_put_str(&j, "missing", buf_str(&s->missing));
    json_put_str(&j, "next", buf_str(&s->next));
    json_put_str(&j, "because", buf_str(&s->because));
    json_object_end(&j);
}

/* What comes next stands last; the commands take the lines that are left. */
static void put_text(const struct practice *p, const struct practice_status *s, struct answer *a)
{
    CLEANUP_BUF struct buf next = {0};
    struct screen screen = {&a->text, a->columns, a->color};
    struct screen end = {&next, a->columns, a->color};
    size_t used;

    buf_addf(&a->text, "calm %s: %s\n", p->verb, p->title);
    buf_addf(&a->text, "%s.\n\n", p->help);
    put_lines(&screen, "Done", buf_str(&s->done), DONE_MAX);
    put_lines(&screen, "Missing", buf_str(&s->missing), MISSING_MAX);
    if (s->done.len || s->missing.len)
        screen_blank(&screen);
    if (s->next.len) {
        screen_blank(&end);
        screen_next(&end, buf_str(&s->next), buf_str(&s->because));
    }
    used = line_count(buf_str(&a->text)) + line_count(buf_str(&next));
    help_commands(a->around->model, p, used < PAGE_LINES ? PAGE_LINES - used : 0, &a->text);
    buf_addstr(&a->text, buf_str(&next));
}

void page_practice(const struct view *v, const struct practice *p, struct answer *a)
{
    struct practice_status s = {0};

    p->status(v, &s);
    if (a->wants_json)
        put_json(p, &s, a);
    else
        put_text(p, &s, a);
    practice_status_release(&s);
}
