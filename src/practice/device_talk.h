/* device_talk.h: a text of a device's script, carried there over SSH, and what the device answers
 * (doc/format/devices.md section 6). */
#pragma once
#include "contain/device.h"
#include "practice/contain_far.h"

struct device_talk;

struct device_way {
    const struct contain_device *device;
    const struct reach *reach; /* must live as long as the talk does */
    const char *ssh;           /* user@host:port */
    bool wants_sudo;
    unsigned wait_s; /* for a prompt, or a script's next output; 0: as the document says */
};

/* Logs in, and waits until the device takes the text (borrowed); nothing of it is sent yet but the
 * line with which it looks how things stand. ERR_GATE: they are so already.
 * ERR_USAGE: this device is not spoken with over SSH; ERR_DENIED: key or user; ERR_IO, ERR_LIMIT;
 * ERR_FORMAT: what answers there is no such device. */
MUST_CHECK int device_talk_open(struct device_talk **out, const struct device_way *way,
                                struct str text, struct err *e);
void device_talk_close(struct device_talk *t); /* NULL is fine */
DEFINE_CLEANUP(struct device_talk *, device_talk_close)

/* What became of a text. All of it is the device's own words. */
struct device_answer {
    struct buf said;   /* to the byte, for the evidence */
    struct buf failed; /* which line, and how; empty: nothing failed */
};
void device_answer_release(struct device_answer *a);
#define CLEANUP_DEVICE_ANSWER CLEANUP(device_answer_release)

/* Sends it. An error: how far it came, and what became of it there, is not known; *out holds what
 * was said until then. */
MUST_CHECK int device_talk_send(struct device_talk *t, struct device_answer *out, struct err *e);
