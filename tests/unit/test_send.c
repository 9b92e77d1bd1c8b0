/* test_send.c: doc/format/bundle.md section 4, each side against bytes made by hand, and both
 * against each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <cmocka.h>
#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/mem.h"
#include "collect/send.h"
#include "sys/file.h"
#include "sys/receive.h"
#include "sys/worker.h"

#define TOKEN "abc-123"
/* The key of RFC 8032 §7.1, test 2; the collection is the head of sha256sum of its 32 bytes. */
#define SEED "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
#define PUBLIC "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
#define ID "39f713d0a644253f04529421b9f51b9b"
/* The same of test 3. */
#define OTHER_SEED "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"
/* SHA-256 of "hello", by sha256sum. */
#define HELLO_HASH "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

enum { STEP_MS = 20, STEP_COUNT = 200, EVENT_COUNT = 32 };

static struct address local(uint16_t port)
{
    struct address a = {0};
    char text[32];

    snprintf(text, sizeof(text), "127.0.0.1:%u", port);
    assert_int_equal(address_read(str_of(text), &a, NULL), 0);
    return a;
}

static void send_all(int fd, const void *bytes, size_t size)
{
    assert_int_equal(send(fd, bytes, size, MSG_NOSIGNAL), size);
}

static void say(int fd, const char *text)
{
    send_all(fd, text, strlen(text));
}

static void put_message(struct buf *out, char type, const void *bytes, size_t size)
{
    buf_addc(out, type);
    for (int i = 0; i < 4; i++)
        buf_addc(out, (char)(size >> (8 * i)));
    buf_add(out, bytes, size);
}

static void say_data(int fd, const char *text)
{
    CLEANUP_BUF struct buf out = {0};

    put_message(&out, 'D', text, strlen(text));
    send_all(fd, out.p, out.len);
}

static void say_end(int fd, uint64_t size, const char *hash)
{
    CLEANUP_BUF struct buf out = {0};
    uint8_t bytes[40];

    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(size >> (8 * i));
    assert_true(hex_read(bytes + 8, 32, str_of(hash)));
    put_message(&out, 'E', bytes, sizeof(bytes));
    send_all(fd, out.p, out.len);
}

/* ---- the receiver, and senders made by hand ---------------------------------------------- */

struct side {
    char folder[64];
    struct receive *receive;
    enum receive_kind kinds[EVENT_COUNT];
    size_t count;
    struct hash hash;
};

static int note_event(void *context, const struct receive_event *event, struct err *e)
{
    struct side *side = context;

    (void)e;
    assert_true(side->count < EVENT_COUNT);
    side->kinds[side->count++] = event->kind;
    if (event->kind == RECEIVE_WHOLE)
        side->hash = event->sha256;
    return 0;
}

static void listen_with(struct side *side, const struct receive_options *limits)
{
    struct receive_options options = *limits;

    options.at = local(0);
    options.folder = side->folder;
    options.token = TOKEN;
    if (!options.spare)
        options.spare = 1;
    receive_close(side->receive);
    side->receive = NULL;
    assert_int_equal(receive_open(&side->receive, &options, note_event, side, NULL), 0);
}

static void listen_again(struct side *side)
{
    listen_with(side, &(struct receive_options){.most = 0});
}

static int begin(void **state)
{
    struct side *side = mem_new(struct side);

    snprintf(side->folder, sizeof(side->folder), "/tmp/calm-send-XXXXXX");
    assert_non_null(mkdtemp(side->folder));
    listen_again(side);
    *state = side;
    return 0;
}

static int finish(void **state)
{
    struct side *side = *state;
    DIR *folder = opendir(side->folder);

    for (struct dirent *d; (d = readdir(folder));)
        (void)unlinkat(dirfd(folder), d->d_name, 0);
    closedir(folder);
    assert_int_equal(rmdir(side->folder), 0);
    receive_close(side->receive);
    free(side);
    return 0;
}

static int call(struct side *side)
{
    struct address to = local(receive_port(side->receive));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&to.at, to.size), 0);
    return fd;
}

/* Serves until so many bytes came back, or the connection ended; their number comes back. */
static size_t hear(struct side *side, int fd, char *out, size_t size)
{
    size_t got = 0;

    for (int i = 0; i < STEP_COUNT && got < size; i++) {
        ssize_t n;

        assert_int_equal(receive_step(side->receive, STEP_MS, NULL), 0);
        n = recv(fd, out + got, size - got, MSG_DONTWAIT);
        if (n == 0)
            return got;
        got += n > 0 ? (size_t)n : 0;
    }
    return got;
}

static void expect(struct side *side, int fd, const char *bytes, size_t size)
{
    char got[256];

    assert_true(size <= sizeof(got));
    assert_int_equal(hear(side, fd, got, size), size);
    assert_memory_equal(got, bytes, size);
}

