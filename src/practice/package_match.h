/* package_match.h: finds for each folder of evidence in a package the item on record that it is,
 * by its content: inside the worker that package_hold.h starts. */
#pragma once
#include "practice/package_hold.h"
#include "practice/package_items_read.h"

/* A file, as it lies in the package or as it is on record. */
struct match_file {
    struct str name;
    struct hash sum;
    bool has_sum;
    bool is_found; /* its like is there */
};

/* The files of one folder, or of one item: in the order of their names. */
struct match_group {
    const struct hold_record *item; /* NULL: of the package */
    struct str folder;              /* in the package: "evidence/e1" */
    struct match_file *files;
    size_t count;
    bool is_single;            /* an item that is no image: its file's name does not count */
    struct match_group *other; /* what it is, or what is most like it */
    bool is_same;
    uint64_t votes; /* while likes are sought */
    uint64_t round; /* that they are of */
    struct hash key;
};

/* The forms custody/eN.html and .txt of one number. */
struct match_form {
    uint64_t number;
    bool has[2];
};

enum { MATCH_FIXED_COUNT = 4 }; /* files that every package has beside SHA256SUMS */
extern const char *const match_fixed[MATCH_FIXED_COUNT];

struct match {
    struct arena *arena;
    bool has_fixed[MATCH_FIXED_COUNT];
    struct str *foreign; /* names that no package has */
    size_t foreign_count;
    size_t foreign_room;
    struct match_form *forms; /* by number */
    size_t form_count;
    size_t form_room;
    struct match_group *folders;
    size_t folder_count;
    size_t folder_room;
    struct match_group *items;
    size_t item_count;
    size_t item_room;
};
void match_release(struct match *m);

/* Reads from SHA256SUMS the files in evidence/, which forms there are, and what no package has.
 * ERR_FORMAT, ERR_LIMIT, ERR_IO. */
MUST_CHECK int match_read_sums(struct match *m, int fd, struct err *e);
/* Adds an item that has bytes on record. False: what is on record of its files cannot be read. */
bool match_add_item(struct match *m, const struct hold_record *item);
/* Pairs them: .other, .is_same. */
void match_find(struct match *m);
extern const char *const match_form_ends[2]; /* "html" … */
/* NULL: there is none. */
const struct match_form *match_form_of(const struct match *m, uint64_t number);
/* Of a folder "evidence/eN"; false: it is another. */
bool match_number(struct str folder, uint64_t *number);
