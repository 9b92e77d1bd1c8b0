/* ssh_script.h: the one command that is given to the shell of a host, and how it answers.
 *
 * The command finds a file system in memory that programs may run from, puts standard input there
 * as a file, opens it, removes it, and becomes the program (by /proc/self/fd/3). Each of its own
 * lines begins with a word that was drawn at random, so whatever the host's profile prints before
 * can be told apart; behind the line "WORD ready" all is the program's. Of the host's programs it
 * uses the log-in shell, sh, uname, id, df, cat (for a dialogue head), wc, chmod and rm. */
#pragma once
#include "sys/ssh_carrier.h"

enum { SSH_WORD_SIZE = 32 }; /* hex digits of the word */

/* machine: of the program, as uname -m names it; word, machine and arguments are plain. */
struct ssh_script {
    const char *word;
    const char *machine;
    const char *arguments;
    uint64_t program_size;
    bool wants_sudo;
    bool is_dialogue;    /* standard input stays the program's */
    const char *program; /* what it is called in a list of processes while it comes; plain */
};
/* How sudo asks there, where it does: on standard error, without an end of line. */
void ssh_script_prompt(struct buf *out, const char *word);
void ssh_script_write(struct buf *out, const struct ssh_script *s);

/* The command that reads a script of program_size bytes and runs it, only if all of it came. It
 * says "WORD ready" first; arguments, machine and program are not used. */
void ssh_script_feed_shell(struct buf *out, const struct ssh_script *s);
void ssh_script_feed_powershell(struct buf *out, const struct ssh_script *s); /* without sudo */

/* What one of its lines says. */
enum ssh_said {
    SSH_SAID_NOTHING, /* not a line of the command: the host's own words */
    SSH_SAID_UNFIT,
    SSH_SAID_PLACED,
    SSH_SAID_NONE,    /* no place was fit */
    SSH_SAID_ROOM,    /* the file could not be written */
    SSH_SAID_CUT,     /* the file came out shorter */
    SSH_SAID_STAYS,   /* it could not be removed */
    SSH_SAID_MACHINE, /* another kind of processor */
    SSH_SAID_READY,
};
/* Reads one line, without its end; what it tells of places is noted in *f. */
enum ssh_said ssh_script_read(struct str line, const char *word, struct ssh_footprint *f);
