/* stop_preview.c: tells people what a plan would keep, end and break. */
#include "practice/stop_preview.h"
#include <netinet/in.h>
#include "base/sink.h"
#include "base/size.h"
#include "contain/action.h"
#include "contain/spell.h"
#include "practice/stop_place.h"
#include "practice/stop_kept.h"
#include "practice/stop_plan.h"
#include "practice/stop_proposal.h"
#include "practice/stop_words.h"
#include "render/screen.h"

enum { SHOWN = 4, NETS_SHOWN = 8, WORDS_SIZE = 16384, NAME_COLUMNS = 9 };

/* One connection or service of the helper's answer. */
struct seen {
    struct str what; /* "keep", "end", "unreached" */
    struct str protocol;
    struct str local;
    struct str local_port;
    struct str remote;
    struct str remote_port;
    struct str program;
    bool is_inbound;
    bool is_passed_on; /* of others, from remote to local */
    bool is_yours;
};

static bool next_seen(struct str *lines, struct seen *out)
{
    struct str line, way;

    if (!lines->len)
        return false;
    line = str_cut(lines, '\n');
    *out = (struct seen){.what = str_cut(&line, ' '), .protocol = str_cut(&line, ' ')};
    out->local = str_cut(&line, ' ');
    out->local_port = str_cut(&line, ' ');
    out->remote = str_cut(&line, ' ');
    out->remote_port = str_cut(&line, ' ');
    out->program = str_cut(&line, ' ');
    way = str_cut(&line, ' ');
    out->is_passed_on = str_is(way, "through");
    out->is_inbound = str_is(way, "in") || out->is_passed_on;
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

/* Those that read alike are one, with their number. */
struct alike {
    struct seen one;
    size_t count;
};

static bool is_alike(const struct seen *a, const struct seen *b)
{
    if (!str_eq(a->protocol, b->protocol) || !str_eq(a->program, b->program))
        return false;
    if (str_is(a->what, "unreached"))
        return str_eq(a->local_port, b->local_port);
    if (a->is_passed_on != b->is_passed_on || (a->is_passed_on && !str_eq(a->local, b->local)))
        return false;
    return a->is_inbound == b->is_inbound && a->is_yours == b->is_yours &&
           str_eq(a->remote, b->remote) &&
           str_eq(a->is_inbound ? a->local_port : a->remote_port,
                  b->is_inbound ? b->local_port : b->remote_port);
}

/* The first few kinds of them; returns how many lines are of none of these. */
static size_t gather(struct str lines, const char *what, struct alike out[SHOWN], size_t *count)
{
    size_t more = 0;
    struct seen s;

    *count = 0;
    while (next_seen(&lines, &s)) {
        size_t at = 0;

        if (!str_is(s.what, what))
            continue;
        while (at < *count && !is_alike(&out[at].one, &s))
            at++;
        if (at == SHOWN) {
            more++;
            continue;
        }
        if (at == *count)
            out[(*count)++] = (struct alike){.one = s};
        out[at].count++;
    }
    return more;
}

static void add_seen(struct buf *out, const struct alike *a)
{
    const struct seen *s = &a->one;
    bool is_udp = str_is(s->protocol, "udp");

    if (str_is(s->what, "unreached")) {
        buf_addf(out, "%s port " STR_FMT, is_udp ? "UDP" : "TCP", STR_ARG(s->local_port));
    } else {
        if (a->count > 1)
            buf_addf(out, "%zu x ", a->count);
        buf_addf(out, "%s" STR_FMT, s->is_inbound ? "" : "to ", STR_ARG(s->remote));
        if (s->is_passed_on)
            buf_addf(out, " to " STR_FMT, STR_ARG(s->local));
        buf_addf(out, " %s%s port " STR_FMT "%s", s->is_inbound && !s->is_passed_on ? "on" : "at",
                 is_udp ? " UDP" : "", STR_ARG(s->is_inbound ? s->local_port : s->remote_port),
                 s->is_passed_on ? ", passed on by this host" : "");
    }
    if (s->program.len && !str_is(s->program, "-"))
        buf_addf(out, " (" STR_FMT ")", STR_ARG(s->program));
    if (s->is_yours)
        buf_adds(out, " (you, connected now)");
}

/* Whom a plan lets reach a service of this host: " but for 10.1.0.7, 10.1.0.8". */
static void add_but_for(struct buf *out, const struct plan *p, const struct seen *s)
{
    uint8_t protocol = str_is(s->protocol, "tcp") ? IPPROTO_TCP : IPPROTO_UDP;
    char net[NET_TEXT_SIZE];
    size_t count = 0;
    uint64_t port;

    for (size_t i = 0; str_u64(s->local_port, &port) && i < p->allow_count; i++) {
        const struct endpoint *a = &p->allow[i];

        if (a->protocol && (a->protocol != protocol || a->way != ENDPOINT_IN ||
                            port < a->port_first || port > a->port_last))
            continue;
        if (count++ == SHOWN) {
            buf_adds(out, " and more");
            return;
        }
        buf_addf(out, "%s%s", count == 1 ? " but for " : ", ", net_text(net, &a->net));
    }
}

/* "203.0.113.9 on TCP port 443 (nginx), …": the first few, and how many more. */
static void add_list(struct buf *out, const struct plan *p, struct str lines, const char *what)
{
    struct alike shown[SHOWN];
    size_t count, more = gather(lines, what, shown, &count);

    for (size_t i = 0; i < count; i++) {
        bool is_service = str_is(shown[i].one.what, "unreached");

        buf_adds(out, !i ? "" : is_service ? "; " : ", ");
        add_seen(out, &shown[i]);
        if (is_service)
            add_but_for(out, p, &shown[i].one);
    }
    if (more)
        buf_addf(out, " and %zu more", more);
}

/* "person ana 192.0.2.7": logged in from there, and cut off. */
static void add_people(struct buf *out, struct str lines)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    size_t shown = 0, more = 0;

    while (lines.len) {
        struct str line = str_cut(&lines, '\n'), name;

        if (!str_is(str_cut(&line, ' '), "person"))
            continue;
        if (shown == SHOWN * 2) {
            more++;
            continue;
        }
        if (!spell_read(arena, str_cut(&line, ' '), &name))
            continue;
        buf_adds(out, shown++ ? ", " : "");
        sink_terminal(out, str_head(name, 64), false);
        buf_adds(out, " from ");
        sink_terminal(out, str_head(line, NET_TEXT_SIZE), false);
    }
    if (more)
        buf_addf(out, " and %zu more", more);
    if (shown)
        buf_adds(out, shown + more == 1 ? ", who is logged in from there"
                                        : ", who are logged in from there");
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

static void add_tunnel(struct buf *out, struct str name, struct str net)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct str shown;

    if (!spell_read(arena, name, &shown))
        shown = name;
    buf_addf(out, "%s" STR_FMT " is reached through ", out->len ? "; " : "", STR_ARG(net));
    sink_terminal(out, str_head(shown, 64), false);
    buf_adds(out, ", a tunnel whose other end cannot be seen here: it passes only where --allow "
                  "names that end");
}

