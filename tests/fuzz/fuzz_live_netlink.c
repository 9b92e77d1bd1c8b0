/* fuzz_live_netlink.c: any answer of the kernel's netlink and of its older packet filter is told in
 * lines or left out, without a fault. The first byte chooses who reads. */
#include "collect/live_iptables.h"
#include "collect/live_nft.h"
#include "collect/live_socket.h"
#include "fuzz_live.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_answer(struct collection *c, struct bundle_lines *lines, unsigned who,
                        struct str bytes)
{
    static netlink_see *const sees[16] = {
        [0] = live_diag_inet,    [1] = live_diag_unix,  [2] = live_diag_packet,
        [3] = live_diag_netlink, [8] = live_diag_vsock, [9] = live_diag_xdp};
    struct live_sockets sockets = {.c = c, .lines = lines};
    struct live_diag diag = {.s = &sockets, .protocol = "TCP"};
    struct nft_set set = {.family = 1, .key_type = 7 << 6 | 13, .data_type = 1};
    struct nft_lines nft = {.c = c, .arena = c->arena, .lines = lines, .set = &set};
    bool changed = false;

    if (sees[who])
        (void)netlink_see_answer(bytes, sees[who], &diag, &changed);
    else
        (void)netlink_see_answer(bytes, live_nft_see, &nft, &changed);
    free(nft.sets);
}

static void read_table(struct collection *c, struct bundle_lines *lines, unsigned who,
                       struct str bytes)
{
    /* Offsets of rules and of policies that some input will have. */
    struct iptables_table table = {.family = who & 1 ? "ip6" : "ip",
                                   .name = {"filter", 6},
                                   .entries = bytes,
                                   .valid_hooks = 0x1f,
                                   .hook_entry = {0, 0, 152, 304, 456},
                                   .underflow = {152, 304, 304, 456, 456}};

    live_iptables_table(c, lines, &table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct collection_options options = {.profile = PROFILE_TRIAGE};
    const struct bundle_output output = {.write = fuzz_drop};
    struct err e = {0};
    struct collection c = {.options = &options, .e = &e, .step = "fuzz"};
    struct bundle_lines *lines;
    struct str bytes;

    if (size == 0)
        return 0;
    bytes = (struct str){(const char *)data + 1, size - 1};
    if (bundle_begin(&c.bundle, &output, NULL, 0, &e))
        BUG("%s", e.text);
    c.arena = arena_new();
    c.missing = bundle_lines_new(c.bundle, "missing");
    lines = bundle_lines_new(c.bundle, "live/fuzz");
    if (data[0] % 8 < 6)
        read_answer(&c, lines, data[0] % 16, bytes);
    else
        read_table(&c, lines, data[0], bytes);
    if (c.status)
        BUG("%s", e.text);
    bundle_lines_abort(lines);
    bundle_lines_abort(c.missing);
    bundle_abort(c.bundle);
    arena_free(c.arena);
    return 0;
}
