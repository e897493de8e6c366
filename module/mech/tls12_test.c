/* TLS 1.2: the answers of NIST's validation program, plain libcrypto's function,
 * and hostile parameters. */
#include "module/mech/derive_fixture.h"

#include <openssl/kdf.h>

#include "module/mech/run.h"

#define PREMASTER \
	"f8938ecc9edebc5030c0c6a441e213cd24e6f770a50dda07876f8d55da062bca" \
	"db386b411fd4fe4313a604fce6c17fbc"
#define MASTER \
	"202c88c00f84a17a20027079604787461176455539e705be730890602c289a50" \
	"01e34eeb3a043e5d52a65e66125188bf"
#define HELLO_CLIENT \
	"36c129d01a3200894b9179faac589d9835d58775f9b5ea3587cb8fd0364cae8c"
#define HELLO_SERVER \
	"f6c9575ed7ddd73e1f7d16eca115415812a43c2b747daaaae043abfb50053fce"
#define KEYS_CLIENT \
	"62e1fd91f23f558a605f28478c58cf72637b89784d959df7e946d3f07bd1b616"
#define KEYS_SERVER \
	"ae6c806f8ad4d80784549dff28a4b58fd837681a51d928c3e30ee5ff14f39868"
#define BLOCK \
	"d06139889fffac1e3a71865f504aa5d0d2a2e89506c6f2279b670c3e1b74f531" \
	"016a2530c51a3a0f7e1d6590d0f0566b2f387f8d11fd4f731cdd572d2eae927f" \
	"6f2f81410b25e6960be68985add6c38445ad9f8c64bf8068bf9a6679485d966f" \
	"1ad6f68b43495b10a683755ea2b858d70ccac7ec8b053c6bd41ca299d4e51928"

static CK_SSL3_RANDOM_DATA
randoms(const char *client, const char *server)
{
	static uint8_t bytes[2][32];

	return (CK_SSL3_RANDOM_DATA){ bytes[0], unhex(client, bytes[0]),
		bytes[1], unhex(server, bytes[1]) };
}

/* libcrypto's own function, of a seed in hex; the answer in hex, too. */
static const char *
other_prf(const char *md, const char *secret, const char *label,
    const char *seed, size_t len)
{
	static char hex[513];
	uint8_t key[256], all[512], out[256];
	size_t key_len = unhex(secret, key), n = strlen(label);
	EVP_KDF *kdf = EVP_KDF_fetch(fixture_open(), "TLS1-PRF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM p[4];

	memcpy(all, label, n);
	n += unhex(seed, all + n);
	p[0] = OSSL_PARAM_construct_utf8_string("digest",
	    (char *)(uintptr_t)md, 0);
	p[1] = OSSL_PARAM_construct_octet_string("secret", key, key_len);
	p[2] = OSSL_PARAM_construct_octet_string("seed", all, n);
	p[3] = OSSL_PARAM_construct_end();
	ATF_REQUIRE_EQ(EVP_KDF_derive(ctx, out, len, p), 1);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	for (size_t i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", out[i]);
	return hex;
}

ATF_TC_WITHOUT_HEAD(master__of_a_premaster_secret);
ATF_TC_BODY(master__of_a_premaster_secret, tc)
{
	CK_VERSION version = { 0, 0 };
	CK_TLS12_MASTER_KEY_DERIVE_PARAMS p = {
		randoms(HELLO_CLIENT, HELLO_SERVER), &version, CKM_SHA256 };
	struct derivation d = { CKM_TLS12_MASTER_KEY_DERIVE, &p, sizeof(p),
		.base = PREMASTER };
	struct derived made;

	check_derived(&d, CKR_OK, MASTER, "RSA");
	ATF_CHECK(version.major == 0xf8 && version.minor == 0x93);
	d.len = 48;
	check_derived(&d, CKR_OK, MASTER, "with its length");
	ATF_REQUIRE_EQ(derive(&d, &made), CKR_OK);
	ATF_REQUIRE_EQ(made.keys[0].says_n, 1);
	ATF_CHECK_EQ(made.keys[0].says->type, CKA_ALLOWED_MECHANISMS);
	derived_wipe(&made);
	d.mech = CKM_TLS12_MASTER_KEY_DERIVE_DH;
	p.pVersion = NULL;
	check_derived(&d, CKR_OK, MASTER, "DH");
	p.prfHashMechanism = CKM_SHA384;
	d.base = "0102030405";
	check_derived(&d, CKR_OK, other_prf("SHA384", d.base, "master secret",
	    HELLO_CLIENT HELLO_SERVER, 48), "short DH");
}

ATF_TC_WITHOUT_HEAD(master__of_a_session);
ATF_TC_BODY(master__of_a_session, tc)
{
	uint8_t hash[32];
	CK_VERSION version = { 0, 0 };
	CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS p = { CKM_SHA256, hash,
		unhex(KEYS_CLIENT, hash), &version };
	struct derivation d = { CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE, &p,
		sizeof(p), .base = PREMASTER };
	const char *want = other_prf("SHA256", PREMASTER,
	    "extended master secret", KEYS_CLIENT, 48);

	check_derived(&d, CKR_OK, want, "RSA");
	ATF_CHECK(version.major == 0xf8 && version.minor == 0x93);
	d.mech = CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE_DH;
	p.pVersion = NULL;
	check_derived(&d, CKR_OK, want, "DH");
	p.ulSessionHashLen = 31;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "short hash");
	p.ulSessionHashLen = 32;
	p.pSessionHash = NULL;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "no hash");
	p.pSessionHash = hash;
	p.prfHashMechanism = CKM_SHA384;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "other hash");
	p.prfHashMechanism = CKM_SHA256_HMAC;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "no digest");
	p.prfHashMechanism = CKM_SHA256;
	p.pVersion = &version;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "DH version");
	d.mech = CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE;
	p.pVersion = NULL;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "no version");
	d.param_len--;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "size");
}

