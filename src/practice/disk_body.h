/* disk_body.h: what a disk holds, in the forms that are written: a line of a body file, and a row
 * as JSON (doc/format/evidence.md, section 7). */
#pragma once
#include "base/json.h"
#include "evidence/disk.h"

/* The lines of a row, with their ends. */
void disk_body_add(struct buf *out, const struct disk_file *f);
/* "drwxr-xr-x". */
void disk_mode_text(char out[11], const struct disk_file *f);
/* "12", "12-128-3". */
void disk_inode_text(struct buf *out, const struct disk_file *f);
/* The members of a row, into an object that is open. */
void disk_file_json(struct json *j, const struct disk_file *f);
void disk_path_json(struct json *j, struct str path);
void disk_fs_json(struct json *j, const struct disk_fs *fs);