static void add_known(struct buf *out, struct str code)
{
    static const struct {
        const char *code;
        const char *words;
    } known[] = {
        {"rights", "this was looked at without root's rights: programs of others, and the "
                   "connection that you came over, may be missing"},
        {"frames", "the kernel of this host cannot hold what programs send past its network "
                   "(frames of their own): those leave over every interface"},
        {"routed", "this host passes packets on for others (containers, virtual machines, networks "
                   "behind it), and nothing here lists their connections: which of them end is not "
                   "known"}};

    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_is(code, known[i].code))
            buf_addf(out, "%s%s", out->len ? "; " : "", known[i].words);
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
    else if (str_is(code, "tunnel"))
        add_tunnel(out, address, rest);
    else if (str_is(code, "bridged"))
        buf_addf(out, "%s" STR_FMT " that a bridge passes on are not %s here", out->len ? "; " : "",
                 STR_ARG(str_is(address, "all") ? STR("packets") : address),
                 str_is(address, "all") ? "held" : "counted");
    else
        add_known(out, code);
}

/* "3.2 GiB go into the case, where 20 GiB are free" */
static void add_copies(struct buf *out, struct str lines)
{
    char text[SIZE_TEXT_SIZE];
    uint64_t free;

    for (struct str rest = lines; rest.len;) {
        struct str line = str_cut(&rest, '\n'), word = str_cut(&line, ' ');

        if (!str_is(word, "room") || !str_u64(line, &free))
            continue;
        buf_addf(out, "%s%s go", out->len ? "; " : "", size_text(text, stop_kept_size(lines)));
        buf_addf(out, " into the case, where %s are free", size_text(text, free));
    }
}

/* What the person accepted when the plan was made, for the one who approves it. */
static bool add_accepted(struct buf *out, struct str code, struct str what)
{
    static const struct {
        const char *code;
        const char *words;
    } known[] = {{"wide", "passes whole, at every port and both ways, which was accepted"},
                 {"names", "is asked for names, by which data can leave, which was accepted"},
                 {"cut", "may be cut off though another plan lets it pass, which was accepted"},
                 {"case",
                  "is the server on which the case lies; its address was not found, so nothing "
                  "keeps it from being cut off"}};

    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_is(code, known[i].code)) {
            buf_addf(out, "%s" STR_FMT " %s", out->len ? "; " : "", STR_ARG(str_head(what, 255)),
                     known[i].words);
            return true;
        }
    return false;
}

