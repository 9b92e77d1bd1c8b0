/* Time stamps (doc/format/journal.md §8): tokens of other programs, tokens of a throw-away
 * authority made here, and `openssl ts -verify` as the second opinion on each. */
#include "test_journal_authority.h"

static struct err failure;

/* 2020-06-01T12:00:00Z by date -u +%s; the certificates of the authority run from 2019 to 2021. */
enum { TOKEN_S = 1591012800, YEAR_S = 365 * 86400 };
#define TEXT "cj/1/00\n7\nAAAA\n"

/* The authorities of these tests; all certificates are long expired when this runs. */
static struct holder ca, tsa, other_ca, other_tsa, no_purpose, soft_purpose, too_early;
static struct buf ca_pem, tsa_pem, other_ca_pem;

static int set_up(void **state)
{
    int64_t from = TOKEN_S - YEAR_S;
    int64_t to = TOKEN_S + YEAR_S;
    const char *purpose = "critical,timeStamping";

    (void)state;
    if (!has_openssl())
        print_message("skipped: the second opinion; the program openssl is not there\n");
    snprintf(folder, sizeof(folder), "/tmp/test_journal_anchor.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    ca = issue("Throw-away CA", NULL, NULL, from, to);
    tsa = issue("Throw-away TSA", &ca, purpose, from, to);
    other_ca = issue("Another CA", NULL, NULL, from, to);
    other_tsa = issue("Another TSA", &other_ca, purpose, from, to);
    no_purpose = issue("Mail", &ca, "critical,emailProtection", from, to);
    soft_purpose = issue("Soft TSA", &ca, "timeStamping", from, to);
    too_early = issue("Young TSA", &ca, purpose, TOKEN_S + 86400, to);
    add_pem(&ca_pem, ca.certificate);
    add_pem(&tsa_pem, tsa.certificate);
    add_pem(&other_ca_pem, other_ca.certificate);
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"token", "data", "authority.pem", "request", NULL};
    struct holder *all[] = {&ca,         &tsa,          &other_ca, &other_tsa,
                            &no_purpose, &soft_purpose, &too_early};
    char path[128];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(all); i++)
        holder_release(all[i]);
    buf_release(&ca_pem);
    buf_release(&tsa_pem);
    buf_release(&other_ca_pem);
    for (size_t i = 0; names[i]; i++)
        unlink(file_of(path, names[i]));
    return rmdir(folder);
}

static int give_time(struct TS_resp_ctx *context, void *data, long *sec, long *usec)
{
    (void)context;
    (void)data;
    *sec = TOKEN_S;
    *usec = 250000;
    return 1;
}

static ASN1_INTEGER *give_serial(struct TS_resp_ctx *context, void *data)
{
    ASN1_INTEGER *serial = ASN1_INTEGER_new();

    (void)context;
    (void)data;
    ASN1_INTEGER_set(serial, 4711);
    return serial;
}

/* The response of an authority to a request. */
static void answer(struct buf *out, const struct holder *authority, struct str request)
{
    TS_RESP_CTX *context = TS_RESP_CTX_new();
    ASN1_OBJECT *policy = OBJ_txt2obj("1.2.3.4.1", 1);
    BIO *bio = BIO_new_mem_buf(request.p, (int)request.len);
    TS_RESP *response;
    unsigned char *der = NULL;
    int size;

    TS_RESP_CTX_set_serial_cb(context, give_serial, NULL);
    TS_RESP_CTX_set_time_cb(context, give_time, NULL);
    TS_RESP_CTX_set_clock_precision_digits(context, 3);
    assert_int_equal(TS_RESP_CTX_set_signer_cert(context, authority->certificate), 1);
    assert_int_equal(TS_RESP_CTX_set_signer_key(context, authority->key), 1);
    assert_int_equal(TS_RESP_CTX_set_def_policy(context, policy), 1);
    assert_int_equal(TS_RESP_CTX_add_md(context, EVP_sha256()), 1);
    TS_RESP_CTX_set_signer_digest(context, EVP_sha256());
    response = TS_RESP_create_response(context, bio);
    assert_non_null(response);
    size = i2d_TS_RESP(response, &der);
    assert_true(size > 0);
    buf_clear(out);
    buf_add(out, der, (size_t)size);
    OPENSSL_free(der);
    TS_RESP_free(response);
    BIO_free(bio);
    ASN1_OBJECT_free(policy);
    TS_RESP_CTX_free(context);
}

