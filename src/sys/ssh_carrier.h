/* ssh_carrier.h: carries a program to another host by SSH, runs it there from memory, and brings
 * what it prints; for calm-collect and its bundle. In a dialogue it also takes there what the
 * program is to read; for calm-contain and its orders. Where a text is fed to what a device runs
 * itself (doc/format/devices.md section 6), no program is brought.
 *
 * The host may be the attacker's, and libssh reads its bytes. So each host has a process of its
 * own: this program started anew, which has nothing of the case. It looks the name up, connects,
 * and gives up all else before it reads the first byte: no files (Landlock), no other socket, no
 * process (seccomp), limits on memory and processor time. It hands back opaque bytes and small
 * fixed messages; whether a host's key is to be trusted is judged in the program (ssh_known.h), and
 * the agent is behind a gate (ssh_gate.h).
 *
 * What is done on the host is one command, src/sys/ssh_script.h. The program is removed before it
 * runs, so a connection that breaks leaves nothing there.
 *
 * One thread; the caller polls ssh_carrier_fd of several at once. */
#pragma once
#include <sys/types.h>
#include "base/err.h"
#include "base/str.h"

/* What of the host's own reads what is given. */
enum ssh_feed {
    SSH_FEED_NONE,       /* the program that is brought */
    SSH_FEED_CONSOLE,    /* the log-in shell, on a terminal */
    SSH_FEED_SHELL,      /* sh: a script, whole, and run only if all of it came */
    SSH_FEED_POWERSHELL, /* the same by PowerShell */
};

struct ssh_errand {
    const char *host; /* a name or an address */
    unsigned port;
    const char *user;
    const char *key_kinds; /* kinds of host key to ask for first, with commas; may be empty */
    const char *arguments; /* for the program: words of A-Z a-z 0-9 . _ / : = + - , @ only */
    int program;           /* descriptor of its file, read with pread only; borrowed */
    uint64_t program_size; /* or of the script that is fed */
    enum ssh_feed feed;    /* a dialogue; program is -1 then */
    int agent;             /* the socket of the gate before the agent; borrowed; -1: none */
    bool may_ask;          /* passwords */
    bool wants_sudo;
    bool is_dialogue;   /* ssh_carrier_give; else the program's input is empty */
    const char *called; /* the program's name there; NULL: calm-collect */
    unsigned quiet_s;   /* longest silence in connecting, and while it is brought; 0: 60 */
    unsigned answer_s;  /* longest silence once it runs; 0: the same */
    uint64_t most;      /* bytes that are brought; 0: 8 GiB */
};

/* How far it came. */
enum ssh_step {
    SSH_STEP_NONE,
    SSH_STEP_CONNECTED, /* to the port */
    SSH_STEP_KEY,       /* the host showed its key */
    SSH_STEP_LOGGED_IN,
    SSH_STEP_PLACED, /* a place in memory was found there, and the program goes there */
    SSH_STEP_RUNS,   /* it runs, and its file is gone again */
    SSH_STEP_DONE,   /* it ended */
    SSH_STEP_COUNT_,
};

/* Where on the host the program lay while it started. */
enum ssh_place { SSH_PLACE_NONE, SSH_PLACE_SHM, SSH_PLACE_USER, SSH_PLACE_RUN, SSH_PLACE_COUNT_ };

/* Why a place could not be used. */
enum ssh_unfit {
    SSH_UNFIT_NONE,
    SSH_UNFIT_KIND,   /* no file system in memory */
    SSH_UNFIT_NOEXEC, /* programs may not run from it */
    SSH_UNFIT_WRITE,  /* not writable for this user */
    SSH_UNFIT_ROOM,
    SSH_UNFIT_COUNT_,
};

struct ssh_footprint {
    enum ssh_place place;
    uint32_t uid;  /* of the place below /run/user */
    char name[48]; /* of the program's file there */
    bool stays;    /* the file could not be removed */
    bool is_left;  /* that, or nobody can say yet */
    enum ssh_unfit unfit[SSH_PLACE_COUNT_];
};

