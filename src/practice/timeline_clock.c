/* timeline_clock.c: records how clocks ran and which zone they told, and says what holds. */
#include "practice/timeline_clock.h"
#include "base/json.h"
#include "practice/custody.h"
#include "practice/timeline_zones.h"
#include "render/screen.h"

#define NS 1000000000LL

enum { SKEW_DAYS_MOST = 36525 };
#define SKEW_NS_MOST (SKEW_DAYS_MOST * 86400LL * NS)

static const struct field clock_fields[] = {
    FIELD_CALLED("title", "whose"),
    {.name = "of", .type = FIELD_REF, .help = "the system, or the item of evidence"},
    {.name = "source", .type = FIELD_LINE, .help = "the file within the item, as events name it"},
    {.name = "zone", .type = FIELD_LINE, .help = "of its times that name none"},
    {.name = "skew", .type = FIELD_LINE, .help = "by how much it ran ahead: +3m12s, -2s"},
    {.name = "says", .type = FIELD_TIME, .help = "measured: what it said"},
    {.name = "true", .type = FIELD_TIME, .help = "measured: what the time was then"},
    {.name = "because", .type = FIELD_LINE, .help = "how that is known"},
};
const struct kind clock_kind = {.name = "clock",
                                .prefix = "ck",
                                .words = "clock told",
                                .change_words = "clock told anew",
                                KIND_FIELDS(clock_fields)};

static const struct field clock_input[] = {
    {.name = "of",
     .type = FIELD_REF,
     .flags = FIELD_ARG | FIELD_REQUIRED,
     .help = "a system or an item of evidence: web1, e3"},
    {.name = "source",
     .type = FIELD_LINE,
     .help = "one file within the item, as events name it: logs.tar/auth.log"},
    {.name = "zone",
     .type = FIELD_LINE,
     .help = "of times that name none: Europe/Berlin; none takes it back"},
    {.name = "skew-said",
     .type = FIELD_LINE,
     .option = "skew",
     .help = "its clock ran ahead by so much: +3m12s; behind: -2s; none takes it back"},
    {.name = "says", .type = FIELD_TIME, .help = "instead of --skew: its clock said this"},
    {.name = "true", .type = FIELD_TIME, .help = "when it was this"},
    {.name = "because", .type = FIELD_LINE, .help = "how that is known"},
};

/* Nanoseconds of a unit; 0: it is none. */
static int64_t unit_of(struct str *rest)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {{"days", 86400 * NS}, {"day", 86400 * NS}, {"d", 86400 * NS}, {"h", 3600 * NS},
                 {"min", 60 * NS},     {"ms", NS / 1000},   {"m", 60 * NS},    {"s", NS}};

    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (str_take(rest, units[i].name))
            return units[i].ns;
    return 0;
}

/* "12", "12.5"; in billionths. False: no number, or a large one. */
static bool take_number(struct str *rest, int64_t *whole, int64_t *billionths)
{
    int64_t part = NS / 10;
    size_t digits = 0;

    *whole = *billionths = 0;
    for (; rest->len && rest->p[0] >= '0' && rest->p[0] <= '9'; digits++) {
        *whole = *whole * 10 + (rest->p[0] - '0');
        *rest = str_from(*rest, 1);
        if (digits > 9)
            return false;
    }
    if (digits == 0 || !str_take(rest, "."))
        return digits > 0;
    for (; rest->len && rest->p[0] >= '0' && rest->p[0] <= '9'; part /= 10) {
        *billionths += (rest->p[0] - '0') * part;
        *rest = str_from(*rest, 1);
    }
    return true;
}

bool skew_read(struct str text, int64_t *ns)
{
    struct str rest = str_trim(text);
    bool is_behind = str_take(&rest, "-");
    int64_t sum = 0;

    if (!is_behind)
        (void)str_take(&rest, "+");
    if (rest.len == 0)
        return false;
    while (rest.len) {
        int64_t whole, billionths, unit;

        rest = str_trim(rest);
        if (!take_number(&rest, &whole, &billionths))
            return false;
        rest = str_trim(rest);
        unit = unit_of(&rest);
        if (unit == 0 || whole > SKEW_NS_MOST / unit)
            return false;
        sum += whole * unit + (int64_t)((double)billionths / (double)NS * (double)unit + 0.5);
        if (sum > SKEW_NS_MOST)
            return false;
    }
    *ns = is_behind ? -sum : sum;
    return true;
}

void skew_write(struct buf *out, int64_t ns)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {{"d", 86400 * NS}, {"h", 3600 * NS}, {"m", 60 * NS}};
    int64_t rest = ns < 0 ? -ns : ns;
    size_t begin;

    buf_addc(out, ns < 0 ? '-' : '+');
    begin = out->len;
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (rest >= units[i].ns)
            buf_addf(out, "%lld%s", (long long)(rest / units[i].ns), units[i].name);
        rest %= units[i].ns;
    }
    if (rest == 0 && out->len > begin)
        return;
    buf_addf(out, "%lld", (long long)(rest / NS));
    if (rest % NS) {
        buf_addf(out, ".%09lld", (long long)(rest % NS));
        while (out->p[out->len - 1] == '0')
            out->len--;
    }
    buf_addc(out, 's');
}

