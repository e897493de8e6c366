/* The answers of NIST's validation program for SP 800-108: the fixed data comes
 * after the counter, which comes after the iteration variable. */
#include "module/mech/derive_fixture.h"

static const struct {
	CK_MECHANISM_TYPE mech;
	CK_SP800_108_PRF_TYPE prf;
	CK_KEY_TYPE key;
	CK_ULONG counter; /* its bits; 0: none */
	const char *base, *iv, *fixed, *out;
} known[] = {
	{ CKM_SP800_108_COUNTER_KDF, CKM_AES_CMAC, CKK_AES, 8,
	    "dff1e50ac0b69dc40f1051d46c2b069c", "",
	    "c16e6e02c5a3dcc8d78b9ac1306877761310455b4e41469951d9e6c2245a"
	    "064b33fd8c3b01203a7824485bf0a64060c4648b707d2607935699316ea5",
	    "8be8f0869b3c0ba97b71863d1b9f7813" },
	{ CKM_SP800_108_COUNTER_KDF, CKM_AES_CMAC, CKK_AES, 16,
	    "d7e8eefc503a39e70d931f16645958ad06fb789f0cbc518b", "",
	    "b10ea2d67904a8b3b7ce5eef7d9ee49768e8deb3506ee74a2ad8dd866114"
	    "6fde74137a8f6dfc69a370945d15335e0d6403fa029da19d34140c7e3da0",
	    "95278b8883852f6676c587507b0aa162" },
	{ CKM_SP800_108_COUNTER_KDF, CKM_AES_CMAC, CKK_AES, 8,
	    "c3ba16a8ec864c0f6f27cea220eccaaa", "",
	    "c20ff015ea1e1c97fed4e973b46a9b2626cb3ac9a8776cb08d73d4534d38"
	    "37ccf88e93d1682c6e779ea9f2f9ede47a2e07ef281d8867722b310c1cae",
	    "ceeaab29648cff00b89f7330076298b1e036d73ed7c5e61f2e97bd5ce092"
	    "0f0f45133eaca3d3712b" },
	{ CKM_SP800_108_COUNTER_KDF, CKM_AES_CMAC, CKK_AES, 32,
	    "695f1b1a16c949cea51cdf2554ec9d42", "",
	    "4fce5942832a390aa1cbe8a0bf9d202cb799e986c9d6b51f45e4d597a6b5"
	    "7f06a4ebfec6467335d116b7f5f9c5b954062f661820f5db2a5bbb3e0625",
	    "d34b601ec18c34dfa0f9e0b7523e218bdddb9befe8d08b6c0202d75ace0d"
	    "ba89" },
	{ CKM_SP800_108_COUNTER_KDF, CKM_SHA_1_HMAC, CKK_GENERIC_SECRET, 8,
	    "eda0134ca5238efece65a5ee02bc356f4fe0d5d4", "",
	    "c8c4f85382b3e3d4acc884fdff98582d0c8c61f69d381b0c0803bef29bd4"
	    "e142784522386a86ee0f864bffc5ff13eb7cb06a6e324e98eb6d561ecbb3",
	    "5d791c5b6a337cfb4d3b9cf73dd2afc5ff3fe1737880e54bff2f45775039"
	    "8b55fb4ae1c39a4c86dd72ffd453bbf4dccbeaf9a09b2e5ffe4d41f56a67"
	    "898484a0" },
	{ CKM_SP800_108_COUNTER_KDF, CKM_SHA224_HMAC, CKK_GENERIC_SECRET, 32,
	    "f5cb7cc6207f5920dd60155ddb68c3fbbdf5104365305d2c1abcd311", "",
	    "4e5ac7539803da89581ee088c7d10235a10536360054b72b8e9f18f77c25"
	    "af01019b290656b60428024ce01fccf49022d831941407e6bd27ff9e2d28",
	    "0adbaab43edd532b560a322c84ac540e" },
	{ CKM_SP800_108_COUNTER_KDF, CKM_SHA256_HMAC, CKK_GENERIC_SECRET, 8,
	    "d2f212cf90659f2069a43e9f7f7b102172470406658d8324b9edff6ac7a7"
	    "fe52", "",
	    "d2d694e8f4fb4ade0e70d88222742cff975baf6622db8745fcd473793258"
	    "a97e965feadd5491e4661ff18aa4f398914e9f0ffaf90738f04b158bfe9c",
	    "0ed1f3374d5bd9fa131af8ec168faae23c4d9e3c5e5788439ced314e8a7e"
	    "46c4c5eee9ed2c7bb484bd86f99cb97906fd2efd5ffbdcaf0d8dce92f4bb"
	    "d3f0fd0a79713285557d" },
	{ CKM_SP800_108_FEEDBACK_KDF, CKM_AES_CMAC, CKK_AES, 16,
	    "d7f5fa7551645de0b36aecd46565f954", "",
	    "fb5294ed40a0e4aa70a7be13913070a4c5cfc05f89b9f7dd26a493b8c638"
	    "89c7c3b0b60dd6d598ffa296a426224c727a501946",
	    "7164471f559812581a53aaf7fb6d6c53a1293115cda873887efcc7ce6b3a"
	    "026b2d19f0d38db8590e218a2676df88f53cab3313ed63bd1e4828f3c066"
	    "ea5eb1fd" },
	{ CKM_SP800_108_FEEDBACK_KDF, CKM_AES_CMAC, CKK_AES, 0,
	    "5c996c922f65de97d4408373229814c6", "28dc945cb8337ab5336c3e9b5bad21c7",
	    "62afe5fed91e797221a854336b0aadd8a05ad0e3c8345729897b2efcec5a"
	    "1178a2fa4c063007b67a7015e0d6b7271ea8d86b44",
	    "88a9aae193abdd3fe8143bab66014ae41dc2d12ea9d08f5871588fc5d827"
	    "924eb9942989d7a36d4b3b107997566472cad5942bd13cb5cff32b9dae30"
	    "f1bb6300" },
	{ CKM_SP800_108_FEEDBACK_KDF, CKM_DES3_CMAC, CKK_DES2, 0,
	    "1cc91ac93ce93215c74ca11cb900fcb3", "9e24eef3fe79719f",
	    "28400c621bc2f7ae04de8ab279009803885e7966b2391e7a2cf28ca458f8"
	    "3f48882135066d31f701fb46937cf867dabbfa1bac",
	    "3f46494db77b4497075e0abea59b15c4d97b5055e48eaf1db3c8601205ba"
	    "ce9a6053c20867f6756ad0e2fc5c81c69f0427ef66ceb1d1d18f4f2678e1"
	    "0cb93913" },
	{ CKM_SP800_108_FEEDBACK_KDF, CKM_SHA256_HMAC, CKK_GENERIC_SECRET, 32,
	    "93f698e842eed75394d629d957e2e89c6e741f810b623c8b901e38376d06"
	    "8e7b", "9f575d9059d3e0c0803f08112f8a806de3c3471912cdf42b095388b14b33"
	    "508e",
	    "53b89c18690e2057a1d167822e636de50be0018532c431f7f5e37f771392"
	    "20d5e042599ebe266af5767ee18cd2c5c19a1f0f80",
	    "bd1476f43a4e315747cf5918e0ea5bc0d98769457477c3ab18b742def0e0"
	    "79a933b756365afb5541f253fee43c6fd788a44041038509e9eeb68f7d65"
	    "ffbb5f95" },
	{ CKM_SP800_108_DOUBLE_PIPELINE_KDF, CKM_AES_CMAC, CKK_AES, 8,
	    "08a5a251b8e4826fbf73292f4cd6c790", "",
	    "aa5acbce73a98d4c4f361d5c22a2cc6f6bdc30027aa31af1ba8b15a5bd5b"
	    "6a34d133519ad1a82483c2d2a6dd9a97273a780421",
	    "ff1c72ec38b8968a1ce0942a571a1f522ddd2a1c6ffc2b60c90bb54a5c0e"
	    "9de40d289686cbff127b408ec64ef615b18c1abc0736ae4c94e33e54d832"
	    "e686276e" },
	{ CKM_SP800_108_DOUBLE_PIPELINE_KDF, CKM_AES_CMAC, CKK_AES, 32,
	    "2451975a33ab0c7535e00abe7b57982335b0471ad857a093c6765e6c5844"
	    "3852", "",
	    "fb95eb3c47dcad3b783b045b29bcb6f5aefc0389735843b92b4d8fab97d6"
	    "1350b76b2a83442d7c5aa497aa1cf441760281a08b",
	    "2f157687f782c8b64325826e3c755194c70abffd9d78c4678924b9d73dcc"
	    "ed86dcaf7dfa3bf56cf03fa45c7fca05ca1092c41bbd934131e95db2b204"
	    "241a9d02" },
	{ CKM_SP800_108_DOUBLE_PIPELINE_KDF, CKM_AES_CMAC, CKK_AES, 0,
	    "ada2452f1f141a82c7a1b7d3e09ffed1", "",
	    "335660eb265d2044efa06eacd848d3f9f57d219011343318f3a964df4a6f"
	    "b1bf6cbdee711c7fcbe73b8f257f992e47e8b065af",
	    "a73bd29176e38e761222ae07d639181f4b2c555a3b261815cde5d88a67c8"
	    "b95c58b6b66ea4f10608c6d799b051519fc8e89de00cdc556350a7d96647"
	    "5086f9af" },
};

