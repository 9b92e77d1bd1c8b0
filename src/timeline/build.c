/* build.c: the program's side of making a timeline: starts workers, checks what they send, and puts
 * it together in order. */
#include "timeline/build.h"
#include <errno.h>
#include <poll.h>
#include <unistd.h>
#include "base/mem.h"
#include "evidence/disk_wire.h"
#include "sys/file.h"
#include "timeline/build_lanes.h"
#include "timeline/build_notice.h"
#include "timeline/wire.h"

enum {
    LANES_MAX = 64,
    SHARED_LANES_MAX = 16,   /* each unpacks all, and may hold a member of WALK_HELD_MOST */
    QUEUE_MOST = 16 << 20,   /* of a lane whose turn it is not: it waits */
    SETTLE_SIZE = 256 << 10, /* of a queue, before what was put is cut off it */
    NAME_MOST = 64 << 10,
    BLOCK_MOST = 1 << 29, /* packed bytes of one block */
};
/* Sources of an archive are shared out: each lane walks through all of it, and reads every so
 * many-th. */
static bool is_shared(const struct building *b)
{
    return b->looked.has_many && b->lane_count > 1;
}

/* Of one source, which is read in parts. */
static bool has_parts(const struct building *b)
{
    return b->looked.part_count > 1;
}

static bool has_turn(const struct lane *l)
{
    const struct building *b = l->building;

    return l->part_count && l->parts[0] == (is_shared(b) ? b->turn % b->lane_count : b->turn);
}

static bool is_format(uint32_t number)
{
    return number < FORMAT_COUNT_ || number == WIRE_NO_FORMAT;
}

static const struct format *format_at(uint32_t number)
{
    return number == WIRE_NO_FORMAT ? NULL : formats[number];
}

/* None stands behind one that is none. */
static bool are_formats(const uint32_t *numbers)
{
    bool is_end = false, is_sound = true;

    for (size_t i = 0; i < OTHERS_MOST; i++) {
        is_sound = is_sound && is_format(numbers[i]) && !(is_end && format_at(numbers[i]));
        is_end = is_end || numbers[i] == WIRE_NO_FORMAT;
    }
    return is_sound;
}

static struct others others_at(const uint32_t *numbers)
{
    struct others out = {0};

    for (size_t i = 0; i < OTHERS_MOST; i++)
        out.of[i] = format_at(numbers[i]);
    return out;
}

static int take_looked(struct building *b, struct str body, struct err *e)
{
    struct build_looked l;

    if (b->has_looked || body.len != sizeof(l))
        return build_unsound(e);
    memcpy(&l, body.p, sizeof(l));
    if (l.part_count == 0 || l.part_count > PARTS_MOST || !is_format(l.format) ||
        !are_formats(l.others) || l.encoding >= TEXT_ENCODING_COUNT_ || l.frame >= FRAME_COUNT_ ||
        !manner_is_sound(&l.manner) || (l.has_many && (l.part_count > 1 || l.is_disk)) ||
        (l.part_count > 1 && (l.format == WIRE_NO_FORMAT || l.is_disk)))
        return build_unsound(e);
    b->looked = l;
    b->has_looked = true;
    return 0;
}

int build_progress(struct building *b, uint64_t done, struct err *e)
{
    const struct build_order *o = b->order;
    uint64_t all = 0;

    b->told = done;
    if (!o->progress)
        return 0;
    for (size_t i = 0; i < o->in_count; i++) {
        off_t size = lseek(o->ins[i], 0, SEEK_END);

        all += size < 0 ? 0 : (uint64_t)size;
    }
    return o->progress(o->context, done < all ? done : all, all, e); /* images unpack to more */
}

static int take_look(void *context, uint32_t kind, struct str body, struct err *e)
{
    struct building *b = context;

    if (kind == BUILD_LOOKED)
        return take_looked(b, body, e);
    return kind == BUILD_PROGRESS && body.len == sizeof(uint64_t) ? build_progress(b, 0, e)
                                                                  : build_unsound(e);
}

