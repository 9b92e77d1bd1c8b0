/* file.h: files to be checked, mapped for reading before the sandbox closes. */
#pragma once
#include "verify/mem.h"

struct file {
    const char *name; /* as the person gave it */
    struct slice bytes;
    char *fault; /* a sentence that says why it cannot be read, or NULL */
};

/* Never fails: a file that cannot be read carries the reason. */
void file_map(struct file *f, const char *name);
void file_unmap(struct file *f);

/* A file that shrinks while it is checked ends the program with status 4, and a sentence. */
void file_guard_shrinking(void);
