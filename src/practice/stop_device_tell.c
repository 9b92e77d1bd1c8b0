/* stop_device_tell.c: tells what became of a step of a plan that a device carries out. */
#include "practice/stop_device_tell.h"
#include "base/sink.h"
#include "render/screen.h"

enum { SHOWN_SIZE = 16384 };

const struct thing *step_action(const struct step *s)
{
    return state_thing_by_id(session_state(s->session), &s->id);
}

struct str step_text(const struct step *s)
{
    return s->texts.parts[s->part];
}

static void tell_json(const struct step *s, struct str text, struct str answer)
{
    const struct thing *action = step_action(s);
    struct utc back;
    struct json j;

    json_begin(&j, &s->a->json);
    json_object_begin(&j);
    json_put_u64(&j, "action", s->number);
    json_put_str(&j, "state", thing_value(action, "state"));
    json_put_text(&j, "part", stop_part_names[s->part]);
    json_put_str(&j, "text", text);
    json_put_str(&j, "answer", answer);
    json_put_str(&j, "check", thing_value(action, "check"));
    if (thing_says(action, "state", "unconfirmed") && thing_time(action, "goes-back", &back))
        json_put_utc(&j, "goes_back", back);
    json_object_end(&j);
}

void step_tell_text(const struct step *s, const char *next)
{
    const char *mark = s->texts.device->comment;

    if (s->a->wants_json) {
        tell_json(s, step_text(s), STR(""));
        return;
    }
    s->a->is_exact = true;
    if (!s->a->to_terminal) {
        buf_addstr(&s->a->text, step_text(s));
        return;
    }
    sink_terminal(&s->a->text, step_text(s), true);
    if (mark)
        buf_addf(&s->a->text, "%s When it was typed there:\n%s   calm stop %s\n", mark, mark, next);
}

/* What comes of an action that stands as it does. */
static void tell_next(const struct step *s, struct screen *screen)
{
    const struct thing *action = step_action(s);
    CLEANUP_BUF struct buf next = {0};
    CLEANUP_BUF struct buf why = {0};
    char when[UTC_PLAIN_SIZE];
    struct utc back;

    if (thing_says(action, "state", "unconfirmed") && thing_time(action, "goes-back", &back)) {
        screen_printf(screen, 0, "Unless it is confirmed before %s, the device puts it back.",
                      utc_local_short(when, back, utc_now()));
        buf_addf(&next, "calm stop confirm a%u", s->number);
        buf_addf(&why, "if it does what it should; else: calm stop undo a%u", s->number);
    } else if (!thing_says(action, "state", "undone") && !thing_value(action, "check").len) {
        buf_addf(&next, "calm stop check a%u", s->number);
        buf_adds(&why, "shows whether it is in effect");
    }
    if (!next.len)
        return;
    screen_blank(screen);
    screen_next(screen, buf_str(&next), buf_str(&why));
}

void step_tell_recorded(const struct step *s, const char *words, struct str answer)
{
    struct screen screen = {&s->a->text, s->a->columns, s->a->color};

    if (s->a->wants_json) {
        tell_json(s, STR(""), answer);
        return;
    }
    screen_printf(&screen, 0, "a%u %s.", s->number, words);
    tell_next(s, &screen);
}

/* For reading: without what was sent, which a terminal echoes, and without its carriage returns. */
static void add_lines(struct str said, struct buf *out)
{
    while (said.len) {
        struct str line = str_cut(&said, '\n');

        if (str_starts(line, "calm> "))
            continue;
        while (line.len && line.p[line.len - 1] == '\r')
            line.len--;
        sink_terminal(out, line, true);
        buf_addc(out, '\n');
    }
}

void step_tell_checked(const struct step *s, struct str said)
{
    struct screen screen = {&s->a->text, s->a->columns, s->a->color};
    struct str shown = said.len > SHOWN_SIZE ? str_from(said, said.len - SHOWN_SIZE) : said;
    const struct thing *action = step_action(s);
    CLEANUP_BUF struct buf next = {0};

    if (s->a->wants_json) {
        tell_json(s, STR(""), said);
        return;
    }
    add_lines(shown, &s->a->text);
    screen_blank(&screen);
    if (s->texts.device->ssh->feed != DEVICE_CONSOLE) {
        screen_printf(&screen, 0, "a%u: as the device says, it %s.", s->number,
                      thing_says(action, "check", "works") ? "is in effect" : "is NOT in effect");
        tell_next(s, &screen);
        return;
    }
    buf_addf(&next, "calm stop check a%u works \"what was seen\"", s->number);
    screen_next(&screen, buf_str(&next), STR("or: fails, or: partly"));
}
