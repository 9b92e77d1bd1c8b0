/* test_verify_stamp.c: a time stamp is valid only whole, over SHA-256, by a signer for that purpose
 * whose chain ends in a certificate that was given; and never where libcrypto has no memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <limits.h>
#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include "verify/stamp.h"
#include "verify_memory.h"

#define STAMPED_AT 1715000400 /* `date -u -d @1715000400 +%FT%TZ` says 2024-05-06T13:00:00Z */

struct bytes {
    uint8_t p[4096];
    size_t len;
};

static struct slice slice_of(const struct bytes *b)
{
    return (struct slice){(const char *)b->p, b->len};
}

/* A key with a certificate that it signed itself, valid for a day around STAMPED_AT. */
struct authority {
    EVP_PKEY *key;
    X509 *cert;
    struct bytes pem;
};

static void write_pem(struct authority *a)
{
    BIO *out = BIO_new(BIO_s_mem());

    assert_int_equal(PEM_write_bio_X509(out, a->cert), 1);
    a->pem.len = (size_t)BIO_read(out, a->pem.p, sizeof a->pem.p);
    BIO_free(out);
}

static void authority_make(struct authority *a, const char *name, const char *purpose)
{
    X509_EXTENSION *use = X509V3_EXT_conf_nid(NULL, NULL, NID_ext_key_usage, purpose);

    a->key = EVP_EC_gen("P-256");
    a->cert = X509_new();
    assert_non_null(a->key);
    assert_non_null(use);
    X509_set_version(a->cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(a->cert), 7);
    ASN1_TIME_set(X509_getm_notBefore(a->cert), STAMPED_AT - 43200);
    ASN1_TIME_set(X509_getm_notAfter(a->cert), STAMPED_AT + 43200);
    if (name != NULL)
        X509_NAME_add_entry_by_txt(X509_get_subject_name(a->cert), "CN", MBSTRING_UTF8,
                                   (const uint8_t *)name, -1, -1, 0);
    X509_set_issuer_name(a->cert, X509_get_subject_name(a->cert));
    X509_set_pubkey(a->cert, a->key);
    X509_add_ext(a->cert, use, -1);
    X509_EXTENSION_free(use);
    assert_true(X509_sign(a->cert, a->key, EVP_sha256()) > 0);
    write_pem(a);
}

static void authority_drop(struct authority *a)
{
    EVP_PKEY_free(a->key);
    X509_free(a->cert);
}

static ASN1_INTEGER *next_serial(TS_RESP_CTX *ctx, void *context)
{
    ASN1_INTEGER *serial = ASN1_INTEGER_new();

    (void)ctx;
    (void)context;
    ASN1_INTEGER_set(serial, 1);
    return serial;
}

static int stamp_time(TS_RESP_CTX *ctx, void *context, long *seconds, long *microseconds)
{
    (void)ctx;
    (void)context;
    *seconds = STAMPED_AT;
    *microseconds = 0;
    return 1;
}

/* A request over 32 (or 64) bytes that count up from 0. */
static BIO *make_request(const EVP_MD *digest)
{
    uint8_t imprint[64];
    TS_REQ *request = TS_REQ_new();
    TS_MSG_IMPRINT *imprint_of = TS_MSG_IMPRINT_new();
    X509_ALGOR *algorithm = X509_ALGOR_new();
    BIO *out = BIO_new(BIO_s_mem());

    for (uint8_t i = 0; i < 64; i++)
        imprint[i] = i;
    X509_ALGOR_set_md(algorithm, digest);
    TS_MSG_IMPRINT_set_algo(imprint_of, algorithm);
    TS_MSG_IMPRINT_set_msg(imprint_of, imprint, EVP_MD_get_size(digest));
    TS_REQ_set_version(request, 1);
    TS_REQ_set_msg_imprint(request, imprint_of);
    TS_REQ_set_cert_req(request, 1);
    assert_int_equal(i2d_TS_REQ_bio(out, request), 1);
    X509_ALGOR_free(algorithm);
    TS_MSG_IMPRINT_free(imprint_of);
    TS_REQ_free(request);
    return out;
}

/* A response of the authority; one that knows no digest but SHA-512 rejects a request for SHA-256.
 */
static void make_response(const struct authority *a, const EVP_MD *asked, const EVP_MD *known,
                          struct bytes *out)
{
    TS_RESP_CTX *ctx = TS_RESP_CTX_new();
    ASN1_OBJECT *policy = OBJ_txt2obj("1.2.3.4", 1);
    BIO *request = make_request(asked);
    uint8_t *p = out->p;