static void make_response(struct buf *out, const struct holder *authority, struct str text)
{
    CLEANUP_BUF struct buf request = {0};

    assert_int_equal(timestamp_request(&request, text, &failure), 0);
    answer(out, authority, buf_str(&request));
}

/* The token out of a response. */
static void make_token(struct buf *out, struct str response_der)
{
    const unsigned char *p = (const unsigned char *)response_der.p;
    TS_RESP *response = d2i_TS_RESP(NULL, &p, (long)response_der.len);
    unsigned char *der = NULL;
    int size;

    assert_non_null(response);
    size = i2d_PKCS7(TS_RESP_get_token(response), &der);
    assert_true(size > 0);
    buf_clear(out);
    buf_add(out, der, (size_t)size);
    OPENSSL_free(der);
    TS_RESP_free(response);
}

/* A token with the content of another, signed anew by whatever certificate: libcrypto's own
 * authority refuses to sign with an unfit one. */
static void sign_anew(struct buf *out, struct str response_der, const struct holder *signer,
                      unsigned flags)
{
    const unsigned char *p = (const unsigned char *)response_der.p;
    TS_RESP *response = d2i_TS_RESP(NULL, &p, (long)response_der.len);
    unsigned char *content = NULL;
    unsigned char *der = NULL;
    CMS_ContentInfo *cms;
    BIO *bio;
    int size = i2d_TS_TST_INFO(TS_RESP_get_tst_info(response), &content);

    assert_true(size > 0);
    bio = BIO_new_mem_buf(content, size);
    flags |= CMS_BINARY | CMS_PARTIAL | CMS_CADES;
    cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_BINARY | CMS_PARTIAL);
    assert_non_null(cms);
    assert_int_equal(CMS_set1_eContentType(cms, OBJ_nid2obj(NID_id_smime_ct_TSTInfo)), 1);
    assert_non_null(CMS_add1_signer(cms, signer->certificate, signer->key, EVP_sha256(), flags));
    assert_int_equal(CMS_final(cms, bio, NULL, CMS_BINARY), 1);
    size = i2d_CMS_ContentInfo(cms, &der);
    assert_true(size > 0);
    buf_clear(out);
    buf_add(out, der, (size_t)size);
    OPENSSL_free(der);
    OPENSSL_free(content);
    BIO_free(bio);
    CMS_ContentInfo_free(cms);
    TS_RESP_free(response);
}

/* Our verdict, after that of the openssl program was seen to be the same. */
static int check(const struct buf *der, struct str text, const struct buf *pem, bool bare)
{
    struct utc time = {-1, 0};
    int code = timestamp_check(buf_str(der), text, buf_str(pem), &time, &failure);

    if (has_openssl() &&
        openssl_takes(buf_str(der), text, buf_str(pem), TOKEN_S, bare) != (code == 0))
        fail_msg("openssl ts -verify sees it otherwise than %s", code ? failure.text : "we do");
    if (code == 0) {
        assert_int_equal(time.sec, TOKEN_S);
        assert_int_equal(time.ns, 250000000);
    } else {
        assert_int_equal(time.sec, -1);
    }
    return code;
}

