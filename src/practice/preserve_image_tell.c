/* preserve_image_tell.c: what a person, or a program, is told of an image that is whole. */
#include "practice/preserve_image_tell.h"
#include "base/sink.h"
#include "base/size.h"
#include "practice/evidence.h"

enum { FILES_SHOWN = 3, FOLDERS_SHOWN = 8 };

static void tell_file(const struct image_file *f, struct buf *out)
{
    char size[SIZE_TEXT_SIZE];
    uint64_t n = 0;

    (void)str_u64(f->bytes, &n);
    buf_adds(out, "  ");
    sink_terminal(out, f->folder, false);
    buf_addc(out, '/');
    sink_terminal(out, f->name, false);
    buf_addf(out, "\n      %s (" STR_FMT " bytes)\n      SHA-256 " STR_FMT "\n", size_text(size, n),
             STR_ARG(f->bytes), STR_ARG(f->sum));
}

static void tell_bad(const struct image_helper *h, uint64_t bad, uint64_t left, struct buf *out)
{
    char size[SIZE_TEXT_SIZE];
    bool is_gone = strcmp(image_helper_fact(h, "gone"), "1") == 0;

    if (bad)
        buf_addf(out, "%s could not be read, and are zeros in the image.\n", size_text(size, bad));
    if (left)
        buf_addf(out, "%s were left unread%s, and are zeros in the image.\n", size_text(size, left),
                 is_gone ? ", since the source was gone" : "");
    buf_adds(out, "  ");
    sink_terminal(out, str_of(image_helper_result(h, "name")), false);
    buf_adds(out, ".map and .txt beside it say where.\n");
}

static void tell_sums(const struct image_helper *h, const char *of, const char *head,
                      struct buf *out)
{
    static const char *const names[][2] = {
        {"md5", "MD5"}, {"sha1", "SHA-1"}, {"sha256", "SHA-256"}};

    buf_addf(out, "%s\n", head);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char word[24];

        snprintf(word, sizeof(word), "%s%s", of, names[i][0]);
        buf_addf(out, "  %-7s %s\n", names[i][1], image_helper_result(h, word));
    }
}

/* What is to be known of the source, before anything is concluded from the image. */
static void tell_source(const struct image_helper *h, struct buf *out)
{
    CLEANUP_BUF struct buf changed = {0};
    CLEANUP_BUF struct buf stated = {0};
    CLEANUP_BUF struct buf damage = {0};
    CLEANUP_BUF struct buf note = {0};

    sink_terminal(&note, str_of(image_helper_fact(h, "note")), false);
    if (note.len)
        buf_addf(out, "Of the source: %s\n", buf_text(&note));
    sink_terminal(&changed, str_of(image_helper_result(h, "changed")), false);
    sink_terminal(&damage, str_of(image_helper_result(h, "damage")), false);
    sink_terminal(&stated, str_of(image_helper_result(h, "stated")), false);
    if (strcmp(image_helper_result(h, "live"), "1") == 0)
        buf_adds(out, "LIVE: the source was in use while it was read: the image may hold parts of "
                      "different moments.\n");
    if (changed.len)
        buf_addf(out, "CHANGED %s. The image may hold parts of different moments.\n",
                 buf_text(&changed));
    if (image_helper_contradicts(h))
        buf_addf(out,
                 "The source is an image, and its own hashes are %s. What it holds is not what its "
                 "maker read.\n",
                 buf_text(&stated));
    else if (stated.len)
        buf_addf(out, "The source is an image; its own hashes: %s.\n", buf_text(&stated));
    if (damage.len)
        buf_addf(out, "The files of that image are damaged at %s.\n", buf_text(&damage));
}

static const char *back_words(const char *said)
{
    if (strcmp(said, "same") == 0)
        return "It was read back from the disk, and is the same.";
    if (strcmp(said, "failed") == 0) /* only --made takes such an image */
        return "Reading it back FAILED when it was made; now all that it holds was compared with "
               "its summary.";
    return "It was NOT read back: calm preserve verify does that.";
}

/* Where its files lie, each folder once. */
struct folders {
    struct str at[FOLDERS_SHOWN];
    size_t count;
};

static void add_folder(struct folders *f, struct str folder)
{
    for (size_t i = 0; i < f->count; i++)
        if (str_eq(f->at[i], folder))
            return;
    if (f->count < FOLDERS_SHOWN)
        f->at[f->count++] = folder;
}

