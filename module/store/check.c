/* Walking every row, and saying what is damaged. */
#include "module/store/database.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"

struct checker {
	struct database *db;
	void (*report)(void *arg, const char *line);
	void *arg;
};

static void PRINTF_LIKE(2, 3)
say(const struct checker *c, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	c->report(c->arg, line);
}

/* A failed step becomes a line: the reason says what and where. */
static void
say_reason(const struct checker *c, const char *where)
{
	char reason[512];

	log_reason(reason, sizeof(reason));
	say(c, "%s: %s", where, reason[0] != '\0' ? reason : "unreadable");
	log_reason_clear();
}

/* Every page of the file, also those that nothing uses at the moment. */
static void
check_pages(const struct checker *c)
{
	uint64_t number = 0;

	while (db_page_next(&c->db->reader, &number))
		say(c, "database: page %llu of the file is damaged",
		    (unsigned long long)number);
}

/* SQLite's own walk over trees and indexes. */
static void
check_trees(const struct checker *c)
{
	struct db *conn = &c->db->reader;
	sqlite3_stmt *st;
	bool row = true;

	if (db_statement(conn, ST_CHECK, &st) != CKR_OK) {
		say_reason(c, "database");
		return;
	}
	while (row) {
		const char *text;

		if (db_step(conn, st, &row) != CKR_OK) {
			say_reason(c, "database");
			return;
		}
		text = row ? db_text(st, 0) : "ok";
		if (strcmp(text, "ok") != 0)
			say(c, "database: %s", text);
	}
}

/* Objects whose key is known: public ones, private ones without a PIN. */
static void
check_object(const struct checker *c, const struct store_full *s,
    sqlite3_stmt *st)
{
	_cleanup_(secret_wipe) struct secret plain = { NULL, 0 };
	struct span private_key = private_key_of(s, NULL);
	struct row row;

	row_read(st, &row);
	if (row.private && private_key.len == 0)
		return;
	if (row_open(s, private_key, &row,
	    db_span(st, 4 + INDEX_COUNT), &plain) != CKR_OK)
		say_reason(c, s->pub.name);
}

static void
check_objects(const struct checker *c, const struct store_full *s)
{
	struct db *conn = &c->db->reader;
	sqlite3_stmt *st;
	bool row = true;

	if (db_statement(conn, ST_OBJECTS_WALK, &st) != CKR_OK) {
		say_reason(c, s->pub.name);
		return;
	}
	db_bind_u64(st, 1, s->pub.id);
	while (row) {
		if (db_step(conn, st, &row) != CKR_OK) {
			say_reason(c, s->pub.name);
			return;
		}
		if (row)
			check_object(c, s, st);
	}
	if (objects_compare(conn, s) != CKR_OK)
		say_reason(c, s->pub.name);
}

/* Each row of such a statement is a finding: a store and an object in it, or 0
 * for what there is none. */
static void
check_rows(const struct checker *c, enum statement which, const char *what)
{
	struct db *conn = &c->db->reader;
	sqlite3_stmt *st;
	bool row = true;

	if (db_statement(conn, which, &st) != CKR_OK) {
		say_reason(c, "database");
		return;
	}
	while (row) {
		if (db_step(conn, st, &row) != CKR_OK) {
			say_reason(c, "database");
			return;
		}
		if (row)
			say(c, "store %llu: object %llu: %s",
			    (unsigned long long)db_u64(st, 0),
			    (unsigned long long)db_u64(st, 1), what);
	}
}

/* One that cannot be opened is named by its number: its name is sealed. */
static void
check_store(const struct checker *c, sqlite3_stmt *st)
{
	_cleanup_(store_putp) struct store *store = NULL;

	if (store_from_row(c->db, &c->db->reader, st, &store) != CKR_OK)
		say_reason(c, "stores");
	else
		check_objects(c, full(store));
}

/* wanted 0: all of them. */
static void
check_stores(const struct checker *c, uint64_t wanted)
{
	struct db *conn = &c->db->reader;
	uint64_t last = wanted != 0 ? wanted - 1 : 0;
	bool row = false;

	for (;;) {
		sqlite3_stmt *st;

		if (db_statement(conn, ST_STORE_AFTER, &st) != CKR_OK)
			break;
		db_bind_u64(st, 1, last);
		if (db_step(conn, st, &row) != CKR_OK)
			break;
		if (!row || (wanted != 0 && db_u64(st, 0) != wanted)) {
			sqlite3_reset(st);
			return;
		}
		last = db_u64(st, 0);
		check_store(c, st);
		sqlite3_reset(st);
	}
	say_reason(c, "stores");
}

/* The set of stores against the instance's manifest. */
static void
check_instance(const struct checker *c)
{
	struct database *db = c->db;
	struct manifest wanted = { 0 }, now = { 0 };
	uint64_t generation;
	sqlite3_stmt *st;
	bool row = true;

	if (instance_read(db, &db->reader, &generation, &wanted) != CKR_OK ||
	    db_statement(&db->reader, ST_STORES, &st) != CKR_OK) {
		say_reason(c, "instance");
		return;
	}
	while (row) {
		struct manifest_item item = { .kind = MANIFEST_STORES };
		CK_RV rv = db_step(&db->reader, st, &row);

		if (rv == CKR_OK && row) {
			item.id = db_u64(st, 0);
			item.version = db_u64(st, 1);
			rv = manifest_add(&now, KEY_SPAN(db->manifest_key),
			    &item);
		}
		if (rv != CKR_OK) {
			say_reason(c, "instance");
			return;
		}
	}
	if (!manifest_equal(&wanted, &now))
		say(c, "instance: a store is hidden or an older one was put "
		    "in its place (%llu of %llu)",
		    (unsigned long long)now.count,
		    (unsigned long long)wanted.count);
}

CK_RV
database_check(struct database *db, uint64_t store,
    void (*report)(void *arg, const char *line), void *arg)
{
	struct checker c = { db, report, arg };
	CK_RV rv;

	pthread_mutex_lock(&db->reader.lock);
	rv = db_simple(&db->reader, ST_BEGIN);
	if (rv == CKR_OK) {
		if (store == 0) {
			check_pages(&c);
			check_trees(&c);
			check_instance(&c);
			check_rows(&c, ST_ORPHANS, "there is no such store");
			check_rows(&c, ST_UNINDEXED,
			    "the index does not agree with it");
		}
		check_stores(&c, store);
		db_end(&db->reader, ST_COMMIT);
	} else {
		say_reason(&c, "database");
	}
	pthread_mutex_unlock(&db->reader.lock);
	return CKR_OK;
}