static void a_stamp_valid_at_its_time_holds_though_all_certificates_expired_since(void **state)
{
    CLEANUP_BUF struct buf response = {0};
    CLEANUP_BUF struct buf token = {0};

    (void)state;
    make_response(&response, &tsa, STR(TEXT));
    make_token(&token, buf_str(&response));
    assert_int_equal(check(&response, STR(TEXT), &ca_pem, false), 0);
    assert_int_equal(check(&response, STR(TEXT), &tsa_pem, false), 0);
    assert_int_equal(check(&token, STR(TEXT), &ca_pem, true), 0);
    assert_int_equal(check(&token, STR(TEXT), &tsa_pem, true), 0);
}

static void a_stamp_over_another_text_does_not_hold(void **state)
{
    CLEANUP_BUF struct buf response = {0};
    struct utc time;

    (void)state;
    make_response(&response, &tsa, STR(TEXT));
    assert_int_equal(check(&response, STR(TEXT "x"), &ca_pem, false), ERR_TAMPER);
    assert_int_equal(check(&response, STR(""), &ca_pem, false), ERR_TAMPER);
    assert_int_equal(timestamp_check(buf_str(&response), STR(TEXT "x"), STR(""), &time, &failure),
                     ERR_TAMPER);
}

static void a_stamp_of_another_authority_does_not_hold(void **state)
{
    CLEANUP_BUF struct buf response = {0};
    struct utc time;

    (void)state;
    make_response(&response, &other_tsa, STR(TEXT));
    assert_int_equal(check(&response, STR(TEXT), &ca_pem, false), ERR_TAMPER);
    assert_int_equal(check(&response, STR(TEXT), &tsa_pem, false), ERR_TAMPER);
    assert_int_equal(check(&response, STR(TEXT), &other_ca_pem, false), 0);
    /* without an authority named, only what it is over is checked */
    assert_int_equal(timestamp_check(buf_str(&response), STR(TEXT), STR(""), &time, &failure), 0);
    assert_int_equal(time.sec, TOKEN_S);
}

static void a_signer_without_the_purpose_of_stamping_time_does_not_hold(void **state)
{
    CLEANUP_BUF struct buf response = {0};
    CLEANUP_BUF struct buf token = {0};
    CLEANUP_BUF struct buf own_pem = {0};

    (void)state;
    make_response(&response, &tsa, STR(TEXT));
    sign_anew(&token, buf_str(&response), &tsa, 0); /* the control: the same way of signing */
    assert_int_equal(check(&token, STR(TEXT), &ca_pem, true), 0);
    sign_anew(&token, buf_str(&response), &no_purpose, 0);
    assert_int_equal(check(&token, STR(TEXT), &ca_pem, true), ERR_TAMPER);
    add_pem(&own_pem, no_purpose.certificate);
    assert_int_equal(check(&token, STR(TEXT), &own_pem, true), ERR_TAMPER);
    sign_anew(&token, buf_str(&response), &soft_purpose, 0); /* RFC 3161 §2.3: critical */
    assert_int_equal(check(&token, STR(TEXT), &ca_pem, true), ERR_TAMPER);
}

static void
a_certificate_that_was_not_valid_yet_at_the_time_of_the_stamp_does_not_hold(void **state)
{
    CLEANUP_BUF struct buf response = {0};

    (void)state;
    make_response(&response, &too_early, STR(TEXT));
    assert_int_equal(check(&response, STR(TEXT), &ca_pem, false), ERR_TAMPER);
}

static void a_token_without_certificates_is_checked_with_the_one_given(void **state)
{
    CLEANUP_BUF struct buf response = {0};
    CLEANUP_BUF struct buf token = {0};
    struct utc time;

    (void)state;
    make_response(&response, &tsa, STR(TEXT));
    sign_anew(&token, buf_str(&response), &tsa, CMS_NOCERTS);
    assert_int_equal(
        timestamp_check(buf_str(&token), STR(TEXT), buf_str(&tsa_pem), &time, &failure), 0);
    assert_int_equal(time.sec, TOKEN_S);
    assert_int_equal(timestamp_check(buf_str(&token), STR(TEXT), buf_str(&ca_pem), &time, &failure),
                     ERR_TAMPER);
}