/* Its files, and in which folder those lie that are beside it. */
static void tell_files(const struct image_helper *h, unsigned item, struct folders *folders,
                       struct buf *out)
{
    struct str rest = buf_str(&h->files), beside = STR("");
    unsigned shown = 0;

    while (rest.len) {
        struct image_file f = image_helper_file(str_cut(&rest, '\n'));
        struct evidence_file named = {.name = f.name};

        add_folder(folders, f.folder);
        if (evidence_file_is_beside(&named))
            beside = f.folder;
        else if (shown++ < FILES_SHOWN)
            tell_file(&f, out);
    }
    if (shown > FILES_SHOWN)
        buf_addf(out, "  … and %u more file%s: calm preserve custody e%u\n", shown - FILES_SHOWN,
                 shown - FILES_SHOWN == 1 ? "" : "s", item);
    if (folders->count > 1) {
        buf_adds(out, "  In ");
        sink_terminal(out, beside, false);
        buf_adds(out, ", and on record by their hashes: .map, .pieces and .txt.\n");
    } else {
        buf_adds(out, "  Beside it, and on record by their hashes: .map, .pieces and .txt.\n");
    }
}

/* A copy of the first folder alone may hold nothing of the image. */
static void tell_next(const struct folders *folders, unsigned item, struct buf *out)
{
    if (folders->count > 1) {
        buf_addf(out,
                 "\nIt lies in %zu folders. A copy needs all that is in them, and they can be put "
                 "into one:\n",
                 folders->count);
        for (size_t i = 0; i < folders->count; i++) {
            buf_adds(out, "  ");
            sink_terminal(out, folders->at[i], false);
            buf_addc(out, '\n');
        }
    }
    buf_addf(out,
             "\nNext:  copy the folder%s to a second disk, then calm preserve verify e%u\n"
             "       calm preserve read e%u shows what is in it\n",
             folders->count > 1 ? "s" : "", item, item);
}

static void tell(const struct image_helper *h, unsigned number, unsigned item, struct buf *out)
{
    struct folders folders = {.count = 0};
    uint64_t bad = 0, left = 0;

    (void)str_u64(str_of(image_helper_result(h, "bad")), &bad);
    (void)str_u64(str_of(image_helper_result(h, "left")), &left);
    buf_addf(out, "\nim%u is %s. On the register of evidence it is e%u.\n", number,
             strcmp(image_helper_fact(h, "gone"), "1") == 0 ? "ended" : "whole", item);
    tell_files(h, item, &folders, out);
    tell_sums(h, "", "Hashes of the source as it was read:", out);
    if (strcmp(image_helper_result(h, "sha256"), image_helper_result(h, "stored-sha256")) != 0)
        tell_sums(h, "stored-",
                  "Of what the image holds, as stored, the last sector filled up with zeros:", out);
    if (bad || left)
        tell_bad(h, bad, left, out);
    buf_addf(out, "%s\n", back_words(image_helper_result(h, "read-back")));
    tell_source(h, out);
    if (image_helper_result(h, "unbound")[0])
        buf_addf(out, "NOT BOUND: %s.\n", image_helper_result(h, "unbound"));
    tell_next(&folders, item, out);
}

static void tell_json(const struct image_helper *h, unsigned number, unsigned item, struct buf *out)
{
    static const char *const words[] = {"name",   "md5",       "sha1",        "sha256",
                                        "bad",    "read-back", "changed",     "stated",
                                        "damage", "unbound",   "stored-size", "left"};
    struct json j;

    json_begin(&j, out);
    json_object_begin(&j);
    json_put_u64(&j, "number", number);
    json_put_u64(&j, "evidence", item);
    for (size_t i = 0; i < COUNT_OF(words); i++)
        json_put_str(&j, words[i], str_of(image_helper_result(h, words[i])));
    json_put_bool(&j, "live", strcmp(image_helper_result(h, "live"), "1") == 0);
    json_put_str(&j, "files", buf_str(&h->files));
    json_object_end(&j);
}

void preserve_image_tell(const struct image_helper *h, unsigned number, unsigned item,
                         struct answer *a)
{
    if (a->wants_json)
        tell_json(h, number, item, &a->json);
    else
        tell(h, number, item, &a->text);
}