ATF_TC_WITHOUT_HEAD(master__what_is_refused);
ATF_TC_BODY(master__what_is_refused, tc)
{
	CK_VERSION version = { 0, 0 };
	const CK_TLS12_MASTER_KEY_DERIVE_PARAMS good = {
		randoms(HELLO_CLIENT, HELLO_SERVER), &version, CKM_SHA256 };
	CK_TLS12_MASTER_KEY_DERIVE_PARAMS p = good;
	struct derivation d = { CKM_TLS12_MASTER_KEY_DERIVE, &p, sizeof(p),
		.base = PREMASTER };

#define BAD(field, value) \
	p = good; \
	p.field = (value); \
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, #field)
	BAD(RandomInfo.pClientRandom, NULL);
	BAD(RandomInfo.pServerRandom, NULL);
	BAD(RandomInfo.ulClientRandomLen, 31);
	BAD(RandomInfo.ulServerRandomLen, ~0UL);
	BAD(RandomInfo.ulServerRandomLen, 0);
	BAD(pVersion, NULL);
	BAD(prfHashMechanism, CKM_TLS_PRF);
	BAD(prfHashMechanism, 0xdeadUL);
	ATF_CHECK(version.major == 0 && version.minor == 0);
	p = good;
	d.len = 32;
	check_derived(&d, CKR_TEMPLATE_INCONSISTENT, NULL, "length");
	d.len = 0;
	d.type = CKK_AES;
	check_derived(&d, CKR_TEMPLATE_INCONSISTENT, NULL, "type");
	d.type = 0;
	d.base = "0102";
	check_derived(&d, CKR_KEY_SIZE_RANGE, NULL, "short premaster");
	d.base_type = CKK_AES;
	d.base = "000102030405060708090a0b0c0d0e0f";
	check_derived(&d, CKR_KEY_TYPE_INCONSISTENT, NULL, "AES");
}

