/* anchor.c: looks for printed roots, witnesses' signatures and time stamps over checkpoints of a
 * journal. */
#include "verify/anchor.h"

#include "verify/note.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define RUN 256

struct search {
    const struct journal *j;
    struct hasher *hasher;
    const struct trust_given *given;
    struct verdict *out;
};

static bool is_checkpoint_of(const struct journal *j, struct hasher *h, uint64_t size,
                             const uint8_t root[HASH_LEN])
{
    uint8_t ours[HASH_LEN];

    if (size < 1 || size > j->size)
        return false;
    tree_root(&j->tree, h, (uint32_t)size, ours);
    return memcmp(ours, root, HASH_LEN) == 0;
}

static struct anchored *note_anchor(struct search *s, enum anchor_source source, uint64_t size,
                                    time_t seconds)
{
    struct anchored *a = &s->out->anchors[source];

    if (size <= a->size)
        return NULL;
    memset(a, 0, sizeof *a);
    a->size = size;
    a->seconds = seconds;
    if (size > s->out->anchored_size)
        s->out->anchored_size = size;
    return a;
}

/* How many of its first records have the root given: another number than the one beside it; 0: no
 * number of them has. */
static uint32_t size_of_root(struct search *s)
{
    for (uint32_t size = s->j->size; size > 0; size--)
        if (is_checkpoint_of(s->j, s->hasher, size, s->given->root))
            return size;
    return 0;
}

static int root_differs(struct search *s)
{
    uint32_t size = size_of_root(s);

    if (size)
        return finding_set(&s->out->finding, STATUS_TAMPERED, NO_RECORD, "root",
                           "the root given is that of the first %" PRIu32
                           " records, not of %" PRIu64
                           ": compare the number that you gave with the one that you were told",
                           size, s->given->root_size);
    return finding_set(&s->out->finding, STATUS_TAMPERED, NO_RECORD, "root",
                       "the first %" PRIu64 " records do not have the root given; they are not "
                       "those that it was made of",
                       s->given->root_size);
}

static int try_root(struct search *s)
{
    const struct trust_given *given = s->given;
    struct finding *f = &s->out->finding;

    if (!given->has_root)
        return 0;
    if (given->root_size > s->j->size && size_of_root(s) == 0)
        return finding_set(f, STATUS_TAMPERED, NO_RECORD, "root",
                           "the root given is of %" PRIu64
                           " records, and the journal has only %" PRIu32
                           "; its end is missing, or the root is of another journal",
                           given->root_size, s->j->size);
    if (!is_checkpoint_of(s->j, s->hasher, given->root_size, given->root))
        return root_differs(s);
    (void)note_anchor(s, SOURCE_ROOT, given->root_size, 0);
    return 0;
}

static void witness_found(struct search *s, size_t witness, uint64_t size, uint64_t seconds)
{
    struct anchored *a = note_anchor(s, SOURCE_WITNESS, size,
                                     seconds < INT32_MAX * (uint64_t)64 ? (time_t)seconds : 0);

    if (a != NULL)
        hex_encode(s->given->witnesses[witness], KEY_LEN, a->by);
}

static void stamp_found(struct search *s, const struct stamp *stamp, uint64_t size)
{
    struct anchored *a = note_anchor(s, SOURCE_STAMP, size, stamp->seconds);

    if (a != NULL)
        memcpy(a->by, stamp->signer, sizeof stamp->signer);
}

static void try_note(struct search *s, const struct beside *file)
{
    struct note note;
    uint64_t seconds = 0;
    bool found = false;

    if (note_parse(file->bytes, &note) != 0)
        return; /* said before */
    if (memcmp(note.name, s->j->skel->name, HASH_LEN) != 0 ||
        !is_checkpoint_of(s->j, s->hasher, note.size, note.root)) {
        verdict_remark(s->out, "%s is not a checkpoint of this journal", file->name);
        return;
    }
    for (size_t w = 0; w < s->given->witness_count; w++) {
        if (note_has_signature(s->hasher, s->given->witnesses[w], &note, &seconds)) {
            witness_found(s, w, note.size, seconds);
            found = true;
        }
    }
    if (!found)
        verdict_remark(s->out, "%s bears no valid signature of a witness whose key was given",
                       file->name);
}

static bool try_witness_record(struct search *s, const struct public *pub, struct slice text)
{
    for (size_t w = 0; w < s->given->witness_count; w++) {
        uint64_t seconds = 0;

        if (note_is_signed_by(s->hasher, s->given->witnesses[w], pub->name, pub->token, text,
                              &seconds)) {
            witness_found(s, w, pub->size, seconds);
            return true;
        }
    }
    return false;
}

