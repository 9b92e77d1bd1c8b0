/* named_line.h: lines behind the name of the file that they are of, as `grep -H`, `zgrep` and
 * `findstr` write them (doc/format/timeline.md section 2, "Lines with names"). */
#pragma once
#include "timeline/format.h"

enum { NAMED_MOST = 255 };

enum named_line {
    NAMED_NONE, /* no name stands there */
    NAMED_LINE,
    NAMED_BETWEEN, /* "--" between lines that are apart: it is none */
};
/* Takes "auth.log:" off the front, "/var/log/auth.log.2.gz:17:" with the number of the line, "17:"
 * without a name. *name is that of the line before; where the line has the same one with a dash
 * behind it, it is one of those around what was found. It stays where no name is taken. */
enum named_line named_line_take(struct str *line, struct str *name);
/* "==> /var/log/auth.log <==", as head and tail write it above the lines of each file. */
bool named_line_is_head(struct str line, struct str *name);
/* A name that has a folder or an ending, or is that of a system's log, and so hardly another word.
 */
bool named_line_is_file(struct str name);
