/* compiler.h: attributes, clean-up of locals, and the macro for bugs. */
#pragma once
#include <stdint.h>
#include <stdlib.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define UNUSED __attribute__((unused))
#define NORETURN __attribute__((noreturn))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Releases a local when it goes out of scope: CLEANUP(source_closep) struct source *s = NULL; */
#define CLEANUP(function) __attribute__((cleanup(function)))

/* Defines the function that CLEANUP wants, from one that takes the pointer itself. */
#define DEFINE_CLEANUP(type, function)                                                             \
    static inline UNUSED void function##p(type *local)                                             \
    {                                                                                              \
        if (*local)                                                                                \
            function(*local);                                                                      \
    }

/* Hands a pointer on and forgets it: *out = MOVE(local). */
#define MOVE(pointer)                                                                              \
    __extension__({                                                                                \
        __auto_type moved_ = (pointer);                                                            \
        (pointer) = NULL;                                                                          \
        moved_;                                                                                    \
    })

/* A bug is not a failure: the program stops, in release builds too. */
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
NORETURN void bug_at(const char *file, int line, const char *fmt, ...) PRINTF_LIKE(3, 4);
