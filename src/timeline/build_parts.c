/* build_parts.c: parts of one source, given to workers one after another: a new process for each
 * would take as long as some MiB of it. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include "sys/file.h"
#include "timeline/build_lanes.h"

int build_parts_begin(struct lane *l, int *hear, struct err *e)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return err_errno(e, "cannot make a way to a worker");
    build_parts_close(l);
    l->tell = ends[0];
    *hear = ends[1];
    return 0;
}

void build_parts_close(struct lane *l)
{
    if (l->tell >= 0)
        fd_close(l->tell);
    l->tell = -1;
}

static bool is_gone(int why)
{
    return why == EPIPE || why == ECONNRESET;
}

/* Why a worker is gone is told when its end is taken. */
static int give(struct lane *l, uint32_t part, struct err *e)
{
    struct building *b = l->building;
    const struct build_task task =
        build_task_of(b, b->is_counting ? BUILD_COUNT : BUILD_PART, part, part + 1);
    ssize_t n = send(l->tell, &task, sizeof(task), MSG_NOSIGNAL);

    if (n < 0 && !is_gone(errno))
        return err_errno(e, "cannot tell a worker what to read");
    l->parts[l->part_count++] = part;
    return 0;
}

/* The next part, to a worker that has none to read. */
static int give_next(struct lane *l, struct err *e)
{
    struct building *b = l->building;

    if (l->tell < 0 || l->ended < l->part_count || l->part_count == LANE_PARTS)
        return 0;
    if (b->begun < b->looked.part_count)
        return give(l, b->begun++, e);
    build_parts_close(l);
    return 0;
}

int build_parts_ended(struct lane *l, struct err *e)
{
    l->ended++;
    l->building->read += l->read;
    l->read = 0;
    return give_next(l, e);
}

int build_parts_put(struct lane *l, struct err *e)
{
    l->ended--;
    l->part_count--;
    memmove(l->parts, l->parts + 1, l->part_count * sizeof(l->parts[0]));
    l->building->turn++;
    return give_next(l, e);
}

int build_parts_over(struct lane *l, struct err *e)
{
    return l->tell >= 0 || l->ended < l->part_count ? build_unsound(e) : 0;
}
