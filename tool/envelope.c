/* Sealing a backup's key by scrypt and AES-256-GCM, or by CMS. */
#include "tool/envelope.h"

#include <openssl/cms.h>
#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <string.h>

#include "common/buf.h"

DEFINE_CLEANUP(BIO *, BIO_free)
DEFINE_CLEANUP(CMS_ContentInfo *, CMS_ContentInfo_free)
DEFINE_CLEANUP(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free)
DEFINE_CLEANUP(EVP_KDF *, EVP_KDF_free)
DEFINE_CLEANUP(EVP_KDF_CTX *, EVP_KDF_CTX_free)
DEFINE_CLEANUP(EVP_PKEY *, EVP_PKEY_free)
DEFINE_CLEANUP(X509 *, X509_free)

#define MAGIC "VECSENV1"
#define SALT 32
#define TAG 16
#define PAYLOAD_MAX 65536

/* 64 MiB and half a second: a backup is opened once in a while. */
#define SCRYPT_LOG_N 16
#define SCRYPT_R 8
#define SCRYPT_P 1

static CK_RV
envelope_write(enum envelope_kind kind, const void *payload, size_t len,
    FILE *out)
{
	_cleanup_(buf_wipe) struct buf head = BUF_INIT;

	buf_bytes(&head, MAGIC, 8);
	buf_u8(&head, (uint8_t)kind);
	buf_blob(&head, payload, len);
	TRY(buf_check(&head));
	return fwrite(head.data, 1, head.len, out) == head.len
	    ? CKR_OK
	    : E_WRITE_FAULT;
}

static CK_RV
scrypt(const struct secret *passphrase, const uint8_t salt[SALT],
    unsigned log_n, uint8_t out[ENVELOPE_KEY])
{
	_cleanup_(EVP_KDF_freep) EVP_KDF *kdf =
	    EVP_KDF_fetch(NULL, "SCRYPT", NULL);
	_cleanup_(EVP_KDF_CTX_freep) EVP_KDF_CTX *ctx =
	    kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	uint64_t n = (uint64_t)1 << log_n, max = (uint64_t)1 << 30;
	uint32_t r = SCRYPT_R, p = SCRYPT_P;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD,
		    passphrase->len != 0 ? passphrase->data
		                         : (uint8_t *)(uintptr_t)"",
		    passphrase->len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
		    (void *)(uintptr_t)salt, SALT),
		OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
		OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
		OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
		OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM,
		    &max),
		OSSL_PARAM_construct_end(),
	};

	return ctx != NULL && EVP_KDF_derive(ctx, out, ENVELOPE_KEY,
	    params) == 1 ? CKR_OK : CKR_FUNCTION_FAILED;
}

/* The key that seals is used once: its nonce is zeros. */
static CK_RV
key_seal(const uint8_t kek[ENVELOPE_KEY], const struct secret *key,
    uint8_t out[ENVELOPE_KEY + TAG])
{
	static const uint8_t nonce[12];
	_cleanup_(EVP_CIPHER_CTX_freep) EVP_CIPHER_CTX *ctx =
	    EVP_CIPHER_CTX_new();
	int len;

	if (ctx == NULL ||
	    EVP_EncryptInit_ex2(ctx, EVP_aes_256_gcm(), kek, nonce,
		NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, out, &len, key->data, ENVELOPE_KEY) != 1 ||
	    EVP_EncryptFinal_ex(ctx, out + len, &len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG,
		out + ENVELOPE_KEY) != 1)
		return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

static CK_RV
key_unseal(const uint8_t kek[ENVELOPE_KEY], const uint8_t *sealed,
    struct secret *key)
{
	static const uint8_t nonce[12];
	_cleanup_(EVP_CIPHER_CTX_freep) EVP_CIPHER_CTX *ctx =
	    EVP_CIPHER_CTX_new();
	_cleanup_(secret_wipe) struct secret made = { NULL, 0 };
	int len;

	TRY(secret_new(ENVELOPE_KEY, &made));
	if (ctx == NULL ||
	    EVP_DecryptInit_ex2(ctx, EVP_aes_256_gcm(), kek, nonce,
		NULL) != 1 ||
	    EVP_DecryptUpdate(ctx, made.data, &len, sealed,
		ENVELOPE_KEY) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG,
		(void *)(uintptr_t)(sealed + ENVELOPE_KEY)) != 1 ||
	    EVP_DecryptFinal_ex(ctx, made.data + len, &len) != 1)
		return E_WRONG_PASSWORD;
	*key = made;
	made = (struct secret){ NULL, 0 };
	return CKR_OK;
}

CK_RV
envelope_to_passphrase(const struct secret *passphrase,
    const struct secret *key, FILE *out)
{
	_cleanup_(buf_wipe) struct buf payload = BUF_INIT;
	uint8_t salt[SALT], kek[ENVELOPE_KEY], sealed[ENVELOPE_KEY + TAG];
	CK_RV rv;

	if (RAND_bytes(salt, SALT) != 1)
		return CKR_RANDOM_NO_RNG;
	TRY(scrypt(passphrase, salt, SCRYPT_LOG_N, kek));
	rv = key_seal(kek, key, sealed);
	explicit_bzero(kek, sizeof(kek));
	TRY(rv);
	buf_u8(&payload, SCRYPT_LOG_N);
	buf_bytes(&payload, salt, SALT);
	buf_bytes(&payload, sealed, sizeof(sealed));
	TRY(buf_check(&payload));
	return envelope_write(ENVELOPE_PASSPHRASE, payload.data, payload.len,
	    out);
}

