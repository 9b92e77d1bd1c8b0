/* binxml_parse.h: a piece of binary XML as a list of what is to be put where: no tree is made of
 * it. */
#pragma once
#include "base/mem.h"
#include "timeline/binxml_fields.h"

/* A part of a text: one that stands there, or a value of the record. */
struct binxml_piece {
    bool is_value;
    uint16_t number; /* of the value */
    struct str text;
};

enum binxml_op_kind {
    BINXML_OP_TEXT,     /* the pieces are the text of target */
    BINXML_OP_DATA,     /* a Data element: other pieces are its name */
    BINXML_OP_INSTANCE, /* another template begins at at */
};
struct binxml_op {
    uint8_t kind;
    struct binxml_target target;
    struct str path; /* of the element, for XML that a value brings */
    uint32_t first, count;
    uint32_t name_first, name_count;
    uint32_t at;
};
struct binxml_program {
    struct binxml_op *ops;
    size_t op_count, op_room;
    struct binxml_piece *pieces;
    size_t piece_count, piece_room;
};
void binxml_program_release(struct binxml_program *p);

struct binxml_source {
    struct str chunk;
    struct field_names *names;
    struct arena *arena; /* for texts and paths */
    size_t budget;       /* bytes that may still be parsed for this chunk */
    struct event spare;  /* its scratch is where texts are made */
};
/* Adds the elements from *at until the end of the fragment, or to, to p; *at is where it ended.
 * False: damaged. */
bool binxml_parse(struct binxml_source *s, struct str path, size_t *at, size_t to,
                  struct binxml_program *p);
/* The template instance at at (its token): where the template's definition is, and where the
 * values' count stands behind it. False: damaged. */
struct binxml_instance {
    size_t definition, definition_end; /* the XML of it */
    size_t values;
};
bool binxml_instance_at(const struct binxml_source *s, size_t at, size_t to,
                        struct binxml_instance *out);
