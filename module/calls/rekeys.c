/* Rekeying as a session's transfer: one store for each call. */
#include "module/calls/rekeys.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "module/calls/instance.h"
#include "module/object/record.h"

struct rekeying {
	size_t done, total;
};

CK_RV
rekey_index_of(struct span plain, rekey_then then, void *arg)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	_cleanup_(buf_wipe) struct buf scratch = BUF_INIT;
	struct span index[INDEX_COUNT];

	TRY(record_read(plain, &a));
	TRY(record_index(&a, &scratch, index));
	return then(arg, index);
}

CK_RV
rekey_open(struct session *s)
{
	_cleanup_(freep) struct rekeying *r = NULL;

	if (!s->context->identity.is_admin)
		return fail_quiet(CKR_ACTION_PROHIBITED,
		    "only administrators change the keys of the database");
	if (s->transfer != NULL)
		return CKR_OPERATION_ACTIVE;
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return CKR_HOST_MEMORY;
	TRY(rekey_begin(s->context->instance->db));
	s->transfer = TAKE(r);
	s->transfer_end = free;
	return CKR_OK;
}

CK_RV
rekey_go_on(struct session *s)
{
	struct rekeying *r = s->transfer;

	if (r == NULL || s->transfer_end != free)
		return CKR_ACTION_PROHIBITED;
	return rekey_step(s->context->instance->db, rekey_index_of,
	    &r->done, &r->total);
}

CK_RV
rekey_progress(struct session *s, char out[48])
{
	struct rekeying *r = s->transfer;

	if (r == NULL || s->transfer_end != free)
		return CKR_ATTRIBUTE_TYPE_INVALID;
	snprintf(out, 48, "%zu/%zu", r->done, r->total);
	return CKR_OK;
}
