/* look.c: reads what stands in several places of a source, as UTF-8. */
#include "timeline/look.h"
#include "base/mem.h"

enum {
    SAMPLE_SIZE = 24 << 10,
    TEXT_BYTES_FOR_ODD = 32, /* of so many, one may be no text */
    HELD_SIZE = READER_HEAD_SIZE + LOOK_SAMPLE_COUNT * SAMPLE_SIZE,
    DECODED_SIZE = HELD_SIZE / UTF16_UNIT * UTF16_GROWTH,
};

void look_begin(struct look *l)
{
    event_init(&l->event);
    l->held = mem_alloc(HELD_SIZE);
}

void look_release(struct look *l)
{
    free(l->held);
    free(l->decoded);
    buf_release(&l->objects);
    event_release(&l->event);
    field_names_free(l->names);
}

/* Names that a format that is not taken would give are not kept. Mostly it gives none, and to make
 * them anew for each format took longest of all in small sources. */
struct field_names *look_names(struct look *l)
{
    if (l->names && field_count(l->names) == FIELD_KNOWN_COUNT_)
        return l->names;
    field_names_free(l->names);
    l->names = field_names_new();
    return l->names;
}

/* As many as there are, up to size. */
int look_read_at(const struct look *l, uint64_t off, char *to, size_t size, struct str *out,
                 struct err *e)
{
    size_t len = 0, got = 1;
    int rc = 0;

    while (rc == 0 && got && len < size) {
        rc = l->bytes(l->context, off + len, to + len, size - len, &got, e);
        len += rc ? 0 : got;
    }
    *out = (struct str){to, len};
    return rc;
}

/* Up to the end of the line in which so many bytes end. */
static struct str take_lines(struct str *rest, size_t size)
{
    struct str out = *rest, behind = str_from(*rest, size);

    (void)str_cut(&behind, '\n');
    out.len -= behind.len;
    *rest = behind;
    return out;
}

static struct str without_cut_line(struct str part)
{
    while (part.len && part.p[part.len - 1] != '\n')
        part.len--;
    return part;
}

/* What is in memory as a whole is divided, between lines. */
static void divide(struct look *l)
{
    struct str rest = l->parts[0];

    for (size_t i = 0; i < LOOK_SAMPLE_COUNT; i++)
        l->samples[i] = l->parts[i] = take_lines(&rest, rest.len / (LOOK_SAMPLE_COUNT - i));
}

static int read_parts(struct look *l, struct err *e)
{
    int rc = 0;

    if (l->size <= READER_HEAD_SIZE) {
        l->parts[0] = l->head;
        return 0;
    }
    for (size_t i = 0; rc == 0 && i < LOOK_SAMPLE_COUNT; i++) {
        uint64_t off = (l->size - SAMPLE_SIZE) / (LOOK_SAMPLE_COUNT - 1) * i;

        off = i + 1 < LOOK_SAMPLE_COUNT ? off : l->size - SAMPLE_SIZE;
        rc = look_read_at(l, off & ~(uint64_t)1, l->held + READER_HEAD_SIZE + i * SAMPLE_SIZE,
                          SAMPLE_SIZE, &l->parts[i], e);
    }
    return rc;
}

/* Mostly there is no zero, which spares a closer look: each sign of ASCII has one in UTF-16. */
static bool may_be_utf16(const struct look *l)
{
    bool found = utf16_has_mark(l->head);

    for (size_t i = 0; !found && i < LOOK_SAMPLE_COUNT; i++)
        found = l->parts[i].len && memchr(l->parts[i].p, 0, l->parts[i].len);
    return found;
}

/* Whether lines end with CR alone: none of the parts has an LF, and one has a CR within. */
static bool has_cr_ends(const struct look *l)
{
    bool found = false;

    for (size_t i = 0; i < LOOK_SAMPLE_COUNT; i++) {
        struct str part = l->parts[i];

        if (part.len && memchr(part.p, '\n', part.len))
            return false;
        found = found || (part.len && memchr(part.p, '\r', part.len - 1));
    }
    return found;
}

/* Parts of UTF-16 become UTF-8. */
static void decode_parts(struct look *l)
{
    struct utf16_look seen = {0};
    char *to;

    if (!may_be_utf16(l)) {
        if (has_cr_ends(l)) {
            l->encoding = TEXT_CR_ENDS;
            text_end_lines(l->held, HELD_SIZE);
        }
        return;
    }
    for (size_t i = 0; i < LOOK_SAMPLE_COUNT; i++)
        utf16_see(&seen, l->parts[i]);
    l->encoding = utf16_find(&seen, l->head);
    if (l->encoding == TEXT_AS_IT_IS)
        return;
    to = l->decoded = mem_alloc(DECODED_SIZE);
    for (size_t i = 0; i < LOOK_SAMPLE_COUNT; i++) {
        size_t taken, len = utf16_decode(l->encoding, l->parts[i], true, to, &taken);

        l->parts[i] = (struct str){to, len};
        to += len;
    }
}

int look_take_samples(struct look *l, struct err *e)
{
    int rc = read_parts(l, e);

    if (rc)
        return rc;
    decode_parts(l);
    if (l->size <= READER_HEAD_SIZE) {
        divide(l);
        return 0;
    }
    for (size_t i = 0; i < LOOK_SAMPLE_COUNT; i++) {
        struct str lines = l->parts[i];

        if (i)
            (void)str_cut(&lines, '\n');
        l->samples[i] = i + 1 < LOOK_SAMPLE_COUNT ? without_cut_line(lines) : lines;
    }
    return 0;
}

static size_t zeros_of(struct str s)
{
    size_t n = 0;

    while (n < s.len && s.p[n] == 0)
        n++;
    return n;
}

bool look_take_line(struct str *rest, struct str *line)
{
    while (rest->len) {
        size_t zeros;

        *line = str_cut(rest, '\n');
        zeros = zeros_of(*line);
        if (zeros >= READER_ZEROS_LEAST)
            *line = str_from(*line, zeros);
        if (line->len && line->p[line->len - 1] == '\r')
            line->len--;
        (void)str_take(line, READER_BYTE_ORDER_MARK);
        if (line->len)
            return true;
    }
    return false;
}

/* Control characters are hardly ever in it. */
bool look_is_text(const struct look *l)
{
    size_t bytes = 0, odd = 0;

    for (size_t i = 0; i < LOOK_SAMPLE_COUNT; i++)
        for (size_t k = 0; k < l->parts[i].len; k++, bytes++) {
            uint8_t c = (uint8_t)l->parts[i].p[k];

            odd += (c < ' ' && !(c >= '\t' && c <= '\r') && c != 0x1B) || c == 0x7F;
        }
    return bytes && odd * TEXT_BYTES_FOR_ODD <= bytes;
}
