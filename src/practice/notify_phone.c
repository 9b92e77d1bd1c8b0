/* notify_phone.c: keeps telephones that are not safe from being called. */
#include "practice/notify_phone.h"
#include <string.h>

enum { NUMBER_SIZE = 32, NUMBER_LEAST = 6 };

bool notify_reaches(const struct thing *channel, const struct thing *person, struct str *address)
{
    struct str lines = thing_value(channel, "reaches");
    struct str name = view_title(person);
    bool is_for_all = lines.len == 0;

    *address = STR("");
    while (lines.len) {
        struct str line = str_trim(str_cut(&lines, '\n'));

        if (!str_eq(str_head(line, name.len), name))
            continue;
        line = str_trim(str_from(line, name.len));
        if (line.len && line.p[0] != ':')
            continue;
        *address = str_trim(str_from(line, 1));
        return true;
    }
    return is_for_all;
}

/* Its last digits, without what people put between them. */
static struct str digits_of(struct str number, char out[NUMBER_SIZE])
{
    size_t count = 0;

    for (size_t i = number.len; i-- > 0 && count < NUMBER_SIZE;)
        if (number.p[i] >= '0' && number.p[i] <= '9')
            out[NUMBER_SIZE - ++count] = number.p[i];
    while (count && out[NUMBER_SIZE - count] == '0') /* in place of the country's, or before it */
        count--;
    return (struct str){out + NUMBER_SIZE - count, count};
}

/* "0171 000000" is "+49 171 000000"; of what is too short for that all must be the same. */
static bool is_same_number(struct str a, struct str b)
{
    char x[NUMBER_SIZE], y[NUMBER_SIZE];
    struct str one = digits_of(a, x), other = digits_of(b, y);

    if (!one.len || !other.len)
        return str_eq(str_trim(a), str_trim(b));
    if (one.len > other.len) {
        struct str longer = one;

        one = other;
        other = longer;
    }
    return str_eq(one, other) ||
           (one.len >= NUMBER_LEAST && str_eq(str_from(other, other.len - one.len), one));
}

bool notify_number_is_refused(const struct view *v, const struct thing *person, struct str number,
                              struct buf *why)
{
    const struct thing *c;
    bool is_refused = false;

    for (size_t at = 0; number.len && (c = view_next(v, "channel", &at));) {
        CLEANUP_BUF struct buf clause = {0};
        struct str address;

        if (thing_value(c, "account").len || !thing_value(c, "reaches").len ||
            !notify_reaches(c, person, &address))
            continue;
        if (!is_same_number(address.len ? address : thing_value(person, "mobile"), number) ||
            !notify_channel_is_refused(v, c, NULL, &clause))
            continue;
        notify_trust_hint(c, &clause);
        if (!str_has_line(buf_str(why), buf_str(&clause)))
            buf_addf(why, "%s\n", buf_text(&clause));
        is_refused = true;
    }
    return is_refused;
}

struct str notify_number_of(const struct view *v, const struct thing *message, struct buf *why)
{
    const struct thing *to = view_ref(v, message, "to");
    const struct str numbers[] = {thing_value(message, "address"),
                                  to ? thing_value(to, "mobile") : STR("")};

    for (size_t i = 0; to && i < COUNT_OF(numbers); i++)
        if (numbers[i].len && !notify_number_is_refused(v, to, numbers[i], why))
            return numbers[i];
    return STR("");
}

bool notify_is_in_person(const struct view *v, const struct thing *message)
{
    CLEANUP_BUF struct buf why = {0};

    return !notify_number_of(v, message, &why).len && why.len;
}

/* How much of it is a person's name, which stands alone or before a colon; 0: none. */
static size_t name_size(const struct view *v, struct str text)
{
    const struct thing *t;
    size_t most = 0;

    for (size_t at = 0; (t = view_next(v, "person", &at));) {
        struct str name = view_title(t), rest = str_trim(str_from(text, name.len));

        if (name.len > most && str_eq(str_head(text, name.len), name) &&
            (!rest.len || rest.p[0] == ':' || rest.p[0] == ','))
            most = name.len;
    }
    return most;
}

/* An address may have a comma ("room 12, second floor"), and so may a name ("Brandt, Eva"); behind
 * it, another address or another person may not stand. */
static bool is_several(const struct view *v, struct str line)
{
    struct str rest = str_from(line, name_size(v, line)), head = str_cut(&rest, ',');
    bool has_address = memchr(head.p ? head.p : "", ':', head.len) != NULL;

    while (rest.len) {
        struct str piece = str_trim(str_cut(&rest, ','));

        if (name_size(v, piece) || (has_address && memchr(piece.p ? piece.p : "", ':', piece.len)))
            return true;
    }
    return false;
}

int notify_reaches_check(const struct view *v, struct str lines, struct err *e)
{
    while (lines.len) {
        struct str line = str_trim(str_cut(&lines, '\n'));

        if (is_several(v, line))
            return err_set(e, ERR_USAGE,
                           "--reaches \"" STR_FMT "\" names several; say it once for each: "
                           "--reaches \"Eva Brandt: eva@example.org\" --reaches \"Jan Falk: "
                           "jan@example.org\"",
                           STR_ARG(str_head(line, 200)));
    }
    return 0;
}
