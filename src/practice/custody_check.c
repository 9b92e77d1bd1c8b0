/* custody_check.c: the end of a form of custody: which record it is of, and how both are checked.
 */
#include "practice/custody_check.h"
#include "base/sink.h"
#include "practice/evidence.h"
#include "practice/verify.h"

enum { NAME_BESIDE = 60 }; /* a longer name has a line of its own */

void custody_check_line(struct buf *out, const struct hash *sum, struct str name)
{
    CLEANUP_BUF struct buf marked = {0};

    /* "SUM *NAME" is a line of sha256sum, and no blank of it is lost where lines are joined. */
    buf_addc(&marked, '*');
    buf_addstr(&marked, name);
    buf_adds(out, "echo ");
    hex_add(out, sum->b, sizeof(sum->b));
    buf_adds(out, " \\\n  ");
    sink_shell(out, buf_str(&marked));
    buf_adds(out, name.len > NAME_BESIDE ? " \\\n  | sha256sum -c\n" : " | sha256sum -c\n");
}

void custody_add_record(const struct view *v, struct doc *d)
{
    CLEANUP_BUF struct buf id = {0};
    CLEANUP_BUF struct buf root = {0};
    CLEANUP_BUF struct buf size = {0};
    struct hash hash = state_root(v->state);
    char when[UTC_PLAIN_SIZE];

    hex_add(&id, state_case_id(v->state)->b, sizeof(struct hash));
    verify_root(&root, &hash, "\n");
    buf_add_u64(&size, state_size(v->state));
    doc_heading(d, 1, STR(CUSTODY_MOMENT));
    doc_para_text(d, "Whoever signs this form below signs these numbers, too: the record up to "
                     "there cannot be another one later.");
    doc_pairs(d, DOC_FACTS);
    doc_pair_str(d, "Written", str_of(utc_plain(when, v->now)));
    doc_pair_str(d, "Case", buf_str(&id));
    doc_pair_str(d, "Records", buf_str(&size));
    doc_pair_str(d, "Root", buf_str(&root));
    doc_end(d);
}

void custody_check_kept(struct buf *out, struct str files, struct str sha256)
{
    struct evidence_file file;
    struct hash sum;

    if (!files.len && hex_read(sum.b, sizeof(sum.b), sha256)) {
        buf_addf(out, "cd evidence/" STR_FMT "\n", STR_ARG(str_head(sha256, 2)));
        custody_check_line(out, &sum, sha256);
    }
    while (evidence_file_next(&files, &file))
        if (file.has_sum)
            custody_check_line(out, &file.sum, path_base(file.name));
}

void custody_check_chain(struct buf *out, uint64_t size, const struct hash *root)
{
    verify_command(out, "program/", size, root,
                   "\\\n  --openings journal/journal.cjo journal/journal.cj1");
}

/* One that was not read again after it was written. */
static bool lacks_sum(const struct thing *item)
{
    struct str rest = thing_value(item, "files");
    struct evidence_file file;

    while (evidence_file_next(&rest, &file))
        if (!file.has_sum)
            return true;
    return false;
}

static void add_image_words(struct doc *d, const struct thing *item)
{
    if (lacks_sum(item))
        doc_para_text(d, "Of a file that has - in place of a SHA-256 none is on record.");
    doc_para_text(d, "What the image holds is hashed again by calm preserve verify; of an E01 also "
                     "by ewfverify, and of a raw one by sha256sum.");
}

static void add_item_check(struct doc *d, const struct thing *item, struct str check)
{
    bool is_image = thing_value(item, "files").len > 0;
    CLEANUP_BUF struct buf lines = {0};

    buf_addstr(&lines, check);
    if (!check.len)
        custody_check_kept(&lines, thing_value(item, "files"), thing_value(item, "sha256"));
    if (check.len)
        doc_para_text(d, "The item is unaltered if its bytes have the SHA-256 that stands above. "
                         "These lines compare them with it, where the package was opened; type "
                         "them from a form on paper that was signed, if there is one:");
    else if (is_image)
        doc_para_text(d, "The image is unaltered if its files have the SHA-256 that stand above. "
                         "These lines compare them, in the folder that has the files:");
    else if (lines.len)
        doc_para_text(d, "The item is unaltered if its bytes have the SHA-256 that stands above. "
                         "This compares them with it, where calm keeps them, in the folder of the "
                         "case:");
    if (lines.len)
        doc_verbatim(d, buf_str(&lines));
    if (is_image)
        add_image_words(d, item);
}

/* The readable journal ends with what was sealed last; that of a package holds all that its forms
 * say, and lies at the same place. */
static void add_chain_check(const struct view *v, struct doc *d, bool is_in_package)
{
    CLEANUP_BUF struct buf command = {0};
    struct hash root = state_root(v->state);

    if (is_in_package) {
        doc_para_text(d, "The rows of the chain are signed records of the case. With number and "
                         "root this checks, where the package was opened, that none of them was "
                         "changed, left out or put in later, and that the values beside them are "
                         "theirs. Type both from a form on paper that was signed, or from what "
                         "the sender tells you: a form that lies in a package is as true as "
                         "whoever packed it.");
        custody_check_chain(&command, state_size(v->state), &root);
    } else {
        doc_para_text(d, "The rows of the chain are signed records of the case. calm log verify "
                         "writes all of them to journal/journal.cj1 in the folder of the case. "
                         "With number and root from a form on paper this checks there, also "
                         "without calm, that none of them was changed, left out or put in later:");
        verify_command(&command, "", state_size(v->state), &root, "journal/journal.cj1");
    }
    doc_verbatim(d, buf_str(&command));
    doc_para_text(d, "It says \"verified\". Without --root it says no more than that they fit "
                     "together, which whoever holds all keys of the case could make anew. What "
                     "it checks stands in doc/format/journal.md of calm; calm log verify and calm "
                     "preserve open take --root, too. A package that was made later is checked "
                     "with the same number and root.");
}

void custody_add_checking(const struct view *v, struct doc *d, const struct thing *item,
                          struct str check, bool is_in_package)
{
    doc_heading(d, 1, STR(CUSTODY_CHECKING));
    add_item_check(d, item, check);
    add_chain_check(v, d, is_in_package);
}
