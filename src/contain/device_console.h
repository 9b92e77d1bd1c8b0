/* device_console.h: what a device says on its terminal, as far as it must be understood to type one
 * line after the other there: prompts, questions, errors (doc/format/devices.md section 6).
 *
 * What it says is hostile: it is searched and compared, and nothing else. */
#pragma once
#include "contain/device.h"

enum { DEVICE_STEM_SIZE = 16 };

enum device_waits {
    DEVICE_WAITS_NOT,      /* it has not said all yet, or asks what nobody knows */
    DEVICE_WAITS_LINE,     /* its prompt is there */
    DEVICE_WAITS_QUESTION, /* it wants an answer first */
};

/* What the last line of an answer waits for. stem: of the first prompt; empty: this is to be it.
 * *answer: to the question, without a line's end. */
enum device_waits device_console_look(const struct device_ssh *d, struct str said, struct str stem,
                                      const char **answer);
/* What every later prompt begins with, of an answer that ends with one: added to out. */
void device_console_stem(struct str said, struct buf *out);
/* The first line of an answer that is an error, without what moves the cursor; empty: there is
 * none. No text of ours that a device echoes begins like one. */
void device_console_error(const struct device_ssh *d, struct str said, struct buf *out);
/* Whether a line of a text is typed: comments and empty ones are not. */
bool device_console_types(const struct contain_device *d, struct str line);
/* Whether a line of a text is the one that looks before anything is sent. */
bool device_console_is_guard(const struct device_ssh *d, struct str line);
/* Whether its answer says that the text must not be sent. */
bool device_console_holds(const struct device_ssh *d, struct str said);
