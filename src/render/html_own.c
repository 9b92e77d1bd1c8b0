/* html_own.c: knows a page of the HTML writer again, in which nothing can be hidden. */
#include "base/hash.h"
#include "base/sink.h"
#include "render/html.h"

/* Tags as they stand in the text of a page; * is any text of an attribute that names something.
 * Not among them is what a style hides, and what belongs to a page that has no table alone. */
static const char *const tags[] = {
    "<a class=\"ref\" href=\"#*\">",
    "</a>",
    "<b>",
    "</b>",
    "<br>",
    "<caption id=\"table-*\">",
    "</caption>",
    "<code>",
    "</code>",
    "<dd>",
    "</dd>",
    "<div>",
    "<div class=\"key\">",
    "<div class=\"signature signed\">",
    "<div class=\"signature\">",
    "<div class=\"signatures\">",
    "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-labelledby=\"table-*\">",
    "</div>",
    "<dl>",
    "<dl class=\"facts\">",
    "<dl class=\"terms\">",
    "</dl>",
    "<dt>",
    "</dt>",
    "<em>",
    "</em>",
    "<h1>",
    "</h1>",
    "<h2 id=\"section-*\">",
    "</h2>",
    "<h3 id=\"section-*\">",
    "</h3>",
    "<header>",
    "</header>",
    "<li>",
    "</li>",
    "<main id=\"main\">",
    "<ol>",
    "</ol>",
    "<p>",
    "<p class=\"case\">",
    "<p class=\"lead\">",
    "<p class=\"marks\">",
    "<p class=\"role\">",
    "<p class=\"statement\">",
    "<p class=\"subtitle\">",
    "</p>",
    "<pre>",
    "</pre>",
    "<small>",
    "</small>",
    "<span class=\"no\">",
    "<span class=\"privilege\">",
    "<span class=\"ref\">",
    "<span class=\"status\">",
    "</span>",
    "<strong>",
    "<strong class=\"tlp amber\">",
    "<strong class=\"tlp clear\">",
    "<strong class=\"tlp green\">",
    "<strong class=\"tlp red\">",
    "</strong>",
    "<table>",
    "<table class=\"short\">",
    "</table>",
    "<tbody>",
    "</tbody>",
    "<td>",
    "<td class=\"m\">",
    "<td class=\"n\">",
    "<td class=\"t\">",
    "</td>",
    "<th scope=\"col\">",
    "<th scope=\"col\" class=\"m\">",
    "<th scope=\"col\" class=\"n\">",
    "<th scope=\"col\" class=\"t\">",
    "</th>",
    "<thead>",
    "</thead>",
    "<time>",
    "<time datetime=\"*\">",
    "</time>",
    "<tr>",
    "</tr>",
    "<ul>",
    "</ul>",
    "<wbr>",
};

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == ':' || c == '.';
}

/* Whether text begins with a tag. */
static size_t tag_len(struct str text, const char *tag)
{
    size_t at = 0;

    for (; *tag; tag++) {
        if (*tag == '*')
            while (at < text.len && is_name(text.p[at]))
                at++;
        else if (at == text.len || text.p[at++] != *tag)
            return 0;
    }
    return at;
}

static bool is_of_tags(struct str text)
{
    const char *p;

    while ((p = text.len ? memchr(text.p, '<', text.len) : NULL)) {
        size_t len = 0;

        text = str_from(text, (size_t)(p - text.p));
        for (size_t i = 0; i < COUNT_OF(tags) && !len; i++)
            len = tag_len(text, tags[i]);
        if (!len)
            return false;
        text = str_from(text, len);
    }
    return true;
}

/* Takes off what stands before a mark, and the mark. */
static bool take_until(struct str *rest, const char *mark, struct str *before)
{
    size_t len = strlen(mark);
    const char *p = rest->len ? memmem(rest->p, rest->len, mark, len) : NULL;

    if (!p)
        return false;
    *before = str_head(*rest, (size_t)(p - rest->p));
    *rest = str_from(*rest, before->len + len);
    return true;
}

