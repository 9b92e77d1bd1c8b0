/* binxml_value.h: typed values of binary XML as text, in the spelling that Windows gives them
 * (MS-EVEN6 §2.2.12). */
#pragma once
#include "timeline/event.h"

enum binxml_type {
    BINXML_NULL = 0,
    BINXML_STRING = 1,
    BINXML_ANSI = 2,
    BINXML_FILETIME = 0x11,
    BINXML_XML = 0x21,
    BINXML_ARRAY = 0x80,
};

/* Adds the text of a value to e's scratch, which is full at worst; what is no UTF-16 is shown as
 * bytes are. False: the type is not known, or the size does not fit to it. */
bool binxml_add_value(struct event *e, unsigned type, struct str bytes);
/* As UTF-8, from UTF-16LE, without NULs at the end. */
void binxml_add_utf16(struct event *e, struct str utf16);
/* Takes the first item off the bytes of an array of that type; false: there is none any more. */
bool binxml_take_item(unsigned type, struct str *rest, struct str *item);
