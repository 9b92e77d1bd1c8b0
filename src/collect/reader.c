/* reader.c: a bounded reader of snapshot documents. */
#include "collect/reader.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/sink.h"

static const struct {
    const char *name, *title;
} known[] = {
#define SECTION(name, function, title) {name, title},
#include "collect/sections.def"
#undef SECTION
    {"coverage", "coverage"},
};

size_t section_rank(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_is(name, known[i].name))
            return i;
    return RANK_UNKNOWN;
}

const char *section_name(size_t rank)
{
    return rank < COUNT_OF(known) ? known[rank].name : "";
}

const char *section_title(size_t rank)
{
    return rank < COUNT_OF(known) ? known[rank].title : "thing of an unknown kind";
}

static bool take_byte(struct str *rest, char c)
{
    if (rest->len == 0 || rest->p[0] != c)
        return false;
    *rest = str_from(*rest, 1);
    return true;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The length of the escape at a backslash, or 0. */
static size_t escape_length(struct str s)
{
    if (s.len < 2)
        return 0;
    if (s.p[1] != 'u')
        return strchr("\"\\/bfnrt", s.p[1]) && s.p[1] ? 2 : 0;
    if (s.len < 6)
        return 0;
    for (size_t i = 2; i < 6; i++)
        if (!is_hex(s.p[i]))
            return 0;
    return 6;
}

static bool take_string(struct str *rest, struct str *inside)
{
    struct str s = *rest;
    size_t i = 0;

    if (!take_byte(&s, '"'))
        return false;
    while (i < s.len && s.p[i] != '"') {
        size_t step = s.p[i] == '\\' ? escape_length(str_from(s, i)) : 1;

        if (step == 0 || (unsigned char)s.p[i] < 0x20)
            return false;
        i += step;
    }
    if (i >= s.len)
        return false;
    *inside = str_head(s, i);
    *rest = str_from(s, i + 1);
    return true;
}

static bool take_number(struct str *rest)
{
    enum { DIGIT_COUNT = 20 };
    struct str s = *rest;
    size_t digits = 0;

    (void)take_byte(&s, '-');
    while (digits < s.len && s.p[digits] >= '0' && s.p[digits] <= '9')
        digits++;
    if (digits == 0 || digits > DIGIT_COUNT || (s.p[0] == '0' && digits > 1))
        return false;
    *rest = str_from(s, digits);
    return true;
}

static bool take_word(struct str *rest, const char *word)
{
    if (!str_starts(*rest, word))
        return false;
    *rest = str_from(*rest, strlen(word));
    return true;
}

static bool take_plain(struct str *rest)
{
    struct str inside;

    if (rest->len == 0)
        return false;
    if (rest->p[0] == '"')
        return take_string(rest, &inside);
    return take_word(rest, "true") || take_word(rest, "false") || take_word(rest, "null") ||
           take_number(rest);
}

static bool take_value(struct str *rest, struct str *value)
{
    struct str start = *rest;

    if (take_byte(rest, '[')) {
        bool first = true;

        while (!take_byte(rest, ']')) {
            if ((!first && !take_byte(rest, ',')) || !take_plain(rest))
                return false;
            first = false;
        }
    } else if (!take_plain(rest)) {
        return false;
    }
    *value = str_head(start, start.len - rest->len);
    return true;
}

static bool repeats(const struct members *m, struct str name)
{
    for (size_t i = 0; i < m->count; i++)
        if (str_eq(m->list[i].name, name))
            return true;
    return false;
}

bool members_read(struct members *out, struct str line)
{
    out->count = 0;
    if (!take_byte(&line, '{'))
        return false;
    while (!take_byte(&line, '}')) {
        struct member m;

        if (out->count == READER_MEMBER_COUNT || (out->count && !take_byte(&line, ',')) ||
            !take_string(&line, &m.name) || !take_byte(&line, ':') ||
            !take_value(&line, &m.value) || repeats(out, m.name))
            return false;
        out->list[out->count++] = m;
    }
    return line.len == 0;
}

struct str members_find(const struct members *m, const char *name)
{
    for (size_t i = 0; i < m->count; i++)
        if (str_is(m->list[i].name, name))
            return m->list[i].value;
    return (struct str){"", 0};
}

bool members_true(const struct members *m, const char *name)
{
    return str_is(members_find(m, name), "true");
}

bool members_u64(const struct members *m, const char *name, uint64_t *out)
{
    return str_u64(members_find(m, name), out);
}

static struct str inside_of(struct str value)
{
    bool is_string = value.len >= 2 && value.p[0] == '"';

    return is_string ? (struct str){value.p + 1, value.len - 2} : (struct str){"", 0};
}

bool members_is(const struct members *m, const char *name, const char *text)
{
    struct str value = members_find(m, name);

    return value.len >= 2 && value.p[0] == '"' && str_is(inside_of(value), text);
}

bool array_next(struct str *array, struct str *value)
{
    if (!take_byte(array, '[') && !take_byte(array, ','))
        return false;
    return take_value(array, value);
}

static uint32_t hex_unit(const char *p)
{
    uint32_t n = 0;

    for (size_t i = 0; i < 4; i++)
        n = n << 4 | (uint32_t)(p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
    return n;
}

/* The bytes that one \u escape, or a pair of them, takes. */
static size_t unescape_unit(struct buf *out, struct str s)
{
    uint32_t c = hex_unit(s.p + 2);

    if (c >= 0xd800 && c < 0xdc00 && s.len >= 12 && s.p[6] == '\\' && s.p[7] == 'u') {
        uint32_t low = hex_unit(s.p + 8);

        if (low >= 0xdc00 && low < 0xe000) {
            utf8_add(out, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
            return 12;
        }
    }
    utf8_add(out, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
    return 6;
}

void unescape_json(struct buf *out, struct str s)
{
    static const char names[] = "bfnrt";
    static const char bytes[] = "\b\f\n\r\t";

    while (s.len) {
        size_t step = 1;
        const char *at;

        if (s.p[0] != '\\') {
            buf_addc(out, s.p[0]);
        } else if (escape_length(s) == 6) {
            step = unescape_unit(out, s);
        } else if (s.len >= 2) {
            at = s.p[1] ? strchr(names, s.p[1]) : NULL;
            buf_addc(out, at ? bytes[at - names] : s.p[1]);
            step = 2;
        }
        s = str_from(s, step);
    }
}

static void cut_text(struct buf *out, size_t start, size_t most)
{
    size_t len = start + most;

    if (out->len <= len)
        return;
    while (len > start && ((unsigned char)out->p[len] & 0xc0) == 0x80)
        len--;
    out->len = len;
    buf_adds(out, "\xe2\x80\xa6");
}

void value_text(struct buf *out, struct str value, size_t most)
{
    size_t start = out->len;
    struct str one;

    if (value.len == 0 || str_is(value, "null")) {
        buf_adds(out, "unknown");
    } else if (value.p[0] == '"') {
        unescape_json(out, str_head(inside_of(value), 8 * most));
    } else if (value.p[0] == '[') {
        while (out->len - start <= most && array_next(&value, &one)) {
            if (out->len > start)
                buf_adds(out, ", ");
            value_text(out, one, most);
        }
    } else {
        buf_addstr(out, value);
    }
    cut_text(out, start, most);
}

static int by_place(const void *a, const void *b)
{
    const struct item *x = a;
    const struct item *y = b;
    int order;

    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    order = str_cmp(x->section, y->section);
    if (order == 0)
        order = str_cmp(x->key, y->key);
    if (order == 0)
        order = x->number < y->number ? -1 : x->number > y->number;
    return order;
}

void document_release(struct document *d)
{
    free(d->items);
    *d = (struct document){0};
}

static int read_line(struct item *item, struct members *m, struct str line, size_t number,
                     const char *name, struct err *e)
{
    *item = (struct item){.line = line, .number = number};
    if (line.len > COLLECT_LINE_SIZE)
        return err_set(e, ERR_LIMIT, "line %zu of %s is over %d bytes long", number, name,
                       COLLECT_LINE_SIZE);
    if (!members_read(m, line) || m->count < 2 || !str_is(m->list[0].name, "section") ||
        !str_is(m->list[1].name, "key") || m->list[0].value.p[0] != '"' ||
        m->list[1].value.p[0] != '"')
        return err_set(e, ERR_FORMAT, "line %zu of %s is not a line of a snapshot", number, name);
    item->section = inside_of(m->list[0].value);
    item->key = inside_of(m->list[1].value);
    item->rank = section_rank(item->section);
    return 0;
}

static int read_first(struct document *d, const struct item *item, const struct members *m,
                      const char *name, struct err *e)
{
    CLEANUP_BUF struct buf host = {0};

    if (!str_is(item->section, "snapshot") || !str_starts(item->key, "calm-snapshot/"))
        return err_set(e, ERR_FORMAT, "%s does not start as a snapshot does", name);
    if (!str_is(item->key, "calm-snapshot/1"))
        return err_set(e, ERR_NEWER, "%s is of another version of the format than 1", name);
    d->first = item->line;
    value_text(&host, members_find(m, "host"), sizeof(d->head.host) - 4);
    memcpy(d->head.host, buf_text(&host), host.len);
    (void)utc_read(&d->head.taken, inside_of(members_find(m, "taken")));
    return 0;
}

/* The last line binds all before it. */
static void read_last(struct document *d, const struct item *item, const struct members *m)
{
    size_t before = (size_t)(item->line.p - d->text.p);
    struct hash hash = hash_bytes(d->text.p, before);
    struct hash said;
    uint64_t lines;

    d->head.is_whole = members_u64(m, "lines", &lines) && lines == item->number - 1 &&
                       hex_read(said.b, sizeof(said.b), inside_of(members_find(m, "sha256"))) &&
                       hash_eq(&hash, &said) && before + item->line.len + 1 == d->text.len;
}

static int read_lines(struct document *d, const char *name, struct err *e)
{
    CLEANUP_FREE struct members *m = mem_new(struct members);
    struct str rest = d->text;
    size_t room = 0;

    for (size_t number = 1; rest.len; number++) {
        bool is_ended = memchr(rest.p, '\n', rest.len) != NULL;
        struct str line = str_cut(&rest, '\n');
        struct item item;
        int code = 0;

        if (!is_ended && number > 1) /* cut in the middle of a line: what is before is good */
            break;
        if (number > READER_LINE_COUNT)
            return err_set(e, ERR_LIMIT, "%s has more than %d lines", name, READER_LINE_COUNT);
        code = read_line(&item, m, line, number, name, e);
        if (code == 0 && number == 1)
            code = read_first(d, &item, m, name, e);
        if (code < 0)
            return code;
        d->head.lines = number;
        if (number == 1)
            continue;
        if (str_is(item.section, "end")) {
            read_last(d, &item, m);
            continue;
        }
        d->items = mem_grow(d->items, d->count, &room, sizeof(*d->items));
        d->items[d->count++] = item;
    }
    return 0;
}

int document_read(struct document *out, struct str text, const char *name, struct err *e)
{
    struct document d = {.text = text};
    int code;

    if (text.len == 0)
        return err_set(e, ERR_FORMAT, "%s is empty", name);
    if (text.len > COLLECT_DOCUMENT_SIZE)
        return err_set(e, ERR_LIMIT, "%s is over %d MiB big", name, COLLECT_DOCUMENT_SIZE >> 20);
    if (str_has_utf8_error(text))
        return err_set(e, ERR_FORMAT, "%s is not UTF-8 text", name);
    code = read_lines(&d, name, e);
    if (code < 0) {
        document_release(&d);
        return code;
    }
    if (d.count)
        qsort(d.items, d.count, sizeof(*d.items), by_place);
    *out = d;
    return 0;
}

int collect_head(struct str text, struct collect_head *out, struct err *e)
{
    struct document d;
    int code = document_read(&d, text, "the snapshot", e);

    if (code < 0)
        return code;
    *out = d.head;
    document_release(&d);
    return 0;
}
