/* stop_preview.c: tells people what a plan would keep, end and break. */
#include "practice/stop_preview.h"
#include "base/sink.h"
#include "contain/action.h"
#include "contain/spell.h"
#include "practice/stop_place.h"
#include "practice/stop_plan.h"
#include "render/screen.h"

enum { SHOWN = 4, NETS_SHOWN = 8, WORDS_SIZE = 16384, NAME_COLUMNS = 9 };

/* One connection or service of the helper's answer. */
struct seen {
    struct str what; /* "keep", "end", "unreached" */
    struct str protocol;
    struct str local_port;
    struct str remote;
    struct str remote_port;
    struct str program;
    bool is_inbound;
    bool is_yours;
};

static bool next_seen(struct str *lines, struct seen *out)
{
    struct str line;

    if (!lines->len)
        return false;
    line = str_cut(lines, '\n');
    *out = (struct seen){.what = str_cut(&line, ' '), .protocol = str_cut(&line, ' ')};
    str_cut(&line, ' '); /* the local address */
    out->local_port = str_cut(&line, ' ');
    out->remote = str_cut(&line, ' ');
    out->remote_port = str_cut(&line, ' ');
    out->program = str_cut(&line, ' ');
    out->is_inbound = str_is(str_cut(&line, ' '), "in");
    out->is_yours = str_is(line, "yours");
    return true;
}

static size_t count_of(struct str lines, const char *what)
{
    struct seen s;
    size_t count = 0;

    while (next_seen(&lines, &s))
        count += str_is(s.what, what);
    return count;
}

static void add_program(struct buf *out, const struct seen *s)
{
    if (s->program.len && !str_is(s->program, "-"))
        buf_addf(out, " (" STR_FMT ")", STR_ARG(s->program));
}

/* "203.0.113.9:443 (curl), …": the first few, and how many more. */
static void add_list(struct buf *out, struct str lines, const char *what)
{
    size_t count = count_of(lines, what), shown = 0;
    struct seen s;

    while (next_seen(&lines, &s)) {
        if (!str_is(s.what, what))
            continue;
        if (shown == SHOWN) {
            buf_addf(out, " and %zu more", count - shown);
            return;
        }
        buf_adds(out, shown++ ? ", " : "");
        if (str_is(str_of(what), "unreached"))
            buf_addf(out, STR_FMT " port " STR_FMT, STR_ARG(s.protocol), STR_ARG(s.local_port));
        else
            buf_addf(out, "%s" STR_FMT " %s " STR_FMT, s.is_inbound ? "" : "to ", STR_ARG(s.remote),
                     s.is_inbound ? "on port" : "port",
                     STR_ARG(s.is_inbound ? s.local_port : s.remote_port));
        add_program(out, &s);
        if (s.is_yours)
            buf_adds(out, " (you, connected now)");
    }
}

static void add_allow(struct buf *out, const struct plan *p)
{
    char net[NET_TEXT_SIZE];

    for (size_t i = 0; i < p->allow_count; i++) {
        const struct endpoint *at = &p->allow[i];

        buf_addf(out, "%s%s", i ? ", " : "", net_text(net, &at->net));
        if (!at->protocol)
            continue;
        buf_addf(out, "%s %s port %u", at->way == ENDPOINT_OUT ? " (from here)" : " to",
                 at->protocol == 6 ? "TCP" : "UDP", at->port_first);
        if (at->port_last > at->port_first)
            buf_addf(out, " to %u", at->port_last);
    }
}

/* The first few; a list may have a hundred thousand. */
static void add_nets(struct buf *out, const struct plan *p)
{
    char net[NET_TEXT_SIZE];

    for (size_t i = 0; i < p->net_count && i < NETS_SHOWN; i++)
        buf_addf(out, "%s%s", i ? ", " : "", net_text(net, &p->nets[i]));
    if (p->net_count > NETS_SHOWN)
        buf_addf(out, " and %zu more", p->net_count - NETS_SHOWN);
}