static void add_warnings(struct buf *out, struct str lines)
{
    while (lines.len) {
        struct str line = str_cut(&lines, '\n'), code;

        if (!str_is(str_cut(&line, ' '), "warn"))
            continue;
        code = str_cut(&line, ' ');
        if (!add_accepted(out, code, line))
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
    ROW_LIMIT,
    ROW_CHANGE,
    ROW_END,
    ROW_PEOPLE,
    ROW_UNREACHED,
    ROW_MEASURED,
    ROW_WARN,
    ROW_UNTIL,
    ROW_BREAKS,
    ROW_COUNT
};

static void fill_rows(struct row rows[ROW_COUNT], const struct plan *p, struct str lines,
                      struct str measured)
{
    static const char *const names[ROW_COUNT] = {"keep",     "now",  "block",    "limit",
                                                 "change",   "end",  "shut out", "closed",
                                                 "measured", "know", "until",    "break"};
    size_t ended = count_of(lines, "end");

    for (int i = 0; i < ROW_COUNT; i++)
        rows[i].name = names[i];
    stop_allow_words(p, &rows[ROW_KEEP].text);
    add_list(&rows[ROW_NOW].text, p, lines, "keep");
    add_nets(&rows[ROW_NETS].text, p);
    stop_limit_words(p, &rows[ROW_LIMIT].text);
    add_changes(&rows[ROW_CHANGE].text, lines);
    if (ended)
        buf_addf(&rows[ROW_END].text, "%zu connection%s: ", ended, ended == 1 ? "" : "s");
    add_list(&rows[ROW_END].text, p, lines, "end");
    add_people(&rows[ROW_PEOPLE].text, lines);
    add_list(&rows[ROW_UNREACHED].text, p, lines, "unreached");
    buf_addstr(&rows[ROW_MEASURED].text, measured);
    add_warnings(&rows[ROW_WARN].text, lines);
    add_copies(&rows[ROW_WARN].text, lines);
    stop_until_words(p, utc_now(), &rows[ROW_UNTIL].text);
}

static void release_rows(struct row rows[ROW_COUNT])
{
    for (int i = 0; i < ROW_COUNT; i++)
        buf_release(&rows[i].text);
}

void stop_preview_words(struct str lines, const struct plan *p, struct str measured,
                        struct buf *out)
{
    struct row rows[ROW_COUNT] = {{0}};

    fill_rows(rows, p, str_head(lines, WORDS_SIZE * 64), measured);
    for (int i = 0; i < ROW_COUNT; i++)
        if (rows[i].text.len)
            buf_addf(out, "%s%s: " STR_FMT, out->len ? "\n" : "", rows[i].name,
                     STR_ARG(buf_str(&rows[i].text)));
    release_rows(rows);
}

void stop_preview_rows(struct screen *screen, struct str words)
{
    while (words.len) {
        struct str line = str_cut(&words, '\n'), name = line;
        struct str text = str_from(line, str_cut(&name, ':').len);

        if (str_starts(text, ": "))
            screen_pair(screen, 2, NAME_COLUMNS, str_head(line, line.len - text.len),
                        str_from(text, 2));
        else
            screen_para(screen, 2, line);
    }
}

static void show_rows(struct screen *screen, const struct thing *action, const struct plan *p,
                      struct str lines, struct str measured)
{
    struct row rows[ROW_COUNT] = {{0}};

    fill_rows(rows, p, lines, measured);
    if (p->action->rules && !count_of(lines, "end") && !count_of(lines, "keep") &&
        !plan_value(p, "flood"))
        buf_addf(&rows[ROW_END].text, "no connection %sthat is open now",
                 str_has_line(lines, STR("warn routed")) ? "of this host's own " : "");
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
    if (p->action->cannot_undo)
        screen_printf(screen, 0, "It cannot be undone; you accepted that.");
    else
        screen_printf(screen, 0,
                      "Saved first: the state as it is now, as evidence. Once applied, you keep "
                      "it with: calm stop confirm a%u",
                      action->number);
}

void stop_preview_show(const struct view *v, const struct thing *action, const struct plan *p,
                       struct str lines, struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    struct str ssh = thing_value(action, "ssh");
    CLEANUP_BUF struct buf measured = {0};
    CLEANUP_BUF struct buf next = {0};
    CLEANUP_BUF struct buf why = {0};

    screen_printf(&screen, 0, "a%u  " STR_FMT, action->number, STR_ARG(view_title(action)));
    screen_blank(&screen);
    show_advice(&screen, v, action, p);
    screen_printf(&screen, 0, "This will, on " STR_FMT " (" STR_FMT "%s):", STR_ARG(p->host),
                  STR_ARG(ssh.len ? ssh : STR("this host")), ssh.len ? ", over SSH" : "");
    stop_proposal_measure(v, p, &measured);
    show_rows(&screen, action, p, lines, buf_str(&measured));
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
