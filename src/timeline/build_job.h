/* build_job.h: what the jobs share that make a timeline: in the worker, what they know, and what
 * they tell the program of sources (wire.h). */
#pragma once
#include "timeline/block.h"
#include "timeline/build.h"
#include "timeline/walk.h"
#include "timeline/wire.h"

/* A source with a zone of its own. */
struct job_setting {
    struct str source;
    struct zone *zone; /* NULL: UTC */
};

struct job {
    struct worker_channel *channel;
    struct build_task task;
    struct str name; /* of the evidence */
    struct str host; /* whose state it has; empty: nothing is known */
    struct zone *zone;
    struct zone_names *zones; /* that sources may name */
    struct job_setting settings[BUILD_SETTINGS_MOST];
    size_t setting_count;
    struct field_names *names;
    struct block_writer *writer;
    uint64_t read, told;       /* bytes of evidence, as far as it was read */
    struct rotation_end *ends; /* of sources, in the order of their names */
    struct folds folds;        /* of the source that is read */
    struct year_breaks breaks; /* likewise */
    struct told_lines *lines;  /* of all its sources */
    bool is_reading;           /* events, not years alone */
    uint64_t spent;            /* of the directory, by the blocks of the part that is read */
    struct reader *reader;     /* which ends where that is too much; NULL: none does */
    const struct walked *member;
    struct source_head head; /* of the source that is read, if that has lines */
    struct others others;    /* of the source that is read: of lines that its format declines */
};
/* The channel is set before; everything else follows from the argument. ERR_FORMAT. */
MUST_CHECK int job_begin(struct job *j, struct str argument, struct err *e);
void job_release(struct job *j);
/* As messages have them: NULL is WIRE_NO_FORMAT. */
uint32_t job_format_number(const struct format *f);
void job_put_others(uint32_t *numbers, const struct others *others);
/* Those of the task. */
struct others job_others(const struct job *j);
/* Of the writer: context is the job. */
block_take job_send_block;

/* A reader whose events go into blocks. */
struct reader job_reader(struct job *j, struct str source, struct written written);
/* A source begins; format NULL: not recognised, or not read. */
MUST_CHECK int job_source(struct job *j, struct str name, const struct format *f, int64_t written_s,
                          uint64_t size, const char *remark, struct err *e);
MUST_CHECK int job_end_part(struct job *j, const struct reader *r, struct err *e);
MUST_CHECK int job_source_end(struct job *j, struct err *e);
/* What is said against the years of lines that state none. */
MUST_CHECK int job_tell_years(struct reader *r, struct err *e);
/* Likewise of how they are written. */
MUST_CHECK int job_tell_manner(struct reader *r, struct err *e);
/* Tells j->read where there is more of it to tell. */
MUST_CHECK int job_progress(struct job *j, struct err *e);
/* What a walk finds: a whole source each. context is the job. */
/* How far the evidence was read. */
MUST_CHECK int job_take_progress(void *context, uint64_t off, struct err *e);
/* A walk through the evidence that in is, all of which is read. */
struct walk job_walk(struct job *j, int in);
walk_take job_take_member;
/* Another worker's: its lines become known, as they are to that one. */
walk_take job_pass_member;
/* Whether it may be a list of files, which all workers see: by its first bytes. */
bool job_is_list(struct str head);
walk_remark job_take_remark;
walk_remark job_take_about;