/* The receiver's 32 bytes: "prove HEX". */
static void hear_nonce(struct side *side, int fd, uint8_t nonce[32])
{
    char line[71] = "";

    assert_int_equal(hear(side, fd, line, sizeof(line)), sizeof(line));
    assert_memory_equal(line, "prove ", 6);
    assert_true(hex_read(nonce, 32, (struct str){line + 6, 64}));
    assert_int_equal(line[70], '\n');
}

/* doc/format/bundle.md section 4.1, put together here. */
static void say_proof(int fd, const char *seed_hex, const uint8_t nonce[32], const char *token)
{
    uint8_t seed[32];
    uint8_t public[32];
    uint8_t secret[64];
    uint8_t signature[64];
    uint8_t id[16];
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf line = {0};

    assert_true(hex_read(seed, 32, str_of(seed_hex)) && hex_read(id, 16, STR(ID)));
    crypto_sign_seed_keypair(public, secret, seed);
    buf_adds(&text, "calm-send/2\n");
    buf_add(&text, nonce, 32);
    buf_add(&text, id, 16);
    buf_adds(&text, token);
    crypto_sign_detached(signature, NULL, (const uint8_t *)text.p, text.len, secret);
    hex_add(&line, public, 32);
    buf_addc(&line, ' ');
    hex_add(&line, signature, 64);
    buf_addc(&line, '\n');
    send_all(fd, line.p, line.len);
}

static int prove(struct side *side, const char *seed)
{
    uint8_t nonce[32];
    int fd = call(side);

    say(fd, "calm-send/2 " TOKEN " " ID "\n");
    hear_nonce(side, fd, nonce);
    say_proof(fd, seed, nonce, TOKEN);
    return fd;
}

static int greet(struct side *side, const char *have)
{
    int fd = prove(side, SEED);

    expect(side, fd, have, strlen(have));
    return fd;
}

static void expect_closed(struct side *side, int fd)
{
    char got[64];

    assert_int_equal(hear(side, fd, got, 1), 0);
    assert_true(recv(fd, got, 1, MSG_DONTWAIT) <= 0);
    close(fd);
}

static void expect_file(struct side *side, const char *ending, const char *content)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf bytes = {0};

    buf_addf(&path, "%s/" ID ".%s", side->folder, ending);
    assert_int_equal(file_read(&bytes, buf_text(&path), 1 << 20, NULL), 0);
    assert_string_equal(buf_text(&bytes), content);
}

static void expect_kinds(const struct side *side, const enum receive_kind *kinds, size_t count)
{
    assert_int_equal(side->count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(side->kinds[i], kinds[i]);
}
#define EXPECT_KINDS(side, ...)                                                                    \
    expect_kinds(side, (const enum receive_kind[]){__VA_ARGS__},                                   \
                 sizeof((const enum receive_kind[]){__VA_ARGS__}) / sizeof(enum receive_kind))

static void a_bundle_is_confirmed_when_it_is_durable_and_whole(void **state)
{
    struct side *side = *state;
    struct hash hash;
    int fd = greet(side, "have 0\n");

    say_data(fd, "hel");
    expect(side, fd, "A\3\0\0\0\0\0\0\0", 9);
    say_data(fd, "lo");
    expect(side, fd, "A\5\0\0\0\0\0\0\0", 9);
    expect_file(side, "part", "hello");
    say_end(fd, 5, HELLO_HASH);
    expect(side, fd, "F", 1);
    expect_file(side, "calm", "hello");
    assert_true(hex_read(hash.b, 32, STR(HELLO_HASH)));
    assert_true(hash_eq(&side->hash, &hash));
    EXPECT_KINDS(side, RECEIVE_BEGUN, RECEIVE_WHOLE);
    expect_closed(side, fd);
}

static void a_lost_connection_is_gone_on_with_where_it_was(void **state)
{
    struct side *side = *state;
    int fd = greet(side, "have 0\n");

    say_data(fd, "he");
    expect(side, fd, "A\2\0\0\0\0\0\0\0", 9);
    send_all(fd, "D\x09", 2); /* a message that was cut */
    close(fd);
    fd = greet(side, "have 2\n");
    say_data(fd, "l");
    expect(side, fd, "A\3\0\0\0\0\0\0\0", 9); /* else the next may come first */
    close(fd);
    fd = greet(side, "have 3\n");
    say_data(fd, "lo");
    expect(side, fd, "A\5\0\0\0\0\0\0\0", 9);
    say_end(fd, 5, HELLO_HASH);
    expect(side, fd, "F", 1);
    expect_file(side, "calm", "hello");
    close(fd);
}

static void a_receiver_that_is_started_anew_goes_on_with_what_lies_there(void **state)
{
    struct side *side = *state;
    int fd = greet(side, "have 0\n");

    say_data(fd, "hell");
    expect(side, fd, "A\4\0\0\0\0\0\0\0", 9);
    listen_again(side);
    close(fd);
    fd = greet(side, "have 4\n");
    say_data(fd, "o");
    expect(side, fd, "A\5\0\0\0\0\0\0\0", 9);
    say_end(fd, 5, HELLO_HASH);
    expect(side, fd, "F", 1);
    close(fd);
    listen_again(side);
    fd = greet(side, "have 5\n"); /* who did not hear the F asks again */
    say_end(fd, 5, HELLO_HASH);
    expect(side, fd, "F", 1);
    close(fd);
    EXPECT_KINDS(side, RECEIVE_BEGUN, RECEIVE_RESUMED, RECEIVE_WHOLE, RECEIVE_RESUMED);
}

static void what_is_not_what_was_sent_is_refused(void **state)
{
    static const uint64_t sizes[] = {4, 6, 5};
    struct side *side = *state;

    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        char hash[65] = HELLO_HASH;
        int fd = greet(side, i ? "have 5\n" : "have 0\n");

        if (i == 0) {
            say_data(fd, "hello");
            expect(side, fd, "A\5\0\0\0\0\0\0\0", 9);
        }
        if (sizes[i] == 5)
            hash[63] = '5';
        say_end(fd, sizes[i], hash);
        expect(side, fd, "X", 1);
        expect_closed(side, fd);
    }
    EXPECT_KINDS(side, RECEIVE_BEGUN, RECEIVE_REFUSED, RECEIVE_RESUMED, RECEIVE_RESUMED);
    expect_file(side, "part", "hello");
}