static bool try_stamp_record(struct search *s, const struct public *pub, struct slice text)
{
    uint8_t der[LINE_MAX_LEN / 4 * 3];
    uint8_t hash[HASH_LEN];
    struct stamp stamp;
    size_t len = 0;

    if (!base64_decode(pub->token, der, sizeof der, &len) ||
        stamp_check(s->given->authorities, bytes_of(der, len), &stamp) != 0)
        return false;
    hash_parts(s->hasher, &text, 1, hash);
    if (memcmp(hash, stamp.imprint, HASH_LEN) != 0)
        return false;
    stamp_found(s, &stamp, pub->size);
    return true;
}

/* An anchor/1 record that may say more than what was found so far. */
struct candidate {
    uint64_t size;
    uint32_t place;
};

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a;
    const struct candidate *y = b;

    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static void try_candidate(struct search *s, const struct candidate *candidate, bool done[2])
{
    char text[CHECKPOINT_TEXT_MAX];
    struct public pub;

    if (journal_public(s->j, candidate->place, &pub) != 0 || pub.kind == ANCHOR_PAGE ||
        done[pub.kind] || !is_checkpoint_of(s->j, s->hasher, pub.size, pub.root))
        return;
    const struct slice t = {text, checkpoint_text(text, s->j->skel->name, pub.size, pub.root)};
    done[pub.kind] =
        pub.kind == ANCHOR_WITNESS ? try_witness_record(s, &pub, t) : try_stamp_record(s, &pub, t);
}

/* Looks at anchor/1 records, those of the largest size first, and stops where one of each kind is
 * valid. */
static void try_records(struct search *s)
{
    CLEANUP(mem_drop) struct candidate *candidates = NULL;
    size_t room = 0;
    size_t count = 0;
    bool done[2] = {s->given->authorities == NULL, s->given->witness_count == 0};

    for (uint32_t place = 0; place < s->j->size && !(done[0] && done[1]); place++) {
        struct public pub;

        if (s->j->skel->records[place].type != TYPE_ANCHOR ||
            journal_public(s->j, place, &pub) != 0)
            continue;
        mem_reserve(&candidates, &room, count + 1, sizeof *candidates);
        candidates[count++] = (struct candidate){pub.size, place};
    }
    if (count > 1)
        qsort(candidates, count, sizeof *candidates, compare_candidates);
    for (size_t i = 0; i < count && !(done[0] && done[1]); i++)
        try_candidate(s, &candidates[i], done);
}

/* Which size's checkpoint has that hash. */
struct imprint_search {
    const struct journal *j;
    const uint8_t *imprint;
    atomic_size_t size;
};

static void search_imprint(void *context, struct hasher *h, size_t first, size_t end)
{
    struct imprint_search *s = context;

    for (size_t size = first + 1; size <= end && atomic_load(&s->size) == 0; size++) {
        char text[CHECKPOINT_TEXT_MAX];
        uint8_t hash[HASH_LEN];

        tree_root(&s->j->tree, h, (uint32_t)size, hash);
        const struct slice t = {text, checkpoint_text(text, s->j->skel->name, size, hash)};
        hash_parts(h, &t, 1, hash);
        if (memcmp(hash, s->imprint, HASH_LEN) == 0)
            atomic_store(&s->size, size);
    }
}

/* A token does not say which size it stamps: only the imprint tells. */
static void try_token(struct search *s, const struct beside *file, unsigned threads)
{
    struct stamp stamp;
    struct imprint_search search = {.j = s->j, .imprint = stamp.imprint};

    if (s->given->authorities == NULL ||
        stamp_check(s->given->authorities, file->bytes, &stamp) != 0) {
        verdict_remark(s->out, "%s is not a valid time stamp by an authority that was given",
                       file->name);
        return;
    }
    atomic_init(&search.size, 0);
    parallel_do(threads, s->j->size, RUN, search_imprint, &search);
    if (atomic_load(&search.size) == 0)
        verdict_remark(s->out, "%s is a valid time stamp, but not over this journal", file->name);
    else
        stamp_found(s, &stamp, atomic_load(&search.size));
}

int anchor_find(const struct journal *j, struct hasher *h, const struct trust_given *given,
                unsigned threads, struct verdict *out)
{
    struct search s = {.j = j, .hasher = h, .given = given, .out = out};

    if (try_root(&s) != 0)
        return -1;
    for (size_t i = 0; i < given->note_count; i++)
        try_note(&s, &given->notes[i]);
    for (size_t i = 0; i < given->token_count; i++)
        try_token(&s, &given->tokens[i], threads);
    try_records(&s);
    return 0;
}
