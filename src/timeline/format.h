/* format.h: how a format is read: one file and one entry in formats.def each
 * (doc/format/timeline.md section 2). All of this runs in a worker. */
#pragma once
#include "base/err.h"
#include "timeline/event.h"
#include "timeline/folds.h"
#include "timeline/manner.h"
#include "timeline/utf16.h"
#include "timeline/when.h"
#include "timeline/years.h"
#include "timeline/zone_names.h"

struct reader;
struct carried;
struct clock_vote;
struct delivery;
struct winlog;
struct told_lines;

/* What a line is to a format of lines. */
enum line_verdict {
    LINE_FOREIGN,   /* not one of its lines: an event of the kind unparsed */
    LINE_EVENT,     /* the event was filled */
    LINE_CONTINUES, /* it belongs to the event before, which gets its fields, and
                     * its time where that has none */
    LINE_COMMENT,   /* it says nothing of its own: a head, a comment */
};
/* What a line shows of those before it (ahead.h). */
enum ahead {
    AHEAD_NOTHING,
    AHEAD_OPEN,  /* it has a time that could be one of two */
    AHEAD_SHOWN, /* the format's state knows now, by this and those before */
    AHEAD_ENOUGH /* no further line is asked */
};
typedef enum line_verdict format_line(struct reader *r, struct str line, struct event *e);

struct format {
    const char *name; /* event.dataset */
    unsigned version; /* one more where the same bytes become other events */
    /* Lines, or records, stand each for itself: parts of a source can be read side by side. */
    bool is_splittable;
    /* Its events were exported: they have the dataset and the time that they got when they were
     * read first. */
    bool is_export;
    /* Its lines are in no order of time, or run backwards. */
    bool is_unordered;
    /* Lines may lack an address that one before has (sessions.h). */
    bool has_sessions;
    /* A line may belong to the one before because that is cut (LINE_CONTINUES), and adds its
     * message alone to the message, without a line end: as many bytes before a part are looked at.
     * 0: none does. */
    uint32_t cut_lines;
    uint64_t part_size; /* bytes; 0: PART_SIZE */
    format_line *line;  /* NULL: no format of lines */
    /* Whether a line that is an event is of the event before, of which in e stays what the line
     * adds. NULL: none is. */
    bool (*continues)(struct reader *r, const struct event *before, struct event *e);
    /* Whether that may be so, as the line alone shows: no part of a source begins with it. NULL
     * where continues is. */
    bool (*may_continue)(const struct event *e);
    /* An event of its own has all its lines now. NULL: each line says all. */
    void (*whole)(struct reader *r, struct event *e);
    /* Such an event tells of several things: gives each, by reader_event, and takes as many of its
     * lines from those that continue one. NULL: it is one. */
    int (*split)(struct reader *r, struct event *e, struct err *err);
    /* Where lines of several events stand among one another: the name of a line's event, which has
     * room for REGROUP_NAME_SIZE bytes, and about when it was; false: it names none. Lines of one
     * event are brought together within a window (regroup.h), so it is not splittable. */
    bool (*event_of)(struct str line, char *name, size_t *name_len, int64_t *ns);
    /* Its line is given as it is, so that \xHH does not look like an escape of its own; names of
     * fields that it takes from there are text (reader_text). */
    bool takes_bytes;
    /* A line as its program had it, of one that codes its bytes: in e's scratch, or raw itself.
     * Places and sizes are those of the source. NULL: lines are as they are. */
    struct str (*decode)(struct event *e, struct str raw);
    /* Whether its event may be of another program's line that looks alike: where a source is
     * recognised such an event counts only where another line has the host that it names. NULL:
     * none may be. */
    bool (*is_doubtful)(const struct event *e);
    /* Whether an event is of a line that no other program writes: where a source is recognised, one
     * of those that are looked at is to be. NULL: each is. */
    bool (*is_sure)(const struct event *e);
    /* Of text whose program is not known: tried only where no other format knows the source. Of
     * lines that it joins only those are its own there that begin with a blank or gave fields. */
    bool is_last;
    /* Asked of lines before any is read, for what all show together and one leaves open; of a
     * format that has event_of. remark is told then alone. NULL: no line shows anything. */
    enum ahead (*ahead)(struct reader *r, struct str line);
    /* Told of each source that is read so, of which all lines have one of several meanings, so that
     * none of the others is its second format. NULL: nothing. */
    const char *remark;
    bool is_of_machine;   /* what it tells is of the machine that it was taken from */
    bool may_be_indented; /* blanks may stand in front of the times of its lines */
    bool has_heads;       /* its lines may have a time besides that of their message (delivery.h) */
    /* Whether these first bytes (64 KiB, or all there is) are its own. */
    bool (*knows)(struct str head);
    /* Reads by reader_bytes what begins in the reader's part of the source, and gives the events to
     * reader_event. */
    int (*read)(struct reader *r, struct err *e);
    size_t state_size; /* of what it keeps for a source, zeroed at its beginning */
    bool reads_alone;  /* whatever the state has, each line says itself whether it is its own */
    /* What the state holds besides itself. NULL: nothing. */
    void (*release)(void *state);
    /* Its records have so many bytes, and many in front may be zeros; 0: they are not. */
    size_t record_size;
};
enum { PART_SIZE = 32 << 20 };
uint64_t format_part_size(const struct format *f);
#define FORMAT(id) extern const struct format format_##id;
#include "timeline/formats.def"
#undef FORMAT
enum format_id {
#define FORMAT(id) FORMAT_ID_##id,
#include "timeline/formats.def"
#undef FORMAT
    FORMAT_COUNT_,
};
extern const struct format *const formats[FORMAT_COUNT_];

