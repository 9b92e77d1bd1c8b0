/* source_identity.h: whether a source is the one that an image was begun with. */
#pragma once
#include <sys/types.h>
#include "acquire/source_open.h"

/* One line that is the same only for the same source: what a device says of itself, and behind it
 * what else there is, each divided by "; ": which partition; of a device without serial number and
 * WWN where it hangs and what it begins and ends with, of a file when it was modified. */
void source_facts_identity(const struct source_facts *f, struct buf *out);

enum source_sameness { SOURCE_SAME, SOURCE_CHANGED, SOURCE_OTHER };
/* What only one of them tells is not compared: a version before told less, and of a failing or live
 * device not all can be told. SOURCE_CHANGED: the same file, modified meanwhile. */
enum source_sameness source_identity_compare(const char *was, const char *is);

/* Fills f->which. Reads the first and the last sectors of a device that says neither serial number
 * nor WWN, and is not written to meanwhile. */
void source_find_which(struct source *s, dev_t device, struct source_facts *f);
