/* disk_job.c: what the worker that reads a disk does, by its task. */
#include "evidence/disk_job.h"
#include "base/mem.h"
#include "evidence/disk_within.h"
#include "evidence/image.h"

static int no_file_system(const struct disk_fs *fs, struct err *e)
{
    if (fs->kind[0])
        return err_set(e, ERR_FORMAT, "there is %s at sector %llu: %s", fs->kind,
                       (unsigned long long)fs->first, fs->advice);
    return err_set(e, ERR_FORMAT, "no file system that is known begins at sector %llu%s%s",
                   (unsigned long long)fs->first, fs->advice[0] ? ": " : "", fs->advice);
}

static int list(struct disk_image *image, const struct disk_task *task, struct str path,
                uint64_t *file_count, struct err *e)
{
    CLEANUP(disk_walk_release)
    struct disk_walk w = {.image = image, .task = *task, .content_left = task->most};
    struct disk_fs fs = {.number = task->number};
    uint64_t first = task->first, count = UINT64_MAX;
    int code = task->number ? disk_find_partition(image, task->number, &first, &count, e) : 0;

    if (code)
        return code;
    disk_open_fs(image, first, count, &fs, &w.fs);
    if (!w.fs)
        return no_file_system(&fs, e);
    code = disk_send(image, DISK_WIRE_FS, (struct str){(char *)&fs, sizeof(fs)}, e);
    if (!code)
        code = disk_walk_run(&w, path, e);
    tsk_fs_close(w.fs);
    *file_count = w.file_count;
    return code;
}

static int run(struct disk_image *image, const struct disk_task *task, struct str path,
               struct err *e)
{
    struct disk_count count = {0};
    int code = task->flags & DISK_TASK_LISTS ? list(image, task, path, &count.files, e)
                                             : disk_tell_all(image, e);

    if (code == 0 && image->failure.code)
        code = err_set(e, image->failure.code, "%s", image->failure.text);
    if (code)
        return code;
    count.damaged = image->damaged;
    return disk_send(image, DISK_WIRE_COUNT, (struct str){(char *)&count, sizeof(count)}, e);
}

struct disk_within {
    struct image *files;
    struct disk_image *image;
    enum image_format format;
};

int disk_within_open(struct disk_within **out, struct worker_channel *channel,
                     enum image_format format, struct err *e)
{
    CLEANUP(disk_within_closep) struct disk_within *d = mem_new(struct disk_within);
    const struct image_watcher nobody = {.problem = NULL};
    int code;

    d->format = format;
    code = image_of_worker(&d->files, channel, format, NULL, &nobody, e);
    if (!code)
        code = disk_image_new(&d->image, image_media(d->files), e);
    if (code)
        return code;
    *out = MOVE(d);
    return 0;
}

void disk_within_close(struct disk_within *d)
{
    if (!d)
        return;
    disk_image_free(d->image);
    image_close(d->files);
    free(d);
}

uint64_t disk_within_read_size(const struct disk_within *d)
{
    return d->image->read_size;
}

static int take_here(void *context, uint32_t kind, struct str message, struct err *e)
{
    return disk_take_message(context, kind, message, e);
}

static int run_within(struct disk_within *d, struct disk_reading *r, const struct disk_task *task,
                      struct str path, struct disk_count *out, struct err *e)
{
    int code;

    d->image->teller = (struct disk_teller){take_here, r};
    d->image->damaged = 0;
    code = run(d->image, task, path, e);
    if (!code)
        *out = r->count;
    return code;
}

int disk_within_survey(struct disk_within *d, const struct disk_receiver *to,
                       struct disk_count *out, struct err *e)
{
    struct disk_reading r = {.to = to};
    const struct disk_task task = {.format = d->format};

    return run_within(d, &r, &task, STR(""), out, e);
}

int disk_within_list(struct disk_within *d, const struct disk_wish *wish,
                     const struct disk_receiver *to, struct disk_count *out, struct err *e)
{
    struct disk_reading r = disk_reading_of(wish, to);
    struct disk_task task = disk_task_of(wish, d->format);

    return run_within(d, &r, &task, wish->path, out, e);
}

static int send_on(void *context, uint32_t kind, struct str message, struct err *e)
{
    return worker_send(context, kind, message, e);
}

int disk_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    CLEANUP(disk_within_closep) struct disk_within *d = NULL;
    CLEANUP_FREE struct disk_gap *gaps = NULL;
    struct disk_task task;
    size_t gaps_size;
    int code;

    (void)in;
    if (argument.len < sizeof(task))
        return err_set(e, ERR_NEWER, "calm and calm-disk are of different versions");
    memcpy(&task, argument.p, sizeof(task));
    argument = str_from(argument, sizeof(task));
    gaps_size = task.gap_count * sizeof(*gaps);
    if (argument.len < gaps_size)
        return err_set(e, ERR_NEWER, "calm and calm-disk are of different versions");
    gaps = mem_array((size_t)task.gap_count + 1, sizeof(*gaps));
    memcpy(gaps, argument.p, gaps_size);
    code = disk_within_open(&d, channel, (enum image_format)task.format, e);
    if (code)
        return code;
    d->image->teller = (struct disk_teller){send_on, channel};
    d->image->gaps = gaps;
    d->image->gap_count = task.gap_count;
    return run(d->image, &task, str_from(argument, gaps_size), e);
}
