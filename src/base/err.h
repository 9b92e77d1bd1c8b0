/* err.h: a failure is a code to branch on and a whole sentence that names the object.
 *
 * A function that can fail returns 0 (or a count) or a negative ERR_* and fills its last parameter.
 * The sentence is made where the failure happened and printed once, at the top. Pass errors up
 * unchanged or say with err_wrap what was being done. */
#pragma once
#include <stdarg.h>
#include "base/compiler.h"

enum err_code {
    ERR_NONE_ = 0,
#define ERR(name, exit_status, http, meaning) name##_ORDINAL,
#include "base/err_codes.def"
#undef ERR
    ERR_COUNT_,
#define ERR(name, exit_status, http, meaning) name = -name##_ORDINAL,
#include "base/err_codes.def"
#undef ERR
};

struct err {
    int code;        /* ERR_*, or 0 */
    char text[1024]; /* one or more sentences, UTF-8, not yet escaped for any sink; no newline at
                        the end */
};

/* Each returns the code, so that a caller can write: return err_set(e, ERR_ARG, …). e may be NULL.
 */
int err_set(struct err *e, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* As err_set, with ": " and the meaning of errno added; ENOSPC and EDQUOT give ERR_FULL, ENOENT
 * ERR_NOTFOUND, else ERR_IO. */
int err_errno(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Puts what was being done in front of the sentence of an error with that code: "opening the case:
 * …". */
int err_wrap(struct err *e, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

int err_exit_status(int code); /* 0 for 0; 1 for an unknown code */
int err_http_status(int code);
const char *err_name(int code); /* "ERR_IO" */
const char *err_meaning(int code);
