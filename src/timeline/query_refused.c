/* query_refused.c: what is written as other languages have it, and would find nothing here. */
#include "timeline/query_tree.h"

#define EQUAL                                                                                      \
    "what is equal is field:value, what is not is not field:value; text with = in it is quoted"

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@';
}

bool query_is_name(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

static size_t name_length(struct str s)
{
    size_t len = 0;

    while (len < s.len && query_is_name(s.p[len]))
        len++;
    return len;
}

static bool has_sign(struct str s)
{
    return str_starts(s, "=") || str_starts(s, "!=");
}

/* Of an event, without a dot in it. */
static bool is_part(struct str name)
{
    static const char *const parts[] = {"source",  "evidence", "tag",  "precision", "doubt",
                                        "meaning", "message",  "time", "@timestamp"};

    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (str_is(name, parts[i]))
            return true;
    return false;
}

/* "user.name=eva", but not "uid=0", which lines of logs have in them, nor the end of base64. */
static bool is_comparison(struct str word)
{
    struct str name = str_head(word, name_length(word)), sign = str_from(word, name.len);
    struct str value = sign;

    if (!has_sign(sign))
        return false;
    if (name.len == 0)
        return true;
    if (!is_letter(name.p[0]))
        return false;
    while (value.len && (value.p[0] == '=' || value.p[0] == '!'))
        value = str_from(value, 1);
    return memchr(name.p, '.', name.len) || is_part(name) ||
           (value.len && !str_is(str_head(sign, (size_t)(value.p - sign.p)), "="));
}

/* The bytes of ', or of the quotes of typeset text that s begins with: U+2018 to U+201E, U+00AB and
 * U+00BB. */
static size_t quote_length(struct str s)
{
    if (str_starts(s, "'"))
        return 1;
    if (str_starts(s, "\xC2\xAB") || str_starts(s, "\xC2\xBB"))
        return 2;
    return str_starts(s, "\xE2\x80") && s.len > 2 && (uint8_t)s.p[2] >= 0x98 &&
                   (uint8_t)s.p[2] <= 0x9E
               ? 3
               : 0;
}

static bool ends_quote(struct str s)
{
    for (size_t size = 1; size <= 3 && size < s.len; size++)
        if (quote_length(str_from(s, s.len - size)) == size)
            return true;
    return false;
}

static bool is_digits(struct str s)
{
    uint64_t n;

    return str_u64(s, &n);
}

/* "1..99", "10.0.0.5-10.0.0.9": what a test of both sides has in common. */
static bool is_between(struct str word, const char *sign, bool is_side(struct str))
{
    size_t len = strlen(sign);

    for (size_t i = 1; i + len < word.len; i++)
        if (str_starts(str_from(word, i), sign) && is_side(str_head(word, i)) &&
            is_side(str_from(word, i + len)))
            return true;
    return false;
}

static const char *refused_value(struct str word)
{
    if (str_starts(word, "!") && !str_starts(word, "!="))
        return "what is not so is not field:value; text that begins with ! is quoted";
    if (has_sign(word))
        return EQUAL;
    if (quote_length(word))
        return "text is quoted with \" and no other sign; one that it begins with is quoted, too";
    if (is_between(word, "..", is_digits))
        return "a range is field:[FROM TO UNTIL]; text that looks so is quoted";
    if (is_between(word, "-", value_test_is_network))
        return "a range of addresses is a network, as 10.0.0.0/29, or some of them are in "
               "brackets: (10.0.0.1 or 10.0.0.2)";
    return NULL;
}

const char *query_refused(struct str word, bool is_of_field)
{
    if (str_is(word, ":"))
        return "the name of a field is missing, or stands twice; a colon that is text is quoted";
    if (is_of_field)
        return refused_value(word);
    if (is_comparison(word))
        return EQUAL;
    if (word.p[0] == '|')
        return "what stands behind | in other languages is a command of its own here (calm analyse "
               "top counts); | as text is quoted";
    if (quote_length(word) && !ends_quote(word))
        return "words are quoted with \" and no other sign; one that is text is quoted, too";
    return NULL;
}

bool query_is_text(struct str field)
{
    return str_is(field, "message") || str_is(field, "error.message");
}

/* Of which ECS says that they are numbers. */
static bool is_numeric(struct str field)
{
    static const char *const ends[] = {".pid", ".port", ".bytes", ".packets", ".status_code"};

    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (str_ends(field, ends[i]))
            return true;
    return false;
}

static bool has_digit_or_sign(struct str word)
{
    for (size_t i = 0; i < word.len; i++)
        if (memchr("0123456789*?", word.p[i], 12))
            return true;
    return false;
}

const char *query_refused_of(struct str field, struct str word)
{
    if (query_is_text(field))
        return NULL;
    if (str_is(word, "null") || str_is(word, "NULL"))
        return "what lacks a field is not NAME:*; the word as a value is quoted";
    if (is_numeric(field) && !has_digit_or_sign(word))
        return "the values of this field are numbers; a word is quoted to be found";
    return NULL;
}

static struct str behind_spaces(struct str s)
{
    while (s.len && s.p[0] == ' ')
        s = str_from(s, 1);
    return s;
}

static bool take_small(struct str *s, const char *word)
{
    size_t len = strlen(word);

    if (s->len <= len || find_alike(str_head(*s, len), str_of(word)) != s->p)
        return false;
    *s = str_from(*s, len);
    return true;
}

bool query_is_list(struct str s)
{
    struct str name = str_head(s, name_length(s)), rest = str_from(s, name.len);

    if (!(memchr(name.p, '.', name.len) || is_part(name)) || !str_starts(rest, " "))
        return false;
    rest = behind_spaces(rest);
    if (take_small(&rest, "not "))
        rest = behind_spaces(rest);
    return take_small(&rest, "in") && str_starts(behind_spaces(rest), "(");
}

/* Lucene writes "user.\*:eva". */
size_t query_wild_name(struct str s)
{
    size_t len = 0, colon;
    bool is_wild = false;

    while (len < s.len) {
        bool is_star = s.p[len] == '*' || s.p[len] == '?';
        bool is_escaped = len && s.p[len - 1] == '.' && str_starts(str_from(s, len), "\\*");

        if (!is_star && !is_escaped && !query_is_name(s.p[len]))
            break;
        is_wild = is_wild || is_star || is_escaped;
        len += is_escaped ? 2 : 1;
    }
    colon = len;
    while (colon < s.len && (uint8_t)s.p[colon] <= ' ')
        colon++;
    return is_wild && colon < s.len && s.p[colon] == ':' ? len : 0;
}
