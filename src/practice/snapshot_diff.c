/* snapshot_diff.c: what differs between two recorded states, kind by kind. */
#include "practice/snapshot.h"
#include "base/mem.h"
#include "collect/confined.h"
#include "render/screen.h"

/* What stands on a screen of 24 lines, with the prompt and the command that was typed. */
enum { LINES_MOST = 20, CHANGE_KINDS = COLLECT_CHANGED + 1 };

struct change {
    enum collect_change_kind kind;
    struct str section;
    struct str words;
};

struct diffing {
    struct answer *a;
    struct json json;
    struct arena *arena; /* holds the texts of the changes */
    struct change *list; /* a section's stand together */
    size_t count;
    size_t room;
};

static struct str keep(struct diffing *d, struct str text)
{
    return (struct str){arena_dup(d->arena, text.p, text.len), text.len};
}

static int take_change(void *context, const struct collect_change *c, struct err *e)
{
    struct diffing *d = context;

    (void)e;
    if (!d->a->wants_json) {
        d->list = mem_grow(d->list, d->count, &d->room, sizeof(*d->list));
        d->list[d->count++] = (struct change){c->kind, keep(d, c->section), keep(d, c->words)};
        return 0;
    }
    json_object_begin(&d->json);
    json_put_text(&d->json, "change", collect_change_name(c->kind));
    json_put_str(&d->json, "section", c->section);
    json_put_str(&d->json, "key", c->key);
    json_put_str(&d->json, "words", c->words);
    json_object_end(&d->json);
    return 0;
}

static size_t end_of_section(const struct diffing *d, size_t from)
{
    size_t end = from;

    while (end < d->count && str_eq(d->list[end].section, d->list[from].section))
        end++;
    return end;
}

/* Lines that are needed where at most so many changes of each section are shown. */
static size_t count_lines(const struct diffing *d, size_t most)
{
    size_t lines = 0;

    for (size_t i = 0, end; i < d->count; i = end) {
        end = end_of_section(d, i);
        lines += 1 + (end - i < most ? end - i : most);
    }
    return lines;
}

/* As many of each section as fit the screen: of many sections perhaps none. */
static size_t choose_most(const struct diffing *d)
{
    size_t most = d->count < LINES_MOST ? d->count : LINES_MOST;

    while (most && count_lines(d, most) > LINES_MOST)
        most--;
    return most;
}

/* "process: 31 appeared, 4 gone, 2 changed" */
static void show_heading(const struct diffing *d, size_t from, size_t end, struct screen *screen)
{
    size_t counts[CHANGE_KINDS] = {0};
    const char *before = ": ";
    CLEANUP_BUF struct buf line = {0};

    for (size_t i = from; i < end; i++)
        counts[d->list[i].kind]++;
    buf_addstr(&line, d->list[from].section);
    for (size_t kind = 0; kind < CHANGE_KINDS; kind++) {
        if (!counts[kind])
            continue;
        buf_addf(&line, "%s%zu %s", before, counts[kind],
                 collect_change_name((enum collect_change_kind)kind));
        before = ", ";
    }
    screen_line(screen, SCREEN_BOLD, buf_str(&line));
}

/* The first ones are cut at the screen's edge; where all are wanted they are told whole. */
static void show_change(const struct change *c, bool is_whole, struct screen *screen)
{
    CLEANUP_BUF struct buf line = {0};

    if (is_whole) {
        screen_para(screen, 2, c->words);
        return;
    }
    buf_adds(&line, "  ");
    buf_addstr(&line, c->words);
    screen_line(screen, SCREEN_NORMAL, buf_str(&line));
}

static void show(const struct diffing *d, bool wants_all, const char *command)
{
    struct screen screen = {&d->a->text, d->a->columns, d->a->color};
    size_t most = wants_all ? d->count : choose_most(d);
    size_t headings = wants_all ? d->count : LINES_MOST;
    bool is_cut = false;
    size_t i = 0;

    for (size_t end; i < d->count && headings; i = end, headings--) {
        end = end_of_section(d, i);
        show_heading(d, i, end, &screen);
        for (size_t k = i; k < end && k < i + most; k++)
            show_change(&d->list[k], wants_all, &screen);
        is_cut |= end - i > most;
    }
    is_cut |= i < d->count;
    if (d->count == 0)
        buf_adds(&d->a->text, "Nothing differs but what changes all the time.\n");
    if (!wants_all && d->count)
        screen_printf(&screen, 0,
                      is_cut ? "Of %zu differences the first are shown. All: %s"
                             : "%zu differences. Each in full: %s",
                      d->count, command);
}

static const struct field diff_fields[] = {
    {.name = "before",
     .type = FIELD_REF,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .kind = "snapshot",
     .help = "the earlier one: s1"},
    {.name = "after",
     .type = FIELD_REF,
     .flags = FIELD_ARG,
     .kind = "snapshot",
     .help = "the later one; the newest of the same system if not given"},
    {.name = "all", .type = FIELD_FLAG, .help = "each difference in full, not the first of a kind"},
};

static int find_two(const struct view *v, const struct operation *op, const struct input *in,
                    const struct thing *out[2], struct err *e)
{
    out[0] = input_thing(v, op, in, "before");
    out[1] = input_thing(v, op, in, "after");
    if (out[0] && !out[1] && !input_has(op, in, "after"))
        out[1] = snapshot_newest(v, view_ref(v, out[0], "system"), out[0]);
    if (!out[0] || !out[1])
        return err_set(e, ERR_NOTFOUND, "there are no two states to compare: calm snapshot list");
    return 0;
}

static void diffing_release(struct diffing *d)
{
    free(d->list);
    arena_free(d->arena);
}

static int compare(struct diffing *d, const struct view *v, const struct thing *two[2],
                   struct err *e)
{
    CLEANUP_BUF struct buf before = {0};
    CLEANUP_BUF struct buf after = {0};
    int rc = snapshot_load(v, two[0], &before, e);

    if (rc == 0)
        rc = snapshot_load(v, two[1], &after, e);
    return rc ? rc : collect_diff_confined(buf_str(&before), buf_str(&after), take_change, d, e);
}

static int query_diff(const struct view *v, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    CLEANUP(diffing_release) struct diffing d = {.a = a, .arena = arena_new()};
    CLEANUP_BUF struct buf command = {0};
    const struct thing *two[2];
    int rc = find_two(v, op, in, two, e);

    if (rc)
        return rc;
    json_begin(&d.json, &a->json);
    if (a->wants_json)
        json_array_begin(&d.json);
    else if (view_ref(v, two[0], "system") != view_ref(v, two[1], "system"))
        buf_adds(&a->text, "These are two systems, so much will differ.\n\n");
    rc = compare(&d, v, two, e);
    if (rc)
        return rc;
    if (a->wants_json) {
        json_array_end(&d.json);
        return 0;
    }
    buf_addf(&command, "calm snapshot diff s%u s%u --all", two[0]->number, two[1]->number);
    show(&d, input_has(op, in, "all"), buf_text(&command));
    return 0;
}

const struct operation snapshot_diff = {
    .name = "snapshot diff",
    .practice = "snapshot",
    .help = "what differs between two recorded states, in words",
    .example = "calm snapshot diff s1 s2",
    .more = "Counters, process numbers and other noise are left out. What could not be seen in one "
            "of the two is said, and not taken for gone. Kind by kind it says how many appeared, "
            "are gone or changed, and shows the first of each, so that all fits a screen; --all "
            "shows each in full.",
    OP_FIELDS(diff_fields),
    .type = OP_QUERY,
    .faces = FACE_ALL,
    .query = query_diff};
