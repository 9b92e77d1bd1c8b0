/* test_notify_spelling.c: letters as each channel spells them, and hostile names and texts within
 * them. Expected values are those of the standards named, written by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "notify/channel.h"
#include "notify/mail_text.h"
#include "base/mem.h"

static const struct letter plain = {.id = {{0xAB, 0xCD}},
                                    .when = {.sec = 784111777},
                                    .name = {"Eva Brandt", 10},
                                    .address = {"eva@example.org", 15},
                                    .subject = {"Hello", 5},
                                    .text = {"one\ntwo", 7},
                                    .label = "TLP:AMBER"};
#define ID "abcd0000000000000000000000000000"

static void text_is(struct buf *got, const char *wanted)
{
    assert_string_equal(buf_text(got), wanted);
    buf_release(got);
}

static void a_header_cannot_be_ended_by_what_is_in_it(void **state)
{
    /* Base64 by hand: "a" 0D 0A → two spaces; "Bcc: x@y" */
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"Eva Brandt", "To: Eva Brandt\r\n"},
        {"a\r\nBcc: x@y", "To: =?utf-8?B?YSAgQmNjOiB4QHk=?=\r\n"},
        {"=?utf-8?Q?x?=", "To: =?utf-8?B?PT91dGYtOD9RP3g/PQ==?=\r\n"},
        {"M\xC3\xBCller", "To: =?utf-8?B?TcO8bGxlcg==?=\r\n"},
        {"x\"<y>", "To: =?utf-8?B?eCI8eT4=?=\r\n"},
        {"\xFF", "To: =?utf-8?B?77+9?=\r\n"},
        {" a", "To: =?utf-8?B?IGE=?=\r\n"},
        {"", "To: \r\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf b = {0};

        mail_header(&b, "To", str_of(cases[i].text));
        text_is(&b, cases[i].wanted);
    }
}

static void no_line_of_a_header_is_longer_than_78(void **state)
{
    CLEANUP_BUF struct buf words = {0};
    CLEANUP_BUF struct buf b = {0};
    struct str rest;

    (void)state;
    for (int i = 0; i < 40; i++)
        buf_adds(&words, i % 2 ? "\xE2\x82\xAC" : "wort ");
    mail_header(&b, "Subject", buf_str(&words));
    buf_clear(&words);
    for (int i = 0; i < 40; i++)
        buf_adds(&words, "word ");
    buf_adds(&words, "end");
    mail_header(&b, "Subject", buf_str(&words));
    for (rest = buf_str(&b); rest.len;)
        assert_true(str_cut(&rest, '\n').len <= 79); /* with its CR */
    assert_null(memmem(b.p, b.len, "\n\r", 2));
}

static void a_date_is_as_rfc_5322_says(void **state)
{
    struct buf b = {0};

    (void)state;
    /* The moment of RFC 9110 §5.6.7, Sun, 06 Nov 1994 08:49:37 GMT: 784111777 s. */
    mail_header_date(&b, plain.when);
    text_is(&b, "Date: Sun, 06 Nov 1994 08:49:37 +0000\r\n");
}

static void a_text_is_quoted_printable(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"one\ntwo", "one\r\ntwo\r\n"},
        {"a=b", "a=3Db\r\n"},
        {"\xC3\xBC", "=C3=BC\r\n"},
        {"end ", "end=20\r\n"},
        {".", "=2E\r\n"},
        {"From x", "=46rom x\r\n"},
        {"a\rb", "a=0Db\r\n"},
        {"\n\nx", "\r\n\r\nx\r\n"},
        {"--=_boundary", "--=3D_boundary\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf b = {0};

        mail_quoted_printable(&b, str_of(cases[i].text));
        text_is(&b, cases[i].wanted);
    }
}

static void a_long_line_is_broken_softly_before_76(void **state)
{
    CLEANUP_BUF struct buf line = {0};
    CLEANUP_BUF struct buf b = {0};
    struct str rest;

    (void)state;
    buf_addn(&line, 'x', 75);
    buf_addn(&line, '.', 500);
    mail_quoted_printable(&b, buf_str(&line));
    for (rest = buf_str(&b); rest.len;) {
        struct str one = str_cut(&rest, '\n');

        assert_true(one.len <= 77);
        assert_false(str_starts(one, "."));
    }
}