static void who_does_not_greet_as_the_page_says_gets_no_answer_and_no_file(void **state)
{
    static const char *const greetings[] = {
        "calm-send/2 abc-124 " ID "\n",
        "calm-send/2 abc-12 " ID "\n",
        "calm-send/2 abc-1234 " ID "\n",
        "calm-send/2  " ID "\n",
        "calm-send/2 abc_123 " ID "\n",
        "calm-send/1 " TOKEN " " ID "\n",
        "calm-send/2 " TOKEN " " ID "0\n",
        "calm-send/2 " TOKEN " 0011223344556677889900112233445\n",
        "calm-send/2 " TOKEN " 00112233445566778899AABBCCDDEEFF\n",
        "calm-send/2 " TOKEN " ../../../../../../../../../etc/x\n",
        "calm-send/2 " TOKEN "\n",
        "GET / HTTP/1.1\r\n",
        "\n",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "a",
    };
    struct side *side = *state;

    for (size_t i = 0; i < COUNT_OF(greetings); i++) {
        int fd = call(side);

        say(fd, greetings[i]);
        expect_closed(side, fd);
    }
    /* Of many from one address one is told, and how many there were with the next, later. */
    EXPECT_KINDS(side, RECEIVE_REFUSED);
    assert_int_equal(rmdir(side->folder), 0); /* it is empty */
    assert_int_equal(folder_make(side->folder, 0700, NULL), 0);
}

static void nobody_goes_on_with_the_bundle_of_another(void **state)
{
    static const char never[] = "no it cannot prove that this bundle is its own\n";
    static const char *const proofs[] = {"\n", "zz zz\n", PUBLIC "\n", PUBLIC " " PUBLIC "\n"};
    struct side *side = *state;
    uint8_t nonce[32];
    uint8_t old[32];
    int fd = call(side);

    say(fd, "calm-send/2 " TOKEN " " ID "\n");
    hear_nonce(side, fd, old);
    say_proof(fd, SEED, old, TOKEN);
    expect(side, fd, "have 0\n", 7);
    say_data(fd, "mine");
    expect(side, fd, "A\4\0\0\0\0\0\0\0", 9);
    close(prove(side, OTHER_SEED)); /* a key, but not the one that the collection is named for */
    for (size_t i = 0; i < COUNT_OF(proofs); i++) {
        int other = call(side);

        say(other, "calm-send/2 " TOKEN " " ID "\n");
        hear_nonce(side, other, nonce);
        say(other, proofs[i]);
        expect_closed(side, other);
    }
    for (int i = 0; i < 3; i++) {
        int other = call(side);

        say(other, "calm-send/2 " TOKEN " " ID "\n");
        hear_nonce(side, other, nonce);
        assert_memory_not_equal(nonce, old, sizeof(old));
        if (i == 0)
            say_proof(other, OTHER_SEED, nonce, TOKEN);
        else if (i == 1)
            say_proof(other, SEED, old, TOKEN); /* said before, and heard on the way */
        else
            say_proof(other, SEED, nonce, "other-token"); /* made for another receiver */
        expect(side, other, never, strlen(never));
        expect_closed(side, other);
    }
    say_data(fd, "!"); /* the first goes on undisturbed */
    expect(side, fd, "A\5\0\0\0\0\0\0\0", 9);
    expect_file(side, "part", "mine!");
    close(fd);
}

