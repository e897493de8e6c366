/* Publishing keys: both of a pair, all of a derivation, or none. */
#include "module/calls/keep.h"

CK_RV
may_keep_key(struct session *s, const struct token *token,
    const CK_ATTRIBUTE *t, CK_ULONG n)
{
	const CK_ATTRIBUTE *a = template_find(t, n, CKA_TOKEN);

	if (token->store == NULL)
		return CKR_TOKEN_NOT_RECOGNIZED;
	if (a != NULL && a->ulValueLen == 1 &&
	    *(const CK_BBOOL *)a->pValue != CK_FALSE && !s->rw)
		return CKR_SESSION_READ_ONLY;
	return CKR_OK;
}

/* What has been published before a failure is taken back. */
static CK_RV
publish(struct session *s, const struct token *token, struct attrs made[],
    CK_OBJECT_HANDLE handles[], size_t count)
{
	size_t done = 0;
	CK_RV rv = CKR_OK;

	for (; rv == CKR_OK && done < count; done++)
		rv = attrs_publish(s, token, &made[done], &handles[done]);
	if (rv == CKR_OK)
		return CKR_OK;
	for (size_t i = done; i < count; i++)
		attrs_wipe(&made[i]);
	for (size_t i = 0; i + 1 < done; i++)
		if (destroy_object(s, handles[i]) != CKR_OK)
			rv = CKR_DEVICE_ERROR;
	return rv;
}

static CK_RV
publish_together(struct session *s, const struct token *token,
    struct attrs made[], CK_OBJECT_HANDLE handles[], size_t count)
{
	CK_RV rv = batch_begin(s);

	if (rv != CKR_OK) {
		for (size_t i = 0; i < count; i++)
			attrs_wipe(&made[i]);
		return rv;
	}
	rv = publish(s, token, made, handles, count);
	if (rv == CKR_OK && (rv = batch_commit(s)) != CKR_OK)
		/* what is the session's has no part in the batch */
		for (size_t i = 0; i < count; i++)
			handle_remove(s->context, handles[i]);
	batch_drop(s);
	return rv;
}

/* Also for who looks or dies in between: several are kept in a batch of their
 * own where the session has none. */
CK_RV
keys_keep(struct session *s, const struct token *token, struct attrs made[],
    CK_OBJECT_HANDLE *const to[], size_t count)
{
	CK_OBJECT_HANDLE handles[KEEP_MAX];
	bool own = count > 1 && s->rw && s->batch == NULL;

	TRY(own ? publish_together(s, token, made, handles, count)
	        : publish(s, token, made, handles, count));
	for (size_t i = 0; i < count; i++)
		*to[i] = handles[i];
	return CKR_OK;
}

CK_RV
key_keep(struct session *s, const struct token *token,
    const struct generated *what, const struct template *t,
    CK_OBJECT_HANDLE *out)
{
	struct maker who = { false, false };
	struct attrs made[1] = { ATTRS_INIT };
	CK_OBJECT_HANDLE *const to[] = { out };

	TRY(object_generated(&who, what, t->list, t->count, &made[0]));
	return keys_keep(s, token, made, to, 1);
}
