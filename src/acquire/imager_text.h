/* imager_text.h: what was done, in words: NAME.txt (doc/format/image.md section 6). */
#pragma once
#include "acquire/imager.h"

/* A line as in imager_report.files of NAME.ending, which lies beside the image. ERR_IO. */
int imager_file_beside(struct acquisition *image, const char *ending, struct buf *out,
                       struct err *e);
/* Endings of what lies beside an image, by which it is compared, now and later. */
enum { IMAGER_BESIDE_COUNT = 2 };
extern const char *const imager_beside[IMAGER_BESIDE_COUNT];
/* The same of each of them, as they were written. */
void imager_written_beside(struct acquisition *image, struct buf *out);
/* The same of each file of the image. */
void imager_files(const struct imager_report *r, struct acquisition *image, struct buf *out);
/* "10240 to 10241, 20480 to 20480": the first runs of sectors in that state. */
void imager_runs(struct acquisition *image, enum area_state state, struct buf *out);
/* "2", or how many were made and how many asked for: an earlier run may have been asked for more,
 * and where the source is gone there were fewer. */
void imager_retries(const struct acquisition *image, const struct imager_order *order,
                    struct buf *out);
/* All of NAME.txt; report->files are what it names. */
void imager_text(const struct imager_report *r, struct acquisition *image,
                 const struct imager_order *order, struct buf *out);
