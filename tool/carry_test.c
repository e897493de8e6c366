/* Sensitive keys between two stores of our module, of which one pretends to
 * be a token that is told no secret key, or that offers less. */
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tool/algorithm.h"
#include "tool/carry.h"

static struct args args = { .module = VECS_TEST_MODULE };
static struct p11 p11 = { .args = &args };
static struct p11 strict = { .args = &args };
static struct token from = TOKEN_INIT, to = TOKEN_INIT;
static CK_FUNCTION_LIST *real, strict_calls;

/* The mechanisms that the strict token leaves out. */
static const CK_MECHANISM_TYPE *unlisted;
static size_t unlisted_count;
static int secrets_refused;

static CK_RV
strict_create(CK_SESSION_HANDLE session, CK_ATTRIBUTE *t, CK_ULONG n,
    CK_OBJECT_HANDLE *out)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;

	for (CK_ULONG i = 0; i < n; i++)
		if (t[i].type == CKA_CLASS &&
		    memcmp(t[i].pValue, &class, sizeof(class)) == 0) {
			secrets_refused++;
			return CKR_ATTRIBUTE_VALUE_INVALID;
		}
	return real->C_CreateObject(session, t, n, out);
}

static CK_RV
strict_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
	for (size_t i = 0; i < unlisted_count; i++)
		if (unlisted[i] == type)
			return CKR_MECHANISM_INVALID;
	return real->C_GetMechanismInfo(slot, type, info);
}

/* Two stores, and one key of this algorithm in the first. */
static void
start(const char *algorithm, CK_OBJECT_HANDLE *key)
{
	_cleanup_(attrs_wipe) struct attrs public = ATTRS_INIT;
	_cleanup_(attrs_wipe) struct attrs private = ATTRS_INIT;
	const struct algorithm *row;
	const char *parameter;
	CK_OBJECT_HANDLE pub;
	CK_MECHANISM how = { 0, NULL, 0 };

	ATF_REQUIRE_EQ(mkdir("home", 0700), 0);
	atf_utils_create_file("vecs.conf", "%s", "");
	setenv("VECS_HOME", realpath("home", NULL), 1);
	setenv("VECS_CONF", "vecs.conf", 1);
	ATF_REQUIRE_EQ(token_get(&p11, "machine", "", true, LOGIN_NONE, &from),
	    CKR_OK);
	ATF_REQUIRE_EQ(token_get(&p11, "vpxd", "", true, LOGIN_NONE, &to),
	    CKR_OK);
	real = p11.calls;
	strict_calls = *real;
	strict_calls.C_CreateObject = strict_create;
	strict_calls.C_GetMechanismInfo = strict_info;
	strict = p11;
	strict.calls = &strict_calls;
	from.p11 = &strict;
	ATF_REQUIRE_EQ(algorithm_find(algorithm, &row, &parameter), CKR_OK);
	how.mechanism = row->generate;
	ATF_REQUIRE_EQ(row->shape(parameter, &public), CKR_OK);
	attrs_bool(&public, CKA_TOKEN, true);
	attrs_bool(&private, CKA_TOKEN, true);
	attrs_text(&private, CKA_LABEL, "key");
	attrs_bool(&private, CKA_SENSITIVE, true);
	attrs_bool(&private, CKA_EXTRACTABLE, true);
	attrs_bool(&private, CKA_SIGN, true);
	ATF_REQUIRE_EQ(real->C_GenerateKeyPair(from.session, &how,
	    public.list, public.count, private.list, private.count, &pub, key),
	    CKR_OK);
}

static void
end(void)
{
	token_close(&from);
	token_close(&to);
	p11_close(&p11);
}

static void
copies_find(struct handles *out)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE match[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &yes, sizeof(yes) } };

	ATF_REQUIRE_EQ(objects_find(&to, match, COUNT(match), out), CKR_OK);
}

