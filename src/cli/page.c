/* page.c: the screen of one practice. */
#include "cli/page.h"
#include "cli/help.h"
#include "render/screen.h"

enum { LINES_MAX = 12 };

static void put_lines(struct screen *screen, const char *label, struct str lines)
{
    size_t left = LINES_MAX;

    if (!lines.len)
        return;
    screen_line(screen, SCREEN_BOLD, str_of(label));
    for (; lines.len && left; left--) {
        struct str line = str_cut(&lines, '\n');

        screen_item(screen, 2, STR("-"), line);
    }
    if (lines.len)
        screen_line(screen, SCREEN_DIM, STR("  and more"));
    screen_blank(screen);
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

void page_practice(const struct view *v, const struct practice *p, struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    struct practice_status s = {0};

    p->status(v, &s);
    if (a->wants_json) {
        put_json(p, &s, a);
        practice_status_release(&s);
        return;
    }
    help_practice(a->around->model, p, &a->text);
    screen_blank(&screen);
    put_lines(&screen, "Done", buf_str(&s.done));
    put_lines(&screen, "Missing", buf_str(&s.missing));
    if (s.next.len)
        screen_next(&screen, buf_str(&s.next), buf_str(&s.because));
    practice_status_release(&s);
}
