/* take_file.h: one file, link or folder of an intake, by the way that suits it. */
#pragma once
#include "practice/taking.h"

/* What became of one entry. */
struct fate {
    enum manifest_kept kept;
    struct intake file;
    bool has_digests;
    bool has_facts;   /* those of the taking are this entry's */
    bool is_withheld; /* on purpose: it is not missed */
    struct file_areas areas;
    struct hash stored; /* of the member's bytes, where those of the content were not hashed */
    bool has_stored;
    const char *same; /* another name of the same file, which was taken under that one; or NULL */
};
void fate_release(struct fate *f);

/* Takes it, or says in f->file.trouble why not. Errors are those of the case, and ERR_CANCEL. */
MUST_CHECK int take_file(struct taking *t, const struct walk_entry *entry, struct fate *f,
                         struct err *e);
MUST_CHECK int take_link(struct taking *t, const struct walk_entry *entry, struct fate *f,
                         struct err *e);
MUST_CHECK int take_folder(struct taking *t, const struct walk_entry *entry, struct fate *f,
                           struct err *e);
/* Ends the part of the archive that is being written, and drafts its record. */
MUST_CHECK int take_end_part(struct taking *t, struct err *e);
/* The item of the whole intake: a part of the archive, the list. */
struct draft *take_draft_whole(struct taking *t, const char *sort, const char *what,
                               const struct blob_digests *digests, const char *remark);
