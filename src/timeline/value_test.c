/* value_test.c: compares values with what a query asks for. */
#include "timeline/value_test.h"
#include <stdlib.h>
#include "base/mem.h"
#include "timeline/letters.h"
#include "timeline/value_words.h"

enum {
    NUMBER_MOST = 40,
    V4_BITS = 32,
    BITS = 128,
    COPIES_MOST = 1000, /* of a part of an expression */
    PLUS_MOST = 10,     /* 2 to the power of it is more than that */
    NEEDED_LEAST = 3    /* what is shorter is nearly everywhere */
};

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static void set_small(struct buf *out, struct str text)
{
    buf_clear(out);
    letters_small(out, text);
}

static void set_text(struct value_test *t, enum value_test_kind kind, struct str text)
{
    t->kind = kind;
    t->is_wide = !str_is_ascii(text);
    set_small(&t->text, text);
}

void value_test_release(struct value_test *t)
{
    buf_release(&t->text);
    if (t->has_regex)
        regfree(&t->regex);
    regex_dfa_free(t->ascii);
}

void value_test_holds(struct value_test *t, struct str text)
{
    set_text(t, TEST_HOLDS, text);
}

void value_test_apart(struct value_test *t, struct str text)
{
    set_text(t, TEST_APART, text);
}

static bool is_number(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.len > 0;
}

/* An address, a slash and a number; *is_sound: there are so many bits. */
static bool read_network(struct str text, uint8_t out[16], unsigned *prefix, bool *is_sound)
{
    struct str bits = text;
    struct str address = str_cut(&bits, '/');
    bool is_v4 = memchr(address.p, ':', address.len) == NULL;
    uint64_t n;

    if (!address_bytes(address, out) || !is_number(bits))
        return false;
    *is_sound = str_u64(bits, &n) && n <= (is_v4 ? V4_BITS : BITS);
    if (*is_sound)
        *prefix = (unsigned)n + (is_v4 ? BITS - V4_BITS : 0);
    return true;
}

bool value_test_is_no_network(struct str text)
{
    uint8_t bytes[16];
    unsigned prefix;
    bool is_sound;

    return read_network(text, bytes, &prefix, &is_sound) && !is_sound;
}

/* "203.0.113.300" */
bool value_test_is_no_address(struct str text)
{
    size_t numbers = 0;
    uint64_t n, greatest = 0;

    while (text.len) {
        struct str number = str_cut(&text, '.');

        if (number.len > 3 || !str_u64(number, &n))
            return false;
        greatest = n > greatest ? n : greatest;
        numbers++;
    }
    return numbers == 4 && greatest > UINT8_MAX;
}

/* A network, or an address, which is one of its own. */
static bool take_network(struct value_test *t, struct str text)
{
    bool is_sound = true;

    if (address_bytes(text, t->network))
        t->prefix = BITS;
    else if (!read_network(text, t->network, &t->prefix, &is_sound) || !is_sound)
        return false;
    set_text(t, TEST_NETWORK, text);
    return true;
}

bool value_test_is_network(struct str text)
{
    uint8_t bytes[16];
    unsigned prefix;
    bool is_sound;

    return address_bytes(text, bytes) ||
           (read_network(text, bytes, &prefix, &is_sound) && is_sound);
}

bool value_test_is_sign(char c)
{
    return c && strchr("*?\\:\"()[]{}/<>=!&|+-^~ ", c);
}

/* Without its escapes; in glob those stay that make * ? and the backslash itself. True: others of
 * them stand there. */
static bool read_escapes(struct str text, struct buf *plain, struct buf *glob)
{
    bool is_glob = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        bool is_escaped = c == '\\' && i + 1 < text.len && value_test_is_sign(text.p[i + 1]);

        c = is_escaped ? text.p[++i] : c;
        is_glob = is_glob || (!is_escaped && (c == '*' || c == '?'));
        if (c == '\\' || (is_escaped && (c == '*' || c == '?')))
            buf_addc(glob, '\\');
        buf_addc(glob, c);
        buf_addc(plain, c);
    }
    return is_glob;
}