static void every_flipped_bit_of_a_stamp_is_found_or_changes_nothing_signed(void **state)
{
    CLEANUP_BUF struct buf response = {0};
    CLEANUP_BUF struct buf token = {0};
    size_t refused = 0;

    (void)state;
    make_response(&response, &tsa, STR(TEXT));
    make_token(&token, buf_str(&response));
    for (size_t bit = 0; bit < token.len * 8; bit += 3) {
        struct utc time;
        int code;

        token.p[bit / 8] ^= (char)(1 << bit % 8);
        code = timestamp_check(buf_str(&token), STR(TEXT), buf_str(&tsa_pem), &time, &failure);
        assert_true(code == 0 || code == ERR_TAMPER || code == ERR_FORMAT);
        refused += code != 0;
        if (code == 0) { /* not in what the signature covers: what is said stays the same */
            assert_int_equal(time.sec, TOKEN_S);
            assert_int_equal(time.ns, 250000000);
        }
        token.p[bit / 8] ^= (char)(1 << bit % 8);
    }
    assert_true(refused > token.len);
}

static void what_is_no_stamp_is_malformed(void **state)
{
    /* a TimeStampResp whose status is 2, rejection, without a token (RFC 3161 §2.4.2) */
    static const struct str rejected = {"\x30\x05\x30\x03\x02\x01\x02", 7};
    /* the same with status 0, but no token all the same */
    static const struct str empty = {"\x30\x05\x30\x03\x02\x01\x00", 7};
    CLEANUP_BUF struct buf response = {0};
    CLEANUP_BUF struct buf token = {0};
    struct utc time;

    (void)state;
    assert_int_equal(timestamp_check(rejected, STR(TEXT), STR(""), &time, &failure), ERR_FORMAT);
    assert_int_equal(timestamp_check(empty, STR(TEXT), STR(""), &time, &failure), ERR_FORMAT);
    assert_int_equal(timestamp_check(STR(""), STR(TEXT), STR(""), &time, &failure), ERR_FORMAT);
    assert_int_equal(timestamp_check(STR("x"), STR(TEXT), STR(""), &time, &failure), ERR_FORMAT);
    assert_int_equal(
        timestamp_check((struct str){"x", (size_t)1 << 40}, STR(TEXT), STR(""), &time, &failure),
        ERR_FORMAT);
    make_response(&response, &tsa, STR(TEXT));
    make_token(&token, buf_str(&response));
    for (size_t len = 0; len < response.len; len++)
        assert_int_equal(
            timestamp_check(str_head(buf_str(&response), len), STR(TEXT), STR(""), &time, &failure),
            ERR_FORMAT);
    buf_addc(&response, 'x');
    buf_addc(&token, 'x');
    assert_int_equal(timestamp_check(buf_str(&response), STR(TEXT), STR(""), &time, &failure),
                     ERR_FORMAT);
    assert_int_equal(timestamp_check(buf_str(&token), STR(TEXT), STR(""), &time, &failure),
                     ERR_FORMAT);
}

static void times_of_stamps_are_spelled_as_rfc_3161_says(void **state)
{
    /* the token says 20200601120000.25Z; the signature is not looked at without an authority */
    static const struct {
        const char *text;
        int64_t sec; /* 0: malformed */
        uint32_t ns;
    } times[] = {
        {"20200601120000.25Z", TOKEN_S, 250000000},
        {"20200601120001.07Z", TOKEN_S + 1, 70000000},
        {"20200601120000.2xZ", 0, 0},
        {"20200601120000,25Z", 0, 0},
        {"20200601120000225Z", 0, 0},
        {"20200601120000.25z", 0, 0},
        {"20201301120000.25Z", 0, 0},
        {"20200601126000.25Z", 0, 0},
        {"2020060112000025.Z", 0, 0},
        {"x0200601120000.25Z", 0, 0},
    };
    CLEANUP_BUF struct buf response = {0};
    CLEANUP_BUF struct buf changed = {0};

    (void)state;
    make_response(&response, &tsa, STR(TEXT));
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        struct utc time = {0, 0};
        int code;

        make_replaced(&changed, buf_str(&response), times[0].text, times[i].text);
        code = timestamp_check(buf_str(&changed), STR(TEXT), STR(""), &time, &failure);
        assert_int_equal(code, times[i].sec ? 0 : ERR_FORMAT);
        assert_int_equal(time.sec, times[i].sec);
        assert_int_equal(time.ns, times[i].ns);
    }
}

