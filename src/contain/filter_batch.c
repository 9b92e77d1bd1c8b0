/* filter_batch.c: spells a transaction of nf_tables and hands it to the kernel. */
#include "contain/filter_batch.h"
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include "base/mem.h"
#include "sys/file.h"

/* The kernel counts the size of an attribute in 16 bits; a list of elements is ended before. */
enum { LIST_SIZE = 60000, ALIGN = 4, ANSWER_SIZE = 16384, TIMEOUT_S = 10, FIRST_SEQ = 1 };

static void pad(struct buf *b)
{
    buf_addn(b, '\0', (ALIGN - b->len % ALIGN) % ALIGN);
}

static void begin(struct filter_batch *b, uint16_t type, uint16_t flags, uint8_t family,
                  uint16_t resource)
{
    struct nlmsghdr head = {
        .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = ++b->seq};
    struct nfgenmsg body = {
        .nfgen_family = family, .version = NFNETLINK_V0, .res_id = __builtin_bswap16(resource)};

    b->message = b->bytes.len;
    buf_add(&b->bytes, &head, sizeof(head));
    buf_add(&b->bytes, &body, sizeof(body));
}

void filter_message_begin(struct filter_batch *b, uint16_t type, uint16_t flags)
{
    begin(b, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, (uint8_t)b->family, 0);
}

void filter_message_end(struct filter_batch *b)
{
    uint32_t size = (uint32_t)(b->bytes.len - b->message);

    memcpy(b->bytes.p + b->message + offsetof(struct nlmsghdr, nlmsg_len), &size, sizeof(size));
}

