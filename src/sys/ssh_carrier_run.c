/* ssh_carrier_run.c: inside a carrier, confined: logs in, puts the program there, brings what it
 * prints. All that libssh gives here is the host's. */
#include <errno.h>
#include <libssh/libssh.h>
#include <poll.h>
#include <unistd.h>
#include "base/mem.h"
#include "sys/ssh_carrier_child.h"

/* Of a device's terminal: as wide as it lets one be, so that no line is broken. */
enum { TERM_COLUMNS = 511, TERM_LINES = 1000 };
enum {
    PIECE_SIZE = 64 * 1024,
    LINE_LIMIT = 4096,
    JUNK_LIMIT = 256 * 1024, /* of the host's own words before ours */
    ASK_COUNT = 3,
    PROMPT_COUNT = 8,
    WAIT_MS = 200,
};

/* The host's key, for the program to judge; it ends this process where it does not trust it. */
static int show_key(ssh_session session, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf answer = {0};
    ssh_key key = NULL;
    char *base64 = NULL;
    enum carrier_kind kind;
    int code;

    if (ssh_get_server_publickey(session, &key) != SSH_OK ||
        ssh_pki_export_pubkey_base64(key, &base64) != SSH_OK)
        return carrier_ssh_error(session, "the host's key cannot be read", e);
    buf_addf(&text, "%s %s", ssh_key_type_to_char(ssh_key_type(key)), base64);
    ssh_string_free_char(base64);
    ssh_key_free(key);
    code = carrier_send(CARRIER_KEY, buf_str(&text), e);
    if (!code)
        code = carrier_receive(&kind, &answer, e);
    if (!code && kind != CARRIER_TRUST)
        code = err_set(e, ERR_DENIED, "the host's key is not trusted");
    return code;
}

static const char nobody_can[] = "it wants a password, and nobody can be asked for it: put a key "
                                 "into the agent, or run calm at a terminal";
static const char nobody_for_sudo[] =
    "sudo wants a password there, and nobody can be asked for it: run calm at a terminal, or let "
    "sudo not ask";

/* asked: questions so far, however they came. */
static int answer_prompts(ssh_session session, int *asked, struct err *e)
{
    int count = ssh_userauth_kbdint_getnprompts(session);

    if (count > PROMPT_COUNT)
        return err_set(e, ERR_LIMIT, "it asks %d questions at once", count);
    *asked += count;
    if (*asked > PROMPT_COUNT)
        return err_set(e, ERR_LIMIT, "it asks again and again");
    for (int i = 0; i < count; i++) {
        CLEANUP(buf_wipe) struct buf secret = {0};
        const char *prompt = ssh_userauth_kbdint_getprompt(session, (unsigned)i, NULL);
        int code = carrier_ask(SSH_ASKED_WORDS, prompt ? prompt : "", nobody_can, &secret, e);

        if (code)
            return code;
        if (ssh_userauth_kbdint_setanswer(session, (unsigned)i, buf_text(&secret)) < 0)
            return carrier_ssh_error(session, "it does not take an answer", e);
    }
    return 0;
}

/* *out is SSH_AUTH_*. */
static int try_questions(ssh_session session, int *asked, int *out, struct err *e)
{
    int rounds = 0;
    int rc = ssh_userauth_kbdint(session, NULL, NULL);

    while (rc == SSH_AUTH_INFO) {
        int code = answer_prompts(session, asked, e);

        if (code)
            return code;
        if (++rounds > PROMPT_COUNT)
            return err_set(e, ERR_LIMIT, "it asks again and again");
        rc = ssh_userauth_kbdint(session, NULL, NULL);
    }
    *out = rc;
    return 0;
}

static int try_password(ssh_session session, int *out, struct err *e)
{
    CLEANUP(buf_wipe) struct buf secret = {0};
    int code = carrier_ask(SSH_ASKED_PASSWORD, "", nobody_can, &secret, e);

    if (!code)
        *out = ssh_userauth_password(session, NULL, buf_text(&secret));
    return code;
}

