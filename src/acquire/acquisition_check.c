/* acquisition_check.c: whether what lies beside NAME.part is no more than what an interrupted run
 * of this very state can have left. */
#include <sys/stat.h>
#include "acquire/acquisition_internal.h"

/* Within its last block of a raw image, or of an E01 behind all of it, the end may be written. */
static bool may_end(const struct acquisition *m)
{
    uint64_t size = m->state.begin.size;

    return m->state.begin.format == TARGET_E01
               ? m->state.done == size
               : m->state.done >= (size - 1) / PUMP_BLOCK * PUMP_BLOCK;
}

struct target_ahead acquire_ahead(const struct acquisition *m)
{
    return (struct target_ahead){.is_known = m->state.number != 0,
                                 .is_whole = m->state.done == m->state.begin.size,
                                 .may_end = may_end(m),
                                 .size = m->state.begin.size,
                                 .segment = m->state.begin.segment_size,
                                 .first = m->state.first,
                                 .announced = m->state.has_announced ? &m->state.announced : NULL};
}

int acquire_check_files(const struct acquisition *m, struct err *e)
{
    struct target_ahead ahead = acquire_ahead(m);

    return target_files_check(&m->files, &ahead, e);
}

int acquire_check_beside(const struct acquisition *m, struct err *e)
{
    static const char *const beside[] = {"rest", "sums"};

    for (size_t i = 0; m->state.number && !m->state.has_rest && i < COUNT_OF(beside); i++) {
        CLEANUP_BUF struct buf path = {0};
        struct stat st;

        acquisition_path(m, beside[i], &path);
        if (lstat(buf_text(&path), &st) == 0 && st.st_size)
            return err_set(e, ERR_CONFLICT,
                           "%s is there, which this %s.part does not tell of: it is of another "
                           "image, or the %s.part is an older copy. Go on with the newest one, or "
                           "begin anew under another name; nothing was changed",
                           buf_text(&path), m->files.name, m->files.name);
    }
    return 0;
}
