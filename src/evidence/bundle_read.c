/* bundle_read.c: the program's side of reading a bundle: starts the worker and checks what it says.
 */
#include "evidence/bundle_read.h"
#include <unistd.h>
#include "base/mem.h"
#include "evidence/bundle_walk.h"
#include "evidence/bundle_wire.h"

enum { CPU_S = 2 * 3600, WALL_S = 6 * 3600 };

static const char sealed_start[] = "calm-sealed/";

struct reading {
    struct archive_reading members;
    const struct bundle_receiver *to;
    uint64_t good; /* bytes of frames that came */
    bool has_summary;
    struct bundle_summary summary;
};

struct box_list {
    struct bundle_box boxes[BUNDLE_BOX_COUNT];
    size_t count;
};

const char *bundle_state_name(enum bundle_state s)
{
    static const char *const names[] = {"whole", "cut", "altered", "unsound"};

    return names[s];
}

int bundle_is_sealed(int fd, bool *out, struct err *e)
{
    char start[sizeof(sealed_start) - 1];
    ssize_t n = pread(fd, start, sizeof(start), 0);

    if (n < 0)
        return err_errno(e, "cannot read the bundle");
    *out = n == (ssize_t)sizeof(start) && memcmp(start, sealed_start, sizeof(start)) == 0;
    return 0;
}

static int take_boxes(void *context, uint32_t kind, struct str body, struct err *e)
{
    struct box_list *list = context;

    if (kind != WIRE_BOXES || list->count || body.len == 0 || body.len > sizeof(list->boxes) ||
        body.len % sizeof(list->boxes[0]))
        return archive_unsound(e);
    memcpy(list->boxes, body.p, body.len);
    list->count = body.len / sizeof(list->boxes[0]);
    return 0;
}

static int start(int fd, const char *name, const struct bundle_task *task, worker_receive *receive,
                 void *context, struct err *e)
{
    static const struct worker_limits limits = {.cpu_s = CPU_S, .wall_s = WALL_S};

    if (lseek(fd, 0, SEEK_SET) < 0)
        return err_errno(e, "cannot read %s from its start", name);
    return worker_run(bundle_job, name, fd, (struct str){(const char *)task, sizeof(*task)},
                      &limits, receive, context, e);
}

int bundle_boxes(int fd, const char *name, struct bundle_box *out, size_t *count, struct err *e)
{
    const struct bundle_task task = {.wants_boxes = true};
    struct box_list list = {0};
    int code = start(fd, name, &task, take_boxes, &list, e);

    if (code)
        return code;
    if (list.count == 0)
        return archive_unsound(e);
    memcpy(out, list.boxes, list.count * sizeof(list.boxes[0]));
    *count = list.count;
    return 0;
}

static int take_frames(struct reading *r, struct str body, struct err *e)
{
    if (!r->to->frames)
        return archive_unsound(e);
    r->good += body.len;
    return r->to->frames(r->to->context, body, e);
}

static int take_summary(struct reading *r, struct str body, struct err *e)
{
    struct bundle_summary *sum = &r->summary;

    if (r->has_summary || body.len != sizeof(*sum))
        return archive_unsound(e);
    memcpy(sum, body.p, sizeof(*sum));
    if ((unsigned)sum->state >= BUNDLE_STATE_COUNT_ || !memchr(sum->why, '\0', sizeof(sum->why)) ||
        (sum->why[0] == '\0') != (sum->state == BUNDLE_WHOLE) || sum->pieces == 0 ||
        sum->members > BUNDLE_WALK_MEMBERS || (r->to->frames && sum->good != r->good))
        return archive_unsound(e);
    r->has_summary = true;
    return 0;
}

static int take_message(void *context, uint32_t kind, struct str body, struct err *e)
{
    struct reading *r = context;

    if (r->has_summary)
        return archive_unsound(e);
    switch (kind) {
    case WIRE_FRAMES:
        return take_frames(r, body, e);
    case WIRE_BUNDLE:
        return take_summary(r, body, e);
    case WIRE_ENTRY:
    case WIRE_DATA:
    case WIRE_ENTRY_END:
        return r->to->members ? archive_take_message(&r->members, kind, body, e)
                              : archive_unsound(e);
    }
    return archive_unsound(e);
}

int bundle_read(int fd, const char *name, const uint8_t stream_key[32],
                const struct bundle_receiver *to, struct bundle_summary *out, struct err *e)
{
    struct reading r = {.to = to,
                        .members = {.to = to->members, .entry_limit = BUNDLE_WALK_MEMBERS}};
    struct bundle_task task = {.has_key = stream_key != NULL,
                               .wants_frames = to->frames != NULL,
                               .wants_members = to->members != NULL};
    int code;

    if (stream_key)
        memcpy(task.key, stream_key, sizeof(task.key));
    code = start(fd, name, &task, take_message, &r, e);
    mem_wipe(&task, sizeof(task));
    if (code)
        return code;
    if (!r.has_summary)
        return archive_unsound(e);
    *out = r.summary;
    return 0;
}
