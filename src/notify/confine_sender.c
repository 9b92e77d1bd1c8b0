/* confine_sender.c: inside calm-send: what is left to the process when the first byte of a server
 * arrives. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "notify/sender_wire.h"
#include "notify/transfer.h"
#include "sys/confine.h"
#include "sys/file.h"

enum { MEMORY_SIZE = 256 << 20, CPU_S = 20 };

/* Libraries read their files now: the configuration of OpenSSL, its providers and random state. */
static bool warm_up(void)
{
    SSL_CTX *ctx;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
        OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, NULL) != 1)
        return false;
    ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_free(ctx);
    return ctx != NULL;
}

int confine_sender(struct err *e)
{
    const struct confine_call calls[] = {
        {SYS_read, CONFINE_CHECK_ALL(1, UINT32_MAX, SENDER_NET_FD)},
        {SYS_write, CONFINE_CHECK_ALL(1, UINT32_MAX, SENDER_NET_FD)},
        {SYS_recvfrom, CONFINE_CHECK_ALL(1, UINT32_MAX, SENDER_NET_FD)},
        {SYS_sendto, CONFINE_CHECK_ALL(1, UINT32_MAX, SENDER_NET_FD)},
        {SYS_sendto, CONFINE_CHECK_ALL(1, UINT32_MAX, SENDER_CONTROL_FD)},
        {SYS_getsockopt, CONFINE_CHECK_ALL(1, UINT32_MAX, SENDER_NET_FD)},
        {SYS_setsockopt, CONFINE_CHECK_ALL(1, UINT32_MAX, SENDER_NET_FD)},
        {SYS_getpeername, CONFINE_CHECK_ALL(1, UINT32_MAX, SENDER_NET_FD)},
        {SYS_getsockname, CONFINE_CHECK_ALL(1, UINT32_MAX, SENDER_NET_FD)},
        {SYS_shutdown, CONFINE_CHECK_ALL(1, UINT32_MAX, SENDER_NET_FD)},
        {SYS_close, {{0}}},
        /* Some versions of libcurl connect a socket that they were told is connected. */
        {SYS_connect | CONFINE_PENDING, CONFINE_CHECK_ALL(1, UINT32_MAX, SENDER_NET_FD)},
        /* What libcurl tries and can do without. */
        {SYS_openat | CONFINE_REFUSED, {{0}}},
        {SYS_socket | CONFINE_REFUSED, {{0}}},
        {SYS_socketpair | CONFINE_REFUSED, {{0}}},
        {SYS_pipe2 | CONFINE_REFUSED, {{0}}},
        {SYS_newfstatat | CONFINE_REFUSED, {{0}}},
#ifdef SYS_poll /* not on newer processors */
        {SYS_poll, {{0}}},
#endif
        {SYS_ppoll, {{0}}},
        {SYS_fcntl, CONFINE_CHECK_ALL(2, UINT32_MAX, F_GETFL)},
        {SYS_fcntl, CONFINE_CHECK_ALL(2, UINT32_MAX, F_SETFL)},
        {SYS_fcntl, CONFINE_CHECK_ALL(2, UINT32_MAX, F_SETFD)},
        {SYS_uname, {{0}}},
        CONFINE_SANITIZER_CALLS CONFINE_BASIC_CALLS(getpid()),
    };
    int code = confine_process(e);

    if (!code && !warm_up())
        code = err_set(e, ERR_IO, "libcurl does not start");
    if (!code)
        code = confine_resources(CPU_S, MEMORY_SIZE, e);
    if (!code)
        code = confine_files(-1, e);
    return code ? code : confine_calls(calls, COUNT_OF(calls), e);
}
