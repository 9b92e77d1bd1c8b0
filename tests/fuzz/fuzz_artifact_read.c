/* fuzz_artifact_read.c: any bytes are refused with a sentence, or become definitions within the
 * bounds, each of which can be found by its name. */
#include "collect/artifact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct artifact_set *s, const struct artifact *a)
{
    const struct artifact *found = artifact_find(s, a->name);

    if (!a->name[0] || a->source_count == 0 || a->source_count > ARTIFACT_LIST_COUNT ||
        strlen(a->name) > ARTIFACT_VALUE_SIZE)
        BUG("a definition was taken that has no name or no sources");
    if (!found || strcmp(found->name, a->name) != 0)
        BUG("a definition is not found by its name");
    for (size_t i = 0; i < a->source_count; i++) {
        const struct artifact_source *source = &a->sources[i];

        if (source->kind <= ARTIFACT_PATH && source->paths.count == 0)
            BUG("a source was taken that has no paths");
        for (size_t k = 0; k + 1 < source->paths.count; k++)
            (void)artifact_name_matches(str_of(source->paths.list[k]),
                                        str_of(source->paths.list[k + 1]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct artifact_set s = {.arena = arena};
    struct err e = {0};
    int code = artifact_read(&s, (struct str){(const char *)data, size}, "fuzz", &e);

    if (code && (!e.text[0] || s.count))
        BUG("definitions are refused without a reason, or taken all the same");
    for (size_t i = 0; i < s.count; i++)
        check(&s, &s.list[i]);
    artifact_set_release(&s);
    return 0;
}