/* A line for a margin of the page: @top-left{content:"…"}, which closes what it opens. */
static bool is_margin(struct str line)
{
    struct str before;

    if (!str_take(&line, "@top-") && !str_take(&line, "@bottom-"))
        return false;
    if (!take_until(&line, "{content:\"", &before) ||
        (!str_is(before, "left") && !str_is(before, "right")))
        return false;
    for (size_t i = 0; i < line.len; i++)
        if (!is_name(line.p[i]) && !strchr(" +\\\"#;", line.p[i]) &&
            !(line.p[i] == '}' && i + 1 == line.len))
            return false;
    return line.len && line.p[line.len - 1] == '}';
}

/* The style that all pages have, and what stands in the margins of this one. */
static bool is_own_style(struct str css, struct str hash)
{
    CLEANUP_BUF struct buf wanted = {0};
    struct hash sum = hash_bytes(css.p, css.len);
    struct str own = html_own_css();

    base64_add(&wanted, sum.b, sizeof(sum.b));
    if (!str_eq(buf_str(&wanted), hash) || !str_take(&css, "\n") || css.len < own.len ||
        !str_eq(str_head(css, own.len), own))
        return false;
    css = str_from(css, own.len);
    if (!str_take(&css, "@page{\n"))
        return false;
    while (css.len && css.p[0] == '@')
        if (!is_margin(str_cut(&css, '\n')))
            return false;
    return str_is(css, "}\n");
}

static bool is_own_head(struct str *rest)
{
    struct str language, version, hash, css, title;

    if (!str_take(rest, HTML_BEGIN) || !take_until(rest, HTML_METAS, &language) ||
        !take_until(rest, HTML_POLICY, &version) || !take_until(rest, HTML_STYLE, &hash) ||
        !take_until(rest, HTML_TITLE, &css) || !take_until(rest, HTML_BODY, &title))
        return false;
    if (!str_take(&language, " lang=\"") || tag_len(language, "*\"") != language.len ||
        !language.len)
        return false;
    return tag_len(version, "*") == version.len && is_own_style(css, hash) &&
           !memchr(title.p, '<', title.len);
}

/* Control characters, bytes that are no UTF-8, and what turns text around are written as words. */
static bool is_plain(struct str page)
{
    while (page.len) {
        CLEANUP_BUF struct buf shown = {0};
        struct str piece = str_cut(&page, '\t');

        sink_terminal(&shown, piece, true);
        if (!str_eq(buf_str(&shown), piece))
            return false;
    }
    return true;
}

static bool has_tag_of_tables(struct str text)
{
    const char *p;

    while ((p = text.len ? memmem(text.p, text.len, "<t", 2) : NULL)) {
        text = str_from(text, (size_t)(p - text.p));
        if (!str_starts(text, "<time"))
            return true;
        text = str_from(text, 2);
    }
    return false;
}

bool doc_html_is_own(struct str page, struct doc_html_parts *parts)
{
    struct str rest = page, body, before, heads, found, foot;

    if (!is_plain(page) || !is_own_head(&rest) || !take_until(&rest, HTML_FOOT, &body) ||
        !take_until(&rest, HTML_END, &foot) || rest.len)
        return false;
    if (!is_of_tags(body) || !is_of_tags(foot) || has_tag_of_tables(foot))
        return false;
    if (!take_until(&body, "<table", &before) || !take_until(&body, "<tbody>\n", &heads) ||
        !take_until(&body, "</tbody></table></div>\n", &found))
        return false;
    if (has_tag_of_tables(before) || has_tag_of_tables(body) ||
        memmem(heads.p, heads.len, "<td", 3))
        return false;
    *parts = (struct doc_html_parts){before, heads, found};
    return true;
}
