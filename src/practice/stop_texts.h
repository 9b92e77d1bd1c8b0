/* stop_texts.h: the texts of a device that are kept with a plan, and are what is carried out, to
 * the letter (doc/format/devices.md section 1). */
#pragma once
#include "contain/device.h"
#include "practice/practice.h"

enum stop_part { STOP_APPLY, STOP_CHECK, STOP_CONFIRM, STOP_UNDO, STOP_PART_COUNT };
extern const char *const stop_part_names[STOP_PART_COUNT + 1]; /* "apply" …, ended by NULL */

struct stop_texts {
    const struct contain_device *device;
    struct buf all;
    struct str parts[STOP_PART_COUNT]; /* of all; empty: there is none */
};
/* Those of an action, only if their digest is the one on record. ERR_NOTFOUND: none are kept;
 * ERR_FORMAT, ERR_TAMPER. */
MUST_CHECK int stop_texts_load(struct session *s, const struct view *v, const struct thing *action,
                               struct stop_texts *out, struct err *e);
/* All of a script in one, as they are kept. ERR_FORMAT. */
MUST_CHECK int stop_texts_make(const struct contain_device *d, const struct device_script *s,
                               struct stop_texts *out, struct err *e);
void stop_texts_release(struct stop_texts *t);
#define CLEANUP_STOP_TEXTS CLEANUP(stop_texts_release)
