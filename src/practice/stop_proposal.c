/* stop_proposal.c: keeps what a look at a flood found: for the provider, and for the plan of a rule
 * that was tried on it. */
#include "practice/stop_proposal.h"
#include "base/sink.h"
#include "contain/action.h"
#include "contain/limit.h"
#include "practice/intake.h"
#include "sys/file.h"

enum { DIGEST_BYTES = 8, NAME_COLUMNS = 12, LIST_SIZE = 16 << 20 };

static const struct field proposal_fields[] = {
    {.name = "text", .type = FIELD_LINE, .flags = FIELD_REQUIRED, .help = "what floods"},
    {.name = "target", .type = FIELD_LINE, .help = "where it goes"},
    {.name = "protocol",
     .type = FIELD_WORD,
     .choices = WORDS("HTTP", "TCP", "UDP", "SSH"),
     .help = "what it is"},
    {.name = "port", .type = FIELD_NUMBER, .help = "to which port"},
    {.name = "began", .type = FIELD_TIME, .help = "when it began"},
    {.name = "sources", .type = FIELD_NUMBER, .help = "from how many addresses"},
    {.name = "prefixes", .type = FIELD_TEXT, .help = "from which networks most comes"},
    {.name = "list",
     .type = FIELD_REF,
     .kind = "evidence",
     .help = "the addresses that a rule to block would name"},
    {.name = "measures", .type = FIELD_TEXT, .help = "what rules would have done"},
    {.name = "ask", .type = FIELD_TEXT, .help = "what to ask the provider for, ready to send"},
};

const struct kind proposal_kind = {.name = "proposal",
                                   .prefix = "pr",
                                   .words = "proposal against a flood",
                                   KIND_FIELDS(proposal_fields)};

void stop_proposal_release(struct stop_proposal *p)
{
    buf_release(&p->target);
    buf_release(&p->prefixes);
    buf_release(&p->list);
    buf_release(&p->measures);
    buf_release(&p->wish);
}

void stop_proposal_limit(struct buf *out, const char *flood, uint64_t port, uint64_t rate,
                         uint64_t burst, uint64_t prefix4, uint64_t prefix6)
{
    buf_addf(out, "limit %s port %llu rate %llu burst %llu prefix4 %llu prefix6 %llu", flood,
             (unsigned long long)port, (unsigned long long)rate, (unsigned long long)burst,
             (unsigned long long)prefix4, (unsigned long long)prefix6);
}

static void add_block(struct buf *out, const struct net *nets, size_t count)
{
    CLEANUP_BUF struct buf text = {0};
    char net[NET_TEXT_SIZE];
    struct hash digest;

    for (size_t i = 0; i < count; i++)
        buf_addf(&text, "%s\n", net_text(net, &nets[i]));
    digest = hash_bytes(buf_text(&text), text.len);
    buf_addf(out, "block %zu ", count);
    hex_add(out, digest.b, DIGEST_BYTES);
}

void stop_proposal_block(struct buf *out, struct str list)
{
    CLEANUP_FREE struct net *nets = NULL;
    size_t count = 0, room = 0;

    while (list.len) {
        struct str line = str_trim(str_cut(&list, '\n'));

        nets = mem_grow(nets, count, &room, sizeof(*nets));
        count += line.len && net_read(line, &nets[count], NULL) == 0;
    }
    add_block(out, nets, net_list_normalise(nets, count));
}

/* Empty: a rule that no proposal tries. */
static void add_rule(struct buf *out, const struct plan *p)
{
    static const char *const floods[] = {
        [LIMIT_BEGINS] = "tcp", [LIMIT_UDP] = "udp", [LIMIT_DATA] = "http"};
    struct filter_rate rate;

    if (str_is(str_of(p->action->name), "block"))
        add_block(out, p->nets, p->net_count);
    if (!str_is(str_of(p->action->name), "limit") || plan_value(p, "connections") ||
        plan_value(p, "bytes"))
        return;
    rate = limit_packets(p);
    stop_proposal_limit(out, floods[limit_counted(p)], plan_number(p, "port", 0), rate.per_second,
                        rate.burst, plan_number(p, "prefix4", 32), plan_number(p, "prefix6", 64));
}

