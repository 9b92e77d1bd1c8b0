/* test_contain_flood.c: lines of access logs, and what is made of a flood. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "contain/flood.h"

/* 2026-11-26T07:24:10Z, and a log kept one hour east of that. */
static const struct attempt_clock stamps = {.now = 1795677850, .zone_s = 3600};

struct line_case {
    const char *line;
    const char *source; /* NULL: it is refused */
    long long second;
    unsigned status;
    const char *path;
    const char *agent;
};

/* The first two are the examples of Apache's mod_log_config manual; seconds by date -d. */
static const struct line_case lines[] = {
    {"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] \"GET /apache_pb.gif HTTP/1.0\" 200 2326",
     "127.0.0.1", 971211336, 200, "/apache_pb.gif", ""},
    {"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] \"GET /apache_pb.gif HTTP/1.0\" 200 2326 "
     "\"http://www.example.com/start.html\" \"Mozilla/4.08 [en] (Win98; I ;Nav)\"",
     "127.0.0.1", 971211336, 200, "/apache_pb.gif", "Mozilla/4.08 [en] (Win98; I ;Nav)"},
    {"www.example.org 192.0.2.9 - - [29/Feb/2024:23:59:60 +0530] \"POST /a?b=c HTTP/2.0\" 503 0 "
     "\"-\" \"x\"",
     "192.0.2.9", 1709231400, 503, "/a", "x"},
    {"2001:db8::7 - - [01/Jan/1970:00:00:00 +0000] \"\" 408 - \"-\" \"-\"", "2001:db8::7", 0, 408,
     "", "-"},
    {"192.0.2.1 - - [01/Mar/2023:00:00:00 +0000] \"GET /a\\\"b HTTP/1.1\" 200 1 \"-\" \"a\\\"b\"",
     "192.0.2.1", 1677628800, 200, "/a\\\"b", "a\\\"b"},
    {"192.0.2.1 - - [01/Foo/2023:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1", NULL, 0, 0, "", ""},
    {"192.0.2.1 - - [01/Mar/2023:24:00:00 +0000] \"GET / HTTP/1.1\" 200 1", NULL, 0, 0, "", ""},
    {"192.0.2.256 - - [01/Mar/2023:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1", NULL, 0, 0, "", ""},
    {"web host - - [01/Mar/2023:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1", NULL, 0, 0, "", ""},
    {"192.0.2.1 - - [01/Mar/2023:00:00:00 +0000] \"GET / HTTP/1.1", NULL, 0, 0, "", ""},
    {"192.0.2.1 - - [01/Mar/2023:00:00:00", NULL, 0, 0, "", ""},
    {"[", NULL, 0, 0, "", ""},
};

static void a_line_of_an_access_log_is_read_as_its_manual_says(void **unused)
{
    struct flood_clock clock = {.minute = 0};

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        const struct line_case *c = &lines[i];
        struct flood_line l;
        char text[NET_TEXT_SIZE];
        bool is_read = flood_line_read(str_of(c->line), &clock, &l);

        if (is_read != (c->source != NULL))
            fail_msg("%s", c->line);
        if (!is_read)
            continue;
        assert_string_equal(net_text(text, &l.source), c->source);
        assert_int_equal(l.second, c->second);
        assert_int_equal(l.status, c->status);
        assert_true(str_is(l.path, c->path));
        assert_true(str_is(l.agent, c->agent));
    }
}

/* Common Log Format has no agent, and a request may be empty: neither is one of the words told. */
static void what_a_line_does_not_say_is_not_counted(void **unused)
{
    CLEANUP(flood_freep) struct flood *f = flood_new(7, &stamps);
    CLEANUP_BUF struct buf told = {0};
    struct flood_verdict v;

    (void)unused;
    flood_add(f, str_of(lines[0].line));
    flood_add(f, str_of(lines[3].line));
    flood_judge(f, 0, &v);
    flood_tell(f, &v, &told);
    assert_non_null(strstr(buf_text(&told), "agent 2d 1 0 0\n"));
    assert_null(strstr(buf_text(&told), "agent  "));
    assert_null(strstr(buf_text(&told), "path  "));
}

static void add(struct flood *f, const char *source, int second)
{
    char line[256];

    snprintf(line, sizeof(line),
             "%s - - [01/Jan/1970:%02d:%02d:%02d +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"a\"",
             source, second / 3600, second / 60 % 60, second % 60);
    flood_add(f, str_of(line));
}

