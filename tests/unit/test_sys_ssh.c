/* test_sys_ssh.c: what is known of a host's key, what the gate lets through to an agent, how the
 * lines of a host's shell are read, and what becomes of a carrier that a host took over. A carrier
 * at work: tests/cli/test_collect_ssh.py. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sys/file.h"
#include "sys/confine.h"
#include "sys/ssh_carrier_child.h"
#include "sys/ssh_gate.h"
#include "sys/ssh_known.h"
#include "sys/ssh_script.h"

/* Made by ssh-keygen of OpenSSH 9.2; the hashed names by ssh-keygen -H, the fingerprint by -l. */
#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPHcbs4HuAUUbfb7KsJoh7mxtypZ/KmoDf6r4k7cTBNH"
#define OTHER                                                                                      \
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBMM968JWAPHIj39Sm5Pk" \
    "FWqC2DKdSMRKcVay9ZLmCxFob/4fWuWE5BRU+5Ufslg/g1lmcZ1aUGj5pOSVtyXy/iw="
#define FINGERPRINT "SHA256:xbG7xq9og+11PITPP+zZeHrRluc6upMAfV/AWuZ8hoQ"
#define HASHED_WEB1 "|1|OAjbgzXa6DXqCh71CUBNjyyu0uE=|aD+pSybW3HZsiFpIiGbgOue4h84= " KEY "\n"
#define HASHED_WEB2 "|1|sLLkC4jhRR07uO0nMiEW2XtVb80=|AGvE10u79BVG76WgW2FE0Cp4qiI= " KEY "\n"

