/* Stores and the instance: rows to what they say, and back. */
#include "module/store/database.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/vendor.h"

#define META_FORMAT 1
#define META_RESTORED 2 /* with home and shift at its end */
#define SERIAL_LEN 16

/* References */

/* The keys of index and manifest are secrets as well. */
struct store_full *
store_alloc(void)
{
	struct store_full *s = secret_alloc(sizeof(*s));

	if (s != NULL)
		s->refs = 1;
	return s;
}

struct store *
store_hold(struct store *store)
{
	full(store)->refs++;
	return store;
}

void
store_put(struct store *store)
{
	struct store_full *s = full(store);

	if (--s->refs != 0)
		return;
	secret_wipe(&s->public_key);
	secret_wipe(&s->private_key);
	free(s->pub.users);
	secret_free(s, sizeof(*s));
}

/* Associated data: what the row may not be exchanged with. */
static CK_RV
row_binding(const struct database *db, uint64_t id, uint64_t version,
    struct buf *out)
{
	buf_u32(out, SEAL_FORMAT);
	buf_bytes(out, db->dbid, DBID_LEN);
	buf_u64(out, id);
	buf_u64(out, version);
	return buf_check(out);
}

/* Meta: name, serial, owner, time, flags, keys; under the master key */

static CK_RV
key_read(struct reader *r, struct secret *out)
{
	size_t len;
	const uint8_t *key = reader_blob(r, &len);

	if (len != SEAL_KEY && len != 0)
		return CKR_DEVICE_ERROR;
	return secret_dup(key, len, out);
}

static void
bytes_read(struct reader *r, size_t len, void *out)
{
	const uint8_t *bytes = reader_bytes(r, len);

	if (bytes != NULL)
		memcpy(out, bytes, len);
}

CK_RV
store_parse(struct span plain, struct store_full *s)
{
	struct reader r = { plain.data, plain.len, false };
	uint8_t format = reader_u8(&r);
	size_t len;
	const uint8_t *name = reader_blob(&r, &len);

	if (r.failed || (format != META_FORMAT && format != META_RESTORED) ||
	    len >= sizeof(s->pub.name) || memchr(name, '\0', len) != NULL)
		return CKR_DEVICE_ERROR;
	memcpy(s->pub.name, name, len);
	bytes_read(&r, SERIAL_LEN, s->pub.serial);
	s->pub.owner = reader_u32(&r);
	s->pub.created = reader_u64(&r);
	s->pub.flags = reader_u32(&r);
	TRY(key_read(&r, &s->public_key));
	TRY(key_read(&r, &s->private_key));
	bytes_read(&r, KEY_ID, s->private_id);
	if (format == META_RESTORED) {
		s->home = reader_u64(&r);
		s->shift = reader_u64(&r);
	}
	return reader_done(&r) && s->public_key.len == SEAL_KEY
	    ? CKR_OK
	    : CKR_DEVICE_ERROR;
}

void
store_print(const struct store_full *s, bool restored, struct buf *out)
{
	buf_u8(out, restored ? META_RESTORED : META_FORMAT);
	buf_blob(out, s->pub.name, strlen(s->pub.name));
	buf_bytes(out, s->pub.serial, SERIAL_LEN);
	buf_u32(out, s->pub.owner);
	buf_u64(out, s->pub.created);
	buf_u32(out, s->pub.flags & ~(uint32_t)STORE_USER_PIN);
	buf_blob(out, s->public_key.data, s->public_key.len);
	buf_blob(out, s->private_key.data, s->private_key.len);
	buf_bytes(out, s->private_id, KEY_ID);
	if (restored) {
		buf_u64(out, s->home);
		buf_u64(out, s->shift);
	}
}

CK_RV
store_write_meta(struct database *db, struct store_full *s)
{
	_cleanup_(buf_wipe) struct buf plain = BUF_INIT, aad = BUF_INIT,
	    sealed = BUF_INIT;
	sqlite3_stmt *st;

	s->meta_version++;
	store_print(s, s->home != s->pub.id || s->shift != 0, &plain);
	TRY(buf_check(&plain));
	TRY(row_binding(db, s->pub.id, s->meta_version, &aad));
	TRY(seal(secret_span(&db->master), PURPOSE_STORE,
	    (struct span){ aad.data, aad.len },
	    (struct span){ plain.data, plain.len }, &sealed));
	TRY(db_statement(&db->writer, ST_STORE_META, &st));
	db_bind_u64(st, 1, s->pub.id);
	db_bind_u64(st, 2, s->meta_version);
	db_bind_span(st, 3, (struct span){ sealed.data, sealed.len });
	return db_run(&db->writer, st);
}

/* The manifest names the meta's version too, so that an older meta row does
 * not pass. */