static void add_warning(struct buf *out, struct str code, struct str rest)
{
    struct str address = str_cut(&rest, ' ');
    char span[UTC_PLAIN_SIZE];
    uint64_t left_s;

    if (str_is(code, "lease") && str_u64(rest, &left_s))
        buf_addf(out,
                 "%sthe address " STR_FMT " is lost in %s: it is leased, and no lease is renewed "
                 "while this is in effect",
                 out->len ? "; " : "", STR_ARG(address), span_text(span, (int64_t)left_s));
    else if (str_is(code, "firewall"))
        buf_addf(out,
                 "%sanother packet filter (" STR_FMT ") stays as it is: what it drops is dropped",
                 out->len ? "; " : "", STR_ARG(address));
    else if (str_is(code, "rights"))
        buf_addf(
            out,
            "%sthis was looked at without root's rights: programs of others, and the connection "
            "that you came over, may be missing",
            out->len ? "; " : "");
}

static void add_warnings(struct buf *out, struct str lines)
{
    while (lines.len) {
        struct str line = str_cut(&lines, '\n'), code;

        if (!str_is(str_cut(&line, ' '), "warn"))
            continue;
        code = str_cut(&line, ' ');
        add_warning(out, code, line);
    }
}

/* "process 812 sh frozen" as "sh (812) frozen", "file /var/tmp/%20x gone" as "/var/tmp/ x gone". */
static bool add_change(struct buf *out, struct arena *arena, struct str line)
{
    static const char *const things[] = {"process", "file", "user", "interface", "unit"};
    struct str what = str_cut(&line, ' '), name = str_cut(&line, ' '), number = {NULL, 0}, shown;
    bool is_known = false;

    for (size_t i = 0; i < COUNT_OF(things); i++)
        is_known |= str_is(what, things[i]);
    if (!is_known)
        return false;
    if (str_is(what, "process")) {
        number = name;
        name = str_cut(&line, ' ');
    }
    if (!spell_read(arena, name, &shown))
        shown = name;
    sink_terminal(out, str_head(shown, 200), false); /* any bytes, and it goes on record */
    if (number.len)
        buf_addf(out, " (" STR_FMT ")", STR_ARG(number));
    buf_addf(out, " " STR_FMT, STR_ARG(line));
    return true;
}

/* What becomes of processes, files, accounts, interfaces and units. */
static void add_changes(struct buf *out, struct str lines)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    size_t shown = 0, more = 0;

    while (lines.len) {
        struct str line = str_cut(&lines, '\n');
        CLEANUP_BUF struct buf one = {0};

        if (!add_change(&one, arena, line))
            continue;
        if (shown == SHOWN * 2) {
            more++;
            continue;
        }
        buf_addf(out, "%s" STR_FMT, shown++ ? ", " : "", STR_ARG(buf_str(&one)));
    }
    if (more)
        buf_addf(out, " and %zu more", more);
}

/* Each row: its name, and what it says; nothing where it has nothing to say. */
struct row {
    const char *name;
    struct buf text;
};

enum {
    ROW_KEEP,
    ROW_NOW,
    ROW_NETS,
    ROW_CHANGE,
    ROW_END,
    ROW_UNREACHED,
    ROW_WARN,
    ROW_BREAKS,
    ROW_COUNT
};

static void fill_rows(struct row rows[ROW_COUNT], const struct plan *p, struct str lines)
{
    static const char *const names[ROW_COUNT] = {"keep", "now",    "block", "change",
                                                 "end",  "closed", "know",  "break"};
    size_t ended = count_of(lines, "end");

    for (int i = 0; i < ROW_COUNT; i++)
        rows[i].name = names[i];
    add_allow(&rows[ROW_KEEP].text, p);
    add_list(&rows[ROW_NOW].text, lines, "keep");
    add_nets(&rows[ROW_NETS].text, p);
    add_changes(&rows[ROW_CHANGE].text, lines);
    if (ended)
        buf_addf(&rows[ROW_END].text, "%zu connection%s: ", ended, ended == 1 ? "" : "s");
    add_list(&rows[ROW_END].text, lines, "end");
    add_list(&rows[ROW_UNREACHED].text, lines, "unreached");
    if (rows[ROW_UNREACHED].text.len)
        buf_adds(&rows[ROW_UNREACHED].text, ", for all others");
    add_warnings(&rows[ROW_WARN].text, lines);
}

