/* file_run.h: the times of files as events, in time order within runs (doc/format/timeline.md
 * sections 2 and 3.1). */
#pragma once
#include "evidence/disk.h"
#include "timeline/format.h"

enum { FILE_RUN_EVENTS = 1 << 20, FILE_RUN_TEXT = 256 << 20 };

/* What a kind of file system says with a time: as it is named by libtsk ("fat12", "ext4"), or
 * "posix" for times to the nanosecond. */
struct file_clock;
const struct file_clock *file_clock_of(struct str kind);

struct file_run;
/* Both are borrowed. Events go to reader_event of r. */
struct file_run *file_run_new(struct reader *r, const struct file_clock *clock);
void file_run_free(struct file_run *run); /* NULL is fine */
DEFINE_CLEANUP(struct file_run *, file_run_free)
/* Events from now on are of this host; borrowed. */
void file_run_host(struct file_run *run, struct str host);
/* Everything of it is copied. */
MUST_CHECK int file_run_add(struct file_run *run, const struct disk_file *f, struct err *e);
/* Hands on what is left. */
MUST_CHECK int file_run_end(struct file_run *run, struct err *e);
