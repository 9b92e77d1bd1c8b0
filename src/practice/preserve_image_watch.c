/* preserve_image_watch.c: how far an image is, and where it goes on when its folder is full. */
#include "practice/preserve_image_watch.h"
#include "base/mem.h"
#include "base/sink.h"
#include "base/size.h"
#include "sys/file.h"
#include "sys/interrupt.h"

/* No rate, and no time that is left: nobody knows. */
static void show_silence(struct imaging *g, const struct image_progress *p, struct buf *words,
                         const char *trouble)
{
    char text[UTC_PLAIN_SIZE];

    buf_addf(words, ": nothing has come for %s", span_text(text, (int64_t)p->silent_s));
    buf_addf(words, ", %s", size_text(text, p->done));
    buf_addf(words, " of %s are there", size_text(text, p->size));
    if (interrupt_came())
        buf_adds(words, "; stopping");
    progress_show_trouble(&g->progress, buf_text(words), trouble, 0, 0);
}

int preserve_image_show(void *context, const struct image_progress *p, struct err *e)
{
    struct imaging *g = context;
    CLEANUP_BUF struct buf words = {0};
    CLEANUP_BUF struct buf trouble = {0};
    char size[SIZE_TEXT_SIZE];

    (void)e;
    if (p->phase != g->phase)
        progress_begin(&g->progress, g->a);
    g->phase = p->phase;
    g->bad = p->bad;
    buf_adds(&words, image_phase_words(p->phase));
    if (p->is_slow_work)
        buf_adds(&words, ", hard places");
    if (p->bad)
        buf_addf(&trouble, "%s unreadable", size_text(size, p->bad));
    if (p->is_silent) {
        show_silence(g, p, &words, trouble.len ? buf_text(&trouble) : NULL);
        return 0;
    }
    progress_show_trouble(&g->progress, buf_text(&words), trouble.len ? buf_text(&trouble) : NULL,
                          p->done, p->is_slow_work ? 0 : p->size);
    return 0;
}

static int is_full(const char *folder, const char *why, struct err *e)
{
    return err_set(e, ERR_FULL, "no space is left in %s%s%s", folder, why[0] ? "; " : "", why);
}

static void say_full(struct imaging *g, const char *folder, const char *why)
{
    struct buf *out = &g->a->text;

    sink_terminal(out, str_of(why), false);
    buf_addf(out, "%sNo space is left in ", why[0] ? ". " : "");
    sink_terminal(out, str_of(folder), false);
    buf_adds(out,
             ". Nothing is lost. Make room there and press Enter, or type another folder to go "
             "on in. The word stop, or Ctrl-C, stops it; it can go on later.\n");
}

/* No folder of --also is left: whoever sits there is asked, until one will do. */
int preserve_image_room(void *context, const char *folder, const char *why, char **other,
                        struct err *e)
{
    struct imaging *g = context;
    struct err wrong = {0};

    if (!g->a->ask_line)
        return is_full(folder, why, e);
    for (;;) {
        CLEANUP_BUF struct buf said = {0};
        CLEANUP_BUF struct buf whole = {0};

        say_full(g, folder, wrong.text[0] ? wrong.text : why);
        if (!g->a->ask_line(g->a, "Enter, a folder, or stop: ", &said) ||
            str_is(buf_str(&said), "stop"))
            return is_full(folder, why, e);
        if (said.len == 0) {
            *other = mem_strdup(folder);
            return 0;
        }
        if (preserve_image_place(g, buf_str(&said), &whole, &wrong) == 0) {
            *other = buf_take(&whole);
            return 0;
        }
    }
}

/* Before hours go by. */
void preserve_image_say_room(const struct imaging *g)
{
    char there[SIZE_TEXT_SIZE], needed[SIZE_TEXT_SIZE];
    uint64_t room = folder_room(buf_text(&g->place)), size = 0;
    struct buf *out = &g->a->text;

    if (g->a->wants_json || !str_u64(str_of(image_helper_fact(&g->helper, "size")), &size) ||
        room >= size)
        return;
    sink_terminal(out, buf_str(&g->place), false);
    buf_addf(out,
             " has room for %s, and the source has %s: where it is full, another folder is used "
             "(--also), or asked for.\n",
             size_text(there, room), size_text(needed, size));
    if (g->a->flush)
        (void)g->a->flush(g->a);
}