void filter_batch_init(struct filter_batch *b)
{
    *b = (struct filter_batch){0};
    begin(b, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
    filter_message_end(b);
}

void filter_batch_release(struct filter_batch *b)
{
    buf_release(&b->bytes);
}

static size_t attribute_begin(struct filter_batch *b, uint16_t type)
{
    struct nlattr head = {.nla_type = type};
    size_t at = b->bytes.len;

    buf_add(&b->bytes, &head, sizeof(head));
    return at;
}

void filter_nest_end(struct filter_batch *b, size_t at)
{
    size_t size = b->bytes.len - at;
    uint16_t stored = (uint16_t)size;

    if (size > UINT16_MAX)
        BUG("an attribute of %zu bytes", size);
    memcpy(b->bytes.p + at + offsetof(struct nlattr, nla_len), &stored, sizeof(stored));
    pad(&b->bytes);
}

size_t filter_nest_begin(struct filter_batch *b, uint16_t type)
{
    return attribute_begin(b, type | NLA_F_NESTED);
}

void filter_put(struct filter_batch *b, uint16_t type, const void *bytes, size_t size)
{
    size_t at = attribute_begin(b, type);

    buf_add(&b->bytes, bytes, size);
    filter_nest_end(b, at);
}

void filter_put_text(struct filter_batch *b, uint16_t type, const char *text)
{
    filter_put(b, type, text, strlen(text) + 1);
}

void filter_put_u32(struct filter_batch *b, uint16_t type, uint32_t n)
{
    n = __builtin_bswap32(n);
    filter_put(b, type, &n, sizeof(n));
}

void filter_put_u64(struct filter_batch *b, uint16_t type, uint64_t n)
{
    n = __builtin_bswap64(n);
    filter_put(b, type, &n, sizeof(n));
}

void filter_table(struct filter_batch *b, uint16_t family, const char *table)
{
    b->family = family;
    b->table = table;
}

void filter_table_add(struct filter_batch *b)
{
    filter_message_begin(b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
    filter_put_text(b, NFTA_TABLE_NAME, b->table);
    filter_put_u32(b, NFTA_TABLE_FLAGS, 0);
    filter_message_end(b);
}

void filter_table_remove(struct filter_batch *b)
{
    filter_message_begin(b, NFT_MSG_DELTABLE, 0);
    filter_put_text(b, NFTA_TABLE_NAME, b->table);
    filter_message_end(b);
}

static void put_hook(struct filter_batch *b, int hook, int priority, const char *device)
{
    size_t at = filter_nest_begin(b, NFTA_CHAIN_HOOK);

    filter_put_u32(b, NFTA_HOOK_HOOKNUM, (uint32_t)hook);
    filter_put_u32(b, NFTA_HOOK_PRIORITY, (uint32_t)priority);
    if (device)
        filter_put_text(b, NFTA_HOOK_DEV, device);
    filter_nest_end(b, at);
    filter_put_u32(b, NFTA_CHAIN_POLICY, NF_ACCEPT);
    filter_put_text(b, NFTA_CHAIN_TYPE, "filter");
}

void filter_chain_add(struct filter_batch *b, const char *name, int hook, int priority,
                      const char *device)
{
    filter_message_begin(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL);
    filter_put_text(b, NFTA_CHAIN_TABLE, b->table);
    filter_put_text(b, NFTA_CHAIN_NAME, name);
    if (hook >= 0)
        put_hook(b, hook, priority, device);
    filter_message_end(b);
}

/* The numbers of nft(8)'s types, which only it reads. */
static const struct {
    uint32_t size;
    uint32_t type;
} keys[] = {[FILTER_KEY_IPV4] = {4, 7}, [FILTER_KEY_IPV6] = {16, 8}, [FILTER_KEY_FAMILY] = {1, 2}};

void filter_set_add(struct filter_batch *b, const char *name, uint32_t id, enum filter_key key,
                    uint32_t flags, uint32_t count)
{
    filter_message_begin(b, NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_EXCL);
    filter_put_text(b, NFTA_SET_TABLE, b->table);
    filter_put_text(b, NFTA_SET_NAME, name);
    filter_put_u32(b, NFTA_SET_ID, id);
    filter_put_u32(b, NFTA_SET_FLAGS, flags);
    filter_put_u32(b, NFTA_SET_KEY_TYPE, keys[key].type);
    filter_put_u32(b, NFTA_SET_KEY_LEN, keys[key].size);
    if (count) {
        size_t at = filter_nest_begin(b, NFTA_SET_DESC);

        filter_put_u32(b, NFTA_SET_DESC_SIZE, count);
        filter_nest_end(b, at);
    }
    filter_message_end(b);
}

void filter_elements_begin(struct filter_elements *l, struct filter_batch *b, const char *set,
                           uint32_t id)
{
    *l = (struct filter_elements){.batch = b, .set = set, .id = id};
}

static void open_list(struct filter_elements *l)
{
    filter_message_begin(l->batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE | NLM_F_EXCL);
    filter_put_text(l->batch, NFTA_SET_ELEM_LIST_TABLE, l->batch->table);
    filter_put_text(l->batch, NFTA_SET_ELEM_LIST_SET, l->set);
    filter_put_u32(l->batch, NFTA_SET_ELEM_LIST_SET_ID, l->id);
    l->list = filter_nest_begin(l->batch, NFTA_SET_ELEM_LIST_ELEMENTS);
}

void filter_elements_end(struct filter_elements *l)
{
    if (!l->list)
        return;
    filter_nest_end(l->batch, l->list);
    filter_message_end(l->batch);
    l->list = 0;
}

void filter_element_add(struct filter_elements *l, struct str key, uint64_t timeout_ms, bool is_end)
{
    struct filter_batch *b = l->batch;
    size_t element, at;

    if (l->list && b->bytes.len - l->list > LIST_SIZE)
        filter_elements_end(l);
    if (!l->list)
        open_list(l);
    element = filter_nest_begin(b, NFTA_LIST_ELEM);
    if (is_end)
        filter_put_u32(b, NFTA_SET_ELEM_FLAGS, NFT_SET_ELEM_INTERVAL_END);
    if (timeout_ms)
        filter_put_u64(b, NFTA_SET_ELEM_TIMEOUT, timeout_ms);
    at = filter_nest_begin(b, NFTA_SET_ELEM_KEY);
    filter_put(b, NFTA_DATA_VALUE, key.p, key.len);
    filter_nest_end(b, at);
    filter_nest_end(b, element);
}

static int said_no(int code, const char *what, struct err *e)
{
    if (code == EPERM || code == EACCES)
        return err_set(
            e, ERR_DENIED,
            "%s: the kernel does not let this process change the packet filter (it takes "
            "root, or CAP_NET_ADMIN)",
            what);
    if (code == EPROTONOSUPPORT || code == EOPNOTSUPP || code == EAFNOSUPPORT)
        return err_set(e, ERR_NOTFOUND,
                       "%s: this kernel has no nf_tables, or not all that is needed", what);
    errno = code;
    return err_errno(e, "%s: the kernel refused the packet filter's change; nothing was changed",
                     what);
}

int filter_batch_answer(struct str bytes, uint32_t last, uint64_t *refused)
{
    struct nlmsghdr head;
    int error;

    while (bytes.len >= sizeof(head) + sizeof(error)) {
        memcpy(&head, bytes.p, sizeof(head));
        memcpy(&error, bytes.p + sizeof(head), sizeof(error));
        if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > bytes.len)
            break;
        bytes = str_from(bytes, (head.nlmsg_len + 3u) & ~3u);
        if (head.nlmsg_type != NLMSG_ERROR)
            continue;
        if (error && (!refused || head.nlmsg_seq <= FIRST_SEQ || head.nlmsg_seq >= 64))
            return error > 0 || error == INT32_MIN ? EPROTO : -error;
        if (error)
            *refused |= UINT64_C(1) << head.nlmsg_seq;
        if (head.nlmsg_seq == last)
            return 0;
    }
    return -1;
}

/* The last message asks for an answer. What goes wrong is told before that, for each message that
 * it is about; or for the whole, with the number of its beginning. */
static int read_answer(int fd, uint32_t last, uint64_t *refused)
{
    CLEANUP_FREE char *bytes = mem_alloc(ANSWER_SIZE);

    for (;;) {
        ssize_t n = recv(fd, bytes, ANSWER_SIZE, 0);
        int code;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? ETIMEDOUT : errno;
        code = filter_batch_answer((struct str){bytes, (size_t)n}, last, refused);
        if (code >= 0)
            return code;
    }
}

static int open_netlink(size_t size)
{
    struct timeval timeout = {.tv_sec = TIMEOUT_S};
    int room = size > INT32_MAX / 2 ? INT32_MAX / 2 : (int)size;
    int on = 1;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on,
               sizeof(on)); /* answers without the question */
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) < 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    return fd;
}

