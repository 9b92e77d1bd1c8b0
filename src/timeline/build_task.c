/* build_task.c: inside a worker: what the program asks for, and knows of the evidence. */
#include "base/mem.h"
#include "timeline/build_job.h"
#include "timeline/told_lines.h"

/* Takes so many bytes off *rest. */
static struct str take_bytes(struct str *rest, size_t size)
{
    struct str out = str_head(*rest, size);

    if (rest->len < size)
        BUG("an argument that is not whole");
    *rest = str_from(*rest, size);
    return out;
}

static int read_zone(struct zone **out, struct str bytes, struct err *e)
{
    return bytes.len ? zone_read(out, bytes, e) : 0;
}

static int read_settings(struct job *j, struct str *rest, struct err *e)
{
    int rc = 0;

    if (j->task.setting_count > BUILD_SETTINGS_MOST)
        BUG("%u settings", j->task.setting_count);
    for (uint32_t i = 0; rc == 0 && i < j->task.setting_count; i++) {
        struct job_setting *s = &j->settings[i];
        struct build_setting_head head;

        memcpy(&head, take_bytes(rest, sizeof(head)).p, sizeof(head));
        s->source = take_bytes(rest, head.source_size);
        rc = read_zone(&s->zone, take_bytes(rest, head.zone_size), e);
        j->setting_count++;
    }
    return rc;
}

/* What is known of the source that is read: nights, years, and zones that it may name. */
static void read_known(struct job *j, struct str *rest)
{
    size_t size = j->task.break_count * sizeof(j->breaks.of[0]);
    struct str index;

    for (uint32_t i = 0; i < j->task.fold_count; i++) {
        struct fold fold;

        memcpy(&fold, take_bytes(rest, sizeof(fold)).p, sizeof(fold));
        folds_add(&j->folds, &fold);
    }
    if (j->task.break_count > YEAR_RUNS_MOST)
        BUG("%u breaks", j->task.break_count);
    memcpy(j->breaks.of, take_bytes(rest, size).p, size);
    j->breaks.count = j->task.break_count;
    j->breaks.strays = j->task.strays;
    j->breaks.hosts = j->task.hosts;
    j->breaks.blocks = j->task.blocks;
    j->breaks.changes = j->task.changes;
    j->breaks.end_s = j->task.end_s;
    j->breaks.past = j->task.past;
    j->breaks.late = j->task.late;
    j->breaks.backs = j->task.backs;
    j->breaks.between = j->task.between;
    j->breaks.delays = j->task.delays;
    j->breaks.maybe_delays = j->task.maybe_delays;
    j->breaks.is_none = j->task.is_none != 0;
    j->breaks.has_many_hosts = j->task.has_many_hosts != 0;
    index = take_bytes(rest, j->task.index_size);
    j->zones = zone_names_new(index, take_bytes(rest, j->task.zones_size));
}

static void read_ends(struct job *j, struct str *rest)
{
    j->ends = mem_array(j->task.end_count, sizeof(j->ends[0]));
    for (uint32_t i = 0; i < j->task.end_count; i++) {
        struct build_end_head head;

        memcpy(&head, take_bytes(rest, sizeof(head)).p, sizeof(head));
        j->ends[i] = (struct rotation_end){take_bytes(rest, head.source_size), head.end_s};
    }
}

int job_begin(struct job *j, struct str argument, struct err *e)
{
    struct str rest = argument;
    int rc;

    j->lines = told_lines_new();
    memcpy(&j->task, take_bytes(&rest, sizeof(j->task)).p, sizeof(j->task));
    rc = read_zone(&j->zone, take_bytes(&rest, j->task.zone_size), e);
    if (rc == 0)
        rc = read_settings(j, &rest, e);
    if (rc == 0)
        j->name = take_bytes(&rest, j->task.name_size);
    if (rc == 0)
        read_known(j, &rest);
    if (rc == 0)
        read_ends(j, &rest);
    if (rc == 0)
        j->host = take_bytes(&rest, j->task.host_size);
    j->names = field_names_new();
    j->writer = block_writer_new(j->names, job_send_block, j);
    return rc;
}

void job_release(struct job *j)
{
    zone_free(j->zone);
    zone_names_free(j->zones);
    for (size_t i = 0; i < j->setting_count; i++)
        zone_free(j->settings[i].zone);
    block_writer_free(j->writer);
    field_names_free(j->names);
    folds_release(&j->folds);
    told_lines_free(j->lines);
    free(j->ends);
}

uint32_t job_format_number(const struct format *f)
{
    for (uint32_t i = 0; f && i < FORMAT_COUNT_; i++)
        if (formats[i] == f)
            return i;
    return WIRE_NO_FORMAT;
}

void job_put_others(uint32_t *numbers, const struct others *others)
{
    for (size_t i = 0; i < OTHERS_MOST; i++)
        numbers[i] = job_format_number(others->of[i]);
}

struct others job_others(const struct job *j)
{
    struct others out = {0};

    for (size_t i = 0; i < OTHERS_MOST && j->task.others[i] < FORMAT_COUNT_; i++)
        out.of[i] = formats[j->task.others[i]];
    return out;
}