static CK_RV
run(size_t i, struct derived *out)
{
	uint8_t iv[64], fixed[64];
	CK_SP800_108_COUNTER_FORMAT format = { CK_FALSE, known[i].counter };
	bool counts = known[i].mech == CKM_SP800_108_COUNTER_KDF;
	CK_PRF_DATA_PARAM data[3] = { { CK_SP800_108_ITERATION_VARIABLE,
		counts ? &format : NULL, counts ? sizeof(format) : 0 } };
	CK_ULONG n = 1;
	CK_SP800_108_FEEDBACK_KDF_PARAMS feedback = { known[i].prf, 0, data,
		unhex(known[i].iv, iv), NULL, 0, NULL };
	CK_SP800_108_KDF_PARAMS plain = { known[i].prf, 0, data, 0, NULL };
	struct derivation d = { known[i].mech, &plain, sizeof(plain),
		known[i].key, known[i].base, .len = strlen(known[i].out) / 2 };

	if (!counts && known[i].counter != 0)
		data[n++] = (CK_PRF_DATA_PARAM){ CK_SP800_108_OPTIONAL_COUNTER,
			&format, sizeof(format) };
	data[n++] = (CK_PRF_DATA_PARAM){ CK_SP800_108_BYTE_ARRAY, fixed,
		unhex(known[i].fixed, fixed) };
	feedback.ulNumberOfDataParams = plain.ulNumberOfDataParams = n;
	feedback.pIV = feedback.ulIVLen != 0 ? iv : NULL;
	if (known[i].mech == CKM_SP800_108_FEEDBACK_KDF) {
		d.param = &feedback;
		d.param_len = sizeof(feedback);
	}
	return derive(&d, out);
}

