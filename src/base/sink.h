/* sink.h: hostile text is escaped where it leaves, and each way out has one writer: terminal, JSON,
 * HTML, CSV, file name.
 *
 * What comes in may be any bytes; bytes that are not UTF-8 become U+FFFD. */
#pragma once
#include "base/str.h"

/* Control characters, escapes, direction overrides and other invisible characters are shown as
 * \u{…}; a newline as ↵ unless lines is set. */
void sink_terminal(struct buf *out, struct str text, bool lines);
/* A line for programs and records, which read names out of it: as for a terminal, but that joiners
 * and soft hyphens, which words of some languages have, stay as they are. */
void sink_line(struct buf *out, struct str text);
/* Whether it comes out of sink_line as it went in. */
bool sink_line_keeps(struct str text);
/* A path as records spell it, for names are of any bytes: \xHH for a backslash, a control
 * character, and each byte that is not UTF-8. buf_add_unescaped reads it back. */
void sink_path(struct buf *out, struct str path);
/* The same for a file that people look at, too: so is spelled whatever sink_line does not keep. */
void sink_path_line(struct buf *out, struct str path);
/* The inside of a JSON string (RFC 8259), without the quotes. Direction overrides are escaped as
 * \uXXXX. */
void sink_json(struct buf *out, struct str text);
/* Text or a quoted attribute of HTML; control and direction characters are shown as visible
 * symbols. */
void sink_html(struct buf *out, struct str text);
/* Text of CommonMark: its special characters are escaped; newlines become spaces. */
void sink_markdown(struct buf *out, struct str text);
/* A CSV field (RFC 4180), quoted; a leading = + - @ or tab gets a ' before it, so that no
 * spreadsheet computes it. */
void sink_csv(struct buf *out, struct str text);
/* One component of a file name: letters, digits, - _ . stay, all else becomes _; never empty, ".",
 * ".." or over 120 bytes. */
void sink_filename(struct buf *out, struct str text);

/* One part of a path for a name of any bytes, that can be read: letters of all languages and most
 * signs stay; what is a slash, a backslash, a control or invisible character, no UTF-8, special to
 * Windows, or a percent sign becomes %HH for each byte, and so do "." and "..", a hyphen in front,
 * and a space or full stop at the end. Longer names than 200 bytes are cut, and end in "%~". Never
 * empty. */
void sink_path_part(struct buf *out, struct str name);

/* A word of a command that people are told to type to a shell: quoted where that reads it
 * otherwise; what the terminal does not show as it is stays escaped, and one that begins with -
 * gets ./ before it. For names of files. */
void sink_shell(struct buf *out, struct str word);

/* The next code point of *text, which must not be empty; U+FFFD for a byte that is not UTF-8. */
uint32_t utf8_take(struct str *text);
void utf8_add(struct buf *out, uint32_t c); /* one code point */
/* Columns of a terminal that the text takes: 0 for combining marks, 2 for wide characters. */
size_t utf8_columns(struct str text);
/* The longest part from the start that takes at most that many columns. */
struct str utf8_head_columns(struct str text, size_t columns);