/* What the lines of a source are. */
enum text_frame {
    FRAME_LINES,
    FRAME_NAMED,      /* lines behind the name of their file (named_line.h) */
    FRAME_HEADED,     /* lines below it, as head and tail write it */
    FRAME_JSON,       /* objects of JSON, behind one another or in a list, over any lines */
    FRAME_JSON_INNER, /* those in the lists of one object, and of what it has in it */
    FRAME_COUNT_,
};

/* A source that is being read. */
struct reader_counts {
    uint64_t lines, events, unparsed, continued, comments, empty;
    uint64_t notices; /* which no line is */
};
/* Of events with times of their own that are not out of order. */
struct reader_span {
    int64_t first_ns; /* of the first of them */
    int64_t last_ns;  /* the latest of those whose year was inferred */
    bool has_first, has_last;
};
typedef int reader_take(void *context, const struct event *event, struct err *e);
/* Up to size bytes at off; *got 0 is the end. */
typedef int reader_bytes_at(void *context, uint64_t off, void *bytes, size_t size, size_t *got,
                            struct err *e);

/* Formats of a source that are asked of a line one after another, each of those that all before
 * decline. NULL: no more. */
enum { OTHERS_MOST = FORMATS_OF_SOURCE - 1 };
struct others {
    const struct format *of[OTHERS_MOST];
};

struct reader {
    const struct format *format;
    struct others others; /* asked of lines that format declines */
    void *other_states[OTHERS_MOST];
    enum text_encoding encoding; /* of text; places are those of the source as it is */
    enum text_frame frame;       /* of lines */
    struct decoded *decoded;     /* of text that is no lines, in UTF-16, while it is read */
    void *state;
    struct field_names *names;
    const struct zone *zone;  /* of the source; NULL: UTC */
    struct str machine;       /* that it was taken from, by name; empty: it is not known */
    struct zone_names *zones; /* that lines may name; NULL: none is known */
    struct years years;       /* where the format states none; part by part, as years_place tells */
    bool is_cut;       /* it goes on behind its last byte: of the last line only the beginning */
    int64_t written_s; /* when the source was written last */
    int64_t stated_s;  /* what is stated of that and cannot be; INT64_MIN: nothing */
    bool has_inferred_years; /* of events that were made */
    bool has_end;      /* written_s follows from when the next newer log of its rotation begins */
    uint64_t from, to; /* of a binary format: bytes of the part; to is UINT64_MAX: to the end */
    reader_bytes_at *bytes;
    void *bytes_context;
    reader_take *take;
    void *take_context;
    struct reader_counts counts;
    struct reader_span span; /* of the events of a part */
    int64_t last_ns;         /* of the event before */
    bool has_last;
    bool begins_event;           /* of a format with event_of: the line is the first of its event */
    bool is_plain;               /* the line that is asked for is known to be ASCII without NUL */
    struct years_part *counting; /* not NULL: times alone are wanted of lines, for this */
    struct year_hosts *hosts;    /* of them, while they are counted */
    struct str host;             /* of the line, where it is counted */
    struct fold_search *folding; /* likewise */
    struct folds *folds;         /* which are known; NULL: none are wanted */
    bool is_over;  /* there is no room for more events: it ends where the next one would begin */
    bool is_ended; /* so it did */
    uint64_t ended_at;
    struct pattern_set *patterns; /* compiled at the first use */
    struct carried *carried;      /* carried.c's, likewise */
    struct winlog *windows;       /* winlog_sent.c's, likewise */
    bool is_carried;              /* the line stands in that of another program */
    void *audit;             /* auditd.c's, for records that are sentences; made at the first use */
    struct told_lines *told; /* of the item; NULL: nothing is known of its other sources */
    bool is_passed;          /* nothing is told of it: its lines become known alone */
    bool is_run_utmp;        /* that of a collection, whose records another source has, too */
    struct manner manner;    /* what the source as a whole shows of its lines */
    struct clock_vote *vote; /* not NULL: times are wanted for it */
    struct delivery *delivery; /* likewise, of messages and their heads */
    size_t open_record;        /* for the format: bytes of one that goes on in the next line */
};
/* Puts the time that a line states into e. */
void reader_time(struct reader *r, struct event *e, const struct stated *s);
/* What a head says of its source: when its lines end, so that the years of those that state none
 * follow from that; or when they begin, next to which the first of them are. */