static int look(struct building *b, struct err *e)
{
    CLEANUP(buf_wipe) struct buf argument = {0};
    const struct build_task task = {.kind = BUILD_LOOK};
    struct worker_order order;
    int rc;

    if (b->order->is_image) {
        b->looked = (struct build_looked){
            .format = WIRE_NO_FORMAT, .others = WIRE_NO_OTHERS, .part_count = 1, .is_disk = 1};
        return 0;
    }
    build_argument(b->order, &task, NULL, &b->breaks, &argument);
    order = build_worker_order(b->order, &argument, take_look, b);
    rc = worker_run_order(&order, e);
    return rc || b->has_looked ? rc : build_unsound(e);
}

static int take_source(struct building *b, struct str body, struct err *e)
{
    struct build_source s;
    struct str rest = str_from(body, sizeof(s));
    struct segment_source source;
    int rc;

    if (body.len < sizeof(s))
        return build_unsound(e);
    memcpy(&s, body.p, sizeof(s));
    if (rest.len != (size_t)s.name_size + s.remark_size || s.name_size > NAME_MOST ||
        !is_format(s.format) || !are_formats(s.others))
        return build_unsound(e);
    source = (struct segment_source){.name = str_head(rest, s.name_size),
                                     .format = format_at(s.format),
                                     .others = others_at(s.others),
                                     .size = s.size,
                                     .is_about = s.is_about != 0,
                                     .head = s.head,
                                     .remark = str_from(rest, s.name_size)};
    rc = build_tell_cut(b->store, b->order->written.s, e);
    if (rc == 0)
        rc = segment_source(b->store, &source, e);
    rotation_add(&b->rotation, source.name, source.format && source.format->line);
    b->is_over = segment_state_of(b->store).is_full;
    return rc;
}

static int take_block(struct lane *l, struct str body, struct err *e)
{
    struct build_block told;
    struct segment_block block;
    int rc;

    if (body.len != sizeof(told))
        return build_unsound(e);
    memcpy(&told, body.p, sizeof(told));
    block = (struct segment_block){.events = told.events,
                                   .first_ns = told.first_ns,
                                   .last_ns = told.last_ns,
                                   .columns = buf_str(&l->columns),
                                   .bytes = buf_str(&l->packed)};
    rc = segment_block(l->building->store, &block, e);
    l->building->is_over =
        l->building->looked.part_count > 1 && segment_state_of(l->building->store).is_cut;
    buf_clear(&l->columns);
    buf_clear(&l->packed);
    return rc;
}

static int take_part(struct lane *l, struct str body, struct err *e)
{
    struct build_part part;

    if (body.len != sizeof(part))
        return build_unsound(e);
    memcpy(&part, body.p, sizeof(part));
    segment_part(l->building->store, &part.counts, &part.digest);
    rotation_see(&l->building->rotation,
                 &(struct rotation_span){part.first_s, part.last_s, part.has_first, part.has_last});
    return has_parts(l->building) ? build_parts_put(l, e) : 0;
}

static int take_piece(struct buf *to, struct str body, struct err *e)
{
    if (body.len > BLOCK_MOST - to->len)
        return build_unsound(e);
    buf_addstr(to, body);
    return 0;
}

/* A message whose turn it is. */
static int put(struct lane *l, uint32_t kind, struct str body, struct err *e)
{
    struct building *b = l->building;
    bool is_all = !has_parts(b);

    if (b->is_over)
        return 0;
    switch (kind) {
    case BUILD_SOURCE:
        return is_all ? take_source(b, body, e) : build_unsound(e);
    case BUILD_SOURCE_END:
        b->turn += is_shared(b);
        return is_all ? 0 : build_unsound(e);
    case BUILD_COLUMNS:
        return take_piece(&l->columns, body, e);
    case BUILD_PACKED:
        return take_piece(&l->packed, body, e);
    case BUILD_BLOCK:
        return take_block(l, body, e);
    case BUILD_PART_END:
        return take_part(l, body, e);
    }
    return build_unsound(e);
}

