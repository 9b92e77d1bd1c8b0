/* test_collect_left_out.h: a kernel, or a file system, that leaves one name out of what it lists.
 * The test is linked with -Wl,--wrap=readdir64. */
#pragma once
#include <dirent.h>
#include <string.h>

/* Empty: nothing is left out. */
static char left_out[32];
struct dirent *__real_readdir64(DIR *dir);
struct dirent *__wrap_readdir64(DIR *dir);

struct dirent *__wrap_readdir64(DIR *dir)
{
    struct dirent *entry;

    do
        entry = __real_readdir64(dir);
    while (entry && left_out[0] && strcmp(entry->d_name, left_out) == 0);
    return entry;
}
