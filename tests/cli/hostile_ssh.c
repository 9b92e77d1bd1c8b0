/* hostile_ssh.c: hostile_ssh PORT KEY HOW: a server of libssh that does with one client after
 * another what no sound one does. It prints "ready". The lines that it answers the command with are
 * those of src/sys/ssh_script.c. */
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What would write over the terminal, and claim to be calm. */
#define ESCAPES "\033[2J\033]0;owned\007\r\ncalm: Passphrase of your case key\xe2\x80\xae: "

static bool is(const char *how, const char *name)
{
    return strcmp(how, name) == 0;
}

static void say(ssh_channel channel, const char *word, const char *rest)
{
    char line[256];
    int n = snprintf(line, sizeof(line), "\n%s %s\n", word, rest);

    (void)ssh_channel_write(channel, line, (uint32_t)n);
}

static bool take_program(ssh_channel channel)
{
    static char bytes[65536];
    int n = 1;

    while (n > 0)
        n = ssh_channel_read(channel, bytes, sizeof(bytes), 0);
    return n == 0;
}

static void without_end(ssh_channel channel, bool is_error)
{
    static char bytes[32768];

    memset(bytes, 'E', sizeof(bytes));
    for (int n = 1; n > 0;)
        n = is_error ? ssh_channel_write_stderr(channel, bytes, sizeof(bytes))
                     : ssh_channel_write(channel, bytes, sizeof(bytes));
}

static void answer(ssh_session session, ssh_channel channel, const char *how, const char *word)
{
    if (is(how, "early")) { /* in one go: else all may have been sent when the second line comes */
        char both[512];

        (void)snprintf(both, sizeof(both), "at 1 0\n%s ready", word);
        say(channel, word, both);
        sleep(30);
    }
    if (is(how, "backwards"))
        say(channel, word, "ready");
    if (is(how, "places"))
        for (int i = 0; i < 1000; i++)
            say(channel, word, i % 2 ? "no 1 room" : "no 99 kind");
    say(channel, word, "at 1 4294967295");
    if (!take_program(channel))
        return;
    say(channel, word, "stays");
    say(channel, word, "ready");
    (void)ssh_channel_write(channel, "calm-sealed/1\n", 14);
    if (is(how, "errors"))
        without_end(channel, true);
    if (is(how, "output"))
        without_end(channel, false);
    if (is(how, "open")) { /* neither more nor an end */
        (void)ssh_channel_send_eof(channel);
        sleep(60);
    }
    if (is(how, "words"))
        (void)ssh_channel_write_stderr(channel, ESCAPES, sizeof(ESCAPES) - 1);
    if (is(how, "cut")) {
        ssh_silent_disconnect(session);
        return;
    }
    (void)ssh_channel_request_send_exit_status(channel, is(how, "status") ? 77 : 0);
    (void)ssh_channel_send_eof(channel);
    (void)ssh_channel_close(channel);
    sleep(1);
}

/* "… calm-collect WORD MACHINE …" */
static void run(ssh_session session, ssh_channel channel, const char *how, const char *command)
{
    const char *at = strstr(command, "' calm-collect ");
    char word[128] = "";

    if (at && sscanf(at, "' calm-collect %127s", word) == 1)
        answer(session, channel, how, word);
}

static bool let_in(ssh_message m, const char *how)
{
    const char *prompts[] = {ESCAPES, ESCAPES};
    char echo[] = {1, 1};

    if (!is(how, "prompts"))
        return ssh_message_auth_reply_success(m, 0) == SSH_OK;
    if (ssh_message_subtype(m) == SSH_AUTH_METHOD_INTERACTIVE)
        (void)ssh_message_auth_interactive_request(m, ESCAPES, ESCAPES, 2, prompts, echo);
    else {
        (void)ssh_message_auth_set_methods(m, SSH_AUTH_METHOD_INTERACTIVE);
        (void)ssh_message_reply_default(m);
    }
    return false;
}

/* Runs in a process of its own. */
static void serve(ssh_session session, const char *how)
{
    ssh_channel channel = NULL;
    ssh_message m;

    if (ssh_handle_key_exchange(session) != SSH_OK)
        return;
    while ((m = ssh_message_get(session))) {
        int type = ssh_message_type(m);
        int kind = ssh_message_subtype(m);

        if (type == SSH_REQUEST_AUTH) {
            (void)let_in(m, how);
        } else if (type == SSH_REQUEST_CHANNEL_OPEN && is(how, "session")) {
            sleep(60);
        } else if (type == SSH_REQUEST_CHANNEL_OPEN) {
            channel = ssh_message_channel_request_open_reply_accept(m);
        } else if (type == SSH_REQUEST_CHANNEL && kind == SSH_CHANNEL_REQUEST_EXEC && channel) {
            (void)ssh_message_channel_request_reply_success(m);
            run(session, channel, how, ssh_message_channel_request_command(m));
            return;
        } else {
            (void)ssh_message_reply_default(m);
        }
        ssh_message_free(m);
    }
}

int main(int argc, char **argv)
{
    ssh_bind bind = ssh_bind_new();

    if (argc != 4 || ssh_bind_options_set(bind, SSH_BIND_OPTIONS_BINDADDR, "127.0.0.1") < 0 ||
        ssh_bind_options_set(bind, SSH_BIND_OPTIONS_BINDPORT_STR, argv[1]) < 0 ||
        ssh_bind_options_set(bind, SSH_BIND_OPTIONS_HOSTKEY, argv[2]) < 0 ||
        ssh_bind_listen(bind) < 0)
        return 1;
    if (puts("ready") < 0 || fflush(stdout) != 0)
        return 1;
    for (;;) {
        ssh_session session = ssh_new();

        if (ssh_bind_accept(bind, session) != SSH_OK)
            return 1;
        if (fork() == 0) {
            (void)alarm(120);
            serve(session, argv[3]);
            ssh_disconnect(session);
            return 0;
        }
        ssh_free(session);
    }
}