    assert_int_equal(TS_RESP_CTX_set_signer_cert(ctx, a->cert), 1);
    assert_int_equal(TS_RESP_CTX_set_signer_key(ctx, a->key), 1);
    TS_RESP_CTX_set_signer_digest(ctx, EVP_sha256());
    TS_RESP_CTX_set_def_policy(ctx, policy);
    TS_RESP_CTX_add_md(ctx, known);
    TS_RESP_CTX_set_serial_cb(ctx, next_serial, NULL);
    TS_RESP_CTX_set_time_cb(ctx, stamp_time, NULL);
    TS_RESP *response = TS_RESP_create_response(ctx, request);
    assert_non_null(response);
    out->len = (size_t)i2d_TS_RESP(response, &p);
    TS_RESP_free(response);
    BIO_free(request);
    ASN1_OBJECT_free(policy);
    TS_RESP_CTX_free(ctx);
}

static void token_of(const struct bytes *response, struct bytes *out)
{
    const uint8_t *in = response->p;
    TS_RESP *r = d2i_TS_RESP(NULL, &in, (long)response->len);
    uint8_t *p = out->p;

    out->len = (size_t)i2d_PKCS7(TS_RESP_get_token(r), &p);
    TS_RESP_free(r);
}

static int check(const struct bytes *pem, struct slice der, struct stamp *out)
{
    struct stamp_trust *t = stamp_trust_new();
    int result = 0;

    assert_non_null(t);
    assert_int_equal(stamp_trust_add(t, slice_of(pem)), 1);
    result = stamp_check(t, der, out);
    stamp_trust_free(t);
    return result;
}

/* What all tests share. */
static struct world {
    struct authority authority;
    struct bytes response;
    struct bytes token;
} world;

static int world_make(void **state)
{
    (void)state;
    authority_make(&world.authority, "A, \xc3\xa4", "critical,timeStamping");
    make_response(&world.authority, EVP_sha256(), EVP_sha256(), &world.response);
    token_of(&world.response, &world.token);
    return 0;
}

static int world_drop(void **state)
{
    (void)state;
    authority_drop(&world.authority);
    return 0;
}

static void a_response_and_its_token_say_what_was_stamped_when_and_by_whom(void **state)
{
    struct stamp stamp;

    (void)state;
    for (int i = 0; i < 2; i++) {
        memset(&stamp, 0xff, sizeof stamp);
        assert_int_equal(
            check(&world.authority.pem, slice_of(i ? &world.token : &world.response), &stamp), 0);
        assert_int_equal(stamp.seconds, STAMPED_AT);
        for (uint8_t n = 0; n < HASH_LEN; n++)
            assert_int_equal(stamp.imprint[n], n);
        assert_string_equal(stamp.signer, "CN=A\\, \\C3\\A4"); /* RFC 2253 §2.4 */
    }
}

static void an_authority_may_have_an_empty_name(void **state)
{
    struct authority nameless;
    struct bytes response;
    struct stamp stamp;

    (void)state;
    authority_make(&nameless, NULL, "critical,timeStamping");
    make_response(&nameless, EVP_sha256(), EVP_sha256(), &response);
    assert_int_equal(check(&nameless.pem, slice_of(&response), &stamp), 0);
    assert_string_equal(stamp.signer, "");
    authority_drop(&nameless);
}

static void only_a_certificate_that_was_given_is_believed(void **state)
{
    struct authority other;
    struct bytes response;
    struct stamp stamp;

    (void)state;
    authority_make(&other, "A, \xc3\xa4", "critical,timeStamping");
    assert_int_equal(check(&other.pem, slice_of(&world.response), &stamp), -1);
    make_response(&other, EVP_sha256(), EVP_sha256(), &response);
    assert_int_equal(check(&other.pem, slice_of(&response), &stamp), 0);
    assert_int_equal(check(&world.authority.pem, slice_of(&response), &stamp), -1);
    authority_drop(&other);
}

static void what_is_cut_or_followed_by_more_is_no_stamp(void **state)
{
    const struct bytes *both[] = {&world.response, &world.token};
    struct stamp stamp;

    (void)state;
    for (int i = 0; i < 2; i++) {
        for (size_t len = 0; len <= both[i]->len + 1; len++) {
            char *copy = calloc(1, len + 1); /* of its own, so that a read behind it is seen */

            memcpy(copy, both[i]->p, len < both[i]->len ? len : both[i]->len);
            assert_int_equal(check(&world.authority.pem, (struct slice){copy, len}, &stamp) == 0,
                             len == both[i]->len);
            free(copy);
        }
    }
    assert_int_equal(check(&world.authority.pem,
                           (struct slice){(const char *)world.token.p, (size_t)INT_MAX + 1},
                           &stamp),
                     -1);
}

