/* order_server.h: what the parts of the server of orders share. */
#pragma once
#include "contain/host_view.h"
#include "contain/ledger.h"
#include "contain/order.h"
#include "contain/order_input.h"
#include "contain/plan.h"

enum { ORDER_LOCK_MS = 10000, ORDER_HURRY_MS = 2000 /* an emergency waits no longer for others */ };

/* What was prepared in this run and not begun. */
struct prepared {
    struct id id;
    int hold;      /* -1: it is kept nowhere */
    char why[256]; /* of an emergency: why it is not in the usual folder; or empty */
};

struct server {
    const struct order_source *source;
    struct order_input in;
    struct buf answer;
    struct endpoint guarded[16];
    size_t guarded_count;
    struct prepared *prepared;
    size_t prepared_count;
    size_t prepared_room;
    struct ledger unkept; /* an emergency that was prepared, and that no folder has room for */
};

typedef int order_serve_one(struct server *s, struct str rest, struct err *e);
order_serve_one order_prepare, order_go;                                        /* order_begin.c */
order_serve_one order_confirm, order_undo, order_fetch, order_check, order_forget, /* order_change.c */
    order_status;

/* Reads the plan that follows an order. */
MUST_CHECK int order_read_plan(struct server *s, struct str size_word, struct buf *text,
                               struct plan **out, struct err *e);
MUST_CHECK int order_judge(struct server *s, const struct plan *p, struct host_view *host,
                           struct err *e);
/* The i-th folder in which a change may be kept; NULL behind the last. */
const char *order_folder(const struct server *s, size_t i);
/* Opens the ledger that has the change of this id. */
MUST_CHECK int order_open_entry(struct server *s, struct str id_word, struct ledger *l,
                                struct ledger_entry **out, struct err *e);