/* The kernel takes a transaction as one datagram. */
static int send_all(int fd, struct str bytes)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t n;

    do
        n = sendto(fd, bytes.p, bytes.len, 0, (struct sockaddr *)&kernel, sizeof(kernel));
    while (n < 0 && errno == EINTR);
    return n < 0 ? errno : 0;
}

static int send_batch(struct filter_batch *b, uint64_t *refused, const char *what, struct err *e)
{
    CLEANUP_FD int fd = -1;
    uint32_t last = b->seq;
    uint16_t flags;
    int code;

    memcpy(&flags, b->bytes.p + b->message + offsetof(struct nlmsghdr, nlmsg_flags), sizeof(flags));
    flags |= NLM_F_ACK;
    memcpy(b->bytes.p + b->message + offsetof(struct nlmsghdr, nlmsg_flags), &flags, sizeof(flags));
    begin(b, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
    filter_message_end(b);
    fd = open_netlink(b->bytes.len * 2 + ANSWER_SIZE);
    if (fd < 0)
        return said_no(errno, what, e);
    code = send_all(fd, buf_str(&b->bytes));
    if (code == 0)
        code = read_answer(fd, last, refused);
    return code ? said_no(code, what, e) : 0;
}

int filter_batch_send(struct filter_batch *b, const char *what, struct err *e)
{
    return send_batch(b, NULL, what, e);
}

/* The last message cannot be done, and so none of them is. */
int filter_batch_try(struct filter_batch *b, uint64_t *refused, const char *what, struct err *e)
{
    *refused = 0;
    filter_table(b, NFPROTO_INET, "calm-never-there");
    filter_table_remove(b);
    return send_batch(b, refused, what, e);
}
