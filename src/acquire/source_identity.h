/* source_identity.h: whether a source is the one that an image was begun with. */
#pragma once
#include <sys/stat.h>
#include "acquire/source_open.h"

/* One line that is the same only for the same source, of parts divided by "; "
 * (doc/format/image.md, "The same source"): of a device what it says of itself, which partition,
 * what udev found on it, and without serial number and WWN where it hangs and what it begins and
 * ends with; of a file its number, where it lies, and its times. */
void source_facts_identity(const struct source_facts *f, struct buf *out);

/* In the order of what it means; a later one is told where several are. */
enum source_sameness {
    SOURCE_SAME,
    SOURCE_TOUCHED, /* written to, or its entry was changed: nobody can tell which */
    SOURCE_CHANGED, /* the same by its name, and not by what it holds */
    SOURCE_OTHER,
};
/* What only one of them tells is not compared: a version before told less, and of a failing or live
 * device not all can be told. */
enum source_sameness source_identity_compare(const char *was, const char *is);
/* In words, what changed of the same source: "modified 2026-11-25T03:12:09.000000000Z, before …".
 */
void source_identity_tell(const char *was, const char *is, struct buf *out);
/* Whether nothing but its bytes says that it is the same: a device without serial number and WWN; a
 * file on what may be another file system, or one that numbers its files anew each time. */
bool source_identity_is_weak(const char *was, const char *is);

/* Fills f->which of a device. Reads the first and the last sectors of one that says neither serial
 * number nor WWN, and is not written to meanwhile. */
void source_find_which(struct source *s, dev_t device, struct source_facts *f);
/* Fills f->which of one file, or of those of an image in order, and notes what cannot be noticed.
 * fd: of the first. */
void source_know_file(struct source_facts *f, const struct statx *files, size_t count, int fd);
/* What udev's record of a device, its text, says that identifies what lies on it. */
void source_read_udev(struct str text, struct buf *out);
