/* visit_host.c: visits one host: how far it came, and where what it sends goes. */
#include "base/utc.h"
#include "practice/visit.h"
#include "sys/clock.h"
#include "sys/ssh_gate.h"

static const char bundle_head[VISIT_HEAD_SIZE + 1] = "calm-sealed/1\n";

static int add_host(struct visits *v, struct str text, struct err *e)
{
    struct visit *h = &v->hosts[v->count];
    int rc;

    if (!text.len)
        return 0;
    if (v->count == VISIT_HOST_LIMIT)
        return err_set(e, ERR_LIMIT, "at most %d hosts in one go", VISIT_HOST_LIMIT);
    h->all = v;
    h->gate = -1;
    rc = reach_address_read(v->arena, text, &h->at, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < v->count; i++)
        if (strcmp(h->at.host, v->hosts[i].at.host) == 0 && h->at.port == v->hosts[i].at.port)
            return err_set(e, ERR_USAGE, "%s is named twice", h->at.given);
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

static int judge_key(void *context, struct str key, struct err *e)
{
    struct visit *h = context;

    return reach_judge(&h->all->reach, &h->at, key, &h->fingerprint, e);
}

/* While a person types, no host is thought to be silent. */
static int ask_secret_of(void *context, enum ssh_asked asked, struct str words, struct buf *out,
                         struct err *e)
{
    const struct visit *h = context;
    int64_t before = monotonic_ms();
    int rc = reach_ask(&h->at, asked, words, out, e);

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

static void note_step(void *context, enum ssh_step step)
{
    struct visit *h = context;

    h->step = step;
    if (step >= SSH_STEP_LOGGED_IN)
        ssh_gate_end(&h->gate); /* no more signatures for this host */
    if (step >= SSH_STEP_PLACED && !h->placed.sec)
        h->placed = utc_now();
    if (step >= SSH_STEP_RUNS && !h->gone.sec)
        h->gone = utc_now();
}

static int start(struct visit *h, struct err *e)
{
    const struct visits *v = h->all;
    struct reach_start start = {.at = &h->at,
                                .errand = {.arguments = h->arguments,
                                           .program = v->program,
                                           .program_size = v->program_size,
                                           .wants_sudo = input_has(v->op, v->in, "sudo")},
                                .to = {judge_key, ask_secret_of, take_bytes, note_step, h}};
    uint64_t quiet_s = 0;

    (void)str_u64(input_value(v->op, v->in, "quiet"), &quiet_s);
    (void)str_u64(input_value(v->op, v->in, "most"), &start.errand.most);
    start.errand.quiet_s = (unsigned)(quiet_s > 3600 ? 3600 : quiet_s);
    return reach_start(&v->reach, &start, &h->gate, &h->carrier, e);
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
    ssh_gate_end(&h->gate);
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
    ssh_gate_end(&h->gate);
    ssh_carrier_free(h->carrier);
    blob_abort(h->blob);
    buf_release(&h->fingerprint);
    buf_release(&h->said);
}
