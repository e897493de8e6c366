/* What is missing: rows that do not open, and rows that only the indexes know
 * of.  By name where another object has the same label: a certificate tells
 * its key's. */
#include "module/store/salvage.h"

#include <stdlib.h>
#include <string.h>

#include "common/ckname.h"
#include "common/vendor.h"

static CK_RV
lost_new(struct salvage *v, struct lost_row **out)
{
	if (v->lost_count == v->lost_cap) {
		size_t cap = v->lost_cap * 2 + 16;
		struct lost_row *more = realloc(v->lost, cap * sizeof(*more));

		if (more == NULL)
			return CKR_HOST_MEMORY;
		v->lost = more;
		v->lost_cap = cap;
	}
	*out = &v->lost[v->lost_count++];
	return CKR_OK;
}

static void
digest_add(struct lost_row *lost, struct span digest)
{
	if (digest.len == DIGEST && lost->digest_count < INDEX_COUNT)
		memcpy(lost->digests[lost->digest_count++], digest.data,
		    DIGEST);
}

CK_RV
salvage_lose(struct salvage *v, const struct row *row)
{
	struct lost_row *lost;

	TRY(lost_new(v, &lost));
	*lost = (struct lost_row){ .id = row->id, .version = row->version,
		.store = row->store, .class = row->class,
		.private = row->private };
	for (int i = 0; i < INDEX_COUNT; i++)
		digest_add(lost, row->digests[i]);
	return CKR_OK;
}

/* The indexes: object_class, and digest. */

static CK_RV
class_found(void *arg, const struct cell *cell)
{
	struct row row;

	if (!salvage_shape(cell, false, "iiiii"))
		return CKR_OK;
	row = (struct row){ .store = cell->columns[0].number,
		.class = (CK_OBJECT_CLASS)cell->columns[1].number,
		.private = cell->columns[2].number != 0,
		.version = cell->columns[3].number,
		.id = cell->columns[4].number };
	return salvage_lose(arg, &row);
}

static int
by_id(const void *a, const void *b)
{
	const struct lost_row *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return y->digest_count - x->digest_count;
}

static CK_RV
digest_found(void *arg, const struct cell *cell)
{
	struct salvage *v = arg;
	struct lost_row wanted = { .digest_count = 0 }, *lost;

	if (!salvage_shape(cell, false, "bi"))
		return CKR_OK;
	wanted.id = cell->columns[1].number;
	lost = bsearch(&wanted, v->lost, v->lost_count, sizeof(*lost), by_id);
	if (lost == NULL)
		return CKR_OK;
	digest_add(lost, cell->columns[0].bytes);
	return CKR_OK;
}

static bool
is_complete(const struct found_store *f)
{
	for (int kind = 0; kind < MANIFEST_PARTS; kind++)
		if (!manifest_equal(&f->s->manifests[kind], &f->wanted[kind]))
			return false;
	return true;
}

CK_RV
salvage_missing(struct salvage *v)
{
	bool complete = true;

	for (size_t i = 0; i < v->store_count; i++)
		complete = complete && v->stores[i].s != NULL &&
		    is_complete(&v->stores[i]);
	if (complete)
		return CKR_OK;
	TRY(salvage_each(v, class_found));
	TRY(salvage_sift(v));
	return v->lost_count != 0 ? salvage_each(v, digest_found) : CKR_OK;
}

static CK_RV
is_there(struct salvage *v, uint64_t id, bool *there)
{
	sqlite3_stmt *st;

	TRY(db_statement(&v->db->writer, ST_OBJECT, &st));
	db_bind_u64(st, 1, id);
	TRY(db_step(&v->db->writer, st, there));
	sqlite3_reset(st);
	return CKR_OK;
}

CK_RV
salvage_sift(struct salvage *v)
{
	size_t kept = 0;

	if (v->lost_count != 0)
		qsort(v->lost, v->lost_count, sizeof(*v->lost), by_id);
	for (size_t i = 0; i < v->lost_count; i++) {
		bool there;

		if (kept > 0 && v->lost[kept - 1].id == v->lost[i].id)
			continue;
		TRY(is_there(v, v->lost[i].id, &there));
		if (!there)
			v->lost[kept++] = v->lost[i];
	}
	v->lost_count = kept;
	return CKR_OK;
}

/* Names */

struct naming {
	struct salvage *v;
	const struct found_store *f;
};

static void
name_copy(char name[65], struct span label)
{
	size_t len = label.len < 64 ? label.len : 64;

	memcpy(name, label.data, len);
	name[len] = '\0';
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 127)
			name[i] = '?';
}

static bool
has_digest(const struct lost_row *lost, const uint8_t digest[DIGEST])
{
	for (int i = 0; i < lost->digest_count; i++)
		if (memcmp(lost->digests[i], digest, DIGEST) == 0)
			return true;
	return false;
}

static CK_RV
names_match(const struct naming *n, bool private, struct span label)
{
	struct span private_key = private_key_of(n->f->s, NULL);
	uint8_t key[SEAL_KEY], digest[DIGEST];
	CK_RV rv;

	if (private && private_key.len == 0)
		return CKR_OK;
	rv = index_key(n->f->s, private_key, private, key);
	if (rv == CKR_OK)
		rv = index_digest(key, n->f->s->home, INDEX_LABEL, label,
		    digest);
	explicit_bzero(key, sizeof(key));
	TRY(rv);
	for (size_t i = 0; i < n->v->lost_count; i++) {
		struct lost_row *lost = &n->v->lost[i];

		if (lost->store == n->f->id && lost->private == private &&
		    has_digest(lost, digest))
			name_copy(lost->name, label);
	}
	return CKR_OK;
}

static CK_RV
label_seen(void *arg, const struct span index[INDEX_COUNT])
{
	if (index[INDEX_LABEL].data == NULL)
		return CKR_OK;
	TRY(names_match(arg, false, index[INDEX_LABEL]));
	return names_match(arg, true, index[INDEX_LABEL]);
}

static CK_RV
object_seen(struct naming *n, sqlite3_stmt *st)
{
	_cleanup_(secret_wipe) struct secret plain = { NULL, 0 };
	struct span private_key = private_key_of(n->f->s, NULL);
	struct row row;

	row_read(st, &row);
	if (row.private && private_key.len == 0)
		return CKR_OK;
	TRY(row_open(n->f->s, private_key, &row,
	    db_span(st, 4 + INDEX_COUNT), &plain));
	return n->v->index(secret_span(&plain), label_seen, n);
}

CK_RV
salvage_names(struct salvage *v, const struct found_store *f)
{
	struct naming n = { v, f };
	struct db *conn = &v->db->writer;
	sqlite3_stmt *st;
	bool row;

	TRY(db_statement(conn, ST_OBJECTS_WALK, &st));
	db_bind_u64(st, 1, f->id);
	for (;;) {
		TRY(db_step(conn, st, &row));
		if (!row)
			return CKR_OK;
		TRY(object_seen(&n, st));
	}
}

void
salvage_lost_say(const struct salvage *v, const struct found_store *f,
    const struct lost_row *lost)
{
	const char *class = lost->class == CKO_VECS_GRANT ? "a grant"
	    : ckname_class(lost->class);

	if (lost->name[0] != '\0')
		salvage_say(v, "lost: store %s: object %llu '%s' (%s)",
		    f->s->pub.name, (unsigned long long)lost->id, lost->name,
		    class != NULL ? class : "?");
	else
		salvage_say(v, "lost: store %s: object %llu (%s)",
		    f->s->pub.name, (unsigned long long)lost->id,
		    class != NULL ? class : "?");
}
