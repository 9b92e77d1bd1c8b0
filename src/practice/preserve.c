/* preserve.c: the register of evidence and its chain of custody. */
#include "practice/backup.h"
#include "base/size.h"
#include "practice/bundle.h"
#include "practice/evidence.h"
#include "practice/image_record.h"
#include "render/screen.h"
#include "base/sink.h"
#include "practice/collection.h"
#include "practice/custody.h"
#include "practice/hosts.h"
#include "practice/package.h"
#include "practice/preserve_files.h"
#include "practice/preserve_hash.h"
#include "practice/preserve_read.h"
#include "practice/preserve_image.h"
#include "practice/preserve_move.h"
#include "practice/preserve_status.h"
#include "practice/preserve_verify.h"
#include "practice/receive.h"
#include "practice/unlawful.h"
#include "practice/visit.h"
#include "sys/file.h"

#define SORTS                                                                                      \
    WORDS("file", "archive", "image", "snapshot", "recording", "report", "export", "list",         \
          "paper", "device")

static const struct field evidence_fields[] = {
    FIELD_CALLED("title", "what it is"),
    {.name = "sort", .type = FIELD_WORD, .choices = SORTS, .help = "what sort of item"},
    {.name = "sha256",
     .type = FIELD_LINE,
     .help = "SHA-256 of its bytes: its name in the case's evidence folder"},
    {.name = "md5", .type = FIELD_LINE, .help = "MD5 of its bytes, for old tools"},
    {.name = "size", .type = FIELD_SIZE, .help = "bytes"},
    {.name = "path", .type = FIELD_LINE, .help = "where it was"},
    {.name = "host", .type = FIELD_LINE, .help = "on which machine"},
    {.name = "modified", .type = FIELD_TIME, .help = "when it was last changed there"},
    {.name = "mode", .type = FIELD_LINE, .help = "its permissions there, octal"},
    {.name = "owner", .type = FIELD_LINE, .help = "its owner and group there, as numbers"},
    {.name = "accessed", .type = FIELD_TIME, .help = "when it was last read there, before this"},
    {.name = "changed", .type = FIELD_TIME, .help = "when its data or facts last changed there"},
    {.name = "created", .type = FIELD_TIME, .help = "when it was made there"},
    {.name = "flags", .type = FIELD_LINE, .help = "its flags there: immutable, append-only"},
    {.name = "attributes",
     .type = FIELD_LINE,
     .flags = FIELD_MANY,
     .help = "its extended attributes there, in hex"},
    {.name = "acl", .type = FIELD_LINE, .help = "its access control list there"},
    {.name = "system", .type = FIELD_REF, .kind = "system", .help = "which system it comes from"},
    {.name = "remark", .type = FIELD_LINE, .help = "what is particular: changed while it was read"},
    {.name = "files",
     .type = FIELD_LINE,
     .flags = FIELD_MANY,
     .help = "of an image, which lies in its place: name, bytes and SHA-256 of each file"},
    {.name = "image-size", .type = FIELD_SIZE, .help = "of an image: bytes that it holds"},
    {.name = "image-sha256", .type = FIELD_LINE, .help = "SHA-256 of the bytes that it holds"},
    {.name = "image-sha1", .type = FIELD_LINE, .help = "SHA-1 of the bytes that it holds"},
    {.name = "image-md5", .type = FIELD_LINE, .help = "MD5 of the bytes that it holds"},
    {.name = "source-sha256", .type = FIELD_LINE, .help = "SHA-256 of the source's exact bytes"},
    {.name = "source-sha1", .type = FIELD_LINE, .help = "SHA-1 of the source's exact bytes"},
    {.name = "source-md5", .type = FIELD_LINE, .help = "MD5 of the source's exact bytes"},
    {.name = "bad",
     .type = FIELD_SIZE,
     .help = "bytes of the source that could not be read, and are zeros in the image"},
    {.name = "bad-sectors",
     .type = FIELD_LINE,
     .help = "the first runs of sectors that are zeros because of it; all are in NAME.map"},
    {.name = "left",
     .type = FIELD_SIZE,
     .help = "bytes of the source that were left unread on request, or since it was gone, and are "
             "zeros in the image"},
    {.name = "left-sectors",
     .type = FIELD_LINE,
     .help = "the first runs of sectors that are zeros because of it; all are in NAME.map"},
    {.name = "place", .type = FIELD_LINE, .help = "where the item is kept now"},
    {.name = "seal", .type = FIELD_LINE, .help = "the number of its seal"},
    {.name = "holder", .type = FIELD_LINE, .help = "who has it now"},
    {.name = "unlawful",
     .type = FIELD_FLAG,
     .help = "may hold material that is unlawful to possess: sealed, never shown or exported"},
    {.name = "destroyed", .type = FIELD_FLAG, .help = "it is no more: its chain says why"},
};
const struct kind evidence_kind = {.name = "evidence",
                                   .prefix = "e",
                                   .words = "evidence taken",
                                   .change_words = "evidence",
                                   KIND_FIELDS(evidence_fields)};

