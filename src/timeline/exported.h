/* exported.h: events as other programs take them, and as they are read again: the names of columns
 * and members (doc/format/timeline.md section 6). */
#pragma once
#include "timeline/event.h"

enum export_kind {
    EXPORT_TIMESKETCH_CSV,
    EXPORT_TIMESKETCH_JSON,
    EXPORT_ECS_JSON,
    EXPORT_KIND_COUNT_,
};

/* What every exported event has besides its fields: EXPORTED_*, its name. */
#define EXPORTED_PRECISION "timeline.precision"
#define EXPORTED_DOUBT "timeline.doubt"
#define EXPORTED_MEANING "timeline.meaning"
#define EXPORTED_SEVERAL "timeline.several"     /* of CSV: the columns whose cell is a JSON list */
#define EXPORTED_NO_MESSAGE "timeline.made"     /* "message": it has none, the text was made */
#define EXPORTED_FIELD_PREFIX "timeline.field." /* of a field whose name would be one of these */
/* Whether a field of this name gets the prefix. */
bool exported_is_reserved(struct str name);

struct exported_field {
    struct str name, value;
};
struct exported {
    int64_t ns;
    uint64_t at, line;
    struct str source, precision, doubt, meaning;
    size_t count;
    struct exported_field fields[EVENT_FIELDS_MAX];
};
/* Orders its fields by the bytes of their names; values of a name stay in their order. Before
 * export_columns_add and export_event. */
void exported_sort(struct exported *x);

/* The columns of a CSV, ascending by their bytes. */
struct export_columns;
struct export_columns *export_columns_new(void);
void export_columns_free(struct export_columns *c); /* NULL is fine */
DEFINE_CLEANUP(struct export_columns *, export_columns_free)
/* False: there are more than FIELD_NAMES_MAX. */
MUST_CHECK bool export_columns_add(struct export_columns *c, const struct exported *x);
/* The head of the file; nothing more is added afterwards. */
void export_head(struct buf *out, struct export_columns *c);
/* The event as a line, or record of CSV; columns is NULL but for CSV. */
void export_event(struct buf *out, enum export_kind kind, const struct export_columns *columns,
                  const struct exported *x);

/* A body file: the events of a file's times are joined to one line again. */
struct export_body;
struct export_body *export_body_new(void);
void export_body_free(struct export_body *b); /* NULL is fine */
DEFINE_CLEANUP(struct export_body *, export_body_free)
/* False: the event is no time of a file. Where there are more files than are held at once, lines
 * come to out already, and a file can have several. */
bool export_body_add(struct export_body *b, const struct exported *x, struct buf *out);
void export_body_end(struct export_body *b, struct buf *out); /* all that is left */
