/* log_places.c: compares paths with the patterns of log_places.def. */
#include "timeline/log_places.h"
#include "base/mem.h"

static bool is_alike(char a, char b)
{
    return (a >= 'A' && a <= 'Z' ? (char)(a + ('a' - 'A')) : a) == b;
}

/* A name, with * for any bytes: the last * is tried again further on, which is enough. */
static bool name_is(struct str name, struct str pattern)
{
    size_t n = 0, p = 0, star = SIZE_MAX, tried = 0;

    while (n < name.len) {
        if (p < pattern.len && pattern.p[p] == '*') {
            star = p++;
            tried = n;
        } else if (p < pattern.len && is_alike(name.p[n], pattern.p[p])) {
            n++;
            p++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++tried;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.p[p] == '*')
        p++;
    return p == pattern.len;
}

/* The same by names: the last ** takes one name more. */
static bool path_is(struct str path, struct str pattern)
{
    struct str after_any = {0}, tried = {0};
    bool has_any = false;

    while (path.len) {
        struct str rest = path, want = pattern;
        struct str name = str_cut(&rest, '/'), one = str_cut(&want, '/');

        if (pattern.len && str_is(one, "**")) {
            has_any = true;
            after_any = pattern = want;
            tried = path;
            if (want.len == 0)
                return true;
        } else if (pattern.len && name_is(name, one)) {
            path = rest;
            pattern = want;
        } else if (has_any) {
            (void)str_cut(&tried, '/');
            path = tried;
            pattern = after_any;
        } else {
            return false;
        }
    }
    return pattern.len == 0;
}

bool log_place_is_one(struct str path)
{
    static const char *const places[] = {
#define PLACE(pattern) ("" pattern) + 1,
#include "timeline/log_places.def"
#undef PLACE
    };

    while (path.len && path.p[0] == '/')
        path = str_from(path, 1);
    for (size_t i = 0; i < COUNT_OF(places); i++)
        if (path_is(path, str_of(places[i])))
            return true;
    return false;
}
