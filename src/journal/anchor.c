/* anchor.c: RFC 3161 time stamps, asked for and checked with OpenSSL. */
#include "journal/anchor.h"
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ts.h>

DEFINE_CLEANUP(TS_RESP *, TS_RESP_free)
DEFINE_CLEANUP(TS_VERIFY_CTX *, TS_VERIFY_CTX_free)
DEFINE_CLEANUP(PKCS7 *, PKCS7_free)
DEFINE_CLEANUP(TS_TST_INFO *, TS_TST_INFO_free)
DEFINE_CLEANUP(BIO *, BIO_free_all)

enum { NONCE_SIZE = 8 };

/* Fills e with a sentence and the reason of libcrypto, and empties libcrypto's queue. */
static int fail(struct err *e, int code, const char *what)
{
    unsigned long last = ERR_peek_last_error();
    const char *reason = last ? ERR_reason_error_string(last) : NULL;

    ERR_clear_error();
    return err_set(e, code, "%s%s%s", what, reason ? ": " : "", reason ? reason : "");
}

/* A TimeStampReq (RFC 3161 §2.4.1) in DER is the same bytes each time but for imprint and nonce. */
int timestamp_request(struct buf *out, struct str text, struct err *e)
{
    static const uint8_t before_imprint[] = {0x30, 0x43, 0x02, 0x01, 0x01, /* version 1 */
                                             0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86,
                                             0x48, 0x01, 0x65, /* SHA-256 */
                                             0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    static const uint8_t before_nonce[] = {0x02, NONCE_SIZE};
    static const uint8_t certificates_wanted[] = {0x01, 0x01, 0xff};
    struct hash imprint = hash_bytes(text.p, text.len);
    uint8_t nonce[NONCE_SIZE];

    if (RAND_bytes(nonce, sizeof(nonce)) != 1)
        return fail(e, ERR_IO, "there are no random numbers for a time stamp");
    nonce[0] = (uint8_t)((nonce[0] & 0x3f) | 0x40); /* a positive integer of that length */
    buf_add(out, before_imprint, sizeof(before_imprint));
    buf_add(out, imprint.b, sizeof(imprint.b));
    buf_add(out, before_nonce, sizeof(before_nonce));
    buf_add(out, nonce, sizeof(nonce));
    buf_add(out, certificates_wanted, sizeof(certificates_wanted));
    return 0;
}

/* A token, bare or inside a response that grants it. The caller owns it. */
static int read_token(PKCS7 **out, struct str der, struct err *e)
{
    CLEANUP(TS_RESP_freep) TS_RESP *response = NULL;
    CLEANUP(PKCS7_freep) PKCS7 *token = NULL;
    const unsigned char *p = (const unsigned char *)der.p;
    const unsigned char *end = p + der.len;
    long status;

    if (der.len > INT_MAX)
        return err_set(e, ERR_FORMAT, "a time stamp of %zu bytes is too long", der.len);
    response = d2i_TS_RESP(NULL, &p, (long)der.len);
    if (!response) {
        p = (const unsigned char *)der.p;
        token = d2i_PKCS7(NULL, &p, (long)der.len);
        if (!token || p != end)
            return fail(e, ERR_FORMAT, "this is neither a time stamp nor a response with one");
        *out = MOVE(token);
        return 0;
    }
    if (p != end)
        return fail(e, ERR_FORMAT, "bytes follow the response of the time stamp authority");
    status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(response)));
    if ((status != TS_STATUS_GRANTED && status != TS_STATUS_GRANTED_WITH_MODS) ||
        !TS_RESP_get_token(response))
        return fail(e, ERR_FORMAT, "the time stamp authority granted no time stamp");
    *out = PKCS7_dup(TS_RESP_get_token(response));
    return *out ? 0 : fail(e, ERR_FORMAT, "the time stamp cannot be copied");
}

/* YYYYMMDDhhmmss, perhaps a fraction, Z (RFC 3161 §2.4.2). */
static bool read_time(struct utc *out, const ASN1_GENERALIZEDTIME *t)
{
    struct str s = {(const char *)ASN1_STRING_get0_data(t), (size_t)ASN1_STRING_length(t)};
    char text[UTC_TEXT_SIZE + 1];
    struct str fraction = str_from(s, 14);

    if (s.len < 15 || s.p[s.len - 1] != 'Z')
        return false;
    fraction.len--;
    if (fraction.len && (fraction.p[0] != '.' || fraction.len < 2))
        return false;
    snprintf(text, sizeof(text), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s.000000000Z", s.p, s.p + 4, s.p + 6,
             s.p + 8, s.p + 10, s.p + 12);
    for (size_t i = 1; i < fraction.len; i++) {
        if (fraction.p[i] < '0' || fraction.p[i] > '9')
            return false;
        if (i <= 9)
            text[19 + i] = fraction.p[i];
    }
    return utc_read(out, (struct str){text, UTC_TEXT_SIZE});
}

