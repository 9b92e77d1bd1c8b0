/* ssh_gate.h: stands between a process that talks to a host and the agent that holds the person's
 * keys, so that a host which takes that process over cannot sign with them whatever it likes.
 *
 * It is this program started anew, with two sockets and nothing else (no files, no network; seccomp
 * and Landlock). It lets through the list of public keys, and signatures over what a log-in of this
 * one user is (RFC 4252 §7), at most SSH_GATE_SIGNATURES of them. All else it answers itself:
 * refused. What it cannot see is which host the log-in is for: a host that takes the process over
 * before the log-in can pass one on. So the gate closes as soon as the log-in is done. */
#pragma once
#include <sys/types.h>
#include "base/err.h"
#include "base/str.h"

enum { SSH_GATE_SIGNATURES = 8, SSH_GATE_MESSAGE_LIMIT = 256 * 1024 };

/* In main, before anything else: does not return where this program was started as a gate. */
void ssh_gate_main_if_asked(int argc, char **argv);

/* Starts one. agent: a connected socket of the agent (borrowed). *out is the end that the other
 * process gets. It ends when either socket does; the
 * caller calls ssh_gate_end in any case. */
MUST_CHECK int ssh_gate_start(int agent, const char *user, int *out, pid_t *pid, struct err *e);

/* Ends it, if it runs; *pid is -1 then. */
void ssh_gate_end(pid_t *pid);

/* Whether a request for a signature is one for a log-in of that user, and nothing else. */
bool ssh_gate_allows(struct str message, struct str user);