static void messages_that_cannot_be_end_the_connection(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {{"Z\0\0\0\0", 5},         {"Z", 1},           {"D\0\0\0\0", 5},
                 {"D\1\0\1\0", 5}, /* 65,537 bytes */
                 {"D\xff\xff\xff\xff", 5}, {"E\x27\0\0\0", 5}, {"E\x29\0\0\0", 5}};
    struct side *side = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int fd = greet(side, "have 0\n");

        send_all(fd, cases[i].bytes, cases[i].size);
        expect_closed(side, fd);
    }
    EXPECT_KINDS(side, RECEIVE_REFUSED);
    assert_int_equal(rmdir(side->folder), 0);
    assert_int_equal(folder_make(side->folder, 0700, NULL), 0);
}

static void expect_words(struct side *side, int fd, char letter, const char *words)
{
    char got[256];
    size_t size = 2 + strlen(words);

    assert_int_equal(hear(side, fd, got, size), size);
    assert_int_equal(got[0], letter);
    assert_int_equal(got[1], strlen(words));
    assert_memory_equal(got + 2, words, strlen(words));
}

static void more_than_is_taken_is_refused_in_words(void **state)
{
    static const struct {
        struct receive_options limits;
        char letter;
        const char *words;
    } cases[] = {{{.most = 4}, 'N', "no more than 4 bytes is taken of one bundle"},
                 {{.most_address = 4}, 'N', "no more than 4 bytes is taken from one address"},
                 {{.most_all = 4}, 'N', "no more than 4 bytes is taken of all bundles together"},
                 {{.spare = (uint64_t)1000 * 1000 * 1000 * 1000 * 1000},
                  'W',
                  "the receiver's disk is full but for 1.0 PB, which stay free"}};
    struct side *side = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int fd;

        listen_with(side, &cases[i].limits);
        fd = greet(side, "have 0\n");
        say_data(fd, "hello");
        expect_words(side, fd, cases[i].letter, cases[i].words);
        expect_closed(side, fd);
        assert_int_equal(side->kinds[side->count - 1], RECEIVE_REFUSED);
        assert_int_equal(rmdir(side->folder), 0); /* nothing was written */
        assert_int_equal(folder_make(side->folder, 0700, NULL), 0);
    }
}

static void what_lies_there_counts_for_all_together(void **state)
{
    struct side *side = *state;
    int fd = greet(side, "have 0\n");

    say_data(fd, "hell");
    expect(side, fd, "A\4\0\0\0\0\0\0\0", 9);
    close(fd);
    listen_with(side, &(struct receive_options){.most_all = 5});
    fd = greet(side, "have 4\n");
    say_data(fd, "oo");
    expect_words(side, fd, 'N', "no more than 5 bytes is taken of all bundles together");
    close(fd);
    expect_file(side, "part", "hell");
}

static void a_bundle_whose_sender_stays_away_is_cut_and_taken_no_more(void **state)
{
    static const char never[] =
        "no this bundle was given up and is kept as it was cut: collect again\n";
    struct side *side = *state;
    int fd;

    listen_with(side, &(struct receive_options){.patience_ms = 50});
    fd = greet(side, "have 0\n");
    say_data(fd, "hell");
    expect(side, fd, "A\4\0\0\0\0\0\0\0", 9);
    for (int i = 0; i < 10; i++) /* while it is connected it may be silent */
        assert_int_equal(receive_step(side->receive, STEP_MS, NULL), 0);
    EXPECT_KINDS(side, RECEIVE_BEGUN);
    close(fd);
    for (int i = 0; i < STEP_COUNT && side->count < 3; i++)
        assert_int_equal(receive_step(side->receive, STEP_MS, NULL), 0);
    EXPECT_KINDS(side, RECEIVE_BEGUN, RECEIVE_LOST, RECEIVE_CUT);
    fd = prove(side, SEED);
    expect(side, fd, never, strlen(never));
    expect_closed(side, fd);
    expect_file(side, "part", "hell");
}

static void a_file_that_was_changed_meanwhile_is_not_gone_on_with(void **state)
{
    static const char wait[] = "wait Structure needs cleaning\n";
    CLEANUP_BUF struct buf path = {0};
    struct side *side = *state;
    int fd = greet(side, "have 0\n");

    say_data(fd, "hell");
    expect(side, fd, "A\4\0\0\0\0\0\0\0", 9);
    close(fd);
    buf_addf(&path, "%s/" ID ".part", side->folder);
    for (int i = 0; i < STEP_COUNT && side->count < 2; i++)
        assert_int_equal(receive_step(side->receive, STEP_MS, NULL), 0);
    assert_int_equal(truncate(buf_text(&path), 2), 0);
    fd = prove(side, SEED);
    expect(side, fd, wait, strlen(wait));
    expect_closed(side, fd);
}

