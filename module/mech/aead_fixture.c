/* The structures of authenticated ciphers, filled. */
#include "module/mech/aead_fixture.h"

CK_MECHANISM
plain_form(struct call *c)
{
	CK_MECHANISM m = { c->mech, &c->u, 0 };

	if (c->mech == CKM_AES_GCM) {
		c->u.gcm = (CK_GCM_PARAMS){ c->iv, c->iv_len, 0, c->aad,
			c->aad_len, c->tag_len * 8 };
		m.ulParameterLen = sizeof(c->u.gcm);
	} else if (c->mech == CKM_AES_CCM) {
		c->u.ccm = (CK_CCM_PARAMS){ c->data_len, c->iv, c->iv_len,
			c->aad, c->aad_len, c->tag_len };
		m.ulParameterLen = sizeof(c->u.ccm);
	} else {
		c->u.poly = (CK_SALSA20_CHACHA20_POLY1305_PARAMS){ c->iv,
			c->iv_len, c->aad, c->aad_len };
		m.ulParameterLen = sizeof(c->u.poly);
	}
	return m;
}

CK_MECHANISM
message_form(struct call *c)
{
	CK_MECHANISM m = { c->mech, &c->u, 0 };

	if (c->mech == CKM_AES_GCM) {
		c->u.gcm_message = (CK_GCM_MESSAGE_PARAMS){ c->iv, c->iv_len,
			c->fixed, c->generator, c->tag, c->tag_len * 8 };
		m.ulParameterLen = sizeof(c->u.gcm_message);
	} else if (c->mech == CKM_AES_CCM) {
		c->u.ccm_message = (CK_CCM_MESSAGE_PARAMS){ c->data_len,
			c->iv, c->iv_len, c->fixed, c->generator, c->tag,
			c->tag_len };
		m.ulParameterLen = sizeof(c->u.ccm_message);
	} else {
		c->u.poly_message = (CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS){
			c->iv, c->iv_len, c->tag };
		m.ulParameterLen = sizeof(c->u.poly_message);
	}
	return m;
}