static void a_key_is_known_only_as_the_files_say(void **state)
{
    static const struct {
        const char *files;
        const char *host;
        unsigned port;
        enum ssh_known expected;
    } cases[] = {
        {"", "web1", 22, SSH_KNOWN_NOT},
        {"web1 " KEY "\n", "web1", 22, SSH_KNOWN_SAME},
        {"web1 " KEY, "web1", 22, SSH_KNOWN_SAME},
        {"WEB1\t" KEY " a remark\n", "web1", 22, SSH_KNOWN_SAME},
        {"web1 " OTHER "\n", "web1", 22, SSH_KNOWN_OTHER},
        {"web1 " OTHER "\nweb1 " KEY "\n", "web1", 22, SSH_KNOWN_SAME},
        {"web10 " KEY "\n", "web1", 22, SSH_KNOWN_NOT},
        {"web1 " KEY "\n", "web1", 2222, SSH_KNOWN_NOT},
        {"[web1]:2222 " KEY "\n", "web1", 2222, SSH_KNOWN_SAME},
        {"[web1]:2222 " KEY "\n", "web1", 22, SSH_KNOWN_NOT},
        {"a,web1,10.0.0.1 " KEY "\n", "10.0.0.1", 22, SSH_KNOWN_SAME},
        {"web? " KEY "\n", "web1", 22, SSH_KNOWN_SAME},
        {"*.example.org " KEY "\n", "a.b.example.org", 22, SSH_KNOWN_SAME},
        {"*.example.org " KEY "\n", "example.org", 22, SSH_KNOWN_NOT},
        {"web*,!web1 " KEY "\n", "web1", 22, SSH_KNOWN_NOT},
        {"web*,!web1 " KEY "\n", "web2", 22, SSH_KNOWN_SAME},
        {HASHED_WEB1, "web1", 22, SSH_KNOWN_SAME},
        {HASHED_WEB1, "web2", 22, SSH_KNOWN_NOT},
        {HASHED_WEB2, "web2", 2222, SSH_KNOWN_SAME},
        {HASHED_WEB2, "web2", 22, SSH_KNOWN_NOT},
        {"web1 " KEY "\n@revoked web1 " KEY "\n", "web1", 22, SSH_KNOWN_REVOKED},
        {"@revoked * " KEY "\n", "web1", 22, SSH_KNOWN_REVOKED},
        {"@revoked web1 " OTHER "\n", "web1", 22, SSH_KNOWN_NOT},
        {"@cert-authority * " KEY "\n", "web1", 22, SSH_KNOWN_NOT},
        {"# web1 " KEY "\n", "web1", 22, SSH_KNOWN_NOT},
        {"web1\nweb1 ssh-ed25519\n|1|x|y " KEY "\n\n  \n", "web1", 22, SSH_KNOWN_NOT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (ssh_known_look(str_of(cases[i].files), str_of(cases[i].host), cases[i].port,
                           STR(KEY)) != cases[i].expected)
            fail_msg("case %zu: %s", i, cases[i].files);
}

static void the_kinds_that_are_recorded_are_asked_for_first(void **state)
{
    CLEANUP_BUF struct buf kinds = {0};

    (void)state;
    ssh_known_kinds(STR("web1 " OTHER "\nweb2 ssh-rsa AAAA\nweb1 " KEY "\nweb1 " KEY "\n"),
                    STR("web1"), 22, &kinds);
    assert_string_equal(buf_text(&kinds), "ecdsa-sha2-nistp256,ssh-ed25519");
}

static void a_fingerprint_is_that_of_ssh_keygen(void **state)
{
    CLEANUP_BUF struct buf text = {0};
    struct err e;

    (void)state;
    assert_int_equal(ssh_fingerprint(&text, STR(KEY), &e), 0);
    assert_string_equal(buf_text(&text), FINGERPRINT);
    assert_int_equal(ssh_fingerprint(&text, STR("ssh-ed25519 no base64"), &e), ERR_FORMAT);
}

/* Strings of RFC 4251 §5. */
static void add_string(struct buf *b, struct str s)
{
    buf_addc(b, (char)(s.len >> 24));
    buf_addc(b, (char)(s.len >> 16));
    buf_addc(b, (char)(s.len >> 8));
    buf_addc(b, (char)s.len);
    buf_addstr(b, s);
}

/* What a request for a signature may be made of. */
struct request {
    const char *user;
    const char *service;
    const char *method;
    const char *key_asked;
    const char *key_in;
    char request; /* 50 for a log-in */
    const char *more;
    bool is_allowed;
};

static void write_request(struct buf *out, const struct request *r)
{
    CLEANUP_BUF struct buf data = {0};

    add_string(&data, STR("0123456789abcdef0123456789abcdef"));
    buf_addc(&data, r->request);
    add_string(&data, str_of(r->user));
    add_string(&data, str_of(r->service));
    add_string(&data, str_of(r->method));
    buf_addc(&data, 1);
    add_string(&data, STR("ssh-ed25519"));
    add_string(&data, str_of(r->key_in));
    buf_adds(&data, r->more);
    buf_addc(out, 13); /* SSH_AGENTC_SIGN_REQUEST */
    add_string(out, str_of(r->key_asked));
    add_string(out, buf_str(&data));
    buf_add(out, "\0\0\0\0", 4);
}

#define SERVICE "ssh-connection"
static const struct request requests[] = {
    {"ana", SERVICE, "publickey", "K", "K", 50, "", true},
    {"root", SERVICE, "publickey", "K", "K", 50, "", false},
    {"ana", "ssh-userauth", "publickey", "K", "K", 50, "", false},
    {"ana", SERVICE, "hostbased", "K", "K", 50, "", false},
    {"ana", SERVICE, "publickey", "K", "L", 50, "", false},
    {"ana", SERVICE, "publickey", "K", "K", 51, "", false},
    {"ana", SERVICE, "publickey", "K", "K", 50, "x", false},
};

static void the_gate_lets_only_log_ins_of_its_user_through(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        CLEANUP_BUF struct buf message = {0};

        write_request(&message, &requests[i]);
        assert_int_equal(ssh_gate_allows(buf_str(&message), STR("ana")), requests[i].is_allowed);
        for (size_t len = 0; len < message.len; len++)
            assert_false(ssh_gate_allows(str_head(buf_str(&message), len), STR("ana")));
    }
    /* What OpenSSH's own tools have signed for files and mail. */
    assert_false(ssh_gate_allows(STR("\x0d\0\0\0\1K\0\0\0\6SSHSIG\0\0\0\0"), STR("ana")));
}

static void send_frame(int fd, struct str message)
{
    CLEANUP_BUF struct buf frame = {0};

    add_string(&frame, message);
    assert_int_equal(file_write_fd(fd, frame.p, frame.len, "a socket", NULL), 0);
}

static void receive_frame(int fd, struct buf *out)
{
    uint8_t head[4];

    assert_int_equal(recv(fd, head, sizeof(head), MSG_WAITALL), 4);
    buf_clear(out);
    assert_int_equal(recv(fd, buf_room(out, head[3]), head[3], MSG_WAITALL), head[3]);
    out->len = head[3];
}

static void the_gate_passes_on_and_refuses_by_itself(void **state)
{
    CLEANUP_BUF struct buf login = {0};
    CLEANUP_BUF struct buf got = {0};
    int agent[2];
    int fd;
    pid_t pid;
    int status;

    (void)state;
    write_request(&login, &requests[0]);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, agent), 0);
    assert_int_equal(ssh_gate_start(agent[1], "ana", &fd, &pid, NULL), 0);
    fd_close(agent[1]);
    send_frame(fd, STR("\x13")); /* SSH_AGENTC_REMOVE_ALL_IDENTITIES */
    receive_frame(fd, &got);
    assert_true(str_is(buf_str(&got), "\5")); /* SSH_AGENT_FAILURE */
    for (int i = 0; i < SSH_GATE_SIGNATURES; i++) {
        send_frame(fd, buf_str(&login));
        receive_frame(agent[0], &got);
        assert_true(str_eq(buf_str(&got), buf_str(&login)));
        send_frame(agent[0], STR("\x0esigned"));
        receive_frame(fd, &got);
        assert_true(str_is(buf_str(&got), "\x0esigned"));
    }
    send_frame(fd, buf_str(&login));
    receive_frame(fd, &got);
    assert_true(str_is(buf_str(&got), "\5"));
    fd_close(fd);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    fd_close(agent[0]);
}