static struct str find_measure(struct str lines, struct str rule)
{
    while (lines.len) {
        struct str line = str_cut(&lines, '\n');

        if (str_eq(str_cut(&line, ':'), rule))
            return str_trim(line);
    }
    return STR("");
}

void stop_proposal_measure(const struct view *v, const struct plan *p, struct buf *out)
{
    CLEANUP_BUF struct buf rule = {0};
    const struct thing *t, *best = NULL;

    add_rule(&rule, p);
    for (size_t at = 0; rule.len && (t = view_next(v, "proposal", &at));)
        if (find_measure(thing_value(t, "measures"), buf_str(&rule)).len)
            best = t;
    if (best)
        buf_addf(out, STR_FMT " (pr%u)",
                 STR_ARG(find_measure(thing_value(best, "measures"), buf_str(&rule))),
                 best->number);
}

const struct thing *stop_proposal_newest(const struct view *v)
{
    const struct thing *t, *newest = NULL;

    for (size_t at = 0; (t = view_next(v, "proposal", &at));)
        newest = t;
    return newest;
}

static void add_row(struct buf *out, const char *name, const char *words)
{
    buf_adds(out, name);
    buf_addn(out, ' ', NAME_COLUMNS - str_of(name).len);
    buf_addf(out, "%s\n", words);
}

static void add_where(const struct stop_proposal *p, struct buf *out)
{
    CLEANUP_BUF struct buf words = {0};
    bool is_over_tcp = !str_is(str_of(p->protocol), "UDP");

    buf_addf(&words, "%s%s%s", p->target.len ? buf_text(&p->target) : "(say which address)",
             p->target.len ? "; " : " ", is_over_tcp ? "TCP" : "UDP");
    if (p->port)
        buf_addf(&words, " port %llu", (unsigned long long)p->port);
    if (is_over_tcp && !str_is(str_of(p->protocol), "TCP"))
        buf_addf(&words, " (%s)", p->protocol);
    add_row(out, "Target", buf_text(&words));
}

static void add_since(const struct stop_proposal *p, struct buf *out)
{
    CLEANUP_BUF struct buf words = {0};
    bool is_begun = p->begin.sec != INT64_MIN; /* when is known */
    int64_t seconds = is_begun ? p->last.sec - p->begin.sec + 1 : 0;
    char text[UTC_PLAIN_SIZE];

    if (!is_begun) {
        buf_addf(&words, "going on at %s", utc_plain(text, p->last));
    } else {
        buf_addf(&words, "%s; still there at ", utc_plain(text, p->begin));
        buf_adds(&words, utc_plain(text, p->last));
    }
    add_row(out, "Began", buf_text(&words));
    buf_clear(&words);
    if (seconds < 1)
        buf_addf(&words, "%llu %s", (unsigned long long)p->count, p->unit);
    else
        buf_addf(&words, "%llu %s since then, %llu a second on average",
                 (unsigned long long)p->count, p->unit,
                 (unsigned long long)((p->count + (uint64_t)seconds / 2) / (uint64_t)seconds));
    add_row(out, "Rate", buf_text(&words));
}

void stop_proposal_ask(const struct stop_proposal *p, struct buf *out)
{
    struct str rest = buf_str(&p->prefixes);
    CLEANUP_BUF struct buf words = {0};
    size_t count = 0;

    add_where(p, out);
    add_since(p, out);
    buf_addf(&words, "%llu address%s", (unsigned long long)p->sources, p->sources == 1 ? "" : "es");
    if (p->sources)
        add_row(out, "Sources", buf_text(&words));
    for (bool is_first = true; rest.len; is_first = false) {
        CLEANUP_BUF struct buf line = {0};

        buf_addstr(&line, str_cut(&rest, '\n'));
        add_row(out, is_first ? "Most from" : "", buf_text(&line));
    }
    buf_clear(&words);
    for (rest = buf_str(&p->list); rest.len; count++)
        str_cut(&rest, '\n');
    buf_addf(&words, "%zu address%s; say where to, and you get the file", count,
             count == 1 ? "" : "es");
    if (count)
        add_row(out, "List", buf_text(&words));
    add_row(out, "Please", buf_text(&p->wish));
}

