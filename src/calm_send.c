/* calm_send.c: the program that faces the network for calm: one order on descriptor 0, one answer.
 * See doc/format/notification.md §6. */
#include <locale.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include "notify/sender_wire.h"
#include "notify/transfer.h"

static void answer_failed(int code, const struct err *e)
{
    CLEANUP_BUF struct buf body = {0};
    int32_t number = code;

    buf_add(&body, &number, sizeof(number));
    buf_adds(&body, e->text);
    if (sender_put(SENDER_CONTROL_FD, SENDER_FAILED, buf_str(&body), NULL))
        _exit(err_exit_status(ERR_CANCEL));
}

static int answer_sealed(const struct post *p, struct err *e)
{
    CLEANUP_BUF struct buf out = {0};
    int code = seal(p, &out, e);

    if (code)
        answer_failed(code, e);
    else
        code = sender_put(SENDER_CONTROL_FD, SENDER_SEALED, buf_str(&out), e);
    return code;
}

static int answer_sent(const struct post *p, struct err *e)
{
    CLEANUP_BUF struct buf resolve = {0};
    struct post_result result = {.end = POST_LATER};
    int code = connect_post(p, &resolve, e);

    if (!code)
        code = confine_sender(e);
    if (code)
        snprintf(result.why, sizeof(result.why), "%.500s", e->text);
    else
        transfer(p, buf_text(&resolve), &result);
    return sender_put(SENDER_CONTROL_FD, SENDER_RESULT,
                      (struct str){(const char *)&result, sizeof(result)}, e);
}

static int work(struct err *e)
{
    static const struct rlimit none = {0, 0};
    CLEANUP(buf_wipe) struct buf order = {0};
    CLEANUP_POST struct post p = {0};
    enum sender_kind kind;
    int code;

    /* Before the order, which holds secrets, is read. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
        setrlimit(RLIMIT_CORE, &none) < 0)
        return err_errno(e, "this kernel cannot keep secrets out of dumps");
    (void)buf_room(&order, POST_SIZE_LIMIT + 1); /* so that it never moves and leaves a copy */
    code = sender_take(SENDER_CONTROL_FD, &kind, &order, POST_SIZE_LIMIT, 0, e);
    if (!code && kind != SENDER_ORDER)
        code = err_set(e, ERR_FORMAT, "the first message is no order");
    if (!code)
        code = post_read(&p, buf_str(&order), e);
    if (code)
        return code;
    return p.kind == POST_SEAL_PGP || p.kind == POST_SEAL_SMIME ? answer_sealed(&p, e)
                                                                : answer_sent(&p, e);
}

int main(int argc, char **argv)
{
    struct err e = {0};

    (void)argv;
    if (argc != 1 || isatty(SENDER_CONTROL_FD)) {
        fputs("calm-send sends messages for calm, which starts it: see calm notify send.\n",
              stderr);
        return err_exit_status(ERR_USAGE);
    }
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN); /* for calm to decide */
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return err_exit_status(work(&e));
}
