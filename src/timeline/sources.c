/* sources.c: a worker reads the directory of a timeline, and what it tells of sources is checked.
 */
#include "timeline/sources.h"
#include "timeline/sources_wire.h"

#define MEMORY_SIZE ((uint64_t)3 << 30)

struct asking {
    source_take *take;
    void *context;
};

static int take_message(void *context, uint32_t kind, struct str body, struct err *e)
{
    const struct asking *k = context;
    struct sources_row row;
    struct str rest = str_from(body, sizeof(row));
    struct source_told told;

    if (kind != SOURCES_ROW || body.len < sizeof(row))
        return err_set(e, ERR_TAMPER, "the worker sent what no sound one sends");
    memcpy(&row, body.p, sizeof(row));
    if (rest.len != (uint64_t)row.name_size + row.format_size + row.remark_size)
        return err_set(e, ERR_TAMPER, "the worker sent what no sound one sends");
    told = (struct source_told){.name = str_head(rest, row.name_size),
                                .format = str_head(str_from(rest, row.name_size), row.format_size),
                                .remark = str_from(rest, (size_t)row.name_size + row.format_size),
                                .size = row.size,
                                .counts = row.counts,
                                .notices = row.notices,
                                .has_events = row.has_events,
                                .has_times = row.has_times,
                                .first_ns = row.first_ns,
                                .last_ns = row.last_ns,
                                .digest = row.digest,
                                .head = row.head};
    return k->take(k->context, &told, e);
}

int timeline_sources(int file, const struct hash *directory, source_take *take, void *context,
                     struct err *e)
{
    static const struct worker_limits limits = {.memory = MEMORY_SIZE};
    struct asking k = {take, context};

    return worker_run(timeline_sources_job, "the timeline", file,
                      (struct str){(const char *)directory->b, sizeof(directory->b)}, &limits,
                      take_message, &k, e);
}
