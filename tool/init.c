/* C_InitToken and C_InitPIN, and where a new PIN comes from. */
#include "tool/init.h"

#include <string.h>

#include "common/text.h"
#include "tool/prompt.h"

#define LABEL_BYTES 32

CK_RV
init_name_check(const char *name)
{
	size_t len = strlen(name);

	if (len > LABEL_BYTES) {
		error_say("Error: a store name has at most %d bytes\n",
		    LABEL_BYTES);
		return E_LABEL_TOO_LONG;
	}
	if (text_is_store_name(name, len))
		return CKR_OK;
	error_say("Error: a store name is UTF-8 without control characters "
	          "and without blanks at its ends\n");
	return E_INVALID_PARAMETER;
}

CK_RV
init_name_free(struct p11 *p11, const char *name)
{
	_cleanup_(tokens_free) struct tokens all = { NULL, 0 };

	TRY(tokens_list(p11, &all));
	for (size_t i = 0; i < all.count; i++)
		if (text_equal_folded(name, strlen(name), all.list[i].name,
		        strlen(all.list[i].name)))
			return E_ALREADY_EXISTS;
	return CKR_OK;
}

CK_RV
init_token(struct p11 *p11, CK_SLOT_ID slot, const char *name,
    const struct secret *so_pin)
{
	CK_UTF8CHAR label[LABEL_BYTES];

	memset(label, ' ', sizeof(label));
	memcpy(label, name, strlen(name));
	return p11->calls->C_InitToken(slot, so_pin->data, so_pin->len, label);
}

/* Before the token is made, which would be left without this PIN.  That of the
 * officer is looked at first of all by the token itself. */
static CK_RV
pin_check(struct p11 *p11, CK_SLOT_ID slot, const struct secret *pin)
{
	CK_TOKEN_INFO info;

	TRY(p11->calls->C_GetTokenInfo(slot, &info));
	if (pin->len >= info.ulMinPinLen && pin->len <= info.ulMaxPinLen)
		return CKR_OK;
	error_say("Error: a PIN has %lu to %lu bytes\n", info.ulMinPinLen,
	    info.ulMaxPinLen);
	return CKR_PIN_LEN_RANGE;
}

CK_RV
init_with_pins(struct p11 *p11, const CK_SLOT_ID *slot, const char *name,
    const struct secret *so_pin, const struct secret *pin)
{
	_cleanup_(token_close) struct token token = TOKEN_INIT;
	CK_SLOT_ID where = slot != NULL ? *slot : 0;

	if (slot == NULL)
		TRY(token_empty_slot(p11, &where));
	TRY(pin_check(p11, where, pin));
	TRY(init_token(p11, where, name, so_pin));
	/* Some modules give a new token another slot. */
	TRY(token_find(p11, name, &token));
	TRY(token_open(&token, true, LOGIN_NONE));
	TRY(p11->calls->C_Login(token.session, CKU_SO, so_pin->data,
	    so_pin->len));
	return p11->calls->C_InitPIN(token.session, pin->data, pin->len);
}

static CK_RV
empty_init(struct p11 *p11, const char *name, const struct secret *so_pin)
{
	CK_SLOT_ID slot = 0;

	TRY(token_empty_slot(p11, &slot));
	return init_token(p11, slot, name, so_pin);
}

CK_RV
init_without_pins(struct p11 *p11, const char *name)
{
	static const struct secret no_pin = { NULL, 0 };
	CK_RV rv = empty_init(p11, name, &no_pin);

	/* Somebody else may have taken the name, or the slot, just now. */
	if (rv != CKR_OK && init_name_free(p11, name) == E_ALREADY_EXISTS)
		return E_ALREADY_EXISTS;
	for (int i = 0; i < 5 && rv == CKR_PIN_INCORRECT; i++)
		rv = empty_init(p11, name, &no_pin);
	return rv;
}

CK_RV
init_new_pin(const char *source, const char *whose, const char *option,
    struct secret *out)
{
	_cleanup_(secret_wipe) struct secret first = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret again = { NULL, 0 };
	char text[96];
	bool known = false;

	if (source != NULL)
		return prompt_source(source, out);
	snprintf(text, sizeof(text), "New PIN of %s: ", whose);
	TRY(prompt_terminal(text, &first, &known));
	if (known)
		TRY(prompt_terminal("The same again: ", &again, &known));
	if (!known) {
		error_say("Error: a new PIN of %s is needed: %s\n", whose,
		    option);
		return E_WRONG_PASSWORD;
	}
	if (first.len != again.len ||
	    (first.len != 0 &&
	        memcmp(first.data, again.data, first.len) != 0)) {
		error_say("Error: the PINs differ\n");
		return E_WRONG_PASSWORD;
	}
	*out = first;
	first = (struct secret){ NULL, 0 };
	return CKR_OK;
}
