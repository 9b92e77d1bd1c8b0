/* cutter.h: cuts a source of lines into them. */
#pragma once
#include "timeline/named_line.h"
#include "timeline/window.h"

/* A line as it stands in the window, without its end. */
struct line {
    struct str text;
    size_t from; /* where it begins in the window */
    uint64_t at; /* byte of the source */
    bool has_end;
    bool is_plain;  /* it is known to be ASCII without NUL */
    uint64_t whole; /* bytes of the line; of one past READER_LINE_MOST text has the first, which are
                       borrowed until the next line, and stand outside of the window */
    uint64_t number; /* of the line that it begins in, from 1; 0: it is the next one */
    bool is_between; /* it stands between objects, or between lines with names, and is none */
    uint64_t zeros;  /* more than 0: it is no line, but so many zeros */
    struct str name; /* of the file that it is of, which is no part of the text; borrowed until the
                        next line */
};

/* Asked before the window slides: *by is how many bytes in front of it may go, up to those of the
 * next line; what is borrowed of others is to be moved by as many. is_long: behind it there is
 * nothing but more of a line that is too long. */
typedef int cutter_let_go(void *context, bool is_long, size_t *by, struct err *e);

/* Of FRAME_JSON_INNER: where in the outer object what comes next is. */
struct json_outer {
    bool is_quoted, is_escaped;
    unsigned depth;
    uint64_t lists; /* a bit for each depth: it is a list */
};

struct cutter {
    struct window w;
    enum text_frame frame;
    struct json_outer outer;
    uint64_t lines;    /* ends of lines before it; of objects alone */
    size_t at;         /* of the next line, in the window */
    uint64_t plain_to; /* bytes before it (with those dropped) that were looked at are ASCII without
                          NUL, */
    uint64_t rough_to; /* but for those behind it up to here */
    size_t name_len;   /* of the last file that a line named, */
    char name[NAMED_MOST]; /* which lines around it have, too */
    char *kept;            /* of a line that is too long; NULL: there was none */
    cutter_let_go *let_go;
    void *context;
};
/* From a place near from on, in front of which there is room to see zeros. Then cutter_release. */
void cutter_begin(struct cutter *c, const struct reader *r, uint64_t from);
void cutter_release(struct cutter *c);
/* Reads the first bytes, and goes to the first line that begins at from or behind it; one in which
 * from lies is passed over. Zeros around that place end it where they are READER_ZEROS_LEAST. */
MUST_CHECK int cutter_start(struct cutter *c, uint64_t from, struct err *e);
/* For what cuts otherwise: more of the source, as far as there is room; what is before at goes. */
MUST_CHECK int cutter_more(struct cutter *c, bool is_long, struct err *e);
/* The first bytes of what is longer than READER_LINE_MOST become the text. */
void cutter_keep_head(struct cutter *c, struct line *out);
/* ERR_NOTFOUND: there is none any more. */
MUST_CHECK int cutter_next(struct cutter *c, struct line *out, struct err *e);
