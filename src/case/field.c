/* field.c: reading and showing of values by their type. */
#include "case/field.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/size.h"

const char *field_option(const struct field *f)
{
    return f->option ? f->option : f->name;
}

const struct field *field_find(const struct field *fields, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(name, fields[i].name))
            return &fields[i];
    return NULL;
}

bool field_begins_group(const struct field *fields, size_t i)
{
    const char *group = fields[i].group;

    return group && (i == 0 || !fields[i - 1].group || strcmp(group, fields[i - 1].group) != 0);
}

bool field_has_choice(const struct field *f, struct str word)
{
    for (size_t i = 0; f->choices && f->choices[i]; i++)
        if (str_is(word, f->choices[i]))
            return true;
    return false;
}

void field_choices(struct buf *out, const struct field *f)
{
    for (size_t i = 0; f->choices && f->choices[i]; i++) {
        if (i)
            buf_adds(out, f->choices[i + 1] ? ", " : " or ");
        buf_adds(out, f->choices[i]);
    }
}

/* The only choice that starts with the word, so that "med" is enough; NULL when none or several do.
 */
static const char *choice_of(const struct field *f, struct str word)
{
    const char *found = NULL;

    for (size_t i = 0; f->choices && f->choices[i]; i++) {
        if (str_is(word, f->choices[i]))
            return f->choices[i];
        if (word.len == 0 || !str_eq(str_head(str_of(f->choices[i]), word.len), word))
            continue;
        if (found)
            return NULL;
        found = f->choices[i];
    }
    return found;
}

static int read_word(const struct field *f, struct str written, struct buf *out, struct err *e)
{
    const char *choice = choice_of(f, written);
    CLEANUP_BUF struct buf choices = {0};

    if (choice) {
        buf_adds(out, choice);
        return 0;
    }
    field_choices(&choices, f);
    return err_set(e, ERR_USAGE, "%s cannot be \"" STR_FMT "\": it is %s", field_option(f),
                   STR_ARG(str_head(written, 60)), buf_text(&choices));
}

static int read_text(const struct field *f, struct str written, struct buf *out, struct err *e)
{
    struct str s = str_trim(written);

    if (s.len > LIMIT_VALUE_SIZE)
        return err_set(
            e, ERR_LIMIT,
            "%s has %zu bytes; the most is %d. Put long text into a file and take it into "
            "evidence with calm preserve files",
            field_option(f), s.len, (int)LIMIT_VALUE_SIZE);
    if (s.len == 0 && (f->flags & FIELD_REQUIRED))
        return err_set(e, ERR_USAGE, "%s is empty", field_option(f));
    if (f->type == FIELD_LINE && s.len && memchr(s.p, '\n', s.len))
        return err_set(e, ERR_USAGE, "%s is one line; it has several", field_option(f));
    buf_addstr(out, s);
    return 0;
}

static int read_moment(const struct field *f, struct str written, struct utc now, struct buf *out,
                       struct err *e)
{
    enum utc_precision precision;
    struct utc t;
    int rc = (f->flags & FIELD_UTC ? utc_parse_utc : utc_parse)(written, now, &t, &precision, e);

    if (rc)
        return rc;
    if (f->flags & FIELD_UNTIL) {
        int64_t last = t.ns + utc_lasts_ns(written, precision) - 1;

        t = (struct utc){t.sec + last / 1000000000, (uint32_t)(last % 1000000000)};
    }
    utc_add(out, t);
    return 0;
}

static int read_span(struct str written, struct buf *out, struct err *e)
{
    int64_t seconds;
    int rc = span_parse(written, &seconds, e);

    if (rc == 0)
        buf_add_u64(out, (uint64_t)seconds);
    return rc;
}

static int read_size(struct str written, struct buf *out, struct err *e)
{
    uint64_t size;
    int rc = size_parse(written, &size, e);

    if (rc == 0)
        buf_add_u64(out, size);
    return rc;
}

static int read_number(const struct field *f, struct str written, struct buf *out, struct err *e)
{
    uint64_t n;

    if (!str_u64(str_trim(written), &n) || n > INT64_MAX)
        return err_set(e, ERR_USAGE, "%s is a whole number; \"" STR_FMT "\" is not",
                       field_option(f), STR_ARG(str_head(written, 60)));
    buf_add_u64(out, n);
    return 0;
}

int field_read(const struct field *f, struct str written, struct utc now, struct buf *out,
               struct err *e)
{
    int rc;

    switch (f->type) {
    case FIELD_WORD:
        return read_word(f, str_trim(written), out, e);
    case FIELD_TIME:
        rc = read_moment(f, written, now, out, e);
        return rc ? err_wrap(e, rc, "%s", field_option(f)) : 0;
    case FIELD_SPAN:
        rc = read_span(written, out, e);
        return rc ? err_wrap(e, rc, "%s", field_option(f)) : 0;
    case FIELD_SIZE:
        rc = read_size(written, out, e);
        return rc ? err_wrap(e, rc, "%s", field_option(f)) : 0;
    case FIELD_NUMBER:
        return read_number(f, written, out, e);
    case FIELD_FLAG:
        buf_adds(out, "yes");
        return 0;
    case FIELD_LINE:
    case FIELD_TEXT:
    case FIELD_PATH:
    case FIELD_REST:
        return read_text(f, written, out, e);
    case FIELD_REF:
        break;
    }
    BUG("field_read of %s", f->name);
}

static bool is_kept(const struct field *f, struct str kept)
{
    struct utc t;
    struct id id;
    uint64_t n;

    switch (f->type) {
    case FIELD_WORD:
        return field_has_choice(f, kept);
    case FIELD_TIME:
        return utc_read(&t, kept);
    case FIELD_SPAN:
    case FIELD_SIZE:
    case FIELD_NUMBER:
        return str_u64(kept, &n) && n <= INT64_MAX;
    case FIELD_FLAG:
        return str_is(kept, "yes");
    case FIELD_REF:
        return hex_read(id.b, sizeof(id.b), kept);
    case FIELD_LINE:
    case FIELD_TEXT:
    case FIELD_PATH:
    case FIELD_REST:
        break;
    }
    return true;
}

bool field_is_kept(const struct field *f, struct str kept)
{
    if (!(f->flags & FIELD_MANY) && f->type != FIELD_REF)
        return !kept.len || is_kept(f, kept);
    while (kept.len)
        if (!is_kept(f, str_cut(&kept, '\n')))
            return false;
    return true;
}

void field_show(const struct field *f, struct str kept, struct utc now, struct buf *out)
{
    char text[UTC_PLAIN_SIZE];
    struct utc t;
    uint64_t n;

    if (f->type == FIELD_TIME && utc_read(&t, kept))
        buf_adds(out, f->flags & FIELD_WHOLE ? utc_local(text, t) : utc_local_short(text, t, now));
    else if (f->type == FIELD_SPAN && str_u64(kept, &n))
        buf_adds(out, span_text(text, (int64_t)n));
    else if (f->type == FIELD_SIZE && str_u64(kept, &n))
        buf_adds(out, size_text(text, n));
    else
        buf_addstr(out, kept);
}
