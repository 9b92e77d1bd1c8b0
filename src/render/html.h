/* html.h: what the parts of the HTML writer share. */
#pragma once
#include "render/doc_tree.h"

struct anchor; /* a reference and the row or event that carries it */

struct html {
    struct buf *out;
    const struct doc *doc;
    struct anchor *anchors; /* sorted by reference */
    size_t anchor_count;
    unsigned table_count, figure_count;
};

/* What each page has between what differs (html_own.c knows it again by that). */
#define HTML_BEGIN "<!DOCTYPE html>\n<html"
#define HTML_METAS                                                                                 \
    ">\n<head>\n<meta charset=\"utf-8\">\n"                                                        \
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"                   \
    "<meta name=\"referrer\" content=\"no-referrer\">\n"                                           \
    "<meta name=\"robots\" content=\"noindex\">\n"                                                 \
    "<meta name=\"color-scheme\" content=\"light dark\">\n"                                        \
    "<meta name=\"generator\" content=\"calm "
#define HTML_POLICY                                                                                \
    "\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "             \
    "style-src 'sha256-"
#define HTML_STYLE "'; base-uri 'none'; form-action 'none'\">\n<style>"
#define HTML_TITLE "</style>\n<title>"
#define HTML_BODY                                                                                  \
    "</title>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the text</a>\n"
#define HTML_FOOT "</main>\n<footer>\n"
#define HTML_END "</footer>\n</body>\n</html>\n"
struct str html_own_css(void); /* that all pages have */

/* Text with places to break in words that are wider than a column of a table. */
void html_text(struct html *h, struct str text);
void html_literal(struct html *h, const char *markup); /* markup of ours */
/* name="value", with a space in front. */
void html_attribute(struct html *h, const char *name, struct str value);
void html_inlines(struct html *h, const struct inlines *t);
/* A link where the document has the thing; in prose it stands in brackets. */
void html_ref(struct html *h, struct doc_ref ref, bool in_prose);
/* <time datetime="…">…</time>, in UTC; suffix says " UTC" where the heading does not. */
void html_time(struct html *h, struct utc at, enum utc_precision precision, const char *suffix);
void html_time_begin(struct html *h, struct utc at, enum utc_precision precision);

void html_anchors_find(struct html *h);
/* id="r17", when carrier (a row or event) is the first that has the reference. */
void html_anchor(struct html *h, struct doc_ref ref, const void *carrier);

void html_table(struct html *h, const struct table *t);
void html_matrix(struct html *h, const struct matrix *m);
void html_bars(struct html *h, const struct bars *b);
void html_moments(struct html *h, const struct moments *m);
void html_spans(struct html *h, const struct spans *s);
