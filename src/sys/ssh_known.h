/* ssh_known.h: whether a host's key is one that was recorded: OpenSSH's known_hosts files (sshd(8),
 * "SSH_KNOWN_HOSTS FILE FORMAT"), read in the program itself, never by what talks to the host.
 *
 * Understood are plain names, addresses, [name]:port, patterns with * ? and !, names hashed with
 * HMAC-SHA1, and @revoked. A line of @cert-authority, or one that cannot be read, says nothing. */
#pragma once
#include "base/err.h"
#include "base/str.h"

enum ssh_known {
    SSH_KNOWN_NOT,     /* nothing is recorded for this host */
    SSH_KNOWN_SAME,    /* this key is */
    SSH_KNOWN_OTHER,   /* other keys are: it changed, or somebody stands between */
    SSH_KNOWN_REVOKED, /* it must not be used */
};

enum { SSH_KNOWN_FILE_LIMIT = 16 << 20, SSH_KEY_TEXT_LIMIT = 16384, SSH_FINGERPRINT_SIZE = 51 };

/* files: the bytes of all files, one after the other. key: "ssh-ed25519 AAAA…", as in such a file.
 */
enum ssh_known ssh_known_look(struct str files, struct str host, unsigned port, struct str key);
/* The kinds of key that are recorded for the host, with commas, for the order in which to ask. */
void ssh_known_kinds(struct str files, struct str host, unsigned port, struct buf *out);
/* The name under which a host stands in such a file: "web1", "[web1]:2222". */
void ssh_known_name(struct buf *out, struct str host, unsigned port);
/* "SHA256:…" as ssh-keygen -l prints it. ERR_FORMAT. */
MUST_CHECK int ssh_fingerprint(struct buf *out, struct str key, struct err *e);
