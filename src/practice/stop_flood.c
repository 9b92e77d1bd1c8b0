/* stop_flood.c: proposes a rule against what a log shows, with what it would have done to what was
 * recorded there. */
#include "practice/stop_flood.h"
#include <unistd.h>
#include <fcntl.h>
#include "base/sink.h"
#include "practice/flood_count.h"
#include "practice/stop_connections.h"
#include "practice/stop_proposal.h"
#include "practice/stop_target.h"
#include "render/screen.h"
#include "sys/clock.h"
#include "sys/file.h"

enum { SHOWN = 3, MARK_COLUMNS = 12, NAME_SIZE = 60, PREFIXES_TOLD = 5, SSH_PORT = 22 };

/* What was found, and where it is. */
struct finding {
    struct flood_report report;
    struct stop_proposal proposal;
    struct str log;  /* its path */
    struct str list; /* a file that the addresses are in; empty: none */
    uint32_t number; /* of the proposal on record; 0: it is not */
};

static void finding_release(struct finding *f)
{
    flood_report_release(&f->report);
    stop_proposal_release(&f->proposal);
}

static bool is_attempts(const struct flood_report *p)
{
    return p->counts[FLOOD_AT_IS_ATTEMPTS];
}

static unsigned percent(uint64_t part, uint64_t whole)
{
    return whole ? (unsigned)((part * 100 + whole / 2) / whole) : 0;
}

static const struct flood_row *best_of(const struct flood_report *p)
{
    for (size_t i = 0; i < p->row_count; i++)
        if (flood_row_is_rule(&p->rows[i]) && p->rows[i].numbers[FLOOD_RULE_IS_BEST])
            return &p->rows[i];
    return NULL;
}

static void add_rule(struct buf *out, const struct flood_row *r)
{
    if (str_is(r->what, "block"))
        buf_addf(out, "block %llu address%s", (unsigned long long)r->numbers[FLOOD_RULE_NETWORKS],
                 r->numbers[FLOOD_RULE_NETWORKS] == 1 ? "" : "es");
    else
        buf_addf(out, "limit requests to %llu a second for each %s",
                 (unsigned long long)r->numbers[FLOOD_RULE_RATE],
                 r->numbers[FLOOD_RULE_PREFIX4] == 32 ? "address" : "/24 network");
}

/* What the rule would have done to what was recorded. */
static void add_effect(struct buf *out, const struct flood_report *p, const struct flood_row *r)
{
    unsigned long long good = (unsigned long long)p->counts[FLOOD_AT_GOOD];

    buf_addf(out, "drops %u %% of the %s",
             percent(r->numbers[FLOOD_RULE_FLOOD_DROPPED], p->counts[FLOOD_AT_FLOOD]),
             is_attempts(p) ? "failed log-ins" : "flood");
    if (is_attempts(p))
        buf_addf(out, " and none of %llu that succeeded", good);
    else
        buf_addf(out, " and %llu of %llu good requests",
                 (unsigned long long)r->numbers[FLOOD_RULE_GOOD_DROPPED], good);
}

/* What a row's number is a part of. */
static int whole_of(const struct flood_row *r)
{
    if (str_is(r->what, "prefix"))
        return FLOOD_AT_FLOOD;
    return str_is(r->what, "source") ? FLOOD_AT_SINCE : FLOOD_AT_REQUESTS;
}

static void show_top(struct screen *screen, const struct flood_report *p, const char *what,
                     const char *words)
{
    CLEANUP_BUF struct buf line = {0};
    size_t shown = 0;

    for (size_t i = 0; i < p->row_count && shown < SHOWN; i++) {
        const struct flood_row *r = &p->rows[i];

        if (!str_is(r->what, what))
            continue;
        buf_addf(&line, "%s", shown++ ? ", " : "");
        sink_terminal(&line, str_head(r->name, NAME_SIZE), false);
        buf_addf(&line, " %u %%", percent(r->numbers[0], p->counts[whole_of(r)]));
    }
    if (shown)
        screen_pair(screen, 2, MARK_COLUMNS, str_of(words), buf_str(&line));
}