static int try_secrets(ssh_session session, int *out, struct err *e)
{
    int asked = 0;
    int code = 0;

    for (int i = 0; !code && i < ASK_COUNT && *out != SSH_AUTH_SUCCESS && *out != SSH_AUTH_ERROR;
         i++) {
        unsigned methods = (unsigned)ssh_userauth_list(session, NULL); /* one may be done already */

        if (methods & SSH_AUTH_METHOD_PASSWORD)
            code = try_password(session, out, e);
        else if (methods & SSH_AUTH_METHOD_INTERACTIVE)
            code = try_questions(session, &asked, out, e);
        else
            break;
    }
    return code;
}

static int authenticate(struct carrier_errand *c, ssh_session session, struct err *e)
{
    int rc = ssh_userauth_none(session, NULL);
    int code = 0;

    if (rc == SSH_AUTH_DENIED && c->start.flags & CARRIER_HAS_AGENT &&
        ssh_set_agent_socket(session, CARRIER_AGENT_FD) == SSH_OK)
        rc = ssh_userauth_agent(session, NULL);
    if (rc != SSH_AUTH_SUCCESS && rc != SSH_AUTH_ERROR && c->start.flags & CARRIER_MAY_ASK)
        code = try_secrets(session, &rc, e);
    if (code)
        return code;
    if (rc == SSH_AUTH_ERROR)
        return carrier_ssh_error(session, "the log-in broke off", e);
    if (rc != SSH_AUTH_SUCCESS)
        return err_set(e, ERR_DENIED, "%s may not log in there with the keys at hand%s", c->user,
                       c->start.flags & CARRIER_MAY_ASK ? " or the password" : "");
    return 0;
}

int carrier_log_in(struct carrier_errand *c, ssh_session session, struct err *e)
{
    int code;

    if (ssh_connect(session) != SSH_OK)
        return carrier_ssh_error(session, "no agreement on a safe connection", e);
    code = carrier_step(SSH_STEP_KEY, e);
    if (!code)
        code = show_key(session, e);
    if (!code)
        code = authenticate(c, session, e);
    return code ? code : carrier_step(SSH_STEP_LOGGED_IN, e);
}

/* What comes over the channel before the program runs, line by line. */
struct talk {
    struct carrier_errand *c;
    ssh_session session;
    ssh_channel channel;
    struct buf line;
    struct buf errors; /* of standard error, until the program runs */
    uint64_t junk;
    unsigned sudo_count;
    bool is_placed;
    bool is_sent; /* the program, whole */
    bool runs;
};

static int send_footprint(const struct talk *t, struct err *e)
{
    const struct ssh_footprint *f = &t->c->footprint;
    struct carrier_footprint out = {f->place, f->uid, f->is_left, {0}};

    for (size_t i = 0; i < COUNT_OF(out.unfit); i++)
        out.unfit[i] = f->unfit[i];
    return carrier_send(CARRIER_FOOTPRINT, (struct str){(const char *)&out, sizeof(out)}, e);
}

static int take_said(struct talk *t, enum ssh_said said, struct err *e)
{
    switch (said) {
    case SSH_SAID_PLACED:
        t->is_placed = true;
        return carrier_step(SSH_STEP_PLACED, e);
    case SSH_SAID_NONE:
        return err_set(e, ERR_DENIED, "no place there is in memory and lets a program run");
    case SSH_SAID_ROOM:
        return err_set(e, ERR_FULL, "the program could not be written there");
    case SSH_SAID_CUT:
        return err_set(e, ERR_IO, "the program did not come over whole");
    case SSH_SAID_MACHINE:
        return err_set(e, ERR_DENIED,
                       "it has another kind of processor than the program that lies here");
    case SSH_SAID_READY:
        if (!t->is_sent)
            return err_set(e, ERR_FORMAT,
                           "it says that the program runs there, which was not sent yet: the host "
                           "does not run what it was given");
        t->runs = true;
        return carrier_step(SSH_STEP_RUNS, e);
    case SSH_SAID_NOTHING:
    case SSH_SAID_UNFIT:
    case SSH_SAID_STAYS:
        break;
    }
    return 0;
}