void value_test_word(struct value_test *t, struct str text)
{
    CLEANUP_BUF struct buf plain = {0}, glob = {0};

    if (take_network(t, text))
        return;
    if (str_is(text, "*"))
        t->kind = TEST_THERE;
    else if (read_escapes(text, &plain, &glob))
        set_text(t, TEST_GLOB, buf_str(&glob));
    else
        set_text(t, TEST_IS, buf_str(&plain));
}

void value_test_quoted(struct value_test *t, struct str text)
{
    if (!take_network(t, text))
        set_text(t, TEST_IS, text);
}

void value_test_text(struct value_test *t, struct str text, bool is_quoted)
{
    if (is_quoted)
        value_test_quoted(t, text);
    else
        value_test_word(t, text);
    t->is_words = true;
    t->kind = t->kind == TEST_IS ? TEST_WORDS : t->kind;
}

void value_test_bare(struct value_test *t, struct str text)
{
    CLEANUP_BUF struct buf plain = {0}, glob = {0};

    if (read_escapes(text, &plain, &glob) && memchr(text.p, '*', text.len))
        set_text(t, TEST_GLOB, buf_str(&glob));
    else
        set_text(t, TEST_HOLDS, buf_str(&plain));
}

/* A character that stands for itself. To i, k and s others of Unicode are alike. */
static bool is_itself(char c)
{
    static const char all[] = "abcdefghjlmnopqrtuvwxyzABCDEFGHJLMNOPQRTUVWXYZ0123456789"
                              " \"#%&',-/:;<=>@_`~!";

    return c && strchr(all, c);
}

/* Behind a bracket expression that begins at i. */
static size_t behind_brackets(struct str text, size_t i)
{
    i++;
    i += i < text.len && text.p[i] == '^' ? 1 : 0;
    i += i < text.len && text.p[i] == ']' ? 1 : 0;
    while (i < text.len && text.p[i] != ']') {
        char kind = text.p[i] == '[' && i + 1 < text.len ? text.p[i + 1] : 0;

        i++;
        if (kind != ':' && kind != '.' && kind != '=')
            continue;
        for (i++; i + 1 < text.len && !(text.p[i] == kind && text.p[i + 1] == ']'); i++)
            ;
        i += 2;
    }
    return i + 1;
}

static void keep_longer(struct buf *best, struct str run)
{
    if (run.len > best->len)
        set_small(best, run);
}

/* The longest run of an extended expression that stands outside of brackets and choices, and is not
 * repeated: it must be there as it is. Back-references and escapes end a run. */
static void find_needed(struct str text, struct buf *out)
{
    size_t depth = 0, from = 0, i = 0;

    buf_clear(out);
    while (i <= text.len) {
        char c = i < text.len ? text.p[i] : 0;
        bool is_plain = depth == 0 && i < text.len && is_itself(c);
        size_t end = i;

        if (is_plain) {
            i++;
            continue;
        }
        /* What * ? { follow may be there or not. */
        if (i < text.len && (c == '*' || c == '?' || c == '{') && end > from)
            end--;
        keep_longer(out, (struct str){text.p + from, end - from});
        if (c == '|' && depth == 0) {
            buf_clear(out);
            return;
        }
        depth += c == '(';
        depth -= c == ')' && depth;
        i = c == '[' ? behind_brackets(text, i) : c == '\\' ? i + 2 : i + 1;
        if (c == '{')
            while (i <= text.len && text.p[i - 1] != '}')
                i++;
        from = i;
    }
}

/* The longest run between what stands for others. */
static struct str longest_run(struct str glob)
{
    struct str best = STR("");
    size_t from = 0;

    for (size_t i = 0; i <= glob.len; i++) {
        if (i < glob.len && !memchr("*?\\", glob.p[i], 3))
            continue;
        if (i - from > best.len)
            best = (struct str){glob.p + from, i - from};
        from = i + 1;
        i += i < glob.len && glob.p[i] == '\\'; /* what is escaped begins the next run */
    }
    return best;
}

struct str value_test_needs(const struct value_test *t)
{
    if (t->is_wide)
        return STR("");
    switch (t->kind) {
    case TEST_HOLDS:
    case TEST_WORDS:
    case TEST_APART:
    case TEST_IS:
    case TEST_REGEX:
        return buf_str(&t->text);
    case TEST_GLOB:
        return longest_run(buf_str(&t->text));
    default:
        return STR("");
    }
}

