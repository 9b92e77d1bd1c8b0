/* package_job.c: opens a package inside a worker. */
#include <errno.h>
#include <unistd.h>
#include "base/mem.h"
#include "evidence/package_walk.h"
#include "evidence/package_wire.h"

static int read_input(void *context, void *bytes, size_t size, size_t *got, struct err *e)
{
    const int *fd = context;
    ssize_t n;

    do
        n = read(*fd, bytes, size);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_errno(e, "cannot read");
    *got = (size_t)n;
    return 0;
}

static int send_begin(void *context, struct str name, const struct hash *sum, struct err *e)
{
    CLEANUP_BUF struct buf message = {0};

    buf_addc(&message, sum != NULL);
    buf_add(&message, sum ? sum->b : hash_zero.b, sizeof(hash_zero.b));
    buf_addstr(&message, name);
    return worker_send(context, WIRE_PACKAGE_BEGIN, buf_str(&message), e);
}

static int send_data(void *context, struct str bytes, struct err *e)
{
    return worker_send(context, WIRE_PACKAGE_DATA, bytes, e);
}

static int send_end(void *context, struct err *e)
{
    return worker_send(context, WIRE_PACKAGE_END, STR(""), e);
}

static int send_head(const struct bundle_source *s, struct worker_channel *channel, struct err *e)
{
    CLEANUP_FREE struct age_head *head = mem_new(struct age_head);
    CLEANUP_BUF struct buf bytes = {0};
    int code = package_walk_head(s, &bytes, head, e);

    return code ? code
                : worker_send(channel, WIRE_PACKAGE_HEAD,
                              (struct str){(const char *)head, sizeof(*head)}, e);
}

int package_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    const struct package_receiver to = {send_begin, send_data, send_end, channel};
    const struct bundle_source source = {read_input, &in};
    struct package_summary sum = {0};
    struct package_task task;
    int code;

    if (argument.len != sizeof(task))
        BUG("an argument of %zu bytes", argument.len);
    memcpy(&task, argument.p, sizeof(task));
    if (task.wants_head)
        return send_head(&source, channel, e);
    code = package_walk(&source, task.file_key, &to, &sum, e);
    mem_wipe(&task, sizeof(task));
    return code ? code
                : worker_send(channel, WIRE_PACKAGE, (struct str){(char *)&sum, sizeof(sum)}, e);
}
