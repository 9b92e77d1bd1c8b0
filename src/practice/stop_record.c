/* stop_record.c: takes what an emergency did, and what could not be put on record then, into the
 * case.
 */
#include <unistd.h>
#include "base/mem.h"
#include "practice/emergency_file.h"
#include "practice/stop_emergency.h"
#include "render/screen.h"

static void tell_recorded(const struct thing *action, struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    CLEANUP_BUF struct buf next = {0};
    struct json j;

    if (a->wants_json) {
        json_begin(&j, &a->json);
        json_object_begin(&j);
        json_put_u64(&j, "action", action->number);
        json_put_str(&j, "state", thing_value(action, "state"));
        json_object_end(&j);
        return;
    }
    screen_printf(&screen, 0,
                  "On record as a%u. It stays until somebody undoes it: calm stop undo "
                  "a%u, on that host.",
                  action->number, action->number);
    screen_blank(&screen);
    buf_addf(&next, "calm stop review a%u \"what was found\"", action->number);
    screen_next(&screen, buf_str(&next), STR("it did not wait for approval"));
}

static const struct field record_fields[] = {
    {.name = "file",
     .type = FIELD_PATH,
     .flags = FIELD_ARG,
     .help = "the file that calm stop emergency told of; what you keep on this host if not given"},
};

static void add_origin(struct buf *out, const struct emergency_done *done)
{
    buf_addf(out, "; done by " STR_FMT " on " STR_FMT ", and taken into the case from a file",
             STR_ARG(buf_str(&done->person)), STR_ARG(buf_str(&done->host)));
}

static int record_one(struct session *s, const struct operation *op, const struct input *in,
                      const char *path, struct answer *a, struct err *e)
{
    CLEANUP_BUF struct buf more = {0};
    CLEANUP_EMERGENCY_DONE struct emergency_done done = {.is_sure = false};
    const struct thing *known;
    struct id action;
    struct view v;
    int rc = emergency_file_read(&done, path, e);

    if (rc == 0)
        rc = session_view(s, &v, e);
    if (rc)
        return rc;
    known = emergency_find(&v, buf_str(&done.plan));
    if (known)
        return err_set(e, ERR_CONFLICT, "what %s tells is on record already, as a%u", path,
                       known->number);
    add_origin(&more, &done);
    rc = emergency_record(s, op, in, &done, buf_str(&more), &action, e);
    if (rc == 0)
        rc = session_view(s, &v, e);
    if (rc)
        return rc;
    (void)!unlink(path); /* one that stays, another's, is not taken twice */
    tell_recorded(state_thing_by_id(v.state, &action), a);
    return 0;
}

static int record_job(struct session *s, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    CLEANUP_BUF struct buf paths = {0};
    struct str rest;
    int rc = 0;

    buf_addstr(&paths, input_value(op, in, "file"));
    if (!paths.len)
        emergency_file_list(a->around->state_folder, &paths);
    if (!paths.len)
        return err_set(e, ERR_NOTFOUND, "you keep no emergency on this host that is not on record");
    for (rest = buf_str(&paths); rc == 0 && rest.len;) {
        struct str one = str_cut(&rest, '\n');
        CLEANUP_FREE char *path = mem_dup(one.p, one.len);

        rc = record_one(s, op, in, path, a, e);
    }
    return rc;
}

const struct operation stop_record = {
    .name = "stop record",
    .practice = "stop",
    .help = "take an emergency that is not on record yet into the case",
    .example = "calm stop record /var/tmp/calm-emergencies-0/2f8d790a1c5b7e64.emergency",
    .more = "Where calm stop emergency could not put on record what it did, it kept that in a "
            "file: who, when, why, the plan to the letter and the state before. Anybody who may "
            "write takes it into a case, on that host or another; then it is reviewed and undone "
            "like any other. The file is removed. It may come from elsewhere: a worker reads it "
            "(doc/format/containment.md, section 10).",
    OP_FIELDS(record_fields),
    .kind = &action_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("system/1", "action/1", "evidence/1", "action-change/1"),
    .job = record_job};
