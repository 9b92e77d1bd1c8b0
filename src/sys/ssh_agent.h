/* ssh_agent.h: the agents that hold a person's keys: theirs, which runs already, and one that is
 * started for a while to hold identity files. Private keys stay in ssh-agent, passphrases are
 * asked for by ssh-add at the terminal; neither passes through this program. */
#pragma once
#include "base/err.h"
#include "base/str.h"

struct ssh_agent;

/* In main, before anything else: does not return where this program was started to become
 * ssh-agent. */
void ssh_agent_main_if_asked(int argc, char **argv);

/* Starts ssh-agent of OpenSSH with the keys of some files (lines); it ends with this program.
 * ERR_NOTFOUND: it is not installed, or no such file; ERR_DENIED: a file that it does not take. */
MUST_CHECK int ssh_agent_start(struct ssh_agent **out, struct str files, struct err *e);
void ssh_agent_stop(struct ssh_agent *a); /* NULL is fine */
DEFINE_CLEANUP(struct ssh_agent *, ssh_agent_stop)

/* A new connection to it, or with NULL to the one that SSH_AUTH_SOCK names; -1: there is none. */
int ssh_agent_connect(const struct ssh_agent *a);
