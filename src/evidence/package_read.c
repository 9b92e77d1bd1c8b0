/* package_read.c: the program's side of opening a package: starts the worker and checks what it
 * says. */
#include "evidence/package_read.h"
#include <unistd.h>
#include "base/mem.h"
#include "evidence/package_wire.h"

enum { CPU_S = 7 * 24 * 3600, WALL_S = 14 * 24 * 3600 }; /* 64 TiB */

struct reading {
    const struct package_receiver *to;
    uint64_t members; /* that were told whole */
    bool is_open;
    bool has_summary;
    struct package_summary summary;
};

static int unsound(struct err *e)
{
    return err_set(e, ERR_TAMPER,
                   "its reader sent what no sound one sends, and was stopped. The package may be "
                   "made to attack it");
}

static int take_head(void *context, uint32_t kind, struct str body, struct err *e)
{
    struct age_head *head = context;
    struct age_head said;

    if (kind != WIRE_PACKAGE_HEAD || body.len != sizeof(said) || head->covered)
        return unsound(e);
    memcpy(&said, body.p, sizeof(said));
    if (said.share_count > AGE_STANZA_LIMIT || said.other_count > AGE_STANZA_LIMIT ||
        said.covered == 0 || said.covered > AGE_HEAD_SIZE_LIMIT ||
        (unsigned)said.lock.how > AGE_ARGON2ID || (said.has_lock && said.share_count))
        return unsound(e);
    *head = said;
    return 0;
}

static int start(int fd, const char *name, const struct package_task *task, worker_receive *receive,
                 void *context, struct err *e)
{
    static const struct worker_limits limits = {
        .cpu_s = CPU_S, .wall_s = WALL_S, .hears_interrupt = true};

    if (lseek(fd, 0, SEEK_SET) < 0)
        return err_errno(e, "cannot read %s from its start", name);
    return worker_run(package_job, name, fd, (struct str){(const char *)task, sizeof(*task)},
                      &limits, receive, context, e);
}

int package_head(int fd, const char *name, struct age_head *out, struct err *e)
{
    const struct package_task task = {.wants_head = true};
    CLEANUP_FREE struct age_head *head = mem_new(struct age_head);
    int code = start(fd, name, &task, take_head, head, e);

    if (code)
        return code;
    if (!head->covered)
        return unsound(e);
    *out = *head;
    return 0;
}

static int take_begin(struct reading *r, struct str body, struct err *e)
{
    struct str name = str_from(body, 1 + sizeof(struct hash));
    struct hash sum;

    if (r->is_open || body.len <= 1 + sizeof(sum) || !package_name_is_fit(name) ||
        (unsigned char)body.p[0] > 1 || (body.p[0] == 0) != (r->members == 0))
        return unsound(e);
    memcpy(sum.b, body.p + 1, sizeof(sum.b));
    r->is_open = true;
    return r->to->begin(r->to->context, name, body.p[0] ? &sum : NULL, e);
}

static int take_end(struct reading *r, struct str body, struct err *e)
{
    if (!r->is_open || body.len || r->members == PACKAGE_MEMBER_LIMIT)
        return unsound(e);
    r->is_open = false;
    r->members++;
    return r->to->end(r->to->context, e);
}

static int take_summary(struct reading *r, struct str body, struct err *e)
{
    struct package_summary *sum = &r->summary;

    if (body.len != sizeof(*sum))
        return unsound(e);
    memcpy(sum, body.p, sizeof(*sum));
    if ((unsigned)sum->state >= BUNDLE_STATE_COUNT_ || !memchr(sum->why, '\0', sizeof(sum->why)) ||
        (sum->why[0] == '\0') != (sum->state == BUNDLE_WHOLE) || sum->members != r->members ||
        (r->is_open && sum->state == BUNDLE_WHOLE))
        return unsound(e);
    r->has_summary = true;
    return 0;
}

static int take_message(void *context, uint32_t kind, struct str body, struct err *e)
{
    struct reading *r = context;

    if (r->has_summary)
        return unsound(e);
    switch (kind) {
    case WIRE_PACKAGE_BEGIN:
        return take_begin(r, body, e);
    case WIRE_PACKAGE_DATA:
        return r->is_open ? r->to->data(r->to->context, body, e) : unsound(e);
    case WIRE_PACKAGE_END:
        return take_end(r, body, e);
    case WIRE_PACKAGE:
        return take_summary(r, body, e);
    }
    return unsound(e);
}

int package_read(int fd, const char *name, const uint8_t file_key[AGE_FILE_KEY_SIZE],
                 const struct package_receiver *to, struct package_summary *out, struct err *e)
{
    struct reading r = {.to = to};
    struct package_task task = {.wants_head = false};
    int code;

    memcpy(task.file_key, file_key, sizeof(task.file_key));
    code = start(fd, name, &task, take_message, &r, e);
    mem_wipe(&task, sizeof(task));
    if (code)
        return code;
    if (!r.has_summary)
        return unsound(e);
    *out = r.summary;
    return 0;
}
