/* term.h: what the terminal can show. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "base/str.h"

bool term_is_terminal(int fd);
bool term_has_color(int fd); /* a terminal, no NO_COLOR, TERM not dumb */
size_t term_columns(int fd); /* 80 when unknown */
size_t term_rows(int fd);    /* 24 when unknown */

/* Asks on the terminal, without showing what is typed; the caller wipes *out. From the descriptor
 * named by CALM_SECRET_FD instead, one line, where that is set: for programs. ERR_DENIED where
 * there is neither. */
MUST_CHECK int term_read_secret(const char *question, struct buf *out, struct err *e);

/* Asks on standard error, and waits for one key of the terminal fd, without showing it. Ctrl-C is a
 * key (3), and so is the end of the input (0); a key that sends several bytes gives the first.
 * ERR_IO. */
MUST_CHECK int term_read_key(int fd, const char *question, char *key, struct err *e);

/* Bytes wait on a descriptor that is no terminal: somebody pipes text in. Waits a moment for them.
 */
bool term_has_piped_text(int fd);