/* What a record says goes into what holds; "none" takes it back. */
static void apply(struct clock_setting *to, const struct thing *clock)
{
    struct str zone = thing_value(clock, "zone"), skew = thing_value(clock, "skew");

    if (zone.len)
        to->zone = str_is(zone, "none") ? STR("") : zone;
    if (skew.len)
        to->has_skew = skew_read(skew, &to->skew_ns);
}

static struct clock_setting *setting_of(struct clock_setting **all, size_t *count, size_t *room,
                                        struct str source)
{
    for (size_t i = 0; i < *count; i++)
        if (str_eq((*all)[i].source, source))
            return &(*all)[i];
    *all = mem_grow(*all, *count, room, sizeof((*all)[0]));
    (*all)[*count] = (struct clock_setting){.source = source};
    return &(*all)[(*count)++];
}

size_t clock_settings(const struct view *v, const struct thing *item, struct clock_setting **out)
{
    const struct thing *system = view_ref(v, item, "system"), *t;
    struct clock_setting of_system = {0}, *all = NULL;
    size_t count = 0, room = 0;

    (void)setting_of(&all, &count, &room, STR(""));
    for (size_t at = 0; (t = view_next(v, "clock", &at));) {
        if (view_refers(v, t, "of", item))
            apply(setting_of(&all, &count, &room, thing_value(t, "source")), t);
        else if (system && view_refers(v, t, "of", system))
            apply(&of_system, t);
    }
    if (!all[0].zone.len)
        all[0].zone = of_system.zone;
    if (!all[0].has_skew) {
        all[0].has_skew = of_system.has_skew;
        all[0].skew_ns = of_system.skew_ns;
    }
    *out = all;
    return count;
}

/* What the record is to say, checked. */
struct said_clock {
    const struct thing *of;
    struct str zone;
    struct buf skew;
};

static void said_clock_release(struct said_clock *s)
{
    buf_release(&s->skew);
}

static int measure(const struct operation *op, const struct input *in, struct buf *out,
                   struct err *e)
{
    struct utc says, is;
    int64_t s;

    if (!utc_read(&says, input_value(op, in, "says")) ||
        !utc_read(&is, input_value(op, in, "true")))
        return err_set(e, ERR_USAGE,
                       "--says and --true go together: what its clock said, and what the time was");
    s = says.sec - is.sec;
    if (s > SKEW_DAYS_MOST * 86400LL || s < -SKEW_DAYS_MOST * 86400LL)
        return err_set(e, ERR_USAGE, "no clock is taken to be off by more than 100 years");
    skew_write(out, s * NS + (int64_t)says.ns - (int64_t)is.ns);
    return 0;
}

static int read_skew(const struct operation *op, const struct input *in, struct buf *out,
                     struct err *e)
{
    struct str skew = input_value(op, in, "skew-said");
    bool is_measured = input_has(op, in, "says") || input_has(op, in, "true");
    int64_t ns;

    if (skew.len && is_measured)
        return err_set(e, ERR_USAGE, "either --skew, or what it is measured from");
    if (is_measured)
        return measure(op, in, out, e);
    if (str_is(skew, "none"))
        buf_adds(out, "none");
    else if (skew.len && !skew_read(skew, &ns))
        return err_set(e, ERR_USAGE,
                       "--skew is by how much the clock ran ahead, as +3m12s, or behind, as -2s");
    else if (skew.len)
        skew_write(out, ns);
    return 0;
}

static int read_said(struct said_clock *s, const struct view *v, const struct operation *op,
                     const struct input *in, struct err *e)
{
    CLEANUP_BUF struct buf rules = {0};
    int rc = read_skew(op, in, &s->skew, e);

    s->of = input_thing(v, op, in, "of");
    s->zone = input_value(op, in, "zone");
    if (rc)
        return rc;
    if (!s->of || !(thing_is(s->of, "system") || thing_is(s->of, "evidence")))
        return err_set(e, ERR_USAGE, "a clock is that of a system or of an item of evidence");
    if (input_has(op, in, "source") && !thing_is(s->of, "evidence"))
        return err_set(e, ERR_USAGE,
                       "--source is a file within an item of evidence: name the item");
    if (s->zone.len == 0 && s->skew.len == 0)
        return err_set(e, ERR_USAGE,
                       "say its --zone or its --skew; calm analyse clocks shows them");
    return s->zone.len && !str_is(s->zone, "none") ? timeline_zone(s->zone, &rules, e) : 0;
}

