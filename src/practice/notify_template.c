/* notify_template.c: reads a text with placeholders, refusing at once what could not be filled. */
#include "practice/notify_template.h"
#include "practice/script.h"
#include "base/utc.h"
#include "practice/notify.h"
#include "base/sink.h"
#include "practice/texts.h"
#include "sys/file.h"

enum { NAME_SIZE = 40 };

void notify_template_release(struct notify_template *t)
{
    buf_release(&t->bytes);
    buf_release(&t->roles);
}

static bool is_own_value(struct str name)
{
    return str_is(name, "to") || str_is(name, "word");
}

static int bad(const char *file, unsigned line, struct err *e, const char *what, struct str name)
{
    return err_set(e, ERR_FORMAT, "the template %s, line %u: %s" STR_FMT, file, line, what,
                   STR_ARG(str_head(name, NAME_SIZE)));
}

static bool read_roles(struct str roles, struct buf *out)
{
    const struct field *f =
        field_find(notify_contact_kind.fields, notify_contact_kind.field_count, STR("role"));

    while (roles.len) {
        struct str role = str_trim(str_cut(&roles, ','));

        if (!str_is(role, "anyone") && !field_has_choice(f, role))
            return false;
        buf_adds(out, out->len ? ", " : "");
        buf_addstr(out, role);
    }
    return true;
}

static int take_header(struct notify_template *t, struct str name, struct str value,
                       const char *file, unsigned line, struct err *e)
{
    struct str *text = str_is(name, "title")     ? &t->title
                       : str_is(name, "subject") ? &t->subject
                                                 : NULL;

    if (text && text->len)
        return bad(file, line, e, "said twice: ", name);
    if (!value.len || memchr(value.p, '{', value.len) || memchr(value.p, '}', value.len))
        return bad(file, line, e, "a header is one line without placeholders: ", name);
    if (text) {
        *text = value;
        return 0;
    }
    if (str_is(name, "to"))
        return read_roles(value, &t->roles)
                   ? 0
                   : bad(file, line, e, "a role in this list is not known: ", value);
    if (str_is(name, "label"))
        return tlp_of(value, &t->label) ? 0
                                        : bad(file, line, e, "this label is not known: ", value);
    if (str_is(name, "answer"))
        return span_parse(value, &t->answer_s, NULL) == 0 && t->answer_s > 0
                   ? 0
                   : bad(file, line, e, "this is no span: ", value);
    return bad(file, line, e, "this header is not known: ", name);
}

/* Parts in brackets do not nest, and each has a value that may be missing. */
static int check_parts(struct str text, const char *file, unsigned number, struct err *e)
{
    bool is_inside = false, has_value = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];

        if (c == '[' && is_inside)
            return bad(file, number, e, "a [ inside of another", STR(""));
        if (c == ']' && !is_inside)
            return bad(file, number, e, "a ] without its [", STR(""));
        if (c == ']' && !has_value)
            return bad(file, number, e, "a part in [ ] without a value in it", STR(""));
        has_value = c == '{' || (c != '[' && has_value);
        is_inside = c == '[' || (c != ']' && is_inside);
        number += c == '\n';
    }
    return is_inside ? bad(file, number, e, "a [ without its ]", STR("")) : 0;
}

/* Braces come in pairs around a name that is known; so filling cannot fail. */
static int check_line(struct notify_template *t, struct str line, const char *file, unsigned number,
                      struct err *e)
{
    while (line.len) {
        struct str plain = str_cut(&line, '{');
        struct str before = line;
        struct str name;

        if (memchr(plain.p, '}', plain.len))
            return bad(file, number, e, "a } without its {", STR(""));
        if (!line.len && plain.p + plain.len == line.p)
            return 0;
        name = str_cut(&line, '}');
        if (name.len == before.len)
            return bad(file, number, e, "a { without its }: ", name);
        if (!script_placeholder(name) && !is_own_value(name))
            return bad(file, number, e, "there is no field of that name: ", name);
        t->has_word = t->has_word || str_is(name, "word");
    }
    return 0;
}

static int parse_headers(struct notify_template *t, struct str *rest, const char *file,
                         unsigned *number, struct err *e)
{
    bool has_label = false;

    while (rest->len) {
        struct str line = str_trim(str_cut(rest, '\n'));
        struct str name;
        int rc;

        (*number)++;
        if (!line.len)
            break;
        name = str_trim(str_cut(&line, ':'));
        has_label = has_label || str_is(name, "label");
        rc = take_header(t, name, str_trim(line), file, *number, e);
        if (rc)
            return rc;
    }
    if (!t->title.len || !t->roles.len || !t->subject.len || !has_label)
        return bad(file, *number, e, "a template begins with title, label, to and subject",
                   STR(""));
    return 0;
}

int notify_template_parse(struct notify_template *out, const char *name, struct str bytes,
                          struct err *e)
{
    CLEANUP_TEMPLATE struct notify_template t = {0};
    unsigned number = 0, first;
    struct str rest;
    int rc;

