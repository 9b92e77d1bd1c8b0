/* disk_body.c: a row of a disk's listing as a line of a body file and as JSON. */
#include "practice/disk_body.h"
#include <stdio.h>

/* The letters of The Sleuth Kit: of the name, and of the inode, which has a socket as h. */
static char name_letter(enum disk_type t)
{
    static const char letters[] = {
        [DISK_UNKNOWN] = '-',
        [DISK_FILE] = 'r',
        [DISK_FOLDER] = 'd',
        [DISK_LINK] = 'l',
        [DISK_FIFO] = 'p',
        [DISK_SOCKET] = 's',
        [DISK_CHARACTER_DEVICE] = 'c',
        [DISK_BLOCK_DEVICE] = 'b',
        [DISK_SHADOW] = 'h',
        [DISK_WHITEOUT] = 'w',
        [DISK_VIRTUAL] = 'v',
        [DISK_VIRTUAL_FOLDER] = 'V',
    };

    return letters[t];
}

static char inode_letter(enum disk_type t)
{
    return t == DISK_SOCKET ? 'h' : t == DISK_SHADOW ? 's' : name_letter(t);
}

static void rights(char *out, unsigned bits, bool is_special, char special)
{
    out[0] = bits & 4 ? 'r' : '-';
    out[1] = bits & 2 ? 'w' : '-';
    out[2] = bits & 1 ? 'x' : '-';
    if (is_special)
        out[2] = bits & 1 ? special : (char)(special - 'a' + 'A');
}

static void mode_text(char out[11], char letter, uint32_t mode)
{
    out[0] = letter;
    rights(out + 1, mode >> 6 & 7, mode & 04000, 's');
    rights(out + 4, mode >> 3 & 7, mode & 02000, 's');
    rights(out + 7, mode & 7, mode & 01000, 't');
    out[10] = '\0';
}

void disk_mode_text(char out[11], const struct disk_file *f)
{
    char letter = name_letter(f->has_meta ? f->type : f->name_type);

    mode_text(out, letter == 'r' ? '-' : letter, f->has_meta ? f->mode : 0);
}

void disk_inode_text(struct buf *out, const struct disk_file *f)
{
    buf_add_u64(out, f->inode);
    if (f->has_attribute)
        buf_addf(out, "-%u-%u", (unsigned)f->attribute_type, (unsigned)f->attribute_id);
}

/* As fls shows names; what would end a line or a column is shown so, too. */
static void add_name(struct buf *out, struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.p[i];

        buf_addc(out, c < 0x20 || c == 0x7f || c == '|' ? '^' : (char)c);
    }
}

static void add_path(struct buf *out, struct str path)
{
    while (path.len) {
        buf_addc(out, '/');
        add_name(out, str_cut(&path, '\0'));
    }
}

static void add_times(struct buf *out, const struct utc *t)
{
    static const int order[] = {DISK_ACCESSED, DISK_MODIFIED, DISK_CHANGED, DISK_BORN};

    for (size_t i = 0; i < COUNT_OF(order); i++)
        buf_addf(out, "|%lld", (long long)t[order[i]].sec);
    buf_addc(out, '\n');
}

struct row {
    const char *mark; /* behind the name */
    struct str stream;
    const struct utc *times;
    uint64_t size;
    uint32_t attribute_type, attribute_id;
};

static void add_row(struct buf *out, const struct disk_file *f, const struct row *r)
{
    char mode[11] = "----------";

    buf_adds(out, "0|");
    add_path(out, f->path);
    if (r->stream.len)
        buf_addc(out, ':');
    add_name(out, r->stream);
    buf_adds(out, r->mark);
    if (f->has_meta && f->type == DISK_LINK && f->link.len) {
        buf_adds(out, " -> ");
        add_name(out, f->link);
    }
    if (f->is_forgotten)
        buf_adds(out, " (length forgotten)"); /* programs skip a line whose length is no number */
    if (f->is_deleted)
        buf_adds(out, f->is_reallocated ? " (deleted-realloc)" : " (deleted)");
    buf_addf(out, "|%llu", (unsigned long long)f->inode);
    if (f->has_attribute)
        buf_addf(out, "-%u-%u", (unsigned)r->attribute_type, (unsigned)r->attribute_id);
    if (f->has_meta)
        mode_text(mode, inode_letter(f->type), f->mode);
    buf_addf(out, "|%c/%s|%u|%u|%llu", name_letter(f->name_type), mode, (unsigned)f->uid,
             (unsigned)f->gid, (unsigned long long)r->size);
    add_times(out, r->times);
}

