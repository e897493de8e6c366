/* Derivations of few words: keys put together and cut out, keys of digests. */
#include "module/mech/derive_fixture.h"

#define BASE "01234567"

static CK_KEY_DERIVATION_STRING_DATA four = {
	(CK_BYTE *)(uintptr_t)"\x89\xab\xcd\xef", 4 };
static CK_KEY_DERIVATION_STRING_DATA nothing = {
	(CK_BYTE *)(uintptr_t)"", 0 };
static CK_KEY_DERIVATION_STRING_DATA nowhere = { NULL, 4 };
static CK_KEY_DERIVATION_STRING_DATA endless = {
	(CK_BYTE *)(uintptr_t)"", ~0UL };

#define STRING(mech, data) mech, &(data), sizeof(data), 0, BASE

/* The standard's own examples, and lengths. */
static const struct {
	struct derivation d;
	CK_RV rv;
	const char *value;
} strings[] = {
	{ { STRING(CKM_CONCATENATE_BASE_AND_DATA, four) }, CKR_OK,
	    "0123456789abcdef" },
	{ { STRING(CKM_CONCATENATE_DATA_AND_BASE, four) }, CKR_OK,
	    "89abcdef01234567" },
	{ { STRING(CKM_XOR_BASE_AND_DATA, four) }, CKR_OK, "88888888" },
	{ { STRING(CKM_CONCATENATE_BASE_AND_DATA, four), .len = 5 }, CKR_OK,
	    "0123456789" },
	{ { STRING(CKM_CONCATENATE_BASE_AND_DATA, four), .len = 9 },
	    CKR_KEY_SIZE_RANGE, NULL },
	{ { STRING(CKM_CONCATENATE_BASE_AND_DATA, four), .len = ~0UL },
	    CKR_KEY_SIZE_RANGE, NULL },
	{ { STRING(CKM_XOR_BASE_AND_DATA, four), .len = 5 },
	    CKR_KEY_SIZE_RANGE, NULL },
	/* a type of several lengths must say which */
	{ { STRING(CKM_CONCATENATE_BASE_AND_DATA, four), .type = CKK_AES },
	    CKR_TEMPLATE_INCOMPLETE, NULL },
	/* DES keys get their parity */
	{ { STRING(CKM_CONCATENATE_BASE_AND_DATA, four), .type = CKK_DES,
	    .len = 8 }, CKR_OK, "0123456789abcdef" },
	{ { STRING(CKM_CONCATENATE_DATA_AND_BASE, four), .type = CKK_DES,
	    .len = 8 }, CKR_OK, "89abcdef01234567" },
	{ { STRING(CKM_CONCATENATE_DATA_AND_BASE, nothing) },
	    CKR_MECHANISM_PARAM_INVALID, NULL },
	{ { STRING(CKM_CONCATENATE_BASE_AND_DATA, nowhere) },
	    CKR_MECHANISM_PARAM_INVALID, NULL },
	{ { STRING(CKM_XOR_BASE_AND_DATA, endless) },
	    CKR_MECHANISM_PARAM_INVALID, NULL },
	{ { CKM_XOR_BASE_AND_DATA, NULL, 0, 0, BASE },
	    CKR_MECHANISM_PARAM_INVALID, NULL },
	{ { CKM_CONCATENATE_BASE_AND_DATA, &four, sizeof(four) - 1, 0, BASE },
	    CKR_MECHANISM_PARAM_INVALID, NULL },
	/* a key is no data */
	{ { STRING(CKM_CONCATENATE_BASE_AND_DATA, four), .data_class = true },
	    CKR_TEMPLATE_INCONSISTENT, NULL },
	{ { STRING(CKM_CONCATENATE_BASE_AND_DATA, four),
	    .class = CKO_PUBLIC_KEY }, CKR_TEMPLATE_INCONSISTENT, NULL },
};

ATF_TC_WITHOUT_HEAD(strings__with_a_key);
ATF_TC_BODY(strings__with_a_key, tc)
{
	for (size_t i = 0; i < COUNT(strings); i++) {
		char row[16];

		snprintf(row, sizeof(row), "row %zu", i);
		check_derived(&strings[i].d, strings[i].rv, strings[i].value,
		    row);
	}
}