    if (bytes.len > TEMPLATE_SIZE_LIMIT)
        return err_set(e, ERR_LIMIT, "the template %s is larger than 32 KiB", name);
    if (str_has_utf8_error(bytes) || memchr(bytes.p ? bytes.p : "", '\0', bytes.len))
        return err_set(e, ERR_FORMAT, "the template %s is not text in UTF-8", name);
    buf_addstr(&t.bytes, bytes);
    rest = buf_str(&t.bytes);
    rc = parse_headers(&t, &rest, name, &number, e);
    t.text = rest;
    first = number + 1;
    while (rc == 0 && rest.len)
        rc = check_line(&t, str_cut(&rest, '\n'), name, ++number, e);
    if (rc == 0)
        rc = check_parts(t.text, name, first, e);
    if (rc == 0 && !str_trim(t.text).len)
        rc = bad(name, number, e, "there is no text behind the headers", STR(""));
    if (rc)
        return rc;
    *out = t;
    t = (struct notify_template){0};
    return 0;
}

static bool is_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!(name.p[i] >= 'a' && name.p[i] <= 'z') && !(name.p[i] >= '0' && name.p[i] <= '9') &&
            name.p[i] != '-')
            return false;
    return name.len && name.len <= NAME_SIZE;
}

int notify_template_load(struct notify_template *out, const struct surroundings *around,
                         struct str name, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf bytes = {0};
    CLEANUP_BUF struct buf known = {0};
    struct str found, text;
    int rc = ERR_NOTFOUND;

    if (is_name(name) && around->config_folder) {
        buf_addf(&path, "%s/templates/" STR_FMT ".txt", around->config_folder, STR_ARG(name));
        rc = file_read(&bytes, buf_text(&path), TEMPLATE_SIZE_LIMIT, e);
    }
    if (rc == 0)
        return notify_template_parse(out, buf_text(&path), buf_str(&bytes), e);
    if (rc != ERR_NOTFOUND)
        return rc;
    for (size_t i = 0; texts_template(i, &found, &text); i++) {
        buf_addf(&known, "%s" STR_FMT, known.len ? ", " : "", STR_ARG(found));
        buf_clear(&path);
        buf_addstr(&path, found);
        if (str_eq(found, name))
            return notify_template_parse(out, buf_text(&path), text, e);
    }
    return err_set(e, ERR_NOTFOUND,
                   "there is no template " STR_FMT "; there are %s, and your own in %s/templates",
                   STR_ARG(str_head(name, NAME_SIZE)), buf_text(&known),
                   around->config_folder ? around->config_folder : "~/.config/calm");
}

bool notify_template_is_for(const struct notify_template *t, struct str role)
{
    struct str roles = buf_str(&t->roles);

    while (roles.len) {
        struct str one = str_trim(str_cut(&roles, ','));

        if (str_is(one, "anyone") || str_eq(one, role))
            return true;
    }
    return false;
}

int notify_template_check_set(struct str lines, struct utc now, struct err *e)
{
    while (lines.len) {
        struct str line = str_cut(&lines, '\n');
        struct str name = str_trim(str_cut(&line, '='));

        if (!str_trim(line).len || !script_placeholder(name))
            return err_set(e, ERR_USAGE,
                           "--set takes NAME=VALUE, with the name of a placeholder; " STR_FMT
                           " is none (data/scripts/README.md lists them)",
                           STR_ARG(str_head(name, NAME_SIZE)));
        if (str_is(name, "next_update") && script_check_next(line, now, e))
            return ERR_USAGE;
    }
    return 0;
}

static void tell(struct answer *a, struct json *j, const char *name,
                 const struct notify_template *t, const struct err *why)
{
    if (a->wants_json) {
        json_object_begin(j);
        json_put_text(j, "name", name);
        json_put_str(j, "title", why ? STR("") : t->title);
        json_put_text(j, "label", why ? NULL : tlp_names[t->label]);
        json_put_text(j, "error", why ? why->text : NULL);
        json_object_end(j);
        return;
    }
    buf_addf(&a->text, "%-12s ", name);
    if (why) {
        sink_terminal(&a->text, str_of(why->text), false);
    } else {
        buf_addf(&a->text, "%-16s ", tlp_mark(t->label));
        sink_terminal(&a->text, t->title, false);
    }
    buf_addc(&a->text, '\n');
}

static int templates_query(const struct view *v, const struct operation *op, const struct input *in,
                           struct answer *a, struct err *e)
{
    struct str name, text;
    struct json j;

    (void)v;
    (void)op;
    (void)in;
    (void)e;
    json_begin(&j, &a->json);
    if (a->wants_json)
        json_array_begin(&j);
    for (size_t i = 0; texts_template(i, &name, &text); i++) {
        CLEANUP_TEMPLATE struct notify_template t = {0};
        CLEANUP_BUF struct buf called = {0};
        struct err why = {0};

        buf_addstr(&called, name);
        tell(a, &j, buf_text(&called), &t,
             notify_template_load(&t, a->around, name, &why) ? &why : NULL);
    }
    if (a->wants_json)
        json_array_end(&j);
    return 0;
}

const struct operation notify_templates = {.name = "notify templates",
                                           .practice = "notify",
                                           .help = "list the texts that messages are made from",
                                           .example = "calm notify templates",
                                           .type = OP_QUERY,
                                           .faces = FACE_ALL,
                                           .query = templates_query};
