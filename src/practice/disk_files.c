/* disk_files.c: finds and opens the files of a disk image. */
#include "practice/disk_files.h"
#include "practice/evidence.h"
#include "sys/file.h"

void disk_files_release(struct disk_files *f)
{
    image_set_release(&f->set);
    buf_release(&f->name);
    buf_release(&f->reading);
}

static int sealed(const struct disk_files *f, struct err *e)
{
    return err_set(e, ERR_DENIED,
                   "%s is sealed: it, or the same bytes under another number, may be unlawful to "
                   "possess, and is not read. See calm help unlawful",
                   buf_text(&f->name));
}

static int open_recorded(struct disk_files *f, const struct evidence_file *file, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    uint64_t there;
    int rc;

    rc = evidence_file_path(f->item, file, &path, e);
    if (rc)
        return rc;
    if (!file_is_there(buf_text(&path)))
        return err_set(e, ERR_NOTFOUND,
                       "%s is not there. If the image lies elsewhere now, name its first file "
                       "instead of %s",
                       buf_text(&path), buf_text(&f->name));
    rc = image_set_add_itself(&f->set, buf_text(&path), &there, e);
    if (rc == 0 && there != file->size)
        rc = err_set(e, ERR_TAMPER,
                     "%s has %llu bytes, and %llu were recorded: calm preserve verify %s",
                     buf_text(&path), (unsigned long long)there, (unsigned long long)file->size,
                     buf_text(&f->name));
    return rc;
}

static int open_image(struct disk_files *f, struct str files, struct err *e)
{
    struct evidence_file file;
    int rc = 0;

    while (rc == 0 && evidence_file_next(&files, &file))
        if (!evidence_file_is_beside(&file))
            rc = open_recorded(f, &file, e);
    if (rc == 0 && files.len)
        rc = err_set(e, ERR_FORMAT, "what is on record of the files of %s cannot be read",
                     buf_text(&f->name));
    if (rc == 0 && f->set.count == 0)
        rc = err_set(e, ERR_NOTFOUND, "the record of %s names no file", buf_text(&f->name));
    return rc;
}

static int open_item(struct disk_files *f, struct session *s, const struct view *v, struct err *e)
{
    struct str files = thing_value(f->item, "files");
    struct hash name;
    uint64_t size;
    int fd;
    int rc;

    if (evidence_is_barred(v->state, f->item))
        return sealed(f, e);
    if (thing_value(f->item, "destroyed").len)
        return err_set(e, ERR_NOTFOUND,
                       "%s is on record as destroyed, and nothing of it is read: calm preserve "
                       "custody %s. A file that lies there all the same is read by its path",
                       buf_text(&f->name), buf_text(&f->name));
    if (files.len)
        return open_image(f, files, e);
    if (!hex_read(name.b, sizeof(name.b), thing_value(f->item, "sha256")))
        return err_set(e, ERR_NOTFOUND, "%s has no bytes in this case", buf_text(&f->name));
    rc = blob_open(session_store(s), &name, &fd, &size, e);
    if (rc)
        return rc;
    image_set_take(&f->set, fd);
    return 0;
}

/* "e3" is the item, also where a file of that name lies here; "./e3" is the file. */
static bool is_call(struct str image)
{
    uint64_t number;

    return image.len > 1 && image.p[0] == 'e' && str_u64(str_from(image, 1), &number);
}

int disk_files_open(struct disk_files *f, struct session *s, const struct view *v, struct str image,
                    struct err *e)
{
    static const struct field which = {.name = "image", .type = FIELD_REF, .kind = "evidence"};
    struct id id;
    int rc;

    buf_addstr(&f->name, image);
    buf_addf(&f->reading, "reading " STR_FMT, STR_ARG(image));
    if (!is_call(image))
        return image_set_open(&f->set, buf_text(&f->name), e);
    rc = view_resolve(v, &which, image, &id, e);
    if (rc)
        return rc;
    f->item = state_thing_by_id(v->state, &id);
    return open_item(f, s, v, e);
}
