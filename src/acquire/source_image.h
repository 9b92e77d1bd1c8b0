/* source_image.h: an image as a source: an E01, or raw in parts, read in a worker. Only
 * source_open.c includes it. */
#pragma once
#include "acquire/source_open.h"

/* Whether a file that begins so is one: the beginning of an E01, or the first of several parts. */
bool source_is_image(const char *path, struct str head);
/* The caller owns *out; facts get its size and what the image says. Errors as source_open. */
MUST_CHECK int source_open_image(struct source **out, struct source_facts *facts, const char *path,
                                 struct err *e);
