/* test_render_html.h: a strict reader of the HTML that reports are made of: it accepts less than a
 * browser and notes the order of tags, anchors and links. */
#pragma once
#include "base/str.h"

struct html_check {
    struct buf tags;      /* "<p>", "</p>" … one after the other, without wbr */
    struct buf text;      /* what is between tags, entities decoded */
    struct buf ids;       /* " r17 s3 " */
    struct buf links;     /* targets within the file, likewise */
    struct str style;     /* the content of the style element */
    const char *problem;  /* NULL when all is well */
    struct str stack[64]; /* open elements */
    size_t depth;
};

static void html_check_release(struct html_check *h)
{
    buf_release(&h->tags);
    buf_release(&h->text);
    buf_release(&h->ids);
    buf_release(&h->links);
}

static bool is_one_of(struct str word, const char *list)
{
    CLEANUP_BUF struct buf b = {0};

    buf_addf(&b, " %.*s ", (int)word.len, word.p);
    return strstr(list, buf_text(&b)) != NULL;
}

static const char void_tags[] = " meta br wbr rect circle ";
static const char known_tags[] = " html head meta title style body a header main footer p span "
                                 "strong em code br wbr h1 h2 h3 h4 nav "
                                 "ol ul li dl dt dd div table caption thead tbody tr th td small b "
                                 "time figure figcaption svg desc "
                                 "text rect circle pre ";
static const char known_attributes[] = " lang charset http-equiv content name class href id role "
                                       "tabindex aria-labelledby scope colspan "
                                       "datetime width height x y r cx cy ";

static void html_problem(struct html_check *h, const char *problem)
{
    if (!h->problem)
        h->problem = problem;
}

static void html_attribute_seen(struct html_check *h, struct str name, struct str value)
{
    if (!is_one_of(name, known_attributes))
        html_problem(h, "an unknown attribute");
    if (memchr(value.p, '<', value.len))
        html_problem(h, "< in an attribute");
    if (str_is(name, "id")) {
        if (is_one_of(value, buf_text(&h->ids)))
            html_problem(h, "the same id twice");
        buf_addf(&h->ids, " %.*s ", (int)value.len, value.p);
    }
    if (str_is(name, "href")) {
        if (!value.len || value.p[0] != '#')
            html_problem(h, "a link out of the file");
        buf_addf(&h->links, " %.*s ", (int)value.len - 1, value.p + 1);
    }
}

/* Reads the attributes of a tag; the rest begins behind its >. */
static void html_attributes(struct html_check *h, struct str *rest)
{
    while (rest->len && rest->p[0] != '>' && rest->p[0] != '/') {
        struct str name, value;

        if (rest->p[0] != ' ')
            html_problem(h, "no space before an attribute");
        *rest = str_from(*rest, 1);
        if (rest->len && rest->p[0] == ' ')
            continue;
        name = str_cut(rest, '=');
        if (!rest->len || rest->p[0] != '"') {
            html_problem(h, "an attribute without quotes");
            return;
        }
        *rest = str_from(*rest, 1);
        value = str_cut(rest, '"');
        html_attribute_seen(h, name, value);
    }
    if (rest->len && rest->p[0] == '/')
        *rest = str_from(*rest, 1);
    if (!rest->len || rest->p[0] != '>')
        html_problem(h, "a tag without its end");
    *rest = str_from(*rest, 1);
}

static void html_tag(struct html_check *h, struct str *rest)
{
    bool closes = rest->len > 1 && rest->p[1] == '/';
    size_t len = closes ? 2 : 1;
    size_t start = len;
    struct str name;

    while (len < rest->len && ((rest->p[len] >= 'a' && rest->p[len] <= 'z') ||
                               (rest->p[len] >= '0' && rest->p[len] <= '9')))
        len++;
    name = str_head(str_from(*rest, start), len - start);
    *rest = str_from(*rest, len);
    if (!is_one_of(name, known_tags))
        html_problem(h, "an unknown tag");
    if (!str_is(name, "wbr"))
        buf_addf(&h->tags, closes ? "</%.*s>" : "<%.*s>", (int)name.len, name.p);
    html_attributes(h, rest);
    if (closes && (h->depth == 0 || !str_eq(h->stack[--h->depth], name)))
        html_problem(h, "a closing tag that closes nothing");
    if (!closes && !is_one_of(name, void_tags)) {
        if (h->depth == COUNT_OF(h->stack))
            html_problem(h, "nested too deeply");
        else
            h->stack[h->depth++] = name;
    }
    if (!closes && str_is(name, "style")) {
        const char *end = memmem(rest->p, rest->len, "</style", 7);

        h->style = str_head(*rest, end ? (size_t)(end - rest->p) : 0);
        *rest = str_from(*rest, h->style.len);
    }
}

static void html_entity(struct html_check *h, struct str *rest)
{
    static const struct {
        const char *name;
        char c;
    } entities[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};

    for (size_t i = 0; i < COUNT_OF(entities); i++)
        if (str_starts(*rest, entities[i].name)) {
            buf_addc(&h->text, entities[i].c);
            *rest = str_from(*rest, strlen(entities[i].name));
            return;
        }
    if (!str_starts(*rest, "&nbsp;"))
        html_problem(h, "an & that is no entity");
    *rest = str_from(*rest, 1);
}

static void html_check(struct html_check *h, struct str html)
{
    static const char doctype[] = "<!DOCTYPE html>\n";

    if (!str_starts(html, doctype))
        html_problem(h, "no doctype");
    html = str_from(html, sizeof(doctype) - 1);
    while (html.len && !h->problem) {
        if (html.p[0] == '<') {
            html_tag(h, &html);
        } else if (html.p[0] == '&') {
            html_entity(h, &html);
        } else {
            unsigned char c = (unsigned char)html.p[0];

            if (c == '>' || (c < 0x20 && c != '\n' && c != '\t'))
                html_problem(h, "a raw > or control character");
            buf_addc(&h->text, (char)c);
            html = str_from(html, 1);
        }
    }
    if (h->depth)
        html_problem(h, "an element left open");
    for (struct str rest = buf_str(&h->links); rest.len;) {
        struct str target = str_cut(&rest, ' ');

        if (target.len && !is_one_of(target, buf_text(&h->ids)))
            html_problem(h, "a link to nothing");
    }
}