/* One address: a value is equal to it that is the text, or another spelling. IPv4 has one of its
 * own; among those of IPv6 each has "ffff:". All spellings of other addresses have a colon. */
static bool may_have_address(const struct value_test *t, struct str bytes)
{
    char dotted[ADDRESS_TEXT_SIZE];

    if (t->prefix < BITS || find_alike(bytes, buf_str(&t->text)))
        return true;
    if (!address_dotted(t->network, dotted))
        return memchr(bytes.p, ':', bytes.len) != NULL;
    return find_alike(bytes, str_of(dotted)) || find_alike(bytes, STR("ffff:"));
}

bool value_test_may_be_in(const struct value_test *t, struct str bytes)
{
    struct str needed = value_test_needs(t);

    if (bytes.len == 0)
        return false;
    if (t->kind == TEST_NETWORK && !t->is_wide)
        return may_have_address(t, bytes);
    return needed.len == 0 || find_alike(bytes, needed);
}

/* The product of all counts: so many copies may be made of a character. */
static uint64_t copies_of(struct str text)
{
    uint64_t product = 1;

    while (text.len) {
        uint64_t most = 1, n = 0;

        (void)str_cut(&text, '{');
        for (; text.len && text.p[0] != '}'; text = str_from(text, 1)) {
            n = text.p[0] >= '0' && text.p[0] <= '9' ? n * 10 + (uint64_t)(text.p[0] - '0') : 0;
            n = n > COPIES_MOST ? COPIES_MOST + 1 : n;
            most = n > most ? n : most;
        }
        product *= most;
        if (product > COPIES_MOST)
            return product;
    }
    return product;
}

/* The most + that stand around or behind one character: the library makes a copy for each, of the
 * copies, too. */
static size_t nested_plus(struct str text)
{
    CLEANUP_FREE size_t *groups = mem_array(text.len + 1, sizeof(groups[0]));
    size_t depth = 0, last = 0, most = 0;

    for (size_t i = 0; i < text.len;) {
        char c = text.p[i];
        size_t behind = c == '\\' ? i + 2 : c == '[' ? behind_brackets(text, i) : i + 1;

        if (c == '(')
            groups[++depth] = 0;
        if (c == ')' && depth)
            last = groups[depth--];
        else if (c == '+')
            last++;
        else if (c == '{')
            while (behind < text.len && text.p[behind - 1] != '}')
                behind++;
        else if (c != '*' && c != '?')
            last = 0;
        groups[depth] = last > groups[depth] ? last : groups[depth];
        most = last > most ? last : most;
        i = behind;
    }
    return most;
}

static bool repeats_too_often(struct str text)
{
    size_t plus = nested_plus(text);

    return plus >= PLUS_MOST || copies_of(text) << plus > COPIES_MOST;
}

int value_test_regex(struct value_test *t, struct str text, struct err *e)
{
    CLEANUP_FREE char *copy = mem_dup(text.p, text.len);
    int rc;
    char words[128];

    if (repeats_too_often(text))
        return err_set(e, ERR_USAGE,
                       "the expression /%s/ repeats too often: the counts in it, and + of what has "
                       "a + in it, come to more than %d copies together",
                       copy, COPIES_MOST);
    rc = memchr(copy, '\0', text.len)
             ? REG_BADPAT
             : regcomp(&t->regex, copy, REG_EXTENDED | REG_NOSUB | REG_ICASE);

    if (rc) {
        regerror(rc, &t->regex, words, sizeof(words));
        return err_set(e, ERR_USAGE, "the expression /%s/ cannot be used: %s", copy, words);
    }
    t->has_regex = true;
    t->kind = TEST_REGEX;
    t->ascii = regex_dfa_new(text);
    find_needed(text, &t->text);
    if (t->text.len < NEEDED_LEAST)
        buf_clear(&t->text);
    return 0;
}

/* What stands there for itself; a backslash is always followed by something. */
static char glob_char(struct str glob, size_t g)
{
    return glob.p[g] == '\\' ? glob.p[g + 1] : glob.p[g];
}

