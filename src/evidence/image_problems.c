/* image_problems.c: the words for what can be wrong with a disk image. */
#include "base/compiler.h"
#include "evidence/image_facts.h"

const char *image_problem_words(uint32_t kind)
{
    static const char *const words[] = {
#define PROBLEM(name, text) [IMAGE_##name] = text,
#include "evidence/image_problems.def"
#undef PROBLEM
    };

    if (kind >= COUNT_OF(words))
        BUG("problem %u of an image", (unsigned)kind);
    return words[kind];
}