static void an_imprint_by_another_algorithm_of_the_same_size_is_not_ours(void **state)
{
    /* the imprint's algorithm and the head of its digest; 2.16.840.1.101.3.4.2.8 is SHA3-256 */
    static const char sha256[] = "\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";
    CLEANUP_BUF struct buf response = {0};
    struct utc time;
    char *at;

    (void)state;
    make_response(&response, &tsa, STR(TEXT));
    at = memmem(response.p, response.len, sha256, sizeof(sha256) - 1);
    assert_non_null(at);
    at[8] = 8;
    assert_int_equal(timestamp_check(buf_str(&response), STR(TEXT), STR(""), &time, &failure),
                     ERR_TAMPER);
}

static void a_response_that_grants_nothing_is_malformed_even_with_a_stamp(void **state)
{
    CLEANUP_BUF struct buf response = {0};
    CLEANUP_BUF struct buf changed = {0};
    static const char *const statuses[] = {"\x30\x03\x02\x01\x01", "\x30\x03\x02\x01\x02",
                                           "\x30\x03\x02\x01\x05"};
    struct utc time;

    (void)state;
    make_response(&response, &tsa, STR(TEXT));
    assert_memory_equal(response.p + 4, "\x30\x03\x02\x01\x00", 5);
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        buf_clear(&changed);
        buf_addstr(&changed, buf_str(&response));
        memcpy(changed.p + 4, statuses[i], 5);
        /* 1 is "granted with modifications" */
        assert_int_equal(timestamp_check(buf_str(&changed), STR(TEXT), STR(""), &time, &failure),
                         i == 0 ? 0 : ERR_FORMAT);
    }
}

static void a_signed_message_of_another_kind_is_malformed(void **state)
{
    CLEANUP_BUF struct buf token = {0};
    BIO *bio = BIO_new_mem_buf(TEXT, -1);
    PKCS7 *message = PKCS7_sign(tsa.certificate, tsa.key, NULL, bio, PKCS7_BINARY);
    unsigned char *der = NULL;
    struct utc time;
    int size = i2d_PKCS7(message, &der);

    (void)state;
    buf_add(&token, der, (size_t)size);
    assert_int_equal(timestamp_check(buf_str(&token), STR(TEXT), STR(""), &time, &failure),
                     ERR_FORMAT);
    OPENSSL_free(der);
    PKCS7_free(message);
    BIO_free(bio);
}

static void an_authority_that_is_no_certificate_is_malformed(void **state)
{
    static const char *const bad[] = {
        "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"};
    CLEANUP_BUF struct buf response = {0};
    struct utc time;

    (void)state;
    make_response(&response, &tsa, STR(TEXT));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(
            timestamp_check(buf_str(&response), STR(TEXT), str_of(bad[i]), &time, &failure),
            ERR_FORMAT);
}