static const struct field hold_fields[] = {
    {.name = "system",
     .type = FIELD_REF,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .kind = "system",
     .help = "which system"},
    {.name = "last-backup", .type = FIELD_TIME, .help = "when the last backup was made"},
    {.name = "backup",
     .type = FIELD_WORD,
     .choices = WORDS("unknown", "offline", "online", "none"),
     .help = "whether it is out of the incident's reach"},
    {.name = "untouched",
     .type = FIELD_WORD,
     .choices = WORDS("unknown", "yes", "no"),
     .help = "whether it is from before the incident"},
    {.name = "rotation",
     .type = FIELD_WORD,
     .choices = WORDS("running", "suspended"),
     .help = "whether logs and backups are still overwritten"},
    {.name = "requested",
     .type = FIELD_LINE,
     .flags = FIELD_MANY,
     .help = "short-lived records asked for elsewhere: provider, cloud, doors, cameras"},
    {.name = "text", .type = FIELD_TEXT, .help = "more"},
};
const struct kind hold_kind = {.name = "retention",
                               .prefix = "hd",
                               .words = "hold",
                               .change_words = "hold changed",
                               KIND_FIELDS(hold_fields)};

/* Who reads "suspended" in a record must not have to ask whether this program did it. */
static int decide_hold(struct decision *d, struct err *e)
{
    int rc = decide_make(d, e);

    if (rc == 0)
        buf_adds(&d->say, "This records how it is, and stops nothing: rotation and backup jobs "
                          "are stopped by hand.\n");
    return rc;
}

static const struct operation preserve_hold = {
    .name = "preserve hold",
    .practice = "preserve",
    .help = "first of all: keep backups and short-lived records from being overwritten",
    .example = "calm preserve hold web1 --backup offline --last-backup \"yesterday 23:00\" "
               "--rotation suspended --requested \"netflow of the provider\"",
    OP_FIELDS(hold_fields),
    .kind = &hold_kind,
    .type = OP_CHANGE,
    .faces = FACE_ALL,
    .records = WORDS("retention/1"),
    .decide = decide_hold,
    .roles = ROLES_WRITING};

static const struct field item_fields[] = {
    FIELD_CALLED("title", "what it is: drive 3 of db1, serial ZA1…"),
    {.name = "sort",
     .type = FIELD_WORD,
     .choices = WORDS("device", "paper"),
     .help = "a device or a paper",
     .fallback = "device"},
    {.name = "system", .type = FIELD_REF, .kind = "system", .help = "which system it comes from"},
    {.name = "place", .type = FIELD_LINE, .help = "where it is kept"},
    {.name = "seal", .type = FIELD_LINE, .help = "the number of its seal"},
    {.name = "holder", .type = FIELD_LINE, .help = "who has it"},
    {.name = "unlawful",
     .type = FIELD_FLAG,
     .help = "may hold material that is unlawful to possess"},
};
static const struct operation preserve_item = {
    .name = "preserve item",
    .practice = "preserve",
    .help = "put a thing that is no file on the register: a drive, a paper",
    .example =
        "calm preserve item \"drive 3 of db1, serial ZA1234\" --place \"safe, room 2\" --seal 0815",
    OP_FIELDS(item_fields),
    .kind = &evidence_kind,
    .roles = ROLES_WRITING,
    OP_MAKES("evidence")};

enum { REGISTER_COLUMNS = 5 };

/* Where it is from; before that what whoever opens the register must know. */
static struct str register_from(const struct view *v, const struct thing *item,
                                enum item_state verified)
{
    const struct thing *system = view_ref(v, item, "system");

