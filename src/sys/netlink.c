/* netlink.c: dumps of what the kernel tells by netlink, read with bounds. */
#include "sys/netlink.h"
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "base/mem.h"
#include "sys/file.h"

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

struct str netlink_find(struct str body, uint16_t type)
{
    struct netlink_attribute a;

    while (netlink_attribute(&body, &a))
        if (a.type == type)
            return a.value;
    return STR("");
}

struct str netlink_text(struct str value)
{
    return value.len && value.p[value.len - 1] == '\0' ? str_head(value, value.len - 1) : value;
}

uint32_t netlink_u32(struct str value)
{
    uint32_t n = 0;

    if (value.len == sizeof(n))
        memcpy(&n, value.p, sizeof(n));
    return n;
}

uint64_t netlink_be(struct str value)
{
    uint64_t n = 0;

    if (value.len != 1 && value.len != 2 && value.len != 4 && value.len != 8)
        return 0;
    for (size_t i = 0; i < value.len; i++)
        n = n << 8 | (uint8_t)value.p[i];
    return n;
}

static int ask(int fd, uint16_t type, uint16_t flags, struct str body)
{
    enum { REQUEST_SIZE = 8192 };
    uint8_t bytes[REQUEST_SIZE] = {0};
    struct nlmsghdr head = {.nlmsg_len = (uint32_t)(sizeof(head) + body.len),
                            .nlmsg_type = type,
                            .nlmsg_flags = NLM_F_REQUEST | flags,
                            .nlmsg_seq = 1};
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t n;

    if (body.len > sizeof(bytes) - sizeof(head))
        return -EMSGSIZE;
    memcpy(bytes, &head, sizeof(head));
    memcpy(bytes + sizeof(head), body.p, body.len);
    n = sendto(fd, bytes, head.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel));
    return n < 0 ? -errno : 0;
}

int netlink_see_answer(struct str answer, netlink_see *see, void *context, bool *changed)
{
    struct nlmsghdr head;
    struct netlink_message m;
    int error = 0;

    while (take_message(&answer, &head, &m.body)) {
        m.type = head.nlmsg_type;
        *changed |= (head.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
        if (m.type == NLMSG_DONE || m.type == NLMSG_ERROR) {
            if (m.body.len >= sizeof(error))
                memcpy(&error, m.body.p, sizeof(error));
            return error < 0 ? error : 1;
        }
        if (m.type == NLMSG_NOOP)
            continue;
        error = see(context, &m);
        if (error)
            return error;
    }
    return 0;
}

static int receive(int fd, netlink_see *see, void *context)
{
    CLEANUP_FREE char *bytes = mem_alloc(ANSWER_SIZE);
    bool changed = false;

    for (;;) {
        struct sockaddr_nl from = {0};
        socklen_t from_size = sizeof(from);
        ssize_t n =
            recvfrom(fd, bytes, ANSWER_SIZE, MSG_TRUNC, (struct sockaddr *)&from, &from_size);
        int state;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? -ETIMEDOUT : -errno;
        if (n > ANSWER_SIZE)
            return -EFBIG;
        if (from.nl_pid != 0) /* only the kernel may answer */
            continue;
        state = netlink_see_answer((struct str){bytes, (size_t)n}, see, context, &changed);
        if (state != 0)
            return state < 0 ? state : changed ? -EINTR : 0;
    }
}

static int converse(int protocol, uint16_t type, uint16_t flags, struct str body, netlink_see *see,
                    void *context)
{
    struct timeval timeout = {.tv_sec = TIMEOUT_S};
    CLEANUP_FD int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    int code;

    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0)
        return -errno;
    code = ask(fd, type, flags, body);
    return code ? code : receive(fd, see, context);
}

int netlink_ask(int protocol, uint16_t type, struct str body, netlink_see *see, void *context)
{
    return converse(protocol, type, NLM_F_DUMP, body, see, context);
}

int netlink_get(int protocol, uint16_t type, struct str body, netlink_see *see, void *context)
{
    return converse(protocol, type, NLM_F_ACK, body, see, context);
}

static int see_nothing(void *context, const struct netlink_message *m)
{
    (void)context;
    (void)m;
    return 0;
}

int netlink_change(int protocol, uint16_t type, uint16_t flags, struct str body)
{
    return converse(protocol, type, NLM_F_ACK | flags, body, see_nothing, NULL);
}

/* Keeps a message as it came, header too. */
static int keep_message(void *context, const struct netlink_message *m)
{
    struct buf *out = context;
    size_t size = sizeof(struct nlmsghdr) + m->body.len;

    if (out->len > ANSWERS_SIZE)
        return -EFBIG;
    buf_add(out, m->body.p - sizeof(struct nlmsghdr), size);
    buf_addn(out, '\0', aligned(size) - size);
    return 0;
}

int netlink_dump(uint16_t request, struct buf *out)
{
    struct rtgenmsg body = {.rtgen_family = AF_UNSPEC};
    size_t start = out->len;
    int code = -EINTR;

    for (int i = 0; i < TRY_COUNT && code == -EINTR; i++) {
        out->len = start;
        code = netlink_ask(NETLINK_ROUTE, request, (struct str){(char *)&body, sizeof(body)},
                           keep_message, out);
    }
    return code;
}