/* Who failed often and then got in: more urgent than all who did not. */
static void show_guessed(struct screen *screen, const struct flood_report *p)
{
    for (size_t i = 0; i < p->row_count; i++) {
        const struct flood_row *r = &p->rows[i];
        CLEANUP_BUF struct buf line = {0};

        if (!str_is(r->what, "guessed"))
            continue;
        buf_addf(&line, STR_FMT " got in after %llu failed log-ins: look at this first",
                 STR_ARG(r->name), (unsigned long long)r->numbers[0]);
        screen_item(screen, 2, STR("!"), buf_str(&line));
    }
}

static void show_rules(struct screen *screen, const struct flood_report *p)
{
    screen_blank(screen);
    if (is_attempts(p))
        screen_printf(screen, 0, "What a rule would have done to the recorded log-ins:");
    else
        screen_printf(screen, 0,
                      "What rules would have done to the recorded requests since then (%llu of the "
                      "flood, %llu good):",
                      (unsigned long long)p->counts[FLOOD_AT_FLOOD],
                      (unsigned long long)p->counts[FLOOD_AT_GOOD]);
    for (size_t i = 0; i < p->row_count; i++) {
        const struct flood_row *r = &p->rows[i];
        CLEANUP_BUF struct buf line = {0};

        if (!flood_row_is_rule(r))
            continue;
        add_rule(&line, r);
        buf_adds(&line, ": ");
        add_effect(&line, p, r);
        screen_item(screen, 2, r->numbers[FLOOD_RULE_IS_BEST] ? STR("*") : STR("-"),
                    buf_str(&line));
    }
}

static void add_command(struct buf *out, const struct finding *f, const struct flood_row *r)
{
    if (!str_is(r->what, "block")) {
        buf_addf(out,
                 "calm stop limit http --port %llu --rate %llu --burst %llu --prefix4 %llu "
                 "--prefix6 %llu",
                 (unsigned long long)f->proposal.port,
                 (unsigned long long)r->numbers[FLOOD_RULE_RATE],
                 (unsigned long long)r->numbers[FLOOD_RULE_BURST],
                 (unsigned long long)r->numbers[FLOOD_RULE_PREFIX4],
                 (unsigned long long)r->numbers[FLOOD_RULE_PREFIX6]);
        return;
    }
    buf_adds(out, "calm stop block ");
    if (f->list.len) {
        buf_adds(out, "--from-file ");
        sink_shell(out, f->list);
    } else if (f->number) {
        buf_addf(out, "--proposal pr%u", f->number);
    } else {
        buf_adds(out, "--from-file LIST");
    }
    buf_adds(out, " --for-time \"24 h\"");
}

static void show_head(struct screen *screen, const struct flood_report *p)
{
    char when[UTC_PLAIN_SIZE];

    screen_printf(
        screen, 0, "%llu %s of %llu sources%s", (unsigned long long)p->counts[FLOOD_AT_REQUESTS],
        is_attempts(p) ? "failed log-ins" : "requests",
        (unsigned long long)p->counts[FLOOD_AT_SOURCES], p->counts[FLOOD_AT_UNREAD] ? "" : ".");
    if (p->counts[FLOOD_AT_UNREAD])
        screen_printf(screen, 2, "%llu lines are in no known format and were not counted.",
                      (unsigned long long)p->counts[FLOOD_AT_UNREAD]);
    if (p->has_no_begin && !is_attempts(p))
        screen_printf(screen, 0,
                      "No minute stands out against those before it. If a flood began before the "
                      "log does, or you know when: --since TIME.");
    else if (!p->has_no_begin)
        screen_printf(screen, 0, "%s about %s (%s).",
                      is_attempts(p) ? "The first came" : "The flood began",
                      utc_plain(when, (struct utc){.sec = p->begin}),
                      is_attempts(p)             ? "who got in counts as good"
                      : p->counts[FLOOD_AT_GOOD] ? "who came before counts as good"
                                                 : "nobody came before");
}

