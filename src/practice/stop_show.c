/* stop_show.c: shows one action: what it would do, its plan to the letter, how far it is. */
#include "practice/stop_show.h"
#include "contain/device.h"
#include "practice/action_history.h"
#include "practice/stop_place.h"
#include "practice/stop_plan.h"
#include "practice/stop_preview.h"
#include "render/screen.h"

enum { NAME_COLUMNS = 9, PLAN_LINES = 40 };

static const char *const shown_fields[] = {"breaks", "undo", "reason", "result", "review"};

static void show_fields(struct screen *screen, const struct view *v, const struct thing *action)
{
    CLEANUP_BUF struct buf times = {0};

    screen_pair(screen, 2, NAME_COLUMNS, STR("state"), thing_value(action, "state"));
    action_history(v, action, &times);
    screen_pair(screen, 2, NAME_COLUMNS, STR("times"), buf_str(&times));
    for (size_t i = 0; i < COUNT_OF(shown_fields); i++)
        if (thing_value(action, shown_fields[i]).len)
            screen_pair(screen, 2, NAME_COLUMNS, str_of(shown_fields[i]),
                        thing_value(action, shown_fields[i]));
}

static void show_preview(struct screen *screen, const struct thing *action)
{
    struct str words = thing_value(action, "preview");

    if (!words.len)
        return;
    screen_blank(screen);
    screen_printf(screen, 0,
                  stop_is_script(action) ? "In words, where nothing was looked at yet:"
                                         : "When it was planned, it would have had this effect:");
    stop_preview_rows(screen, words);
}

static void show_plan(struct screen *screen, const struct stop_plan *p)
{
    struct str rest = buf_str(&p->text);
    CLEANUP_BUF struct buf hex = {0};
    struct hash digest = plan_digest(rest);
    size_t more = 0;

    hex_add(&hex, digest.b, sizeof(digest.b));
    screen_blank(screen);
    screen_printf(screen, 0, "%s",
                  stop_is_script(p->action)
                      ? "The plan, to the letter; the texts for the device say it in its language:"
                      : "The plan, to the letter; calm-contain does this and nothing else:");
    for (size_t i = 0; rest.len; i++) {
        CLEANUP_BUF struct buf line = {0};

        buf_adds(&line, "  ");
        buf_addstr(&line, str_cut(&rest, '\n'));
        more += i >= PLAN_LINES;
        if (i < PLAN_LINES)
            screen_line(screen, SCREEN_DIM, buf_str(&line));
    }
    if (more)
        screen_printf(screen, 2, "and %zu lines more (calm stop show a%u --json)", more,
                      p->action->number);
    screen_printf(screen, 0, "Its SHA-256: %s", buf_text(&hex));
}

/* What carries it out, and the texts that are sent there. */
static void show_device(struct screen *screen, const struct view *v, const struct thing *action)
{
    const struct contain_device *d = contain_device(thing_value(action, "device"));
    const struct thing *item = view_ref(v, action, "texts");

    screen_blank(screen);
    if (!d || !item) {
        screen_printf(screen, 0,
                      "It has no texts for a device yet: calm stop script a%u --for DEVICE --keep",
                      action->number);
        return;
    }
    screen_printf(screen, 0,
                  "Carried out by %s, %s" STR_FMT ", with the texts e%u: calm stop "
                  "script a%u",
                  d->title, thing_value(action, "ssh").len ? "over SSH at " : "by hand",
                  STR_ARG(thing_value(action, "ssh")), item->number, action->number);
    screen_printf(screen, 0, "Their SHA-256: " STR_FMT, STR_ARG(thing_value(item, "sha256")));
}

static void show_json(const struct view *v, const struct thing *action, const struct stop_plan *p,
                      struct answer *a)
{
    struct hash digest = plan_digest(buf_str(&p->text));
    struct json j;

    json_begin(&j, &a->json);
    json_object_begin(&j);
    thing_json_members(v, action, &j);
    action_history_json(v, action, &j);
    if (p->plan) {
        json_put_str(&j, "plan_text", buf_str(&p->text));
        json_put_hex(&j, "plan_sha256", digest.b, sizeof(digest.b));
    }
    json_object_end(&j);
}

static void show_text(const struct view *v, const struct thing *action, const struct stop_plan *p,
                      struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    CLEANUP_BUF struct buf head = {0};

    buf_addf(&head, "a%u  " STR_FMT, action->number, STR_ARG(view_title(action)));
    stop_place(v, action, &head);
    screen_para_style(&screen, 0, SCREEN_BOLD, buf_str(&head));
    show_fields(&screen, v, action);
    show_preview(&screen, action);
    if (p->plan)
        show_plan(&screen, p);
    if (stop_is_script(action))
        show_device(&screen, v, action);
}

static int show_job(struct session *s, const struct operation *op, const struct input *in,
                    struct answer *a, struct err *e)
{
    CLEANUP_STOP_PLAN struct stop_plan p = {0};
    const struct thing *action;
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc)
        return rc;
    action = input_thing(&v, op, in, "action");
    if (stop_is_planned(action))
        rc = stop_plan_load(s, &v, action, &p, e);
    if (rc)
        return rc;
    if (a->wants_json)
        show_json(&v, action, &p, a);
    else
        show_text(&v, action, &p, a);
    return 0;
}

static const struct field show_fields_given[] = {FIELD_WHICH("action", "action", "which: a3")};

const struct operation stop_show = {.name = "stop show",
                                    .practice = "stop",
                                    .help = "one action: its plan, its effect, how far it is",
                                    .example = "calm stop show a3",
                                    OP_FIELDS(show_fields_given),
                                    .kind = &action_kind,
                                    .type = OP_JOB,
                                    .works_read_only = true,
                                    .faces = FACE_CLI,
                                    .job = show_job};