void reader_states_end(struct reader *r, const struct stated *s);
void reader_states_begin(struct reader *r, const struct stated *s);
/* e has a time that nobody can read; its text is kept. */
void reader_no_time(struct event *e, struct str text);
/* The zone of a time by its name in the tz database ("Europe/Berlin"), where that is known here. */
void reader_zone(struct reader *r, struct str name, struct stated *s);
/* Counts the event, gives it its dataset, kind and, where it has none, the time of the one before,
 * and hands it on. */
MUST_CHECK int reader_event(struct reader *r, struct event *e, struct err *err);
/* One of the kind notice: what the reader has to say. */
MUST_CHECK int reader_notice(struct reader *r, uint64_t at, const char *words, struct err *err);

enum {
    READER_LINE_MOST = 1 << 20,
    READER_HEAD_SIZE = 64 << 10,
    READER_ZEROS_LEAST = 16, /* so many end a line: a machine that lost its power leaves them */
};
#define READER_BYTE_ORDER_MARK "\xEF\xBB\xBF"
/* Reads a source of lines: those that belong to bytes from until to (UINT64_MAX: all from there). A
 * line that is no event of its own with a time belongs to the one before. */
MUST_CHECK int reader_lines(struct reader *r, uint64_t from, uint64_t to, struct err *e);
/* Reads a source of any format: of one that is in parts, what begins in these bytes. */
MUST_CHECK int reader_part(struct reader *r, uint64_t from, uint64_t to, struct err *e);
/* Whether parts of such a source can be read side by side. */
static inline bool is_splittable(const struct format *f, const struct others *others,
                                 enum text_frame frame)
{
    bool is_so = f->is_splittable && frame == FRAME_LINES;

    for (size_t i = 0; i < OTHERS_MOST && others->of[i]; i++)
        is_so = is_so && others->of[i]->is_splittable;
    return is_so;
}
/* Goes through the lines that begin in these bytes (to UINT64_MAX: all from there), so that years
 * can be told of lines that lack them: parts[i], zeros at first, gets what is behind
 * from + i * part_size, the last one all that is left; hosts, zeros at first, those of all. */
MUST_CHECK int reader_count_years(struct reader *r, uint64_t from, uint64_t to, uint64_t part_size,
                                  struct years_part *parts, size_t count, struct year_hosts *hosts,
                                  struct err *e);
/* Parts from *from to *to, from the last *to on, whose lines show all that can be known of nights
 * in which clocks were put back; begin with both 0. False: there are no more. */
bool reader_next_folds(const struct years_part *parts, size_t count, size_t *from, size_t *to);
/* Goes through the lines that begin in these bytes, and adds what they show to r->folds. r->years
 * is to be that before. */
MUST_CHECK int reader_find_folds(struct reader *r, uint64_t from, uint64_t to, struct err *e);
/* Both, and years_place, for all of a source. */
MUST_CHECK int reader_find_years(struct reader *r, uint64_t part_size, struct years *begin,
                                 size_t count, struct year_breaks *breaks, struct err *e);
/* Then reader_end. The part is all of the source. others: NULL: there are none. */
void reader_begin(struct reader *r, const struct format *format, const struct others *others);
void reader_end(struct reader *r);
/* What reader_begin gave their states. */
void reader_forget(struct reader *r);
/* As reader_ask, of one of the others. */
enum line_verdict reader_ask_other(struct reader *r, size_t other, struct str raw, struct event *e);
/* What a line is to a format; values are UTF-8 then. */
enum line_verdict reader_ask(struct reader *r, const struct format *f, struct str raw,
                             struct event *e);
/* Whether one of its formats has such lines (sessions.h). */
bool reader_has_sessions(const struct reader *r);
/* Whether it is UTF-8 without NUL, so that reader_text leaves it as it is. */
bool reader_is_plain(struct str s);
/* A line or value as UTF-8: what is not becomes \xHH, in e's scratch. */
struct str reader_text(struct event *e, struct str raw);

/* How a source is read. Both NULL: no format knows it. */
struct recognised {
    const struct format *format; /* format_text: text that no other knows */
    struct others others;        /* of lines that format declines */
    enum text_encoding encoding; /* of text */
    enum text_frame frame;       /* of lines */
    struct manner manner;        /* of lines, where it is asked for */
    const char *remark;          /* why it is not read, or NULL */
};
/* By content: size bytes that bytes gives, of a source that was written last then, which shows the
 * order of some dates (0: it is not known). ERR_IO and what bytes returns. */
MUST_CHECK int format_find(struct recognised *out, reader_bytes_at *bytes, void *context,
                           uint64_t size, int64_t written_s, struct err *e);
/* Of a source with damage in it, which is known and whose place is not: where no format knows all
 * of it, one counts that knows what stands before. */
MUST_CHECK int format_find_damaged(struct recognised *out, reader_bytes_at *bytes, void *context,
                                   uint64_t size, int64_t written_s, struct err *e);
