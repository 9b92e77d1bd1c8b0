/* acquisition_map.c: NAME.map while an image is made: the state names the one that goes with it. */
#include <stdio.h>
#include <unistd.h>
#include "acquire/acquisition_internal.h"
#include "sys/file.h"

enum { MAP_SIZE_MAX = 1 << 28 };

/* As GNU ddrescue's manual has it (Mapfile structure): what it does, and which time. */
static char doing_now(const struct acquisition *m, unsigned *pass)
{
    static const struct {
        char doing;
        unsigned pass;
    } passes[RESCUE_PASS_COUNT_] = {
        [RESCUE_COPY] = {'?', 1},  [RESCUE_LEFT] = {'?', 2},   [RESCUE_SWEEP] = {'?', 3},
        [RESCUE_TRIM] = {'*', 1},  [RESCUE_SCRAPE] = {'/', 1}, [RESCUE_RETRY] = {'-', 1},
        [RESCUE_TRAPS] = {'/', 2},
    };
    int phase = atomic_load(&m->control->phase);

    *pass = 1;
    if (phase != ACQUIRE_RESCUING)
        return phase == ACQUIRE_FINISHING ? 'G' : '?';
    *pass = m->rescue_pass == RESCUE_RETRY && m->rescue_try ? m->rescue_try
                                                            : passes[m->rescue_pass].pass;
    return passes[m->rescue_pass].doing;
}

static void map_text(struct acquisition *m, bool is_finished, struct buf *out)
{
    unsigned pass = 1;
    char doing = is_finished ? '+' : doing_now(m, &pass);
    bool is_rescuing = atomic_load(&m->control->phase) == ACQUIRE_RESCUING;

    pthread_mutex_lock(&m->lock);
    m->state.needs_map = is_finished || m->state.has_rest || fault_map_sum(&m->map, AREA_BAD) ||
                         fault_map_sum(&m->map, AREA_LEFT);
    if (m->state.needs_map)
        fault_map_write(&m->map, ACQUIRE_PROGRAM, is_rescuing ? m->rescue_at : m->at, doing, pass,
                        out);
    pthread_mutex_unlock(&m->lock);
}

int acquire_map_prepare(struct acquisition *m, bool is_finished, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    int rc = acquire_map_place(m, e); /* one that a state needs is not written over */

    if (rc)
        return rc;
    map_text(m, is_finished, &text);
    m->state.has_map = true;
    if (!m->state.needs_map)
        return 0;
    m->state.map = hash_bytes(text.p, text.len);
    m->map_size = text.len;
    return acquire_write_beside(m, "map.next", &text, e);
}

int acquire_map_place(struct acquisition *m, struct err *e)
{
    CLEANUP_BUF struct buf next = {0};
    CLEANUP_BUF struct buf path = {0};

    if (!m->map_waits)
        return 0;
    acquisition_path(m, "map.next", &next);
    acquisition_path(m, "map", &path);
    if (rename(buf_text(&next), buf_text(&path)))
        return err_errno(e, "cannot rename %s", buf_text(&next));
    m->map_waits = false;
    return folder_sync(m->files.folders[0], e);
}

/* The one that was to take the place of the other, where the program was killed just then. */
static int find_map(struct acquisition *m, struct buf *out, struct err *e)
{
    static const char *const endings[] = {"map", "map.next"};
    bool is_there = false;

    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        CLEANUP_BUF struct buf path = {0};
        CLEANUP_BUF struct buf text = {0};
        struct hash sum;
        int rc;

        acquisition_path(m, endings[i], &path);
        rc = file_read(&text, buf_text(&path), MAP_SIZE_MAX, e);
        if (rc && rc != ERR_NOTFOUND)
            return rc;
        is_there |= rc == 0;
        sum = hash_bytes(text.p, text.len);
        if (rc == 0 && hash_eq(&sum, &m->state.map)) {
            m->map_waits = i == 1;
            buf_addstr(out, buf_str(&text));
            return 0;
        }
    }
    return err_set(e, is_there ? ERR_TAMPER : ERR_NOTFOUND,
                   "%s.map, which says what could not be read, %s while the image was interrupted: "
                   "put back the one that was there",
                   m->files.name, is_there ? "was changed" : "went away");
}

/* A version before named none. */
static int find_map_before(struct acquisition *m, struct buf *out, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    int rc;

    acquisition_path(m, "map", &path);
    rc = file_read(out, buf_text(&path), MAP_SIZE_MAX, e);
    return rc == ERR_NOTFOUND && !m->state.has_rest ? 0 : rc;
}

int acquire_map_read(struct acquisition *m, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    int rc = 0;

    if (!m->state.has_map)
        rc = find_map_before(m, &text, e);
    else if (m->state.needs_map)
        rc = find_map(m, &text, e);
    if (rc == 0 && text.len)
        rc = fault_map_read(&m->map, buf_str(&text), m->state.begin.size, e);
    else if (rc == 0)
        fault_map_init(&m->map, m->state.begin.size, AREA_READ);
    /* What was written behind the last state is not there any more. */
    if (rc == 0 && !m->state.has_rest)
        rc = fault_map_set(&m->map, m->state.done, m->state.begin.size - m->state.done,
                           AREA_UNTRIED, e);
    for (size_t i = 0; rc == 0 && i < AREA_OPEN_COUNT; i++) /* it is in the image, as zeros */
        rc = fault_map_turn(&m->map, 0, m->state.done, area_open[i], AREA_LEFT, e);
    if (rc == 0 && m->state.has_rest && m->state.done < m->state.rest)
        rc = fault_map_set(&m->map, m->state.done, m->state.rest - m->state.done, AREA_UNTRIED, e);
    return rc;
}
