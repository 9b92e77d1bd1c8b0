/* look.h: what stands in several places of a source, from its beginning to its end, by which its
 * format is recognised (doc/format/timeline.md section 2, "Recognised"). */
#pragma once
#include "timeline/format.h"

enum { LOOK_SAMPLE_COUNT = 8, LOOK_SAMPLE_LINES = 75 };

struct look {
    reader_bytes_at *bytes;
    void *context;
    uint64_t size;
    int64_t written_s; /* 0: it is not known */
    char *held;        /* of the head and the parts */
    struct str head;
    enum text_encoding encoding;
    char *decoded;                         /* of UTF-16 */
    struct str parts[LOOK_SAMPLE_COUNT];   /* from the beginning to the end */
    struct str samples[LOOK_SAMPLE_COUNT]; /* whole lines of them */
    struct buf objects;                    /* of JSON over several lines: each in one */
    struct event event;
    struct field_names *names; /* those that every format knows, or NULL */
};
/* bytes, context and size are set before; then look_release. */
void look_begin(struct look *l);
void look_release(struct look *l);
/* Those that every format knows, and whatever the format adds that is tried. */
struct field_names *look_names(struct look *l);
/* As many bytes as there are, up to size. */
MUST_CHECK int look_read_at(const struct look *l, uint64_t off, char *to, size_t size,
                            struct str *out, struct err *e);
/* Fills parts and samples, behind l->head. */
MUST_CHECK int look_take_samples(struct look *l, struct err *e);
/* The next line that is not empty; false: there is none. Zeros in front are none of it, as the
 * reader has it. */
bool look_take_line(struct str *rest, struct str *line);
/* Whether the parts are text: control characters are hardly ever in it. */
bool look_is_text(const struct look *l);
