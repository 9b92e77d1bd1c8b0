/* visit_host.c: visits one host: whether its key is trusted, whose secret it gets, where what it
 * sends goes. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/sink.h"
#include "base/utc.h"
#include "practice/visit.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/ssh_gate.h"
#include "sys/ssh_known.h"
#include "sys/term.h"

enum { QUESTION_COLUMNS = 120 };

static const char bundle_head[VISIT_HEAD_SIZE + 1] = "calm-sealed/1\n";

static int no_host(struct str text, struct err *e)
{
    return err_set(e, ERR_USAGE,
                   "\"%.*s\" is no host to log in to: write user@host:port, user@host, or host",
                   (int)(text.len < 100 ? text.len : 100), text.p);
}

/* "[2001:db8::1]:22", "2001:db8::1", "web1:2222", "web1" */
static bool split_port(struct str *text, struct str *port)
{
    const char *colon = memchr(text->p, ':', text->len);
    const char *last = memrchr(text->p, ':', text->len);

    *port = STR("22");
    if (str_starts(*text, "[")) {
        const char *end = memchr(text->p, ']', text->len);
        struct str rest;

        if (!end)
            return false;
        rest = str_from(*text, (size_t)(end - text->p) + 1);
        *text = (struct str){text->p + 1, (size_t)(end - text->p) - 1};
        if (rest.len)
            *port = str_from(rest, 1);
        return !rest.len || rest.p[0] == ':';
    }
    if (colon && colon == last) {
        *port = str_from(*text, (size_t)(colon - text->p) + 1);
        *text = str_head(*text, (size_t)(colon - text->p));
    }
    return true;
}

static int read_host(struct visits *v, struct str text, struct visit *out, struct err *e)
{
    const char *at = memrchr(text.p, '@', text.len);
    struct str host = at ? str_from(text, (size_t)(at - text.p) + 1) : text;
    char user[256];
    struct str port;
    uint64_t number;

    user_name(user, sizeof(user));
    if (!host.len || !split_port(&host, &port) || !host.len || !str_u64(port, &number) ||
        number == 0 || number > UINT16_MAX || (at && at == text.p))
        return no_host(text, e);
    out->all = v;
    out->gate = -1;
    out->given = arena_dup(v->arena, text.p, text.len);
    out->host = arena_dup(v->arena, host.p, host.len);
    out->user =
        at ? arena_dup(v->arena, text.p, (size_t)(at - text.p)) : arena_strdup(v->arena, user);
    out->port = (unsigned)number;
    return 0;
}

static int add_host(struct visits *v, struct str text, struct err *e)
{
    struct visit *h = &v->hosts[v->count];
    int rc;

    if (!text.len)
        return 0;
    if (v->count == VISIT_HOST_LIMIT)
        return err_set(e, ERR_LIMIT, "at most %d hosts in one go", VISIT_HOST_LIMIT);
    rc = read_host(v, text, h, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < v->count; i++)
        if (strcmp(h->host, v->hosts[i].host) == 0 && h->port == v->hosts[i].port)
            return err_set(e, ERR_USAGE, "%s is named twice", h->given);
    v->count++;
    return 0;
}

/* --ssh web1 --ssh db1, and the words behind them: --ssh web1 db1 mail1. */
int visit_read_hosts(struct visits *v, struct err *e)
{
    struct str lines = input_value(v->op, v->in, "ssh");
    struct str words = input_value(v->op, v->in, "system");
    int rc = 0;

    v->hosts = arena_alloc(v->arena, (VISIT_HOST_LIMIT + 1) * sizeof(v->hosts[0]));
    while (rc == 0 && lines.len)
        rc = add_host(v, str_trim(str_cut(&lines, '\n')), e);
    while (rc == 0 && words.len)
        rc = add_host(v, str_cut(&words, ' '), e);
    return rc;
}

/* The file of a host's own key, by its kind. */
static const char *key_file(struct str key)
{
    if (str_starts(key, "ssh-ed25519"))
        return "ed25519";
    return str_starts(key, "ssh-rsa") ? "rsa" : "ecdsa";
}

static int refuse_new(const struct visit *h, struct str key, struct err *e)
{
    return err_set(e, ERR_DENIED,
                   "its key is not known here. It shows %s. Compare this with what ssh-keygen -lf "
                   "/etc/ssh/ssh_host_%s_key.pub says at the host's own console. Where both are "
                   "the same, say so: --host-key %s",
                   buf_text(&h->fingerprint), key_file(key), buf_text(&h->fingerprint));
}

