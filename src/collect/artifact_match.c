/* artifact_match.c: whether a name matches one component of a path. */
#include "collect/artifact.h"

/* Takes one item of the pattern off: a byte, ?, or a set. *fits: whether it stands for that byte.
 */
static struct str take_item(struct str p, char c, bool *fits)
{
    bool no = p.len > 1 && p.p[1] == '!';
    size_t i = no ? 2 : 1;
    size_t first = i;

    *fits = p.p[0] == '?' || p.p[0] == c;
    if (p.p[0] != '[')
        return str_from(p, 1);
    bool found = false;
    for (; i < p.len && (p.p[i] != ']' || i == first); i++) {
        unsigned char low = (unsigned char)p.p[i];
        unsigned char high = low;

        if (i + 2 < p.len && p.p[i + 1] == '-' && p.p[i + 2] != ']') {
            high = (unsigned char)p.p[i + 2];
            i += 2;
        }
        found |= (unsigned char)c >= low && (unsigned char)c <= high;
    }
    if (i >= p.len) /* a bracket that is never closed is a plain byte */
        return str_from(p, 1);
    *fits = found != no;
    return str_from(p, i + 1);
}

/* The last star takes more whenever the rest does not fit: no other needs to be tried again. */
bool artifact_name_matches(struct str pattern, struct str name)
{
    struct str star = {0};
    struct str rest = {0};
    bool has_star = false;

    while (name.len || pattern.len) {
        bool fits = false;
        struct str next = pattern;

        if (pattern.len && pattern.p[0] == '*') {
            star = pattern = str_from(pattern, 1);
            rest = name;
            has_star = true;
            continue;
        }
        if (pattern.len && name.len)
            next = take_item(pattern, name.p[0], &fits);
        if (fits) {
            pattern = next;
            name = str_from(name, 1);
            continue;
        }
        if (!has_star || rest.len == 0)
            return false;
        rest = str_from(rest, 1);
        name = rest;
        pattern = star;
    }
    return true;
}

bool artifact_is_pattern(struct str component)
{
    for (size_t i = 0; i < component.len; i++)
        if (strchr("*?[", component.p[i]))
            return true;
    return false;
}

bool artifact_is_recursive(struct str component, unsigned *levels)
{
    enum { LEVELS = 3 };
    struct str rest;
    uint64_t n = LEVELS;

    if (!str_starts(component, "**"))
        return false;
    rest = str_from(component, 2);
    if (rest.len && !str_u64(rest, &n))
        return false;
    *levels = n > ARTIFACT_GLOB_DEPTH ? ARTIFACT_GLOB_DEPTH : (unsigned)n;
    return true;
}