static void a_request_is_one_that_openssl_reads(void **state)
{
    CLEANUP_BUF struct buf first = {0};
    CLEANUP_BUF struct buf second = {0};
    const unsigned char *p;
    TS_REQ *request;
    char path[128];

    (void)state;
    assert_int_equal(timestamp_request(&first, STR(TEXT), &failure), 0);
    assert_int_equal(timestamp_request(&second, STR(TEXT), &failure), 0);
    p = (const unsigned char *)first.p;
    request = d2i_TS_REQ(NULL, &p, (long)first.len);
    assert_non_null(request);
    assert_int_equal(TS_REQ_get_version(request), 1);
    assert_true(TS_REQ_get_cert_req(request));
    assert_non_null(TS_REQ_get_nonce(request));
    TS_REQ_free(request);
    assert_false(str_eq(buf_str(&first), buf_str(&second))); /* the nonces differ */
    SKIP_WITHOUT(has_openssl(), "the program openssl is not there");
    write_file(path, "request", buf_str(&first));
    assert_int_equal(
        run((const char *const[]){"openssl", "ts", "-query", "-in", path, "-text", NULL}), 0);
}

static void stamps_of_another_authority_hold_over_what_they_were_made_over(void **state)
{
    static const struct {
        const char *token;
        const char *chain;
        const char *text;
        const char *time; /* as `openssl ts -reply -text` shows it; NULL: SHA-256 was not used */
    } stamps[] = {
        {"rfc3161/sigstage/response-sha256.tsr", "rfc3161/sigstage/ts_chain.pem", "hello",
         "2025-05-09T11:58:55.000000000Z"},
        {"rfc3161/sigstage/response-sha384.tsr", "rfc3161/sigstage/ts_chain.pem", "hello", NULL},
        {"rfc3161/test_tsa/response.tsr", "rfc3161/test_tsa/ts_chain.pem", "hello", NULL},
    };
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf token = {0};
    CLEANUP_BUF struct buf chain = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(stamps); i++) {
        struct str text = str_of(stamps[i].text);
        struct utc want;
        struct utc time;
        int code;

        SKIP_WITHOUT(make_read_file(&token, make_data_path(&path, stamps[i].token)) &&
                         make_read_file(&chain, make_data_path(&path, stamps[i].chain)),
                     "the time stamps of other authorities are not there");
        code = timestamp_check(buf_str(&token), text, buf_str(&chain), &time, &failure);
        assert_int_equal(code, stamps[i].time ? 0 : ERR_TAMPER);
        assert_int_equal(timestamp_check(buf_str(&token), text, buf_str(&ca_pem), &time, &failure),
                         ERR_TAMPER);
        if (!stamps[i].time)
            continue;
        assert_true(utc_read(&want, str_of(stamps[i].time)));
        assert_int_equal(timestamp_check(buf_str(&token), text, buf_str(&chain), &time, &failure),
                         0);
        assert_int_equal(utc_cmp(time, want), 0);
        if (has_openssl())
            assert_true(openssl_takes(buf_str(&token), text, buf_str(&chain), want.sec, false));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stamp_valid_at_its_time_holds_though_all_certificates_expired_since),
        cmocka_unit_test(a_stamp_over_another_text_does_not_hold),
        cmocka_unit_test(a_stamp_of_another_authority_does_not_hold),
        cmocka_unit_test(a_signer_without_the_purpose_of_stamping_time_does_not_hold),
        cmocka_unit_test(
            a_certificate_that_was_not_valid_yet_at_the_time_of_the_stamp_does_not_hold),
        cmocka_unit_test(a_token_without_certificates_is_checked_with_the_one_given),
        cmocka_unit_test(every_flipped_bit_of_a_stamp_is_found_or_changes_nothing_signed),
        cmocka_unit_test(what_is_no_stamp_is_malformed),
        cmocka_unit_test(times_of_stamps_are_spelled_as_rfc_3161_says),
        cmocka_unit_test(an_imprint_by_another_algorithm_of_the_same_size_is_not_ours),
        cmocka_unit_test(a_response_that_grants_nothing_is_malformed_even_with_a_stamp),
        cmocka_unit_test(a_signed_message_of_another_kind_is_malformed),
        cmocka_unit_test(an_authority_that_is_no_certificate_is_malformed),
        cmocka_unit_test(a_request_is_one_that_openssl_reads),
        cmocka_unit_test(stamps_of_another_authority_hold_over_what_they_were_made_over),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
