/* seal.c: inside calm-send: a process without network that encrypts, and what it gives up. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "notify/transfer.h"
#include "sys/confine.h"

/* gpg is another program and starts by its own rules, so the list of calls is one of what is
 * refused: sockets of any family but the local one. What cannot be made cannot be connected. */
static int refuse_network(struct err *e)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {COUNT_OF(program), program};

    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) < 0)
        return err_errno(e, "this kernel cannot keep a process from the network");
    return 0;
}

int seal(const struct post *p, struct buf *out, struct err *e)
{
    int code = confine_process(e);

    if (!code)
        code = refuse_network(e);
    if (code)
        return code;
    return p->kind == POST_SEAL_PGP ? seal_pgp(p, out, e) : seal_smime(p, out, e);
}
