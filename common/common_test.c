/* Secrets, buffers, text and names. */
#include <atf-c.h>
#include <string.h>

#include "common/buf.h"
#include "common/ckname.h"
#include "common/text.h"

ATF_TC_WITHOUT_HEAD(secret__wiped_memory_comes_back_zeroed);
ATF_TC_BODY(secret__wiped_memory_comes_back_zeroed, tc)
{
	static const size_t sizes[] = { 1, 64, 65, 4096, 4097, 100000 };

	for (size_t i = 0; i < COUNT(sizes); i++) {
		uint8_t *p = secret_alloc(sizes[i]);

		ATF_REQUIRE(p != NULL);
		memset(p, 0xa5, sizes[i]);
		secret_free(p, sizes[i]);
		p = secret_alloc(sizes[i]);
		ATF_REQUIRE(p != NULL);
		for (size_t k = 0; k < sizes[i]; k++)
			ATF_REQUIRE_EQ(p[k], 0);
		secret_free(p, sizes[i]);
	}
}

ATF_TC_WITHOUT_HEAD(secret__equal_compares_all_bytes);
ATF_TC_BODY(secret__equal_compares_all_bytes, tc)
{
	ATF_CHECK(secret_equal("abc", "abc", 3));
	ATF_CHECK(!secret_equal("abc", "abd", 3));
	ATF_CHECK(!secret_equal("xbc", "abc", 3));
	ATF_CHECK(secret_equal("x", "y", 0));
}

ATF_TC_WITHOUT_HEAD(buf__written_is_read_back);
ATF_TC_BODY(buf__written_is_read_back, tc)
{
	_cleanup_(buf_wipe) struct buf b = BUF_INIT;
	struct reader r;
	const uint8_t *blob;
	size_t len;
	uint8_t big[1000] = { 7 };

	buf_u8(&b, 0x12);
	buf_u32(&b, 0xdeadbeef);
	buf_u64(&b, 0x0123456789abcdefULL);
	buf_blob(&b, big, sizeof(big));
	ATF_REQUIRE_EQ(buf_check(&b), CKR_OK);
	ATF_CHECK_EQ(b.data[1], 0xef); /* little-endian */

	r = (struct reader){ b.data, b.len, false };
	ATF_CHECK_EQ(reader_u8(&r), 0x12);
	ATF_CHECK_EQ(reader_u32(&r), 0xdeadbeef);
	ATF_CHECK_EQ(reader_u64(&r), 0x0123456789abcdefULL);
	blob = reader_blob(&r, &len);
	ATF_REQUIRE_EQ(len, sizeof(big));
	ATF_CHECK_EQ(memcmp(blob, big, len), 0);
	ATF_CHECK(reader_done(&r));
}

ATF_TC_WITHOUT_HEAD(reader__short_input_fails_for_good);
ATF_TC_BODY(reader__short_input_fails_for_good, tc)
{
	static const uint8_t bytes[] = { 0xff, 0xff, 0xff, 0xff, 1, 2 };
	struct reader r = { bytes, sizeof(bytes), false };
	size_t len = 9;

	ATF_CHECK_EQ(reader_blob(&r, &len), NULL);
	ATF_CHECK_EQ(len, 0);
	ATF_CHECK_EQ(reader_u8(&r), 0);
	ATF_CHECK(!reader_done(&r));
}

ATF_TC_WITHOUT_HEAD(text__store_names);
ATF_TC_BODY(text__store_names, tc)
{
	static const struct {
		const char *name;
		bool good;
	} cases[] = {
		{ "", false },
		{ "a", true },
		{ "MACHINE_SSL_CERT", true },
		{ "12345678901234567890123456789012", true },
		{ "123456789012345678901234567890123", false },
		{ " a", false },
		{ "a ", false },
		{ "a b", true },
		{ "a\nb", false },
		{ "a\x7f", false },
		{ "\xc2\x80", false },
		{ "gr\xc3\xbc\xc3\x9f", true },
		{ "\xc0\x80", false },
		{ "\xed\xa0\x80", false },
		{ "\xff", false },
		{ "\xe2\x82", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		ATF_CHECK_MSG(text_is_store_name(cases[i].name,
		    strlen(cases[i].name)) == cases[i].good, "case %zu", i);
}

ATF_TC_WITHOUT_HEAD(text__hex_both_ways);
ATF_TC_BODY(text__hex_both_ways, tc)
{
	char hex[9];
	uint8_t back[4];

	text_hex("\x00\xffZ\x10", 4, hex);
	ATF_CHECK_STREQ(hex, "00ff5a10");
	ATF_CHECK(text_unhex("00FF5a10", back, 4));
	ATF_CHECK_EQ(memcmp(back, "\x00\xffZ\x10", 4), 0);
	ATF_CHECK(!text_unhex("00ff5a1", back, 4));
	ATF_CHECK(!text_unhex("00ff5a1g", back, 4));
}

ATF_TC_WITHOUT_HEAD(ckname__known_and_unknown);
ATF_TC_BODY(ckname__known_and_unknown, tc)
{
	ATF_CHECK_STREQ(ckname_rv(CKR_PIN_LOCKED), "CKR_PIN_LOCKED");
	ATF_CHECK_STREQ(ckname_mechanism(CKM_ECDSA), "CKM_ECDSA");
	ATF_CHECK_EQ(ckname_attribute(0x12345678), NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, secret__wiped_memory_comes_back_zeroed);
	ATF_TP_ADD_TC(tp, secret__equal_compares_all_bytes);
	ATF_TP_ADD_TC(tp, buf__written_is_read_back);
	ATF_TP_ADD_TC(tp, reader__short_input_fails_for_good);
	ATF_TP_ADD_TC(tp, text__store_names);
	ATF_TP_ADD_TC(tp, text__hex_both_ways);
	ATF_TP_ADD_TC(tp, ckname__known_and_unknown);
	return atf_no_error();
}