static int put_queued(struct lane *l, struct err *e)
{
    int rc = 0;

    if (l->queue.len == 0)
        return 0;
    while (rc == 0 && l->taken < l->queue.len && has_turn(l)) {
        uint32_t head[2];

        memcpy(head, l->queue.p + l->taken, sizeof(head));
        l->taken += sizeof(head) + head[1];
        rc = put(l, head[0], (struct str){l->queue.p + l->taken - head[1], head[1]}, e);
    }
    if (l->taken < l->queue.len && l->taken < SETTLE_SIZE)
        return rc;
    memmove(l->queue.p, l->queue.p + l->taken, l->queue.len - l->taken);
    l->queue.len -= l->taken;
    l->taken = 0;
    return rc;
}

static int take_progress(struct lane *l, struct str body, struct err *e)
{
    uint64_t sum = l->building->read;

    if (body.len != sizeof(l->read))
        return build_unsound(e);
    memcpy(&l->read, body.p, sizeof(l->read));
    for (unsigned i = 0; i < l->building->lane_count; i++)
        sum += l->building->lanes[i].read;
    if (is_shared(l->building)) /* each reads all of it */
        sum /= l->building->lane_count;
    return build_progress(l->building, sum, e);
}

static int take_counted(struct lane *l, struct str body, struct err *e)
{
    int rc = build_take_counted(l, body, e);

    if (rc == 0)
        rc = build_parts_ended(l, e);
    return rc ? rc : build_parts_put(l, e);
}

static int take_or_queue(struct lane *l, uint32_t kind, struct str body, struct err *e)
{
    uint32_t head[2] = {kind, (uint32_t)body.len};

    if (has_turn(l) && l->queue.len == 0)
        return put(l, kind, body, e);
    if (l->queue.len + body.len > BLOCK_MOST)
        return build_unsound(e);
    buf_add(&l->queue, head, sizeof(head));
    buf_addstr(&l->queue, body);
    return 0;
}

static int take_message(void *context, uint32_t kind, struct str body, struct err *e)
{
    struct lane *l = context;
    int rc = 0;

    if (kind == BUILD_PROGRESS)
        return take_progress(l, body, e);
    if (has_parts(l->building) && l->ended == l->part_count)
        return build_unsound(e);
    if (l->building->is_counting && kind == BUILD_RUNS)
        return build_take_runs(l, body, e);
    if (l->building->is_counting && kind == BUILD_HOSTS)
        return build_take_hosts(l, body, e);
    if (l->building->is_counting)
        return kind == BUILD_COUNTED ? take_counted(l, body, e) : build_unsound(e);
    if (kind == BUILD_PART_END && has_parts(l->building))
        rc = build_parts_ended(l, e);
    return rc ? rc : take_or_queue(l, kind, body, e);
}

static int begin_lane(struct building *b, struct lane *l, struct err *e)
{
    uint32_t i = b->begun, count = b->looked.part_count;
    struct build_task task = build_task_of(b,
                                           count == 1       ? BUILD_ALL
                                           : b->is_counting ? BUILD_COUNT
                                                            : BUILD_PART,
                                           i, i + 1);
    CLEANUP_FD int hear = -1;
    struct worker_order order;
    int ins[2], rc;

    task.share = is_shared(b) ? i : 0;
    task.shares = is_shared(b) ? b->lane_count : 0;
    l->building = b;
    l->parts[0] = i;
    l->part_count = 1;
    l->ended = 0;
    l->is_used = true;
    l->read = 0;
    b->begun++;
    build_argument(b->order, &task, &b->folds, &b->breaks, &l->argument);
    order = build_worker_order(b->order, &l->argument, take_message, l);
    if (b->looked.is_disk) {
        order.job = NULL;
        order.program = DISK_PROGRAM;
        order.named = TIMELINE_DISK_JOB;
    }
    if (has_parts(b)) {
        rc = build_parts_begin(l, &hear, e);
        if (rc)
            return rc;
        ins[0] = order.ins[0];
        ins[1] = hear;
        order.ins = ins;
        order.in_count = 2;
    }
    return worker_begin_order(&l->worker, &order, e);
}

