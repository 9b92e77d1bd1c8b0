/* practice.c: the list of practices, and the model that they make together. */
#include "practice/practice.h"

#define PRACTICE(name) extern const struct practice practice_##name;
#include "practice/practices.def"
#undef PRACTICE

const struct practice *const practices[] = {
#define PRACTICE(name) &practice_##name,
#include "practice/practices.def"
#undef PRACTICE
    NULL};

enum { KINDS_MAX = 64, OPERATIONS_MAX = 320 };

const struct model *practice_model(void)
{
    static const struct kind *kinds[KINDS_MAX];
    static const struct operation *operations[OPERATIONS_MAX];
    static struct model model;

    if (model.kinds)
        return &model;
    for (size_t i = 0; practices[i]; i++) {
        for (size_t k = 0; practices[i]->kinds && practices[i]->kinds[k]; k++) {
            if (model.kind_count == KINDS_MAX)
                BUG("more than %d kinds", (int)KINDS_MAX);
            kinds[model.kind_count++] = practices[i]->kinds[k];
        }
        for (size_t k = 0; practices[i]->operations && practices[i]->operations[k]; k++) {
            if (model.operation_count == OPERATIONS_MAX)
                BUG("more than %d operations", (int)OPERATIONS_MAX);
            operations[model.operation_count++] = practices[i]->operations[k];
        }
    }
    model.operations = operations;
    model.kinds = kinds;
    return &model;
}

const struct practice *practice_find(struct str verb)
{
    for (size_t i = 0; practices[i]; i++)
        if (str_is(verb, practices[i]->verb))
            return practices[i];
    return NULL;
}

void practice_status_release(struct practice_status *s)
{
    buf_release(&s->brief);
    buf_release(&s->done);
    buf_release(&s->missing);
    buf_release(&s->next);
    buf_release(&s->because);
}

void add_count(struct buf *out, size_t count, const char *one, const char *many)
{
    buf_addf(out, "%zu %s", count, count == 1 ? one : many);
}

bool answer_record(struct answer *a, uint64_t record)
{
    if (a->wants_json)
        buf_addf(&a->json, "{\"record\":%llu}", (unsigned long long)record);
    else
        buf_addf(&a->text, "r%-4llu ", (unsigned long long)record);
    return a->wants_json;
}
