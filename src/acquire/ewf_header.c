/* ewf_header.c: who took what, when and with what, as an E01 says it. */
#include "acquire/ewf_header.h"
#include <libdeflate.h>
#include <time.h>
#include "base/mem.h"
#include "base/sink.h"

enum { LEVEL = 6, VALUE_SIZE = 4096 };

/* A tab or line end would begin another value. */
static void add_value(struct buf *out, struct str value)
{
    value = str_head(value, VALUE_SIZE);
    for (size_t i = 0; i < value.len; i++)
        buf_addc(out, (uint8_t)value.p[i] < 0x20 || value.p[i] == 0x7f ? ' ' : value.p[i]);
    buf_addc(out, '\t');
}

static void add_ascii(struct buf *out, struct str value)
{
    value = str_head(value, VALUE_SIZE);
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = (uint8_t)value.p[i];

        if ((c & 0xc0) != 0x80) /* one for each character */
            buf_addc(out, c < 0x20 || c == 0x7f ? ' ' : c > 0x7f ? '?' : (char)c);
    }
    buf_addc(out, '\t');
}

static void pack_text(struct buf *out, const void *bytes, size_t size)
{
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(LEVEL);
    size_t room, packed;

    if (!c)
        BUG("no compressor of level %d", LEVEL);
    room = libdeflate_zlib_compress_bound(c, size);
    packed = libdeflate_zlib_compress(c, bytes, size, buf_room(out, room), room);
    if (packed == 0)
        BUG("no room for %zu packed bytes", size);
    out->len += packed;
    libdeflate_free_compressor(c);
}

static void add_unit(struct buf *out, uint32_t unit)
{
    buf_addc(out, (char)(unit & 0xff));
    buf_addc(out, (char)(unit >> 8));
}

/* Little-endian, with a byte order mark. */
static void add_utf16(struct buf *out, struct str text)
{
    add_unit(out, 0xfeff);
    while (text.len) {
        uint32_t c = utf8_take(&text);

        if (c >= 0x10000) {
            add_unit(out, 0xd800 + ((c - 0x10000) >> 10));
            c = 0xdc00 + ((c - 0x10000) & 0x3ff);
        }
        add_unit(out, c);
    }
}

void ewf_header2(const struct ewf_facts *f, struct buf *out)
{
    const struct str before[] = {f->description, f->case_number, f->number,  f->examiner, f->notes,
                                 f->model,       f->serial,      f->program, f->system};
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf wide = {0};

    buf_adds(&text, "3\nmain\na\tc\tn\te\tt\tmd\tsn\tav\tov\tm\tu\tp\tdc\n");
    for (size_t i = 0; i < COUNT_OF(before); i++)
        add_value(&text, before[i]);
    buf_addf(&text, "%lld\t%lld\t0\t\n\n", (long long)f->begun.sec, (long long)f->begun.sec);
    buf_adds(&text, "srce\n0\t1\np\tn\tid\tev\ttb\tlo\tpo\tah\tgu\taq\n0\t0\n"
                    "\t\t\t\t\t-1\t-1\t\t\t\n\n"
                    "sub\n0\t1\np\tn\tid\tnu\tco\tgu\n0\t0\n\t\t\t\t1\t\n\n");
    add_utf16(&wide, buf_str(&text));
    pack_text(out, wide.p, wide.len);
}

void ewf_header(const struct ewf_facts *f, struct buf *out)
{
    const struct str before[] = {f->case_number, f->number,  f->description, f->examiner,
                                 f->notes,       f->program, f->system};
    time_t begun = (time_t)f->begun.sec;
    CLEANUP_BUF struct buf text = {0};
    char when[64] = "";
    struct tm tm;

    if (gmtime_r(&begun, &tm))
        snprintf(when, sizeof(when), "%d %d %d %d %d %d", tm.tm_year + 1900, tm.tm_mon + 1,
                 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    buf_adds(&text, "1\r\nmain\r\nc\tn\ta\te\tt\tav\tov\tm\tu\tp\r\n");
    for (size_t i = 0; i < COUNT_OF(before); i++)
        add_ascii(&text, before[i]);
    buf_addf(&text, "%s\t%s\t0\r\n\r\n", when, when);
    pack_text(out, text.p, text.len);
}
