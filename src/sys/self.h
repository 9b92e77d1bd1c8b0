/* self.h: where this program's own file is, and how to start it or its neighbours once more: also
 * when the dynamic loader was asked to run it (from a stick that brings its own libraries), where
 * /proc/self/exe is the loader. */
#pragma once
#include "base/err.h"
#include "base/str.h"

/* The path of this program's file. ERR_IO. */
MUST_CHECK int self_program(struct buf *path, struct err *e);
/* The loader that was asked to run this program; empty where the kernel started it itself. ERR_IO.
 */
MUST_CHECK int self_loader(struct buf *path, struct err *e);
/* Another program that lies beside this one is started the same way: writes "LOADER
 * --library-path FOLDER" to argv and returns 3, or returns 0 where no loader was asked. The texts
 * live in loader and folder. */
enum { SELF_PREFIX_MAX = 3 };
MUST_CHECK int self_prefix(const char **argv, struct buf *loader, struct buf *folder,
                           struct err *e);
/* The shared libraries that this program was given, and their loader, as paths. Not those that it
 * may load later. */
typedef int self_library(void *context, const char *path, bool is_loader, struct err *e);
MUST_CHECK int self_libraries(self_library *visit, void *context, struct err *e);