static void end_lane(struct building *b, struct lane *l)
{
    l->is_used = false;
    b->read += l->read;
    l->read = 0;
}

/* Where the lane whose turn it is has ended, there are no more sources, and no other has one. */
static int end_shares(struct building *b, struct err *e)
{
    bool is_over = !b->lanes[b->turn % b->lane_count].worker;

    for (unsigned i = 0; i < b->lane_count; i++) {
        struct lane *l = &b->lanes[i];

        if (l->queue.len && is_over)
            return build_unsound(e);
        if (l->is_used && !l->worker && l->queue.len == 0)
            end_lane(b, l);
    }
    return 0;
}

static int take_shared_turns(struct building *b, struct err *e)
{
    uint32_t before;
    int rc;

    do {
        before = b->turn;
        rc = put_queued(&b->lanes[before % b->lane_count], e);
    } while (rc == 0 && b->turn != before);
    return rc || b->is_over ? rc : end_shares(b, e);
}

/* Lanes whose turn has come put what they have. */
static int take_turns(struct building *b, struct err *e)
{
    uint32_t before;
    int rc = 0;

    do {
        before = b->turn;
        for (unsigned i = 0; i < b->lane_count && rc == 0; i++)
            if (has_turn(&b->lanes[i]))
                rc = put_queued(&b->lanes[i], e);
    } while (rc == 0 && b->turn != before);
    for (unsigned i = 0; i < b->lane_count && rc == 0; i++)
        if (b->lanes[i].is_used && !b->lanes[i].worker && b->lanes[i].queue.len == 0)
            end_lane(b, &b->lanes[i]);
    return rc;
}

static int begin_free_lanes(struct building *b, struct err *e)
{
    int rc = 0;

    uint32_t count = is_shared(b) ? b->lane_count : b->looked.part_count;

    for (unsigned i = 0; i < b->lane_count && rc == 0 && b->begun < count; i++)
        if (!b->lanes[i].is_used)
            rc = begin_lane(b, &b->lanes[i], e);
    return rc;
}

static int take_sent(struct lane *l, struct err *e)
{
    int rc = worker_take(l->worker, e);

    if (rc == 0)
        worker_end(MOVE(l->worker));
    if (rc == 0 && has_parts(l->building))
        return build_parts_over(l, e);
    return rc < 0 ? rc : 0;
}

static bool is_done(const struct building *b)
{
    for (unsigned i = 0; i < b->lane_count; i++)
        if (b->lanes[i].is_used)
            return false;
    return true;
}

/* -1: it has ended, or has to wait until it is its turn. */
static int fd_of(const struct lane *l)
{
    if (!l->worker || (!has_turn(l) && l->queue.len - l->taken > QUEUE_MOST))
        return -1;
    return worker_fd(l->worker);
}

static int run_lanes(struct building *b, struct err *e)
{
    struct pollfd fds[LANES_MAX];
    int rc = begin_free_lanes(b, e);

    while (rc == 0 && !is_done(b) && !b->is_over) {
        for (unsigned i = 0; i < b->lane_count; i++)
            fds[i] = (struct pollfd){.fd = fd_of(&b->lanes[i]), .events = POLLIN};
        if (poll(fds, b->lane_count, -1) < 0) {
            rc = errno == EINTR ? build_progress(b, b->told, e)
                                : err_errno(e, "cannot wait for a worker");
            continue;
        }
        for (unsigned i = 0; i < b->lane_count && rc == 0; i++)
            if (fds[i].revents)
                rc = take_sent(&b->lanes[i], e);
        if (rc == 0)
            rc = is_shared(b) ? take_shared_turns(b, e) : take_turns(b, e);
        if (rc == 0)
            rc = begin_free_lanes(b, e);
    }
    return rc;
}

