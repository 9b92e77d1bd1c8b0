/* hidden.c: evidence, counts and the pause between two looks, for the steps that compare views. */
#include "collect/hidden.h"

struct json *evidence_begin(struct evidence *v)
{
    buf_clear(&v->text);
    json_begin(&v->json, &v->text);
    json_object_begin(&v->json);
    return &v->json;
}

struct str evidence_end(struct evidence *v)
{
    json_object_end(&v->json);
    return buf_str(&v->text);
}

void evidence_release(struct evidence *v)
{
    buf_release(&v->text);
}

bool told_one(struct told *t)
{
    return t->count++ < TOLD_MOST;
}

void told_rest(struct collection *c, const struct told *t, const char *what)
{
    CLEANUP_EVIDENCE struct evidence v = {0};

    if (t->count <= TOLD_MOST)
        return;
    json_put_u64(evidence_begin(&v), "count", t->count - TOLD_MOST);
    collection_observe(c, t->code, evidence_end(&v), "%llu more %s.",
                       (unsigned long long)(t->count - TOLD_MOST), what);
}

void hidden_pause(struct collection *c)
{
    struct timespec pause = {.tv_nsec = HIDDEN_PAUSE_MS * 1000000L};

    if (c->host.is_live)
        nanosleep(&pause, NULL);
}
