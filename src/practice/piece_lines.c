/* piece_lines.c: reads the pieces of a disk image line by line, however many there are. */
#include "practice/piece_lines.h"
#include <unistd.h>

enum { LINES_SIZE = 64 << 10, LINE_LIMIT = 1024 };

void piece_lines_release(struct piece_lines *l)
{
    buf_release(&l->text);
}

static bool fill(struct piece_lines *l)
{
    ssize_t n;

    if (l->text.len - l->at > LINE_LIMIT)
        return false;
    if (l->at)
        memmove(l->text.p, l->text.p + l->at, l->text.len - l->at);
    l->text.len -= l->at;
    l->at = 0;
    n = pread(l->fd, buf_room(&l->text, LINES_SIZE), LINES_SIZE, l->off);
    if (n <= 0)
        return false;
    l->text.len += (size_t)n;
    l->off += n;
    return true;
}

bool piece_lines_next(struct piece_lines *l, struct hash *out)
{
    for (;;) {
        const char *from = l->text.len ? l->text.p + l->at : NULL;
        const char *end = from ? memchr(from, '\n', l->text.len - l->at) : NULL;
        struct str line;

        if (!end) {
            if (!fill(l)) {
                l->is_bad = l->text.len > l->at;
                return false;
            }
            continue;
        }
        line = (struct str){from, (size_t)(end - from)};
        l->at += line.len + 1;
        if (line.len && line.p[0] == '#')
            continue;
        l->is_bad = !hex_read(out->b, sizeof(out->b), line);
        return !l->is_bad;
    }
}
