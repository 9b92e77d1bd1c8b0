/* calm_disk.c: the worker for what needs other people's libraries of disks and file systems, which
 * calm is not to load. calm starts it; see doc/privilege.md. */
#include "evidence/disk_wire.h"
#include "evidence/image_wire.h"
#include "timeline/wire.h"

int main(int argc, char **argv)
{
    static const struct worker_named jobs[] = {
        {DISK_JOB, disk_job},
        {IMAGE_SECOND_NAME, image_second_job},
        {TIMELINE_DISK_JOB, timeline_disk_job},
    };

    worker_main_with_jobs(argc, argv, jobs, COUNT_OF(jobs));
    fputs("calm-disk reads disk images for calm, which starts it: see calm preserve.\n", stderr);
    return err_exit_status(ERR_USAGE);
}