ATF_TC_WITHOUT_HEAD(sp800108__known_answers);
ATF_TC_BODY(sp800108__known_answers, tc)
{
	for (size_t i = 0; i < COUNT(known); i++) {
		struct derived made;
		uint8_t want[128];
		size_t len = unhex(known[i].out, want);

		ATF_REQUIRE_EQ_MSG(run(i, &made), CKR_OK, "row %zu", i);
		ATF_REQUIRE_EQ(made.count, 1);
		ATF_REQUIRE_EQ(made.keys[0].made.value.len, len);
		ATF_CHECK_EQ_MSG(memcmp(made.keys[0].made.value.data, want,
		    len), 0, "row %zu", i);
		derived_wipe(&made);
	}
}

ATF_TC_WITHOUT_HEAD(sp800108__policy);
ATF_TC_BODY(sp800108__policy, tc)
{
	struct derived made;

	mech_set_policy(POLICY_MODERN);
	for (size_t i = 0; i < COUNT(known); i++) {
		ATF_CHECK_EQ_MSG(run(i, &made), known[i].prf == CKM_DES3_CMAC
		    ? CKR_MECHANISM_PARAM_INVALID : CKR_OK, "row %zu", i);
		derived_wipe(&made);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, sp800108__known_answers);
	ATF_TP_ADD_TC(tp, sp800108__policy);
	return atf_no_error();
}
