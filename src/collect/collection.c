/* collection.c: runs the steps of a collection, and keeps what they could not read and what they
 * noticed. */
#include "collect/collection.h"
#include <time.h>

struct step {
    const char *name;
    collection_step *run;
    unsigned profiles;
    const char *title;
};

static const struct step steps[] = {
#define STEP(name, function, profiles, title) {name, function, profiles, title},
#include "collect/steps.def"
#undef STEP
};

static void keep(struct collection *c, int code)
{
    if (code && !c->status)
        c->status = code;
}

void collection_put_bytes(struct json *j, const char *name, struct str bytes)
{
    put_bytes(j, name, bytes);
}

enum { SAID_COUNT = 256, SAID_MOST = 100, SAID_WHAT_SIZE = 256 };

/* One reason of a step. Past SAID_MOST lines it is only counted, and the last thing kept. */
struct collection_said {
    struct hash why;
    char *words; /* in the arena */
    int number;
    uint64_t count;
    char what[SAID_WHAT_SIZE];
    size_t what_len;
};

static struct collection_said *find_said(struct collection *c, struct str why, int number)
{
    struct hash hash = hash_bytes(why.p, why.len);

    for (size_t i = 0; i < c->said_count; i++)
        if (c->said[i].number == number && hash_eq(&c->said[i].why, &hash))
            return &c->said[i];
    if (c->said_count == SAID_COUNT)
        return NULL;
    if (!c->said)
        c->said = arena_alloc(c->arena, SAID_COUNT * sizeof(*c->said));
    c->said[c->said_count] = (struct collection_said){
        .why = hash, .words = arena_dup(c->arena, why.p, why.len), .number = number};
    return &c->said[c->said_count++];
}

static void write_missing(struct collection *c, struct str what, struct str why, int number,
                          uint64_t more)
{
    struct json *j = bundle_line_begin(c->missing);

    put_bytes(j, "what", what);
    json_put_text(j, "step", c->step);
    json_put_str(j, "why", why);
    if (number)
        json_put_u64(j, "error", (uint64_t)number);
    if (more)
        json_put_u64(j, "count", more);
    keep(c, bundle_line_end(c->missing, c->e));
}

/* Says how often the reasons of the step came besides the lines that were written. */
static void end_said(struct collection *c)
{
    for (size_t i = 0; i < c->said_count && c->status == 0; i++) {
        const struct collection_said *s = &c->said[i];

        if (s->count > SAID_MOST)
            write_missing(c, (struct str){s->what, s->what_len}, str_of(s->words), s->number,
                          s->count - SAID_MOST - 1);
    }
    c->said_count = 0;
}

static void count_refusal(struct collection *c, int number)
{
    struct collection_refusal *last = c->refused + c->refused_count;

    if (number != EACCES && number != EPERM)
        return;
    if (c->refused_count && last[-1].title == c->title)
        last[-1].count++;
    else if (c->refused_count < COUNT_OF(c->refused))
        c->refused[c->refused_count++] = (struct collection_refusal){c->title, 1};
}

void collection_missing(struct collection *c, struct str what, int number, const char *why, ...)
{
    CLEANUP_BUF struct buf text = {0};
    struct collection_said *said;
    va_list args;

    if (c->status)
        return;
    va_start(args, why);
    buf_addv(&text, why, args);
    va_end(args);
    c->missing_count++;
    count_refusal(c, number);
    said = find_said(c, buf_str(&text), number);
    if (!said || ++said->count <= SAID_MOST) {
        write_missing(c, what, buf_str(&text), number, 0);
        return;
    }
    said->what_len = what.len < SAID_WHAT_SIZE ? what.len : SAID_WHAT_SIZE;
    if (said->what_len)
        memcpy(said->what, what.p, said->what_len);
}

