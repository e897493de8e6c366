/* From a template to the objects that match it. */
#include "module/object/find.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/log.h"
#include "common/text.h"
#include "common/vendor.h"

#define TRIES 1000 /* more commits do not come between one search and the next */

/* In the order of preference: what names the fewest objects first. */
static const struct {
	CK_ATTRIBUTE_TYPE type;
	enum index_kind index;
} indexed[] = {
	{ CKA_LABEL, INDEX_LABEL },
	{ CKA_VECS_FOLDED_LABEL, INDEX_FOLDED_LABEL },
	{ CKA_ID, INDEX_ID },
	{ CKA_SUBJECT, INDEX_SUBJECT },
};

static struct span
template_span(const CK_ATTRIBUTE *a)
{
	return (struct span){ a->ulValueLen != 0 ? a->pValue : "",
		a->ulValueLen };
}

/* Issuer and serial together name one certificate. */
static void
narrow_by_issuer(const CK_ATTRIBUTE *t, CK_ULONG n, struct query *q,
    struct buf *scratch)
{
	const CK_ATTRIBUTE *issuer = template_find(t, n, CKA_ISSUER);
	const CK_ATTRIBUTE *serial = template_find(t, n, CKA_SERIAL_NUMBER);

	if (issuer == NULL || serial == NULL)
		return;
	buf_blob(scratch, issuer->pValue, issuer->ulValueLen);
	buf_bytes(scratch, serial->pValue, serial->ulValueLen);
	q->index = INDEX_ISSUER_SERIAL;
	q->value = (struct span){ scratch->data, scratch->len };
}

static void
narrow_by_index(const CK_ATTRIBUTE *t, CK_ULONG n, struct query *q,
    struct buf *scratch)
{
	for (size_t i = 0; i < COUNT(indexed); i++) {
		const CK_ATTRIBUTE *a = template_find(t, n, indexed[i].type);

		if (a == NULL)
			continue;
		q->index = indexed[i].index;
		q->value = template_span(a);
		if (indexed[i].index != INDEX_FOLDED_LABEL)
			return;
		buf_bytes(scratch, a->pValue, a->ulValueLen);
		if (scratch->len != 0)
			text_fold(scratch->data, scratch->len, scratch->data);
		q->value.data = scratch->len != 0 ? scratch->data
		                                  : (const void *)"";
		return;
	}
	narrow_by_issuer(t, n, q, scratch);
}

/* Attributes whose answer the reference itself holds. */
static bool
is_decided(const struct record_ref *ref, const CK_ATTRIBUTE *a)
{
	CK_BBOOL yes = CK_TRUE;

	if (a->type == CKA_CLASS)
		return a->ulValueLen == sizeof(CK_OBJECT_CLASS) &&
		    memcmp(a->pValue, &ref->class, sizeof(ref->class)) == 0;
	if (a->type == CKA_TOKEN)
		return a->ulValueLen == 1 && memcmp(a->pValue, &yes, 1) == 0;
	if (a->type == CKA_PRIVATE)
		return a->ulValueLen == 1 &&
		    (*(const CK_BBOOL *)a->pValue != 0) == ref->private;
	return false;
}

static CK_RV
ref_matches(struct cache *cache, const struct store *store,
    const struct secret *private_key, const struct record_ref *ref,
    const CK_ATTRIBUTE *t, CK_ULONG n, bool *out)
{
	_cleanup_(object_putp) struct object *o = NULL;
	CK_ULONG decided = 0;

	while (decided < n && is_decided(ref, &t[decided]))
		decided++;
	if (decided == n) {
		*out = true;
		return CKR_OK;
	}
	TRY(cache_object(cache, store, private_key, ref, &o));
	/* Changed since the search, which may miss what came instead. */
	if (o->version != ref->version)
		return CKR_OBJECT_HANDLE_INVALID;
	*out = attrs_match(&o->attrs, t, n);
	return CKR_OK;
}

static void
narrow(const CK_ATTRIBUTE *t, CK_ULONG n, struct query *q,
    struct buf *scratch)
{
	const CK_ATTRIBUTE *class = template_find(t, n, CKA_CLASS);

	if (class != NULL && class->ulValueLen == sizeof(CK_OBJECT_CLASS)) {
		q->has_class = true;
		memcpy(&q->class, class->pValue, sizeof(q->class));
	}
	narrow_by_index(t, n, q, scratch);
}

bool
find_is_plain(const CK_ATTRIBUTE *t, CK_ULONG n)
{
	for (CK_ULONG i = 0; i < n; i++)
		if (!(t[i].type == CKA_CLASS &&
		        t[i].ulValueLen == sizeof(CK_OBJECT_CLASS)) &&
		    !(t[i].type == CKA_TOKEN && t[i].ulValueLen == 1 &&
		        *(const CK_BBOOL *)t[i].pValue == CK_TRUE))
			return false;
	return true;
}

CK_RV
find_plain(struct cache *cache, const struct store *store,
    const struct secret *private_key, bool private, const CK_ATTRIBUTE *t,
    CK_ULONG n, struct shared_refs **out)
{
	_cleanup_(buf_wipe) struct buf scratch = BUF_INIT;
	struct query q = { .index = INDEX_COUNT, .private = private };

	narrow(t, n, &q, &scratch);
	return cache_share(cache, store, private_key, &q, out);
}

/* CKR_OBJECT_HANDLE_INVALID: a commit came between search and reading. */
static CK_RV
find_once(struct cache *cache, const struct store *store,
    const struct secret *private_key, const struct query *q,
    const CK_ATTRIBUTE *t, CK_ULONG n, struct record_ref **out, size_t *count)
{
	_cleanup_(freep) struct record_ref *refs = NULL;
	size_t found, kept = 0;

	TRY(cache_search(cache, store, private_key, q, &refs, &found));
	for (size_t i = 0; i < found; i++) {
		bool matches = false;

		TRY(ref_matches(cache, store, private_key, &refs[i], t, n,
		    &matches));
		if (matches)
			refs[kept++] = refs[i];
	}
	*out = TAKE(refs);
	*count = kept;
	return CKR_OK;
}

/* A search answers as of one moment: torn by a commit, it is made again. */
CK_RV
find_objects(struct cache *cache, const struct store *store,
    const struct secret *private_key, bool private, const CK_ATTRIBUTE *t,
    CK_ULONG n, struct record_ref **out, size_t *count)
{
	_cleanup_(buf_wipe) struct buf scratch = BUF_INIT;
	struct query q = { .index = INDEX_COUNT, .private = private };
	CK_RV rv;

	narrow(t, n, &q, &scratch);
	TRY(buf_check(&scratch));
	rv = find_once(cache, store, private_key, &q, t, n, out, count);
	for (int i = 0; rv == CKR_OBJECT_HANDLE_INVALID && i < TRIES; i++) {
		_cleanup_(store_putp) struct store *now = NULL;

		TRY(store_get(cache_database(cache), store->id, &now));
		rv = find_once(cache, now, private_key, &q, t, n, out, count);
	}
	if (rv == CKR_OBJECT_HANDLE_INVALID)
		return fail(CKR_DEVICE_ERROR,
		    "store %s: what a search finds is not there", store->name);
	return rv;
}
