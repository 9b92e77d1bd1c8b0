/* quoted.c: takes values of pairs. */
#include "timeline/quoted.h"

struct str quoted_take(struct str *rest)
{
    struct str at = *rest;
    size_t i = 1;

    if (at.len < 2 || at.p[0] != '"')
        return str_cut(rest, ' ');
    while (i < at.len && !(at.p[i] == '"' && (i + 1 == at.len || at.p[i + 1] == ' ')))
        i++;
    *rest = str_from(at, i + 2);
    return (struct str){at.p + 1, i - 1};
}