static int check_imprint(TS_TST_INFO *info, struct str text, struct err *e)
{
    TS_MSG_IMPRINT *imprint = TS_TST_INFO_get_msg_imprint(info);
    ASN1_OCTET_STRING *message = TS_MSG_IMPRINT_get_msg(imprint);
    struct hash digest = hash_bytes(text.p, text.len);
    const ASN1_OBJECT *algorithm;

    X509_ALGOR_get0(&algorithm, NULL, NULL, TS_MSG_IMPRINT_get_algo(imprint));
    if (OBJ_obj2nid(algorithm) != NID_sha256 ||
        ASN1_STRING_length(message) != (int)sizeof(digest.b) ||
        memcmp(ASN1_STRING_get0_data(message), digest.b, sizeof(digest.b)) != 0)
        return err_set(e, ERR_TAMPER, "the time stamp is over something else than this checkpoint");
    return 0;
}

static void certificates_free(STACK_OF(X509) * certificates)
{
    sk_X509_pop_free(certificates, X509_free);
}
DEFINE_CLEANUP(STACK_OF(X509) *, certificates_free)

static int read_certificates(STACK_OF(X509) * *out, struct str pem, struct err *e)
{
    CLEANUP(BIO_free_allp) BIO *bio = BIO_new_mem_buf(pem.p, pem.len > INT_MAX ? 0 : (int)pem.len);
    CLEANUP(certificates_freep) STACK_OF(X509) *certificates = sk_X509_new_null();
    X509 *certificate;

    if (!bio || !certificates)
        return fail(e, ERR_IO, "cannot prepare the check of a time stamp");
    while ((certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
        if (sk_X509_push(certificates, certificate) == 0)
            BUG("out of memory for certificates");
    if (sk_X509_num(certificates) == 0)
        return fail(e, ERR_FORMAT,
                    "what was given for the time stamp authority holds no certificate in PEM");
    ERR_clear_error(); /* the end of the text counts as an error there */
    *out = MOVE(certificates);
    return 0;
}

/* A store that trusts each certificate given, be it the authority's own or its issuer's, and judges
 * at that time. */
static X509_STORE *make_store(const STACK_OF(X509) * certificates, struct utc at)
{
    X509_STORE *store = X509_STORE_new();

    if (!store)
        BUG("out of memory for certificates");
    for (int i = 0; i < sk_X509_num(certificates); i++)
        if (X509_STORE_add_cert(store, sk_X509_value(certificates, i)) != 1)
            BUG("out of memory for certificates");
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t)at.sec);
    return store;
}

static int check_signature(PKCS7 *token, struct str tsa_pem, struct utc at, struct err *e)
{
    CLEANUP(TS_VERIFY_CTX_freep) TS_VERIFY_CTX *context = NULL;
    CLEANUP(certificates_freep) STACK_OF(X509) *certificates = NULL;
    int code = read_certificates(&certificates, tsa_pem, e);

    if (code < 0)
        return code;
    context = TS_VERIFY_CTX_new();
    if (!context)
        BUG("out of memory for a time stamp");
    TS_VERIFY_CTX_set_store(context, make_store(certificates, at));
    TS_VERIFY_CTX_set_certs(context, MOVE(certificates)); /* for a token that holds none */
    TS_VERIFY_CTX_set_flags(context, TS_VFY_SIGNATURE | TS_VFY_VERSION);
    if (TS_RESP_verify_token(context, token) != 1)
        return fail(e, ERR_TAMPER, "the time stamp is not by the authority that was named");
    return 0;
}

int timestamp_check(struct str der, struct str text, struct str tsa_pem, struct utc *time,
                    struct err *e)
{
    CLEANUP(PKCS7_freep) PKCS7 *token = NULL;
    CLEANUP(TS_TST_INFO_freep) TS_TST_INFO *info = NULL;
    struct utc at;
    int code = read_token(&token, der, e);

    if (code < 0)
        return code;
    info = PKCS7_to_TS_TST_INFO(token);
    if (!info || !TS_TST_INFO_get_time(info) || !read_time(&at, TS_TST_INFO_get_time(info)))
        return fail(e, ERR_FORMAT, "the time stamp holds no time that can be read");
    code = check_imprint(info, text, e);
    if (code == 0 && tsa_pem.len)
        code = check_signature(token, tsa_pem, at, e);
    ERR_clear_error();
    if (code == 0)
        *time = at;
    return code;
}