/* Ten people, a request each every ten seconds, for 20 minutes; from minute 10 on three others send
 * 20 requests a second each for two minutes. */
static struct flood *make(void)
{
    struct flood *f = flood_new(7, &stamps);
    char source[32];

    for (int second = 0; second < 1200; second++) {
        for (int person = 0; person < 10; person++) {
            snprintf(source, sizeof(source), "192.0.2.%d", person + 1);
            if (second % 10 == person)
                add(f, source, second);
        }
        for (int bot = 0; bot < 3 && second >= 600 && second < 720; bot++) {
            snprintf(source, sizeof(source), "203.0.113.%d", bot + 1);
            for (int i = 0; i < 20; i++)
                add(f, source, second);
        }
    }
    return f;
}

struct attempt_case {
    const char *line;
    enum attempt what;
    const char *source;
    const char *user;
    long long second; /* by date -d */
    unsigned count;
};

#define FAILED " web1 sshd[812]: Failed password for "
/* Spelled as OpenSSH's auth.c does; the last of them as syslogd and Solaris wrap it. A stamp
 * without a year is of the latest one that is not ahead: of 10 December, last year's. */
static const struct attempt_case attempts[] = {
    {"Nov 26 07:24:10" FAILED "root from 192.0.2.7 port 4711 ssh2", ATTEMPT_FAILED, "192.0.2.7",
     "root", 1795674250, 1},
    {"Dec 10 06:55:46" FAILED "invalid user web master from 2001:db8::7 port 1 ssh2",
     ATTEMPT_FAILED, "2001:db8::7", "web master", 1765346146, 1},
    {"Nov  6 07:24:10" FAILED "root from 192.0.2.7 port 1 ssh2", ATTEMPT_FAILED, "192.0.2.7",
     "root", 1793946250, 1},
    {"2026-11-26T07:24:10.123456+00:00" FAILED "a from 192.0.2.7 port 1 ssh2", ATTEMPT_FAILED,
     "192.0.2.7", "a", 1795677850, 1},
    {"2026-11-26T08:24:10+01:00 h sshd-session[1]: Accepted publickey for git from 192.0.2.8 port "
     "22 ssh2: ED25519 SHA256:x",
     ATTEMPT_ACCEPTED, "192.0.2.8", "git", 1795677850, 1},
    /* A name that says where somebody else comes from. */
    {"Nov 26 07:24:10" FAILED "invalid user x from 192.0.2.1 port 1 ssh2 from 203.0.113.9 port 2 "
     "ssh2",
     ATTEMPT_FAILED, "203.0.113.9", "x from 192.0.2.1 port 1 ssh2", 1795674250, 1},
    {"Nov 26 07:24:10 h sshd[1]: message repeated 5 times: [ Failed password for root from "
     "192.0.2.7 port 1 ssh2]",
     ATTEMPT_FAILED, "192.0.2.7", "root", 1795674250, 5},
    {"Nov 26 07:24:10 h sshd[1]: [ID 800047 auth.info] Failed keyboard-interactive for a from "
     "192.0.2.7 port 1 ssh2",
     ATTEMPT_FAILED, "192.0.2.7", "a", 1795674250, 1},
    {"Nov 26 07:24:10 h sshd(pam_unix)[1]: authentication failure; logname= uid=0 euid=0 "
     "tty=NODEVssh ruser= rhost=192.0.2.7  user=root",
     ATTEMPT_FAILED, "192.0.2.7", "root", 1795674250, 1},
    /* The name stands last there, too. */
    {"Nov 26 07:24:10 h sshd(pam_unix)[1]: authentication failure; logname= uid=0 euid=0 "
     "tty=NODEVssh ruser= rhost=192.0.2.7  user=x rhost=203.0.113.9",
     ATTEMPT_FAILED, "192.0.2.7", "x rhost=203.0.113.9", 1795674250, 1},
    {"Nov 26 07:24:10" FAILED "root from 192.0.2.7 port 1 ssh2 or so", ATTEMPT_NONE, "", "", 0, 0},
    {"Nov 26 07:24:10" FAILED "root from host.example port 1 ssh2", ATTEMPT_NONE, "", "", 0, 0},
    {"Nov 26 07:24:10 h sshd[1]: Failed publickey for git from 192.0.2.7 port 1 ssh2: RSA x",
     ATTEMPT_NONE, "", "", 0, 0},
    {"Nov 26 07:24:10 h su[1]: Failed password for root from 192.0.2.7 port 1 ssh2", ATTEMPT_NONE,
     "", "", 0, 0},
    {"Nov 26 07:24:10 h sshd[1]: message repeated 5000 times: [ Failed password for root from "
     "192.0.2.7 port 1 ssh2]",
     ATTEMPT_NONE, "", "", 0, 0},
    {"Nov 26 24:24:10" FAILED "root from 192.0.2.7 port 1 ssh2", ATTEMPT_NO_LINE, "", "", 0, 0},
    {"2026-13-26T07:24:10Z" FAILED "root from 192.0.2.7 port 1 ssh2", ATTEMPT_NO_LINE, "", "", 0,
     0},
    {"Nov 26 07:24:1", ATTEMPT_NO_LINE, "", "", 0, 0},
};

