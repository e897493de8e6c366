/* The structures of authenticated ciphers, read; IVs made. */
#include "module/mech/aeadparam.h"

#include <string.h>

#include "common/log.h"
#include "module/crypto/libctx.h"

#define AAD_MAX (1UL << 30) /* libcrypto counts in int */
#define CHACHA20_TAG 16

union structures {
	CK_GCM_PARAMS gcm;
	CK_GCM_MESSAGE_PARAMS gcm_message;
	CK_GCM_WRAP_PARAMS gcm_wrap;
	CK_CCM_PARAMS ccm;
	CK_CCM_MESSAGE_PARAMS ccm_message;
	CK_CCM_WRAP_PARAMS ccm_wrap;
	CK_SALSA20_CHACHA20_POLY1305_PARAMS chacha20;
	CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS chacha20_message;
};

/* Bits that are no whole bytes make a length that no scheme has. */
static size_t
tag_bytes(CK_ULONG bits)
{
	return bits % 8 == 0 ? bits / 8 : SIZE_MAX;
}

static void
gcm_read(const union structures *s, struct aead_param *out)
{
	*out = (struct aead_param){ .iv = s->gcm.pIv,
		.iv_len = s->gcm.ulIvLen,
		.aad = { s->gcm.pAAD, s->gcm.ulAADLen },
		.tag_len = tag_bytes(s->gcm.ulTagBits) };
}

static void
gcm_message_read(const union structures *s, struct aead_param *out)
{
	*out = (struct aead_param){ .iv = s->gcm_message.pIv,
		.iv_len = s->gcm_message.ulIvLen,
		.fixed_bits = s->gcm_message.ulIvFixedBits,
		.generator = s->gcm_message.ivGenerator,
		.tag = s->gcm_message.pTag,
		.tag_len = tag_bytes(s->gcm_message.ulTagBits) };
}

static void
gcm_wrap_read(const union structures *s, struct aead_param *out)
{
	*out = (struct aead_param){ .iv = s->gcm_wrap.pIv,
		.iv_len = s->gcm_wrap.ulIvLen,
		.fixed_bits = s->gcm_wrap.ulIvFixedBits,
		.generator = s->gcm_wrap.ivGenerator,
		.aad = { s->gcm_wrap.pAAD, s->gcm_wrap.ulAADLen },
		.tag_len = tag_bytes(s->gcm_wrap.ulTagBits) };
}

static void
ccm_read(const union structures *s, struct aead_param *out)
{
	*out = (struct aead_param){ .iv = s->ccm.pNonce,
		.iv_len = s->ccm.ulNonceLen,
		.aad = { s->ccm.pAAD, s->ccm.ulAADLen },
		.tag_len = s->ccm.ulMACLen,
		.data_len = s->ccm.ulDataLen };
}

static void
ccm_message_read(const union structures *s, struct aead_param *out)
{
	*out = (struct aead_param){ .iv = s->ccm_message.pNonce,
		.iv_len = s->ccm_message.ulNonceLen,
		.fixed_bits = s->ccm_message.ulNonceFixedBits,
		.generator = s->ccm_message.nonceGenerator,
		.tag = s->ccm_message.pMAC,
		.tag_len = s->ccm_message.ulMACLen,
		.data_len = s->ccm_message.ulDataLen };
}

static void
ccm_wrap_read(const union structures *s, struct aead_param *out)
{
	*out = (struct aead_param){ .iv = s->ccm_wrap.pNonce,
		.iv_len = s->ccm_wrap.ulNonceLen,
		.fixed_bits = s->ccm_wrap.ulNonceFixedBits,
		.generator = s->ccm_wrap.nonceGenerator,
		.aad = { s->ccm_wrap.pAAD, s->ccm_wrap.ulAADLen },
		.tag_len = s->ccm_wrap.ulMACLen };
}

/* The standard says bits, its own examples and all clients bytes. */
static size_t
chacha20_nonce(CK_ULONG len)
{
	return len == 96 ? 12 : len;
}

static void
chacha20_read(const union structures *s, struct aead_param *out)
{
	*out = (struct aead_param){ .iv = s->chacha20.pNonce,
		.iv_len = chacha20_nonce(s->chacha20.ulNonceLen),
		.aad = { s->chacha20.pAAD, s->chacha20.ulAADLen },
		.tag_len = CHACHA20_TAG };
}

static void
chacha20_message_read(const union structures *s, struct aead_param *out)
{
	*out = (struct aead_param){ .iv = s->chacha20_message.pNonce,
		.iv_len = chacha20_nonce(s->chacha20_message.ulNonceLen),
		.tag = s->chacha20_message.pTag,
		.tag_len = CHACHA20_TAG };
}

/* A tag of fewer than 32 bits is none. */
static bool
is_gcm_tag(size_t len)
{
	return len >= 4 && len <= 16;
}

static bool
is_ccm_tag(size_t len)
{
	return is_gcm_tag(len) && len % 2 == 0;
}

static bool
is_chacha20_tag(size_t len)
{
	return len == CHACHA20_TAG;
}

