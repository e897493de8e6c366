/* The gate: every row in every act, and templates with every attribute wrong
 * in turn. */
#include <atf-c.h>
#include <stdint.h>
#include <string.h>

#include "common/vendor.h"
#include "module/policy/schema_rows.h"

#define NO_ATTRIBUTE 0x7ffffffeUL

/* A value of each kind that passes. */
static CK_BYTE bool_value[] = { CK_FALSE };
static CK_ULONG ulong_value = 2;
static CK_BYTE text_value[] = "gr\xc3\xbc\xc3\x9f";
static CK_BYTE bytes_value[] = { 0, 1, 2 };
static CK_BYTE date_value[] = "20261125";
static CK_MECHANISM_TYPE mechs_value[] = { CKM_ECDSA, CKM_RSA_PKCS };
static CK_ATTRIBUTE template_value[] = {
	{ CKA_SENSITIVE, bool_value, sizeof(bool_value) },
};

static const struct {
	void *data;
	CK_ULONG len;
} good_values[] = {
	[KIND_BOOL] = { bool_value, sizeof(bool_value) },
	[KIND_ULONG] = { &ulong_value, sizeof(ulong_value) },
	[KIND_TEXT] = { text_value, sizeof(text_value) - 1 },
	[KIND_BYTES] = { bytes_value, sizeof(bytes_value) },
	[KIND_NUMBER] = { bytes_value, sizeof(bytes_value) },
	[KIND_DATE] = { date_value, sizeof(date_value) - 1 },
	[KIND_MECHS] = { mechs_value, sizeof(mechs_value) },
	[KIND_TEMPLATE] = { template_value, sizeof(template_value) },
};

static CK_ATTRIBUTE
good(const struct attr_row *row)
{
	return (CK_ATTRIBUTE){ row->type, good_values[row->kind].data,
		good_values[row->kind].len };
}

/* Objects whose booleans are all false, or all true. */
static bool
current_value(const void *object, CK_ATTRIBUTE_TYPE type)
{
	(void)type;
	return *(const bool *)object;
}

#define TEMPLATE_MAX 64

/* All that the act must have, and whatever it may have. */
static CK_ULONG
template_fill(const struct schema *schema, enum act act, bool all,
    CK_ATTRIBUTE t[TEMPLATE_MAX])
{
	const struct attr_row *row;
	CK_ULONG n = 0;

	for (size_t i = 0; (row = schema_row_at(schema, i)) != NULL; i++) {
		bool taken = row->rules[act] == MUST ||
		    (all && row->rules[act] != NEVER);

		if (taken)
			t[n++] = good(row);
		ATF_REQUIRE(n < TEMPLATE_MAX);
	}
	return n;
}

static CK_RV
check(const struct schema *schema, enum act act, const CK_ATTRIBUTE *t,
    CK_ULONG n)
{
	static const bool before = false;

	return schema_check(schema, act, t, n, current_value, &before);
}

/* The families of answers that the standard has for a wrong template. */
static bool
is_template_error(CK_RV rv)
{
	return rv == CKR_ATTRIBUTE_TYPE_INVALID ||
	    rv == CKR_ATTRIBUTE_VALUE_INVALID ||
	    rv == CKR_ATTRIBUTE_READ_ONLY || rv == CKR_TEMPLATE_INCOMPLETE ||
	    rv == CKR_TEMPLATE_INCONSISTENT;
}

/* Runs fn for every schema and act. */
static void
each_act(void (*fn)(const struct schema *schema, enum act act))
{
	for (size_t s = 0; s < schema_count; s++)
		for (enum act act = 0; act < ACT_COUNT; act++)
			fn(&schemas[s], act);
}

static void
good_passes(const struct schema *schema, enum act act)
{
	CK_ATTRIBUTE t[TEMPLATE_MAX];
	CK_ULONG n;

	n = template_fill(schema, act, false, t);
	ATF_CHECK_EQ(check(schema, act, t, n), CKR_OK);
	n = template_fill(schema, act, true, t);
	ATF_CHECK_EQ(check(schema, act, t, n), CKR_OK);
}

ATF_TC_WITHOUT_HEAD(check__what_is_needed_and_all_that_may_be);
ATF_TC_BODY(check__what_is_needed_and_all_that_may_be, tc)
{
	each_act(good_passes);
}

