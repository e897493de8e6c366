/*
 * Backups and restores on their way: all of the stream lies in a file without
 * a name before the first piece is read, and before anything is restored, so
 * that no lock waits for a client.
 */
#include "module/calls/backups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/text.h"
#include "common/vendor.h"
#include "module/object/attrs.h"
#include "module/store/backup.h"

#define CHUNK 65536

struct transfer {
	int fd;
	off_t at, size;
	bool restores;
	struct secret key;
	bool renamed, replace;
	char as[33];
};

static void
transfer_free(void *transfer)
{
	struct transfer *x = transfer;

	if (x->fd >= 0)
		close(x->fd);
	secret_wipe(&x->key);
	free(x);
}

static void
transfer_freep(struct transfer **x)
{
	if (*x != NULL)
		transfer_free(*x);
}

static CK_RV
transfer_new(struct session *s, const CK_ATTRIBUTE *t, CK_ULONG n,
    struct transfer **out)
{
	_cleanup_(transfer_freep) struct transfer *x = calloc(1, sizeof(*x));
	const CK_ATTRIBUTE *key = template_find(t, n, CKA_VECS_BACKUP_KEY);

	if (x == NULL)
		return CKR_HOST_MEMORY;
	x->fd = -1;
	if (s->transfer != NULL)
		return CKR_OPERATION_ACTIVE;
	if (key == NULL)
		return CKR_TEMPLATE_INCOMPLETE;
	if (key->ulValueLen != BACKUP_KEY)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	TRY(secret_dup(key->pValue, key->ulValueLen, &x->key));
	x->fd = database_spool(s->context->instance->db);
	if (x->fd < 0)
		return fail(CKR_DEVICE_ERROR,
		    "no file for the stream in the database's folder: %s",
		    strerror(errno));
	*out = TAKE(x);
	return CKR_OK;
}

static void
transfer_give(struct session *s, struct transfer *x)
{
	s->transfer = x;
	s->transfer_end = transfer_free;
}

static struct transfer *
transfer_of(struct session *s, bool restores)
{
	struct transfer *x = s->transfer;

	/* The session's transfer may be of another kind. */
	return x != NULL && s->transfer_end == transfer_free &&
	    x->restores == restores ? x : NULL;
}

/* Backup */

/* Those that the caller controls, one or all. */
static CK_RV
stores_collect(struct context *c, uint64_t **out, size_t *count)
{
	struct store **stores = NULL;
	size_t n = 0, kept = 0;
	uint64_t *ids;

	TRY(store_list(c->instance->db, &stores, &n));
	ids = calloc(n + 1, sizeof(*ids));
	for (size_t i = 0; i < n; i++) {
		if (ids != NULL &&
		    permit_controls(&c->identity, stores[i]->owner))
			ids[kept++] = stores[i]->id;
		store_put(stores[i]);
	}
	free(stores);
	if (ids == NULL)
		return CKR_HOST_MEMORY;
	*out = ids;
	*count = kept;
	return CKR_OK;
}

static CK_RV
backup_fill(struct session *s, const struct token *token, struct transfer *x)
{
	struct database *db = s->context->instance->db;
	struct span key = { x->key.data, x->key.len };
	_cleanup_(freep) uint64_t *ids = NULL;
	size_t count = 0;

	if (token->store != NULL)
		return backup_write(db, &token->store->id, 1, key, x->fd);
	TRY(stores_collect(s->context, &ids, &count));
	return backup_write(db, ids, count, key, x->fd);
}

CK_RV
backup_begin(struct session *s, const struct token *token,
    const CK_ATTRIBUTE *t, CK_ULONG n)
{
	_cleanup_(transfer_freep) struct transfer *x = NULL;

	if (token->store != NULL && !token->controls)
		return fail_quiet(CKR_ACTION_PROHIBITED,
		    "store %s belongs to another user", token->store->name);
	TRY(transfer_new(s, t, n, &x));
	TRY(backup_fill(s, token, x));
	x->size = lseek(x->fd, 0, SEEK_END);
	transfer_give(s, TAKE(x));
	return CKR_OK;
}

CK_RV
backup_chunk(struct session *s, CK_ATTRIBUTE *to)
{
	struct transfer *x = transfer_of(s, false);
	CK_ULONG room = to->ulValueLen, left;

	if (x == NULL)
		return CKR_ATTRIBUTE_TYPE_INVALID;
	left = (CK_ULONG)(x->size - x->at);
	to->ulValueLen = left < CHUNK ? left : CHUNK;
	if (to->pValue == NULL)
		return CKR_OK;
	if (room < to->ulValueLen) {
		to->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_BUFFER_TOO_SMALL;
	}
	if (pread(x->fd, to->pValue, to->ulValueLen, x->at) !=
	    (ssize_t)to->ulValueLen)
		return CKR_DEVICE_ERROR;
	x->at += (off_t)to->ulValueLen;
	return CKR_OK;
}

/* Restore */

static CK_RV
restore_name(const CK_ATTRIBUTE *as, struct transfer *x)
{
	if (as == NULL)
		return CKR_OK;
	if (as->ulValueLen >= sizeof(x->as))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	memcpy(x->as, as->pValue, as->ulValueLen);
	if (!text_is_store_name(x->as, as->ulValueLen))
		return fail_quiet(CKR_ATTRIBUTE_VALUE_INVALID,
		    "that is not a store's name");
	x->renamed = true;
	return CKR_OK;
}

CK_RV
restore_begin(struct session *s, const struct token *token,
    const CK_ATTRIBUTE *t, CK_ULONG n)
{
	_cleanup_(transfer_freep) struct transfer *x = NULL;

	/* The empty slot has no other sessions than these. */
	if (token->store != NULL && !s->rw)
		return CKR_SESSION_READ_ONLY;
	TRY(transfer_new(s, t, n, &x));
	x->restores = true;
	x->replace = template_find(t, n, CKA_VECS_REPLACE) != NULL;
	TRY(restore_name(template_find(t, n, CKA_VECS_RESTORE_AS), x));
	transfer_give(s, TAKE(x));
	return CKR_OK;
}

/* Only administrators restore what belongs to others. */
static CK_RV
may_restore(void *arg, uint32_t owner, const struct store *there)
{
	const struct identity *who = arg;

	if (permit_controls(who, owner) &&
	    (there == NULL || permit_controls(who, there->owner)))
		return CKR_OK;
	return fail_quiet(CKR_ACTION_PROHIBITED,
	    "a store in the backup belongs to another user");
}

static CK_RV
restore_end(struct session *s, struct transfer *x)
{
	struct restore_how how = { x->renamed ? x->as : NULL, x->replace,
		may_restore, &s->context->identity };
	CK_RV rv = backup_restore(s->context->instance->db,
	    (struct span){ x->key.data, x->key.len }, x->fd, &how);

	session_transfer_end(s);
	return rv;
}

CK_RV
restore_chunk(struct session *s, struct span piece)
{
	struct transfer *x = transfer_of(s, true);

	if (x == NULL)
		return CKR_ACTION_PROHIBITED;
	if (piece.len == 0)
		return restore_end(s, x);
	if (pwrite(x->fd, piece.data, piece.len, x->size) !=
	    (ssize_t)piece.len)
		return fail(CKR_DEVICE_MEMORY, "the stream cannot be kept: %s",
		    strerror(errno));
	x->size += (off_t)piece.len;
	return CKR_OK;
}
