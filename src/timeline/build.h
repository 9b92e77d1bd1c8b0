/* build.h: evidence to a timeline: workers read it, side by side where it can be divided. */
#pragma once
#include "evidence/image_facts.h"
#include "timeline/rotation.h"
#include "timeline/segment_write.h"
#include "timeline/walk.h"
#include "timeline/zone_names.h"

/* What is known of one source better than of the whole. */
struct build_setting {
    struct str source; /* its name */
    struct str zone;   /* the zone's file; empty: UTC */
};

enum { BUILD_SETTINGS_MOST = 16 };

struct build_order {
    const int *ins; /* the evidence; borrowed. One, unless it is a disk image in parts */
    size_t in_count;
    bool is_image; /* it is a disk image, which is else found out by its first bytes */
    enum image_format image_format;
    const char *name; /* of it, as sources are called */
    struct str host;  /* whose state it has, of a collection; empty: nothing is known */
    struct written written;
    int64_t taken_s; /* when it was taken */
    const struct hash *evidence;
    struct str zone_name;                 /* "UTC", "Europe/Berlin" … */
    struct str zone;                      /* that zone's file; empty: UTC */
    const struct build_setting *settings; /* of single sources, at most BUILD_SETTINGS_MOST */
    size_t setting_count;
    const struct zone_files *zones;  /* that sources may name; NULL: none */
    const struct rotation_end *ends; /* of sources, in the order of their names */
    size_t end_count;
    const uint8_t *stream_key; /* 32 bytes, of a bundle that is sealed; NULL: it is not. Borrowed */
    unsigned workers;          /* 0: as many as there are processors */
    uint64_t directory_most;   /* bytes of the timeline's directory; 0: DIRECTORY_MOST */
    segment_put *put;          /* where the timeline's file goes */
    /* What was put is forgotten, for all of it comes anew. NULL: years of rotated logs in an
     * archive do not follow from one another. */
    int (*restart)(void *context, struct err *e);
    /* Bytes of evidence that were read, of all there are; non-zero stops it. NULL: nobody asks. */
    int (*progress)(void *context, uint64_t done, uint64_t all, struct err *e);
    void *context;
};
/* ERR_TAMPER, ERR_LIMIT, ERR_FORMAT, ERR_IO as worker_run; what put or progress returned. */
MUST_CHECK int timeline_build(const struct build_order *order, struct segment_result *out,
                              struct err *e);