/* What a secret is asked for. */
enum ssh_asked {
    SSH_ASKED_PASSWORD, /* of the user there */
    SSH_ASKED_WORDS,    /* what the host asks, in its own words */
    SSH_ASKED_SUDO,     /* of the user there, by sudo: only where that was wanted */
    SSH_ASKED_COUNT_,
};

/* All that comes from the host is hostile: said, question. */
struct ssh_receiver {
    /* Non-zero stops. key: "ssh-ed25519 AAAA…". */
    int (*key)(void *context, struct str key, struct err *e);
    /* ERR_DENIED: nobody can be asked. question: the words that were asked, else empty. */
    int (*secret)(void *context, enum ssh_asked asked, struct str question, struct buf *out,
                  struct err *e);
    int (*bytes)(void *context, struct str bytes, struct err *e);
    void (*step)(void *context, enum ssh_step step);
    void *context;
};

/* Words that every shell takes as they are written. */
bool ssh_arguments_are_plain(struct str arguments);

struct ssh_carrier;

/* In main, before anything else: does not return where this program was started as a carrier. */
void ssh_carrier_main_if_asked(int argc, char **argv);

MUST_CHECK int ssh_carrier_start(struct ssh_carrier **out, const struct ssh_errand *errand,
                                 const struct ssh_receiver *to, struct err *e);
/* Ends it where it runs; then the connection is cut. */
void ssh_carrier_free(struct ssh_carrier *c); /* NULL is fine */
DEFINE_CLEANUP(struct ssh_carrier *, ssh_carrier_free)

int ssh_carrier_fd(const struct ssh_carrier *c);      /* readable when ssh_carrier_take has work */
int ssh_carrier_wait_ms(const struct ssh_carrier *c); /* until ssh_carrier_take must be called */
/* Nobody looked at it for so long: a person was asked for another host's password. */
void ssh_carrier_extend(struct ssh_carrier *c, int64_t ms);
/* Deals with what has come. 1: it goes on. 0: the program ran there and ended well, and all it
 * printed was brought. Else what went wrong: ERR_IO the connection; ERR_DENIED the key, the user,
 * or no place for the program; ERR_LIMIT too slow, or too much; ERR_TAMPER the process that read
 * the host's bytes was stopped at what it must not do; ERR_FORMAT it broke down, or the program
 * printed something else; the receiver's own. */
MUST_CHECK int ssh_carrier_take(struct ssh_carrier *c, struct err *e);

enum { SSH_GIVE_SIZE = 32 << 20 };
/* In a dialogue: what the program is to read next. Waits here until it runs, and until there is
 * room on the way. ERR_LIMIT: more than SSH_GIVE_SIZE waits. */
MUST_CHECK int ssh_carrier_give(struct ssh_carrier *c, struct str bytes, struct err *e);
/* Nothing more is given: the end of its input. */
void ssh_carrier_give_end(struct ssh_carrier *c);
bool ssh_carrier_waits(const struct ssh_carrier *c); /* for its descriptor to be writable, too */

enum ssh_step ssh_carrier_step(const struct ssh_carrier *c);
const struct ssh_footprint *ssh_carrier_footprint(const struct ssh_carrier *c);
/* How a script that was fed ended there; -1: not told. */
int ssh_carrier_status(const struct ssh_carrier *c);
/* What the program wrote to its standard error, at most the last 1,000 bytes of any kind. */
struct str ssh_carrier_said(const struct ssh_carrier *c);

/* "/dev/shm/.calm-…", or empty. */
void ssh_footprint_path(struct buf *out, const struct ssh_footprint *f);
const char *ssh_place_path(enum ssh_place place);  /* "/run/user" */
const char *ssh_unfit_words(enum ssh_unfit unfit); /* "programs may not run from it (noexec)" */
