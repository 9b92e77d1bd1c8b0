/* filter_batch.h: one transaction of nf_tables, spelled as the kernel's netlink messages
 * (linux/netfilter/nf_tables.h): all of it happens, or nothing.
 *
 * A message that does not fit its limits is a bug; what comes from a plan was checked before. The
 * functions only add to the batch; filter_batch_send asks the kernel. */
#pragma once
#include "base/err.h"
#include "base/str.h"

struct filter_batch {
    struct buf bytes;
    uint32_t seq;      /* of the last message */
    uint16_t family;   /* NFPROTO_* of the messages that follow */
    const char *table; /* their table; borrowed */
    size_t message;    /* where the open message begins */
};

void filter_batch_init(struct filter_batch *b);
void filter_batch_release(struct filter_batch *b);
#define CLEANUP_FILTER_BATCH CLEANUP(filter_batch_release)

/* What follows is about this table. */
void filter_table(struct filter_batch *b, uint16_t family, const char *table);
void filter_table_add(struct filter_batch *b);
/* Removes it with all that is in it; it must be there (add it first where that is not known). */
void filter_table_remove(struct filter_batch *b);

/* A chain that the kernel calls at a hook (NF_INET_*, NF_ARP_*, NF_NETDEV_*) and priority; device
 * is for netdev alone. The policy is to accept. hook < 0: one that is only jumped to. */
void filter_chain_add(struct filter_batch *b, const char *name, int hook, int priority,
                      const char *device);

/* What the keys of a set are: nft(8) shows them by this number, and the kernel keeps their size. */
enum filter_key { FILTER_KEY_IPV4, FILTER_KEY_IPV6, FILTER_KEY_FAMILY };
/* id is new in this batch. flags: NFT_SET_INTERVAL, NFT_SET_TIMEOUT, NFT_SET_EVAL. count is how
 * many elements are to come at most, 0 where that is open. */
void filter_set_add(struct filter_batch *b, const char *name, uint32_t id, enum filter_key key,
                    uint32_t flags, uint32_t count);
/* Elements of one set; as many messages as they need. */
struct filter_elements {
    struct filter_batch *batch;
    const char *set;
    uint32_t id;
    size_t list; /* where the open list begins; 0: none is open */
};
void filter_elements_begin(struct filter_elements *l, struct filter_batch *b, const char *set,
                           uint32_t id);
/* timeout_ms 0: stays. is_end: the first key behind an interval. */
void filter_element_add(struct filter_elements *l, struct str key, uint64_t timeout_ms,
                        bool is_end);
void filter_elements_end(struct filter_elements *l);

/* Attributes: of the open message, and nested. */
void filter_message_begin(struct filter_batch *b, uint16_t type, uint16_t flags);
void filter_message_end(struct filter_batch *b);
void filter_put(struct filter_batch *b, uint16_t type, const void *bytes, size_t size);
void filter_put_text(struct filter_batch *b, uint16_t type, const char *text);
void filter_put_u32(struct filter_batch *b, uint16_t type, uint32_t n); /* network order */
void filter_put_u64(struct filter_batch *b, uint16_t type, uint64_t n);
size_t filter_nest_begin(struct filter_batch *b, uint16_t type);
void filter_nest_end(struct filter_batch *b, size_t at);

/* Asks the kernel to do all of it, in the network namespace of this thread. what is for the
 * sentence ("isolating web1"). ERR_DENIED without the right (CAP_NET_ADMIN); ERR_NOTFOUND where
 * the kernel has no nf_tables or lacks a part; ERR_IO. Nothing was changed then. */
MUST_CHECK int filter_batch_send(struct filter_batch *b, const char *what, struct err *e);
/* Asks whether the kernel would do it, and has it do nothing: bit n of *refused is set where
 * message n (seq) was. At most 62 messages. */
MUST_CHECK int filter_batch_try(struct filter_batch *b, uint64_t *refused, const char *what,
                                struct err *e);
/* What the kernel said in one datagram: > 0, an errno; 0, done; -1, more is to come. Where refused
 * is given, it collects what was said of single messages; last: the number of the last one. */
int filter_batch_answer(struct str bytes, uint32_t last, uint64_t *refused);
