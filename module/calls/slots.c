/* Slots, tokens and mechanisms: what there is (PKCS#11 5.4, 5.5). */
#include "module/calls/calls.h"

#include <stdlib.h>
#include <string.h>

#include "module/calls/token.h"
#include "module/mech/mech.h"

#define MANUFACTURER "VECS"
#define MODEL "VECS store"
#define DESCRIPTION "VECS certificate and key stores"
#define EMPTY_SLOT "empty slot for a new store"

static const CK_VERSION library_version = { VECS_VERSION_MAJOR,
	VECS_VERSION_MINOR };

/* A field of the ABI: padded with blanks, without a NUL. */
static void
field_set(CK_UTF8CHAR *field, size_t size, const char *text)
{
	size_t len = strnlen(text, size);

	memset(field, ' ', size);
	memcpy(field, text, len);
}

CK_RV
get_info(CK_INFO *out)
{
	if (out == NULL)
		return CKR_ARGUMENTS_BAD;
	*out = (CK_INFO){ .cryptokiVersion = { 3, 2 },
		.libraryVersion = library_version };
	field_set(out->manufacturerID, sizeof(out->manufacturerID),
	    MANUFACTURER);
	field_set(out->libraryDescription, sizeof(out->libraryDescription),
	    DESCRIPTION);
	return CKR_OK;
}

static void
stores_free(struct store **stores, size_t count)
{
	for (size_t i = 0; i < count; i++)
		store_put(stores[i]);
	free(stores);
}

/* The ids of the slots to show; ids has room for all stores and one more. */
static CK_RV
slots_collect(struct context *c, bool present, struct store **stores,
    size_t store_count, CK_SLOT_ID *ids, CK_ULONG *count)
{
	uint64_t empty = store_next_id(c->instance->db);
	CK_ULONG n = 0;

	for (size_t i = 0; i < store_count; i++) {
		struct token token = { NULL, NULL, 0, false };
		CK_RV rv = token_open(c, stores[i]->id, &token);

		/* Deleted since the list was made. */
		if (rv == CKR_SLOT_ID_INVALID)
			continue;
		TRY(rv);
		if (!present || token_is_present(&token))
			ids[n++] = (CK_SLOT_ID)stores[i]->id;
		token_close(&token);
	}
	token_empty_slot(c, empty);
	ids[n++] = (CK_SLOT_ID)empty;
	*count = n;
	return CKR_OK;
}

/* The standard's way with lists: count first, then a buffer that fits. */
static CK_RV
list_answer(const CK_ULONG *from, CK_ULONG n, CK_ULONG *out, CK_ULONG *count)
{
	CK_ULONG room = *count;

	*count = n;
	if (out == NULL)
		return CKR_OK;
	if (room < n)
		return CKR_BUFFER_TOO_SMALL;
	memcpy(out, from, n * sizeof(*out));
	return CKR_OK;
}

CK_RV
slot_list(struct context *c, CK_BBOOL present, CK_SLOT_ID *out,
    CK_ULONG *count)
{
	_cleanup_(freep) CK_SLOT_ID *ids = NULL;
	struct store **stores = NULL;
	size_t store_count = 0;
	CK_ULONG n = 0;
	CK_RV rv;

	if (count == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(store_list(c->instance->db, &stores, &store_count));
	ids = calloc(store_count + 1, sizeof(*ids));
	rv = ids != NULL ? slots_collect(c, present, stores, store_count, ids,
	    &n) : CKR_HOST_MEMORY;
	stores_free(stores, store_count);
	TRY(rv);
	return list_answer(ids, n, out, count);
}

CK_RV
slot_info(struct context *c, CK_SLOT_ID slot, CK_SLOT_INFO *out)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };

	if (out == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(token_open(c, slot, &token));
	*out = (CK_SLOT_INFO){
		.flags = token_is_present(&token) ? CKF_TOKEN_PRESENT : 0,
		.hardwareVersion = library_version,
		.firmwareVersion = library_version,
	};
	field_set(out->slotDescription, sizeof(out->slotDescription),
	    token.store != NULL ? token.store->name : EMPTY_SLOT);
	field_set(out->manufacturerID, sizeof(out->manufacturerID),
	    MANUFACTURER);
	return CKR_OK;
}

/* The flags of one PIN; CKF_SO_ are CKF_USER_ four bits further. */
static CK_FLAGS
pin_flags(const struct pin_state *pin)
{
	if (pin->tries_left == 0)
		return CKF_USER_PIN_LOCKED;
	return (pin->tries_left == 1 ? CKF_USER_PIN_FINAL_TRY : 0) |
	    (pin->failed_before ? CKF_USER_PIN_COUNT_LOW : 0);
}

