/* test_collect_live_netlink.c: what is told of the kernel's answers by netlink, whole, cut and
 * damaged. The bytes are laid by hand after linux/netlink.h, inet_diag.h and nf_tables.h. */
#include "test_collect_step.h"
#include <linux/inet_diag.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/vm_sockets_diag.h>
#include <linux/xdp_diag.h>
#include <sys/socket.h>
#include "collect/live_iptables.h"
#include "collect/live_nft.h"
#include "collect/live_socket.h"

/* What the steps below read; a step has no other argument. */
static struct buf answer;
static int answered;
static bool answer_changed;

static void begin_message(uint16_t type, uint16_t flags)
{
    struct nlmsghdr head = {.nlmsg_type = type, .nlmsg_flags = flags};

    buf_add(&answer, &head, sizeof(head));
}

static void end_message(size_t start)
{
    uint32_t size = (uint32_t)(answer.len - start);

    memcpy(answer.p + start, &size, sizeof(size));
    buf_addn(&answer, '\0', -answer.len % 4);
}

static void add_attribute(struct buf *out, uint16_t type, const void *bytes, size_t size)
{
    struct nlattr head = {.nla_len = (uint16_t)(sizeof(head) + size), .nla_type = type};

    buf_add(out, &head, sizeof(head));
    buf_add(out, bytes, size);
    buf_addn(out, '\0', -size % 4);
}

static void add_number(struct buf *out, uint16_t type, uint32_t n)
{
    const uint8_t bytes[] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};

    add_attribute(out, type, bytes, sizeof(bytes));
}

static void read_sockets(struct collection *c)
{
    struct live_sockets s = {.c = c, .lines = live_open(c, "live/socket"), .netns = 5};
    struct live_diag d = {.s = &s, .protocol = "TCP"};

    answered = netlink_see_answer(buf_str(&answer), live_diag_inet, &d, &answer_changed);
    live_close(c, s.lines);
}

static netlink_see *seeing; /* of the sockets that the next step reads */

static void read_other_sockets(struct collection *c)
{
    struct live_sockets s = {.c = c, .lines = live_open(c, "live/socket"), .netns = 5};
    struct live_diag d = {.s = &s, .protocol = ""};

    answered = netlink_see_answer(buf_str(&answer), seeing, &d, &answer_changed);
    live_close(c, s.lines);
}

static void read_filter(struct collection *c)
{
    struct nft_lines l = {.c = c, .arena = c->arena, .lines = live_open(c, "live/firewall")};

    answered = netlink_see_answer(buf_str(&answer), live_nft_see, &l, &answer_changed);
    live_close(c, l.lines);
    free(l.sets);
}

static struct str lines_of(struct tree *t, struct taken *taken, collection_step *step,
                           const char *member)
{
    struct collection_options options = {.profile = PROFILE_TRIAGE, .root = t->root};
    collection_step *const steps[] = {step, NULL};
    struct tar_member m;

    answer_changed = false;
    take_steps(taken, &options, steps);
    assert_false(str_has_utf8_error(buf_str(&taken->archive)));
    return taken_find(taken, member, &m) ? m.content : (struct str){"", 0};
}

static size_t count_lines(struct str lines)
{
    size_t count = 0;

    for (size_t i = 0; i < lines.len; i++)
        count += lines.p[i] == '\n';
    return count;
}

static void expect(struct str lines, const char *text)
{
    if (!lines.len || !memmem(lines.p, lines.len, text, strlen(text)))
        fail_msg("no %s in:\n%.*s", text, (int)lines.len, lines.p);
}