#define WORD "0123456789abcdef0123456789abcdef"

static void lines_of_a_host_say_what_they_say_and_nothing_else(void **state)
{
    static const struct {
        const char *line;
        enum ssh_said expected;
    } cases[] = {
        {"", SSH_SAID_NOTHING},
        {"Welcome to web1", SSH_SAID_NOTHING},
        {"ready", SSH_SAID_NOTHING},
        {"0123456789abcdef0123456789abcdee ready", SSH_SAID_NOTHING},
        {WORD, SSH_SAID_NOTHING},
        {WORD " other", SSH_SAID_NOTHING},
        {WORD " ready", SSH_SAID_READY},
        {WORD " none", SSH_SAID_NONE},
        {WORD " room", SSH_SAID_ROOM},
        {WORD " cut", SSH_SAID_CUT},
        {WORD " stays", SSH_SAID_STAYS},
        {WORD " machine", SSH_SAID_MACHINE},
        {WORD " no 1 noexec", SSH_SAID_UNFIT},
        {WORD " no 4 noexec", SSH_SAID_NOTHING},
        {WORD " at 2 1000", SSH_SAID_PLACED},
        {WORD " at 0 1000", SSH_SAID_NOTHING},
        {WORD " at 2 4294967296", SSH_SAID_NOTHING},
        {WORD " at 2 ../../etc", SSH_SAID_NOTHING},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ssh_footprint f = {0};

        if (ssh_script_read(str_of(cases[i].line), WORD, &f) != cases[i].expected)
            fail_msg("case %zu: %s", i, cases[i].line);
    }
}

static void a_file_is_said_to_be_left_until_it_is_gone(void **state)
{
    struct ssh_footprint f = {0};
    CLEANUP_BUF struct buf path = {0};

    (void)state;
    (void)ssh_script_read(STR(WORD " no 1 noexec"), WORD, &f);
    assert_int_equal(f.unfit[SSH_PLACE_SHM], SSH_UNFIT_NOEXEC);
    assert_false(f.is_left);
    (void)ssh_script_read(STR(WORD " at 2 1000"), WORD, &f);
    assert_true(f.is_left);
    ssh_footprint_path(&path, &f);
    assert_string_equal(buf_text(&path), "/run/user/1000/.calm-" WORD);
    (void)ssh_script_read(STR(WORD " ready"), WORD, &f);
    assert_false(f.is_left);
    (void)ssh_script_read(STR(WORD " at 1 0"), WORD, &f);
    (void)ssh_script_read(STR(WORD " stays"), WORD, &f);
    (void)ssh_script_read(STR(WORD " ready"), WORD, &f);
    assert_true(f.is_left);
}