/* The first occurrence of some bytes. */
static uint8_t *find(struct bytes *b, const char *bytes, size_t len)
{
    uint8_t *at = memmem(b->p, b->len, bytes, len);

    assert_non_null(at);
    return at;
}

/* The TSTInfo of a response. */
static void content_of(const struct bytes *response, struct bytes *out)
{
    const uint8_t *in = response->p;
    TS_RESP *r = d2i_TS_RESP(NULL, &in, (long)response->len);
    uint8_t *p = out->p;

    out->len = (size_t)i2d_TS_TST_INFO(TS_RESP_get_tst_info(r), &p);
    TS_RESP_free(r);
}

/* A token with that content, rightly signed by the authority. */
static void sign_content(const struct bytes *content, int type, struct bytes *out)
{
    BIO *in = BIO_new_mem_buf(content->p, (int)content->len);
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_BINARY | CMS_PARTIAL);
    uint8_t *p = out->p;

    assert_int_equal(CMS_set1_eContentType(cms, OBJ_nid2obj(type)), 1);
    assert_non_null(CMS_add1_signer(cms, world.authority.cert, world.authority.key, EVP_sha256(),
                                    CMS_BINARY | CMS_PARTIAL | CMS_CADES));
    assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
    out->len = (size_t)i2d_CMS_ContentInfo(cms, &p);
    CMS_ContentInfo_free(cms);
    BIO_free(in);
}

/* The last number of the OID of SHA-256 is 1, and that of SHA-384 is 2. */
#define OID_SHA_2 "\x60\x86\x48\x01\x65\x03\x04\x02"

static void a_token_of_another_content_is_no_stamp_however_well_signed(void **state)
{
    static const struct {
        int type;
        const char *from, *to;
        size_t len;
        bool good;
    } cases[] = {
        {NID_id_smime_ct_TSTInfo, "", "", 0, true},
        {NID_id_smime_ct_TSTInfo, "20240506130000Z", "20240506125959Z", 15, true},
        {NID_pkcs7_data, "", "", 0, false},
        {NID_id_smime_ct_TSTInfo, "\x02\x01\x01\x06", "\x02\x01\x02\x06", 4, false},
        {NID_id_smime_ct_TSTInfo, OID_SHA_2 "\x01", OID_SHA_2 "\x02", 9, false},
        {NID_id_smime_ct_TSTInfo, "20240506130000Z", "20241306130000Z", 15, false},
        {NID_id_smime_ct_TSTInfo, "20240506130000Z", "x0240506130000Z", 15, false},
        {NID_id_smime_ct_TSTInfo, "20240506130000Z", "20250506130000Z", 15, false}, /* expired */
    };
    struct bytes content;
    struct bytes token;
    struct stamp stamp;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        content_of(&world.response, &content);
        memcpy(find(&content, cases[i].from, cases[i].len), cases[i].to, cases[i].len);
        sign_content(&content, cases[i].type, &token);
        assert_int_equal(check(&world.authority.pem, slice_of(&token), &stamp) == 0, cases[i].good);
    }
}

static void an_imprint_has_the_length_of_its_digest(void **state)
{
    struct bytes response;
    struct bytes content;
    struct bytes token;
    struct stamp stamp;

    (void)state;
    make_response(&world.authority, EVP_sha512(), EVP_sha512(), &response);
    assert_int_equal(check(&world.authority.pem, slice_of(&response), &stamp), -1);
    content_of(&response, &content);
    find(&content, OID_SHA_2 "\x03", 9)[8] = 1; /* 64 bytes, said to be of SHA-256 */
    sign_content(&content, NID_id_smime_ct_TSTInfo, &token);
    assert_int_equal(check(&world.authority.pem, slice_of(&token), &stamp), -1);
}

static void a_response_that_grants_nothing_is_no_stamp(void **state)
{
    /* PKIStatusInfo 0 without a token; ContentInfo of the type data, which nobody signs. */
    static const uint8_t granted[] = {0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x00};
    static const uint8_t data[] = {0x30, 0x0f, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
                                   0x0d, 0x01, 0x07, 0x01, 0xa0, 0x02, 0x04, 0x00};
    struct bytes response;
    struct stamp stamp;

    (void)state;
    make_response(&world.authority, EVP_sha256(), EVP_sha512(), &response);
    assert_true(response.len < 200); /* it rejects, without a token */
    assert_int_equal(check(&world.authority.pem, slice_of(&response), &stamp), -1);
    assert_int_equal(check(&world.authority.pem, bytes_of(granted, sizeof granted), &stamp), -1);
    assert_int_equal(check(&world.authority.pem, bytes_of(data, sizeof data), &stamp), -1);

    /* RFC 3161 §2.4.2: 1 is grantedWithMods, and has a token; 2 is rejection, and has none. */
    response = world.response;
    uint8_t *status = find(&response, "\x30\x03\x02\x01\x00", 5);
    status[4] = 1;
    assert_int_equal(check(&world.authority.pem, slice_of(&response), &stamp), 0);
    status[4] = 2;
    assert_int_equal(check(&world.authority.pem, slice_of(&response), &stamp), -1);
}