static void
check_piece(const struct derived *made, size_t i, CK_OBJECT_HANDLE *handle,
    bool mac, const char *hex)
{
	uint8_t want[64];
	size_t len = unhex(hex, want);

	ATF_REQUIRE_EQ(made->keys[i].made.value.len, len);
	ATF_CHECK_EQ(memcmp(made->keys[i].made.value.data, want, len), 0);
	ATF_CHECK_EQ(made->keys[i].handle, handle);
	ATF_CHECK_EQ(made->keys[i].t != NULL, mac);
}

/* The key block, cut up: MACs of 20 bytes, keys of 16, IVs of 4. */
ATF_TC_WITHOUT_HEAD(keys__of_a_master_secret);
ATF_TC_BODY(keys__of_a_master_secret, tc)
{
	uint8_t ivs[2][4];
	CK_SSL3_KEY_MAT_OUT out = { 7, 7, 7, 7, ivs[0], ivs[1] };
	CK_TLS12_KEY_MAT_PARAMS p = { 160, 128, 32, CK_FALSE,
		randoms(KEYS_CLIENT, KEYS_SERVER), &out, CKM_SHA256 };
	struct derivation d = { CKM_TLS12_KEY_AND_MAC_DERIVE, &p, sizeof(p),
		.base = MASTER, .type = CKK_AES };
	struct derived made;

	ATF_REQUIRE_EQ(derive(&d, &made), CKR_OK);
	ATF_REQUIRE_EQ(made.count, 4);
	check_piece(&made, 0, &out.hClientMacSecret, true,
	    "d06139889fffac1e3a71865f504aa5d0d2a2e895");
	check_piece(&made, 1, &out.hServerMacSecret, true,
	    "06c6f2279b670c3e1b74f531016a2530c51a3a0f");
	check_piece(&made, 2, &out.hClientKey, false,
	    "7e1d6590d0f0566b2f387f8d11fd4f73");
	check_piece(&made, 3, &out.hServerKey, false,
	    "1cdd572d2eae927f6f2f81410b25e696");
	ATF_CHECK_EQ(memcmp(ivs[0], "\x0b\xe6\x89\x85", 4), 0);
	ATF_CHECK_EQ(memcmp(ivs[1], "\xad\xd6\xc3\x84", 4), 0);
	ATF_CHECK_EQ(made.keys[2].unsaid_n, 3);
	derived_wipe(&made);

	/* no MAC keys, as AEAD suites have it; no IVs that leave the token */
	p.ulMacSizeInBits = 0;
	memset(ivs, 0, sizeof(ivs));
	d.mech = CKM_TLS12_KEY_SAFE_DERIVE;
	ATF_REQUIRE_EQ(derive(&d, &made), CKR_OK);
	ATF_REQUIRE_EQ(made.count, 2);
	check_piece(&made, 0, &out.hClientKey, false,
	    "d06139889fffac1e3a71865f504aa5d0");
	check_piece(&made, 1, &out.hServerKey, false,
	    "d2a2e89506c6f2279b670c3e1b74f531");
	ATF_CHECK_EQ(out.hClientMacSecret, CK_INVALID_HANDLE);
	ATF_CHECK_EQ(memcmp(ivs, "\0\0\0\0\0\0\0\0", 8), 0);
	derived_wipe(&made);
}

ATF_TC_WITHOUT_HEAD(keys__what_is_refused);
ATF_TC_BODY(keys__what_is_refused, tc)
{
	uint8_t iv[16];
	CK_SSL3_KEY_MAT_OUT out = { 7, 7, 7, 7, iv, iv };
	const CK_TLS12_KEY_MAT_PARAMS good = { 160, 128, 32, CK_FALSE,
		randoms(KEYS_CLIENT, KEYS_SERVER), &out, CKM_SHA256 };
	CK_TLS12_KEY_MAT_PARAMS p = good;
	struct derivation d = { CKM_TLS12_KEY_AND_MAC_DERIVE, &p, sizeof(p),
		.base = MASTER };

	BAD(ulMacSizeInBits, 12);
	BAD(ulMacSizeInBits, ~0UL);
	BAD(ulKeySizeInBits, 129);
	BAD(ulKeySizeInBits, ~0UL - 7);
	BAD(ulIVSizeInBits, 8 * 1025);
	BAD(bIsExport, CK_TRUE);
	BAD(RandomInfo.pClientRandom, NULL);
	BAD(RandomInfo.ulServerRandomLen, 33);
	BAD(pReturnedKeyMaterial, NULL);
	BAD(prfHashMechanism, CKM_AES_CBC);
	p = good;
	out.pIVServer = NULL;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "no IV");
	out.pIVServer = iv;
	d.len = 32;
	check_derived(&d, CKR_TEMPLATE_INCONSISTENT, NULL, "length");
	d.len = 0;
	d.base = "0102";
	check_derived(&d, CKR_KEY_SIZE_RANGE, NULL, "short master");
	ATF_CHECK(out.hClientKey == 7 && out.hClientMacSecret == 7);
}