static void nothing_that_a_shell_reads_otherwise_is_plain(void **state)
{
    static const char odd[] = "'\"\\$`;&|<>(){}[]*?!~#%^\n\t";

    (void)state;
    assert_true(ssh_arguments_are_plain(STR("--to 00ff --output - --limit 10M a@b:/c_d=e,f")));
    for (size_t i = 0; i + 1 < sizeof(odd); i++)
        assert_false(ssh_arguments_are_plain((struct str){&odd[i], 1}));
    assert_false(ssh_arguments_are_plain((struct str){"a\0b", 3}));
}

/* What a carrier that was taken over sends; it is this program with a planted one in its place. */
static void send_kind(uint32_t kind, const void *bytes, uint32_t size)
{
    struct carrier_head head = {kind, size};

    if (file_write_fd(CARRIER_CONTROL_FD, &head, sizeof(head), "a socket", NULL) ||
        file_write_fd(CARRIER_CONTROL_FD, bytes, size, "a socket", NULL))
        _exit(1);
}

static void send_step(uint32_t step)
{
    send_kind(CARRIER_STEP, &step, sizeof(step));
}

static void run_up_to(enum ssh_step step)
{
    send_step(SSH_STEP_KEY);
    send_kind(CARRIER_KEY, KEY, sizeof(KEY) - 1);
    send_step(step);
}

static void plant_unknown_kind(void)
{
    send_kind(77, "x", 1);
}
static void plant_message_to_itself(void)
{
    send_kind(CARRIER_TRUST, "", 0);
}
static void plant_large_message(void)
{
    struct carrier_head head = {CARRIER_BYTES, CARRIER_MESSAGE_LIMIT + 1};

    (void)!write(CARRIER_CONTROL_FD, &head, sizeof(head));
}
static void plant_bytes_before_the_key(void)
{
    send_kind(CARRIER_BYTES, "x", 1);
}
static void plant_log_in_without_key(void)
{
    send_step(SSH_STEP_LOGGED_IN);
}
static void plant_two_keys(void)
{
    run_up_to(SSH_STEP_KEY);
    send_kind(CARRIER_KEY, KEY, sizeof(KEY) - 1);
}
static void plant_step_back(void)
{
    run_up_to(SSH_STEP_LOGGED_IN);
    send_step(SSH_STEP_CONNECTED);
}
static void plant_step_that_there_is_not(void)
{
    run_up_to(SSH_STEP_COUNT_);
}
static void send_question(uint32_t asked, const char *words)
{
    char body[64];
    size_t len = strlen(words);

    memcpy(body, &asked, sizeof(asked));
    memcpy(body + sizeof(asked), words, len);
    send_kind(CARRIER_ASK, body, (uint32_t)(sizeof(asked) + len));
}
static void plant_question_before_the_key(void)
{
    send_question(SSH_ASKED_PASSWORD, "");
}
static void plant_short_question(void)
{
    run_up_to(SSH_STEP_KEY);
    send_kind(CARRIER_ASK, "x", 1);
}
static void plant_question_that_there_is_not(void)
{
    run_up_to(SSH_STEP_KEY);
    send_question(SSH_ASKED_COUNT_, "");
}
static void plant_sudo_that_nobody_wanted(void)
{
    run_up_to(SSH_STEP_LOGGED_IN);
    send_question(SSH_ASKED_SUDO, "");
}
static void plant_sudo_before_the_log_in(void)
{
    run_up_to(SSH_STEP_KEY);
    send_question(SSH_ASKED_SUDO, "");
}
static void plant_sudo_again_and_again(void)
{
    run_up_to(SSH_STEP_LOGGED_IN);
    for (int i = 0; i <= CARRIER_SUDO_COUNT; i++)
        send_question(SSH_ASKED_SUDO, "");
}
static void plant_question_after_the_log_in(void)
{
    run_up_to(SSH_STEP_RUNS);
    send_question(SSH_ASKED_WORDS, "Passphrase of your key?");
}
static void plant_place_that_there_is_not(void)
{
    struct carrier_footprint f = {.place = SSH_PLACE_COUNT_};

    send_kind(CARRIER_FOOTPRINT, &f, sizeof(f));
}
static void plant_short_footprint(void)
{
    send_kind(CARRIER_FOOTPRINT, "x", 1);
}
static void plant_end_that_is_too_early(void)
{
    send_kind(CARRIER_END, "\0\0\0\0", 4);
}
static void plant_code_that_does_not_exist(void)
{
    send_kind(CARRIER_END, "\1\0\0\0", 4);
}
static void plant_status_that_nobody_asked_for(void)
{
    run_up_to(SSH_STEP_RUNS);
    send_kind(CARRIER_STATUS, "\0\0\0\0", 4);
}
static void plant_status_before_it_runs(void)
{
    run_up_to(SSH_STEP_LOGGED_IN);
    send_kind(CARRIER_STATUS, "\0\0\0\0", 4);
}
static void plant_short_status(void)
{
    run_up_to(SSH_STEP_RUNS);
    send_kind(CARRIER_STATUS, "x", 1);
}
static void plant_silent_end(void)
{
}
static void plant_more_than_wanted(void)
{
    static const char bytes[1000];

    run_up_to(SSH_STEP_RUNS);
    for (int i = 0; i < 10; i++)
        send_kind(CARRIER_BYTES, bytes, sizeof(bytes));
}
static void plant_crash(void)
{
    (void)raise(CONFINE_SANITIZED ? SIGABRT : SIGSEGV); /* which sanitizers catch */
}
static void plant_forbidden_call(void)
{
    (void)raise(SIGSYS);
}
static void plant_silence(void)
{
    (void)sleep(60);
}

