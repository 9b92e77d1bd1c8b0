/* disk_job.c: what the worker that reads a disk does, by its task. */
#include "evidence/disk_job.h"
#include "base/mem.h"
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
    uint64_t first = task->first;
    int code = task->number ? disk_find_partition(image, task->number, &first, e) : 0;

    if (code)
        return code;
    disk_open_fs(image, first, &fs, &w.fs);
    if (!w.fs)
        return no_file_system(&fs, e);
    code = worker_send(image->channel, DISK_WIRE_FS, (struct str){(char *)&fs, sizeof(fs)}, e);
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
    return worker_send(image->channel, DISK_WIRE_COUNT, (struct str){(char *)&count, sizeof(count)},
                       e);
}

int disk_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    CLEANUP(disk_image_freep) struct disk_image *image = NULL;
    CLEANUP(image_closep) struct image *files = NULL;
    const struct image_watcher nobody = {.problem = NULL};
    struct disk_task task;
    int code;

    (void)in;
    if (argument.len < sizeof(task))
        return err_set(e, ERR_NEWER, "calm and calm-disk are of different versions");
    memcpy(&task, argument.p, sizeof(task));
    code = image_of_worker(&files, channel, (enum image_format)task.format, &nobody, e);
    if (!code)
        code = disk_image_new(&image, image_media(files), channel, e);
    return code ? code : run(image, &task, str_from(argument, sizeof(task)), e);
}
