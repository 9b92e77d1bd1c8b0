/* sum_list.c: writes and reads lists of SHA-256 and name. */
#include "practice/sum_list.h"

enum { HEX_SIZE = 64, NAME_AT = HEX_SIZE + 2 };

static const char escapes[][2] = {{'\n', 'n'}, {'\r', 'r'}, {'\\', '\\'}};

static char escape_of(char c)
{
    for (size_t i = 0; i < COUNT_OF(escapes); i++)
        if (escapes[i][0] == c)
            return escapes[i][1];
    return 0;
}

static bool needs_escape(struct str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (escape_of(name.p[i]))
            return true;
    return false;
}

void sum_list_add(struct buf *out, const struct hash *sha256, struct str name)
{
    bool is_escaped = needs_escape(name);

    if (is_escaped)
        buf_addc(out, '\\');
    hex_add(out, sha256->b, sizeof(sha256->b));
    buf_adds(out, "  ");
    for (size_t i = 0; is_escaped && i < name.len; i++) {
        char escape = escape_of(name.p[i]);

        if (escape)
            buf_addc(out, '\\');
        buf_addc(out, escape ? escape : name.p[i]);
    }
    if (!is_escaped)
        buf_addstr(out, name);
    buf_addc(out, '\n');
}

/* False where a backslash stands before anything that is no escape. */
static bool unescape(struct buf *out, struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char meant = name.p[i];

        if (meant == '\\') {
            size_t at = 0;

            i++;
            while (at < COUNT_OF(escapes) && (i == name.len || escapes[at][1] != name.p[i]))
                at++;
            if (at == COUNT_OF(escapes))
                return false;
            meant = escapes[at][0];
        }
        buf_addc(out, meant);
    }
    return true;
}

static bool read_line(struct sum_line *out, struct arena *arena, struct str line)
{
    CLEANUP_BUF struct buf name = {0};
    bool is_escaped = str_take(&line, "\\");

    if (line.len <= NAME_AT || line.p[HEX_SIZE] != ' ' ||
        (line.p[HEX_SIZE + 1] != ' ' && line.p[HEX_SIZE + 1] != '*') ||
        !hex_read(out->sha256.b, sizeof(out->sha256.b), str_head(line, HEX_SIZE)) ||
        memchr(line.p, '\0', line.len))
        return false;
    if (!is_escaped)
        buf_addstr(&name, str_from(line, NAME_AT));
    else if (!unescape(&name, str_from(line, NAME_AT)))
        return false;
    out->name = arena_dup(arena, name.p, name.len);
    return true;
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct sum_line *)a)->name, ((const struct sum_line *)b)->name);
}

int sum_list_read(struct sum_list *out, struct arena *arena, struct str text, const char *path,
                  struct err *e)
{
    for (size_t number = 1; text.len; number++) {
        struct str line = str_cut(&text, '\n');

        if (line.len == 0 || line.p[0] == '#')
            continue;
        out->lines = mem_grow(out->lines, out->count, &out->room, sizeof(out->lines[0]));
        if (!read_line(&out->lines[out->count], arena, line))
            return err_set(e, ERR_FORMAT,
                           "line %zu of %s is no SHA-256 and name, as sha256sum writes them",
                           number, path);
        out->count++;
    }
    if (out->count)
        qsort(out->lines, out->count, sizeof(out->lines[0]), compare);
    return 0;
}

void sum_list_release(struct sum_list *l)
{
    free(l->lines);
}

bool sum_list_has(const struct sum_list *l, const char *name)
{
    struct sum_line wanted = {.name = name};

    return l->count && bsearch(&wanted, l->lines, l->count, sizeof(l->lines[0]), compare) != NULL;
}
