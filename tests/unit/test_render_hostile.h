/* test_render_hostile.h: texts that try to be more than text, and a document that has one of them
 * in every place. */
#pragma once
#include "render/doc.h"

static const struct utc hostile_time = {1795484460, 0}; /* 2026-11-24 01:41:00 UTC */

#define LONG_WORD                                                                                  \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "a"

#define BYTES(literal)                                                                             \
    {                                                                                              \
        ("" literal), sizeof(literal) - 1                                                          \
    }
static const struct str hostile[] = {
    BYTES("<script>alert(1)</script>"),
    BYTES("</title></style></code></td></table></main><h1>mine</h1>"),
    BYTES("\"'><img src=x onerror=alert(1)>"),
    BYTES("<!-- "),
    BYTES("]]> <![CDATA[ <?php ?>"),
    BYTES("&lt;b&gt; &amp &#60; &bogus;"),
    BYTES("\033[2J\033]0;title\007"),
    BYTES("a\0b\0"),
    BYTES("line\nline\r\nline\ttab"),
    BYTES("\n\n# heading\n\n- item\n\n```\n"),
    BYTES("abc\xe2\x80\xaetxt.exe"),
    BYTES("\xef\xbb\xbf\xe2\x80\x8b zero width"),
    BYTES("\xff\xfe\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe2\x80"),
    BYTES(LONG_WORD LONG_WORD LONG_WORD LONG_WORD),
    BYTES("\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5"
          "\xad\x97\xe6\xbc\xa2\xe5\xad\x97"),
    BYTES("e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc"
          "\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81"),
    BYTES("[link](javascript:alert(1)) ![image](http://192.0.2.1/x)"),
    BYTES("<http://192.0.2.1/> http://192.0.2.1/ www.example.org x@example.org"),
    BYTES("`code` ``more`` ``` | pipe | **bold** *em* _em_ ~~no~~ $x$ ^y^"),
    BYTES("1. one"),
    BYTES("12) twelve"),
    BYTES("    code"),
    BYTES("==="),
    BYTES("- - -"),
    BYTES("+ plus"),
    BYTES("> quote"),
    BYTES("\\ \\` \\| \\"),
    BYTES("[ref]: http://192.0.2.1/"),
    BYTES(": definition"),
    BYTES("::: {.div} :::"),
    BYTES("}*{color:red} \\22 ; @import url(http://192.0.2.1/)"),
    BYTES("%s%n%1$s"),
    BYTES(" "),
    BYTES(""),
};

/* One document with the text in every place that takes text. */
static struct doc *every_place(struct arena *a, struct str s)
{
    struct doc *d = doc_new(a, &(struct doc_head){s, s, s, s, {0}, DOC_TLP_RED, DOC_DRAFT});
    struct str both[] = {s, s};
    struct inlines *t;

    doc_contents(d);
    doc_heading(d, 1, s);
    doc_heading(d, 2, s);
    doc_heading(d, 3, s);
    inline_str(doc_lead(d), s);
    t = doc_para(d);
    inline_str(t, s);
    inline_emph(t, s);
    inline_strong(t, s);
    inline_code(t, s);
    inline_break(t);
    inline_str(t, s);
    inline_ref(t, (struct doc_ref){'r', 1});
    inline_ref(t, (struct doc_ref){'e', 99});
    doc_verbatim(d, s);
    for (enum doc_list kind = DOC_BULLETS; kind <= DOC_CHECKBOXES; kind++) {
        doc_list(d, kind);
        inline_str(doc_item(d), s);
        inline_str(doc_para(d), s);
        doc_end(d);
    }
    for (enum doc_pairs kind = DOC_FACTS; kind <= DOC_DEFINITIONS; kind++) {
        doc_pairs(d, kind);
        inline_str(doc_pair(d, s), s);
        doc_end(d);
    }
    for (enum doc_callout kind = DOC_FACT; kind <= DOC_NOTE; kind++) {
        doc_callout(d, kind, s.len ? s : STR("x")); /* an empty headline is no element */
        inline_str(doc_para(d), s);
        doc_end(d);
    }
    doc_table(d, s,
              (struct doc_column[]){
                  {"A|<b>", DOC_TEXT}, {"B", DOC_MONO}, {"C", DOC_NUMBER}, {"D", DOC_TIME}},
              4);
    doc_row(d, (struct doc_ref){'r', 1});
    for (int i = 0; i < 3; i++)
        doc_cell_str(d, s);
    doc_cell_time(d, hostile_time);
    doc_row(d, (struct doc_ref){'r', 1});
    inline_code(doc_cell(d), s);
    doc_end(d);
    doc_timeline(d);
    t = doc_timeline_event(d, &(struct doc_event){hostile_time, PRECISION_SECOND, s, s, {'r', 2}});
    inline_str(t, s);
    doc_timeline_event(d, &(struct doc_event){{INT64_MAX, 0}, PRECISION_SECOND, s, s, {'r', 3}});
    doc_timeline_event(d, &(struct doc_event){{INT64_MIN, 0}, PRECISION_DAY, s, s, {0}});
    doc_end(d);
    doc_matrix(d, s, both, 2);
    doc_matrix_row(d, s, (struct doc_ref){'e', 1}, (enum doc_weight[]){DOC_FOR, DOC_AGAINST});
    doc_end(d);
    doc_signature(
        d, &(struct doc_signature){s, s.len ? s : STR("x"), s, s.len ? s : STR("x"), hostile_time});
    doc_signature(d, &(struct doc_signature){s, s.len ? s : STR("x"), s, {0}, {0, 0}});
    doc_bars(d, s, (struct doc_bar[]){{s, s, 3}, {s, s, UINT64_MAX}, {s, s, 0}}, 3);
    doc_spans(
        d, s,
        (struct doc_span[]){{s, {INT64_MIN, 0}, {INT64_MAX, 0}}, {s, hostile_time, hostile_time}},
        2);
    return d;
}
