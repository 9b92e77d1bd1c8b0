/* spell.c: values of any bytes, in one spelling each. */
#include "contain/spell.h"
#include <string.h>

/* Bytes of a value that stand as they are. */
static bool is_plain(uint8_t c)
{
    return c > 0x20 && c < 0x7f && c != '%';
}

void spell_add(struct buf *out, struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = (uint8_t)value.p[i];

        if (is_plain(c))
            buf_addc(out, (char)c);
        else
            buf_addf(out, "%%%02X", c);
    }
}

void spell_add_word(struct buf *line, struct str word)
{
    buf_addc(line, ' ');
    if (word.len)
        spell_add(line, word);
    else
        buf_addc(line, '-');
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One spelling each: what could stand as it is must not be escaped. */
bool spell_read(struct arena *a, struct str text, struct str *out)
{
    char *bytes = arena_alloc(a, text.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        int high, low;

        if (is_plain((uint8_t)text.p[i])) {
            bytes[len++] = text.p[i];
            continue;
        }
        if (text.p[i] != '%' || text.len - i < 3)
            return false;
        high = digit(text.p[i + 1]);
        low = digit(text.p[i + 2]);
        if (high < 0 || low < 0 || is_plain((uint8_t)(high * 16 + low)))
            return false;
        bytes[len++] = (char)(high * 16 + low);
        i += 2;
    }
    *out = (struct str){bytes, len};
    return true;
}

bool spell_line(struct str *rest, struct str *name, struct str *value)
{
    const char *end = rest->len ? memchr(rest->p, '\n', rest->len) : NULL;
    struct str line;

    if (!end)
        return false;
    line = (struct str){rest->p, (size_t)(end - rest->p)};
    *rest = str_from(*rest, line.len + 1);
    *value = line;
    *name = str_cut(value, ' ');
    return true;
}