static void
row_obeyed(const struct schema *schema, enum act act)
{
	const struct attr_row *row;
	CK_ATTRIBUTE t[TEMPLATE_MAX];

	for (size_t i = 0; (row = schema_row_at(schema, i)) != NULL; i++) {
		CK_ULONG n = template_fill(schema, act, false, t), at = 0;

		while (at < n && t[at].type != row->type)
			at++;
		if (row->rules[act] == MUST) {
			t[at] = t[n - 1];
			ATF_CHECK_EQ_MSG(check(schema, act, t, n - 1),
			    CKR_TEMPLATE_INCOMPLETE, "%lx act %d", row->type,
			    act);
		} else {
			t[n] = good(row);
			ATF_CHECK_EQ_MSG(check(schema, act, t, n + 1),
			    row->rules[act] == NEVER
			        ? CKR_ATTRIBUTE_READ_ONLY
			        : CKR_OK, "%lx act %d", row->type, act);
		}
	}
}

ATF_TC_WITHOUT_HEAD(check__every_row_in_every_act);
ATF_TC_BODY(check__every_row_in_every_act, tc)
{
	each_act(row_obeyed);
}

static void
twice_refused(const struct schema *schema, enum act act)
{
	CK_ATTRIBUTE t[TEMPLATE_MAX];
	CK_ULONG n = template_fill(schema, act, true, t);

	for (CK_ULONG i = 0; i < n; i++) {
		t[n] = t[i];
		ATF_CHECK_EQ(check(schema, act, t, n + 1),
		    CKR_TEMPLATE_INCONSISTENT);
	}
	t[n] = (CK_ATTRIBUTE){ NO_ATTRIBUTE, bool_value, 1 };
	ATF_CHECK_EQ(check(schema, act, t, n + 1),
	    CKR_ATTRIBUTE_TYPE_INVALID);
}

ATF_TC_WITHOUT_HEAD(check__twice_and_unknown);
ATF_TC_BODY(check__twice_and_unknown, tc)
{
	each_act(twice_refused);
}

/* Lengths that a kind does not have, and one that it has. */
static bool
len_fits(enum attr_kind kind, CK_ULONG len)
{
	switch (kind) {
	case KIND_BOOL:
		return len == sizeof(CK_BBOOL);
	case KIND_ULONG:
		return len == sizeof(CK_ULONG);
	case KIND_DATE:
		return len == 0 || len == sizeof(CK_DATE);
	case KIND_MECHS:
		return len != 0 && len % sizeof(CK_MECHANISM_TYPE) == 0;
	case KIND_TEMPLATE:
		return len % sizeof(CK_ATTRIBUTE) == 0;
	case KIND_NUMBER:
		return len != 0;
	case KIND_TEXT:
	case KIND_BYTES:
		return true;
	}
	return false;
}

static void
lengths_judged(const struct schema *schema, enum act act)
{
	static const CK_ULONG lens[] = { 0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17,
		48, 64 };
	static CK_BYTE room[64];
	CK_ATTRIBUTE t[TEMPLATE_MAX];
	CK_ULONG n = template_fill(schema, act, true, t);

	for (size_t i = 0; i < n * COUNT(lens); i++) {
		CK_ATTRIBUTE *a = &t[i / COUNT(lens)], old = *a;
		const struct attr_row *row = schema_row(schema, a->type);
		CK_ULONG len = lens[i % COUNT(lens)];

		memset(room, row->kind == KIND_DATE ? '1' : 0, sizeof(room));
		a->pValue = room;
		a->ulValueLen = len;
		ATF_CHECK_EQ_MSG(check(schema, act, t, n),
		    len_fits(row->kind, len) ? CKR_OK
		                             : CKR_ATTRIBUTE_VALUE_INVALID,
		    "%lx len %lu", a->type, len);
		*a = old;
	}
}

ATF_TC_WITHOUT_HEAD(check__lengths_of_every_attribute);
ATF_TC_BODY(check__lengths_of_every_attribute, tc)
{
	each_act(lengths_judged);
}

/* NULL with a length, and lengths beyond all memory, are never followed. */
static void
pointers_never_followed(const struct schema *schema, enum act act)
{
	static const CK_ULONG lens[] = { 1, 8, 16UL << 20, (16UL << 20) + 1,
		SIZE_MAX / 2, CK_UNAVAILABLE_INFORMATION };
	const struct attr_row *row;
	CK_ATTRIBUTE t[TEMPLATE_MAX];
	CK_ULONG n = template_fill(schema, act, false, t);

	for (size_t i = 0; (row = schema_row_at(schema, i)) != NULL; i++)
		for (size_t k = 0; k < COUNT(lens); k++) {
			CK_ULONG at = 0, m;

			while (at < n && t[at].type != row->type)
				at++;
			m = at == n ? n + 1 : n;
			t[at] = (CK_ATTRIBUTE){ row->type, NULL, lens[k] };
			ATF_CHECK(is_template_error(check(schema, act, t, m)));
			/* a byte alone: more must not be read */
			t[at].pValue = bool_value;
			if (lens[k] > 16UL << 20)
				ATF_CHECK(is_template_error(
				    check(schema, act, t, m)));
			t[at] = good(row);
		}
}