void disk_body_add(struct buf *out, const struct disk_file *f)
{
    enum { NTFS_FILE_NAME = 48 };

    add_row(out, f,
            &(struct row){"", f->stream, f->time, f->size, f->attribute_type, f->attribute_id});
    if (f->has_name_time)
        add_row(out, f,
                &(struct row){" ($FILE_NAME)", STR(""), f->name_time, f->name_time_size,
                              NTFS_FILE_NAME, f->name_time_id});
}

static void put_bytes(struct json *j, const char *name, const char *hex_name, struct str text)
{
    json_put_str(j, name, text);
    if (str_has_utf8_error(text))
        json_put_hex(j, hex_name, text.p, text.len);
}

static void put_times(struct json *j, const struct utc *t)
{
    static const char *const names[DISK_TIME_COUNT] = {[DISK_MODIFIED] = "modified",
                                                       [DISK_ACCESSED] = "accessed",
                                                       [DISK_CHANGED] = "changed",
                                                       [DISK_BORN] = "born"};

    for (size_t i = 0; i < DISK_TIME_COUNT; i++)
        if (t[i].sec)
            json_put_utc(j, names[i], t[i]);
}

static void put_meta(struct json *j, const struct disk_file *f)
{
    char mode[8];

    snprintf(mode, sizeof(mode), "%04o", (unsigned)f->mode);
    json_put_text(j, "mode", mode);
    json_put_u64(j, "uid", f->uid);
    json_put_u64(j, "gid", f->gid);
    json_put_u64(j, "links", f->links);
    if (!f->is_forgotten)
        json_put_u64(j, "size", f->size);
    put_times(j, f->time);
    if (!f->has_name_time)
        return;
    json_name(j, "name_times");
    json_object_begin(j);
    put_times(j, f->name_time);
    json_object_end(j);
}

void disk_path_json(struct json *j, struct str path)
{
    CLEANUP_BUF struct buf text = {0};

    disk_path_text(&text, path);
    json_put_str(j, "path", buf_str(&text));
    if (!disk_path_is_plain(path))
        json_put_hex(j, "path_hex", path.p, path.len);
}

void disk_file_json(struct json *j, const struct disk_file *f)
{
    const struct {
        const char *name;
        bool is;
    } marks[] = {{"deleted", f->is_deleted || f->is_inode_deleted},
                 {"reallocated", f->is_reallocated},
                 {"forgotten", f->is_forgotten},
                 {"encrypted", f->is_encrypted},
                 {"compressed", f->is_compressed}};
    CLEANUP_BUF struct buf inode = {0};

    disk_path_json(j, f->path);
    if (f->stream.len)
        put_bytes(j, "stream", "stream_hex", f->stream);
    disk_inode_text(&inode, f);
    json_put_str(j, "inode", buf_str(&inode));
    json_put_text(j, "type", disk_type_name(f->has_meta ? f->type : f->name_type));
    if (f->link.len)
        put_bytes(j, "target", "target_hex", f->link);
    if (f->has_meta)
        put_meta(j, f);
    for (size_t i = 0; i < COUNT_OF(marks); i++)
        if (marks[i].is)
            json_put_bool(j, marks[i].name, true);
}

void disk_fs_json(struct json *j, const struct disk_fs *fs)
{
    const struct {
        const char *name;
        struct utc t;
    } times[] = {{"made", fs->made}, {"mounted", fs->mounted}, {"written", fs->written}};

    json_object_begin(j);
    json_put_text(j, "kind", fs->kind[0] ? fs->kind : "unknown");
    json_put_bool(j, "readable", fs->is_readable);
    if (fs->label[0])
        json_put_text(j, "label", fs->label);
    if (fs->block_size) {
        json_put_u64(j, "block_size", fs->block_size);
        json_put_u64(j, "blocks", fs->block_count);
        json_put_u64(j, "inodes", fs->inode_count);
    }
    for (size_t i = 0; i < COUNT_OF(times); i++)
        if (times[i].t.sec)
            json_put_utc(j, times[i].name, times[i].t);
    if (fs->mounted_on[0])
        json_put_text(j, "mounted_on", fs->mounted_on);
    if (fs->advice[0])
        json_put_text(j, "next", fs->advice);
    json_object_end(j);
}
