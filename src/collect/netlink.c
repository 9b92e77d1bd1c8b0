/* netlink.c: dumps of the kernel's routing tables, read with bounds. */
#include "collect/netlink.h"
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "collect/host.h"

enum { ANSWER_SIZE = 128 * 1024, ANSWERS_SIZE = 16 << 20, TRY_COUNT = 3, TIMEOUT_S = 2 };

static size_t aligned(size_t size)
{
    return (size + NLMSG_ALIGNTO - 1) & ~(size_t)(NLMSG_ALIGNTO - 1);
}

static bool take_message(struct str *rest, struct nlmsghdr *head, struct str *body)
{
    if (rest->len < sizeof(*head))
        return false;
    memcpy(head, rest->p, sizeof(*head));
    if (head->nlmsg_len < sizeof(*head) || head->nlmsg_len > rest->len)
        return false;
    *body = (struct str){rest->p + sizeof(*head), head->nlmsg_len - sizeof(*head)};
    *rest = str_from(*rest, aligned(head->nlmsg_len));
    return true;
}

bool netlink_next(struct str *rest, struct netlink_message *out)
{
    struct nlmsghdr head;

    if (!take_message(rest, &head, &out->body))
        return false;
    out->type = head.nlmsg_type;
    return true;
}

bool netlink_fixed(struct str *body, void *out, size_t size)
{
    if (body->len < size)
        return false;
    memcpy(out, body->p, size);
    *body = str_from(*body, aligned(size));
    return true;
}

bool netlink_attribute(struct str *rest, struct netlink_attribute *out)
{
    struct rtattr head;

    if (rest->len < sizeof(head))
        return false;
    memcpy(&head, rest->p, sizeof(head));
    if (head.rta_len < sizeof(head) || head.rta_len > rest->len)
        return false;
    out->type = head.rta_type & (uint16_t)NLA_TYPE_MASK;
    out->value = (struct str){rest->p + sizeof(head), head.rta_len - sizeof(head)};
    *rest = str_from(*rest, aligned(head.rta_len));
    return true;
}

uint32_t netlink_u32(struct str value)
{
    uint32_t n = 0;

    if (value.len == sizeof(n))
        memcpy(&n, value.p, sizeof(n));
    return n;
}

static int ask(int fd, uint16_t request)
{
    struct {
        struct nlmsghdr head;
        struct rtgenmsg body;
    } message = {.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtgenmsg)),
                          .nlmsg_type = request,
                          .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                          .nlmsg_seq = 1},
                 .body = {.rtgen_family = AF_UNSPEC}};
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t n =
        sendto(fd, &message, message.head.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel));

    return n < 0 ? -errno : 0;
}

/* 1: the dump is done; 0: more is to come. */
static int check_answer(struct str answer)
{
    struct nlmsghdr head;
    struct str body;
    int error = 0;

    while (take_message(&answer, &head, &body)) {
        if (head.nlmsg_flags & NLM_F_DUMP_INTR)
            return -EINTR;
        if (head.nlmsg_type == NLMSG_DONE)
            return 1;
        if (head.nlmsg_type == NLMSG_ERROR && body.len >= sizeof(error)) {
            memcpy(&error, body.p, sizeof(error));
            return error < 0 ? error : 1;
        }
    }
    return 0;
}

static int receive(int fd, struct buf *out)
{
    size_t start = out->len;

    for (;;) {
        struct sockaddr_nl from = {0};
        socklen_t from_size = sizeof(from);
        ssize_t n = recvfrom(fd, buf_room(out, ANSWER_SIZE), ANSWER_SIZE, MSG_TRUNC,
                             (struct sockaddr *)&from, &from_size);
        int state;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? -ETIMEDOUT : -errno;
        if (n > ANSWER_SIZE)
            return -EFBIG;
        if (from.nl_pid != 0) /* only the kernel may answer */
            continue;
        state = check_answer((struct str){out->p + out->len, (size_t)n});
        out->len += aligned((size_t)n);
        if (state != 0)
            return state < 0 ? state : 0;
        if (out->len - start > ANSWERS_SIZE)
            return -EFBIG;
    }
}

int netlink_dump(uint16_t request, struct buf *out)
{
    struct timeval timeout = {.tv_sec = TIMEOUT_S};
    size_t start = out->len;
    int code = -EINTR;

    for (int i = 0; i < TRY_COUNT && code == -EINTR; i++) {
        CLEANUP_HOST_FD int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

        if (fd < 0)
            return -errno;
        if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0)
            return -errno;
        out->len = start;
        code = ask(fd, request);
        if (code == 0)
            code = receive(fd, out);
    }
    return code;
}
