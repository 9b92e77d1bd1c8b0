/* acquisition_place.c: whether an image can begin in a folder, what lies there of one that was
 * begun, and what is kept of each run. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include "acquire/acquisition_internal.h"
#include "base/mem.h"
#include "base/sink.h"
#include "sys/clock.h"
#include "sys/file.h"

enum {
    STATE_SIZE_MAX = 4 << 20,
};

uint64_t acquire_largest(uint64_t segment_size, uint64_t size)
{
    return segment_size && segment_size < size ? segment_size : size;
}

int acquisition_may_begin(const char *folder, const char *name, enum target_format format,
                          struct err *e)
{
    CLEANUP(target_files_release) struct target_files files = TARGET_FILES_NONE;
    struct stat st;
    int rc = target_files_init(&files, format, folder, name, e);

    if (rc)
        return rc;
    if (!sink_line_keeps(str_of(name)))
        return err_set(e, ERR_USAGE,
                       "the name of an image is text without invisible characters, so that records "
                       "and other programs can spell it: give it another by --name");
    if (stat(folder, &st))
        return err_errno(e, "cannot look at %s", folder);
    if (!S_ISDIR(st.st_mode))
        return err_set(e, ERR_USAGE, "%s is no folder that an image could go to", folder);
    if (access(folder, W_OK | X_OK))
        return err_errno(
            e, "nothing can be written to %s%s", folder,
            errno == EPERM && geteuid() == 0
                ? ", though this is root: it is immutable (lsattr -d shows an i), or a "
                  "security module or a container forbids it"
                : "");
    return target_folder_is_free(&files, folder, e);
}

/* "BOOT DISK SECTORS": the first two say whether the third counts the same thing. */
static const char *compare_writes(const char *before, const char *now)
{
    const char *before_count = strrchr(before, ' '), *now_count = strrchr(now, ' ');

    if (!before_count || !now_count || before_count - before != now_count - now ||
        strncmp(before, now, (size_t)(now_count - now)) != 0)
        return "whether it was written to since the run before began is not known";
    return strcmp(before_count, now_count) == 0
               ? "it was not written to since the run before began"
               : "it WAS WRITTEN TO since the run before began: the image has parts of two states";
}

static void set(char **text, struct str value)
{
    free(*text);
    *text = mem_dup(value.p, value.len);
}

void acquire_note(struct acquisition *m, const char *clause, const char *plain)
{
    acquire_history_add(&m->state.begin.history, 0, utc_now(), clause, plain);
}

/* uses NULL: without saying who. */
static void tell_run(const struct acquisition *m, bool is_live, const char *uses,
                     const char *writes, struct buf *out)
{
    const struct acquire_begin *b = &m->state.begin;
    bool was_live = b->is_live;

    if (is_live && uses)
        buf_addf(out, "LIVE, the source was in use (%.1000s)%s; ",
                 uses[0] ? uses : "another program had it", was_live ? "" : ", before it was not");
    else if (is_live)
        buf_addf(out, "LIVE, the source was in use%s; ", was_live ? "" : ", before it was not");
    else if (was_live)
        buf_adds(out, "not in use, before it was; ");
    buf_addf(out, "%s",
             writes[0]              ? compare_writes(b->writes, writes)
             : m->state.was_changed ? "the file WAS CHANGED since the image was begun, or its entry"
                                    : "the file is as it was by its facts");
}

void acquisition_note_source(struct acquisition *m, const char *path)
{
    set(&m->state.begin.source, str_of(path));
}

void acquisition_note_run(struct acquisition *m, bool is_live, const char *uses, const char *writes)
{
    struct acquire_begin *b = &m->state.begin;
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf plain = {0};

    tell_run(m, is_live, uses, writes, &text);
    tell_run(m, is_live, NULL, writes, &plain);
    b->runs++;
    b->is_live |= is_live;
    acquire_history_add(&b->history, b->runs, utc_now(), buf_text(&text), buf_text(&plain));
    set(&b->writes, str_of(writes));
}

int acquire_split_part(const char *part, struct buf *folder, struct buf *name, struct err *e)
{
    struct str path = str_of(part);
    const char *slash = strrchr(part, '/');

    if (!str_ends(path, ".part"))
        return err_set(e, ERR_USAGE, "%s: name the file that ends in .part", part);
    path.len -= 5;
    buf_addstr(folder, slash ? (struct str){part, (size_t)(slash - part)} : STR("."));
    buf_addstr(name, slash ? str_from(path, (size_t)(slash - part) + 1) : path);
    return 0;
}

int acquisition_look(const char *part, struct acquire_state *out, struct target_files *files,
                     struct err *e)
{
    CLEANUP(target_files_release) struct target_files f = TARGET_FILES_NONE;
    CLEANUP(acquire_begin_release) struct acquire_begin begin = {0};
    CLEANUP_BUF struct buf folder = {0};
    CLEANUP_BUF struct buf name = {0};
    CLEANUP_BUF struct buf text = {0};
    struct acquire_state state = {0};
    int rc = acquire_split_part(part, &folder, &name, e);

    if (rc == 0 && !file_is_there(part))
        rc = err_set(e, ERR_NOTFOUND, "there is no %s", part);
    if (rc == 0)
        rc = file_read(&text, part, STATE_SIZE_MAX, e);
    if (rc == 0)
        rc = acquire_state_read(&state, &f, buf_str(&text), e);
    begin = state.begin;
    if (rc)
        return rc;
    f.name = buf_take(&name);
    f.format = begin.format;
    /* A stick may be mounted elsewhere now. */
    free(f.folders[0]);
    f.folders[0] = buf_take(&folder);
    *out = state;
    begin = (struct acquire_begin){0};
    *files = f;
    f = TARGET_FILES_NONE;
    return 0;
}
