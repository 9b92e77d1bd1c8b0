/* value_words.c: words of a text. */
#include "timeline/value_words.h"
#include "timeline/value_test.h"

static bool is_of_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (c & 0x80);
}

/* Whether a word goes on between what stands before that place and what is behind it. */
static bool is_within_word(struct str value, size_t at)
{
    return at > 0 && at < value.len && is_of_word(value.p[at - 1]) && is_of_word(value.p[at]);
}

bool value_has_words(struct str value, struct str text)
{
    struct str rest = value;
    const char *found;

    while ((found = find_alike(rest, text))) {
        size_t at = (size_t)(found - value.p);

        if (!is_within_word(value, at) && !is_within_word(value, at + text.len))
            return true;
        rest = str_from(value, at + 1);
    }
    return false;
}

/* What would be one more digit of an address: of one of IPv6 those of 16. */
static bool is_digit_of(struct str value, size_t at, bool is_v6)
{
    char c = at < value.len ? value.p[at] : ' ';

    return char_is_digit(c) || (is_v6 && (c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static size_t count_digits(struct str value, size_t at, bool is_v6)
{
    size_t n = 0;

    while (is_digit_of(value, at + n, is_v6))
        n++;
    return n;
}

/* What would be one more group: ":5", of IPv6; of four numbers one in front, "5.", and two behind,
 * since tcpdump writes a port so: "192.0.2.7.443". */
static bool has_more_groups(struct str value, size_t begin, size_t end, bool is_v6)
{
    char sign = is_v6 ? ':' : '.';
    size_t digits =
        end < value.len && value.p[end] == sign ? count_digits(value, end + 1, is_v6) : 0;
    size_t behind = end + 1 + digits;

    if (is_v6)
        return digits && digits <= 4 && !(behind < value.len && is_of_word(value.p[behind]));
    return (begin > 1 && value.p[begin - 1] == sign && char_is_digit(value.p[begin - 2])) ||
           (digits && behind < value.len && value.p[behind] == sign &&
            count_digits(value, behind + 1, is_v6));
}

bool value_has_address(struct str value, struct str text)
{
    bool is_v6 = memchr(text.p, ':', text.len) != NULL;
    bool has_groups = is_v6 && !memchr(text.p, '.', text.len); /* not "::ffff:192.0.2.7" */
    struct str rest = value;
    const char *found;

    while ((found = find_alike(rest, text))) {
        size_t at = (size_t)(found - value.p);

        if (!(at && is_digit_of(value, at - 1, is_v6)) &&
            !is_digit_of(value, at + text.len, is_v6) &&
            !has_more_groups(value, at, at + text.len, has_groups))
            return true;
        rest = str_from(value, at + 1);
    }
    return false;
}

bool value_has_word_as(struct str value, struct str pattern,
                       bool (*fits)(struct str word, struct str pattern))
{
    while (value.len) {
        size_t len = 0;

        while (len < value.len && is_of_word(value.p[len]))
            len++;
        if (len && fits(str_head(value, len), pattern))
            return true;
        value = str_from(value, len + 1);
    }
    return false;
}
