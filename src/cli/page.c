/* page.c: the screen of one practice. */
#include "cli/page.h"
#include "base/sink.h"
#include "cli/help.h"

static void put_lines(struct answer *a, const char *label, struct str lines)
{
    size_t left = 12;

    if (!lines.len)
        return;
    buf_addf(&a->text, "%s\n", label);
    for (; lines.len && left; left--) {
        struct str line = str_cut(&lines, '\n');

        buf_adds(&a->text, "  ");
        sink_terminal(&a->text, utf8_head_columns(line, a->columns - 2), false);
        buf_addc(&a->text, '\n');
    }
    if (lines.len)
        buf_adds(&a->text, "  …\n");
    buf_addc(&a->text, '\n');
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
    struct practice_status s = {0};

    p->status(v, &s);
    if (a->wants_json) {
        put_json(p, &s, a);
        practice_status_release(&s);
        return;
    }
    help_practice(a->around->model, p, &a->text);
    buf_addc(&a->text, '\n');
    put_lines(a, "Done", buf_str(&s.done));
    put_lines(a, "Missing", buf_str(&s.missing));
    if (s.next.len) {
        buf_adds(&a->text, "Next:  ");
        sink_terminal(&a->text, buf_str(&s.next), false);
        buf_adds(&a->text, "\n       because ");
        sink_terminal(&a->text, buf_str(&s.because), false);
        buf_addc(&a->text, '\n');
    }
    practice_status_release(&s);
}