/* A listener on 0.0.0.0:4444, port 0x115c, then the end of the dump. */
static void lay_socket(void)
{
    struct inet_diag_msg m = {.idiag_family = AF_INET,
                              .idiag_state = 10,
                              .idiag_wqueue = 128,
                              .idiag_uid = 33,
                              .idiag_inode = 1111};
    const uint8_t port[] = {0x11, 0x5c};
    const uint8_t six_only = 1;
    int done = 0;

    buf_release(&answer);
    memcpy(&m.id.idiag_sport, port, sizeof(port));
    begin_message(20, NLM_F_MULTI);
    buf_add(&answer, &m, sizeof(m));
    add_attribute(&answer, INET_DIAG_SKV6ONLY, &six_only, sizeof(six_only));
    end_message(0);
    begin_message(NLMSG_DONE, NLM_F_MULTI);
    buf_add(&answer, &done, sizeof(done));
    end_message(answer.len - sizeof(struct nlmsghdr) - sizeof(done));
}

static void a_socket_is_told_as_the_kernel_answers(void **state)
{
    CLEANUP_TAKEN struct taken taken;
    struct str lines;

    lay_socket();
    lines = lines_of(*state, &taken, read_sockets, "live/socket-000.jsonl");
    assert_int_equal(answered, 1);
    assert_false(answer_changed);
    assert_int_equal(count_lines(lines), 1);
    expect(lines,
           "{\"from\":\"sock_diag\",\"netns\":5,\"protocol\":\"TCP\",\"family\":\"IPv4\","
           "\"local\":\"0.0.0.0\",\"local_port\":4444,\"remote\":\"0.0.0.0\",\"remote_port\":0,"
           "\"state\":\"listen\",\"receive_queue\":0,\"send_queue\":128,\"uid\":33,"
           "\"only_v6\":true,\"inode\":1111,\"pids\":[],\"programs\":[]}");
}

static void an_answer_that_changed_or_failed_says_so(void **state)
{
    CLEANUP_TAKEN struct taken changed;
    CLEANUP_TAKEN struct taken failed;
    int error = -EPERM;

    lay_socket();
    ((struct nlmsghdr *)(void *)answer.p)->nlmsg_flags |= NLM_F_DUMP_INTR;
    (void)lines_of(*state, &changed, read_sockets, "live/socket-000.jsonl");
    assert_true(answer_changed);
    buf_release(&answer);
    begin_message(NLMSG_ERROR, 0);
    buf_add(&answer, &error, sizeof(error));
    end_message(0);
    assert_int_equal(lines_of(*state, &failed, read_sockets, "live/socket-000.jsonl").len, 0);
    assert_int_equal(answered, -EPERM);
}

/* A guest's listener on port 1024 of any address (VMADDR_CID_ANY), as vm_sockets(7) has it. */
static void lay_vsock(void)
{
    struct vsock_diag_msg m = {.vdiag_family = AF_VSOCK,
                               .vdiag_type = SOCK_STREAM,
                               .vdiag_state = 10,
                               .vdiag_src_cid = UINT32_MAX,
                               .vdiag_src_port = 1024,
                               .vdiag_ino = 77};

    buf_release(&answer);
    begin_message(20, NLM_F_MULTI);
    buf_add(&answer, &m, sizeof(m));
    end_message(0);
}

static void lay_xdp(void)
{
    struct xdp_diag_msg m = {.xdiag_family = AF_XDP, .xdiag_type = SOCK_RAW, .xdiag_ino = 78};
    struct xdp_diag_info info = {.ifindex = 3, .queue_id = 1};
    uint32_t uid = 33;

    buf_release(&answer);
    begin_message(20, NLM_F_MULTI);
    buf_add(&answer, &m, sizeof(m));
    add_attribute(&answer, XDP_DIAG_INFO, &info, sizeof(info));
    add_attribute(&answer, XDP_DIAG_UID, &uid, sizeof(uid));
    end_message(0);
}

