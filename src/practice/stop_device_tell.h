/* stop_device_tell.h: a step of a plan that a device carries out, and what people are told of it.
 */
#pragma once
#include "practice/device_talk.h"
#include "practice/stop_apply.h"
#include "practice/stop_device.h"
#include "practice/stop_plan.h"
#include "practice/stop_texts.h"
#include "practice/stop_way.h"

/* One step of one action. */
struct step {
    struct session *session;
    const struct operation *op;
    const struct input *in;
    struct answer *a;
    struct id id;
    unsigned number;
    enum stop_part part;
    struct stop_plan plan;
    struct stop_texts texts;
    struct stop_answer file;
    struct stop_ways ways;
    struct buf ssh; /* where the device is; empty: by hand */
    bool wants_sudo;
    bool is_new_way; /* not on record yet */
    struct device_talk *talk;
};

const struct thing *step_action(const struct step *s); /* as it is now */
struct str step_text(const struct step *s);            /* of its part */

/* The text alone, to the byte; on a terminal what comes next stands behind it as comments: the
 * words behind "calm stop". */
void step_tell_text(const struct step *s, const char *next);
/* "a3 WORDS.", and what comes next. answer: the device's, for a program. */
void step_tell_recorded(const struct step *s, const char *words, struct str answer);
/* What a check showed over SSH. */
void step_tell_checked(const struct step *s, struct str said);