static void set_cork(int fd, int value)
{
    assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_CORK, &value, sizeof(value)), 0);
}

static void who_sends_before_it_is_told_where_to_go_on_is_refused(void **state)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf large = {0};
    struct side *side = *state;
    uint8_t nonce[32];
    int fd = call(side);

    /* So much that it is not read again in one step. */
    buf_addn(&large, 'x', 9 << 20);
    buf_addf(&path, "%s/" ID ".part", side->folder);
    assert_int_equal(file_write(buf_text(&path), buf_str(&large), 0600, NULL), 0);
    say(fd, "calm-send/2 " TOKEN " " ID "\n");
    hear_nonce(side, fd, nonce);
    set_cork(fd, 1); /* so that both come in one go */
    say_proof(fd, SEED, nonce, TOKEN);
    say_data(fd, "early");
    set_cork(fd, 0);
    expect_closed(side, fd);
    EXPECT_KINDS(side, RECEIVE_REFUSED);
    fd = greet(side, "have 9437184\n");
    close(fd);
}

static void a_new_connection_takes_over_from_one_that_seems_to_stand(void **state)
{
    struct side *side = *state;
    int old = greet(side, "have 0\n");
    int fd;

    say_data(old, "hel");
    expect(side, old, "A\3\0\0\0\0\0\0\0", 9);
    fd = greet(side, "have 3\n");
    expect_closed(side, old);
    say_data(fd, "lo");
    expect(side, fd, "A\5\0\0\0\0\0\0\0", 9);
    say_end(fd, 5, HELLO_HASH);
    expect(side, fd, "F", 1);
    EXPECT_KINDS(side, RECEIVE_BEGUN, RECEIVE_LOST, RECEIVE_RESUMED, RECEIVE_WHOLE);
    close(fd);
}

/* ---- the sender, and receivers made by hand ---------------------------------------------- */

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

enum { PAYLOAD_SIZE = 3 << 20, GREETING_SIZE = 12 + 7 + 1 + 32 + 1 };

/* What a receiver does in one connection. */
struct act {
    const char *answer;  /* to the proof; "": what it has; NULL: closes at the greeting */
    size_t take;         /* bytes of data that it takes before it closes; 0: until E */
    size_t forget;       /* of these, so many are not confirmed */
    const char *verdict; /* to E */
};

struct script {
    const struct act *acts;
    size_t count;
    int fd;
    struct buf got;
    bool is_wrong;
};

static bool read_all(int fd, void *out, size_t size)
{
    return recv(fd, out, size, MSG_WAITALL) == (ssize_t)size;
}

/* One message into the buffer; its type, or 0 at the end. */
static char take_message(struct script *s, int fd)
{
    uint8_t head[5];
    uint8_t bytes[65536];
    size_t size;

    if (!read_all(fd, head, sizeof(head)))
        return 0;
    size = (size_t)head[1] | (size_t)head[2] << 8 | (size_t)head[3] << 16 | (size_t)head[4] << 24;
    if (size > sizeof(bytes) || !read_all(fd, bytes, size))
        return 0;
    if (head[0] == 'D') {
        buf_add(&s->got, bytes, size);
        return 'D';
    }
    struct hash hash = hash_bytes(s->got.p, s->got.len);
    s->is_wrong |= head[0] != 'E' || size != 40 || memcmp(bytes + 8, hash.b, 32) != 0;
    for (int i = 0; i < 8; i++)
        s->is_wrong |= bytes[i] != (uint8_t)(s->got.len >> (8 * i));
    return 'E';
}

static void confirm(int fd, size_t size)
{
    uint8_t message[9] = {'A'};

    for (int i = 0; i < 8; i++)
        message[1 + i] = (uint8_t)(size >> (8 * i));
    (void)send(fd, message, sizeof(message), MSG_NOSIGNAL);
}

/* Asks for a proof, and checks it with the key that the sender says, which the collection is named
 * for. */
static bool hear_proof(struct script *s, int fd)
{
    static const char ask[] =
        "prove 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
    char line[64 + 1 + 128 + 1];
    uint8_t text[12 + 32 + 16 + 7] = "calm-send/2\n";
    uint8_t public[32];
    uint8_t signature[64];

    (void)send(fd, ask, strlen(ask), MSG_NOSIGNAL);
    if (!read_all(fd, line, sizeof(line)))
        return false;
    for (uint8_t i = 0; i < 32; i++)
        text[12 + i] = i;
    s->is_wrong |= !hex_read(public, 32, (struct str){line, 64}) || line[64] != ' ' ||
                   !hex_read(signature, 64, (struct str){line + 65, 128}) ||
                   !hex_read(text + 44, 16, STR(ID));
    memcpy(text + 60, TOKEN, 7);
    s->is_wrong |= crypto_sign_verify_detached(signature, text, sizeof(text), public) != 0;
    return true;
}

