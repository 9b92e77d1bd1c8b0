/* signer_wire.h: the messages between a program and its signer. Both are the same image, so numbers
 * are in this machine's order. A frame is a code, a size, and so many bytes; each request gets one
 * reply, whose code is 0 or an ERR_* with its sentence as bytes. */
#pragma once
#include "base/str.h"

enum signer_request {
    SIGNER_CREATE = 1,      /* label → key */
    SIGNER_CREATE_RECOVERY, /* → key, seed */
    SIGNER_LOAD_SEED,       /* seed → key */
    SIGNER_LIST,            /* → (key, 1 byte sealed, 1 byte label length, label)… */
    SIGNER_UNLOCK,          /* key, passphrase */
    SIGNER_SET_PASSPHRASE,  /* key, passphrase */
    SIGNER_SIGN,            /* key, (u32 size, bytes)… → signatures */
    SIGNER_UNSEAL,          /* key, box → bytes */
    SIGNER_AGE_OPEN,        /* key, struct age_share… → a file's key */
    SIGNER_AGE_OPEN_WITH,   /* private X25519 key, struct age_share… → a file's key */
};

enum {
    SIGNER_FD = 3,                  /* where the signer finds its socket */
    SIGNER_BODY_LIMIT = 2 << 20,    /* bytes of one frame's body */
    SIGNER_BATCH_SIZE = 1 << 20,    /* a batch is split into requests of about this size */
    SIGNER_MESSAGE_LIMIT = 1 << 20, /* bytes of one message to sign */
    SIGNER_BOX_LIMIT = 4096,        /* bytes of a box to open */
    SIGNER_PASSPHRASE_LIMIT = 4096, /* bytes */
    SIGNER_SHARE_LIMIT = 256,       /* ways into one file of age */
    SIGNER_FIRST_ROOM = 64 * 1024,  /* frames up to here never move in memory */
    SIGNER_FRAME_HEAD_SIZE = 8,
};

extern const char signer_marker[]; /* the argument that asks a program to be a signer */

/* Starts a frame in out (cleared before); wire_end fills in its size. */
void wire_begin(struct buf *out, int32_t code);
void wire_end(struct buf *out);
/* False with errno when the other side has gone; errno is 0 at an orderly end. */
bool wire_send(int fd, struct str frame);
/* Reads one frame into in (cleared before) and points *body into it. A frame that is too large or
 * followed by more bytes gives false with EPROTO. */
bool wire_receive(int fd, struct buf *in, int32_t *code, struct str *body);
/* Takes a number, or bytes, off the front; false when there are too few. */
bool wire_take_u32(struct str *rest, uint32_t *out);
bool wire_take(struct str *rest, void *out, size_t size);