static void sockets_of_virtual_machines_and_of_xdp_are_told(void **state)
{
    static const struct {
        void (*lay)(void);
        netlink_see *see;
        const char *line;
    } cases[] = {
        {lay_vsock, live_diag_vsock,
         "{\"from\":\"sock_diag\",\"netns\":5,\"protocol\":\"VSOCK\",\"type\":\"stream\","
         "\"state\":\"listen\",\"local_cid\":4294967295,\"local_port\":1024,\"remote_cid\":0,"
         "\"remote_port\":0,\"inode\":77,\"pids\":[],\"programs\":[]}"},
        {lay_xdp, live_diag_xdp,
         "{\"from\":\"sock_diag\",\"netns\":5,\"protocol\":\"XDP\",\"type\":\"raw\","
         "\"interface_index\":3,\"queue\":1,\"uid\":33,\"inode\":78,\"pids\":[],\"programs\":[]}"}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_TAKEN struct taken taken;

        cases[i].lay();
        seeing = cases[i].see;
        expect(lines_of(*state, &taken, read_other_sockets, "live/socket-000.jsonl"),
               cases[i].line);
    }
}

static void add_expression(struct buf *list, const char *name, const struct buf *data)
{
    CLEANUP_BUF struct buf one = {0};

    add_attribute(&one, NFTA_EXPR_NAME, name, strlen(name) + 1);
    add_attribute(&one, NFTA_EXPR_DATA | NLA_F_NESTED, data->p, data->len);
    add_attribute(list, NFTA_LIST_ELEM | NLA_F_NESTED, one.p, one.len);
}

/* tcp dport 22 jump "own": meta l4proto, cmp 6, payload 2 bytes at 2 of transport, cmp 22, verdict.
 */
static void lay_expressions(struct buf *list)
{
    static const uint8_t tcp[] = {6};
    static const uint8_t port[] = {0, 22};
    static const uint8_t *const values[] = {tcp, port};
    static const size_t sizes[] = {sizeof(tcp), sizeof(port)};
    CLEANUP_BUF struct buf verdict = {0};
    CLEANUP_BUF struct buf nested = {0};
    CLEANUP_BUF struct buf last = {0};

    for (size_t i = 0; i < COUNT_OF(values); i++) {
        CLEANUP_BUF struct buf load = {0};
        CLEANUP_BUF struct buf value = {0};
        CLEANUP_BUF struct buf cmp = {0};

        add_number(&load, i ? NFTA_PAYLOAD_DREG : NFTA_META_DREG, 1);
        add_number(&load, i ? NFTA_PAYLOAD_BASE : NFTA_META_KEY,
                   i ? NFT_PAYLOAD_TRANSPORT_HEADER : NFT_META_L4PROTO);
        if (i) {
            add_number(&load, NFTA_PAYLOAD_OFFSET, 2);
            add_number(&load, NFTA_PAYLOAD_LEN, 2);
        }
        add_expression(list, i ? "payload" : "meta", &load);
        add_attribute(&value, NFTA_DATA_VALUE, values[i], sizes[i]);
        add_number(&cmp, NFTA_CMP_SREG, 1);
        add_number(&cmp, NFTA_CMP_OP, NFT_CMP_EQ);
        add_attribute(&cmp, NFTA_CMP_DATA | NLA_F_NESTED, value.p, value.len);
        add_expression(list, "cmp", &cmp);
    }
    add_number(&verdict, NFTA_VERDICT_CODE, (uint32_t)NFT_JUMP);
    add_attribute(&verdict, NFTA_VERDICT_CHAIN, "own", 4);
    add_attribute(&nested, NFTA_DATA_VERDICT | NLA_F_NESTED, verdict.p, verdict.len);
    add_number(&last, NFTA_IMMEDIATE_DREG, 0);
    add_attribute(&last, NFTA_IMMEDIATE_DATA | NLA_F_NESTED, nested.p, nested.len);
    add_expression(list, "immediate", &last);
}

