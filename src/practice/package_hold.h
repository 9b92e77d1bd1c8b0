/* package_hold.h: holds the evidence of a package against the journal and the openings that are in
 * it (doc/format/package.md §5).
 *
 * All three are hostile, so this is done in a worker, whose words are as hostile. Whether the
 * journal is what was written, and the openings fit it, is for calm-verify to say. */
#pragma once
#include "base/hash.h"
#include "base/mem.h"
#include "practice/import.h"

/* The inputs of the worker, in this order, each as it lies in the package. */
/* The last is a descriptor as forms_compare() takes it. */
enum hold_input { HOLD_JOURNAL, HOLD_OPENINGS, HOLD_SUMS, HOLD_FORMS, HOLD_INPUT_COUNT };

/* What the worker sends: rows of texts, in this order of kinds, HOLD_ROW_COUNTS last. */
enum hold_row {
    HOLD_ROW_JOURNAL, /* records; root, in hex */
    HOLD_ROW_SAME,    /* files that are an item: their folder; record; title; files without a sum */
    HOLD_ROW_WITHOUT, /* an item that has no bytes: "destroyed" or "none"; or a record of one that
                       * the sender may have left out: "beyond"; record; title */
    HOLD_ROW_WRONG,   /* enum hold_wrong; a path in the package, or empty; record; title */
    HOLD_ROW_CHAIN,   /* enum hold_act_text, in this order */
    HOLD_ROW_FORMS,   /* how many forms were compared */
    HOLD_ROW_FREE,    /* what stands on a form and was compared with nothing; on how many forms */
    HOLD_ROW_COUNTS,  /* of the items, of those of the four kinds before: rows may be left out */
    HOLD_ROW_COUNT_
};
extern const unsigned char hold_row_texts[HOLD_ROW_COUNT_];
enum { HOLD_ROWS_TOLD = 10000, HOLD_TITLE_SIZE = 400, HOLD_FREE_MAX = 64, HOLD_LABEL_SIZE = 60 };

/* What is not as recorded. */
enum hold_wrong {
    HOLD_CHANGED,    /* a file's SHA-256 is another than on record */
    HOLD_UNRECORDED, /* a file is on no record */
    HOLD_MISSING,    /* a file on record is not there */
    HOLD_NO_ITEM,    /* a folder is no item's */
    HOLD_NO_FILES,   /* an item has bytes on record, is not destroyed, and has none here */
    HOLD_WITHHELD,   /* what is on record of an item's bytes is not among the openings */
    HOLD_UNREADABLE, /* what is on record of an item's files is none that calm writes */
    HOLD_NO_EXPORT,  /* no export on record is of exactly these items */
    HOLD_CUT,        /* the journal ends before the checkpoint that seals the export */
    HOLD_UNTOLD,     /* a record of an item, or of its chain, is not among the openings */
    HOLD_FOREIGN,    /* a file that no package has */
    HOLD_MORE_FORMS, /* of more numbers than there are items */
    HOLD_NO_FORM,    /* a form of an item is not there */
    HOLD_FORM,       /* a form says otherwise than the record */
    HOLD_ABSENT,     /* a file that every package has is not there */
    HOLD_FORM_OTHER, /* a form is not as calm writes it: nobody can tell what it shows */
    HOLD_WRONG_COUNT_
};

struct hold_told {
    enum hold_wrong wrong; /* or of the row's kind: */
    struct str folder;     /* or path; "destroyed" or "none" */
    struct str record;     /* its number in digits; empty where there is none */
    struct str title;
    uint64_t unread; /* files whose SHA-256 is not on record */
};
struct hold_list {
    struct hold_told *told;
    size_t count; /* that are told one by one */
    size_t room;
    uint64_t total;
};
/* A row of the chain of an item, as the record has it. Empty: it was not said, or not told. */
enum hold_act_text {
    ACT_ITEM, /* the record that made it, in digits */
    ACT_RECORD,
    ACT_WHAT,
    ACT_SAID, /* when, as far as was said */
    ACT_RECORDED,
    ACT_FROM,
    ACT_TO,
    ACT_WHO, /* what the team calls the person */
    ACT_KEY, /* that signed, in hex */
    ACT_TEXT_COUNT
};
struct hold_act {
    struct str texts[ACT_TEXT_COUNT];
};
struct hold_chain {
    struct hold_act *acts;
    size_t count;
    size_t room;
    uint64_t total;
};
struct package_held {
    struct arena *arena;
    bool has_root;
    uint64_t records;
    struct hash root;
    uint64_t items; /* of which the openings tell */
    struct hold_list same;
    struct hold_list without;
    struct hold_list wrong;
    struct hold_chain chain;
    uint64_t forms; /* that were compared */
    struct hold_free {
        struct str label;
        uint64_t forms;
    } free[HOLD_FREE_MAX]; /* what stands on them, and was compared with nothing */
    size_t free_count;
    bool is_whole; /* the last row came */
};
void package_held_release(struct package_held *h);

/* Runs the worker. ERR_FORMAT, ERR_NEWER: what it says is wrong with the journal, the openings or
 * the list; ERR_LIMIT; and as worker_run. What came until then stands in *out. */
MUST_CHECK int package_hold(const int ins[HOLD_INPUT_COUNT], struct package_held *out,
                            struct err *e);

/* Inside the worker; tests call it too. The inputs are read from where they are. */
MUST_CHECK int package_hold_job_run(const int ins[HOLD_INPUT_COUNT], const struct import_sink *to,
                                    struct err *e);
/* What no sound worker sends came. */
int package_held_unsound(struct err *e);
/* Takes a row, as import_row; context is a struct package_held whose arena is there. */
int package_held_take(void *context, uint32_t kind, const struct str *texts, struct err *e);
