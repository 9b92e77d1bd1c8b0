/* err.c: error codes, their tables, and the making of their sentences. */
#include "base/err.h"
#include <errno.h>
#include "base/str.h"

static const struct {
    const char *name;
    int exit_status;
    int http;
    const char *meaning;
} err_table[ERR_COUNT_] = {
#define ERR(name, exit_status, http, meaning)                                                      \
    [name##_ORDINAL] = {#name, exit_status, http, meaning},
#include "base/err_codes.def"
#undef ERR
};

static int PRINTF_LIKE(3, 0) err_fill(struct err *e, int code, const char *fmt, va_list ap)
{
    if (!e)
        return code;
    e->code = code;
    vsnprintf(e->text, sizeof(e->text), fmt, ap);
    return code;
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    err_fill(e, code, fmt, ap);
    va_end(ap);
    return code;
}

int err_errno(struct err *e, const char *fmt, ...)
{
    int saved = errno;
    int code = saved == ENOSPC || saved == EDQUOT ? ERR_FULL
               : saved == ENOENT                  ? ERR_NOTFOUND
                                                  : ERR_IO;
    va_list ap;
    size_t len;

    va_start(ap, fmt);
    err_fill(e, code, fmt, ap);
    va_end(ap);
    if (!e)
        return code;
    len = strlen(e->text);
    snprintf(e->text + len, sizeof(e->text) - len, ": %s", strerror(saved));
    return code;
}

int err_wrap(struct err *e, int code, const char *fmt, ...)
{
    char before[sizeof(e->text)];
    char front[256];
    va_list ap;

    if (!e)
        return code;
    va_start(ap, fmt);
    vsnprintf(front, sizeof(front), fmt, ap);
    va_end(ap);
    memcpy(before, e->text, sizeof(before));
    before[sizeof(before) - sizeof(front) - 3] = '\0';
    snprintf(e->text, sizeof(e->text), "%s: %s", front, before);
    return code;
}

static const int err_unknown = 0;

static int err_index(int code)
{
    return code < 0 && -code < ERR_COUNT_ ? -code : err_unknown;
}

int err_exit_status(int code)
{
    if (code == 0)
        return 0;
    return err_index(code) == err_unknown ? 1 : err_table[err_index(code)].exit_status;
}

int err_http_status(int code)
{
    if (code == 0)
        return 200;
    return err_index(code) == err_unknown ? 500 : err_table[err_index(code)].http;
}

const char *err_name(int code)
{
    return err_index(code) == err_unknown ? "ERR_UNKNOWN" : err_table[err_index(code)].name;
}

const char *err_meaning(int code)
{
    return err_index(code) == err_unknown ? "unknown" : err_table[err_index(code)].meaning;
}

void bug_at(const char *file, int line, const char *fmt, ...)
{
    va_list ap;

    fprintf(stderr, "calm: a bug in this program, at %s:%d: ", file, line);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, "\nNothing that was acknowledged is lost. Please report this line.\n");
    abort();
}