CK_RV
store_write_manifest(struct database *db, struct store_full *s)
{
	_cleanup_(buf_wipe) struct buf plain = BUF_INIT, aad = BUF_INIT,
	    sealed = BUF_INIT;
	sqlite3_stmt *st;

	s->pub.version++;
	buf_u64(&plain, s->meta_version);
	for (int i = 0; i < MANIFEST_PARTS; i++)
		manifest_write(&s->manifests[i], &plain);
	TRY(buf_check(&plain));
	TRY(row_binding(db, s->pub.id, s->pub.version, &aad));
	TRY(seal(secret_span(&s->public_key), PURPOSE_MANIFEST,
	    (struct span){ aad.data, aad.len },
	    (struct span){ plain.data, plain.len }, &sealed));
	TRY(db_statement(&db->writer, ST_STORE_SET, &st));
	db_bind_u64(st, 1, s->pub.id);
	db_bind_u64(st, 2, s->pub.version);
	db_bind_span(st, 3, (struct span){ sealed.data, sealed.len });
	return db_run(&db->writer, st);
}

CK_RV
store_derive(struct store_full *s)
{
	TRY(seal_subkey(secret_span(&s->public_key), SUBKEY_MANIFEST,
	    s->manifest_key));
	TRY(seal_subkey(secret_span(&s->public_key), SUBKEY_INDEX,
	    s->index_public));
	if (s->private_key.len == 0)
		return CKR_OK;
	return seal_subkey(secret_span(&s->private_key), SUBKEY_INDEX,
	    s->index_private);
}

CK_RV
private_key_id(struct span key, uint8_t out[KEY_ID])
{
	uint8_t id[SEAL_KEY] = { 0 };

	if (key.len != 0)
		TRY(seal_subkey(key, SUBKEY_PRIVATE_ID, id));
	memcpy(out, id, KEY_ID);
	return CKR_OK;
}

CK_RV
private_key_check(const struct store_full *s, struct span key)
{
	uint8_t id[KEY_ID];

	TRY(private_key_id(key, id));
	if (key.len == 0 || !secret_equal(id, s->private_id, KEY_ID))
		return fail_quiet(CKR_USER_NOT_LOGGED_IN,
		    "store %s: the login is older than its key", s->pub.name);
	return CKR_OK;
}

CK_RV
store_open_meta(struct database *db, struct store_full *s, struct span sealed)
{
	_cleanup_(buf_wipe) struct buf aad = BUF_INIT;
	_cleanup_(secret_wipe) struct secret plain = { NULL, 0 };

	TRY(row_binding(db, s->pub.id, s->meta_version, &aad));
	TRY(seal_open(secret_span(&db->master), PURPOSE_STORE,
	    (struct span){ aad.data, aad.len }, sealed, &plain));
	TRY(store_parse(secret_span(&plain), s));
	return store_derive(s);
}

CK_RV
store_open_manifest(struct database *db, struct store_full *s,
    struct span sealed)
{
	_cleanup_(buf_wipe) struct buf aad = BUF_INIT;
	_cleanup_(secret_wipe) struct secret plain = { NULL, 0 };
	struct reader r;
	uint64_t meta_version;

	TRY(row_binding(db, s->pub.id, s->pub.version, &aad));
	TRY(seal_open(secret_span(&s->public_key), PURPOSE_MANIFEST,
	    (struct span){ aad.data, aad.len }, sealed, &plain));
	r = (struct reader){ plain.data, plain.len, false };
	meta_version = reader_u64(&r);
	for (int i = 0; i < MANIFEST_PARTS; i++)
		manifest_read(&r, &s->manifests[i]);
	return reader_done(&r) && meta_version == s->meta_version
	    ? CKR_OK
	    : CKR_ENCRYPTED_DATA_INVALID;
}

static CK_RV
store_fill(struct database *db, struct db *conn, sqlite3_stmt *st,
    struct store_full *s)
{
	CK_RV rv;

	s->pub.id = db_u64(st, 0);
	s->pub.version = db_u64(st, 1);
	s->meta_version = db_u64(st, 2);
	s->home = s->pub.id;
	rv = store_open_meta(db, s, db_span(st, 3));
	if (rv == CKR_OK)
		rv = store_open_manifest(db, s, db_span(st, 4));
	if (rv != CKR_OK && rv != CKR_HOST_MEMORY)
		return fail(CKR_DEVICE_ERROR,
		    "%s: store %llu is damaged or was exchanged", db->path,
		    (unsigned long long)s->pub.id);
	TRY(rv);
	return slots_read(conn, s);
}

CK_RV
store_from_row(struct database *db, struct db *conn, sqlite3_stmt *st,
    struct store **out)
{
	struct store_full *s = store_alloc();
	CK_RV rv;

	if (s == NULL)
		return CKR_HOST_MEMORY;
	rv = store_fill(db, conn, st, s);
	if (rv != CKR_OK) {
		store_put(&s->pub);
		return rv;
	}
	*out = &s->pub;
	return CKR_OK;
}

static CK_RV
users_copy(const struct store *from, struct store *to)
{
	size_t size = from->user_count * sizeof(*to->users);

	if (size == 0)
		return CKR_OK;
	if ((to->users = malloc(size)) == NULL)
		return CKR_HOST_MEMORY;
	memcpy(to->users, from->users, size);
	return CKR_OK;
}

