/* The code against the vectors of docs/STORE-FORMAT.md, which were computed
 * apart from it. */
#include <atf-c.h>
#include <string.h>

#include "common/text.h"
#include "module/crypto/kdf.h"
#include "module/crypto/libctx.h"
#include "module/store/database.h"
#include "module/store/pagesum.h"
#include "module/store/slots.h"

struct bytes {
	uint8_t data[4096];
	size_t len;
};

/* The value of a name in the file of vectors. */
static struct bytes
vector(const char *name)
{
	char line[8200];
	struct bytes out = { .len = 0 };
	size_t len = strlen(name);
	FILE *f = fopen(STORE_VECTORS, "r");

	ATF_REQUIRE(f != NULL);
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, name, len) != 0 ||
		    strncmp(line + len, " = ", 3) != 0)
			continue;
		out.len = strlen(line + len + 3) / 2;
		ATF_REQUIRE(text_unhex(line + len + 3, out.data, out.len));
	}
	fclose(f);
	ATF_REQUIRE_MSG(out.len != 0, "no vector %s", name);
	return out;
}

static struct span
span_of(const struct bytes *b)
{
	return (struct span){ b->data, b->len };
}

static void
check(const char *name, const void *got, size_t len)
{
	struct bytes wanted = vector(name);

	ATF_CHECK_MSG(wanted.len == len &&
	    memcmp(wanted.data, got, len) == 0, "%s differs", name);
}

ATF_TC_WITHOUT_HEAD(vectors__derived_keys);
ATF_TC_BODY(vectors__derived_keys, tc)
{
	struct bytes master = vector("master_key"),
	             public = vector("public_key");
	uint8_t key[SEAL_KEY];

	ATF_REQUIRE_EQ(libctx_open(), CKR_OK);
	ATF_REQUIRE_EQ(seal_subkey(span_of(&master), SUBKEY_ID, key), CKR_OK);
	check("master_key_id", key, 16);
	ATF_REQUIRE_EQ(seal_subkey(span_of(&public), SUBKEY_INDEX, key),
	    CKR_OK);
	check("index_key", key, sizeof(key));
	ATF_REQUIRE_EQ(seal_subkey(span_of(&public), SUBKEY_MANIFEST, key),
	    CKR_OK);
	check("manifest_key", key, sizeof(key));
}

ATF_TC_WITHOUT_HEAD(vectors__index_digests);
ATF_TC_BODY(vectors__index_digests, tc)
{
	static const char label[] = "www.example.org";
	struct bytes key = vector("index_key");
	uint8_t digest[DIGEST];

	ATF_REQUIRE_EQ(libctx_open(), CKR_OK);
	ATF_REQUIRE_EQ(index_digest(key.data, 4, INDEX_FOLDED_LABEL,
	    (struct span){ label, sizeof(label) - 1 }, digest), CKR_OK);
	check("digest_folded_label", digest, sizeof(digest));
	ATF_REQUIRE_EQ(index_digest(key.data, 4, INDEX_ID,
	    (struct span){ "", 0 }, digest), CKR_OK);
	check("digest_id_empty", digest, sizeof(digest));
}

/* Sealed with the vector's salt, and opened again; not with another binding. */
static void
check_sealed(const char *key, const char *purpose, const char *aad,
    const char *plain, const char *sealed)
{
	struct bytes k = vector(key), a = vector(aad), p = vector(plain),
	             salt = vector("salt"), wanted = vector(sealed);
	_cleanup_(buf_wipe) struct buf made = BUF_INIT;
	_cleanup_(secret_wipe) struct secret opened = { NULL, 0 };

	ATF_REQUIRE_EQ(seal_with_salt(span_of(&k), purpose, span_of(&a),
	    span_of(&p), salt.data, &made), CKR_OK);
	check(sealed, made.data, made.len);
	ATF_REQUIRE_EQ(seal_open(span_of(&k), purpose, span_of(&a),
	    span_of(&wanted), &opened), CKR_OK);
	ATF_CHECK_EQ(opened.len, p.len);
	ATF_CHECK_EQ(memcmp(opened.data, p.data, p.len), 0);
	a.data[0] ^= 1;
	ATF_CHECK_EQ(seal_open(span_of(&k), purpose, span_of(&a),
	    span_of(&wanted), &opened), CKR_ENCRYPTED_DATA_INVALID);
}

ATF_TC_WITHOUT_HEAD(vectors__sealing);
ATF_TC_BODY(vectors__sealing, tc)
{
	ATF_REQUIRE_EQ(libctx_open(), CKR_OK);
	check_sealed("public_key", PURPOSE_OBJECT, "object_aad",
	    "object_plain", "object_sealed");
	check_sealed("master_key", PURPOSE_STORE, "store_aad", "object_plain",
	    "store_sealed");
}

