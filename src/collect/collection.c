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

struct observation_row {
    const char *code;
    unsigned weight;
    enum collect_hint hint;
    const char *harmless;
};

static const struct observation_row observations[] = {
#define OBSERVATION(code, weight, hint, harmless) {code, weight, hint, harmless},
#include "collect/observed.def"
#undef OBSERVATION
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

void collection_missing(struct collection *c, struct str what, int number, const char *why, ...)
{
    CLEANUP_BUF struct buf text = {0};
    struct json *j;
    va_list args;

    if (c->status)
        return;
    va_start(args, why);
    buf_addv(&text, why, args);
    va_end(args);
    j = bundle_line_begin(c->missing);
    put_bytes(j, "what", what);
    json_put_text(j, "step", c->step);
    json_put_str(j, "why", buf_str(&text));
    if (number)
        json_put_u64(j, "error", (uint64_t)number);
    keep(c, bundle_line_end(c->missing, c->e));
}

static const struct observation_row *find_row(const char *code)
{
    for (size_t i = 0; i < COUNT_OF(observations); i++)
        if (strcmp(observations[i].code, code) == 0)
            return &observations[i];
    BUG("observed.def does not know %s", code);
}

void collection_observe(struct collection *c, const char *code, struct str evidence,
                        const char *words, ...)
{
    const struct observation_row *row = find_row(code);
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
    if (c->processes.code < 0)
        collection_missing(c, STR("/proc"), -c->processes.code, "it cannot be listed");
}

void collection_pace(struct collection *c, size_t bytes)
{
    enum { NS = 1000000000 };
    struct timespec now;
    double due;
    double since;

    c->read += bytes;
    if (!c->options->limit)
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    since = (double)(now.tv_sec - c->begun.tv_sec) + (double)(now.tv_nsec - c->begun.tv_nsec) / NS;
    due = (double)c->read / (double)c->options->limit;
    if (due > since) {
        double rest = due - since;
        struct timespec pause = {(time_t)rest, (long)((rest - (double)(time_t)rest) * NS)};

        nanosleep(&pause, NULL);
    }
}

void collection_run(struct collection *c)
{
    for (size_t i = 0; i < COUNT_OF(steps) && c->status == 0; i++) {
        if (!(steps[i].profiles & c->options->profile))
            continue;
        c->step = steps[i].name;
        steps[i].run(c);
        if (c->status == 0)
            keep(c, bundle_flush(c->bundle, c->e));
    }
}