ATF_TC_WITHOUT_HEAD(parity__of_des_keys);
ATF_TC_BODY(parity__of_des_keys, tc)
{
	static const struct {
		CK_KEY_TYPE type;
		const char *value;
	} rows[] = {
		{ CKK_DES2, "0101020204040707fefe7f7f80801010" },
		{ CKK_GENERIC_SECRET, "0001020304050607fffe7e7f80811011" },
		{ CKK_AES, "0001020304050607fffe7e7f80811011" },
	};
	CK_KEY_DERIVATION_STRING_DATA data = {
		(CK_BYTE *)(uintptr_t)"\xff\xfe\x7e\x7f\x80\x81\x10\x11", 8 };

	for (size_t i = 0; i < COUNT(rows); i++)
		check_derived(&(struct derivation){
		    CKM_CONCATENATE_BASE_AND_DATA, &data, sizeof(data),
		    .base = "0001020304050607", .type = rows[i].type,
		    .len = 16 }, CKR_OK, rows[i].value, "");
}

ATF_TC_WITHOUT_HEAD(concatenate__with_another_key);
ATF_TC_BODY(concatenate__with_another_key, tc)
{
	struct pair pair;
	struct key *keys[2];
	CK_OBJECT_HANDLE handle = 1;
	struct derivation d = { CKM_CONCATENATE_BASE_AND_KEY, &handle,
		sizeof(handle), .base = BASE };

	fixture_open();
	pair_make("P-256", &pair);
	keys[0] = secret_key_make(CKK_AES, "0123456789abcdef", 16);
	keys[1] = pair.private;
	derive_keys(keys, 2);
	check_derived(&d, CKR_OK, BASE "30313233343536373839616263646566",
	    "");
	d.len = 5;
	check_derived(&d, CKR_OK, BASE "30", "5");
	d.len = 21;
	check_derived(&d, CKR_KEY_SIZE_RANGE, NULL, "21");
	d.len = 0;
	handle = 2;
	check_derived(&d, CKR_KEY_TYPE_INCONSISTENT, NULL, "private");
	handle = 3;
	check_derived(&d, CKR_KEY_HANDLE_INVALID, NULL, "none");
	d.param_len = 4;
	check_derived(&d, CKR_MECHANISM_PARAM_INVALID, NULL, "short");
	key_put(keys[0]);
	pair_wipe(&pair);
}

ATF_TC_WITHOUT_HEAD(extract__bits);
ATF_TC_BODY(extract__bits, tc)
{
	static const struct {
		CK_EXTRACT_PARAMS first;
		CK_ULONG len;
		CK_RV rv;
		const char *value;
	} rows[] = {
		{ 21, 2, CKR_OK, "9526" }, /* the standard's example */
		{ 0, 4, CKR_OK, "329f84a9" },
		{ 8, 4, CKR_OK, "9f84a932" },
		{ 31, 1, CKR_OK, "99" },
		{ 1, 4, CKR_OK, "653f0952" },
		{ 32, 1, CKR_MECHANISM_PARAM_INVALID, NULL },
		{ ~0UL, 1, CKR_MECHANISM_PARAM_INVALID, NULL },
		{ 0, 5, CKR_KEY_SIZE_RANGE, NULL },
		{ 0, 0, CKR_TEMPLATE_INCOMPLETE, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		CK_EXTRACT_PARAMS first = rows[i].first;
		char row[16];

		snprintf(row, sizeof(row), "row %zu", i);
		check_derived(&(struct derivation){ CKM_EXTRACT_KEY_FROM_KEY,
		    &first, sizeof(first), .base = "329f84a9",
		    .len = rows[i].len }, rows[i].rv, rows[i].value, row);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, strings__with_a_key);
	ATF_TP_ADD_TC(tp, parity__of_des_keys);
	ATF_TP_ADD_TC(tp, concatenate__with_another_key);
	ATF_TP_ADD_TC(tp, extract__bits);
	return atf_no_error();
}