static const struct planted {
    const char *name; /* of the host */
    void (*act)(void);
    int expected;
} planted[] = {
    {"unknown-kind", plant_unknown_kind, ERR_TAMPER},
    {"message-to-itself", plant_message_to_itself, ERR_TAMPER},
    {"large-message", plant_large_message, ERR_TAMPER},
    {"bytes-before-the-key", plant_bytes_before_the_key, ERR_TAMPER},
    {"log-in-without-key", plant_log_in_without_key, ERR_TAMPER},
    {"two-keys", plant_two_keys, ERR_TAMPER},
    {"step-back", plant_step_back, ERR_TAMPER},
    {"no-such-step", plant_step_that_there_is_not, ERR_TAMPER},
    {"question-before-the-key", plant_question_before_the_key, ERR_TAMPER},
    {"question-after-the-log-in", plant_question_after_the_log_in, ERR_TAMPER},
    {"short-question", plant_short_question, ERR_TAMPER},
    {"no-such-question", plant_question_that_there_is_not, ERR_TAMPER},
    {"sudo-not-wanted", plant_sudo_that_nobody_wanted, ERR_TAMPER},
    {"sudo-early", plant_sudo_before_the_log_in, ERR_TAMPER},
    {"sudo-again", plant_sudo_again_and_again, ERR_TAMPER},
    {"no-such-place", plant_place_that_there_is_not, ERR_TAMPER},
    {"short-footprint", plant_short_footprint, ERR_TAMPER},
    {"early-end", plant_end_that_is_too_early, ERR_TAMPER},
    {"no-such-code", plant_code_that_does_not_exist, ERR_TAMPER},
    {"status-unasked", plant_status_that_nobody_asked_for, ERR_TAMPER},
    {"fed-early-status", plant_status_before_it_runs, ERR_TAMPER},
    {"fed-short-status", plant_short_status, ERR_TAMPER},
    {"silent-end", plant_silent_end, ERR_TAMPER},
    {"more-than-wanted", plant_more_than_wanted, ERR_LIMIT},
    {"crash", plant_crash, ERR_FORMAT},
    {"forbidden-call", plant_forbidden_call, ERR_TAMPER},
    {"silence", plant_silence, ERR_LIMIT},
};