static CK_RV
certificate_read(const struct secret *bytes, X509 **out)
{
	const unsigned char *at = bytes->data;
	_cleanup_(BIO_freep) BIO *pem = BIO_new_mem_buf(bytes->data,
	    (int)bytes->len);
	X509 *cert = PEM_read_bio_X509(pem, NULL, NULL, NULL);

	if (cert == NULL)
		cert = d2i_X509(NULL, &at, (long)bytes->len);
	ERR_clear_error();
	if (cert == NULL) {
		error_say("Error: the recipient is no certificate\n");
		return E_BAD_FORMAT;
	}
	*out = cert;
	return CKR_OK;
}

CK_RV
envelope_to_recipient(const struct secret *recipient,
    const struct secret *key, FILE *out)
{
	_cleanup_(X509_freep) X509 *cert = NULL;
	_cleanup_(BIO_freep) BIO *in = BIO_new_mem_buf(key->data,
	    (int)key->len);
	_cleanup_(CMS_ContentInfo_freep) CMS_ContentInfo *cms = NULL;
	_cleanup_(BIO_freep) BIO *der = BIO_new(BIO_s_mem());
	char *bytes;
	long len;

	TRY(certificate_read(recipient, &cert));
	cms = CMS_encrypt(NULL, in, EVP_aes_256_cbc(),
	    CMS_BINARY | CMS_PARTIAL);
	if (cms == NULL ||
	    CMS_add1_recipient_cert(cms, cert, CMS_USE_KEYID) == NULL ||
	    CMS_final(cms, in, NULL, CMS_BINARY) != 1 || der == NULL ||
	    i2d_CMS_bio(der, cms) != 1) {
		ERR_clear_error();
		error_say("Error: nothing can be sealed to this recipient: "
		          "its key must be RSA or EC\n");
		return E_INVALID_PARAMETER;
	}
	len = BIO_get_mem_data(der, &bytes);
	return envelope_write(ENVELOPE_RECIPIENT, bytes, (size_t)len, out);
}

void
envelope_wipe(struct envelope *e)
{
	secret_wipe(&e->payload);
}

static CK_RV
not_a_backup(void)
{
	error_say("Error: this is no backup of vecs-cli\n");
	return E_BAD_FORMAT;
}

CK_RV
envelope_read(FILE *in, struct envelope *out)
{
	uint8_t head[13];
	struct reader r = { head + 8, 5, false };
	uint32_t len;

	if (fread(head, 1, sizeof(head), in) != sizeof(head) ||
	    memcmp(head, MAGIC, 8) != 0)
		return not_a_backup();
	out->kind = (enum envelope_kind)reader_u8(&r);
	len = reader_u32(&r);
	if (len == 0 || len > PAYLOAD_MAX ||
	    (out->kind != ENVELOPE_PASSPHRASE &&
		out->kind != ENVELOPE_RECIPIENT))
		return not_a_backup();
	TRY(secret_new(len, &out->payload));
	return fread(out->payload.data, 1, len, in) == len ? CKR_OK
	                                                   : not_a_backup();
}

static CK_RV
passphrase_open(const struct envelope *e, const struct secret *passphrase,
    struct secret *key)
{
	const uint8_t *p = e->payload.data;
	uint8_t kek[ENVELOPE_KEY];
	CK_RV rv;

	if (e->payload.len != 1 + SALT + ENVELOPE_KEY + TAG || p[0] < 10 ||
	    p[0] > 20)
		return not_a_backup();
	TRY(scrypt(passphrase, p + 1, p[0], kek));
	rv = key_unseal(kek, p + 1 + SALT, key);
	explicit_bzero(kek, sizeof(kek));
	return rv;
}

static EVP_PKEY *
private_key_read(const struct secret *bytes)
{
	const unsigned char *at = bytes->data;
	_cleanup_(BIO_freep) BIO *pem = BIO_new_mem_buf(bytes->data,
	    (int)bytes->len);
	EVP_PKEY *pkey = PEM_read_bio_PrivateKey(pem, NULL, NULL, NULL);

	if (pkey == NULL)
		pkey = d2i_AutoPrivateKey(NULL, &at, (long)bytes->len);
	ERR_clear_error();
	return pkey;
}

static CK_RV
recipient_open(const struct envelope *e, const struct secret *private,
    struct secret *key)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *pkey = private_key_read(private);
	_cleanup_(BIO_freep) BIO *der = BIO_new_mem_buf(e->payload.data,
	    (int)e->payload.len);
	_cleanup_(CMS_ContentInfo_freep) CMS_ContentInfo *cms =
	    d2i_CMS_bio(der, NULL);
	_cleanup_(BIO_freep) BIO *out = BIO_new(BIO_s_secmem());
	char *bytes;

	if (cms == NULL || out == NULL)
		return not_a_backup();
	if (pkey == NULL || CMS_decrypt(cms, pkey, NULL, NULL, out,
	    CMS_BINARY) != 1 || BIO_get_mem_data(out, &bytes) !=
	    ENVELOPE_KEY) {
		ERR_clear_error();
		error_say("Error: the backup is not sealed to this key\n");
		return E_WRONG_PASSWORD;
	}
	return secret_dup(bytes, ENVELOPE_KEY, key);
}

CK_RV
envelope_open(const struct envelope *e, const struct secret *secret,
    struct secret *key)
{
	return e->kind == ENVELOPE_PASSPHRASE ? passphrase_open(e, secret, key)
	                                      : recipient_open(e, secret, key);
}