void collection_unmet(struct collection *c, const char *words, ...)
{
    CLEANUP_BUF struct buf text = {0};
    va_list args;

    va_start(args, words);
    buf_addv(&text, words, args);
    va_end(args);
    c->unmet = arena_printf(c->arena, "%s%s\n", c->unmet ? c->unmet : "", buf_text(&text));
}

static void tell_unmet(struct collection *c)
{
    struct str rest = str_of(c->unmet ? c->unmet : "");

    while (rest.len && c->options->unmet)
        c->options->unmet(c->options->context, str_cut(&rest, '\n'));
    c->unmet = NULL;
}

static const struct collect_noticed *find_row(const char *code)
{
    const struct collect_noticed *rows;
    size_t count = collect_noticed(&rows);

    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].code, code) == 0)
            return &rows[i];
    BUG("observed.def does not know %s", code);
}

void collection_observe(struct collection *c, const char *code, struct str evidence,
                        const char *words, ...)
{
    const struct collect_noticed *row = find_row(code);
    CLEANUP_BUF struct buf text = {0};
    struct json *j;
    va_list args;

    if (c->status)
        return;
    va_start(args, words);
    buf_addv(&text, words, args);
    va_end(args);
    j = bundle_line_begin(c->observed);
    json_put_text(j, "code", code);
    json_put_u64(j, "weight", row->weight);
    json_put_text(j, "hint", collect_hint_name(row->hint));
    put_bytes(j, "words", buf_str(&text));
    json_put_text(j, "harmless", row->harmless);
    put_bytes(j, "evidence", evidence);
    keep(c, bundle_line_end(c->observed, c->e));
}

/* Who runs is listed first: what starts a moment later is seen by the views that follow. */
void collection_scan(struct collection *c)
{
    process_scan(&c->processes, &c->host, c->arena);
    atomic_fetch_add(&c->guard.beats, 1);
    if (c->processes.code < 0)
        collection_missing(c, STR("/proc"), -c->processes.code, "it cannot be listed");
}

bool collection_is_stopped(struct collection *c)
{
    const struct collection_options *o = c->options;

    atomic_fetch_add(&c->guard.beats, 1);
    if (c->was_stopped || !o->is_stopped)
        return c->was_stopped;
    atomic_fetch_add(&c->guard.waiting, 1); /* it may write to a terminal that was halted */
    c->was_stopped = o->is_stopped(o->context);
    atomic_fetch_sub(&c->guard.waiting, 1);
    return c->was_stopped;
}

bool collection_has_room(struct collection *c, struct str what, uint64_t size)
{
    if (bundle_has_room(c->bundle, size))
        return true;
    collection_missing(c, what, 0, "the bundle has no room for it: it would pass its limit");
    return false;
}

void collection_pace(struct collection *c, size_t bytes)
{
    enum { NS = 1000000000 };
    const double part_s = 0.1; /* how soon an end that is asked for is noticed */
    struct timespec now;
    double due;
    double since;

    c->read += bytes;
    if (!c->options->limit)
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    since = (double)(now.tv_sec - c->begun.tv_sec) + (double)(now.tv_nsec - c->begun.tv_nsec) / NS;
    due = (double)c->read / (double)c->options->limit;
    for (double rest = due - since; rest > 0 && !collection_is_stopped(c); rest -= part_s) {
        double part = rest < part_s ? rest : part_s;

        nanosleep(&(struct timespec){.tv_nsec = (long)(part * NS)}, NULL);
    }
}

/* All that the step told stands before this, so a bundle that is cut behind it has the step whole.
 */
static void mark_complete(struct collection *c, const struct step *step, struct utc began)
{
    struct bundle_lines *all[] = {c->artifacts, c->observed, c->missing};
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf text = {0};
    struct json j;

    for (size_t i = 0; i < COUNT_OF(all) && c->status == 0; i++)
        keep(c, bundle_lines_flush(all[i], c->e));
    if (c->status)
        return;
    buf_addf(&path, "step/%s.json", step->name);
    json_begin(&j, &text);
    json_object_begin(&j);
    json_put_text(&j, "step", step->name);
    json_put_utc(&j, "began", began);
    json_put_utc(&j, "ended", utc_now());
    json_object_end(&j);
    buf_addc(&text, '\n');
    keep(c, bundle_put(c->bundle, buf_text(&path), buf_str(&text), c->e));
}

