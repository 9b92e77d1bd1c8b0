/* custody_facts.c: what a form of custody says beside its rows. */
#include "practice/custody_facts.h"
#include "practice/evidence.h"
#include "practice/image_record.h"

const struct custody_fact custody_facts[CUSTODY_FACT_COUNT] = {
    {FACT_ITEM, "title", "Item"},
    {FACT_ITEM, "sort", "Sort"},
    {FACT_ITEM, "sha256", "SHA-256"},
    {FACT_ITEM, "md5", "MD5"},
    {FACT_ITEM, "size", "Size"},
    {FACT_ITEM, "bad", "Not readable"},
    {FACT_ITEM, "bad-sectors", "Sectors of it"},
    {FACT_ITEM, "left", "Left unread"},
    {FACT_ITEM, "left-sectors", "Sectors left"},
    {FACT_ITEM, "source-md5", "Source MD5"},
    {FACT_ITEM, "source-sha1", "Source SHA-1"},
    {FACT_ITEM, "source-sha256", "Source SHA-256"},
    {FACT_ITEM, "image-md5", "Image MD5"},
    {FACT_ITEM, "image-sha1", "Image SHA-1"},
    {FACT_ITEM, "image-sha256", "Image SHA-256"},
    {FACT_ITEM, "files", "Files"},
    {FACT_ITEM, "path", "Where it was"},
    {FACT_ITEM, "host", "Machine"},
    {FACT_ITEM, "system", "System"},
    {FACT_ITEM, "modified", "Last changed"},
    {FACT_ITEM, "mode", "Permissions"},
    {FACT_ITEM, "owner", "Owner, group"},
    {FACT_ITEM, "accessed", "Last read"},
    {FACT_ITEM, "changed", "Facts changed"},
    {FACT_ITEM, "created", "Made"},
    {FACT_ITEM, "flags", "Flags"},
    {FACT_ITEM, "acl", "Access list"},
    {FACT_ITEM, "attributes", "Attributes"},
    {FACT_ITEM, "remark", "Particular"},
    {FACT_KEPT, "place", "Kept now"},
    {FACT_LAST_IN, "place", "Files last in"},
    {FACT_ALSO_IN, "files", "Files also in"},
    {FACT_ITEM, "seal", "Seal"},
    {FACT_ITEM, "holder", "Held now by"},
    {FACT_ITEM, "destroyed", "Destroyed"},
    {FACT_SEALED, "unlawful", "Sealed"},
    {FACT_IMAGE, "source", "Source"},
    {FACT_IMAGE, "host", "Read by"},
    {FACT_IMAGE, "device", "Make, model"},
    {FACT_IMAGE, "serial", "Serial number"},
    {FACT_IMAGE, "wwn", "WWN"},
    {FACT_IMAGE, "size", "Reported size"},
    {FACT_IMAGE, "native-size", "Native size"},
    {FACT_IMAGE, "factory-size", "Size as made"},
    {FACT_IMAGE, "sector", "Sectors"},
    {FACT_IMAGE, "protected", "State"},
    {FACT_IMAGE, "live", "LIVE, in use"},
    {FACT_IMAGE, "changed", "CHANGED"},
    {FACT_IMAGE, "stated", "Its own hashes"},
    {FACT_IMAGE, "damage", "Its damage"},
    {FACT_IMAGE, "remark", "Noted"},
    {FACT_IMAGE, "began", "Begun"},
    {FACT_IMAGE, "ended", "Ended"},
    {FACT_IMAGE, "back-began", "Read back from"},
    {FACT_IMAGE, "back-ended", "Read back to"},
    {FACT_IMAGE, "options", "Options"},
    {FACT_IMAGE, "program", "Made by"},
    {FACT_IMAGE, "made", "Facts are from"},
    {FACT_RUNS, "runs", "Later runs"},
};

const struct field *custody_fact_field(const struct custody_fact *f)
{
    bool is_of_image = f->from == FACT_IMAGE || f->from == FACT_RUNS;
    const struct kind *k = is_of_image ? &acquisition_kind : &evidence_kind;
    const struct field *field = field_find(k->fields, k->field_count, str_of(f->field));

    if (!field)
        BUG("no field %s for a form", f->field);
    return field;
}

static void add_one(struct buf *out, const struct field *f, struct str value)
{
    char text[UTC_PLAIN_SIZE];
    struct utc time;

    if (f->type == FIELD_TIME && utc_read(&time, value))
        buf_adds(out, utc_plain(text, time));
    else
        field_show(f, value, (struct utc){0}, out);
}

void custody_fact_spell(struct buf *out, const struct field *f, struct str value)
{
    struct str lines = value;

    if (!(f->flags & FIELD_MANY))
        add_one(out, f, value);
    while (f->flags & FIELD_MANY && lines.len) {
        struct str line = str_cut(&lines, '\n');

        add_one(out, f, line);
        buf_adds(out, lines.len ? ", " : "");
    }
    if (f->type == FIELD_SIZE)
        buf_addf(out, " (" STR_FMT " bytes)", STR_ARG(value));
}

bool custody_has_runs(struct str remark, struct str runs)
{
    return runs.len && remark.len && memmem(remark.p, remark.len, runs.p, runs.len);
}