static int take_line(struct talk *t, struct err *e)
{
    enum ssh_said said = ssh_script_read(buf_str(&t->line), t->c->start.word, &t->c->footprint);
    int code = said == SSH_SAID_NOTHING ? 0 : send_footprint(t, e);

    return code ? code : take_said(t, said, e);
}

/* Takes what stands before the program's own bytes; returns how many bytes that were, or ERR_*. */
static int take_words(struct talk *t, struct str bytes, struct err *e)
{
    for (size_t i = 0; i < bytes.len; i++) {
        int code = 0;

        if (++t->junk > JUNK_LIMIT)
            return err_set(e, ERR_FORMAT, "its profile prints without end");
        if (bytes.p[i] != '\n') {
            if (t->line.len < LINE_LIMIT)
                buf_addc(&t->line, bytes.p[i]);
            continue;
        }
        code = take_line(t, e);
        buf_clear(&t->line);
        if (code)
            return code;
        if (t->runs)
            return (int)i + 1;
    }
    return (int)bytes.len;
}

static int take_output(struct talk *t, struct str bytes, struct err *e)
{
    if (!t->runs) {
        int n = take_words(t, bytes, e);

        if (n < 0)
            return n;
        bytes = str_from(bytes, (size_t)n);
    }
    return bytes.len ? carrier_send(CARRIER_BYTES, bytes, e) : 0;
}

/* sudo reads a line of what is otherwise the program. */
static int answer_sudo(struct talk *t, struct err *e)
{
    CLEANUP(buf_wipe) struct buf secret = {0};
    int code;

    if (++t->sudo_count > CARRIER_SUDO_COUNT)
        return err_set(e, ERR_DENIED, "sudo did not take the password there");
    if (!(t->c->start.flags & CARRIER_MAY_ASK))
        return err_set(e, ERR_DENIED, "%s", nobody_for_sudo);
    code = carrier_ask(SSH_ASKED_SUDO, "", nobody_for_sudo, &secret, e);
    if (code)
        return code;
    buf_addc(&secret, '\n');
    return ssh_channel_write(t->channel, secret.p, (uint32_t)secret.len) == (int)secret.len
               ? 0
               : carrier_ssh_error(t->session, "the connection broke", e);
}

/* The word that sudo was told to ask with stands in what the host says to people. */
static int look_for_sudo(struct talk *t, struct str bytes, struct err *e)
{
    CLEANUP_BUF struct buf prompt = {0};
    const char *at;
    struct str rest;

    if (!(t->c->start.flags & CARRIER_SUDO) || t->is_placed)
        return 0;
    ssh_script_prompt(&prompt, t->c->start.word);
    buf_addstr(&t->errors, bytes);
    at = memmem(t->errors.p, t->errors.len, prompt.p, prompt.len);
    if (at) {
        rest = str_from(buf_str(&t->errors), (size_t)(at - t->errors.p) + prompt.len);
        memmove(t->errors.p, rest.p, rest.len);
        t->errors.len = rest.len;
        return answer_sudo(t, e);
    }
    if (t->errors.len > JUNK_LIMIT)
        return err_set(e, ERR_FORMAT, "its sudo prints without end");
    return 0;
}

/* Standard error is read in any case, so that a full one does not hold the rest up. */
static int take_errors(struct talk *t, struct err *e)
{
    enum { AT_ONCE = 256 }; /* the rest of the window: more waits for the next turn */
    char bytes[4096];
    int n = 1;
    int code = 0;

    for (int i = 0; i < AT_ONCE && n > 0 && !code; i++) {
        n = ssh_channel_read_nonblocking(t->channel, bytes, sizeof(bytes), 1);
        if (n > 0)
            code = carrier_send(CARRIER_SAID, (struct str){bytes, (size_t)n}, e);
        if (n > 0 && !code)
            code = look_for_sudo(t, (struct str){bytes, (size_t)n}, e);
    }
    return code;
}