static void every_byte_of_a_token_counts_or_says_nothing_else(void **state)
{
    struct stamp good;
    struct stamp stamp;
    size_t refused = 0;

    (void)state;
    assert_int_equal(check(&world.authority.pem, slice_of(&world.token), &good), 0);
    for (size_t i = 0; i < world.token.len; i++) {
        struct bytes changed = world.token;

        changed.p[i] ^= 1;
        memset(&stamp, 0, sizeof stamp);
        if (check(&world.authority.pem, slice_of(&changed), &stamp) != 0) {
            refused++;
        } else {
            assert_memory_equal(stamp.imprint, good.imprint, HASH_LEN);
            assert_int_equal(stamp.seconds, good.seconds);
            assert_string_equal(stamp.signer, good.signer);
        }
    }
    assert_true(refused > world.token.len / 2);
}

static void a_file_of_certificates_is_read_whole_or_not_at_all(void **state)
{
    struct stamp_trust *t = stamp_trust_new();
    struct bytes two = world.authority.pem;
    struct bytes bad = world.authority.pem;

    (void)state;
    memcpy(two.p + two.len, world.authority.pem.p, world.authority.pem.len);
    two.len *= 2;
    assert_int_equal(stamp_trust_add(t, slice_of(&two)), 2);
    assert_int_equal(stamp_trust_add(t, (struct slice){"", 0}), -1);
    assert_int_equal(stamp_trust_add(t, (struct slice){"hello\n", 6}), -1);
    assert_int_equal(stamp_trust_add(t, (struct slice){"x", (size_t)INT_MAX + 1}), -1);
    bad.p[60] = '!'; /* in its base64 */
    assert_int_equal(stamp_trust_add(t, slice_of(&bad)), -1);
    two.p[world.authority.pem.len + 60] = '!';
    assert_int_equal(stamp_trust_add(t, slice_of(&two)), -1);
    stamp_trust_free(t);
    stamp_trust_free(NULL);
}

/* Whichever allocation of libcrypto fails, a good stamp is valid or it is not; it never says
 * anything else, and no certificate is half read. */
static void without_memory_there_is_less_trust_and_never_more(void **state)
{
    size_t at = 1;
    size_t refused = 0;
    bool failed = true;

    (void)state;
    for (; failed; at++) {
        struct stamp_trust *t = stamp_trust_new();
        struct stamp stamp = {.seconds = 0};

        calls = 0;
        fails_at = at;
        int added = stamp_trust_add(t, slice_of(&world.authority.pem));
        int checked = stamp_check(t, slice_of(&world.token), &stamp);
        failed = calls >= at;
        fails_at = 0;
        assert_true(added == 1 || (added == -1 && failed));
        assert_true(checked == 0 || failed);
        if (checked == 0)
            assert_int_equal(stamp.seconds, STAMPED_AT);
        refused += checked != 0;
        stamp_trust_free(t);
    }
    assert_true(refused > 10);
    assert_true(refused < at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_response_and_its_token_say_what_was_stamped_when_and_by_whom),
        cmocka_unit_test(an_authority_may_have_an_empty_name),
        cmocka_unit_test(only_a_certificate_that_was_given_is_believed),
        cmocka_unit_test(what_is_cut_or_followed_by_more_is_no_stamp),
        cmocka_unit_test(a_token_of_another_content_is_no_stamp_however_well_signed),
        cmocka_unit_test(an_imprint_has_the_length_of_its_digest),
        cmocka_unit_test(a_response_that_grants_nothing_is_no_stamp),
        cmocka_unit_test(every_byte_of_a_token_counts_or_says_nothing_else),
        cmocka_unit_test(a_file_of_certificates_is_read_whole_or_not_at_all),
        cmocka_unit_test(without_memory_there_is_less_trust_and_never_more),
    };

    if (CRYPTO_set_mem_functions(crypto_get, crypto_resize, crypto_drop) != 1)
        return 1;
    return cmocka_run_group_tests(tests, world_make, world_drop);
}