static void an_address_is_plain_or_none(void **state)
{
    static const struct {
        const char *address;
        bool is_fit;
    } cases[] = {
        {"eva@example.org", true},
        {"eva+x.y@a-b.example", true},
        {"eva", false},
        {"@example.org", false},
        {"eva@", false},
        {"eva@@example.org", false},
        {"eva@example.org> RCPT TO:<x", false},
        {"eva@example.org\r\nDATA", false},
        {"eva @example.org", false},
        {".eva@example.org", false},
        {"eva..x@example.org", false},
        {"eva@-x.org", false},
        {"eva@example.org.", false},
        {"\"eva\"@example.org", false},
        {"ev\xC3\xA4@example.org", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(mail_address(str_of(cases[i].address), NULL) == 0, cases[i].is_fit);
}

static void the_outside_of_a_mail_says_nothing(void **state)
{
    struct buf b = {0};

    (void)state;
    mail_outer(&b, &plain, STR("calm@example.org"), "pgp", STR("-----BEGIN\nx\n"));
    text_is(&b, "From: <calm@example.org>\r\n"
                "To: Eva Brandt\r\n <eva@example.org>\r\n"
                "Date: Sun, 06 Nov 1994 08:49:37 +0000\r\n"
                "Message-ID: <" ID "@calm.invalid>\r\n"
                "Subject: [...]\r\n"
                "MIME-Version: 1.0\r\n"
                "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\";\r\n"
                " boundary=\"=_" ID "\"\r\n\r\n"
                "--=_" ID "\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n"
                "--=_" ID "\r\nContent-Type: application/octet-stream; name=\"encrypted.asc\"\r\n"
                "Content-Disposition: inline; filename=\"encrypted.asc\"\r\n\r\n"
                "-----BEGIN\r\nx\r\n\r\n--=_" ID "--\r\n");
    mail_inner(&b, &plain);
    text_is(&b,
            "Subject: Hello\r\nHP-Outer: Subject: [...]\r\n"
            "Content-Type: text/plain; charset=utf-8; protected-headers=\"v1\"; hp=\"cipher\"\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\none\r\ntwo\r\n");
}

/* A post by an account that is given as settings; released by the caller. */
static int spell(const char *settings, const struct letter *l, struct post *out)
{
    CLEANUP(settings_freep) struct settings *s = NULL;
    struct err e = {0};
    const struct account *a;

    if (settings_parse(&s, "test", str_of(settings), &e))
        fail_msg("%s", e.text);
    a = settings_account(s, STR("a"));
    return account_kind(a)->spell(l, a, STR(""), out, &e);
}

static void bodies_are_escaped_by_their_format(void **state)
{
    static const char hostile[] = "q\" b\\ n\n t\t <&> \xE2\x80\xAE";
    static const struct {
        const char *settings, *wanted;
    } cases[] = {
        {"[a]\nkind=webhook\nurl=https://x\nshape=slack\n",
         "{\"text\":\"q\\\" b\\\\ n\\n t\\u0009 &lt;&amp;&gt; \\u202e\"}"},
        {"[a]\nkind=matrix\nurl=https://x\ntoken=t\nroom=!r:x\n",
         "{\"msgtype\":\"m.text\",\"body\":\"q\\\" b\\\\ n\\n t\\u0009 <&> \\u202e\"}"},
        {"[a]\nkind=sms\nurl=https://x\nshape=json\n",
         "{\"to\":\"+49123\",\"text\":\"q\\\" b\\\\ n\\n t\\u0009 <&> \\u202e\"}"},
        {"[a]\nkind=sms\nurl=https://x\nshape=form\n",
         "to=%2B49123&text=q%22+b%5C+n%0A+t%09+%3C%26%3E+%E2%80%AE"},
        {"[a]\nkind=syslog\nurl=local\n", "<133>calm: q\" b\\ n /  t  <&> \xE2\x80\xAE"},
        {"[a]\nkind=syslog\nurl=tls://x\n",
         "77 <133>1 1994-11-06T08:49:37.000000Z - calm - NOTIFY - \xEF\xBB\xBFq\" b\\ n /  t  <&> "
         "\xE2\x80\xAE"},
        {"[a]\nkind=ntfy\nurl=https://x\ntopic=t\n", hostile},
    };
    struct letter l = plain;

    (void)state;
    l.text = str_of(hostile);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_POST struct post p = {0};

        l.address = STR("");
        if (strstr(cases[i].settings, "sms"))
            l.address = STR("+49-1 23");
        assert_int_equal(spell(cases[i].settings, &l, &p), 0);
        assert_string_equal(buf_text(&p.texts[POST_BODY]), cases[i].wanted);
    }
}

static void an_address_of_each_kind_is_judged(void **state)
{
    static const struct {
        const char *kind, *address;
        bool is_fit;
    } cases[] = {
        {"matrix", "!abc:example.org", true},
        {"matrix", "#abc:example.org", false},
        {"matrix", "!abc", false},
        {"ntfy", "eva-17_x", true},
        {"ntfy", "../x", false},
        {"ntfy", "", false},
        {"sms", "+49 171-123", true},
        {"sms", "0171 123", true},
        {"sms", "12", false},
        {"sms", "+49;rm", false},
        {"sms", "4+9171", false},
        {"sms", "1234567890123456", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(
            channel_kind_find(str_of(cases[i].kind))->address(str_of(cases[i].address), NULL) == 0,
            cases[i].is_fit);
}

static void a_signature_is_the_hmac_that_openssl_computes(void **state)
{
    /* The body is fixed by the letter, so the value was computed with: printf %s BODY | openssl
     * dgst -sha256 -hmac Jefe */
    CLEANUP_POST struct post p = {0};
    struct letter l = plain;

    (void)state;
    l.text = STR("x");
    assert_int_equal(spell("[a]\nkind=webhook\nurl=https://x\nshape=json\nsecret=Jefe\n", &l, &p),
                     0);
    assert_string_equal(buf_text(&p.texts[POST_BODY]),
                        "{\"id\":\"" ID "\",\"label\":\"TLP:AMBER\",\"to\":\"Eva Brandt\","
                        "\"subject\":\"Hello\",\"text\":\"x\"}");
    assert_string_equal(
        buf_text(&p.texts[POST_HEADERS]),
        "Content-Type: application/json\nIdempotency-Key: " ID "\n"
        "X-Calm-Signature: "
        "sha256=e77b041fd3cd8f685e357791553b53c13728011e9780382d6279eb2c3326a5d2\n");
}

static void what_a_server_said_is_cleaned(void **state)
{
    static const struct {
        const char *said, *wanted;
    } cases[] = {
        {"250 OK\r\n", "250 OK"},
        {"a\x1b[31mb", "a [31mb"},
        {"\xFF\xFE", ""},
        {"a\xE2\x80\xAE"
         "b",
         "a b"},
        {"a\xEF\xBB\xBF\xC2\xAD"
         "b",
         "a b"},
        {"\xC3\xBC", "\xC3\xBC"},
        {"  a  b  ", "a b"},
    };
    char out[POST_SAID_SIZE + 1];
    CLEANUP_BUF struct buf many = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        post_clean(out, str_of(cases[i].said));
        assert_string_equal(out, cases[i].wanted);
        assert_true(post_is_clean(str_of(out)));
    }
    for (int i = 0; i < 300; i++)
        buf_adds(&many, "\xE2\x82\xAC");
    post_clean(out, buf_str(&many));
    assert_int_equal(strlen(out), 198); /* 66 signs of three bytes each */
    assert_false(post_is_clean(STR("a\nb")));
    assert_false(post_is_clean(buf_str(&many)));
}

static void an_order_is_read_as_it_was_written_and_nothing_else_is(void **state)
{
    CLEANUP_POST struct post p = {.kind = POST_HTTP, .wall_s = 7, .can_repeat = true};
    CLEANUP_POST struct post again = {0};
    CLEANUP_BUF struct buf bytes = {0};

    (void)state;
    channel_put(&p, POST_URL, STR("https://x"));
    channel_put(&p, POST_BODY, STR("\0b"));
    post_write(&bytes, &p);
    assert_int_equal(post_read(&again, buf_str(&bytes), NULL), 0);
    assert_int_equal(again.kind, POST_HTTP);
    assert_true(again.can_repeat);
    assert_string_equal(buf_text(&again.texts[POST_URL]), "https://x");
    assert_int_equal(again.texts[POST_BODY].len, 2);
    for (size_t cut = 0; cut < bytes.len; cut++) {
        struct post none = {0};

        assert_int_equal(post_read(&none, str_head(buf_str(&bytes), cut), NULL), ERR_FORMAT);
    }
    buf_addc(&bytes, 'x');
    assert_int_equal(post_read(&again, buf_str(&bytes), NULL), ERR_FORMAT);
}

static void a_secret_is_cut_out_of_what_is_said(void **state)
{
    CLEANUP(settings_freep) struct settings *s = NULL;
    char said[] = "no t0p and t0p for u";

    (void)state;
    assert_int_equal(
        settings_parse(&s, "test",
                       STR("[a]\nkind=sms\nurl=https://x\nshape=form\nuser=u\npassword=t0p\n"),
                       NULL),
        0);
    account_redact(settings_account(s, STR("a")), said);
    assert_string_equal(said, "no *** and *** for u");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_cannot_be_ended_by_what_is_in_it),
        cmocka_unit_test(no_line_of_a_header_is_longer_than_78),
        cmocka_unit_test(a_date_is_as_rfc_5322_says),
        cmocka_unit_test(a_text_is_quoted_printable),
        cmocka_unit_test(a_long_line_is_broken_softly_before_76),
        cmocka_unit_test(an_address_is_plain_or_none),
        cmocka_unit_test(the_outside_of_a_mail_says_nothing),
        cmocka_unit_test(bodies_are_escaped_by_their_format),
        cmocka_unit_test(an_address_of_each_kind_is_judged),
        cmocka_unit_test(a_signature_is_the_hmac_that_openssl_computes),
        cmocka_unit_test(what_a_server_said_is_cleaned),
        cmocka_unit_test(an_order_is_read_as_it_was_written_and_nothing_else_is),
        cmocka_unit_test(a_secret_is_cut_out_of_what_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