static void lay_rule(void)
{
    struct nfgenmsg head = {.nfgen_family = 2}; /* NFPROTO_IPV4 */
    static const uint8_t handle[8] = {0, 0, 0, 0, 0, 0, 1, 2};
    CLEANUP_BUF struct buf list = {0};

    buf_release(&answer);
    begin_message(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE, NLM_F_MULTI);
    buf_add(&answer, &head, sizeof(head));
    add_attribute(&answer, NFTA_RULE_TABLE, "t", 2);
    add_attribute(&answer, NFTA_RULE_CHAIN, "c", 2);
    add_attribute(&answer, NFTA_RULE_HANDLE, handle, sizeof(handle));
    lay_expressions(&list);
    add_attribute(&answer, NFTA_RULE_EXPRESSIONS | NLA_F_NESTED, list.p, list.len);
    end_message(0);
}

static void a_rule_is_told_with_its_expressions(void **state)
{
    CLEANUP_TAKEN struct taken taken;
    struct str lines;

    lay_rule();
    lines = lines_of(*state, &taken, read_filter, "live/firewall-000.jsonl");
    assert_int_equal(answered, 0);
    expect(lines, "{\"from\":\"nf_tables\",\"kind\":\"rule\",\"family\":\"ip\",\"table\":\"t\","
                  "\"chain\":\"c\",\"handle\":258,\"expressions\":[\"meta dreg=1 key=l4proto\","
                  "\"cmp sreg=1 op=eq data=06 value=6\","
                  "\"payload dreg=1 base=transport offset=2 len=2 field=tcp.dport\","
                  "\"cmp sreg=1 op=eq data=0016 value=22\",\"immediate dreg=0 data=jump:own\"]}");
}

/* flowtable f { hook ingress priority -5; devices = { a }; }, which the kernel keeps as a list. */
static void a_flow_table_is_told(void **state)
{
    struct nfgenmsg head = {.nfgen_family = 1}; /* NFPROTO_INET */
    CLEANUP_TAKEN struct taken taken;
    CLEANUP_BUF struct buf devices = {0};
    CLEANUP_BUF struct buf hook = {0};

    add_attribute(&devices, NFTA_DEVICE_NAME, "a", 2);
    add_number(&hook, NFTA_FLOWTABLE_HOOK_NUM, 0);
    add_number(&hook, NFTA_FLOWTABLE_HOOK_PRIORITY, (uint32_t)-5);
    add_attribute(&hook, NFTA_FLOWTABLE_HOOK_DEVS | NLA_F_NESTED, devices.p, devices.len);
    buf_release(&answer);
    begin_message(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWFLOWTABLE, NLM_F_MULTI);
    buf_add(&answer, &head, sizeof(head));
    add_attribute(&answer, NFTA_FLOWTABLE_TABLE, "t", 2);
    add_attribute(&answer, NFTA_FLOWTABLE_NAME, "f", 2);
    add_attribute(&answer, NFTA_FLOWTABLE_HOOK | NLA_F_NESTED, hook.p, hook.len);
    add_number(&answer, NFTA_FLOWTABLE_FLAGS, 2);
    end_message(0);
    expect(lines_of(*state, &taken, read_filter, "live/firewall-000.jsonl"),
           "{\"from\":\"nf_tables\",\"kind\":\"flow table\",\"family\":\"inet\",\"table\":\"t\","
           "\"name\":\"f\",\"priority\":-5,\"devices\":[\"a\"],\"flags\":[\"counter\"]}");
}

/* The sanitizers see a read past the end: the bytes lie in a block of exactly that size. */
static void read_damaged(struct tree *t, collection_step *step, const char *member)
{
    struct buf whole = answer;

    for (size_t at = 0; at < whole.len; at++) {
        CLEANUP_TAKEN struct taken cut;
        CLEANUP_TAKEN struct taken turned;

        answer = (struct buf){.p = malloc(at + 1), .len = at};
        memcpy(answer.p, whole.p, at);
        assert_true(count_lines(lines_of(t, &cut, step, member)) <= 1);
        buf_release(&answer);
        answer = (struct buf){.p = malloc(whole.len), .len = whole.len};
        memcpy(answer.p, whole.p, whole.len);
        answer.p[at] ^= (char)0xa5;
        assert_true(count_lines(lines_of(t, &turned, step, member)) <= 1);
        buf_release(&answer);
    }
    answer = whole;
}