static void show_next(struct screen *screen, const struct finding *f)
{
    const struct flood_row *best = best_of(&f->report);
    CLEANUP_BUF struct buf next = {0}, why = {0};

    screen_blank(screen);
    if (f->number)
        screen_printf(screen, 0,
                      "On record as pr%u, with the text for the provider: calm notify script "
                      "provider",
                      f->number);
    if (best) {
        add_command(&next, f, best);
        if (is_attempts(&f->report))
            buf_adds(&why, "each of these failed five times or more, and never got in");
        else
            buf_addf(&why,
                     "tried on the requests of this log. How it would do with new connections "
                     "(limit tcp) cannot be measured from one%s",
                     str_is(best->what, "block") ? "" : "; another port than this: --port");
    } else if (is_attempts(&f->report)) {
        buf_addf(&next, "calm stop limit tcp --port %d --rate 1 --burst 5", SSH_PORT);
        buf_adds(&why, "none fails often enough to be told from a person; how this would do "
                       "cannot be measured from this log. Surer: no passwords, keys alone");
    } else {
        buf_adds(&next, "calm notify script provider");
        buf_adds(&why, "no rule here stops half of it without harm: ask the provider, or refuse it "
                       "at the web server by what it has in common");
    }
    screen_next(screen, buf_str(&next), buf_str(&why));
}

static void show(const struct finding *f, struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    const struct flood_report *p = &f->report;

    show_head(&screen, p);
    show_top(&screen, p, "source", "sources");
    show_top(&screen, p, "prefix", "networks");
    show_top(&screen, p, "agent", "agents");
    show_top(&screen, p, "path", "paths");
    show_top(&screen, p, "user", "users");
    show_guessed(&screen, p);
    if (p->has_no_begin)
        return;
    show_rules(&screen, p);
    show_next(&screen, f);
}

static void tell_json(const struct finding *f, struct answer *a)
{
    static const char *const counts[FLOOD_COUNTS] = {
        "requests", "tried_on", "unread", "uncounted", "sources",
        "flood",    "good",     "usual",  "since",     "is_attempts"};
    static const char *const numbers[FLOOD_NUMBERS] = {"networks",     "rate",    "burst",
                                                       "prefix4",      "prefix6", "flood_dropped",
                                                       "good_dropped", "is_best"};
    const struct flood_report *p = &f->report;
    struct json j;

    json_begin(&j, &a->json);
    json_object_begin(&j);
    for (size_t i = 0; i < FLOOD_COUNTS; i++)
        json_put_u64(&j, counts[i], p->counts[i]);
    if (!p->has_no_begin)
        json_put_utc(&j, "begin", (struct utc){.sec = p->begin});
    json_name(&j, "rows");
    json_array_begin(&j);
    for (size_t i = 0; i < p->row_count; i++) {
        const struct flood_row *r = &p->rows[i];
        bool is_rule = flood_row_is_rule(r);

        json_object_begin(&j);
        json_put_str(&j, "what", r->what);
        if (!is_rule)
            json_put_str(&j, "name", r->name);
        json_put_u64(&j, is_rule ? numbers[0] : "requests", r->numbers[0]);
        for (size_t k = 1; is_rule && k < FLOOD_NUMBERS; k++)
            json_put_u64(&j, numbers[k], r->numbers[k]);
        json_object_end(&j);
    }
    json_array_end(&j);
    if (f->number)
        json_put_u64(&j, "proposal", f->number);
    json_object_end(&j);
}

static int open_log(struct str name, int *fd, struct err *e)
{
    CLEANUP_FREE char *path = mem_dup(name.p, name.len);

    *fd = str_is(name, "-") ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return *fd < 0 ? err_errno(e, "cannot open %s", path) : 0;
}

static int write_out(struct str path, const struct buf *text, struct err *e)
{
    CLEANUP_FREE char *name = mem_dup(path.p, path.len);

    return path.len ? file_create(name, buf_str(text), 0600, e) : 0;
}