ATF_TC_WITHOUT_HEAD(check__pointers_and_absurd_lengths);
ATF_TC_BODY(check__pointers_and_absurd_lengths, tc)
{
	each_act(pointers_never_followed);
}

ATF_TC_WITHOUT_HEAD(form__values_of_each_kind);
ATF_TC_BODY(form__values_of_each_kind, tc)
{
	static const struct {
		enum attr_kind kind;
		struct span value;
		bool good;
	} cases[] = {
		{ KIND_BOOL, { "\0", 1 }, true },
		{ KIND_BOOL, { "\1", 1 }, true },
		{ KIND_BOOL, { "\2", 1 }, false },
		{ KIND_BOOL, { "\377", 1 }, false },
		{ KIND_TEXT, { "", 0 }, true },
		{ KIND_TEXT, { "a\0b", 3 }, true },
		{ KIND_TEXT, { "\xff", 1 }, false },
		{ KIND_TEXT, { "\xc0\x80", 2 }, false },
		{ KIND_BYTES, { "\xff", 1 }, true },
		{ KIND_DATE, { "20261125", 8 }, true },
		{ KIND_DATE, { "2026112 ", 8 }, false },
		{ KIND_DATE, { "2026112\0", 8 }, false },
		{ KIND_DATE, { "2026-11-", 8 }, false },
		{ KIND_NUMBER, { "\0", 1 }, true },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		ATF_CHECK_EQ_MSG(schema_has_form(cases[i].kind,
		    cases[i].value), cases[i].good, "case %zu", i);
}

ATF_TC_WITHOUT_HEAD(check__listed_numbers_end);
ATF_TC_BODY(check__listed_numbers_end, tc)
{
	static const CK_ATTRIBUTE_TYPE types[] = { CKA_CERTIFICATE_CATEGORY,
		CKA_JAVA_MIDP_SECURITY_DOMAIN };
	const struct schema *schema = schema_find(CKO_CERTIFICATE, CKC_X_509);
	CK_ATTRIBUTE t[TEMPLATE_MAX];
	CK_ULONG n = template_fill(schema, ACT_CREATE, false, t);

	for (size_t i = 0; i < COUNT(types); i++)
		for (CK_ULONG value = 0; value < 6; value++) {
			t[n] = (CK_ATTRIBUTE){ types[i], &value,
				sizeof(value) };
			ATF_CHECK_EQ(check(schema, ACT_CREATE, t, n + 1),
			    value <= 3 ? CKR_OK
			               : CKR_ATTRIBUTE_VALUE_INVALID);
		}
}

/* A step of no return, in set and in copy: from, wanted, allowed. */
static void
step_check(const struct schema *schema, const struct attr_row *row,
    enum act act, bool target)
{
	for (int i = 0; i < 4; i++) {
		bool from = i & 1, wanted = i & 2;
		CK_BBOOL value = wanted ? CK_TRUE : CK_FALSE;
		CK_ATTRIBUTE t = { row->type, &value, sizeof(value) };

		ATF_CHECK_EQ_MSG(schema_check(schema, act, &t, 1,
		    current_value, &from),
		    wanted == from || wanted == target
		        ? CKR_OK
		        : CKR_ATTRIBUTE_READ_ONLY, "%lx act %d: %d to %d",
		    row->type, act, from, wanted);
	}
}

static void
steps_check(const struct schema *schema, enum act act)
{
	const struct attr_row *row;

	for (size_t i = 0; (row = schema_row_at(schema, i)) != NULL; i++)
		if (row->rules[act] == TO_TRUE || row->rules[act] == TO_FALSE)
			step_check(schema, row, act,
			    row->rules[act] == TO_TRUE);
}

ATF_TC_WITHOUT_HEAD(check__steps_of_no_return);
ATF_TC_BODY(check__steps_of_no_return, tc)
{
	each_act(steps_check);
}

ATF_TC_WITHOUT_HEAD(rows__are_sound);
ATF_TC_BODY(rows__are_sound, tc)
{
	for (size_t s = 0; s < schema_count; s++) {
		const struct schema *schema = &schemas[s];
		const struct attr_row *row;

		for (size_t i = 0; (row = schema_row_at(schema, i)) != NULL;
		     i++) {
			enum attr_rule set = row->rules[ACT_SET];

			/* found by its type: no row shadows another */
			ATF_CHECK_EQ(schema_row(schema, row->type), row);
			/* only booleans step, and have YES or NO */
			ATF_CHECK((set != TO_TRUE && set != TO_FALSE &&
			    row->value != YES && row->value != NO) ||
			    row->kind == KIND_BOOL);
			ATF_CHECK(row->value != EMPTY ||
			    row->kind == KIND_TEXT ||
			    row->kind == KIND_BYTES);
			/* what is hidden is never changed */
			ATF_CHECK(!row->secret || set == NEVER);
			ATF_CHECK(set != MUST &&
			    row->rules[ACT_COPY] != MUST);
		}
		ATF_CHECK_EQ(schema_find(schema->class, schema->sub), schema);
	}
}

/* Bytes on disk depend on the type alone, whatever the class. */
ATF_TC_WITHOUT_HEAD(kind__one_encoding_for_each_type);
ATF_TC_BODY(kind__one_encoding_for_each_type, tc)
{
	for (size_t s = 0; s < schema_count; s++) {
		const struct attr_row *row;
		enum attr_kind kind;

		for (size_t i = 0;
		     (row = schema_row_at(&schemas[s], i)) != NULL; i++) {
			ATF_REQUIRE(schema_kind(row->type, &kind));
			ATF_CHECK_EQ(kind == KIND_ULONG,
			    row->kind == KIND_ULONG);
			ATF_CHECK_EQ(kind == KIND_MECHS,
			    row->kind == KIND_MECHS);
			ATF_CHECK_EQ(kind == KIND_BOOL,
			    row->kind == KIND_BOOL);
		}
	}
	ATF_CHECK(!schema_kind(NO_ATTRIBUTE, &(enum attr_kind){ 0 }));
}

/* Or whoever may write to a store could bring a grant there. */
ATF_TC_WITHOUT_HEAD(rows__grants_stay_where_they_are);
ATF_TC_BODY(rows__grants_stay_where_they_are, tc)
{
	const struct schema *grant = schema_find(CKO_VECS_GRANT, 0);

	ATF_REQUIRE(grant != NULL);
	ATF_CHECK_EQ(schema_row(grant, CKA_VECS_STORE), NULL);
	ATF_CHECK(schema_row(schema_find(CKO_DATA, 0), CKA_VECS_STORE) !=
	    NULL);
}

ATF_TC_WITHOUT_HEAD(find__what_is_not_offered);
ATF_TC_BODY(find__what_is_not_offered, tc)
{
	static const struct {
		CK_OBJECT_CLASS class;
		CK_ULONG sub;
	} cases[] = {
		{ CKO_CERTIFICATE, CKC_WTLS },
		{ CKO_CERTIFICATE, CKC_X_509_ATTR_CERT },
		{ CKO_CERTIFICATE, CK_UNAVAILABLE_INFORMATION },
		{ CKO_PRIVATE_KEY, CKK_KEA },
		{ CKO_SECRET_KEY, CKK_RSA },
		{ CKO_PUBLIC_KEY, CKK_AES },
		{ CKO_HW_FEATURE, 0 },
		{ CKO_VECS_STORE, 0 },
		{ CK_UNAVAILABLE_INFORMATION, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		ATF_CHECK_EQ_MSG(schema_find(cases[i].class, cases[i].sub),
		    NULL, "case %zu", i);
}

ATF_TC_WITHOUT_HEAD(reveals__unless_sensitive_or_unextractable);
ATF_TC_BODY(reveals__unless_sensitive_or_unextractable, tc)
{
	for (size_t s = 0; s < schema_count; s++) {
		const struct attr_row *row;

		for (size_t i = 0;
		     (row = schema_row_at(&schemas[s], i)) != NULL; i++)
			for (int k = 0; k < 4; k++)
				ATF_CHECK_EQ(schema_reveals(&schemas[s],
				    row->type, k & 1, k & 2),
				    !row->secret || k == 2);
		ATF_CHECK(!schema_reveals(&schemas[s], NO_ATTRIBUTE, false,
		    true));
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, check__what_is_needed_and_all_that_may_be);
	ATF_TP_ADD_TC(tp, check__every_row_in_every_act);
	ATF_TP_ADD_TC(tp, check__twice_and_unknown);
	ATF_TP_ADD_TC(tp, check__lengths_of_every_attribute);
	ATF_TP_ADD_TC(tp, check__pointers_and_absurd_lengths);
	ATF_TP_ADD_TC(tp, form__values_of_each_kind);
	ATF_TP_ADD_TC(tp, check__listed_numbers_end);
	ATF_TP_ADD_TC(tp, check__steps_of_no_return);
	ATF_TP_ADD_TC(tp, rows__are_sound);
	ATF_TP_ADD_TC(tp, kind__one_encoding_for_each_type);
	ATF_TP_ADD_TC(tp, rows__grants_stay_where_they_are);
	ATF_TP_ADD_TC(tp, find__what_is_not_offered);
	ATF_TP_ADD_TC(tp, reveals__unless_sensitive_or_unextractable);
	return atf_no_error();
}
