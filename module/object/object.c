/* Objects in memory: shared, immutable, with their key beside them. */
#include "module/object/object.h"

#include <stdlib.h>

#include "common/lock.h"

#include "module/object/create.h"

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

CK_RV
object_key_get(struct object *o, struct key **out)
{
	CK_RV rv = CKR_OK;

	if (o->origin != NULL)
		return object_key_get(o->origin, out);
	pthread_mutex_lock(&o->lock);
	if (o->key == NULL)
		rv = object_key(&o->attrs, &o->key);
	if (rv == CKR_OK)
		*out = key_hold(o->key);
	pthread_mutex_unlock(&o->lock);
	return rv;
}