static void answers_cut_or_damaged_at_any_byte_make_no_other_lines(void **state)
{
    lay_socket();
    read_damaged(*state, read_sockets, "live/socket-000.jsonl");
    lay_rule();
    read_damaged(*state, read_filter, "live/firewall-000.jsonl");
    lay_xdp();
    seeing = live_diag_xdp;
    read_damaged(*state, read_other_sockets, "live/socket-000.jsonl");
    buf_release(&answer);
}

/* 112 bytes of struct ipt_entry, then a target of 40: its size, no name, and the verdict. */
static void add_entry(struct buf *out, uint16_t target_at, uint16_t next, int32_t verdict)
{
    enum { ENTRY = 112, TARGET = 40 };
    uint8_t bytes[ENTRY + TARGET] = {0};
    const uint16_t size = TARGET;

    memcpy(bytes + 88, &target_at, sizeof(target_at)); /* behind ip (84) and nfcache (4) */
    memcpy(bytes + 90, &next, sizeof(next));
    memcpy(bytes + ENTRY, &size, sizeof(size));
    memcpy(bytes + ENTRY + 32, &verdict, sizeof(verdict));
    buf_add(out, bytes, sizeof(bytes));
}

static void read_iptables(struct collection *c)
{
    struct bundle_lines *l = live_open(c, "live/firewall");
    struct iptables_table table = {.family = "ip",
                                   .name = {"filter", 6},
                                   .entries = buf_str(&answer),
                                   .valid_hooks = 2,
                                   .hook_entry = {0, 0},
                                   .underflow = {0, 152}};

    live_iptables_table(c, l, &table);
    live_close(c, l);
}

static void a_table_before_nf_tables_ends_where_its_bytes_make_no_sense(void **state)
{
    static const struct {
        uint16_t target_at, next;
        size_t lines;
    } cases[] = {{112, 152, 2}, {112, 0, 0},   {112, 65535, 0},
                 {111, 152, 0}, {150, 152, 0}, {200, 152, 0}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_TAKEN struct taken taken;
        struct str lines;

        buf_release(&answer);
        add_entry(&answer, cases[i].target_at, cases[i].next, -1); /* -NF_DROP - 1 */
        add_entry(&answer, 112, 152, -2);                          /* -NF_ACCEPT - 1 */
        lines = lines_of(*state, &taken, read_iptables, "live/firewall-000.jsonl");
        assert_int_equal(count_lines(lines), cases[i].lines);
        if (cases[i].lines == 0)
            continue;
        expect(lines,
               "\"kind\":\"rule\",\"family\":\"ip\",\"table\":\"filter\",\"chain\":\"INPUT\","
               "\"expressions\":[\"target=DROP\"]");
        expect(lines,
               "\"kind\":\"chain\",\"family\":\"ip\",\"table\":\"filter\",\"name\":\"INPUT\","
               "\"policy\":\"ACCEPT\"");
    }
    buf_release(&answer);
}

#define TREE_TEST(name) cmocka_unit_test_setup_teardown(name, tree_open, tree_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(a_socket_is_told_as_the_kernel_answers),
        TREE_TEST(an_answer_that_changed_or_failed_says_so),
        TREE_TEST(sockets_of_virtual_machines_and_of_xdp_are_told),
        TREE_TEST(a_rule_is_told_with_its_expressions),
        TREE_TEST(a_flow_table_is_told),
        TREE_TEST(answers_cut_or_damaged_at_any_byte_make_no_other_lines),
        TREE_TEST(a_table_before_nf_tables_ends_where_its_bytes_make_no_sense),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
