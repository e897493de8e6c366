/* Objects in memory: shared, immutable, with their key beside them. */
#include "module/object/object.h"

#include <stdlib.h>

#include "common/lock.h"

#include "module/object/create.h"

static const CK_ATTRIBUTE_TYPE uses[] = { CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN,
	CKA_SIGN_RECOVER, CKA_VERIFY, CKA_VERIFY_RECOVER, CKA_WRAP, CKA_UNWRAP,
	CKA_DERIVE, CKA_ENCAPSULATE, CKA_DECAPSULATE };

static void
key_facts(struct object *o)
{
	o->key_type = attrs_ulong(&o->attrs, CKA_KEY_TYPE,
	    CK_UNAVAILABLE_INFORMATION);
	if (o->key_type == CK_UNAVAILABLE_INFORMATION)
		return;
	for (size_t i = 0; i < COUNT(uses); i++)
		if (attrs_bool(&o->attrs, uses[i], false))
			o->allowed |= (uint16_t)(1U << i);
	o->limited = attrs_span(&o->attrs,
	    CKA_ALLOWED_MECHANISMS).data != NULL;
	o->always_authenticates = attrs_bool(&o->attrs,
	    CKA_ALWAYS_AUTHENTICATE, false);
}

bool
object_allows(const struct object *o, CK_ATTRIBUTE_TYPE use)
{
	for (size_t i = 0; i < COUNT(uses); i++)
		if (uses[i] == use)
			return (o->allowed >> i & 1) != 0;
	return false;
}

CK_RV
object_new(struct attrs *attrs, struct object **out)
{
	struct object *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return CKR_HOST_MEMORY;
	o->refs = 1;
	o->attrs = *attrs;
	*attrs = (struct attrs)ATTRS_INIT;
	o->class = attrs_ulong(&o->attrs, CKA_CLASS, CK_UNAVAILABLE_INFORMATION);
	o->private = attrs_bool(&o->attrs, CKA_PRIVATE, false);
	o->token = attrs_bool(&o->attrs, CKA_TOKEN, false);
	key_facts(o);
	lock_init(&o->lock);
	*out = o;
	return CKR_OK;
}

CK_RV
object_image(struct object *o, struct attrs *attrs, struct object **out)
{
	TRY(object_new(attrs, out));
	(*out)->id = o->id;
	(*out)->version = o->version;
	(*out)->store = o->store;
	(*out)->cell = o->cell;
	(*out)->origin = object_hold(o);
	return CKR_OK;
}

struct object *
object_hold(struct object *o)
{
	o->refs++;
	return o;
}

void
object_put(struct object *o)
{
	if (--o->refs != 0)
		return;
	if (o->key != NULL)
		key_put(o->key);
	if (o->origin != NULL)
		object_put(o->origin);
	attrs_wipe(&o->attrs);
	pthread_mutex_destroy(&o->lock);
	free(o);
}

/* One thread makes it; the others wait for that. */
static CK_RV
key_make(struct object *o, struct key **out)
{
	struct key *key;
	CK_RV rv = CKR_OK;

	pthread_mutex_lock(&o->lock);
	key = atomic_load_explicit(&o->key, memory_order_relaxed);
	if (key == NULL)
		rv = object_key(&o->attrs, &key);
	if (rv == CKR_OK)
		atomic_store_explicit(&o->key, key, memory_order_release);
	pthread_mutex_unlock(&o->lock);
	if (rv == CKR_OK)
		*out = key_hold(key);
	return rv;
}

CK_RV
object_key_get(struct object *o, struct key **out)
{
	struct key *key;

	if (o->origin != NULL)
		return object_key_get(o->origin, out);
	key = atomic_load_explicit(&o->key, memory_order_acquire);
	if (key == NULL)
		return key_make(o, out);
	*out = key_hold(key);
	return CKR_OK;
}
