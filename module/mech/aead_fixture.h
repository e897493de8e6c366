/* For tests: one call of an authenticated cipher, in either of its forms. */
#ifndef VECS_AEAD_FIXTURE_H
#define VECS_AEAD_FIXTURE_H

#include "common/pkcs11.h"

#include <stddef.h>
#include <stdint.h>

/* A mechanism with its two structures, and where their fields are. */
struct call {
	CK_MECHANISM_TYPE mech;
	CK_KEY_TYPE type;
	uint8_t key[32], iv[16], aad[32], tag[16];
	size_t key_len, iv_len, aad_len, tag_len, data_len;
	CK_GENERATOR_FUNCTION generator;
	CK_ULONG fixed;
	union {
		CK_GCM_PARAMS gcm;
		CK_CCM_PARAMS ccm;
		CK_SALSA20_CHACHA20_POLY1305_PARAMS poly;
		CK_GCM_MESSAGE_PARAMS gcm_message;
		CK_CCM_MESSAGE_PARAMS ccm_message;
		CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS poly_message;
	} u;
};

/* The mechanism with its parameter, which stays in the call. */
CK_MECHANISM plain_form(struct call *c);
CK_MECHANISM message_form(struct call *c);

#endif