static const struct scheme {
	size_t iv_min, iv_max;
	bool (*is_tag)(size_t len);
	struct {
		size_t size;
		void (*read)(const union structures *s,
		    struct aead_param *out);
	} forms[3];
} schemes[] = {
	/* libcrypto takes IVs of up to 128 bytes */
	[AEAD_GCM] = { 1, 128, is_gcm_tag, {
	    [AEAD_PLAIN] = { sizeof(CK_GCM_PARAMS), gcm_read },
	    [AEAD_MESSAGE] = { sizeof(CK_GCM_MESSAGE_PARAMS),
	        gcm_message_read },
	    [AEAD_WRAP] = { sizeof(CK_GCM_WRAP_PARAMS), gcm_wrap_read },
	} },
	[AEAD_CCM] = { 7, 13, is_ccm_tag, {
	    [AEAD_PLAIN] = { sizeof(CK_CCM_PARAMS), ccm_read },
	    [AEAD_MESSAGE] = { sizeof(CK_CCM_MESSAGE_PARAMS),
	        ccm_message_read },
	    [AEAD_WRAP] = { sizeof(CK_CCM_WRAP_PARAMS), ccm_wrap_read },
	} },
	[AEAD_CHACHA20] = { 12, 12, is_chacha20_tag, {
	    [AEAD_PLAIN] = { sizeof(CK_SALSA20_CHACHA20_POLY1305_PARAMS),
	        chacha20_read },
	    [AEAD_MESSAGE] = { sizeof(CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS),
	        chacha20_message_read },
	} },
};

size_t
aead_param_size(enum aead_scheme scheme, enum aead_form form)
{
	return schemes[scheme].forms[form].size;
}

static CK_RV
invalid(const char *why)
{
	return fail_quiet(CKR_MECHANISM_PARAM_INVALID, "%s", why);
}

static CK_RV
param_check(const struct scheme *scheme, enum aead_form form,
    const struct aead_param *p)
{
	if (p->iv == NULL || p->iv_len < scheme->iv_min ||
	    p->iv_len > scheme->iv_max)
		return invalid("no IV, or one of a length that the mechanism "
		    "has not");
	if (p->fixed_bits > p->iv_len * 8)
		return invalid("more bits of the IV are fixed than it has");
	if ((p->aad.data == NULL && p->aad.len != 0) || p->aad.len > AAD_MAX)
		return invalid("the additional data has no bytes, or too many");
	if (!scheme->is_tag(p->tag_len))
		return invalid("a tag of this length is not offered");
	if (form == AEAD_MESSAGE && p->tag == NULL)
		return invalid("there is no place for the tag");
	return CKR_OK;
}

CK_RV
aead_param_read(enum aead_scheme scheme, enum aead_form form,
    const void *parameter, size_t len, struct aead_param *out)
{
	const CK_MECHANISM mechanism = { 0, (void *)(uintptr_t)parameter, len };
	union structures s;

	if (schemes[scheme].forms[form].size == 0)
		return invalid("the mechanism is not used in this way");
	TRY(param_copy(&mechanism, &s, schemes[scheme].forms[form].size));
	schemes[scheme].forms[form].read(&s, out);
	return param_check(&schemes[scheme], form, out);
}

/* IVs */

/* Which bits of this byte are fixed: those of the whole from the left. */
static uint8_t
fixed_mask(size_t byte, CK_ULONG fixed_bits)
{
	CK_ULONG n = fixed_bits > 8 * byte ? fixed_bits - 8 * byte : 0;

	return (uint8_t)(n >= 8 ? 0xff : 0xff00 >> n);
}

static void
counter_write(uint64_t count, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len && i < sizeof(count); i++)
		out[len - 1 - i] = (uint8_t)(count >> 8 * i);
}

static CK_RV
random_make(const struct aead_param *p, uint8_t *out)
{
	if (p->iv_len * 8 - p->fixed_bits < 64)
		return invalid("too few bits of the IV are free to be random");
	return rng_bytes(out, p->iv_len);
}

/* The same generator, and for the XOR the same bytes, each time: then no IV
 * comes twice. */
static CK_RV
counter_take(struct iv_maker *maker, const struct aead_param *p,
    uint64_t *count)
{
	CK_ULONG free_bits = p->iv_len * 8 - p->fixed_bits;

	if (!maker->begun) {
		maker->begun = true;
		maker->count = 0;
		maker->generator = p->generator;
		maker->fixed_bits = p->fixed_bits;
		maker->iv_len = p->iv_len;
		memcpy(maker->iv, p->iv, p->iv_len);
	}
	if (maker->generator != p->generator ||
	    maker->fixed_bits != p->fixed_bits ||
	    maker->iv_len != p->iv_len ||
	    (p->generator == CKG_GENERATE_COUNTER_XOR &&
		memcmp(maker->iv, p->iv, p->iv_len) != 0))
		return invalid("the generator varies between messages");
	if (maker->count == UINT64_MAX ||
	    (free_bits < 64 && maker->count >> free_bits != 0))
		return fail_quiet(CKR_TOKEN_RESOURCE_EXCEEDED,
		    "the IVs of this key and fixed part are used up");
	*count = maker->count++;
	return CKR_OK;
}

CK_RV
iv_make(struct iv_maker *maker, const struct aead_param *p,
    uint8_t out[IV_MAX])
{
	uint8_t made[IV_MAX] = { 0 };
	uint64_t count = 0;

	memcpy(out, p->iv, p->iv_len);
	if (p->generator == CKG_NO_GENERATE)
		return CKR_OK;
	if (p->generator == CKG_GENERATE ||
	    p->generator == CKG_GENERATE_RANDOM) {
		TRY(random_make(p, made));
	} else if (maker != NULL && (p->generator == CKG_GENERATE_COUNTER ||
	    p->generator == CKG_GENERATE_COUNTER_XOR)) {
		TRY(counter_take(maker, p, &count));
		counter_write(count, made, p->iv_len);
		for (size_t i = 0; i < p->iv_len; i++)
			if (p->generator == CKG_GENERATE_COUNTER_XOR)
				made[i] ^= p->iv[i];
	} else {
		return invalid("IVs are not generated in this way here");
	}
	for (size_t i = 0; i < p->iv_len; i++) {
		uint8_t mask = fixed_mask(i, p->fixed_bits);

		out[i] = (uint8_t)((out[i] & mask) | (made[i] & ~mask));
	}
	return CKR_OK;
}