ATF_TC_WITHOUT_HEAD(export__with_and_without_context);
ATF_TC_BODY(export__with_and_without_context, tc)
{
	static const CK_MECHANISM_TYPE mechs[] = { CKM_TLS_KDF,
		CKM_TLS12_KDF };
	static const char label[] = "EXPERIMENTAL label";
	CK_TLS_KDF_PARAMS p = { CKM_SHA384, (CK_BYTE *)(uintptr_t)label,
		sizeof(label) - 1, randoms(HELLO_CLIENT, HELLO_SERVER), NULL,
		0 };

	for (size_t i = 0; i < COUNT(mechs); i++) {
		struct derivation d = { mechs[i], &p, sizeof(p),
			.base = MASTER, .len = 100 };

		p.pContextData = NULL;
		p.ulContextDataLength = 0;
		check_derived(&d, CKR_OK, other_prf("SHA384", MASTER, label,
		    HELLO_CLIENT HELLO_SERVER, 100), "no context");
		p.pContextData = (CK_BYTE *)(uintptr_t)"abc";
		check_derived(&d, CKR_OK, other_prf("SHA384", MASTER, label,
		    HELLO_CLIENT HELLO_SERVER "0000", 100), "empty context");
		p.ulContextDataLength = 3;
		check_derived(&d, CKR_OK, other_prf("SHA384", MASTER, label,
		    HELLO_CLIENT HELLO_SERVER "0003616263", 100), "context");
	}
}

ATF_TC_WITHOUT_HEAD(export__what_is_refused);
ATF_TC_BODY(export__what_is_refused, tc)
{
	const CK_TLS_KDF_PARAMS good = { CKM_SHA256,
		(CK_BYTE *)(uintptr_t)"label", 5,
		randoms(HELLO_CLIENT, HELLO_SERVER), NULL, 0 };
	CK_TLS_KDF_PARAMS p = good;
	struct derivation d = { CKM_TLS_KDF, &p, sizeof(p), .base = MASTER,
		.len = 16 };

	BAD(prfMechanism, CKM_TLS_PRF);
	BAD(pLabel, NULL);
	BAD(ulLabelLength, 0);
	BAD(ulLabelLength, ~0UL);
	BAD(RandomInfo.ulClientRandomLen, 0);
	BAD(ulContextDataLength, 1);
	p = good;
	p.pContextData = (CK_BYTE *)&p;
	p.ulContextDataLength = 65536;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "long context");
	p = good;
	d.len = 0;
	check_derived(&d, CKR_TEMPLATE_INCOMPLETE, NULL, "no length");
	d.len = 65537;
	check_derived(&d, CKR_KEY_SIZE_RANGE, NULL, "long");
}