/* All parts are gone through, so that each can begin with the years that it has. */
static int count_years(struct building *b, struct err *e)
{
    int rc;

    b->counted = mem_array(b->looked.part_count, sizeof(b->counted[0]));
    b->years = mem_array(b->looked.part_count, sizeof(b->years[0]));
    b->is_counting = true;
    rc = run_lanes(b, e);
    b->is_counting = false;
    b->begun = b->turn = 0;
    b->read = 0;
    if (rc == 0)
        years_place(b->counted, b->looked.part_count, &b->hosts, b->order->written.s, b->years,
                    &b->breaks);
    return rc;
}

static unsigned lanes_wanted(const struct building *b)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t count = b->order->workers ? b->order->workers
                     : processors > 0  ? (uint32_t)processors
                                       : 1;

    if (b->looked.has_many)
        return count < SHARED_LANES_MAX ? count : SHARED_LANES_MAX;
    count = count < b->looked.part_count ? count : b->looked.part_count;
    return count < LANES_MAX ? count : LANES_MAX;
}

static void building_release(struct building *b)
{
    for (unsigned i = 0; i < b->lane_count; i++) {
        struct lane *l = &b->lanes[i];

        worker_end(l->worker);
        build_parts_close(l);
        buf_wipe(&l->argument);
        buf_release(&l->queue);
        buf_release(&l->columns);
        buf_release(&l->packed);
    }
    for (uint32_t i = 0; b->counted && i < b->looked.part_count; i++)
        years_part_release(&b->counted[i]);
    free(b->lanes);
    free(b->counted);
    free(b->years);
    folds_release(&b->folds);
    rotation_release(&b->rotation);
    year_hosts_release(&b->hosts);
    segment_writer_free(b->store);
}

/* All of it, once. */
static int build(struct building *b, struct segment_result *out, struct err *e)
{
    const struct build_order *order = b->order;
    const struct segment_head head = {order->evidence, order->zone_name, order->directory_most};
    int rc = look(b, e);

    if (rc == 0)
        rc = segment_begin(&b->store, order->put, order->context, &head, e);
    if (rc)
        return rc;
    if (b->looked.part_count > 1) {
        const struct segment_source source = {.name = str_of(order->name),
                                              .format = formats[b->looked.format],
                                              .others = others_at(b->looked.others),
                                              .size = b->looked.size,
                                              .head = b->looked.head,
                                              .is_alone = true};

        rc = segment_source(b->store, &source, e);
        if (rc)
            return rc;
    }
    b->lane_count = lanes_wanted(b);
    b->lanes = mem_array(b->lane_count, sizeof(b->lanes[0]));
    for (unsigned i = 0; i < b->lane_count; i++)
        b->lanes[i].tell = -1;
    if (b->looked.part_count > 1 && formats[b->looked.format]->line)
        rc = count_years(b, e);
    if (rc == 0 && b->counted)
        rc = build_find_folds(b, e);
    if (rc == 0)
        rc = run_lanes(b, e);
    if (rc == 0)
        rc = build_tell_end(b->store, str_of(order->name), order->written.s, e);
    return rc ? rc : segment_end(b->store, out, e);
}

/* Where logs of a rotation are told too late, which only all of them show, they are read again. */
int timeline_build(const struct build_order *order, struct segment_result *out, struct err *e)
{
    CLEANUP(building_release) struct building first = {.order = order};
    CLEANUP(building_release) struct building again = {0};
    struct build_order anew = *order;
    int rc = build(&first, out, e);

    if (rc || !order->restart)
        return rc;
    rotation_find_ends(&first.rotation);
    if (first.rotation.end_count == 0)
        return 0;
    anew.ends = first.rotation.ends;
    anew.end_count = first.rotation.end_count;
    again.order = &anew;
    rc = order->restart(order->context, e);
    return rc ? rc : build(&again, out, e);
}
