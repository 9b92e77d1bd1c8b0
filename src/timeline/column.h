/* column.h: the values of one field in a block, as they come (doc/format/timeline.md section 3.1).
 */
#pragma once
#include "base/keyed.h"

enum { BLOCK_EVENTS = 32768 };

enum column_kind {
    COLUMN_TIMES = 'T',
    COLUMN_NUMBERS = 'N',
    COLUMN_FEW = 'D',
    COLUMN_MANY = 'V',
    COLUMN_LISTS = 'M',
};

struct column;
/* key: of the table of its values (keyed.h). */
struct column *column_new(const struct keyed *key);
void column_free(struct column *c); /* NULL is fine */
/* A value of this row; rows come in order, one may have several, and one that has none is not
 * named. Returns the value's number, until the column is ended. */
uint32_t column_add(struct column *c, size_t row, struct str value);
void column_add_again(struct column *c, size_t row, uint32_t number);
/* Writes the column for so many rows, unpacked, and empties it. */
enum column_kind column_end(struct column *c, size_t rows, struct buf *out);

enum { VARINT_SIZE = 10 };
/* Writes at most VARINT_SIZE bytes; what is behind them is returned. */
char *varint_put(char *p, uint64_t n);
char *varint_put_signed(char *p, int64_t n);
/* False: the bytes end before it does, or it has more than 64 bits. */
bool varint_take(struct str *rest, uint64_t *n);
bool varint_take_signed(struct str *rest, int64_t *n);
