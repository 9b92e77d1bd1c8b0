/* artifact_load.h: the artifact definitions that a collection knows: the built-in ones, and those
 * of files that were named.
 *
 * Internal to src/collect/. */
#pragma once
#include "collect/artifact.h"
#include "collect/collection.h"

/* path: of the file or folder that is not taken, or not whole. number: a positive errno, or 0. */
typedef void artifacts_refused(void *context, const char *path, int number, const char *why);
void artifacts_load(struct artifact_set *s, const struct collection_options *o,
                    artifacts_refused *refused, void *context);

/* Before anything is read of the host: whether the named definitions are there, and what they are
 * named by can be read. ERR_USAGE, ERR_NOTFOUND, ERR_IO, ERR_FORMAT. */
MUST_CHECK int artifacts_check(const struct collection_options *o, struct err *e);