static void add_prefixes(const struct flood_report *p, struct buf *out)
{
    size_t told = 0;

    for (size_t i = 0; i < p->row_count && told < PREFIXES_TOLD; i++) {
        const struct flood_row *r = &p->rows[i];

        if (!str_is(r->what, "prefix"))
            continue;
        buf_addf(out, STR_FMT "  %u %%, %llu address%s\n", STR_ARG(r->name),
                 percent(r->numbers[0], p->counts[whole_of(r)]), (unsigned long long)r->numbers[1],
                 r->numbers[1] == 1 ? "" : "es");
        told++;
    }
}

static void add_measures(struct finding *f)
{
    const struct flood_report *p = &f->report;
    struct buf *out = &f->proposal.measures;

    for (size_t i = 0; i < p->row_count; i++) {
        const struct flood_row *r = &p->rows[i];

        if (!flood_row_is_rule(r))
            continue;
        if (str_is(r->what, "block"))
            stop_proposal_block(out, buf_str(&p->addresses));
        else
            stop_proposal_limit(out, "http", f->proposal.port, r->numbers[FLOOD_RULE_RATE],
                                r->numbers[FLOOD_RULE_BURST], r->numbers[FLOOD_RULE_PREFIX4],
                                r->numbers[FLOOD_RULE_PREFIX6]);
        buf_adds(out, ": ");
        add_effect(out, p, r);
        buf_adds(out, ", tried on what ");
        sink_terminal(out, str_head(f->log, NAME_SIZE), false);
        buf_adds(out, " recorded\n");
    }
}

static void add_wish(struct finding *f)
{
    const struct flood_row *best = best_of(&f->report);
    struct buf *out = &f->proposal.wish;

    if (!best) {
        buf_adds(out, "tell us what you can filter: no list of addresses stops half of it here "
                      "without harm to our users");
        return;
    }
    if (str_is(best->what, "block"))
        buf_adds(out, "drop what the addresses of the list send to the target, before it reaches "
                      "our line; in our own log that ");
    else
        buf_adds(out, "slow or drop what these networks send to the target; in our own log a limit "
                      "of requests for each of them ");
    add_effect(out, &f->report, best);
}

/* From what was counted, what goes on record and to the provider. */
static int conclude(struct finding *f, const struct operation *op, const struct input *in,
                    struct err *e)
{
    struct flood_report *r = &f->report;
    struct stop_proposal *p = &f->proposal;
    int rc;

    p->protocol = is_attempts(r) ? "SSH" : "HTTP";
    p->unit = is_attempts(r) ? "failed log-ins" : "requests";
    p->begin = (struct utc){.sec = r->begin};
    p->last = (struct utc){.sec = r->last};
    p->count = r->counts[FLOOD_AT_FLOOD];
    rc = stop_target(op, in, is_attempts(r) ? SSH_PORT : 0, p, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < r->row_count; i++)
        if (str_is(r->rows[i].what, "block"))
            p->sources = r->rows[i].numbers[FLOOD_RULE_NETWORKS];
    add_prefixes(r, &p->prefixes);
    buf_addstr(&p->list, buf_str(&r->addresses));
    add_measures(f);
    add_wish(f);
    return 0;
}

static int read_log(struct finding *f, const struct operation *op, const struct input *in,
                    struct err *e)
{
    struct str since = input_value(op, in, "since");
    struct utc begin = {.sec = INT64_MIN};
    CLEANUP_FD int fd = -1;
    int rc;

