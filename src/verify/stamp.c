/* stamp.c: a time stamp is valid where its signer's chain ends in a certificate that was given. */
#include "verify/stamp.h"

#include <limits.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>

struct stamp_trust {
    X509_STORE *store;
    STACK_OF(X509) * certs; /* the same, to find a signer that the token does not carry */
};

struct token {
    TS_RESP *response; /* NULL where the file held the token alone */
    PKCS7 *alone;
    PKCS7 *pkcs7; /* of either */
    TS_TST_INFO *info;
};

struct stamp_trust *stamp_trust_new(void)
{
    struct stamp_trust *t = mem_get(1, sizeof *t);

    t->store = X509_STORE_new();
    t->certs = sk_X509_new_null();
    if (t->store == NULL || t->certs == NULL ||
        X509_STORE_set_flags(t->store, X509_V_FLAG_PARTIAL_CHAIN) != 1) {
        stamp_trust_free(t);
        return NULL;
    }
    return t;
}

void stamp_trust_free(struct stamp_trust *t)
{
    if (t == NULL)
        return;
    X509_STORE_free(t->store);
    sk_X509_pop_free(t->certs, X509_free);
    free(t);
}

static int add_certificate(struct stamp_trust *t, X509 *cert)
{
    if (X509_STORE_add_cert(t->store, cert) != 1 || sk_X509_push(t->certs, cert) <= 0) {
        X509_free(cert);
        return -1;
    }
    return 0;
}

int stamp_trust_add(struct stamp_trust *t, struct slice pem)
{
    BIO *in = pem.len > INT_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.len);
    X509 *cert = NULL;
    int count = 0;
    int result = 0;

    while (in != NULL && result == 0 && (cert = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
        result = add_certificate(t, cert);
        count++;
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        result = -1; /* anything but the end of the file */
    ERR_clear_error();
    BIO_free(in);
    return result != 0 || count == 0 ? -1 : count;
}

static void token_release(struct token *t)
{
    TS_TST_INFO_free(t->info);
    TS_RESP_free(t->response);
    PKCS7_free(t->alone);
}

static bool is_granted(TS_RESP *response)
{
    long status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(response)));

    return status == TS_STATUS_GRANTED || status == TS_STATUS_GRANTED_WITH_MODS;
}

static int token_read(struct token *t, struct slice der)
{
    const unsigned char *p = (const unsigned char *)der.p;
    const unsigned char *end = p + der.len;

    if (der.len > INT_MAX)
        return -1;
    t->response = d2i_TS_RESP(NULL, &p, (long)der.len);
    if (t->response != NULL && p == end) {
        t->pkcs7 = is_granted(t->response) ? TS_RESP_get_token(t->response) : NULL;
    } else {
        p = (const unsigned char *)der.p;
        t->alone = d2i_PKCS7(NULL, &p, (long)der.len);
        t->pkcs7 = p == end ? t->alone : NULL;
    }
    if (t->pkcs7 == NULL || !PKCS7_type_is_signed(t->pkcs7))
        return -1;
    t->info = PKCS7_to_TS_TST_INFO(t->pkcs7);
    return t->info != NULL && TS_TST_INFO_get_version(t->info) == 1 ? 0 : -1;
}

static int read_imprint(TS_TST_INFO *info, uint8_t out[HASH_LEN])
{
    TS_MSG_IMPRINT *imprint = TS_TST_INFO_get_msg_imprint(info);
    const ASN1_OBJECT *algorithm = NULL;
    ASN1_OCTET_STRING *hash = TS_MSG_IMPRINT_get_msg(imprint);

    X509_ALGOR_get0(&algorithm, NULL, NULL, TS_MSG_IMPRINT_get_algo(imprint));
    if (OBJ_obj2nid(algorithm) != NID_sha256 || ASN1_STRING_length(hash) != HASH_LEN)
        return -1;
    memcpy(out, ASN1_STRING_get0_data(hash), HASH_LEN);
    return 0;
}

static int read_time(TS_TST_INFO *info, time_t *out)
{
    const ASN1_GENERALIZEDTIME *at = TS_TST_INFO_get_time(info);
    struct tm tm;

    if (at == NULL || ASN1_TIME_to_tm(at, &tm) != 1)
        return -1;
    *out = timegm(&tm);
    return 0;
}

static int check_chain(const struct stamp_trust *t, PKCS7 *pkcs7, struct stamp *out)
{
    X509 *signer = NULL;
    BIO *name = NULL;
    int len = 0;

    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(t->store), out->seconds);
    if (TS_RESP_verify_signature(pkcs7, t->certs, t->store, &signer) != 1) {
        X509_free(signer);
        return -1;
    }
    name = BIO_new(BIO_s_mem());
    if (name != NULL &&
        X509_NAME_print_ex(name, X509_get_subject_name(signer), 0, XN_FLAG_RFC2253) > 0)
        len = BIO_read(name, out->signer, sizeof out->signer - 1);
    out->signer[len > 0 ? len : 0] = '\0';
    BIO_free(name);
    X509_free(signer);
    return 0;
}

int stamp_check(const struct stamp_trust *t, struct slice der, struct stamp *out)
{
    struct token token = {.pkcs7 = NULL};
    struct stamp stamp = {.seconds = 0};
    int result = token_read(&token, der);

    if (result == 0)
        result = read_imprint(token.info, stamp.imprint);
    if (result == 0)
        result = read_time(token.info, &stamp.seconds);
    if (result == 0)
        result = check_chain(t, token.pkcs7, &stamp);
    token_release(&token);
    ERR_clear_error();
    if (result == 0)
        *out = stamp;
    return result;
}
