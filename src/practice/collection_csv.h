/* collection_csv.h: tables of comma-separated values (RFC 4180), as Velociraptor writes them, as
 * objects. Internal to the reading of collections, inside the worker. */
#pragma once
#include <jansson.h>
#include "base/str.h"

enum { CSV_COLUMN_COUNT = 256, CSV_CELL_SIZE = 1 << 20 };

/* Hands on each row behind the first, which names the columns: an object of texts. A cell that is
 * an object or an array in JSON is that, and "true" is true. A cell that is not UTF-8, or over a
 * limit, is left out. */
void collection_csv_each(struct str text, void (*take)(void *context, const json_t *row),
                         void *context);
