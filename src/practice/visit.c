/* visit.c: visits many hosts by SSH at once, each on record before and after. */
#include "practice/visit.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include "practice/bundle_key.h"
#include "practice/collection.h"
#include "sys/file.h"
#include "sys/interrupt.h"

enum { PROGRAM_SIZE_LIMIT = 64 << 20, LOOK_MS = 500 };

const char *const visit_outcome_names[] = {"under-way", "collected", "cut", "refused",
                                           "failed",    "stopped",   NULL};

static const struct field visit_fields[] = {
    FIELD_CALLED("host", "the host, as it was reached"),
    {.name = "user", .type = FIELD_LINE, .help = "who was logged in there"},
    {.name = "port", .type = FIELD_NUMBER, .help = "the port"},
    {.name = "system", .type = FIELD_REF, .kind = "system", .help = "which system it is"},
    {.name = "outcome",
     .type = FIELD_WORD,
     .choices = visit_outcome_names,
     .help = "how it went; under-way: nobody knows"},
    {.name = "why", .type = FIELD_LINE, .help = "what went wrong"},
    {.name = "said", .type = FIELD_LINE, .help = "what the program said there, at its end"},
    {.name = "key", .type = FIELD_LINE, .help = "the key that the host showed"},
    {.name = "arguments", .type = FIELD_LINE, .help = "what the program was told"},
    {.name = "program", .type = FIELD_LINE, .help = "SHA-256 of the program that was put there"},
    {.name = "program-size", .type = FIELD_SIZE, .help = "its size: so much memory it took"},
    {.name = "place", .type = FIELD_LINE, .help = "where on the host it lay"},
    {.name = "placed", .type = FIELD_TIME, .help = "from when"},
    {.name = "removed", .type = FIELD_TIME, .help = "until when; it then ran without its file"},
    {.name = "left", .type = FIELD_FLAG, .help = "its file may lie there still"},
    {.name = "begun", .type = FIELD_TIME, .help = "when the connection was made"},
    {.name = "ended", .type = FIELD_TIME, .help = "when it was over"},
    {.name = "evidence", .type = FIELD_REF, .kind = "evidence", .help = "what was brought"},
    {.name = "after",
     .type = FIELD_REF,
     .kind = "visit",
     .help = "the visit that broke off, which it follows"},
};
const struct kind visit_kind = {.name = "visit",
                                .prefix = "vi",
                                .words = "host visited",
                                .change_words = "visit ended",
                                KIND_FIELDS(visit_fields)};

const struct operation preserve_visits = {
    .name = "preserve visits",
    .practice = "preserve",
    .help = "list the hosts that were visited by SSH, with what was left there",
    .example = "calm preserve visits",
    .kind = &visit_kind,
    OP_LISTS};

static void visits_release(struct visits *v)
{
    for (size_t i = 0; i < v->count; i++)
        visit_release(&v->hosts[i]);
    reach_release(&v->reach);
    fd_close(v->program);
    arena_free(v->arena);
}

static int open_program(struct visits *v, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf bytes = {0};
    struct str named = input_value(v->op, v->in, "program");
    int rc = named.len ? 0 : collector_find(&path, e);

    if (rc)
        return rc;
    buf_addstr(&path, named);
    v->program = open(buf_text(&path), O_RDONLY | O_CLOEXEC);
    if (v->program < 0)
        return err_errno(e, "cannot open %s, which is to be sent to the hosts", buf_text(&path));
    rc = file_read_fd(&bytes, v->program, buf_text(&path), PROGRAM_SIZE_LIMIT, e);
    if (rc)
        return rc;
    v->program_size = bytes.len;
    v->program_hash = hash_bytes(bytes.p, bytes.len);
    return 0;
}

/* To whom the bundles are sealed: the compartment that this goes into. */
static int make_arguments(struct visits *v, struct str more, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    struct str scope = v->in->scope.len ? v->in->scope : STR("team");
    struct view view;
    uint8_t key[32];
    int rc = session_view(v->session, &view, e);

    if (rc == 0)
        rc = bundle_case_key(view.state, scope, key, e);
    if (rc)
        return rc;
    buf_adds(&text, "--to ");
    hex_add(&text, key, sizeof(key));
    buf_addf(&text, " --output -%s" STR_FMT, more.len ? " " : "", STR_ARG(more));
    if (!ssh_arguments_are_plain(buf_str(&text)))
        return err_set(e, ERR_USAGE,
                       "a word with a space or a sign in it cannot be said to a "
                       "program on another host: " STR_FMT,
                       STR_ARG(more));
    v->arguments = (struct str){arena_dup(v->arena, buf_text(&text), text.len), text.len};
    return 0;
}

