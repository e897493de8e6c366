/* Slots and tokens as a list of stores. */
#include "tool/token.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"

/* A blank-padded field as a string; out has len + 1 bytes. */
static void
field_text(const CK_UTF8CHAR *field, size_t len, char *out)
{
	while (len > 0 && field[len - 1] == ' ')
		len--;
	memcpy(out, field, len);
	out[len] = '\0';
}

static CK_RV
slots_list(struct p11 *p11, CK_SLOT_ID **out, CK_ULONG *count)
{
	CK_SLOT_ID *slots;
	CK_ULONG n = 0;
	CK_RV rv;

	TRY(p11->calls->C_GetSlotList(CK_FALSE, NULL, &n));
	n += 16; /* some may appear between the two calls */
	if ((slots = calloc(n, sizeof(*slots))) == NULL)
		return CKR_HOST_MEMORY;
	rv = p11->calls->C_GetSlotList(CK_FALSE, slots, &n);
	if (rv != CKR_OK) {
		free(slots);
		return rv;
	}
	*out = slots;
	*count = n;
	return CKR_OK;
}

/* True if this slot holds a store that the caller may be told of. */
static bool
token_read(struct p11 *p11, CK_SLOT_ID slot, struct token *out)
{
	CK_SLOT_INFO where;
	CK_TOKEN_INFO info;
	struct token t = { .p11 = p11, .slot = slot };

	if (p11->calls->C_GetSlotInfo(slot, &where) != CKR_OK)
		return false;
	t.present = (where.flags & CKF_TOKEN_PRESENT) != 0;
	if (!t.present) {
		if (!p11->native || p11->uri != NULL)
			return false;
		field_text(where.slotDescription,
		    sizeof(where.slotDescription), t.name);
		*out = t;
		return true;
	}
	if (p11->calls->C_GetTokenInfo(slot, &info) != CKR_OK ||
	    (info.flags & CKF_TOKEN_INITIALIZED) == 0)
		return false;
	if (p11->uri != NULL &&
	    (!p11_kit_uri_match_token_info(p11->uri, &info) ||
	     !p11_kit_uri_match_slot_info(p11->uri, &where)))
		return false;
	field_text(info.label, sizeof(info.label), t.name);
	field_text(info.serialNumber, sizeof(info.serialNumber), t.serial);
	t.flags = info.flags;
	*out = t;
	return true;
}

CK_RV
tokens_list(struct p11 *p11, struct tokens *out)
{
	_cleanup_(freep) CK_SLOT_ID *slots = NULL;
	struct tokens tokens = { NULL, 0 };
	CK_ULONG count = 0;

	TRY(p11_open(p11));
	TRY(slots_list(p11, &slots, &count));
	tokens.list = calloc(count + 1, sizeof(*tokens.list));
	if (tokens.list == NULL)
		return CKR_HOST_MEMORY;
	for (CK_ULONG i = 0; i < count; i++)
		if (token_read(p11, slots[i], &tokens.list[tokens.count]))
			tokens.count++;
	*out = tokens;
	return CKR_OK;
}

void
tokens_free(struct tokens *tokens)
{
	free(tokens->list);
	*tokens = (struct tokens){ NULL, 0 };
}

CK_RV
token_empty_slot(struct p11 *p11, CK_SLOT_ID *out)
{
	_cleanup_(freep) CK_SLOT_ID *slots = NULL;
	CK_TOKEN_INFO info;
	CK_ULONG count = 0;

	TRY(slots_list(p11, &slots, &count));
	for (CK_ULONG i = 0; i < count; i++) {
		if (p11->calls->C_GetTokenInfo(slots[i], &info) != CKR_OK ||
		    (info.flags & CKF_TOKEN_INITIALIZED) != 0)
			continue;
		*out = slots[i];
		return CKR_OK;
	}
	error_say("Error: the module has no empty slot for another store\n");
	return E_OBJECT_NOT_FOUND;
}

CK_RV
token_find(struct p11 *p11, const char *name, struct token *out)
{
	_cleanup_(tokens_free) struct tokens tokens = { NULL, 0 };
	const struct token *found = NULL;

	TRY(tokens_list(p11, &tokens));
	for (size_t i = 0; i < tokens.count; i++) {
		const struct token *t = &tokens.list[i];

		if (name != NULL && !text_equal_folded(name, strlen(name),
		                        t->name, strlen(t->name)))
			continue;
		if (found != NULL) {
			error_say("Error: more than one token is meant; name "
			          "one by --token with its serial number\n");
			return E_INVALID_PARAMETER;
		}
		found = t;
	}
	if (found == NULL)
		return E_OBJECT_NOT_FOUND;
	*out = *found;
	return CKR_OK;
}

/* C_Login, which another session of this process may have done already. */
static CK_RV
login_with(struct token *token, CK_USER_TYPE user, const struct secret *pin)
{
	CK_RV rv = token->p11->calls->C_Login(token->session, user,
	    pin->data, pin->len);

	return rv == CKR_USER_ALREADY_LOGGED_IN ? CKR_OK : rv;
}

static CK_RV
token_login(struct token *token, enum login how)
{
	static const struct secret no_pin = { NULL, 0 };
	struct p11 *p11 = token->p11;

	if (how == LOGIN_SO) {
		TRY(p11_so_pin(p11));
		if (p11->so_pin_known)
			return login_with(token, CKU_SO, &p11->so_pin);
		error_say("Error: the PIN of the security officer is needed: "
		          "--so-pin-source\n");
		return E_WRONG_PASSWORD;
	}
	if (how == LOGIN_NONE || (token->flags & CKF_LOGIN_REQUIRED) == 0)
		return CKR_OK;
	if ((token->flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0)
		return login_with(token, CKU_USER, &no_pin);
	TRY(p11_pin(p11, token->name));
	if (p11->pin_known)
		return login_with(token, CKU_USER, &p11->pin);
	if (how == LOGIN_IF_CAN) {
		error_say("note: without a PIN only the public objects of "
		          "[%s] are seen\n", token->name);
		return CKR_OK;
	}
	error_say("Error: token [%s] needs a PIN: %s\n", token->name,
	    p11->pin_option != NULL ? p11->pin_option : "--pin-source");
	return E_WRONG_PASSWORD;
}

CK_RV
token_open(struct token *token, bool write, enum login how)
{
	CK_FLAGS flags = CKF_SERIAL_SESSION | (write ? CKF_RW_SESSION : 0);

	if (!token->present)
		return E_ACCESS_DENIED;
	TRY(token->p11->calls->C_OpenSession(token->slot, flags, NULL, NULL,
	    &token->session));
	return token_login(token, how);
}

void
token_close(struct token *token)
{
	if (token->session != CK_INVALID_HANDLE) {
		p11_reason_keep(token->p11);
		token->p11->calls->C_CloseSession(token->session);
	}
	token->session = CK_INVALID_HANDLE;
}

CK_RV
token_get(struct p11 *p11, const char *name, const char *unknown, bool write,
    enum login how, struct token *out)
{
	CK_RV rv = token_find(p11, name, out);

	if (rv == E_OBJECT_NOT_FOUND)
		error_say("%s", unknown);
	TRY(rv);
	return token_open(out, write, how);
}
