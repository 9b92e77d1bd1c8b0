/* directory.c: spells text so that tabs and newlines part the members of a directory and no text.
 */
#include "timeline/directory.h"
#include "base/hash.h"

void directory_add_text(struct buf *out, struct str text)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = (uint8_t)text.p[i];

        if (c >= 0x20 && c != 0x7f && c != '\\')
            buf_addc(out, (char)c);
        else
            buf_add(out, (const char[]){'\\', 'x', digits[c >> 4], digits[c & 15]}, 4);
    }
}

void directory_read_text(struct buf *out, struct str text)
{
    uint8_t byte;

    while (text.len) {
        struct str digits = str_head(str_from(text, 2), 2);

        if (str_starts(text, "\\x") && digits.len == 2 && hex_read(&byte, 1, digits)) {
            buf_addc(out, (char)byte);
            text = str_from(text, 4);
        } else {
            buf_addc(out, text.p[0]);
            text = str_from(text, 1);
        }
    }
}