static int prepare(struct visits *v, struct str arguments, struct err *e)
{
    uint64_t jobs = 0;
    uint64_t tries = 0;
    int rc = visit_read_hosts(v, e);

    (void)str_u64(input_value(v->op, v->in, "jobs"), &jobs);
    if (rc == 0 && (jobs == 0 || jobs > VISIT_JOBS_LIMIT))
        rc = err_set(e, ERR_USAGE, "--jobs is 1 to %d", VISIT_JOBS_LIMIT);
    v->jobs = (size_t)jobs;
    (void)str_u64(input_value(v->op, v->in, "tries"), &tries);
    if (rc == 0 && (tries == 0 || tries > VISIT_TRIES_LIMIT))
        rc = err_set(e, ERR_USAGE, "--tries is 1 to %d", VISIT_TRIES_LIMIT);
    v->tries = (unsigned)tries;
    if (rc == 0)
        rc = reach_begin(&v->reach, v->arena, v->op, v->in, e);
    if (rc == 0)
        rc = open_program(v, e);
    if (rc == 0)
        rc = make_arguments(v, arguments, e);
    for (size_t i = 0; rc == 0 && i < v->count; i++) {
        v->hosts[i].arguments = v->arguments.p;
        if (input_has(v->op, v->in, "resume"))
            rc = visit_resume(&v->hosts[i], e);
    }
    return rc ? rc : reach_identify(&v->reach, v->op, v->in, e);
}

/* A host that is visited again keeps its place among those that are under way. */
static int end_one(struct visit *h, size_t *running, struct err *e)
{
    int rc = visit_record_end(h, e);

    if (rc == 0 && !interrupt_came())
        rc = visit_plan_again(h, e);
    if (rc == 0)
        visit_tell(h);
    if (!h->again_ms)
        --*running;
    return rc;
}

static int begin_again(struct visits *v, size_t *running, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < v->count; i++) {
        struct visit *h = &v->hosts[i];

        if (!h->again_ms || h->again_ms > monotonic_ms())
            continue;
        rc = visit_begin_again(h, e);
        if (rc == 0 && h->is_done)
            rc = end_one(h, running, e);
    }
    return rc;
}

/* Begins hosts until so many are under way. */
static int fill(struct visits *v, size_t *next, size_t *running, struct err *e)
{
    int rc = 0;

    while (rc == 0 && *running < v->jobs && *next < v->count) {
        struct visit *h = &v->hosts[(*next)++];

        ++*running;
        visit_begin(h);
        if (h->is_done)
            rc = end_one(h, running, e);
    }
    return rc;
}

static int wait_some(struct visits *v, struct pollfd *polls, struct visit **polled, size_t *count)
{
    int wait_ms = LOOK_MS;

    *count = 0;
    for (size_t i = 0; i < v->count; i++) {
        struct visit *h = &v->hosts[i];
        int64_t again_ms = h->again_ms ? h->again_ms - monotonic_ms() : wait_ms;
        int left_ms;

        wait_ms = again_ms > wait_ms ? wait_ms : again_ms > 0 ? (int)again_ms : 0;
        if (!h->carrier)
            continue;
        left_ms = ssh_carrier_wait_ms(h->carrier);
        wait_ms = left_ms < wait_ms ? left_ms : wait_ms;
        polls[*count] = (struct pollfd){.fd = ssh_carrier_fd(h->carrier), .events = POLLIN};
        polled[(*count)++] = h;
    }
    return poll(polls, *count, wait_ms);
}

static int visit_all(struct visits *v, struct err *e)
{
    struct pollfd polls[VISIT_JOBS_LIMIT];
    struct visit *polled[VISIT_JOBS_LIMIT];
    size_t running = 0;
    size_t next = 0;
    size_t count;
    int rc = fill(v, &next, &running, e);

    while (rc == 0 && running && !interrupt_came()) {
        int n = wait_some(v, polls, polled, &count);

        if (n < 0 && errno != EINTR)
            return err_errno(e, "cannot wait for the hosts");
        for (size_t i = 0; rc == 0 && i < count; i++) {
            visit_step(polled[i]);
            if (polled[i]->is_done)
                rc = end_one(polled[i], &running, e);
        }
        if (rc == 0)
            rc = begin_again(v, &running, e);
        if (rc == 0)
            rc = fill(v, &next, &running, e);
    }
    for (size_t i = 0; rc == 0 && i < v->count; i++) {
        if (v->hosts[i].is_done)
            continue;
        visit_stop(&v->hosts[i]);
        rc = end_one(&v->hosts[i], &running, e);
    }
    return rc;
}

int visit_hosts(struct session *s, const struct operation *op, const struct input *in,
                struct str arguments, struct answer *a, struct err *e)
{
    CLEANUP(visits_release)
    struct visits v = {
        .session = s, .op = op, .in = in, .a = a, .arena = arena_new(), .program = -1};
    CLEANUP(interrupt_end) struct interrupt signals;
    int rc;

    interrupt_begin(&signals);
    v.is_full = str_starts(arguments, "--profile full");
    rc = prepare(&v, arguments, e);
    if (rc == 0)
        rc = visit_record_all(&v, e);
    if (rc == 0)
        rc = visit_all(&v, e);
    /* Only now, so that no host waits with what is volatile while another's is read. */
    for (size_t i = 0; rc == 0 && i < v.count; i++)
        if (v.hosts[i].has_evidence && !v.hosts[i].collection)
            rc = visit_take_in(&v.hosts[i], e);
    if (rc)
        return rc;
    visit_tell_end(&v);
    for (size_t i = 0; i < v.count; i++)
        if (v.hosts[i].outcome != VISIT_COLLECTED || !v.hosts[i].collection)
            a->exit_status = err_exit_status(ERR_IO);
    return 0;
}
