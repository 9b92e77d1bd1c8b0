/* live_nft.h: the packet filter nf_tables as its netlink messages tell it (nf_tables.h of the
 * kernel). */
#pragma once
#include "collect/live_netns.h"

/* What the values in a register are. */
enum nft_value {
    NFT_VALUE_HEX,
    NFT_VALUE_HOST,    /* a number in this machine's order */
    NFT_VALUE_NETWORK, /* a number in network order */
    NFT_VALUE_FOUR,    /* addresses */
    NFT_VALUE_SIX,
    NFT_VALUE_MAC,
    NFT_VALUE_TEXT,
};

/* What the expressions before told of the packet that this one sees. */
struct nft_state {
    uint8_t family;      /* of the table */
    uint64_t network;    /* 4 or 6, where it is known; else 0 */
    uint64_t transport;  /* IPPROTO_…, where it is known; else 0 */
    enum nft_value kind; /* of what was loaded last */
    const char *key;     /* its meta key, or "" */
};

/* The list of expressions as an array of texts: "payload dreg=1 base=transport offset=2 len=2
 * field=tcp.dport". */
void live_nft_put_expressions(struct json *j, const char *name, uint8_t family, struct str list);
/* The attributes of one expression, or of an object of that type. */
void live_nft_add_attributes(struct buf *out, struct str expression, struct str attributes,
                             struct nft_state *state);
/* Adds a value or a verdict: "0016", "accept", "jump:NAME". */
void live_nft_add_data(struct buf *out, struct str data);
void live_nft_add_value(struct buf *out, enum nft_value kind, struct str bytes);

extern const struct live_word live_nft_objects[];

/* Reads one message of a dump and writes its line. */
struct nft_set {
    uint8_t family;
    uint32_t key_type;
    uint32_t data_type;
    struct str table; /* in the arena of the lines */
    struct str name;
};
struct nft_lines {
    struct collection *c;
    struct bundle_lines *lines;
    struct arena *arena;  /* of the sets' names */
    uint64_t netns;       /* which is being read; 0 where unknown */
    bool may_ask;         /* without a module being loaded for it */
    struct nft_set *sets; /* met so far: their elements are asked for one by one */
    size_t set_count;
    size_t set_room;
    const struct nft_set *set; /* whose elements are being told */
};
int live_nft_see(void *context, const struct netlink_message *m);
/* The tables of the packet filter before nf_tables, in the namespace that the thread is in. */
void live_iptables(struct collection *c, struct bundle_lines *l, const struct live_netns *ns);
