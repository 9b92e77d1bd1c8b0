/* winlog.h: events of Windows as other programs export them: elements, attributes and columns
 * become the fields that they are in an event log itself, with the same meaning. */
#pragma once
#include "timeline/evtx_meanings.h"
#include "timeline/format.h"
#include "timeline/json_flat.h"
#include "timeline/local_when.h"

enum { WINLOG_PATH_SIZE = 512, WINLOG_NAME_SIZE = 192 };

/* Of a source; zero-initialise. */
struct winlog {
    struct evtx_meanings *meanings; /* made at the first use */
    struct reader *r;
    struct event *e; /* the event that is read */
    struct stated time;
    struct str time_text;
    bool has_time;
    bool has_data;         /* that has a name */
    bool is_local;         /* times are the clock times of a machine, in the way of its people */
    enum date_order order; /* of them */
    unsigned params;       /* data without a name, so far */
    char name[WINLOG_NAME_SIZE]; /* of the data that is read */
    size_t name_len;             /* 0: it has none */
};
void winlog_release(void *w);
/* Before what an event says is given. */
void winlog_begin(struct winlog *w, struct reader *r, struct event *e);
/* An attribute of the element with that path ("Event/System/Provider"), or, where it is empty, its
 * text. */
void winlog_put(struct winlog *w, struct str path, struct str attribute, struct str text);
/* A member of an object, its name with dots: as evtx_dump, Velociraptor and xmltodict write them.
 */
void winlog_put_member(struct winlog *w, const struct json_value *v);
/* A column of EvtxECmd. False: it has none of that name. */
bool winlog_put_column(struct winlog *w, struct str name, struct str text);
/* A property of the records that PowerShell's Get-WinEvent gives. */
void winlog_put_property(struct winlog *w, struct str name, struct str text);
/* Whether it is one that no other records have. */
bool winlog_is_property(struct str name);
/* A value of the event's own, by its name. */
void winlog_put_named(struct winlog *w, struct str name, struct str text);
/* Those values that the text of a security event has, in English. False: none. */
bool winlog_put_text(struct winlog *w, struct str text);
/* The same of text whose line ends and tabs are two blanks or more, as system logs have it. A label
 * that is there twice, as one in the name of an account would be, makes event.is_ambiguous. */
bool winlog_put_flat_text(struct winlog *w, struct str text);
/* A field of NXLog, whose times are those of a machine's clock (its documentation,
 * "im_msvistalog").
 */
void winlog_put_nxlog(struct winlog *w, struct str name, struct str text);
/* Which of those an object or element has that each event of Windows has, a bit; 0: none. */
unsigned winlog_nxlog_sign(struct str name);
enum { WINLOG_NXLOG_IN_DATA = 3, WINLOG_NXLOG_ALL = 15 }; /* bits; the first two beside a head */
/* The event has all of them: what it means. */
void winlog_mean(struct winlog *w);
/* The same, and its time. False: it is none of Windows. */
bool winlog_end(struct winlog *w);