    if (thing_value(item, "destroyed").len)
        return STR("destroyed");
    if (verified == ITEM_ALTERED)
        return STR("NOT AS TAKEN");
    if (verified == ITEM_MISSING)
        return STR("not all there");
    return system ? view_title(system) : thing_value(item, "place");
}

/* The register as a table; everything about one item: calm preserve custody. */
static int query_register(const struct view *v, const struct operation *op, const struct input *in,
                          struct answer *a, struct err *e)
{
    static const struct screen_column columns[REGISTER_COLUMNS] = {
        {.heading = "item", .whole = true},
        {.heading = "what", .middle = true},
        {.heading = "size", .right = true, .whole = true},
        {.heading = "SHA-256", .whole = true},
        {.heading = "from"}};
    struct screen screen = {&a->text, a->columns, a->color};
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    size_t count = view_count(v, "evidence");
    struct str *cells = arena_alloc(arena, (count + 1) * REGISTER_COLUMNS * sizeof(cells[0]));
    const struct thing *t;
    bool has_image = false;
    size_t row = 0, room;
    const enum item_state *states = verification_states(v, arena, &room);

    if (a->wants_json || count == 0)
        return query_list(v, op, in, a, e);
    for (size_t at = 0; (t = view_next(v, "evidence", &at)); row++) {
        struct str *cell = &cells[row * REGISTER_COLUMNS];
        char size[SIZE_TEXT_SIZE] = "";
        uint64_t bytes;

        if (str_u64(thing_value(t, "size"), &bytes))
            size_text(size, bytes);
        cell[0] = str_of(arena_printf(arena, "e%u", t->number));
        cell[1] = view_title(t);
        cell[2] = str_of(arena_strdup(arena, size));
        has_image |= thing_value(t, "files").len > 0;
        cell[3] = str_head(evidence_sum(t, "sha256"), 12);
        cell[4] = register_from(v, t, t->number < room ? states[t->number] : ITEM_UNCHECKED);
    }
    screen_table(&screen, 0, columns, REGISTER_COLUMNS, cells, row);
    screen_blank(&screen);
    if (has_image)
        screen_para(&screen, 0,
                    STR("SHA-256 is that of the item's bytes; of a disk image: of its source as it "
                        "was read."));
    screen_para(&screen, 0, STR("Everything about one: calm preserve custody e1"));
    return 0;
}

static const struct operation preserve_list = {.name = "preserve list",
                                               .practice = "preserve",
                                               .help = "the register of evidence",
                                               .example = "calm preserve list",
                                               .kind = &evidence_kind,
                                               .type = OP_QUERY,
                                               .faces = FACE_ALL,
                                               .query = query_register};
static const struct operation preserve_holds = {.name = "preserve holds",
                                                .practice = "preserve",
                                                .help = "what is kept from being overwritten",
                                                .example = "calm preserve holds",
                                                .kind = &hold_kind,
                                                OP_LISTS};

static void add_hex_value(struct decision *d, struct draft *dr, const char *name, const void *bytes,
                          size_t size)
{
    CLEANUP_BUF struct buf hex = {0};

    hex_add(&hex, bytes, size);
    draft_value(dr, name, str_of(arena_strdup(d->arena, buf_text(&hex))));
}

static void add_text_value(struct draft *dr, const char *name, struct str value)
{
    if (value.len)
        draft_value(dr, name, value);
}

struct draft *evidence_draft(struct decision *d, const struct evidence_facts *f)
{
    struct draft *dr = decision_add(d, "evidence/1");
    char when[UTC_TEXT_SIZE];
    struct id id;

    draft_value(dr, "title", f->title);
    draft_value(dr, "sort", str_of(f->sort));
    add_text_value(dr, "path", f->source_path);
    add_text_value(dr, "host", f->source_host);
    add_text_value(dr, "remark", f->remark);
    if (f->has_blob) {
        add_hex_value(d, dr, "sha256", f->digests.sha256.b, 32);
        add_hex_value(d, dr, "md5", f->digests.md5, 16);
        draft_value(dr, "size",
                    str_of(arena_printf(d->arena, "%llu", (unsigned long long)f->digests.size)));
    }
    if (f->mode) {
        draft_value(dr, "mode", str_of(arena_printf(d->arena, "%o", f->mode & 07777)));
        draft_value(dr, "owner", str_of(arena_printf(d->arena, "%u:%u", f->uid, f->gid)));
    }
    if (f->modified.sec) {
        utc_write(when, f->modified);
        draft_value(dr, "modified",
                    (struct str){arena_dup(d->arena, when, sizeof(when)), sizeof(when)});
    }
    if (hex_read(id.b, sizeof(id.b), f->system_id))
        draft_value_ref(d, dr, "system", &id);
    return dr;
}

