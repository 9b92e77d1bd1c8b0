/* link_stack.c: asks the kernel which interfaces lie upon which. */
#include "contain/link_stack.h"
#include <errno.h>
#include <linux/rtnetlink.h>

bool link_stack_has(const struct link_stack *s, uint32_t index)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->indexes[i] == index)
            return true;
    return false;
}

static void push(struct link_stack *s, uint32_t index)
{
    if (index && !link_stack_has(s, index) && s->count < LINK_STACK_COUNT)
        s->indexes[s->count++] = index;
}

int link_stack_see(void *context, const struct netlink_message *m)
{
    uint32_t master = 0, below = 0;
    struct link_stack *s = context;
    struct str body = m->body;
    struct netlink_attribute a;
    struct ifinfomsg head;
    bool is_elsewhere = false;

    if (m->type != RTM_NEWLINK || !netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    while (netlink_attribute(&body, &a)) {
        if (a.type == IFLA_MASTER)
            master = netlink_u32(a.value);
        else if (a.type == IFLA_LINK)
            below = netlink_u32(a.value);
        is_elsewhere |= a.type == IFLA_LINK_NETNSID;
    }
    if (link_stack_has(s, (uint32_t)head.ifi_index))
        push(s, master);
    if (below && !is_elsewhere && link_stack_has(s, below))
        push(s, (uint32_t)head.ifi_index);
    return 0;
}

int link_stack_read(uint32_t index, struct link_stack *s, struct err *e)
{
    struct ifinfomsg question = {0};
    size_t before = 0;
    int code = 0;

    push(s, index);
    while (s->count > before && (code == 0 || code == -EINTR)) {
        before = s->count;
        code = netlink_ask(NETLINK_ROUTE, RTM_GETLINK,
                           (struct str){(char *)&question, sizeof(question)}, link_stack_see, s);
    }
    if (code == 0 || code == -EINTR)
        return 0;
    errno = -code;
    return err_errno(e, "cannot ask the kernel for this host's interfaces");
}
