/* wire.h: the messages between the program and the workers of the timeline. Numbers are in this
 * machine's order; structs have no gaps. */
#pragma once
#include "sys/worker.h"
#include "timeline/format.h"
#include "timeline/source_head.h"

enum { PARTS_MOST = 1 << 14 };
#define WIRE_NO_FORMAT UINT32_MAX
#define WIRE_NO_OTHERS                                                                             \
    {                                                                                              \
        WIRE_NO_FORMAT, WIRE_NO_FORMAT, WIRE_NO_FORMAT                                             \
    }

enum build_kind {
    BUILD_LOOK,  /* what the evidence is */
    BUILD_COUNT, /* of one part of a plain one, with lines: its years */
    BUILD_FOLDS, /* of some of them: nights in which clocks were put back */
    BUILD_PART,  /* one part of a plain one */
    BUILD_ALL,   /* all that is in it */
};

struct build_task {
    uint32_t kind;
    uint32_t format;   /* of a part */
    uint64_t from, to; /* of a part */
    int64_t written_s; /* when the evidence was written last */
    int64_t stated_s;  /* what it states of that, where it cannot be; INT64_MIN: nothing */
    int64_t taken_s;   /* when it was taken */
    int64_t year;      /* of a part: with which it begins */
    struct year_date date, before;
    uint32_t is_stray; /* the line before the part */
    uint32_t frame;    /* of a part: enum text_frame */
    uint32_t zone_size;
    uint32_t name_size;
    uint32_t image_format; /* of a disk: enum image_format */
    uint32_t setting_count;
    uint32_t others[OTHERS_MOST];     /* of a part: formats of lines that format declines */
    uint32_t share, shares;           /* of BUILD_ALL: which sources are this worker's */
    uint32_t encoding;                /* of a part: enum text_encoding */
    uint32_t source_room;             /* bytes of the directory, of a source that is one part */
    uint32_t fold_count;              /* of a part: what is known of the source */
    uint32_t break_count;             /* likewise */
    uint64_t strays, hosts, blocks;   /* likewise */
    uint64_t changes;                 /* likewise */
    int64_t end_s;                    /* likewise */
    uint64_t past, late, backs;       /* likewise */
    uint64_t delays, maybe_delays;    /* likewise */
    uint64_t between;                 /* likewise */
    uint32_t has_many_hosts, is_none; /* likewise */
    uint32_t index_size, zones_size;  /* zones by their names (zone_names.h) */
    uint32_t end_count, unused_then;  /* of sources of a rotation */
    struct manner manner;             /* of a part */
    uint8_t stream_key[32];           /* of a sealed bundle */
    uint32_t is_sealed;
    uint32_t host_size;
    /* Then the zone's file, struct build_setting_head, source and zone's file of each setting, the
     * name of the evidence, struct fold and struct year_break for each, index and bytes of the
     * zones, struct build_end_head and source for each end, and the host. */
};
struct build_setting_head {
    uint32_t source_size, zone_size;
};

struct build_end_head {
    int64_t end_s;
    uint32_t source_size, unused;
};

enum build_message {
    BUILD_LOOKED = 1, /* struct build_looked */
    BUILD_RUNS,       /* struct year_run for each, some at a time */
    BUILD_HOSTS,      /* struct year_host for each */
    BUILD_COUNTED,    /* struct build_counted, behind all of them */
    BUILD_FOLDED,     /* struct fold for each */
    BUILD_SOURCE,     /* struct build_source, name, remark */
    BUILD_COLUMNS,    /* of the block that follows: its lines of the directory */
    BUILD_PACKED,     /* bytes of the block */
    BUILD_BLOCK,      /* struct build_block: the block is whole */
    BUILD_PART_END,   /* struct build_part */
    BUILD_SOURCE_END, /* nothing */
    BUILD_PROGRESS,   /* u64: bytes of evidence that were read */
};

struct build_looked {
    uint64_t size;
    uint32_t format; /* its number, or WIRE_NO_FORMAT */
    uint32_t is_plain;
    uint32_t part_count;          /* 1: it cannot be divided */
    uint32_t is_disk;             /* no format knows it, and it begins as a disk does */
    uint32_t others[OTHERS_MOST]; /* formats of lines that format declines, or WIRE_NO_FORMAT */
    uint32_t has_many;            /* an archive: its sources can be shared out */
    uint32_t encoding;            /* enum text_encoding */
    uint32_t frame;               /* enum text_frame */
    struct source_head head;
    struct manner manner;
};
struct build_counted {
    uint64_t strays;
    uint32_t has_clock, has_fold;
    struct year_stated before, last; /* as struct year_runs has them */
    uint32_t has_many_hosts, has_many_backs;
    int64_t end_s; /* as struct years_part has it */
    uint32_t is_headed, unused;
};
struct build_source {
    int64_t written_s;
    uint64_t size;
    uint32_t format; /* WIRE_NO_FORMAT: not recognised, or not read */
    uint32_t name_size;
    uint32_t remark_size;
    uint32_t others[OTHERS_MOST]; /* as above */
    uint32_t is_about;
    uint32_t unused;
    struct source_head head;
};
struct build_block {
    uint64_t first_event;
    int64_t first_ns, last_ns;
    uint32_t events;
    uint32_t unused;
};
struct build_part {
    struct hash digest;
    struct reader_counts counts;
    int64_t first_s, last_s; /* as struct rotation_span has them */
    uint32_t has_first, has_last;
};

/* Runs in the worker. */
worker_job timeline_build_job;
/* In that of calm-disk: the inputs are a disk image, all of which is read. */
worker_job timeline_disk_job;
#define TIMELINE_DISK_JOB "timeline"
