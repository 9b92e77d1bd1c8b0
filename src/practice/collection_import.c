/* collection_import.c: takes in what was collected from a host. */
#include <unistd.h>
#include "practice/collection_record.h"
#include "sys/file.h"
#include "sys/interrupt.h"
#include "sys/walk.h"

static const struct field import_fields[] = {
    {.name = "file",
     .type = FIELD_PATH,
     .flags = FIELD_REQUIRED | FIELD_ARG | FIELD_OUTSIDE,
     .help = "a bundle, a UAC archive or a Velociraptor offline collection"},
    {.name = "system",
     .type = FIELD_LINE,
     .flags = FIELD_OUTSIDE,
     .help = "how the case calls its host; the one that it names if not given"},
};

/* Before anything is kept: is it a collection, and may these bytes be taken at all? */
static int check(struct session *s, int fd, const char *path, struct err *e)
{
    enum collection_tool tool = COLLECTION_UNKNOWN;
    bool is_sealed;
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc == 0)
        rc = intake_is_sealed(v.state, fd, &is_sealed, e);
    if (rc == 0 && is_sealed)
        return err_set(e, ERR_DENIED, "the same bytes are sealed as unlawful to possess");
    if (rc == 0)
        rc = collection_sniff(s, fd, path, &tool, e);
    if (rc)
        return rc;
    if (!tool)
        return err_set(e, ERR_FORMAT,
                       "%s is neither a bundle of calm-collect nor a collection of UAC or "
                       "Velociraptor. calm preserve files takes it as it is",
                       path);
    if (lseek(fd, 0, SEEK_SET) < 0)
        return err_errno(e, "cannot read %s twice", path);
    return 0;
}

static const struct thing *find_same(const struct view *v, const struct hash *sha256)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, "collection", &at));) {
        const struct thing *item = view_ref(v, t, "evidence");
        struct hash hash;

        if (item && hex_read(hash.b, sizeof(hash.b), thing_value(item, "sha256")) &&
            hash_eq(&hash, sha256))
            return t;
    }
    return NULL;
}

static int check_new(struct session *s, const struct hash *sha256, const char *path, struct err *e)
{
    const struct thing *same;
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc)
        return rc;
    same = find_same(&v, sha256);
    return same ? err_set(e, ERR_USAGE, "%s is here already: co%u", path, same->number) : 0;
}

static int import_job(struct session *s, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    CLEANUP(collection_taken_release)
    struct collection_taken t = {.session = s, .op = op, .input = in, .how = "imported"};
    CLEANUP(intake_release) struct intake file = {0};
    CLEANUP(interrupt_end) struct interrupt signals;
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf place = {0};
    CLEANUP_FD int fd = -1;
    bool keeps_time;
    int rc;

    interrupt_begin(&signals);
    buf_addstr(&path, input_value(op, in, "file"));
    rc = walk_open_named(buf_text(&path), "a collection", &fd, &keeps_time, &file.before, e);
    if (rc == 0)
        rc = check(s, fd, buf_text(&path), e);
    if (rc == 0 && fstat(fd, &file.before) != 0) /* what was opened, not what was found */
        rc = err_errno(e, "cannot look at %s", buf_text(&path));
    if (rc == 0)
        rc = intake_fd(&file, s, fd, keeps_time, e);
    if (rc == 0 && file.trouble.len)
        rc = err_set(e, ERR_IO, "%s %s", buf_text(&path), buf_text(&file.trouble));
    if (rc == 0)
        rc = check_new(s, &file.digests.sha256, buf_text(&path), e);
    if (rc)
        return rc;
    intake_path_text(&place, buf_text(&path));
    intake_facts(&t.facts, &file);
    t.facts.source_path = buf_str(&place);
    t.system = input_value(op, in, "system");
    return collection_take(&t, buf_text(&path), a, e);
}

const struct operation preserve_import = {
    .name = "preserve import",
    .practice = "preserve",
    .help = "take in what was collected from a host: a bundle, UAC, Velociraptor",
    .example = "calm preserve import /media/STICK/web1.calm --system web1",
    .more =
        "The file becomes one item of evidence, as it came. A bundle of calm-collect that is "
        "sealed to this case is opened with the case's key. Its state becomes one that calm "
        "snapshot diff and observe work on; of a UAC archive or a Velociraptor offline collection "
        "what can be mapped (doc/format/collection.md). What is noticed and what is missing is "
        "listed: calm preserve observed. The file comes from elsewhere and may be hostile: it is "
        "read in a process that can do nothing else. What is cut or altered is taken as far as it "
        "is good, and marked.",
    OP_FIELDS(import_fields),
    .kind = &evidence_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("system/1", "evidence/1", "snapshot/1", "collection/1"),
    .job = import_job};
