/* file_area.h: where in a file there is data, and where the file system holds nothing but a hole
 * that is read as zeros. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

enum {
    FILE_AREA_COUNT = 100000
}; /* of one file; holes behind them are read as if they were data */

struct file_area {
    uint64_t off;
    uint64_t size;
};

/* Zero-initialise. */
struct file_areas {
    struct file_area *list; /* ascending, apart from each other, none of them empty */
    size_t count;
    size_t room;
    uint64_t size; /* of the file */
    uint64_t data; /* the sum of the areas; less than size where there are holes */
};
/* Of a regular file that is as st says; one whole area where the file system does not tell. The
 * descriptor is at its start afterwards. */
void file_areas_read(struct file_areas *a, int fd, const struct stat *st);
void file_areas_release(struct file_areas *a);