static void add_title(const struct stop_proposal *p, struct buf *out)
{
    buf_addf(out, "%s %s", p->protocol, p->unit);
    if (p->port)
        buf_addf(out, " to port %llu", (unsigned long long)p->port);
    if (p->sources)
        buf_addf(out, " from %llu address%s", (unsigned long long)p->sources,
                 p->sources == 1 ? "" : "es");
}

static void draft_number(struct decision *d, struct draft *dr, const char *name, uint64_t n)
{
    if (n)
        draft_value(dr, name, str_of(arena_printf(d->arena, "%llu", (unsigned long long)n)));
}

static void draft_text(struct decision *d, struct draft *dr, const char *name, const struct buf *b)
{
    if (b->len)
        draft_value(dr, name, str_trim(str_of(arena_strdup(d->arena, buf_text(b)))));
}

static void draft_proposal(struct decision *d, const struct stop_proposal *p,
                           const struct blob_digests *list)
{
    struct evidence_facts facts = {.sort = "list", .has_blob = true};
    CLEANUP_BUF struct buf title = {0}, ask = {0}, when = {0};
    struct id item = {0};
    struct draft *dr;

    add_title(p, &title);
    if (list) {
        facts.digests = *list;
        facts.title = str_of(arena_printf(d->arena, "addresses to block: %s", buf_text(&title)));
        item = evidence_draft(d, &facts)->id;
    }
    dr = decision_add(d, "proposal/1");
    stop_proposal_ask(p, &ask);
    draft_text(d, dr, "text", &title);
    draft_text(d, dr, "target", &p->target);
    draft_value(dr, "protocol", str_of(p->protocol));
    draft_number(d, dr, "port", p->port);
    if (p->begin.sec != INT64_MIN)
        utc_add(&when, p->begin);
    draft_text(d, dr, "began", &when);
    draft_number(d, dr, "sources", p->sources);
    draft_text(d, dr, "prefixes", &p->prefixes);
    if (list)
        draft_value_ref(d, dr, "list", &item);
    draft_text(d, dr, "measures", &p->measures);
    draft_text(d, dr, "ask", &ask);
}

int stop_proposal_record(struct session *s, const struct operation *op, const struct input *in,
                         const struct stop_proposal *p, uint32_t *number, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    struct blob_digests list;
    struct view v;
    uint64_t first;
    int rc = session_view(s, &v, e);

    if (rc)
        return rc;
    if (session_may_write(s, NULL) || !(v.roles & ROLES_WRITING)) {
        *number = 0;
        return 0;
    }
    if (p->list.len)
        rc = intake_bytes(s, buf_str(&p->list), &list, e);
    if (rc == 0)
        rc = session_draft(s, &d, op, in, e);
    if (rc)
        return rc;
    d.is_independent = true;
    draft_proposal(&d, p, p->list.len ? &list : NULL);
    rc = session_append(s, &d, &first, e);
    if (rc == 0)
        *number = state_record(session_state(s), first + d.draft_count - 1)->thing->number;
    return rc;
}

int stop_proposal_list(struct session *s, const struct view *v, const struct thing *proposal,
                       struct buf *out, struct err *e)
{
    const struct thing *item = view_ref(v, proposal, "list");
    CLEANUP_FD int fd = -1;
    struct hash digest;
    uint64_t size;
    int rc;

    if (!item || !hex_read(digest.b, sizeof(digest.b), thing_value(item, "sha256")))
        return err_set(e, ERR_NOTFOUND, "pr%u names no addresses to block", proposal->number);
    rc = blob_open(session_store(s), &digest, &fd, &size, e);
    return rc ? rc : file_read_fd(out, fd, "the list of a proposal", LIST_SIZE, e);
}