static void a_line_of_sshd_is_read_from_its_end(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT_OF(attempts); i++) {
        const struct attempt_case *c = &attempts[i];
        struct attempt_line l;
        char text[NET_TEXT_SIZE];

        if (attempt_line_read(str_of(c->line), &stamps, &l) != c->what)
            fail_msg("%s", c->line);
        if (c->what != ATTEMPT_FAILED && c->what != ATTEMPT_ACCEPTED)
            continue;
        assert_string_equal(net_text(text, &l.source), c->source);
        assert_int_equal(l.second, c->second);
        assert_int_equal(l.count, c->count);
        assert_true(str_is(l.user, c->user));
    }
}

/* Failed: 203.0.113.1 five times and a sixth user once, 203.0.113.2 four times, who is no guesser
 * yet, 192.0.2.1 five times before it got in, and 192.0.2.2 once. Of the guessers' 6 + 4 the rule
 * stops 6, and no log-in that succeeded. */
static void who_guesses_is_blocked_and_who_got_in_is_named(void **unused)
{
    static const struct {
        const char *source;
        const char *what;
        int count;
    } lines_of[] = {{"203.0.113.1", "Failed password for root", 5},
                    {"203.0.113.1", "Failed password for invalid user admin", 1},
                    {"203.0.113.2", "Failed password for root", 4},
                    {"192.0.2.1", "Failed password for ana", 5},
                    {"192.0.2.1", "Accepted password for ana", 1},
                    {"192.0.2.2", "Failed password for bo", 1},
                    {"192.0.2.2", "Accepted password for bo", 3}};
    CLEANUP(flood_freep) struct flood *f = flood_new(7, &stamps);
    CLEANUP_BUF struct buf told = {0}, blocked = {0};
    struct flood_verdict v;
    int64_t begin;
    char line[256];

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(lines_of); i++)
        for (int n = 0; n < lines_of[i].count; n++) {
            snprintf(line, sizeof(line), "Nov 26 07:00:00 h sshd[1]: %s from %s port 1 ssh2",
                     lines_of[i].what, lines_of[i].source);
            flood_add(f, str_of(line));
        }
    flood_add(f, STR("Nov 26 07:00:00 h cron[1]: done"));
    flood_add(f, STR("no line of a log"));
    assert_true(flood_is_attempts(f));
    assert_true(flood_begin(f, &begin));
    flood_judge(f, begin, &v);
    assert_int_equal(v.flood, 10);
    assert_int_equal(v.since, 16);
    assert_int_equal(v.good, 4);
    assert_int_equal(v.rule_count, 1);
    assert_int_equal(v.rules[0].networks, 1);
    assert_int_equal(v.rules[0].flood_dropped, 6);
    assert_int_equal(v.best, 0);
    flood_blocked(f, &v, &blocked);
    assert_string_equal(buf_text(&blocked), "203.0.113.1\n");
    flood_tell(f, &v, &told);
    assert_non_null(strstr(buf_text(&told), "count 16 16 1 0 4 10 4 4 16 1\n"));
    assert_non_null(strstr(buf_text(&told), "guessed 192.0.2.1 5 1 0\n"));
    assert_null(strstr(buf_text(&told), "guessed 192.0.2.2"));
    assert_non_null(strstr(buf_text(&told), "user 726f6f74 9 0 0\n")); /* root */
}

static void the_flood_begins_with_the_minute_that_stands_out(void **unused)
{
    CLEANUP(flood_freep) struct flood *f = make();
    CLEANUP(flood_freep) struct flood *none = flood_new(7, &stamps);
    int64_t begin = -1;

    (void)unused;
    assert_true(flood_begin(f, &begin));
    assert_int_equal(begin, 600);
    assert_false(flood_begin(none, &begin));
    for (int second = 0; second < 1200; second++)
        add(none, "192.0.2.1", second);
    assert_false(flood_begin(none, &begin));
}