/* Reads once; 1 as long as there may be more. */
static int read_some(struct talk *t, char *piece, int wait_ms, struct err *e)
{
    int n = ssh_channel_read_timeout(t->channel, piece, PIECE_SIZE, 0, wait_ms);
    int code = 0;

    if (n > 0)
        code = take_output(t, (struct str){piece, (size_t)n}, e);
    if (!code)
        code = take_errors(t, e);
    if (code)
        return code;
    if (n == SSH_ERROR)
        return carrier_ssh_error(t->session, "the connection broke", e);
    return n > 0 || !ssh_channel_is_eof(t->channel);
}

static int send_program(struct talk *t, char *piece, struct err *e)
{
    uint64_t at = 0;

    while (at < t->c->start.program_size) {
        ssize_t n = pread(CARRIER_PROGRAM_FD, piece, PIECE_SIZE, (off_t)at);
        int code;

        if (n <= 0)
            return err_errno(e, "the program cannot be read");
        if (ssh_channel_write(t->channel, piece, (uint32_t)n) != n)
            return carrier_ssh_error(t->session, "the connection broke", e);
        at += (uint64_t)n;
        /* A message of its own, so that a slow line is not taken for a silent one. */
        code = carrier_step(SSH_STEP_PLACED, e);
        if (code)
            return code;
    }
    t->is_sent = true;
    if (t->c->start.flags & CARRIER_DIALOGUE || ssh_channel_send_eof(t->channel) == SSH_OK)
        return 0;
    return carrier_ssh_error(t->session, "the connection broke", e);
}

/* All that the host has sent; 1 as long as there may be more. Looking at standard error may bring
 * some of standard output into libssh, of which no poll tells any more: so that is looked at last.
 */
static int read_all_there(struct talk *t, char *piece, struct err *e)
{
    for (;;) {
        int code = 0;
        int n;

        while (!code && ssh_channel_poll(t->channel, 1) > 0)
            code = take_errors(t, e);
        if (code)
            return code;
        n = ssh_channel_read_nonblocking(t->channel, piece, PIECE_SIZE, 0);
        if (n > 0)
            code = take_output(t, (struct str){piece, (size_t)n}, e);
        if (code)
            return code;
        if (n == SSH_ERROR)
            return carrier_ssh_error(t->session, "the connection broke", e);
        if (n <= 0)
            return !ssh_channel_is_eof(t->channel);
    }
}

/* What the program is to read, or the end of that. */
static int pass_input(struct talk *t, struct err *e)
{
    CLEANUP_BUF struct buf bytes = {0};
    enum carrier_kind kind;
    int code = carrier_receive(&kind, &bytes, e);
    int rc;

    if (code)
        return code;
    if (kind == CARRIER_INPUT_END)
        rc = ssh_channel_send_eof(t->channel) == SSH_OK ? 0 : SSH_ERROR;
    else
        rc = ssh_channel_write(t->channel, bytes.p, (uint32_t)bytes.len) == (int)bytes.len
                 ? 0
                 : SSH_ERROR;
    return rc ? carrier_ssh_error(t->session, "the connection broke", e) : 0;
}

/* Both ways, until the program there ends. libssh may have read more of the host's than it gave, so
 * all of that is taken before it is waited. */
static int converse(struct talk *t, char *piece, struct err *e)
{
    int code = read_all_there(t, piece, e);

    while (code == 1) {
        struct pollfd p[] = {{.fd = CARRIER_HOST_FD, .events = POLLIN},
                             {.fd = CARRIER_CONTROL_FD, .events = t->runs ? POLLIN : 0}};

        if (poll(p, COUNT_OF(p), -1) < 0 && errno != EINTR)
            return err_errno(e, "cannot wait for the host");
        if (p[1].revents) {
            code = pass_input(t, e);
            if (code)
                return code;
        }
        code = read_all_there(t, piece, e);
    }
    return code;
}

/* Until it has said all. */
static int listen_to(struct talk *t, char *piece, struct err *e)
{
    int code = 1;

    if (t->c->start.flags & CARRIER_DIALOGUE)
        return converse(t, piece, e);
    while (code == 1)
        code = read_some(t, piece, WAIT_MS, e);
    return code;
}