CK_RV
store_copy(const struct store_full *from, struct store **out)
{
	struct store_full *s = store_alloc();
	CK_RV rv;

	if (s == NULL)
		return CKR_HOST_MEMORY;
	memcpy(s, from, offsetof(struct store_full, refs));
	s->public_key = s->private_key = (struct secret){ NULL, 0 };
	s->pub.users = NULL;
	rv = users_copy(&from->pub, &s->pub);
	if (rv == CKR_OK)
		rv = secret_dup(from->public_key.data, from->public_key.len,
		    &s->public_key);
	if (rv == CKR_OK)
		rv = secret_dup(from->private_key.data, from->private_key.len,
		    &s->private_key);
	if (rv != CKR_OK) {
		store_put(&s->pub);
		return rv;
	}
	*out = &s->pub;
	return CKR_OK;
}

/* Manifests */

struct manifest_item
object_item(const struct store_full *s, CK_OBJECT_CLASS class, uint64_t id,
    uint64_t version)
{
	return (struct manifest_item){
		.kind = class == CKO_VECS_GRANT ? MANIFEST_GRANTS
		                                : MANIFEST_OBJECTS,
		.id = id - s->shift,
		.version = version,
	};
}

CK_RV
store_includes(struct store_full *s, const struct manifest_item *item)
{
	return manifest_add(&s->manifests[item->kind],
	    KEY_SPAN(s->manifest_key), item);
}

CK_RV
store_excludes(struct store_full *s, const struct manifest_item *item)
{
	return manifest_remove(&s->manifests[item->kind],
	    KEY_SPAN(s->manifest_key), item);
}

CK_RV
store_compare(const struct store_full *s, enum manifest_kind kind,
    const struct manifest *found)
{
	static const char *const what[MANIFEST_PARTS] = { "an object",
		"a grant", "a key slot" };

	if (manifest_equal(found, &s->manifests[kind]))
		return CKR_OK;
	return fail(CKR_DEVICE_ERROR,
	    "store %s: %s is hidden or an older one was put in its place "
	    "(%llu there, %llu expected)", s->pub.name, what[kind],
	    (unsigned long long)found->count,
	    (unsigned long long)s->manifests[kind].count);
}

/* The instance */

CK_RV
instance_unseal(const struct database *db, uint64_t generation,
    struct span sealed, struct manifest *manifest)
{
	_cleanup_(buf_wipe) struct buf aad = BUF_INIT;
	_cleanup_(secret_wipe) struct secret plain = { NULL, 0 };
	struct reader r;

	TRY(row_binding(db, 0, generation, &aad));
	if (seal_open(secret_span(&db->master), PURPOSE_INSTANCE,
	    (struct span){ aad.data, aad.len }, sealed, &plain) != CKR_OK)
		return fail(CKR_DEVICE_ERROR,
		    "%s: the instance is damaged or was exchanged", db->path);
	r = (struct reader){ plain.data, plain.len, false };
	manifest_read(&r, manifest);
	return reader_done(&r) ? CKR_OK : CKR_DEVICE_ERROR;
}

CK_RV
instance_read(struct database *db, struct db *conn, uint64_t *generation,
    struct manifest *manifest)
{
	uint8_t key_id[KEY_ID];
	sqlite3_stmt *st;
	bool row;
	CK_RV rv;

	TRY(db_statement(conn, ST_INSTANCE, &st));
	TRY(db_step(conn, st, &row));
	if (!row)
		return fail(CKR_DEVICE_ERROR, "%s: no instance", db->path);
	TRY(master_key_id(db, key_id));
	if (db_span(st, 2).len != KEY_ID ||
	    memcmp(db_span(st, 2).data, key_id, KEY_ID) != 0) {
		sqlite3_reset(st);
		return CKR_KEY_CHANGED;
	}
	*generation = db_u64(st, 3);
	rv = instance_unseal(db, *generation, db_span(st, 4), manifest);
	sqlite3_reset(st);
	return rv;
}

CK_RV
instance_write(struct database *db, uint64_t generation,
    const struct manifest *manifest)
{
	_cleanup_(buf_wipe) struct buf plain = BUF_INIT, aad = BUF_INIT,
	    sealed = BUF_INIT;
	sqlite3_stmt *st;

	manifest_write(manifest, &plain);
	TRY(buf_check(&plain));
	TRY(row_binding(db, 0, generation, &aad));
	TRY(seal(secret_span(&db->master), PURPOSE_INSTANCE,
	    (struct span){ aad.data, aad.len },
	    (struct span){ plain.data, plain.len }, &sealed));
	TRY(db_statement(&db->writer, ST_INSTANCE_SET, &st));
	db_bind_u64(st, 1, generation);
	db_bind_span(st, 2, (struct span){ sealed.data, sealed.len });
	return db_run(&db->writer, st);
}

struct span
private_key_of(const struct store_full *s, const struct secret *login)
{
	if (s->private_key.len != 0)
		return secret_span(&s->private_key);
	return login != NULL ? secret_span(login) : (struct span){ NULL, 0 };
}
