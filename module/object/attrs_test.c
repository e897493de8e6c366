/* The bag: what is set is found, what is absent is not, and how it matches. */
#include <atf-c.h>
#include <string.h>

#include "common/vendor.h"
#include "module/object/attrs.h"

ATF_TC_WITHOUT_HEAD(attrs__absent_and_empty_differ);
ATF_TC_BODY(attrs__absent_and_empty_differ, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

	ATF_CHECK_EQ(attrs_span(&a, CKA_LABEL).data, NULL);
	ATF_CHECK_EQ(attrs_find(&a, CKA_LABEL), NULL);
	ATF_REQUIRE_EQ(attrs_set(&a, CKA_LABEL, NULL, 0), CKR_OK);
	ATF_CHECK(attrs_find(&a, CKA_LABEL) != NULL);
	ATF_CHECK(attrs_span(&a, CKA_LABEL).data != NULL);
	ATF_CHECK_EQ(attrs_span(&a, CKA_LABEL).len, 0);
	attrs_remove(&a, CKA_LABEL);
	ATF_CHECK_EQ(attrs_find(&a, CKA_LABEL), NULL);
	attrs_remove(&a, CKA_LABEL);
}

ATF_TC_WITHOUT_HEAD(attrs__values_of_the_wrong_length_count_as_absent);
ATF_TC_BODY(attrs__values_of_the_wrong_length_count_as_absent, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

	ATF_CHECK(attrs_bool(&a, CKA_TOKEN, true));
	ATF_CHECK_EQ(attrs_ulong(&a, CKA_CLASS, 7), 7);
	ATF_REQUIRE_EQ(attrs_set(&a, CKA_TOKEN, "\0\0", 2), CKR_OK);
	ATF_REQUIRE_EQ(attrs_set(&a, CKA_CLASS, "\1\0\0\0", 4), CKR_OK);
	ATF_CHECK(attrs_bool(&a, CKA_TOKEN, true));
	ATF_CHECK_EQ(attrs_ulong(&a, CKA_CLASS, 7), 7);
	ATF_REQUIRE_EQ(attrs_set_bool(&a, CKA_TOKEN, false), CKR_OK);
	ATF_REQUIRE_EQ(attrs_set_ulong(&a, CKA_CLASS, CKO_DATA), CKR_OK);
	ATF_CHECK(!attrs_bool(&a, CKA_TOKEN, true));
	ATF_CHECK_EQ(attrs_ulong(&a, CKA_CLASS, 7), CKO_DATA);
}

ATF_TC_WITHOUT_HEAD(attrs__many_of_them_each_once);
ATF_TC_BODY(attrs__many_of_them_each_once, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT, b = ATTRS_INIT;

	for (CK_ULONG round = 0; round < 2; round++)
		for (CK_ULONG i = 0; i < 100; i++)
			ATF_REQUIRE_EQ(attrs_set_ulong(&a, i, i + round),
			    CKR_OK);
	ATF_CHECK_EQ(a.count, 100);
	ATF_REQUIRE_EQ(attrs_dup(&a, &b), CKR_OK);
	for (CK_ULONG i = 0; i < 100; i += 2)
		attrs_remove(&a, i);
	ATF_CHECK_EQ(a.count, 50);
	for (CK_ULONG i = 0; i < 100; i++) {
		ATF_CHECK_EQ(attrs_ulong(&a, i, 999), i % 2 ? i + 1 : 999);
		ATF_CHECK_EQ(attrs_ulong(&b, i, 999), i + 1);
	}
}

ATF_TC_WITHOUT_HEAD(attrs__set_from_its_own_value);
ATF_TC_BODY(attrs__set_from_its_own_value, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	struct span value;

	ATF_REQUIRE_EQ(attrs_set(&a, CKA_VALUE, "0123456789", 10), CKR_OK);
	value = attrs_span(&a, CKA_VALUE);
	ATF_REQUIRE_EQ(attrs_set(&a, CKA_VALUE,
	    (const char *)value.data + 3, 4), CKR_OK);
	value = attrs_span(&a, CKA_VALUE);
	ATF_REQUIRE_EQ(value.len, 4);
	ATF_CHECK_EQ(memcmp(value.data, "3456", 4), 0);
}

static bool
matches(const struct attrs *a, CK_ATTRIBUTE_TYPE type, const void *value,
    CK_ULONG len)
{
	CK_ATTRIBUTE t = { type, NULL, len };

	memcpy(&t.pValue, &value, sizeof(value));
	return attrs_match(a, &t, 1);
}