/* How what was fed ended is for the program to judge; a terminal need not tell. */
static int tell_status(const struct talk *t, int status, struct err *e)
{
    int32_t number = status;

    if (status < 0 && t->c->start.feed != SSH_FEED_CONSOLE)
        return err_set(e, ERR_IO, "what was begun there ended without telling how");
    return carrier_send(CARRIER_STATUS, (struct str){(const char *)&number, sizeof(number)}, e);
}

/* How the command ended, in words. */
static int verdict(const struct talk *t, struct err *e)
{
    int status = ssh_channel_get_exit_status(t->channel);

    if (t->runs && t->c->start.feed)
        return tell_status(t, status, e);
    if (t->runs && status == 0)
        return 0;
    if (t->runs && status == 126)
        return err_set(e, ERR_DENIED,
                       "the host does not let the program run, though the place "
                       "seemed fit: another kind of processor, or a rule there");
    if (t->runs && status < 0)
        return err_set(e, ERR_IO, "the program was ended there before it was done");
    if (t->runs)
        return err_set(e, ERR_IO, "the program ended there with status %d", status);
    return err_set(e, ERR_IO,
                   "the command did not run there (status %d): the log-in shell may "
                   "not allow commands, or sudo not this user",
                   status);
}

static int talk_with(struct talk *t, char *piece, struct err *e)
{
    int code = 1;

    if (t->c->start.feed) {
        t->is_sent = true; /* there is no program to be sent */
        code = converse(t, piece, e);
        return code ? code : verdict(t, e);
    }
    while (code == 1 && !t->is_placed)
        code = read_some(t, piece, WAIT_MS, e);
    if (code == 1)
        code = send_program(t, piece, e);
    else
        return code ? code : verdict(t, e);
    if (!code)
        code = listen_to(t, piece, e);
    return code ? code : verdict(t, e);
}

/* What comes from a terminal is told from the first byte on. */
static int open_console(struct talk *t, struct err *e)
{
    if (ssh_channel_request_pty_size(t->channel, "vt100", TERM_COLUMNS, TERM_LINES) != SSH_OK ||
        ssh_channel_request_shell(t->channel) != SSH_OK)
        return carrier_ssh_error(t->session, "it gives no terminal", e);
    t->runs = true;
    return carrier_step(SSH_STEP_RUNS, e);
}

static int run_command(struct talk *t, struct err *e)
{
    CLEANUP_BUF struct buf command = {0};
    const struct carrier_errand *c = t->c;
    struct ssh_script script = {.word = c->start.word,
                                .machine = c->start.machine,
                                .arguments = c->arguments,
                                .program_size = c->start.program_size,
                                .wants_sudo = c->start.flags & CARRIER_SUDO,
                                .is_dialogue = c->start.flags & CARRIER_DIALOGUE,
                                .program = c->called};

    if (c->start.feed == SSH_FEED_SHELL)
        ssh_script_feed_shell(&command, &script);
    else if (c->start.feed == SSH_FEED_POWERSHELL)
        ssh_script_feed_powershell(&command, &script);
    else
        ssh_script_write(&command, &script);
    if (ssh_channel_request_exec(t->channel, buf_text(&command)) != SSH_OK)
        return carrier_ssh_error(t->session, "it runs no command", e);
    return 0;
}

int carrier_run(struct carrier_errand *c, ssh_session session, struct err *e)
{
    CLEANUP_FREE char *piece = mem_alloc(PIECE_SIZE);
    struct talk t = {.c = c, .session = session, .channel = ssh_channel_new(session)};
    int code;

    if (!t.channel || ssh_channel_open_session(t.channel) != SSH_OK)
        return carrier_ssh_error(session, "it gives no session", e);
    code = c->start.feed == SSH_FEED_CONSOLE ? open_console(&t, e) : run_command(&t, e);
    if (!code)
        code = talk_with(&t, piece, e);
    buf_release(&t.line);
    buf_release(&t.errors);
    return code ? code : carrier_step(SSH_STEP_DONE, e);
}
