/* package_told.h: checks what was opened of a package against its own journal, and says what came
 * out (doc/format/package.md §5). */
#pragma once
#include "base/json.h"
#include "practice/package_hold.h"
#include "sys/beneath.h"

/* Zero-initialise. */
struct package_check {
    struct buf root_given; /* SIZE:ROOT, as typed; empty: none */
    uint64_t root_size;
    const char *lacks; /* a file without which nothing can be compared; NULL */
    bool has_verdict;  /* else why_unchecked */
    int verdict;       /* enum VERDICT_* */
    struct buf words;  /* of calm-verify */
    struct err why_unchecked;
    struct package_held held;
    uint64_t forms;          /* in custody/ */
    struct err why_not_held; /* .code 0: it is held */
};
void package_check_release(struct package_check *c);
/* Takes the root that was told another way, where one was. ERR_USAGE: it is none. */
MUST_CHECK int package_check_root(struct package_check *c, struct str root, struct err *e);
/* Checks the journal, and the evidence against it, as they lie in the folder, which this program
 * just wrote; forms: the names of those in custody/, each ended by LF. What cannot be checked is no
 * error: package_check_judge says so. */
void package_check_run(struct package_check *c, const struct beneath *folder, struct str forms);
/* What came out, for a person; to is the folder as it was named. */
void package_check_say(const struct package_check *c, struct str to, struct buf *out);
/* What programs call it: "changed" … */
const char *package_wrong_name(enum hold_wrong wrong);
void package_check_json(const struct package_check *c, struct json *j);
/* 0: the journal is verified or valid, and all evidence is as recorded. ERR_TAMPER: it is not;
 * ERR_NOTFOUND, ERR_FORMAT and others: it was not checked. */
MUST_CHECK int package_check_judge(const struct package_check *c, const char *package,
                                   struct err *e);
