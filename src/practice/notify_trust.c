/* notify_trust.c: whether a channel can be trusted: it is doubted as long as a system that it
 * relies on, over however many others, may be affected; and a trust that was given before that was
 * known does not count any more. */
#include "practice/notify_trust.h"
#include <string.h>
#include "notify/channel.h"
#include "practice/notify_reach.h"
#include "practice/system_host.h"
#include "render/screen.h"
#include "sys/clock.h"
#include "sys/own_address.h"

enum { DEPTH_MAX = 32, STEPS_MAX = 10000, HOST_SIZE = 256, DETAIL_INDENT = 5, NAME_COLUMNS = 12 };

/* How the first system of a path has to do with the channel. */
enum root { ROOT_RELIES, ROOT_SERVER, ROOT_MACHINE };

/* Looking for a system that speaks against a channel. */
struct doubt {
    const struct view *v;
    const struct thing *channel;
    const struct thing *path[DEPTH_MAX];
    size_t depth;
    size_t steps;
    enum root root;
    struct buf *why;
};

static bool is_bad(const struct thing *system)
{
    return thing_says(system, "state", "affected") || thing_says(system, "state", "suspected");
}

/* Where in the order of the case a thing was last told this field, counted from 1. What cannot be
 * read may have been it. */
static uint64_t last_told(const struct view *v, const struct thing *t, const char *field)
{
    const uint64_t *order = state_order(v->state);

    for (uint64_t i = state_size(v->state); i-- > 0;) {
        uint64_t seq = order ? order[i] : i;
        CLEANUP_BUF struct buf value = {0};

        if (state_record(v->state, seq)->thing == t &&
            state_fetch(v->state, v->store, seq, field, &value, NULL) != ERR_NOTFOUND)
            return i + 1;
    }
    return 0;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Since when the path to the last system speaks against the channel. */
static uint64_t known_since(const struct doubt *d)
{
    const struct thing *last = d->path[d->depth - 1];
    uint64_t at = last_told(d->v, last, "state");

    if (d->root == ROOT_RELIES)
        at = later(at, last_told(d->v, d->channel, "relies-on"));
    else
        at = later(at, later(last_told(d->v, d->channel, "account"),
                             later(last_told(d->v, d->path[0], "address"),
                                   last_told(d->v, d->path[0], "host"))));
    for (size_t i = 0; i + 1 < d->depth; i++)
        at = later(at, last_told(d->v, d->path[i], "relies-on"));
    return at;
}

/* "office mail relies on mail1, which relies on ad1, which is affected" */
static void say_path(const struct doubt *d)
{
    static const char *const words[] = {
        [ROOT_RELIES] = " relies on ",
        [ROOT_SERVER] = " goes over ",
        [ROOT_MACHINE] = " is sent from this machine, ",
    };

    buf_addf(d->why, STR_FMT "%s", STR_ARG(view_title(d->channel)), words[d->root]);
    for (size_t i = 0; i < d->depth; i++)
        buf_addf(d->why, "%s" STR_FMT, i ? ", which relies on " : "",
                 STR_ARG(view_title(d->path[i])));
    buf_addf(d->why, ", which is " STR_FMT, STR_ARG(thing_value(d->path[d->depth - 1], "state")));
}

static bool is_on_path(const struct doubt *d, const struct thing *system)
{
    for (size_t i = 0; i < d->depth; i++)
        if (d->path[i] == system)
            return true;
    return false;
}

/* Does the last system of the path speak against the channel? */
static bool speaks_against(struct doubt *d)
{
    bool is_trusted = thing_says(d->channel, "trust", "trusted");

    if (!is_bad(d->path[d->depth - 1]) ||
        (is_trusted && last_told(d->v, d->channel, "trust") > known_since(d)))
        return false;
    say_path(d);
    if (is_trusted)
        buf_adds(d->why, "; it was trusted before that was known, which does not count any more");
    return true;
}

/* Follows one system and all that it relies on. What cannot be followed to its end is doubted. */
static bool follow(struct doubt *d, const struct thing *system)
{
    const struct thing *t;
    bool is_against;

    if (is_on_path(d, system))
        return false;
    if (d->depth == DEPTH_MAX || ++d->steps > STEPS_MAX) {
        buf_addf(d->why, STR_FMT " relies on more systems than can be followed",
                 STR_ARG(view_title(d->channel)));
        return true;
    }
    d->path[d->depth++] = system;
    is_against = speaks_against(d);
    for (size_t at = 0; !is_against && (t = view_next(d->v, "system", &at));)
        is_against = view_refers(d->v, system, "relies-on", t) && follow(d, t);
    d->depth--;
    return is_against;
}

static void put_lower(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        buf_addc(out,
                 text.p[i] >= 'A' && text.p[i] <= 'Z' ? (char)(text.p[i] - 'A' + 'a') : text.p[i]);
}

/* The host of "smtps://user@mail1.example.org:465/…", or of "https://[2001:db8::1]/". */
static struct str url_host(struct str url)
{
    const char *at = url.len ? memmem(url.p, url.len, "://", 3) : NULL;
    const char *user;
    struct str host;

    if (!at)
        return STR("");
    host = str_from(url, (size_t)(at - url.p) + 3);
    for (size_t i = 0; i < host.len; i++)
        if (memchr("/?#", host.p[i], 3))
            host = str_head(host, i);
    user = host.p ? memrchr(host.p, '@', host.len) : NULL;
    if (user)
        host = str_from(host, (size_t)(user - host.p) + 1);
    if (host.len && host.p[0] == '[') {
        host = str_from(host, 1);
        return str_cut(&host, ']');
    }
    return str_cut(&host, ':');
}

static bool has_name(const struct thing *system, const char *field, struct str lower_host)
{
    CLEANUP_BUF struct buf name = {0};

    put_lower(&name, thing_value(system, field));
    return system_same_host(buf_str(&name), lower_host);
}

/* The system is called so, or has that address. */
static bool is_host(const struct thing *system, struct str host)
{
    struct str lines = thing_value(system, "address");
    CLEANUP_BUF struct buf lower = {0};

    put_lower(&lower, host);
    if (has_name(system, "name", buf_str(&lower)) || has_name(system, "host", buf_str(&lower)))
        return true;
    while (lines.len) {
        struct str line = str_cut(&lines, '\n');

        if (address_is_same(line, host) || (line.len && system_same_host(line, buf_str(&lower))))
            return true;
    }
    return false;
}

static bool is_this_machine(const struct thing *system)
{
    struct str lines = thing_value(system, "address");
    char name[HOST_SIZE];

    host_name(name, sizeof(name));
    if (is_host(system, str_of(name)))
        return true;
    while (lines.len)
        if (own_address_is(str_cut(&lines, '\n')))
            return true;
    return false;
}

static bool is_root(const struct doubt *d, const struct thing *system,
                    const struct account *account)
{
    struct str host =
        account && d->root == ROOT_SERVER ? url_host(account_value(account, "url")) : STR("");

    if (d->root == ROOT_RELIES)
        return view_refers(d->v, d->channel, "relies-on", system);
    if (d->root == ROOT_SERVER)
        return host.len && is_host(system, host);
    return account && is_this_machine(system);
}

static bool is_doubted(const struct view *v, const struct thing *c, const struct account *account,
                       struct buf *why)
{
    struct doubt d = {.v = v, .channel = c, .why = why};
    const struct thing *t;

    for (d.root = ROOT_RELIES; d.root <= ROOT_MACHINE; d.root++)
        for (size_t at = 0; (t = view_next(v, "system", &at));)
            if (is_root(&d, t, account) && follow(&d, t))
                return true;
    return false;
}

bool notify_channel_is_refused(const struct view *v, const struct thing *c,
                               const struct account *account, struct buf *why)
{
    bool is_trusted = thing_says(c, "trust", "trusted");

    if (thing_says(c, "trust", "compromised")) {
        buf_addf(why, STR_FMT " is marked compromised", STR_ARG(view_title(c)));
        return true;
    }
    if (is_doubted(v, c, account, why))
        return true;
    if (is_trusted || !account || account_kind(account)->is_paper)
        return false;
    buf_addf(why, "nobody has said that " STR_FMT " can be trusted", STR_ARG(view_title(c)));
    return true;
}

void notify_trust_hint(const struct thing *c, struct buf *out)
{
    if (!thing_says(c, "trust", "compromised"))
        buf_addf(out,
                 ". If you are sure of it: calm notify trust \"" STR_FMT "\" trusted --because WHY",
                 STR_ARG(view_title(c)));
}

int notify_channel_check(const struct view *v, const struct thing *c, struct err *e)
{
    CLEANUP_BUF struct buf why = {0};

    if (!c || !notify_channel_is_refused(v, c, NULL, &why))
        return 0;
    return err_set(e, ERR_GATE,
                   "%s: the attacker may read what is sent there. Take another channel (the "
                   "telephone), or, when you are sure: calm notify trust \"" STR_FMT
                   "\" trusted --because WHY",
                   buf_text(&why), STR_ARG(view_title(c)));
}

static void put_detail(const struct view *v, const struct thing *c, const char *field,
                       const char *name, struct screen *screen)
{
    const struct field *f = field_find(c->kind->fields, c->kind->field_count, str_of(field));
    CLEANUP_BUF struct buf value = {0};

    view_show(v, c, f, false, &value);
    if (value.len)
        screen_pair(screen, DETAIL_INDENT, NAME_COLUMNS, str_of(name), buf_str(&value));
}

static void list_one(const struct view *v, const struct settings *settings, const struct thing *c,
                     struct screen *screen)
{
    struct str name = thing_value(c, "account");
    const struct account *account = settings && name.len ? settings_account(settings, name) : NULL;
    CLEANUP_BUF struct buf why = {0};

    screen_para_style(screen, 0, SCREEN_BOLD, view_title(c));
    put_detail(v, c, "trust", "Trust", screen);
    put_detail(v, c, "because", "Because", screen);
    if (notify_channel_is_refused(v, c, account, &why)) {
        notify_trust_hint(c, &why);
        screen_pair(screen, DETAIL_INDENT, NAME_COLUMNS, STR("Not used"), buf_str(&why));
    }
    put_detail(v, c, "relies-on", "Relies on", screen);
    put_detail(v, c, "account", "Account", screen);
    put_detail(v, c, "reaches", "Reaches", screen);
}

static int channels_query(const struct view *v, const struct operation *op, const struct input *in,
                          struct answer *a, struct err *e)
{
    CLEANUP(settings_freep) struct settings *settings = NULL;
    struct screen screen = {&a->text, a->columns, a->color};
    const struct thing *c;
    struct err why = {0};

    if (a->wants_json)
        return query_list(v, op, in, a, e);
    if (notify_settings(a->around, &settings, &why))
        screen_para(&screen, 0, str_of(why.text)); /* the list is there all the same */
    for (size_t at = 0; (c = view_next(v, "channel", &at));)
        list_one(v, settings, c, &screen);
    if (!a->text.len)
        screen_para(&screen, 0, STR("None yet."));
    return 0;
}

const struct operation notify_channels = {.name = "notify channels",
                                          .practice = "notify",
                                          .help = "list the channels, and which are not used now",
                                          .example = "calm notify channels",
                                          .kind = &notify_channel_kind,
                                          .type = OP_QUERY,
                                          .faces = FACE_ALL,
                                          .query = channels_query};