static void release_rows(struct row rows[ROW_COUNT])
{
    for (int i = 0; i < ROW_COUNT; i++)
        buf_release(&rows[i].text);
}

void stop_preview_words(struct str lines, const struct plan *p, struct buf *out)
{
    struct row rows[ROW_COUNT] = {{0}};

    fill_rows(rows, p, str_head(lines, WORDS_SIZE * 64));
    for (int i = 0; i < ROW_COUNT; i++)
        if (rows[i].text.len)
            buf_addf(out, "%s%s: " STR_FMT, out->len ? "; " : "", rows[i].name,
                     STR_ARG(buf_str(&rows[i].text)));
    if (!out->len)
        buf_adds(out, "nothing that is going on now would end");
    release_rows(rows);
}

static void show_rows(struct screen *screen, const struct thing *action, const struct plan *p,
                      struct str lines)
{
    struct row rows[ROW_COUNT] = {{0}};

    fill_rows(rows, p, lines);
    if (p->action->rules && !count_of(lines, "end") && !count_of(lines, "keep"))
        buf_adds(&rows[ROW_END].text, "no connection that is open now");
    buf_addstr(&rows[ROW_BREAKS].text, thing_value(action, "breaks"));
    for (int i = 0; i < ROW_COUNT; i++)
        if (rows[i].text.len)
            screen_pair(screen, 2, NAME_COLUMNS, str_of(rows[i].name), buf_str(&rows[i].text));
    release_rows(rows);
}

/* What is surer than anything that is done from inside. */
static void show_advice(struct screen *screen, const struct view *v, const struct thing *action,
                        const struct plan *p)
{
    CLEANUP_BUF struct buf place = {0};

    stop_place(v, action, &place);
    if (str_is(str_of(p->action->name), "isolate") || str_is(str_of(p->action->name), "down"))
        screen_printf(screen, 0,
                      "Surer: the network cable, the switch port or the hypervisor%s. Who is root "
                      "here can lift what is done here.",
                      buf_text(&place));
    else
        screen_printf(screen, 0,
                      "If it is spreading, first the network cable, the switch port or the "
                      "hypervisor%s.%s",
                      buf_text(&place),
                      p->action->rules ? " A flood is best stopped further out: calm notify script "
                                         "provider."
                                       : "");
    screen_blank(screen);
}

static void show_promise(struct screen *screen, const struct thing *action, const struct plan *p)
{
    char span[UTC_PLAIN_SIZE];

    if (p->action->cannot_undo)
        screen_printf(screen, 0, "It cannot be undone; you accepted that.");
    else
        screen_printf(screen, 0, "Saved first: the state as it is now, as evidence.");
    if (p->timer_s && !p->action->cannot_undo)
        screen_printf(screen, 0,
                      "Unless you run `calm stop confirm a%u` within %s, everything is put back.",
                      action->number, span_text(span, p->timer_s));
}

void stop_preview_show(const struct view *v, const struct thing *action, const struct plan *p,
                       struct str lines, struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    struct str ssh = thing_value(action, "ssh");
    CLEANUP_BUF struct buf next = {0};
    CLEANUP_BUF struct buf why = {0};

    screen_printf(&screen, 0, "a%u  " STR_FMT, action->number, STR_ARG(view_title(action)));
    screen_blank(&screen);
    show_advice(&screen, v, action, p);
    screen_printf(&screen, 0, "This will, on " STR_FMT " (" STR_FMT "%s)%s:", STR_ARG(p->host),
                  STR_ARG(ssh.len ? ssh : STR("this host")), ssh.len ? ", over SSH" : "",
                  p->action->cannot_undo ? "" : ", until you undo it");
    show_rows(&screen, action, p, lines);
    show_promise(&screen, action, p);
    screen_blank(&screen);
    if (action_needs_another(v)) {
        buf_addf(&next, "calm stop approve a%u", action->number);
        action_others(v, &why);
        buf_addf(&why,
                 " approves it, since you planned it. By voice: calm stop approve a%u --spoken "
                 "\"NAME, time\"",
                 action->number);
    } else {
        buf_addf(&next, "calm stop apply a%u", action->number);
        buf_adds(&why, "nobody else is on the team to approve it");
    }
    screen_next(&screen, buf_str(&next), buf_str(&why));
}
