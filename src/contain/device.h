/* device.h: a plan as a script for what calm-contain does not run on: firewalls, routers, switches,
 * Windows (doc/format/devices.md). Writing one touches no device and no network.
 *
 * A device is one constant, named in devices.def; nothing else knows its name. */
#pragma once
#include "contain/plan.h"

/* Where the device stands, seen from the host that the plan names. */
struct device_place {
    bool is_host_itself; /* the device is that host; else it stands before it */
    const struct net *hosts;
    size_t host_count; /* addresses of the host */
    struct str port; /* the device's interface: to the host for isolate, to the outside for block */
    /* Names of the filters that are bound to the port already; empty: none. IOS and Junos. */
    struct str bound_in4;
    struct str bound_out4;
    struct str bound_in6;
    struct str bound_out6;
    uint32_t room;  /* IOS: sequence numbers free before the first entry of those; 0: 9 */
    uint64_t now_s; /* when the script is written, since 1970: for devices that count spans */
};

enum { DEVICE_TAG_SIZE = 9, DEVICE_PORT_SIZE = 63 };

/* What a script is written from. */
struct device_job {
    const struct plan *plan;
    const struct device_place *place;
    char tag[DEVICE_TAG_SIZE]; /* the first 8 hex digits of the plan's id */
};

struct device_ability {
    const char *action;
    const char
        *lacks; /* a sentence about what is said otherwise, whatever the plan; NULL: nothing */
};

/* What a device asks while a line is carried out, and what it is answered. */
struct device_question {
    const char *ends; /* its last line, without spaces behind */
    const char *answer;
};

/* A line that only looks, and that a text must not go on behind where the answer has a line that
 * begins so: what the text is to bring about is there already, and its inverse would take that
 * away. */
struct device_guard {
    const char *ends;   /* the line */
    const char *begins; /* of the answer, without spaces in front */
    const char *means;  /* a clause */
};

enum device_feed { DEVICE_CONSOLE, DEVICE_SHELL, DEVICE_POWERSHELL };

/* How a text is carried to a device over SSH (doc/format/devices.md section 6). */
struct device_ssh {
    enum device_feed feed;
    /* Of a console; else NULL. */
    const char *user_suffix;   /* behind the name of the user who logs in; NULL: nothing */
    const char *ends;          /* the characters one of which a prompt ends with */
    const char *needs;         /* what the log-in must be, where no prompt comes */
    const char *last;          /* ends the session, behind the text */
    const char *const *first;  /* typed before the text; ended by NULL */
    const char *const *errors; /* beginnings of lines that are errors; ended by NULL */
    const struct device_question *questions; /* ended by one without ends; NULL: none */
    const struct device_guard *guard;        /* NULL: no text needs one */
};
extern const struct device_ssh device_ssh_shell;

struct contain_device {
    const char *name;
    const char *title;    /* as people call it */
    const char *language; /* the file's ending: "sh", "txt", "ps1" */
    const char *comment;  /* what begins a line that the device ignores; NULL: there are none */
    const char *how;      /* how the script gets there */
    const struct device_ssh *ssh;           /* NULL: not over SSH */
    const struct device_ability *abilities; /* ended by one without an action */
    /* ERR_USAGE, ERR_FORMAT or ERR_LIMIT, with what cannot be said named. */
    int (*judge)(const struct device_job *j, struct err *e);
    /* Adds what this plan asks for and the device says otherwise: sentences, a line each. May be
     * NULL. */
    void (*lacks)(const struct device_job *j, struct buf *out);
    /* Each adds text of a plan that was judged. */
    void (*apply)(const struct device_job *j, struct buf *out);
    void (*check)(const struct device_job *j, struct buf *out);
    void (*confirm)(const struct device_job *j, struct buf *out); /* only where there is a timer */
    void (*undo)(const struct device_job *j, struct buf *out);
};

/* NULL where there is none of that name. */
const struct contain_device *contain_device(struct str name);
extern const struct contain_device *const contain_devices[]; /* ended by NULL */

struct device_script {
    struct buf apply;
    struct buf check;
    struct buf confirm; /* empty where nothing goes back by itself */
    struct buf undo;
    struct buf lacks; /* sentences, a line each */
};

/* Fills *out, which was zeroed. ERR_USAGE: the device cannot do that action (those that can are
 * named), or the place lacks what it needs; ERR_FORMAT: a value that its language cannot carry;
 * ERR_LIMIT. *out holds nothing then. */
MUST_CHECK int device_write(const struct contain_device *d, const struct plan *p,
                            const struct device_place *place, struct device_script *out,
                            struct err *e);
void device_script_release(struct device_script *s);
#define CLEANUP_DEVICE_SCRIPT CLEANUP(device_script_release)