struct str evidence_sum(const struct thing *item, const char *name)
{
    char of_image[24];

    static const char *const of[] = {"source", "image"};

    if (thing_value_if(item, name).len)
        return thing_value_if(item, name);
    for (size_t i = 0; i < COUNT_OF(of); i++) {
        snprintf(of_image, sizeof(of_image), "%s-%s", of[i], name);
        if (thing_value_if(item, of_image).len)
            return thing_value_if(item, of_image);
    }
    return STR("");
}

bool evidence_file_next(struct str *rest, struct evidence_file *out)
{
    struct evidence_file f = {0};
    struct str after = *rest;
    struct str line = str_cut(&after, '\n');
    struct str words = line;
    struct str sum;
    size_t spaces[2];

    /* The name may hold spaces: what follows it is found from the end. */
    for (int i = 1; i >= 0; i--) {
        while (words.len && words.p[words.len - 1] != ' ')
            words.len--;
        if (words.len < 2)
            return false;
        spaces[i] = --words.len;
    }
    f.name = words;
    sum = str_from(line, spaces[1] + 1);
    f.has_sum = hex_read(f.sum.b, sizeof(f.sum.b), sum);
    if (!str_u64((struct str){line.p + spaces[0] + 1, spaces[1] - spaces[0] - 1}, &f.size) ||
        (!f.has_sum && !str_is(sum, "-")))
        return false;
    *out = f;
    *rest = after;
    return true;
}

bool evidence_file_is_beside(const struct evidence_file *file)
{
    return str_ends(file->name, ".map") || str_ends(file->name, ".pieces") ||
           str_ends(file->name, ".txt");
}

/* What went on in another folder may have been put into one since: its SHA-256 tells. */
static void add_put_together(struct str place, struct str name, struct buf *path)
{
    CLEANUP_BUF struct buf moved = {0};

    buf_addf(&moved, STR_FMT "/" STR_FMT, STR_ARG(place), STR_ARG(path_base(name)));
    if (place.len && file_is_there(buf_text(&moved))) {
        buf_clear(path);
        buf_addstr(path, buf_str(&moved));
    }
}

int evidence_file_path(const struct thing *item, const struct evidence_file *file, struct buf *out,
                       struct err *e)
{
    struct str place = thing_value(item, "place");
    struct str name = file->name;
    bool has_slash = memchr(name.p, '/', name.len) != NULL;

    if (memchr(name.p, '\0', name.len) || (has_slash && name.p[0] != '/') || str_is(name, ".") ||
        str_is(name, ".."))
        return err_set(e, ERR_FORMAT, "the record of e%u names a file outside of its place",
                       item->number);
    buf_clear(out);
    if (!has_slash) {
        buf_addstr(out, place);
        buf_addc(out, '/');
    }
    buf_addstr(out, name);
    if (has_slash && !file_is_there(buf_text(out)))
        add_put_together(place, name, out);
    return 0;
}

bool evidence_has_bytes(const struct thing *item)
{
    return !thing_value(item, "destroyed").len &&
           (thing_value(item, "files").len || thing_value(item, "sha256").len);
}

const struct practice practice_preserve = {
    .verb = "preserve",
    .title = "Preserve evidence",
    .help = "a hold first; then copies with hashes, the register, chain of custody",
    .kinds =
        LIST(struct kind, &evidence_kind, &hold_kind, &backup_kind, &custody_kind,
             &verification_kind, &acquisition_kind, &unlawful_kind, &collection_kind, &visit_kind),
    .operations =
        LIST(struct operation, &preserve_list, &preserve_hold, &preserve_holds, &preserve_backup,
             &preserve_backups, &preserve_item, &preserve_move, &unlawful_found, &preserve_files,
             &preserve_hash, &preserve_image, &preserve_images, &preserve_verify, &preserve_collect,
             &preserve_import, &preserve_receive, &preserve_observed, &preserve_hosts,
             &preserve_visits, &preserve_key, &preserve_unseal, &preserve_get, &preserve_read,
             &preserve_custody_form, &preserve_export, &preserve_open),
    .status = preserve_status};