/* The copies on the other side, and that they are as the key was. */
static size_t
copies(CK_OBJECT_HANDLE key)
{
	_cleanup_(handles_free) struct handles found = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret a = { NULL, 0 };
	_cleanup_(secret_wipe) struct secret b = { NULL, 0 };
	CK_ATTRIBUTE sensitive = { CKA_SENSITIVE, &(CK_BBOOL){ 0 }, 1 };

	copies_find(&found);
	for (size_t i = 0; i < found.count; i++) {
		secret_wipe(&a);
		secret_wipe(&b);
		ATF_REQUIRE_EQ(object_get(&from, key, CKA_PUBLIC_KEY_INFO, &a),
		    CKR_OK);
		ATF_REQUIRE_EQ(object_get(&to, found.list[i],
		    CKA_PUBLIC_KEY_INFO, &b), CKR_OK);
		ATF_CHECK(a.len != 0 && a.len == b.len &&
		          memcmp(a.data, b.data, a.len) == 0);
		ATF_REQUIRE_EQ(real->C_GetAttributeValue(to.session,
		    found.list[i], &sensitive, 1), CKR_OK);
		ATF_CHECK_EQ(*(CK_BBOOL *)sensitive.pValue, CK_TRUE);
	}
	return found.count;
}

static enum carried
carried(CK_OBJECT_HANDLE key, const char *reason)
{
	struct carry c = { .from = &from, .to = &to };
	_cleanup_(carry_result_free) struct carry_result r = { .name = NULL };

	ATF_REQUIRE_EQ(carry_object(&c, key, &r), CKR_OK);
	ways_wipe(&c.ways);
	ATF_CHECK_STREQ(r.name, "key");
	ATF_CHECK_MSG(strstr(r.reason, reason) != NULL, "%s", r.reason);
	return r.how;
}

ATF_TC_WITHOUT_HEAD(rsa__where_no_secret_is_taken);
ATF_TC_BODY(rsa__where_no_secret_is_taken, tc)
{
	CK_OBJECT_HANDLE key;

	(void)tc;
	start("ec:P-256", &key);
	ATF_CHECK_EQ(carried(key, ""), CARRIED_MOVED);
	ATF_CHECK(secrets_refused > 0);
	ATF_CHECK_EQ(copies(key), 1);
	ATF_CHECK_EQ(carried(key, ""), CARRIED_PRESENT);
	ATF_CHECK_EQ(copies(key), 1);
	end();
}

ATF_TC_WITHOUT_HEAD(none__stays_with_a_reason);
ATF_TC_BODY(none__stays_with_a_reason, tc)
{
	static const CK_MECHANISM_TYPE all[] = { CKM_AES_KEY_WRAP_KWP,
		CKM_AES_KEY_WRAP_PAD, CKM_AES_CBC_PAD, CKM_RSA_AES_KEY_WRAP };
	CK_OBJECT_HANDLE key;

	(void)tc;
	start("ec:P-256", &key);
	unlisted = all;
	unlisted_count = COUNT(all);
	ATF_CHECK_EQ(carried(key, "no mechanism wraps it on both sides"),
	    CARRIED_FAILED);
	ATF_CHECK_EQ(copies(key), 0);
	/* What the token refuses is told as it tells it. */
	unlisted_count = COUNT(all) - 1;
	ATF_CHECK_EQ(carried(key, ""), CARRIED_MOVED);
	end();
}

ATF_TC_WITHOUT_HEAD(each_aes_way__alone);
ATF_TC_BODY(each_aes_way__alone, tc)
{
	static const CK_MECHANISM_TYPE all[] = { CKM_AES_KEY_WRAP_KWP,
		CKM_AES_CBC_PAD, CKM_RSA_AES_KEY_WRAP, CKM_AES_KEY_WRAP_PAD,
		CKM_AES_KEY_WRAP_KWP, CKM_AES_CBC_PAD };
	CK_OBJECT_HANDLE key;

	(void)tc;
	start("rsa:2048", &key);
	strict_calls.C_CreateObject = real->C_CreateObject;
	/* Three in a row leave out all but one. */
	for (size_t i = 0; i < 3; i++) {
		_cleanup_(handles_free) struct handles made = { NULL, 0 };

		unlisted = all + i;
		unlisted_count = 3;
		ATF_CHECK_EQ_MSG(carried(key, ""), CARRIED_MOVED, "%zu", i);
		ATF_CHECK_EQ_MSG(copies(key), 1, "%zu", i);
		copies_find(&made);
		ATF_REQUIRE_EQ(real->C_DestroyObject(to.session,
		    made.list[0]), CKR_OK);
	}
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, rsa__where_no_secret_is_taken);
	ATF_TP_ADD_TC(tp, none__stays_with_a_reason);
	ATF_TP_ADD_TC(tp, each_aes_way__alone);
	return atf_no_error();
}