ATF_TC_WITHOUT_HEAD(vectors__associated_data);
ATF_TC_BODY(vectors__associated_data, tc)
{
	struct bytes digest = vector("digest_folded_label");
	struct row row = { .id = 17, .version = 3, .store = 4,
		.class = CKO_CERTIFICATE };
	struct store_full home = { .home = 4 };
	_cleanup_(buf_wipe) struct buf aad = BUF_INIT;

	row.digests[INDEX_FOLDED_LABEL] = span_of(&digest);
	ATF_REQUIRE_EQ(row_aad(&home, &row, &aad), CKR_OK);
	check("object_aad", aad.data, aad.len);
}

static void
check_manifest(const char *name, const struct manifest *m)
{
	_cleanup_(buf_wipe) struct buf written = BUF_INIT;

	manifest_write(m, &written);
	check(name, written.data, written.len);
}

ATF_TC_WITHOUT_HEAD(vectors__manifests);
ATF_TC_BODY(vectors__manifests, tc)
{
	static const struct manifest_item items[] = {
		{ MANIFEST_OBJECTS, 17, 3, NULL },
		{ MANIFEST_OBJECTS, 18, 1, NULL },
		{ MANIFEST_OBJECTS, 19, 9, NULL },
		{ MANIFEST_SLOTS, 0, 5, "user" },
	};
	struct bytes key = vector("manifest_key");
	struct manifest objects = { 0 }, slots = { 0 };

	ATF_REQUIRE_EQ(libctx_open(), CKR_OK);
	for (int i = 0; i < 3; i++)
		ATF_REQUIRE_EQ(manifest_add(&objects, span_of(&key),
		    &items[i]), CKR_OK);
	/* What is taken out again leaves no trace. */
	ATF_REQUIRE_EQ(manifest_remove(&objects, span_of(&key), &items[2]),
	    CKR_OK);
	check_manifest("manifest_objects", &objects);
	ATF_REQUIRE_EQ(manifest_add(&slots, span_of(&key), &items[3]), CKR_OK);
	check_manifest("manifest_slots", &slots);
}

ATF_TC_WITHOUT_HEAD(vectors__pins);
ATF_TC_BODY(vectors__pins, tc)
{
	struct bytes pin = vector("pin"), salt = vector("pin_salt"),
	             key = vector("public_key"), seed = vector("salt");
	struct pin_cost cost = { .memory = 64, .passes = 1, .lanes = 2 };
	_cleanup_(buf_wipe) struct buf aad = BUF_INIT, wrapped = BUF_INIT;
	uint8_t hash[PINHASH_LEN];

	ATF_REQUIRE_EQ(libctx_open(), CKR_OK);
	ATF_REQUIRE_EQ(pinhash(span_of(&pin), salt.data, &cost, hash), CKR_OK);
	check("pin_hash", hash, sizeof(hash));
	buf_u32(&aad, SEAL_FORMAT);
	buf_u64(&aad, 4);
	buf_blob(&aad, "user", 4);
	ATF_REQUIRE_EQ(seal_with_salt((struct span){ hash, sizeof(hash) },
	    PURPOSE_PIN, (struct span){ aad.data, aad.len }, span_of(&key),
	    seed.data, &wrapped), CKR_OK);
	check("pin_wrapped", wrapped.data, wrapped.len);
}

static void
check_slot(const char *name, struct slot slot)
{
	struct bytes salt = vector("pin_salt"), wrapped = vector("pin_wrapped");
	_cleanup_(buf_wipe) struct buf out = BUF_INIT;

	slot.cost = (struct pin_cost){ .memory = 64, .passes = 1, .lanes = 2 };
	slot.state = (struct pin_state){ 9, 10, true };
	memcpy(slot.salt, salt.data, PINHASH_SALT);
	slot.wrapped = (struct secret){ wrapped.data, wrapped.len };
	slot_print(&slot, &out);
	check(name, out.data, out.len);
}

ATF_TC_WITHOUT_HEAD(vectors__slots);
ATF_TC_BODY(vectors__slots, tc)
{
	check_slot("slot_user", (struct slot){ .version = 1 });
	check_slot("slot_named", (struct slot){ .name = "www",
		.rights = 4 });
}

ATF_TC_WITHOUT_HEAD(vectors__page_checksum);
ATF_TC_BODY(vectors__page_checksum, tc)
{
	unsigned char page[4096], sum[PAGESUM_SIZE];

	for (size_t i = 0; i < sizeof(page); i++)
		page[i] = (unsigned char)(7 * i + 3);
	pagesum_compute(page, sizeof(page), 8192, sum);
	check("page_sum", sum, sizeof(sum));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, vectors__derived_keys);
	ATF_TP_ADD_TC(tp, vectors__index_digests);
	ATF_TP_ADD_TC(tp, vectors__sealing);
	ATF_TP_ADD_TC(tp, vectors__associated_data);
	ATF_TP_ADD_TC(tp, vectors__manifests);
	ATF_TP_ADD_TC(tp, vectors__pins);
	ATF_TP_ADD_TC(tp, vectors__slots);
	ATF_TP_ADD_TC(tp, vectors__page_checksum);
	return atf_no_error();
}
