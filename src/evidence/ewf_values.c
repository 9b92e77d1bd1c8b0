/* ewf_values.c: the description of a case that the header sections of an E01 hold, as text. */
#include <libdeflate.h>
#include "base/limits.h"
#include "base/sink.h"
#include "evidence/ewf_walk.h"

enum { PACKED_MAX = 1 << 20, FIRST_ROOM = 1 << 16, VALUE_MAX = 1 << 16 };

/* Unpacks a zlib stream of a size that nobody knows. False: it cannot be, or is too large. */
static bool unpack(struct ewf *w, struct str packed, struct buf *out)
{
    for (size_t room = FIRST_ROOM; room <= LIMIT_IMAGE_VALUES_SIZE; room *= 4) {
        size_t len = 0;
        enum libdeflate_result r = libdeflate_zlib_decompress(w->inflater, packed.p, packed.len,
                                                              buf_room(out, room), room, &len);

        if (r == LIBDEFLATE_SUCCESS)
            out->len = len;
        if (r != LIBDEFLATE_INSUFFICIENT_SPACE)
            return r == LIBDEFLATE_SUCCESS;
    }
    return false;
}

/* UTF-16 (RFC 2781) with its byte order mark; half a pair becomes U+FFFD. */
static void add_utf16(struct buf *out, struct str s)
{
    bool is_big = s.len >= 2 && (uint8_t)s.p[0] == 0xfe && (uint8_t)s.p[1] == 0xff;
    uint32_t high = 0;

    for (size_t i = 0; i + 1 < s.len; i += 2) {
        uint32_t a = (uint8_t)s.p[i];
        uint32_t b = (uint8_t)s.p[i + 1];
        uint32_t c = is_big ? a << 8 | b : b << 8 | a;

        if (c == 0xfeff && i == 0)
            continue;
        if (high && (c & 0xfc00) == 0xdc00) {
            utf8_add(out, 0x10000 + ((high & 0x3ff) << 10 | (c & 0x3ff)));
            high = 0;
            continue;
        }
        if (high)
            utf8_add(out, 0xfffd);
        high = (c & 0xfc00) == 0xd800 ? c : 0;
        if (!high)
            utf8_add(out, (c & 0xfc00) == 0xdc00 ? 0xfffd : c);
    }
    if (high)
        utf8_add(out, 0xfffd);
}

static struct str take_line(struct str *rest)
{
    struct str line = str_cut(rest, '\n');

    if (line.len && line.p[line.len - 1] == '\r')
        line.len--;
    return line;
}

static void forget_values(struct ewf_part *part)
{
    for (size_t i = 0; i < part->value_count; i++)
        free(part->values[i].text);
    part->value_count = 0;
}

/* The category "main" is a line of names and a line of values, divided by tabs. */
static bool take_main(struct ewf_part *part, struct str text)
{
    struct str names;
    struct str values;

    (void)take_line(&text); /* how many categories there are */
    while (text.len && !str_is(take_line(&text), "main"))
        continue;
    names = take_line(&text);
    values = take_line(&text);
    if (names.len == 0)
        return false;
    forget_values(part);
    if (!part->values)
        part->values = mem_array(EWF_VALUES_MAX, sizeof(part->values[0]));
    while (names.len && part->value_count < EWF_VALUES_MAX) {
        struct image_value *v = &part->values[part->value_count];
        struct str name = str_cut(&names, '\t');
        struct str value = str_head(str_cut(&values, '\t'), VALUE_MAX);

        if (name.len == 0 || name.len >= sizeof(v->name) || value.len == 0)
            continue;
        *v = (struct image_value){.text = mem_dup(value.p, value.len)};
        memcpy(v->name, name.p, name.len);
        part->value_count++;
    }
    return true;
}

/* The values of header2 have all characters, and are kept rather than those of header. */
int ewf_take_values(struct ewf *w, const struct ewf_section *s, struct ewf_part *part,
                    struct err *e)
{
    bool is_wide = strcmp(s->type, "header2") == 0;
    uint64_t size = s->to - s->from;
    CLEANUP_FREE char *packed = NULL;
    CLEANUP_BUF struct buf raw = {0};
    CLEANUP_BUF struct buf text = {0};
    int code = 0;

    if (size <= PACKED_MAX) {
        packed = mem_alloc((size_t)size);
        code = w->files->read_at(w->files, s->file, s->from, packed, (size_t)size, e);
    }
    if (code)
        return code;
    if (!packed || !unpack(w, (struct str){packed, (size_t)size}, &raw)) {
        ewf_tell(w, IMAGE_VALUES, s->file, s->off);
        return 0;
    }
    if (is_wide)
        add_utf16(&text, buf_str(&raw));
    if (is_wide || !part->are_from_header2) {
        if (!take_main(part, buf_str(is_wide ? &text : &raw)))
            ewf_tell(w, IMAGE_VALUES, s->file, s->off);
        else
            part->are_from_header2 |= is_wide;
    }
    return 0;
}