#define SO_SHIFT 4
_Static_assert(CKF_USER_PIN_LOCKED << SO_SHIFT == CKF_SO_PIN_LOCKED &&
    CKF_USER_PIN_FINAL_TRY << SO_SHIFT == CKF_SO_PIN_FINAL_TRY &&
    CKF_USER_PIN_COUNT_LOW << SO_SHIFT == CKF_SO_PIN_COUNT_LOW,
    "the SO's flags stand four bits above the user's");

/* The PIN that C_Login asks for; NULL when it is not set. */
static const struct pin_state *
user_pin(const struct context *c, const struct store *store)
{
	const struct store_user *user;

	if (c->instance->login_user.len != 0) {
		user = user_named(store, c->instance->login_user);
		return user != NULL ? &user->pin : NULL;
	}
	return store->flags & STORE_USER_PIN ? &store->user : NULL;
}

static CK_FLAGS
token_flags(const struct context *c, const struct token *token)
{
	CK_FLAGS flags = CKF_RNG;
	const struct pin_state *user;

	if (token->store == NULL)
		return flags;
	flags |= CKF_TOKEN_INITIALIZED;
	if ((token->granted & RIGHT_WRITE) == 0)
		flags |= CKF_WRITE_PROTECTED;
	if (!token_has_pin(token))
		return flags | CKF_USER_PIN_INITIALIZED;
	flags |= CKF_LOGIN_REQUIRED;
	if ((user = user_pin(c, token->store)) != NULL)
		flags |= CKF_USER_PIN_INITIALIZED | pin_flags(user);
	return flags | pin_flags(&token->store->so) << SO_SHIFT;
}

static void
token_info_fill(struct context *c, CK_SLOT_ID slot, const struct token *token,
    CK_TOKEN_INFO *out)
{
	struct session_counts counts = sessions_count(c, slot);

	*out = (CK_TOKEN_INFO){
		.flags = token_flags(c, token),
		.ulMaxSessionCount = CK_EFFECTIVELY_INFINITE,
		.ulSessionCount = counts.all,
		.ulMaxRwSessionCount = CK_EFFECTIVELY_INFINITE,
		.ulRwSessionCount = counts.rw,
		.ulMaxPinLen = c->instance->max_pin,
		.ulMinPinLen = c->instance->min_pin,
		.ulTotalPublicMemory = CK_UNAVAILABLE_INFORMATION,
		.ulFreePublicMemory = CK_UNAVAILABLE_INFORMATION,
		.ulTotalPrivateMemory = CK_UNAVAILABLE_INFORMATION,
		.ulFreePrivateMemory = CK_UNAVAILABLE_INFORMATION,
		.hardwareVersion = library_version,
		.firmwareVersion = library_version,
	};
	field_set(out->label, sizeof(out->label),
	    token->store != NULL ? token->store->name : "");
	field_set(out->manufacturerID, sizeof(out->manufacturerID),
	    MANUFACTURER);
	field_set(out->model, sizeof(out->model), MODEL);
	field_set(out->serialNumber, sizeof(out->serialNumber),
	    token->store != NULL ? token->store->serial : "");
	field_set(out->utcTime, sizeof(out->utcTime), "");
}

CK_RV
token_info(struct context *c, CK_SLOT_ID slot, CK_TOKEN_INFO *out)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };

	if (out == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(token_open(c, slot, &token));
	if (!token_is_present(&token))
		return CKR_TOKEN_NOT_PRESENT;
	token_info_fill(c, slot, &token, out);
	return CKR_OK;
}

CK_RV
mechanism_list(struct context *c, CK_SLOT_ID slot, CK_MECHANISM_TYPE *out,
    CK_ULONG *count)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	_cleanup_(freep) CK_MECHANISM_TYPE *types = NULL;
	const struct mech *mech;
	size_t n = mech_count(), at = 0;

	if (count == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(token_open(c, slot, &token));
	if (!token_is_present(&token))
		return CKR_TOKEN_NOT_PRESENT;
	if ((types = calloc(n + 1, sizeof(*types))) == NULL)
		return CKR_HOST_MEMORY;
	for (size_t i = 0; i < n && (mech = mech_next(&at)) != NULL; i++)
		types[i] = mech->type;
	return list_answer(types, (CK_ULONG)n, out, count);
}

CK_RV
mechanism_info(struct context *c, CK_SLOT_ID slot, CK_MECHANISM_TYPE type,
    CK_MECHANISM_INFO *out)
{
	_cleanup_(token_close) struct token token = { NULL, NULL, 0, false };
	const struct mech *mech = mech_find(type);

	if (out == NULL)
		return CKR_ARGUMENTS_BAD;
	TRY(token_open(c, slot, &token));
	if (!token_is_present(&token))
		return CKR_TOKEN_NOT_PRESENT;
	if (mech == NULL)
		return CKR_MECHANISM_INVALID;
	*out = (CK_MECHANISM_INFO){ mech->min, mech->max,
		mech_flags(mech) };
	return CKR_OK;
}