static void play(struct script *s, const struct act *act, int fd)
{
    char greeting[GREETING_SIZE];
    char have[512];
    size_t from = s->got.len;
    char type;

    s->is_wrong |= !read_all(fd, greeting, sizeof(greeting)) ||
                   memcmp(greeting, "calm-send/2 " TOKEN " " ID "\n", GREETING_SIZE) != 0;
    if (!act->answer || !hear_proof(s, fd))
        return;
    if (act->answer[0])
        snprintf(have, sizeof(have), "%s", act->answer);
    else
        snprintf(have, sizeof(have), "have %zu\n", s->got.len);
    (void)send(fd, have, strlen(have), MSG_NOSIGNAL);
    while ((type = take_message(s, fd)) == 'D') {
        if (act->take && s->got.len - from >= act->take)
            break;
        if (!act->take)
            confirm(fd, s->got.len);
    }
    if (act->take && type == 'D' && act->forget < act->take)
        confirm(fd, s->got.len - act->forget);
    if (type == 'E' && act->verdict)
        (void)send(fd, act->verdict, strlen(act->verdict), MSG_NOSIGNAL);
    if (act->forget) {
        s->got.len -= act->forget; /* it was not durable after all */
        s->got.p[s->got.len] = '\0';
    }
}

static void *play_all(void *context)
{
    struct script *s = context;

    for (size_t i = 0; i < s->count; i++) {
        int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);

        play(s, &s->acts[i], fd);
        /* What is not read would reset the connection, and the answer with it. */
        (void)shutdown(fd, SHUT_WR);
        if (s->acts[i].verdict || !s->acts[i].answer)
            for (char c; recv(fd, &c, 1, 0) > 0;)
                continue;
        close(fd);
    }
    close(s->fd);
    return NULL;
}

static uint16_t start(struct script *s, pthread_t *thread)
{
    struct address at = local(0);

    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&at.at, at.size), 0);
    assert_int_equal(listen(s->fd, 8), 0);
    at.size = sizeof(at.at);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at.at, &at.size), 0);
    assert_int_equal(pthread_create(thread, NULL, play_all, s), 0);
    return address_port(&at);
}

static void count_words(void *context, const char *words)
{
    assert_true(strlen(words) > 0);
    ++*(size_t *)context;
}

static struct sender_options options_to(uint16_t port, size_t *told)
{
    struct sender_options o = {
        .to = local(port), .token = TOKEN, .patience_s = 20, .told = count_words, .context = told};

    uint8_t seed[32];
    uint8_t public[32];

    assert_true(hex_read(seed, sizeof(seed), STR(SEED)));
    assert_true(hex_read(o.key.collection.b, sizeof(o.key.collection.b), STR(ID)));
    crypto_sign_seed_keypair(public, o.key.secret, seed);
    return o;
}

/* Bytes that differ at each offset, so that a shift shows. */
static void make_payload(struct buf *out)
{
    uint32_t x = 1;

    for (size_t i = 0; i < PAYLOAD_SIZE; i++) {
        x = x * 1664525 + 1013904223;
        buf_addc(out, (char)(x >> 24));
    }
}

/* Sends the payload; the error, and what the receiver got. */
static int send_payload(const struct act *acts, size_t count, struct script *s, size_t *told,
                        const struct buf *payload, int64_t patience_s)
{
    CLEANUP(sender_closep) struct sender *sender = NULL;
    struct sender_options o;
    pthread_t thread;
    int rc;

    *s = (struct script){.acts = acts, .count = count};
    o = options_to(start(s, &thread), told);
    o.patience_s = patience_s;
    rc = sender_open(&sender, &o, NULL);
    for (size_t at = 0; rc == 0 && at < payload->len; at += 1000)
        rc = sender_write(sender, payload->p + at,
                          payload->len - at < 1000 ? payload->len - at : 1000, NULL);
    if (rc == 0)
        rc = sender_end(sender, NULL);
    sender_close(MOVE(sender));
    pthread_join(thread, NULL);
    return rc;
}

static void a_sender_says_what_the_page_says(void **state)
{
    static const struct act acts[] = {{"have 0\n", 0, 0, "F"}};
    CLEANUP_BUF struct buf payload = {0};
    struct script s;
    size_t told = 0;

    (void)state;
    make_payload(&payload);
    assert_int_equal(send_payload(acts, COUNT_OF(acts), &s, &told, &payload, 20), 0);
    assert_false(s.is_wrong);
    assert_int_equal(s.got.len, PAYLOAD_SIZE);
    assert_memory_equal(s.got.p, payload.p, PAYLOAD_SIZE);
    assert_int_equal(told, 0);
    buf_release(&s.got);
}

