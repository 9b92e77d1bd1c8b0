/* embed.h: files that are part of the program.
 *
 * A meson.build makes a header with one table of files:
 *
 *     report_css = custom_target('report_css.h', input: ['report.css'], output: 'report_css.h',
 *       command: [embed, '@OUTPUT@', 'report_css', '@INPUT@'])
 *
 * and lists it among the sources of the library; exactly one .c file includes it. The bytes are
 * followed by a NUL that is not counted. */
#pragma once
#include "base/str.h"

struct embedded {
    const char *name; /* the file's base name */
    struct str bytes;
};