static void become_planted(int argc, char **argv)
{
    char message[4096];
    ssize_t n;

    if (argc != 2 || strcmp(argv[1], carrier_marker) != 0)
        return;
    n = read(CARRIER_CONTROL_FD, message, sizeof(message) - 1);
    if (n < (ssize_t)(sizeof(struct carrier_head) + sizeof(struct carrier_start)))
        _exit(1);
    message[n] = '\0';
    for (size_t i = 0; i < COUNT_OF(planted); i++)
        if (strcmp(message + sizeof(struct carrier_head) + sizeof(struct carrier_start),
                   planted[i].name) == 0)
            planted[i].act();
    _exit(0);
}

static unsigned keys_judged;
static unsigned secrets_given;

static int trust(void *context, struct str key, struct err *e)
{
    (void)context;
    (void)e;
    assert_true(str_is(key, KEY));
    keys_judged++;
    return 0;
}

static int give_secret(void *context, enum ssh_asked asked, struct str question, struct buf *out,
                       struct err *e)
{
    (void)context;
    (void)asked;
    (void)question;
    (void)e;
    secrets_given++;
    buf_adds(out, "secret");
    return 0;
}

static int drop(void *context, struct str bytes, struct err *e)
{
    (void)context;
    (void)bytes;
    (void)e;
    return 0;
}

static int carry(const char *host, struct err *e)
{
    CLEANUP(ssh_carrier_freep) struct ssh_carrier *c = NULL;
    const struct ssh_receiver to = {.key = trust, .secret = give_secret, .bytes = drop};
    const struct ssh_errand errand = {.host = host,
                                      .port = 22,
                                      .user = "ana",
                                      .key_kinds = "",
                                      .arguments = "",
                                      .program = -1,
                                      .agent = -1,
                                      .may_ask = true,
                                      .wants_sudo = strcmp(host, "sudo-again") == 0,
                                      .feed = str_starts(str_of(host), "fed-") ? SSH_FEED_SHELL
                                                                               : SSH_FEED_NONE,
                                      .quiet_s = 1,
                                      .most = 5000};
    int rc = ssh_carrier_start(&c, &errand, &to, e);

    if (rc)
        return rc;
    do {
        struct pollfd p = {.fd = ssh_carrier_fd(c), .events = POLLIN};

        (void)poll(&p, 1, ssh_carrier_wait_ms(c));
        rc = ssh_carrier_take(c, e);
    } while (rc == 1);
    return rc;
}

static void a_carrier_that_was_taken_over_is_stopped_and_gets_no_secret(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(planted); i++) {
        struct err e = {0};

        keys_judged = 0;
        if (carry(planted[i].name, &e) != planted[i].expected)
            fail_msg("%s: %s", planted[i].name, e.text);
        assert_true(keys_judged <= 1);
    }
    assert_int_equal(secrets_given, CARRIER_SUDO_COUNT); /* of the one that was let ask */
}

static void what_is_no_host_or_user_starts_nothing(void **state)
{
    static const char *const odd[] = {"", "-oProxyCommand=x", "a b", "a;b", "$(id)", "a\nb"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(odd); i++)
        assert_int_equal(carry(odd[i], NULL), ERR_USAGE);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_known_only_as_the_files_say),
        cmocka_unit_test(the_kinds_that_are_recorded_are_asked_for_first),
        cmocka_unit_test(a_fingerprint_is_that_of_ssh_keygen),
        cmocka_unit_test(the_gate_lets_only_log_ins_of_its_user_through),
        cmocka_unit_test(the_gate_passes_on_and_refuses_by_itself),
        cmocka_unit_test(lines_of_a_host_say_what_they_say_and_nothing_else),
        cmocka_unit_test(a_file_is_said_to_be_left_until_it_is_gone),
        cmocka_unit_test(nothing_that_a_shell_reads_otherwise_is_plain),
        cmocka_unit_test(a_carrier_that_was_taken_over_is_stopped_and_gets_no_secret),
        cmocka_unit_test(what_is_no_host_or_user_starts_nothing),
    };

    become_planted(argc, argv);
    ssh_gate_main_if_asked(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