/* All of the payload came, and so often something was told. */
static void expect_all(const struct act *acts, size_t count, size_t times)
{
    CLEANUP_BUF struct buf payload = {0};
    struct script s;
    size_t told = 0;

    make_payload(&payload);
    assert_int_equal(send_payload(acts, count, &s, &told, &payload, 20), 0);
    assert_false(s.is_wrong);
    assert_int_equal(s.got.len, PAYLOAD_SIZE);
    assert_memory_equal(s.got.p, payload.p, PAYLOAD_SIZE);
    assert_int_equal(told, times);
    buf_release(&s.got);
}

static void three_lost_connections_leave_no_trace_in_what_comes(void **state)
{
    static const struct act acts[] = {{"", 100000, 0, NULL},
                                      {"", 700000, 65536, NULL}, /* confirmed less than it took */
                                      {"", 65536, 1000, NULL},
                                      {"", 0, 0, "F"}};

    (void)state;
    expect_all(acts, COUNT_OF(acts), 6); /* three times lost, three times back */
}

static void a_receiver_that_cannot_be_right_is_an_error(void **state)
{
    static const struct {
        struct act act;
        int code;
    } cases[] = {{{NULL, 0, 0, NULL}, ERR_DENIED},
                 {{"have 1\n", 0, 0, NULL}, ERR_TAMPER},
                 {{"have 18446744073709551615\n", 0, 0, NULL}, ERR_TAMPER},
                 {{"have 18446744073709551616\n", 0, 0, NULL}, ERR_FORMAT},
                 {{"have -1\n", 0, 0, NULL}, ERR_FORMAT},
                 {{"220 mail ready\n", 0, 0, NULL}, ERR_FORMAT},
                 {{"have " ZEROS ZEROS ZEROS ZEROS, 0, 0, NULL}, ERR_FORMAT}, /* and no end */
                 {{"no it is too large\n", 0, 0, NULL}, ERR_LIMIT},
                 {{"no \x1b[2J\n", 0, 0, NULL}, ERR_FORMAT},
                 {{"wait \n", 0, 0, NULL}, ERR_FORMAT},
                 {{"have 0\n", 0, 0, "N\6enough"}, ERR_LIMIT},
                 {{"have 0\n", 0, 0, "X"}, ERR_TAMPER}};
    CLEANUP_BUF struct buf payload = {0};

    (void)state;
    make_payload(&payload);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct script s;
        size_t told = 0;

        assert_int_equal(send_payload(&cases[i].act, 1, &s, &told, &payload, 20), cases[i].code);
        buf_release(&s.got);
    }
}

static void who_is_told_to_wait_tries_again(void **state)
{
    static const struct act acts[] = {{"wait there are many\n", 0, 0, NULL},
                                      {"wait there are many\n", 0, 0, NULL},
                                      {"", 0, 0, "W\4full"},
                                      {"", 0, 0, "F"}};

    (void)state;
    expect_all(acts, COUNT_OF(acts), 4); /* wait; it is back; full; it is back */
}

static void a_key_is_new_each_time_and_names_its_collection(void **state)
{
    struct sender_key a;
    struct sender_key b;
    struct hash name;

    (void)state;
    sender_key_make(&a);
    sender_key_make(&b);
    assert_memory_not_equal(a.secret, b.secret, sizeof(a.secret));
    name = hash_bytes(a.secret + 32, 32); /* libsodium keeps the public half behind the seed */
    assert_memory_equal(a.collection.b, name.b, sizeof(a.collection.b));
}

static void patience_ends(void **state)
{
    static const struct act acts[] = {{"", 100000, 0, NULL}};
    CLEANUP_BUF struct buf payload = {0};
    struct script s;
    size_t told = 0;

    (void)state;
    make_payload(&payload);
    assert_int_equal(send_payload(acts, COUNT_OF(acts), &s, &told, &payload, 1), ERR_IO);
    assert_int_equal(told, 1);
    buf_release(&s.got);
}

static void where_nobody_listens_it_is_said_at_once(void **state)
{
    size_t told = 0;
    struct sender_options o = options_to(1, &told);
    struct sender *sender = NULL;
    struct err e = {0};

    (void)state;
    assert_int_equal(sender_open(&sender, &o, &e), ERR_IO);
    assert_non_null(strstr(e.text, "127.0.0.1:1"));
    assert_null(sender);
    o.token = "with space";
    assert_int_equal(sender_open(&sender, &o, &e), ERR_USAGE);
    o.token = "";
    assert_int_equal(sender_open(&sender, &o, &e), ERR_USAGE);
}

/* ---- both --------------------------------------------------------------------------------- */

struct serving {
    struct side *side;
    volatile bool is_over;
};

