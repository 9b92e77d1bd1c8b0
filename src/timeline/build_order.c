/* build_order.c: what the program gives a worker that makes a timeline. */
#include "base/mem.h"
#include "timeline/build_lanes.h"
#include "timeline/segment_room.h"

enum { CPU_S = 24 * 3600, WALL_S = 24 * 3600 };
#define MEMORY_SIZE ((uint64_t)3 << 30)

void build_argument(const struct build_order *o, const struct build_task *task,
                    const struct folds *folds, const struct year_breaks *breaks, struct buf *out)
{
    struct build_task full = *task;

    full.written_s = o->written.s;
    full.source_room = room_of_source(o->directory_most);
    full.stated_s = o->written.stated_s;
    full.taken_s = o->taken_s;
    full.zone_size = (uint32_t)o->zone.len;
    full.name_size = (uint32_t)strlen(o->name);
    full.image_format = o->image_format;
    full.setting_count = (uint32_t)o->setting_count;
    full.fold_count = folds ? (uint32_t)folds->count : 0;
    full.break_count = breaks ? (uint32_t)breaks->count : 0;
    full.strays = breaks ? breaks->strays : 0;
    full.hosts = breaks ? breaks->hosts : 0;
    full.blocks = breaks ? breaks->blocks : 0;
    full.changes = breaks ? breaks->changes : 0;
    full.end_s = breaks ? breaks->end_s : 0;
    full.past = breaks ? breaks->past : 0;
    full.late = breaks ? breaks->late : 0;
    full.backs = breaks ? breaks->backs : 0;
    full.between = breaks ? breaks->between : 0;
    full.delays = breaks ? breaks->delays : 0;
    full.maybe_delays = breaks ? breaks->maybe_delays : 0;
    full.is_none = breaks && breaks->is_none;
    full.has_many_hosts = breaks && breaks->has_many_hosts;
    full.host_size = (uint32_t)o->host.len;
    full.end_count = (uint32_t)o->end_count;
    full.index_size = o->zones ? (uint32_t)o->zones->index.len : 0;
    full.zones_size = o->zones ? (uint32_t)o->zones->bytes.len : 0;
    if (o->stream_key) {
        memcpy(full.stream_key, o->stream_key, sizeof(full.stream_key));
        full.is_sealed = 1;
    }
    buf_clear(out);
    buf_add(out, &full, sizeof(full));
    mem_wipe(full.stream_key, sizeof(full.stream_key));
    buf_addstr(out, o->zone);
    for (size_t i = 0; i < o->setting_count; i++) {
        const struct build_setting *s = &o->settings[i];
        const struct build_setting_head head = {(uint32_t)s->source.len, (uint32_t)s->zone.len};

        buf_add(out, &head, sizeof(head));
        buf_addstr(out, s->source);
        buf_addstr(out, s->zone);
    }
    buf_adds(out, o->name);
    if (folds)
        buf_add(out, folds->of, folds->count * sizeof(folds->of[0]));
    if (breaks)
        buf_add(out, breaks->of, breaks->count * sizeof(breaks->of[0]));
    if (o->zones) {
        buf_addstr(out, buf_str(&o->zones->index));
        buf_addstr(out, buf_str(&o->zones->bytes));
    }
    for (size_t i = 0; i < o->end_count; i++) {
        const struct rotation_end *end = &o->ends[i];
        const struct build_end_head h = {.end_s = end->end_s,
                                         .source_size = (uint32_t)end->source.len};

        buf_add(out, &h, sizeof(h));
        buf_addstr(out, end->source);
    }
    buf_addstr(out, o->host);
}

struct worker_order build_worker_order(const struct build_order *o, const struct buf *argument,
                                       worker_receive *receive, void *context)
{
    static const struct worker_limits limits = {
        .cpu_s = CPU_S, .wall_s = WALL_S, .memory = MEMORY_SIZE};

    return (struct worker_order){.job = timeline_build_job,
                                 .name = o->name,
                                 .ins = o->ins,
                                 .in_count = o->in_count,
                                 .argument = buf_str(argument),
                                 .limits = &limits,
                                 .receive = receive,
                                 .context = context};
}

struct build_task build_task_of(const struct building *b, enum build_kind kind, size_t from,
                                size_t to)
{
    size_t count = b->looked.part_count;
    uint64_t size = count > 1 ? format_part_size(formats[b->looked.format]) : 0;
    struct build_task task = {.kind = kind,
                              .format = b->looked.format,
                              .encoding = b->looked.encoding,
                              .frame = b->looked.frame,
                              .manner = b->looked.manner,
                              .from = from * size,
                              .to = to == count ? UINT64_MAX : to * size};

    memcpy(task.others, b->looked.others, sizeof(task.others));
    if (b->years && !b->is_counting) {
        task.year = b->years[from].year;
        task.date = b->years[from].last;
        task.before = b->years[from].before;
        task.is_stray = b->years[from].is_stray;
    }
    return task;
}