    if (since.len && !utc_read(&begin, since))
        BUG("a time that was not kept as one");
    rc = open_log(f->log, &fd, e);
    if (rc == 0)
        rc = flood_count(fd, f->log, begin.sec, &f->report, e);
    if (rc == 0 && f->report.counts[FLOOD_AT_REQUESTS] == 0 && !is_attempts(&f->report))
        rc = err_set(e, ERR_FORMAT,
                     "none of its %llu lines is a request in the Common or Combined Log Format of "
                     "Apache httpd and nginx, or a log-in of sshd as syslog or journalctl -o short "
                     "writes it",
                     (unsigned long long)f->report.counts[FLOOD_AT_UNREAD]);
    if (rc == 0 && f->report.counts[FLOOD_AT_REQUESTS] && begin.sec > f->report.last) {
        char last[UTC_PLAIN_SIZE];

        rc = err_set(e, ERR_USAGE, "nothing of this log came since then: it ends at %s",
                     utc_plain(last, (struct utc){.sec = f->report.last}));
    }
    return rc;
}

static int propose_job(struct session *s, const struct operation *op, const struct input *in,
                       struct answer *a, struct err *e)
{
    CLEANUP(finding_release) struct finding f = {.log = input_value(op, in, "log")};
    CLEANUP_BUF struct buf ask = {0};
    int rc;

    if (!f.log.len)
        return stop_propose_connections(s, op, in, a, e);
    f.list = input_value(op, in, "list");
    rc = read_log(&f, op, in, e);
    if (rc == 0)
        rc = conclude(&f, op, in, e);
    if (rc)
        return rc;
    stop_proposal_ask(&f.proposal, &ask);
    rc = write_out(f.list, &f.report.addresses, e);
    if (rc == 0)
        rc = write_out(input_value(op, in, "ask"), &ask, e);
    if (rc == 0 && !f.report.has_no_begin)
        rc = stop_proposal_record(s, op, in, &f.proposal, &f.number, e);
    if (rc)
        return rc;
    if (a->wants_json)
        tell_json(&f, a);
    else
        show(&f, a);
    return 0;
}

static const struct field propose_fields[] = {
    {.name = "log",
     .type = FIELD_PATH,
     .flags = FIELD_ARG | FIELD_OUTSIDE,
     .help = "a web server's access log, sshd's log, or - for standard input; what goes on now if "
             "not given"},
    {.name = "since",
     .type = FIELD_TIME,
     .flags = FIELD_OUTSIDE,
     .help = "when the flood began, if you know"},
    {.name = "list",
     .type = FIELD_PATH,
     .flags = FIELD_OUTSIDE,
     .help = "write the addresses that would be blocked to this file"},
    {.name = "ask",
     .type = FIELD_PATH,
     .flags = FIELD_OUTSIDE,
     .help = "write what to ask the provider for to this file"},
    STOP_TARGET_FIELDS,
};

const struct operation stop_propose = {
    .name = "stop propose",
    .practice = "stop",
    .help = "who floods or guesses passwords, by a log or what goes on now, and a rule tried on it",
    .example = "calm stop propose /var/log/nginx/access.log --list flood.txt",
    .more =
        "Without a log it looks at this host for two seconds: who is connected, what the "
        "interfaces, "
        "UDP and the counters of nf_tables count meanwhile. With one it reads, in a worker, "
        "requests "
        "in the Common and Combined Log Formats, or the log-ins of sshd as syslog, rsyslog and "
        "journalctl -o short write them. Changes nothing on any host. A flood is "
        "thought to begin with the first minute that has four times what the middle one of the "
        "sixty before has; who came before that counts as good. Three rules are tried on the "
        "requests that were recorded: to block who sends more within ten seconds than 999 of 1,000 "
        "good sources did, and to limit the requests of each address or each network to what is "
        "usual. Of log-ins, good are the addresses from which one succeeded, and the rule blocks "
        "others that failed five times. What was found goes on record as a proposal: calm stop "
        "show "
        "of a plan for such a rule says what it would have done, and calm notify script provider "
        "and the template provider are filled from it. Compressed logs: zcat access.log.2.gz "
        "access.log.1.gz | calm stop propose -",
    OP_FIELDS(propose_fields),
    .kind = &proposal_kind,
    .type = OP_JOB,
    .works_read_only = true,
    .faces = FACE_CLI,
    .records = WORDS("evidence/1", "proposal/1"),
    .job = propose_job};