/* 3 x 20 x 120 = 7,200 requests of the flood; 10 people x 120 = 1,200 others. Each person sends one
 * in ten seconds, so what is usual is the least that counts, 10. A bot sends 200 in ten seconds.
 * The limit is 10 x 3 / 2 / 10 + 1 = 2 a second and 10 at once: of each bot's 2,400 requests 10
 * pass at once and 2 a second for the 119 s after: 248. So 3 x 2,152 = 6,456 are dropped, and no
 * good one. The three bots are one /24: 7,200 - 248 = 6,952. */
static void rules_are_tried_on_what_was_recorded(void **unused)
{
    CLEANUP(flood_freep) struct flood *f = make();
    CLEANUP_BUF struct buf blocked = {0};
    struct flood_verdict v;

    (void)unused;
    flood_judge(f, 600, &v);
    assert_int_equal(v.flood, 7200);
    assert_int_equal(v.good, 1200);
    assert_int_equal(v.usual, 10);
    assert_int_equal(v.rule_count, 3);
    assert_string_equal(v.rules[0].action, "block");
    assert_int_equal(v.rules[0].networks, 3);
    assert_int_equal(v.rules[0].flood_dropped, 7200);
    assert_int_equal(v.rules[0].good_dropped, 0);
    assert_string_equal(v.rules[1].action, "limit");
    assert_int_equal(v.rules[1].rate, 2);
    assert_int_equal(v.rules[1].burst, 10);
    assert_int_equal(v.rules[1].flood_dropped, 6456);
    assert_int_equal(v.rules[1].good_dropped, 0);
    assert_int_equal(v.rules[2].prefix4, 24);
    assert_int_equal(v.rules[2].flood_dropped, 6952);
    assert_int_equal(v.best, 0);
    flood_blocked(f, &v, &blocked);
    assert_string_equal(buf_text(&blocked), "203.0.113.1\n203.0.113.2\n203.0.113.3\n");
}

/* Who came before is good, however much they send: no rule may take them away unseen. */
static void a_flood_of_those_who_came_before_gives_no_rule(void **unused)
{
    CLEANUP(flood_freep) struct flood *f = flood_new(7, &stamps);
    struct flood_verdict v;

    (void)unused;
    for (int second = 0; second < 1200; second++)
        for (int i = 0; i < (second < 600 ? 1 : 50); i++)
            add(f, "192.0.2.1", second);
    flood_judge(f, 600, &v);
    assert_int_equal(v.flood, 0);
    assert_int_equal(v.rules[0].networks, 0);
    assert_int_equal(v.best, -1);
}

/* 200,000 paths, each once, and one that makes up a third of all: it is not lost among them. */
static void what_is_asked_for_most_is_found_among_many(void **unused)
{
    CLEANUP(flood_freep) struct flood *f = flood_new(7, &stamps);
    CLEANUP_BUF struct buf out = {0};
    struct flood_verdict v;
    char line[256];

    (void)unused;
    for (int i = 0; i < 200000; i++) {
        snprintf(line, sizeof(line),
                 "192.0.2.1 - - [01/Jan/1970:00:00:00 +0000] \"GET /%d HTTP/1.1\" 200 1", i);
        flood_add(f, str_of(line));
        if (i % 2 == 0)
            flood_add(f, STR("192.0.2.1 - - [01/Jan/1970:00:00:00 +0000] \"GET /often HTTP/1.1\" "
                             "200 1"));
    }
    flood_judge(f, 0, &v);
    flood_tell(f, &v, &out);
    /* "/often" in hex; nothing was forgotten of it, since it is never among the rarest. */
    assert_non_null(strstr(buf_text(&out), "path 2f6f6674656e 100000 0 0\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_of_an_access_log_is_read_as_its_manual_says),
        cmocka_unit_test(what_a_line_does_not_say_is_not_counted),
        cmocka_unit_test(a_line_of_sshd_is_read_from_its_end),
        cmocka_unit_test(who_guesses_is_blocked_and_who_got_in_is_named),
        cmocka_unit_test(the_flood_begins_with_the_minute_that_stands_out),
        cmocka_unit_test(rules_are_tried_on_what_was_recorded),
        cmocka_unit_test(a_flood_of_those_who_came_before_gives_no_rule),
        cmocka_unit_test(what_is_asked_for_most_is_found_among_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