ATF_TC_WITHOUT_HEAD(match__bytes_folded_labels_and_nothing);
ATF_TC_BODY(match__bytes_folded_labels_and_nothing, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

	ATF_REQUIRE_EQ(attrs_set_ulong(&a, CKA_CLASS, CKO_DATA), CKR_OK);
	ATF_REQUIRE_EQ(attrs_set(&a, CKA_LABEL, "Aa", 2), CKR_OK);
	ATF_REQUIRE_EQ(attrs_set(&a, CKA_APPLICATION, NULL, 0), CKR_OK);
	ATF_CHECK(attrs_match(&a, NULL, 0));
	ATF_CHECK(matches(&a, CKA_LABEL, "Aa", 2));
	ATF_CHECK(!matches(&a, CKA_LABEL, "aa", 2));
	ATF_CHECK(!matches(&a, CKA_LABEL, "Aa", 1));
	ATF_CHECK(!matches(&a, CKA_LABEL, NULL, 0));
	ATF_CHECK(!matches(&a, CKA_LABEL, NULL, 2));
	ATF_CHECK(matches(&a, CKA_VECS_FOLDED_LABEL, "aA", 2));
	ATF_CHECK(!matches(&a, CKA_VECS_FOLDED_LABEL, "ab", 2));
	ATF_CHECK(!matches(&a, CKA_VECS_FOLDED_LABEL, NULL, 2));
	ATF_CHECK(matches(&a, CKA_APPLICATION, NULL, 0));
	ATF_CHECK(!matches(&a, CKA_ID, NULL, 0));
}

/* What must not be told must not be guessed by searches either. */
ATF_TC_WITHOUT_HEAD(match__secrets_of_closed_keys_never);
ATF_TC_BODY(match__secrets_of_closed_keys_never, tc)
{
	for (int k = 0; k < 4; k++) {
		_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
		bool sensitive = k & 1, extractable = k & 2;

		ATF_REQUIRE_EQ(attrs_set_ulong(&a, CKA_CLASS,
		    CKO_SECRET_KEY), CKR_OK);
		ATF_REQUIRE_EQ(attrs_set_ulong(&a, CKA_KEY_TYPE,
		    CKK_GENERIC_SECRET), CKR_OK);
		ATF_REQUIRE_EQ(attrs_set_bool(&a, CKA_SENSITIVE, sensitive),
		    CKR_OK);
		ATF_REQUIRE_EQ(attrs_set_bool(&a, CKA_EXTRACTABLE,
		    extractable), CKR_OK);
		ATF_REQUIRE_EQ(attrs_set(&a, CKA_VALUE, "s", 1), CKR_OK);
		ATF_CHECK_EQ(matches(&a, CKA_VALUE, "s", 1),
		    !sensitive && extractable);
		ATF_CHECK_EQ(attrs_reveals(&a, CKA_VALUE),
		    !sensitive && extractable);
		ATF_CHECK(attrs_reveals(&a, CKA_SENSITIVE));
	}
}

/* Without the two flags nothing is told: a damaged object stays closed. */
ATF_TC_WITHOUT_HEAD(reveals__nothing_of_a_key_without_flags);
ATF_TC_BODY(reveals__nothing_of_a_key_without_flags, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;

	ATF_REQUIRE_EQ(attrs_set(&a, CKA_VALUE, "s", 1), CKR_OK);
	ATF_CHECK(!attrs_reveals(&a, CKA_VALUE));
	ATF_REQUIRE_EQ(attrs_set_ulong(&a, CKA_CLASS, CKO_SECRET_KEY),
	    CKR_OK);
	ATF_REQUIRE_EQ(attrs_set_ulong(&a, CKA_KEY_TYPE, CKK_AES), CKR_OK);
	ATF_CHECK(!attrs_reveals(&a, CKA_VALUE));
	ATF_CHECK(!attrs_reveals(&a, CKA_MODULUS));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, attrs__absent_and_empty_differ);
	ATF_TP_ADD_TC(tp, attrs__values_of_the_wrong_length_count_as_absent);
	ATF_TP_ADD_TC(tp, attrs__many_of_them_each_once);
	ATF_TP_ADD_TC(tp, attrs__set_from_its_own_value);
	ATF_TP_ADD_TC(tp, match__bytes_folded_labels_and_nothing);
	ATF_TP_ADD_TC(tp, match__secrets_of_closed_keys_never);
	ATF_TP_ADD_TC(tp, reveals__nothing_of_a_key_without_flags);
	return atf_no_error();
}