static void draft_clock(struct decision *d, const struct said_clock *s)
{
    struct draft *dr = decision_add(d, "clock/1");
    CLEANUP_BUF struct buf title = {0};

    draft_take_input(d, dr, &clock_kind);
    custody_label(d, dr, s->of);
    view_name(d->view, s->of, &title);
    draft_value(dr, "title", str_of(arena_strdup(d->arena, buf_text(&title))));
    if (s->skew.len)
        draft_value(dr, "skew", str_of(arena_strdup(d->arena, buf_text(&s->skew))));
}

static int clock_job(struct session *s, const struct operation *op, const struct input *in,
                     struct answer *a, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP(said_clock_release) struct said_clock said = {0};
    uint64_t first;
    int rc = session_draft(s, &d, op, in, e);

    if (rc == 0)
        rc = read_said(&said, d.view, op, in, e);
    if (rc)
        return rc;
    d.is_independent = true;
    draft_clock(&d, &said);
    rc = session_append(s, &d, &first, e);
    if (rc)
        return rc;
    session_tell(s, &d, first, a);
    return said.zone.len ? timeline_follow_zones(s, op, in, a, e) : 0;
}

/* Whether a later record says the same of the same. */
static bool is_replaced(const struct view *v, const struct thing *clock, const char *field)
{
    const struct thing *t;
    bool is_later = false, is_replaced = false;

    for (size_t at = 0; (t = view_next(v, "clock", &at));) {
        is_replaced =
            is_replaced || (is_later && thing_value(t, field).len &&
                            str_eq(thing_value(t, "of"), thing_value(clock, "of")) &&
                            str_eq(thing_value(t, "source"), thing_value(clock, "source")));
        is_later = is_later || t == clock;
    }
    return is_replaced;
}

static void show_part(const struct view *v, const struct thing *clock, const char *field,
                      struct buf *out)
{
    struct str value = thing_value(clock, field);

    if (value.len == 0)
        return;
    buf_addf(out, "  %s " STR_FMT, field, STR_ARG(value));
    if (is_replaced(v, clock, field))
        buf_adds(out, " (replaced)");
}

static void show_clock(const struct view *v, const struct thing *clock, struct screen *screen)
{
    CLEANUP_BUF struct buf line = {0};

    view_call(&line, clock);
    buf_addf(&line, "  " STR_FMT, STR_ARG(view_title(clock)));
    if (thing_value(clock, "source").len)
        buf_addf(&line, ", " STR_FMT, STR_ARG(thing_value(clock, "source")));
    buf_addc(&line, ':');
    show_part(v, clock, "zone", &line);
    show_part(v, clock, "skew", &line);
    screen_line(screen, SCREEN_NORMAL, buf_str(&line));
    buf_clear(&line);
    if (thing_value(clock, "says").len)
        buf_addf(&line, "it said " STR_FMT " when it was " STR_FMT ". ",
                 STR_ARG(thing_value(clock, "says")), STR_ARG(thing_value(clock, "true")));
    buf_addstr(&line, thing_value(clock, "because"));
    if (line.len)
        screen_para(screen, 5, buf_str(&line));
}

static int query_clocks(const struct view *v, const struct operation *op, const struct input *in,
                        struct answer *a, struct err *e)
{
    struct screen screen = {.out = &a->text, .columns = a->columns, .color = a->color};
    const struct thing *t;
    size_t count = 0;

    if (a->wants_json)
        return query_list(v, op, in, a, e);
    for (size_t at = 0; (t = view_next(v, "clock", &at)); count++)
        show_clock(v, t, &screen);
    screen_printf(&screen, 0, "%s",
                  count ? "A skew is subtracted from the times of the source; the "
                          "zone is that of times which name none."
                        : "Nobody said anything of a clock: times are taken as "
                          "the logs have them, without a zone as UTC.");
    return 0;
}

const struct operation analyse_clock = {
    .name = "analyse clock",
    .practice = "analyse",
    .help = "say which zone a system's or a source's clock told, and how wrong it ran",
    .example = "calm analyse clock web1 --skew \"+3m12s\" --because \"compared with the mail hub\"",
    .more = "A skew is subtracted when events are shown, searched and counted; their stored times "
            "stay what the source says, and they are marked with the doubt s. It may be measured: "
            "--says what the clock showed, --true what the time was. What is said of a file within "
            "an item (--source) goes before what is said of the item, and that before what is said "
            "of its system. A zone changes what times without one mean: the timelines that it "
            "concerns are made anew at once. A later record replaces an earlier one; none takes "
            "it back.",
    OP_FIELDS(clock_input),
    .kind = &clock_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("clock/1", "timeline/1"),
    .job = clock_job};

const struct operation analyse_clocks = {.name = "analyse clocks",
                                         .practice = "analyse",
                                         .help = "how clocks ran and which zones they told",
                                         .example = "calm analyse clocks",
                                         .kind = &clock_kind,
                                         .type = OP_QUERY,
                                         .faces = FACE_ALL,
                                         .query = query_clocks};
