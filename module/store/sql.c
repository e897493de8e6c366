/* Every word of SQL that is said to a database, but for its settings. */
#include "module/store/db.h"

#define OBJECT_COLUMNS \
	"id, version, class, private, label, folded, cka_id, subject, " \
	"issuer_serial, sha1"
#define REFS "SELECT id, version, class, private FROM object WHERE store = ?1 "
/* All digests of the rows of table t, each with its object. */
#define DIGESTS(t, where) \
	"SELECT label, id, store FROM " t where \
	"UNION ALL SELECT folded, id, store FROM " t where \
	"UNION ALL SELECT cka_id, id, store FROM " t where \
	"UNION ALL SELECT subject, id, store FROM " t where \
	"UNION ALL SELECT issuer_serial, id, store FROM " t where \
	"UNION ALL SELECT sha1, id, store FROM " t where

const char *const db_sql[ST_COUNT] = {
	[ST_BEGIN] = "BEGIN",
	[ST_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[ST_COMMIT] = "COMMIT",
	[ST_ROLLBACK] = "ROLLBACK",
	[ST_FORMAT] = "PRAGMA user_version",
	[ST_INSTANCE] = "SELECT format, dbid, key_id, generation, manifest "
			"FROM instance",
	[ST_GENERATION] = "SELECT generation FROM instance",
	[ST_INSTANCE_ADD] = "INSERT INTO instance (id, format, dbid, key_id, "
			    "generation, manifest) VALUES (1, ?1, ?2, ?3, 1, "
			    "x'')",
	[ST_INSTANCE_SET] = "UPDATE instance SET generation = ?1, "
			    "manifest = ?2",
	[ST_KEY_ID_SET] = "UPDATE instance SET key_id = ?1",
	[ST_NEXT_STORE] = "SELECT seq FROM sqlite_sequence "
			  "WHERE name = 'store'",
	[ST_NEXT_OBJECT] = "SELECT seq FROM sqlite_sequence "
			   "WHERE name = 'object'",
	[ST_STORES] = "SELECT id, version, meta_version, meta, manifest "
		      "FROM store ORDER BY id",
	[ST_STORE] = "SELECT id, version, meta_version, meta, manifest "
		     "FROM store WHERE id = ?1",
	[ST_STORE_AFTER] = "SELECT id, version, meta_version, meta, manifest "
			   "FROM store WHERE id > ?1 ORDER BY id LIMIT 1",
	[ST_STORE_ADD] = "INSERT INTO store (version, meta_version, meta, "
			 "manifest) VALUES (0, 0, x'', x'')",
	[ST_STORE_PUT] = "INSERT INTO store (id, version, meta_version, meta, "
			 "manifest) VALUES (?1, ?2, ?3, ?4, x'')",
	[ST_STORE_SET] = "UPDATE store SET version = ?2, manifest = ?3 "
			 "WHERE id = ?1",
	[ST_STORE_META] = "UPDATE store SET meta_version = ?2, meta = ?3 "
			  "WHERE id = ?1",
	[ST_STORE_DELETE] = "DELETE FROM store WHERE id = ?1",
	[ST_SLOT] = "SELECT version, slot FROM keyslot WHERE store = ?1 "
		    "AND who = ?2",
	[ST_SLOTS] = "SELECT who, version, slot FROM keyslot "
		     "WHERE store = ?1 ORDER BY who",
	[ST_SLOT_AFTER] = "SELECT who, version, slot FROM keyslot "
			  "WHERE store = ?1 AND who > ?2 ORDER BY who LIMIT 1",
	[ST_SLOT_PUT] = "INSERT INTO keyslot (store, who, version, slot) "
			"VALUES (?1, ?2, ?3, ?4) ON CONFLICT (store, who) "
			"DO UPDATE SET version = ?3, slot = ?4",
	[ST_SLOTS_DELETE] = "DELETE FROM keyslot WHERE store = ?1 "
			    "AND (?2 IS NULL OR who = ?2)",
	[ST_OBJECT] = "SELECT " OBJECT_COLUMNS ", record, store FROM object "
		      "WHERE id = ?1",
	/* The id comes first, so that the record can be sealed with it. */
	[ST_OBJECT_ADD] = "INSERT INTO object (" OBJECT_COLUMNS ", record, "
			  "store) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
			  "?9, ?10, ?11, ?12)",
	[ST_OBJECT_PUT] = "UPDATE object SET version = ?2, class = ?3, "
			  "private = ?4, label = ?5, folded = ?6, "
			  "cka_id = ?7, subject = ?8, issuer_serial = ?9, "
			  "sha1 = ?10, record = ?11, store = ?12 "
			  "WHERE id = ?1",
	[ST_OBJECT_DELETE] = "DELETE FROM object WHERE id = ?1",
	[ST_OBJECTS_DELETE] = "DELETE FROM object WHERE store = ?1 "
			      "AND (?2 IS NULL OR private = ?2)",
	[ST_OBJECTS_ALL] = REFS "ORDER BY id",
	[ST_OBJECTS_CLASS] = REFS "AND class = ?2 ORDER BY id",
	[ST_OBJECTS_BY] = "SELECT object.id, version, class, private "
			  "FROM digest CROSS JOIN object ON object.id = "
			  "digest.object WHERE digest IN (?2, ?3) "
			  "AND store = ?1 AND (?4 IS NULL OR class = ?4) "
			  "ORDER BY object.id",
	[ST_DIGEST_ADD] = "INSERT INTO digest (digest, object) VALUES (?1, ?2)",
	[ST_DIGEST_DELETE] = "DELETE FROM digest WHERE digest = ?1 "
			     "AND object = ?2",
	[ST_DIGESTS_DELETE] = "DELETE FROM digest WHERE (digest, object) IN ("
			      "SELECT label, id FROM (" DIGESTS("object ",
			      "WHERE store = ?1 AND (?2 IS NULL OR "
			      "private = ?2) ") "))",
	[ST_DIGESTS_OF_DELETE] = "DELETE FROM digest WHERE object = ?1",
	[ST_SEQUENCE_CLEAR] = "DELETE FROM sqlite_sequence",
	[ST_SEQUENCE_PUT] = "INSERT INTO sqlite_sequence (name, seq) "
			    "VALUES (?1, ?2)",
	[ST_OBJECTS_WALK] = "SELECT " OBJECT_COLUMNS ", record, store "
			    "FROM object WHERE store = ?1 ORDER BY id",
	[ST_OBJECT_AFTER] = "SELECT " OBJECT_COLUMNS ", record, store "
			    "FROM object WHERE store = ?1 AND id > ?2 "
			    "ORDER BY id LIMIT 1",
	[ST_CHECK] = "PRAGMA integrity_check(20)",
	[ST_UNINDEXED] = "SELECT store, id FROM (" DIGESTS("object ", "")
			 ") WHERE label IS NOT NULL AND NOT EXISTS (SELECT 1 "
			 "FROM digest WHERE digest = label AND object = id) "
			 "UNION SELECT 0, object FROM digest WHERE NOT EXISTS "
			 "(SELECT 1 FROM object WHERE id = object AND digest "
			 "IN (label, folded, cka_id, subject, issuer_serial, "
			 "sha1))",
	[ST_ORPHANS] = "SELECT store, id FROM object WHERE store NOT IN "
		       "(SELECT id FROM store) UNION SELECT store, 0 "
		       "FROM keyslot WHERE store NOT IN "
		       "(SELECT id FROM store)",
};

const char db_tables[] =
    "CREATE TABLE instance (id INTEGER PRIMARY KEY CHECK (id = 1), "
    "format INTEGER NOT NULL, dbid BLOB NOT NULL, key_id BLOB NOT NULL, "
    "generation INTEGER NOT NULL, manifest BLOB NOT NULL) STRICT;"
    "CREATE TABLE store (id INTEGER PRIMARY KEY AUTOINCREMENT, "
    "version INTEGER NOT NULL, meta_version INTEGER NOT NULL, "
    "meta BLOB NOT NULL, manifest BLOB NOT NULL) STRICT;"
    "CREATE TABLE keyslot (store INTEGER NOT NULL, who TEXT NOT NULL, "
    "version INTEGER NOT NULL, slot BLOB NOT NULL, "
    "PRIMARY KEY (store, who)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE object (id INTEGER PRIMARY KEY AUTOINCREMENT, "
    "store INTEGER NOT NULL, version INTEGER NOT NULL, "
    "class INTEGER NOT NULL, private INTEGER NOT NULL, label BLOB, "
    "folded BLOB, cka_id BLOB, subject BLOB, issuer_serial BLOB, "
    "sha1 BLOB, record BLOB NOT NULL) STRICT;"
    "CREATE INDEX object_class ON object (store, class, private, version);"
    "CREATE TABLE digest (digest BLOB NOT NULL, object INTEGER NOT NULL, "
    "PRIMARY KEY (digest, object)) STRICT, WITHOUT ROWID;";
