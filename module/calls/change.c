/* From an object to the change that the database applies. */
#include "module/calls/change.h"

#include "module/object/record.h"

/* One buffer holds the record first and what the index computes after it: its
 * address is settled only when both are written. */
CK_RV
record_build(const struct attrs *attrs, struct buf *bytes,
    struct record_new *out)
{
	size_t len;

	record_write(attrs, bytes);
	len = bytes->len;
	TRY(buf_check(bytes));
	out->class = attrs_ulong(attrs, CKA_CLASS, CK_UNAVAILABLE_INFORMATION);
	out->private = attrs_bool(attrs, CKA_PRIVATE, false);
	TRY(record_index(attrs, bytes, out->index));
	out->plain = (struct span){ bytes->data, len };
	return CKR_OK;
}

static enum change_kind
kind_of(const struct pending *p)
{
	if (p->before == NULL)
		return p->after != NULL ? CHANGE_CREATE : CHANGE_NOTHING;
	if (p->after == NULL)
		return CHANGE_DELETE;
	return p->to != p->store ? CHANGE_MOVE : CHANGE_UPDATE;
}

CK_RV
change_build(const struct pending *p, const struct secret *key,
    struct buf *bytes, struct change *out)
{
	*out = (struct change){ .kind = kind_of(p), .store = p->store,
		.to = p->to, .private_key = key };
	/* What was made in the batch may have moved in it. */
	if (out->kind == CHANGE_CREATE)
		out->store = p->to;
	if (p->before != NULL) {
		out->id = p->before->id;
		out->version = p->before->version;
	}
	if (p->after == NULL)
		return CKR_OK;
	return record_build(&p->after->attrs, bytes, &out->record);
}

void
change_build_absent(uint64_t store, const struct secret *key,
    struct span folded, struct change *out)
{
	*out = (struct change){ .kind = CHANGE_ABSENT, .store = store,
		.to = store, .private_key = key };
	out->record.index[INDEX_FOLDED_LABEL] = folded;
}