static bool fits_glob(struct str value, struct str glob)
{
    size_t v = 0, g = 0, star = SIZE_MAX, from = 0;

    while (v < value.len) {
        if (g < glob.len && glob.p[g] == '*') {
            star = g++;
            from = v;
        } else if (g < glob.len && (glob.p[g] == '?' || glob_char(glob, g) == small(value.p[v]))) {
            /* One character may have several bytes. */
            bool is_any = glob.p[g] == '?';

            g += glob.p[g] == '\\' ? 2 : 1;

            v++;
            while (is_any && v < value.len && ((uint8_t)value.p[v] & 0xC0) == 0x80)
                v++;
        } else if (star != SIZE_MAX) {
            g = star + 1;
            v = ++from;
        } else {
            return false;
        }
    }
    while (g < glob.len && glob.p[g] == '*')
        g++;
    return g == glob.len;
}

static bool is_in(const struct value_test *t, struct str value)
{
    uint8_t bytes[16];
    unsigned whole = t->prefix / 8, rest = t->prefix % 8;

    if (!address_bytes(value, bytes) || memcmp(bytes, t->network, whole) != 0)
        return false;
    return rest == 0 || (bytes[whole] ^ t->network[whole]) >> (8 - rest) == 0;
}

static bool is_between(const struct value_test *t, struct str value)
{
    char copy[NUMBER_MOST + 1], *end;
    long double n;

    if (value.len == 0 || value.len > NUMBER_MOST || (uint8_t)value.p[0] <= ' ')
        return false;
    memcpy(copy, value.p, value.len);
    copy[value.len] = '\0';
    n = strtold(copy, &end);
    return *end == '\0' && n >= t->low && n <= t->high && !(t->is_above && n == t->low) &&
           !(t->is_below && n == t->high);
}

static bool fits_regex(const struct value_test *t, struct str value)
{
    regmatch_t span = {.rm_so = 0, .rm_eo = (regoff_t)value.len};

    if (t->ascii && str_is_ascii(value)) {
        uint8_t fits;

        regex_dfa_fits(t->ascii, &value, 1, &fits);
        return fits;
    }
    return regexec(&t->regex, value.p, 1, &span, REG_STARTEND) == 0;
}

static bool is_text(const struct value_test *t, struct str value)
{
    return value.len == t->text.len && alike_is(value.p, buf_str(&t->text));
}

static bool test_small(const struct value_test *t, struct str value)
{
    switch (t->kind) {
    case TEST_HOLDS:
        return find_alike(value, buf_str(&t->text)) != NULL;
    case TEST_WORDS:
        return value_has_words(value, buf_str(&t->text));
    case TEST_APART:
        return value_has_address(value, buf_str(&t->text));
    case TEST_IS:
        return is_text(t, value);
    case TEST_GLOB:
        return fits_glob(value, buf_str(&t->text)) ||
               (t->is_words && value_has_word_as(value, buf_str(&t->text), fits_glob));
    case TEST_REGEX:
        return fits_regex(t, value);
    case TEST_NETWORK:
        return is_in(t, value) ||
               (t->is_words ? value_has_words(value, buf_str(&t->text)) : is_text(t, value));
    case TEST_NUMBER:
        return is_between(t, value);
    case TEST_THERE:
        return true;
    }
    return false;
}

bool value_test(const struct value_test *t, struct str value)
{
    CLEANUP_BUF struct buf small_value = {0};

    if (!t->is_wide)
        return test_small(t, value);
    if (str_is_ascii(value))
        return false;
    set_small(&small_value, value);
    return test_small(t, buf_str(&small_value));
}

void value_test_all(const struct value_test *t, const struct str *values, size_t count,
                    uint8_t *is_true)
{
    for (size_t i = 0; i < count; i++) {
        size_t from = i;

        while (t->ascii && i < count && str_is_ascii(values[i]))
            i++;
        if (i > from)
            regex_dfa_fits(t->ascii, values + from, i - from, is_true + from);
        if (i < count)
            is_true[i] = value_test(t, values[i]);
    }
}