static void
check_mac(CK_MECHANISM_TYPE mech, CK_ULONG side, CK_ULONG len,
    const char *label)
{
	static const char text[] = "0123456789abcdef0123456789abcdef";
	CK_TLS_MAC_PARAMS p = { CKM_SHA256, len, side };
	CK_MECHANISM how = { mech, &p, sizeof(p) };
	uint8_t bytes[48], in[16], want[64], is[64];
	const char *hex = other_prf("SHA256", MASTER, label, text, len);
	struct key *key = secret_key_make(CKK_GENERIC_SECRET, bytes,
	    unhex(MASTER, bytes));
	size_t n, want_len = unhex(hex, want);
	struct op *op;

	unhex(text, in);
	for (int i = 0; i < 2; i++) {
		ATF_REQUIRE_EQ(op_start(mech_find(mech), CKF_SIGN, &how, key,
		    &op), CKR_OK);
		ATF_CHECK_EQ(op_size(op, 16), len);
		ATF_REQUIRE_EQ(op_once(op, in, 16, is, &n), CKR_OK);
		op_free(op);
		ATF_CHECK_EQ(n, want_len);
		ATF_CHECK_EQ(memcmp(is, want, len), 0);
	}
	ATF_REQUIRE_EQ(op_start(mech_find(mech), CKF_VERIFY, &how, key, &op),
	    CKR_OK);
	ATF_REQUIRE_EQ(op_update(op, in, 7, NULL, NULL), CKR_OK);
	ATF_REQUIRE_EQ(op_update(op, in + 7, 9, NULL, NULL), CKR_OK);
	ATF_CHECK_EQ(op_verify_final(op, want, len), CKR_OK);
	op_free(op);
	want[len - 1] ^= 1;
	ATF_REQUIRE_EQ(op_start(mech_find(mech), CKF_VERIFY, &how, key, &op),
	    CKR_OK);
	ATF_CHECK_EQ(op_verify_once(op, in, 16, want, len),
	    CKR_SIGNATURE_INVALID);
	op_free(op);
	ATF_REQUIRE_EQ(op_start(mech_find(mech), CKF_VERIFY, &how, key, &op),
	    CKR_OK);
	ATF_CHECK_EQ(op_verify_once(op, in, 16, want, len - 1),
	    CKR_SIGNATURE_LEN_RANGE);
	op_free(op);
	key_put(key);
}

ATF_TC_WITHOUT_HEAD(mac__of_finished_messages);
ATF_TC_BODY(mac__of_finished_messages, tc)
{
	fixture_open();
	check_mac(CKM_TLS_MAC, 1, 12, "server finished");
	check_mac(CKM_TLS_MAC, 2, 12, "client finished");
	check_mac(CKM_TLS12_MAC, 2, 64, "client finished");
}

ATF_TC_WITHOUT_HEAD(mac__what_is_refused);
ATF_TC_BODY(mac__what_is_refused, tc)
{
	static const CK_TLS_MAC_PARAMS rows[] = {
		{ CKM_SHA256, 12, 0 }, { CKM_SHA256, 12, 3 },
		{ CKM_SHA256, 12, ~0UL }, { CKM_SHA256, 11, 1 },
		{ CKM_SHA256, 65, 1 }, { CKM_SHA256, ~0UL, 1 },
		{ CKM_TLS_PRF, 12, 1 }, { CKM_SHA256_HMAC, 12, 1 },
	};
	struct key *key;
	struct op *op;

	fixture_open();
	key = secret_key_make(CKK_GENERIC_SECRET, "secret", 6);
	for (size_t i = 0; i < COUNT(rows); i++) {
		CK_TLS_MAC_PARAMS p = rows[i];
		CK_MECHANISM how = { CKM_TLS_MAC, &p, sizeof(p) };

		ATF_CHECK_EQ_MSG(op_start(mech_find(CKM_TLS_MAC), CKF_SIGN,
		    &how, key, &op), CKR_MECHANISM_PARAM_INVALID, "row %zu",
		    i);
	}
	key_put(key);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, master__of_a_premaster_secret);
	ATF_TP_ADD_TC(tp, master__of_a_session);
	ATF_TP_ADD_TC(tp, master__what_is_refused);
	ATF_TP_ADD_TC(tp, keys__of_a_master_secret);
	ATF_TP_ADD_TC(tp, keys__what_is_refused);
	ATF_TP_ADD_TC(tp, export__with_and_without_context);
	ATF_TP_ADD_TC(tp, export__what_is_refused);
	ATF_TP_ADD_TC(tp, mac__of_finished_messages);
	ATF_TP_ADD_TC(tp, mac__what_is_refused);
	return atf_no_error();
}