static int refuse_changed(const struct visit *h, struct err *e)
{
    CLEANUP_BUF struct buf name = {0};

    ssh_known_name(&name, str_of(h->host), h->port);
    return err_set(e, ERR_DENIED,
                   "its key is not the one that is recorded: it shows %s. Somebody may stand "
                   "between, or the host was set up anew. Only where its owner says that it was: "
                   "ssh-keygen -R '%s', and then as with a new host",
                   buf_text(&h->fingerprint), buf_text(&name));
}

static bool was_compared(const struct visit *h)
{
    struct str rest = input_value(h->all->op, h->all->in, "host-key");

    while (rest.len)
        if (str_eq(str_trim(str_cut(&rest, '\n')), buf_str(&h->fingerprint)))
            return true;
    return false;
}

static int judge_key(void *context, struct str key, struct err *e)
{
    struct visit *h = context;
    int rc = ssh_fingerprint(&h->fingerprint, key, e);

    if (rc)
        return rc;
    switch (ssh_known_look(buf_str(&h->all->known), str_of(h->host), h->port, key)) {
    case SSH_KNOWN_SAME:
        return 0;
    case SSH_KNOWN_NOT:
        return was_compared(h) ? 0 : refuse_new(h, key, e);
    case SSH_KNOWN_OTHER:
        return refuse_changed(h, e);
    case SSH_KNOWN_REVOKED:
        break;
    }
    return err_set(e, ERR_DENIED, "its key %s is recorded as one that must not be used any more",
                   buf_text(&h->fingerprint));
}

/* While a person types, no host is thought to be silent. */
static int ask_secret_of(void *context, enum ssh_asked asked, struct str words, struct buf *out,
                         struct err *e)
{
    const struct visit *h = context;
    CLEANUP_BUF struct buf question = {0};
    int64_t before = monotonic_ms();
    int rc;

    if (asked == SSH_ASKED_WORDS) {
        buf_addf(&question, "%s asks: ", h->given);
        sink_terminal(&question, utf8_head_columns(words, QUESTION_COLUMNS), false);
        buf_addc(&question, ' ');
    } else {
        buf_addf(&question, "Password of %s at %s%s: ", h->user, h->host,
                 asked == SSH_ASKED_SUDO ? ", for sudo there" : "");
    }
    rc = term_read_secret(buf_text(&question), out, e);
    for (size_t i = 0; i < h->all->count; i++)
        if (h->all->hosts[i].carrier && &h->all->hosts[i] != h)
            ssh_carrier_extend(h->all->hosts[i].carrier, monotonic_ms() - before);
    return rc;
}

static int keep(struct visit *h, struct str bytes, struct err *e)
{
    int rc = h->blob ? 0 : blob_begin(&h->blob, session_store(h->all->session), e);

    if (rc == 0)
        rc = blob_write(h->blob, bytes.p, bytes.len, e);
    h->cannot_keep = rc != 0;
    return rc;
}

/* Bytes are kept as they are; only that they begin as a sealed bundle does is looked at. */
static int take_bytes(void *context, struct str bytes, struct err *e)
{
    struct visit *h = context;
    size_t wanted = VISIT_HEAD_SIZE - h->head_len;
    int rc;

    if (!wanted)
        return keep(h, bytes, e);
    if (wanted > bytes.len)
        wanted = bytes.len;
    memcpy(h->head + h->head_len, bytes.p, wanted);
    h->head_len += wanted;
    if (memcmp(h->head, bundle_head, h->head_len) != 0)
        return err_set(e, ERR_FORMAT, "what it sends is no sealed bundle");
    if (h->head_len < VISIT_HEAD_SIZE)
        return 0;
    rc = keep(h, (struct str){h->head, VISIT_HEAD_SIZE}, e);
    return rc || bytes.len == wanted ? rc : keep(h, str_from(bytes, wanted), e);
}

static void end_gate(struct visit *h)
{
    if (h->gate < 0)
        return;
    (void)kill(h->gate, SIGKILL); /* not waited for yet, so the number is its own */
    while (waitpid(h->gate, NULL, 0) < 0 && errno == EINTR)
        continue;
    h->gate = -1;
}