/* One step, to be run behind a guard. */
struct guarded_step {
    struct collection *c;
    const struct step *step;
};

static void run_guarded(void *context)
{
    struct guarded_step *s = context;

    s->step->run(s->c);
}

static void say_held(struct collection *c, const struct step *step, unsigned waited_s,
                     struct str where)
{
    struct bundle_lines *kept[] = {c->missing, c->observed, c->artifacts};

    keep(c, bundle_settle(c->bundle, kept, COUNT_OF(kept), c->e));
    c->held_up = true;
    if (where.len) { /* so that it holds up once */
        host_slow_add(&c->host, where);
        buf_addstr(&c->held, where);
        buf_addc(&c->held, '\0');
    }
    collection_missing(c, where.len ? where : str_of(step->title), 0,
                       "nothing came of it for %u seconds, so it was left; what this step had not "
                       "told by then is missing",
                       waited_s);
}

/* False where it was held up. Who runs is what the other steps need, so that goes on behind the
 * process that held it up. */
static bool run_behind_guard(struct collection *c, const struct step *step)
{
    enum { TRIES = 32 };
    bool was_held = false;

    for (int i = 0; i < TRIES && c->status == 0; i++) {
        CLEANUP_BUF struct buf where = {0};
        struct guarded_step *s = arena_alloc(c->arena, sizeof(*s));
        unsigned patience_s = guard_patience_s(&c->guard);

        *s = (struct guarded_step){c, step};
        if (guard_run(&c->guard, run_guarded, s, &where))
            return !was_held;
        was_held = true;
        say_held(c, step, patience_s, buf_str(&where));
        if (step != steps || !process_scan_leave(&c->processes))
            break;
    }
    return false;
}

static void run_step(struct collection *c, const struct step *step)
{
    struct utc began = utc_now();
    bool came_back;

    c->step = step->name;
    c->title = step->title;
    if (c->options->reading)
        c->options->reading(c->options->context, step->title);
    came_back = run_behind_guard(c, step);
    if (c->was_stopped)
        collection_missing(c, str_of(step->title), 0, "the collection was ended during it");
    end_said(c);
    tell_unmet(c);
    if (c->status == 0 && !c->was_stopped && came_back)
        mark_complete(c, step, began);
    if (c->status == 0)
        keep(c, bundle_flush(c->bundle, c->e));
}

static size_t find_step(const char *name)
{
    size_t i = 0;

    while (i < COUNT_OF(steps) && strcmp(steps[i].name, name) != 0)
        i++;
    return i;
}

bool collection_has_step(const char *name)
{
    return find_step(name) < COUNT_OF(steps);
}

/* Whether there is something to do in it: these two are for what is asked for by name. */
static bool is_asked_for(const struct collection_options *o, const struct step *step)
{
    if (step->run == collection_memory_processes)
        return o->memory_pid_count > 0;
    return step->run != collection_memory_physical || o->wants_physical;
}

/* The first step lists who runs, for the others: it runs in any case. */
static bool is_wanted(const struct collection *c, size_t step)
{
    const struct collection_options *o = c->options;

    return (steps[step].profiles & o->profile) && is_asked_for(o, &steps[step]) &&
           (step == 0 || !o->after || step > find_step(o->after));
}

void collection_run(struct collection *c)
{
    for (size_t i = 0; i < COUNT_OF(steps) && c->status == 0; i++) {
        if (!is_wanted(c, i))
            continue;
        if (!collection_is_stopped(c)) {
            run_step(c, &steps[i]);
            continue;
        }
        c->step = steps[i].name;
        collection_missing(c, str_of(steps[i].title), 0, "the collection was ended before it");
    }
}
