/* notify_fill.c: fills a template with what its reader may know; no sentence keeps a hole. */
#include "practice/notify_template.h"
#include "practice/script.h"

static struct str set_value(struct str lines, struct str name)
{
    while (lines.len) {
        struct str line = str_cut(&lines, '\n');

        if (str_eq(str_trim(str_cut(&line, '=')), name))
            return str_trim(line);
    }
    return STR("");
}

static struct str value_of(struct script *s, const struct template_values *values, struct str name)
{
    struct str set = set_value(values->set, name);

    if (str_is(name, "to"))
        return values->to;
    if (str_is(name, "word"))
        return values->word;
    return set.len ? set : script_value(s, script_placeholder(name));
}

bool notify_template_part(struct str *rest, struct str *plain, struct str *part)
{
    bool has_part = memchr(rest->p ? rest->p : "", '[', rest->len) != NULL;

    *plain = str_cut(rest, '[');
    *part = STR("");
    if (!has_part)
        return false;
    *part = str_cut(rest, ']');
    if (part->len && part->p[part->len - 1] == '\n' && rest->len && rest->p[0] == '\n')
        *rest = str_from(*rest, 1);
    return true;
}

static void note_name(struct buf *names, struct str name)
{
    struct str rest = buf_str(names);

    while (rest.len)
        if (str_eq(str_trim(str_cut(&rest, ',')), name))
            return;
    buf_addf(names, "%s" STR_FMT, names->len ? ", " : "", STR_ARG(name));
}

struct filling {
    struct script *s;
    const struct template_values *values;
};

/* Are all values of this piece known? Names of others are noted. */
static bool is_known(const struct filling *f, struct str piece, struct buf *names)
{
    bool is_whole = true;

    while (memchr(piece.p ? piece.p : "", '{', piece.len)) {
        struct str name;

        (void)str_cut(&piece, '{');
        name = str_cut(&piece, '}');
        if (value_of(f->s, f->values, name).len)
            continue;
        note_name(names, name);
        is_whole = false;
    }
    return is_whole;
}

static void fill_line(const struct filling *f, struct str line, struct buf *out)
{
    CLEANUP_BUF struct buf filled = {0};

    while (line.len) {
        bool has_name = memchr(line.p, '{', line.len) != NULL;

        buf_addstr(&filled, str_cut(&line, '{'));
        if (has_name)
            script_add_value(&filled, value_of(f->s, f->values, str_cut(&line, '}')));
    }
    buf_addstr(out, buf_str(&filled));
    buf_addc(out, '\n');
}

/* The text without the parts that are left out. */
static void choose_parts(const struct filling *f, struct str text, struct buf *chosen,
                         struct buf *left_out, struct buf *missing)
{
    struct str plain, part;
    bool has_part;

    do {
        has_part = notify_template_part(&text, &plain, &part);
        (void)is_known(f, plain, missing);
        buf_addstr(chosen, plain);
        if (has_part && is_known(f, part, left_out))
            buf_addstr(chosen, part);
    } while (has_part);
}

/* The next line, with those that it goes on in: each but the last ends with a backslash. */
static void next_line(struct str *rest, struct buf *line)
{
    struct str piece = str_cut(rest, '\n');

    buf_clear(line);
    while (str_ends(piece, "\\") && rest->len) {
        buf_addstr(line, str_head(piece, piece.len - 1));
        piece = str_cut(rest, '\n');
        while (piece.len && piece.p[0] == ' ')
            piece = str_from(piece, 1);
    }
    buf_addstr(line, piece);
}

void notify_template_fill(const struct notify_template *t, struct script *s,
                          const struct template_values *values, struct buf *out,
                          struct buf *left_out, struct buf *missing)
{
    struct filling f = {s, values};
    CLEANUP_BUF struct buf chosen = {0};
    CLEANUP_BUF struct buf line = {0};
    bool is_after_blank = true;
    struct str rest;

    choose_parts(&f, t->text, &chosen, left_out, missing);
    for (rest = buf_str(&chosen); rest.len;) {
        bool is_blank;

        next_line(&rest, &line);
        is_blank = !str_trim(buf_str(&line)).len;
        if (!is_blank || !is_after_blank) /* one blank line stands where parts were left out */
            fill_line(&f, buf_str(&line), out);
        is_after_blank = is_blank;
    }
    while (out->len > 1 && out->p[out->len - 1] == '\n')
        out->len--;
}