static void note_step(void *context, enum ssh_step step)
{
    struct visit *h = context;

    h->step = step;
    if (step >= SSH_STEP_LOGGED_IN)
        end_gate(h); /* no more signatures for this host */
    if (step >= SSH_STEP_PLACED && !h->placed.sec)
        h->placed = utc_now();
    if (step >= SSH_STEP_RUNS && !h->gone.sec)
        h->gone = utc_now();
}

static int start(struct visit *h, struct err *e)
{
    const struct visits *v = h->all;
    const struct ssh_receiver to = {judge_key, ask_secret_of, take_bytes, note_step, h};
    CLEANUP_FD int agent = ssh_agent_connect(v->agent);
    CLEANUP_FD int gate = -1;
    CLEANUP_BUF struct buf kinds = {0};
    uint64_t quiet_s = 0;
    struct ssh_errand errand = {.host = h->host,
                                .port = h->port,
                                .user = h->user,
                                .arguments = h->arguments,
                                .program = v->program,
                                .program_size = v->program_size,
                                .may_ask = true,
                                .wants_sudo = input_has(v->op, v->in, "sudo")};
    int rc = agent < 0 ? 0 : ssh_gate_start(agent, h->user, &gate, &h->gate, e);

    if (rc)
        return rc;
    ssh_known_kinds(buf_str(&v->known), str_of(h->host), h->port, &kinds);
    (void)str_u64(input_value(v->op, v->in, "quiet"), &quiet_s);
    (void)str_u64(input_value(v->op, v->in, "most"), &errand.most);
    errand.quiet_s = (unsigned)(quiet_s > 3600 ? 3600 : quiet_s);
    errand.key_kinds = buf_text(&kinds);
    errand.agent = gate;
    return ssh_carrier_start(&h->carrier, &errand, &to, e);
}

static enum visit_outcome outcome_of(const struct visit *h, int rc)
{
    if (rc == 0)
        return VISIT_COLLECTED;
    if (h->has_evidence)
        return VISIT_CUT;
    if (rc == ERR_CANCEL)
        return VISIT_STOPPED;
    return rc == ERR_DENIED ? VISIT_REFUSED : VISIT_FAILED;
}

static void end_carrier(struct visit *h)
{
    end_gate(h);
    if (!h->carrier)
        return;
    h->footprint = *ssh_carrier_footprint(h->carrier);
    buf_addstr(&h->said, ssh_carrier_said(h->carrier));
    ssh_carrier_free(h->carrier);
    h->carrier = NULL;
}

/* What came before it went wrong is kept too: it is good up to where it ends. */
static int keep_whole(struct visit *h, int rc)
{
    struct err e = {0};
    int kept;

    if (!h->blob)
        return rc ? rc : err_set(&h->why, ERR_FORMAT, "the program ended and sent no bundle");
    if (h->cannot_keep)
        return rc;
    kept = blob_commit(MOVE(h->blob), &h->digests, &e);
    h->has_evidence = kept == 0;
    if (kept)
        h->why = e;
    return kept ? kept : rc;
}

static void finish(struct visit *h, int rc)
{
    uint64_t most = 0;

    end_carrier(h);
    rc = keep_whole(h, rc);
    h->outcome = outcome_of(h, rc);
    (void)str_u64(input_value(h->all->op, h->all->in, "most"), &most);
    h->is_lost = rc == ERR_IO || (rc == ERR_LIMIT && h->digests.size < most);
    h->ended = utc_now();
    h->is_done = true;
}

void visit_begin(struct visit *h)
{
    int rc;

    h->is_begun = true;
    h->begun = utc_now();
    rc = start(h, &h->why);
    if (rc)
        finish(h, rc);
}

void visit_step(struct visit *h)
{
    int rc = ssh_carrier_take(h->carrier, &h->why);

    if (rc != 1)
        finish(h, rc);
}

void visit_stop(struct visit *h)
{
    if (h->is_done)
        return;
    finish(h,
           err_set(&h->why, ERR_CANCEL,
                   h->is_begun ? "stopped at your request" : "not begun: stopped at your request"));
}

void visit_release(struct visit *h)
{
    end_gate(h);
    ssh_carrier_free(h->carrier);
    blob_abort(h->blob);
    buf_release(&h->fingerprint);
    buf_release(&h->said);
}
