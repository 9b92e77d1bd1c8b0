/* notify_reach.c: the channels of a person in their order, and which of them can be used. */
#include "practice/notify_reach.h"

enum tlp notify_clearance(const struct thing *person)
{
    unsigned roles = roles_of(thing_value(person, "role"));

    return roles ? roles_clearance(roles) : TLP_AMBER;
}

int notify_reader_check(const struct view *v, const struct thing *m, struct err *e)
{
    const char *scope = state_scope(v->state, state_record(v->state, m->seq));
    const struct thing *to = view_ref(v, m, "to");

    if (!to)
        return err_set(e, ERR_NOTFOUND, "m%u is to nobody that you may see", m->number);
    if (m->tlp > notify_clearance(to))
        return err_set(e, ERR_DENIED,
                       "m%u is %s, and " STR_FMT " may be told what is %s at most: write it anew "
                       "for them",
                       m->number, tlp_mark(m->tlp), STR_ARG(view_title(to)),
                       tlp_mark(notify_clearance(to)));
    if (strcmp(scope, "team") != 0)
        return err_set(e, ERR_DENIED,
                       "m%u belongs to the compartment %s, which no channel leaves: say it in "
                       "person, and then: calm notify sent m%u",
                       m->number, scope, m->number);
    return 0;
}

/* What a kind and its account need besides trust. */
static bool is_unfit(const struct settings *settings, const struct thing *message,
                     const struct notify_way *way, struct buf *why)
{
    const struct channel_kind *kind = account_kind(way->account);
    const char *by = kind->protection ? kind->protection(way->account) : NULL;
    enum tlp most = TLP_CLEAR;
    struct err e = {0};

    (void)tlp_of(account_label(way->account), &most);
    if (message->tlp > most)
        buf_addf(why, "carries %s at most, and this is %s", tlp_mark(most), tlp_mark(message->tlp));
    else if (kind->needs_address && !way->address.len)
        buf_adds(why, "has no address of theirs (--reaches \"NAME: ADDRESS\")");
    else if (way->address.len && kind->address && kind->address(way->address, &e))
        buf_adds(why, e.text);
    else if (by && !settings_key_file(settings, way->address, by).len)
        buf_addf(why,
                 "encrypts (%s), and no key of theirs is known: [key " STR_FMT "] in notify.conf",
                 by, STR_ARG(way->address));
    return why->len > 0;
}

static bool was_tried(const struct view *v, const struct thing *message, const struct thing *c)
{
    return view_refers(v, message, "tried", c);
}

/* Can the channel carry it now? *out is filled when it can; passed says why not. */
static bool can_go(const struct view *v, const struct settings *settings,
                   const struct thing *message, const struct thing *c, struct notify_way *out,
                   struct buf *passed)
{
    const struct thing *to = view_ref(v, message, "to");
    struct str account = thing_value(c, "account");
    struct notify_way way = {.channel = c};
    CLEANUP_BUF struct buf why = {0};
    CLEANUP_BUF struct buf more = {0};

    if (account.len && settings)
        way.account = settings_account(settings, account);
    if (notify_channel_is_refused(v, c, way.account, &why))
        notify_trust_hint(c, &why);
    else if (!notify_reaches(c, to, &way.address))
        buf_addf(&why, STR_FMT " does not reach them", STR_ARG(view_title(c)));
    else if (!account.len && notify_number_is_refused(v, to, way.address, &more))
        buf_addf(&why, STR_FMT " has a number that is not safe: " STR_FMT, STR_ARG(view_title(c)),
                 STR_ARG(str_trim(buf_str(&more))));
    else if (was_tried(v, message, c))
        buf_addf(&why, STR_FMT " did not take it before", STR_ARG(view_title(c)));
    else if (account.len && !way.account)
        buf_addf(&why, STR_FMT " has the account " STR_FMT ", which notify.conf here lacks",
                 STR_ARG(view_title(c)), STR_ARG(account));
    else if (way.account && is_unfit(settings, message, &way, &more))
        buf_addf(&why, STR_FMT " %s", STR_ARG(view_title(c)), buf_text(&more));
    if (why.len) {
        buf_addf(passed, "%s\n", buf_text(&why));
        return false;
    }
    *out = way;
    return true;
}