static void *serve(void *context)
{
    struct serving *s = context;

    while (!s->is_over)
        if (receive_step(s->side->receive, STEP_MS, NULL) != 0)
            return context;
    return NULL;
}

static void both_sides_agree_on_more_than_is_kept(void **state)
{
    CLEANUP(sender_closep) struct sender *sender = NULL;
    CLEANUP_BUF struct buf payload = {0};
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf got = {0};
    struct serving serving = {.side = *state};
    size_t told = 0;
    struct sender_options o = options_to(receive_port(serving.side->receive), &told);
    pthread_t thread;

    make_payload(&payload);
    assert_int_equal(pthread_create(&thread, NULL, serve, &serving), 0);
    assert_int_equal(sender_open(&sender, &o, NULL), 0);
    for (int i = 0; i < 7; i++) /* 21 MiB */
        assert_int_equal(sender_write(sender, payload.p, payload.len, NULL), 0);
    assert_int_equal(sender_end(sender, NULL), 0);
    serving.is_over = true;
    pthread_join(thread, NULL);
    buf_addf(&path, "%s/" ID ".calm", serving.side->folder);
    assert_int_equal(file_read(&got, buf_text(&path), 64 << 20, NULL), 0);
    assert_int_equal(got.len, 7 * PAYLOAD_SIZE);
    for (size_t i = 0; i < 7; i++)
        assert_memory_equal(got.p + i * PAYLOAD_SIZE, payload.p, PAYLOAD_SIZE);
    EXPECT_KINDS(serving.side, RECEIVE_BEGUN, RECEIVE_WHOLE);
}

static void addresses_are_numbers_with_a_port(void **state)
{
    static const char *const right[] = {"192.0.2.7:7000", "[2001:db8::7]:65535", "127.0.0.1:0",
                                        "[::]:1"};
    static const char *const wrong[] = {
        "web1:7000",      "192.0.2.7", "192.0.2.7:65536", "2001:db8::7:70", "[192.0.2.7]:70",
        "[2001:db8::7]",  ":70",       "192.0.2.7:70x",   "192.0.2.7:",     "[]:70",
        "192.0.2.256:70", ""};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(right); i++) {
        struct address a;
        char text[ADDRESS_TEXT_SIZE];

        assert_int_equal(address_read(str_of(right[i]), &a, NULL), 0);
        assert_string_equal(address_text(text, &a), right[i]);
    }
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct address a;

        assert_int_equal(address_read(str_of(wrong[i]), &a, NULL), ERR_USAGE);
    }
}

static void a_token_is_long_and_new_each_time(void **state)
{
    char a[RECEIVE_TOKEN_SIZE + 1];
    char b[RECEIVE_TOKEN_SIZE + 1];

    (void)state;
    receive_token_make(a);
    receive_token_make(b);
    assert_int_equal(strlen(a), 26);
    assert_string_not_equal(a, b);
}

#define WITH_SIDE(test) cmocka_unit_test_setup_teardown(test, begin, finish)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_numbers_with_a_port),
        cmocka_unit_test(a_token_is_long_and_new_each_time),
        WITH_SIDE(a_bundle_is_confirmed_when_it_is_durable_and_whole),
        WITH_SIDE(a_lost_connection_is_gone_on_with_where_it_was),
        WITH_SIDE(a_receiver_that_is_started_anew_goes_on_with_what_lies_there),
        WITH_SIDE(what_is_not_what_was_sent_is_refused),
        WITH_SIDE(who_does_not_greet_as_the_page_says_gets_no_answer_and_no_file),
        WITH_SIDE(messages_that_cannot_be_end_the_connection),
        WITH_SIDE(more_than_is_taken_is_refused_in_words),
        WITH_SIDE(what_lies_there_counts_for_all_together),
        WITH_SIDE(nobody_goes_on_with_the_bundle_of_another),
        WITH_SIDE(a_bundle_whose_sender_stays_away_is_cut_and_taken_no_more),
        WITH_SIDE(a_file_that_was_changed_meanwhile_is_not_gone_on_with),
        WITH_SIDE(who_sends_before_it_is_told_where_to_go_on_is_refused),
        WITH_SIDE(a_new_connection_takes_over_from_one_that_seems_to_stand),
        cmocka_unit_test(a_sender_says_what_the_page_says),
        cmocka_unit_test(three_lost_connections_leave_no_trace_in_what_comes),
        cmocka_unit_test(a_receiver_that_cannot_be_right_is_an_error),
        cmocka_unit_test(who_is_told_to_wait_tries_again),
        cmocka_unit_test(a_key_is_new_each_time_and_names_its_collection),
        cmocka_unit_test(patience_ends),
        cmocka_unit_test(where_nobody_listens_it_is_said_at_once),
        WITH_SIDE(both_sides_agree_on_more_than_is_kept),
    };

    worker_main_if_asked(argc, argv);
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
