/* zip_directory.h: what the directory of a zip shows that the heads before the data do not (APPNOTE
 * 6.3, sections 4.3.7, 4.3.12 to 4.3.16). Programs show and unpack by the directory; libarchive
 * finds the data by it, tells the names of the heads, and of several entries with the same data
 * one. */
#pragma once
#include "evidence/archive.h"

/* Tells each entry of the directory of the zip behind in, of size bytes, that has another name than
 * the head before its data, has the data of another entry, or no head: name (that of the extra
 * field for UTF-8, where there is one) and size are those of the directory; and each head that
 * follows data of an entry, or stands first, and is in no directory. Where libarchive listed fewer
 * entries than there are, those that it left out are told, too. warning, borrowed until told
 * returns, says which. A non-zero return of told ends it and is returned. ERR_FORMAT: there is no
 * directory, or programs differ in which one they take; ERR_LIMIT: more entries than base/limits.h
 * allows. */
MUST_CHECK int zip_directory_differs(int in, uint64_t size, uint64_t listed,
                                     int (*told)(void *context, const struct archived *entry,
                                                 struct err *e),
                                     void *context, struct err *e);
/* Of how many parts the file is the last one; 0: it is no last part of a zip in several. */
unsigned zip_parts(int in, uint64_t size);