const struct thing *notify_contact_of(const struct view *v, const struct thing *person)
{
    const struct thing *t, *any = NULL;

    for (size_t at = 0; (t = view_next_of(v, "contact", "person", person, &at));) {
        if (thing_value(t, "channel").len)
            return t;
        any = any ? any : t;
    }
    return any;
}

/* What is left when nothing sends: a number to call, else to go there. */
static struct notify_way by_phone(const struct view *v, const struct thing *message,
                                  const struct notify_way *by_hand, struct buf *passed)
{
    struct notify_way way = {.channel = by_hand->channel, .address = by_hand->address};
    CLEANUP_BUF struct buf why = {0};
    struct str lines;

    if (way.address.len)
        return way;
    way.address = thing_value_if(view_ref(v, message, "to"), "mobile");
    if (!notify_number_is_refused(v, view_ref(v, message, "to"), way.address, &why))
        return way;
    way.address = STR("");
    way.is_in_person = true;
    for (lines = buf_str(&why); lines.len;) {
        struct str line = str_cut(&lines, '\n');

        if (!str_has_line(buf_str(passed), line))
            buf_addf(passed, STR_FMT "\n", STR_ARG(line));
    }
    return way;
}

struct finding {
    const struct view *v;
    const struct settings *settings;
    const struct thing *message;
    struct buf *passed;
    struct notify_way way;
    bool is_found;
};

static void look_at(struct finding *f, const struct thing *c)
{
    if (f->is_found || !can_go(f->v, f->settings, f->message, c, &f->way, f->passed))
        return;
    f->is_found = true;
}

static void look_at_listed(struct finding *f, struct str lines)
{
    while (lines.len && !f->is_found) {
        const struct thing *c;
        struct id id;

        if (!hex_read(id.b, sizeof(id.b), str_cut(&lines, '\n')))
            continue;
        c = state_thing_by_id(f->v->state, &id);
        if (c && view_allows(f->v, c))
            look_at(f, c);
    }
}

/* Of what is worked by hand only that counts which names them. */
static bool names_them(const struct finding *f, const struct thing *c)
{
    struct str address;

    return thing_value(c, "reaches").len &&
           notify_reaches(c, view_ref(f->v, f->message, "to"), &address);
}

/* Without an order of theirs those that send by themselves come first. */
static void look_at_all(struct finding *f)
{
    const struct thing *t;

    for (size_t at = 0; !f->is_found && (t = view_next(f->v, "channel", &at));)
        if (thing_value(t, "account").len)
            look_at(f, t);
    for (size_t at = 0; !f->is_found && (t = view_next(f->v, "channel", &at));)
        if (!thing_value(t, "account").len && names_them(f, t))
            look_at(f, t);
}

struct notify_way notify_way_of(const struct view *v, const struct settings *settings,
                                const struct thing *message, struct buf *passed)
{
    struct finding f = {v, settings, message, passed, {0}, false};
    const struct thing *contact = notify_contact_of(v, view_ref(v, message, "to"));
    const struct thing *chosen = view_ref(v, message, "channel");
    struct str listed = contact ? thing_value(contact, "channel") : STR("");

    if (chosen)
        look_at(&f, chosen);
    if (listed.len)
        look_at_listed(&f, listed);
    else
        look_at_all(&f);
    if (f.is_found && f.way.account && !account_kind(f.way.account)->is_paper)
        return f.way;
    f.way.account = NULL;
    return by_phone(v, message, &f.way, passed);
}

bool notify_way_still_fits(const struct view *v, const struct settings *settings,
                           const struct thing *message, struct notify_way *out)
{
    const struct thing *c = view_ref(v, message, "channel");
    CLEANUP_BUF struct buf why = {0};

    return c && can_go(v, settings, message, c, out, &why) && out->account;
}
