/* DER: what is read and what is written, at the borders of lengths. */
#include <atf-c.h>
#include <string.h>

#include "module/crypto/der.h"

#define SPAN(text) ((struct span){ text, sizeof(text) - 1 })

ATF_TC_WITHOUT_HEAD(der__values_that_are_none);
ATF_TC_BODY(der__values_that_are_none, tc)
{
	static const struct span bad[] = {
		{ NULL, 0 },
		{ "", 0 },
		{ "\x04", 1 },
		{ "\x04\x01", 2 },
		{ "\x04\x80\x00\x00", 4 },             /* indefinite */
		{ "\x04\x81\x01x", 4 },                /* not the shortest */
		{ "\x04\x82\x00\x81", 4 },
		{ "\x04\x81", 2 },
		{ "\x04\x85\x01\x00\x00\x00\x00", 7 }, /* too large */
		{ "\x04\x84\xff\xff\xff\xff", 6 },
		{ "\x05\x00", 2 },                     /* another tag */
		{ "\x04\x01xy", 4 },                   /* something behind */
	};
	struct span out = { "untouched", 9 };

	for (size_t i = 0; i < COUNT(bad); i++)
		ATF_CHECK_EQ_MSG(der_only(bad[i], DER_OCTET_STRING, &out),
		    CKR_DATA_INVALID, "row %zu", i);
	for (size_t i = 0; i < 10; i++) {
		struct span in = bad[i];

		ATF_CHECK_EQ_MSG(der_take(&in, DER_OCTET_STRING, &out),
		    CKR_DATA_INVALID, "row %zu", i);
		ATF_CHECK_EQ(in.len, bad[i].len);
	}
	ATF_CHECK_EQ(out.len, 9);
}

ATF_TC_WITHOUT_HEAD(der__values_one_after_another);
ATF_TC_BODY(der__values_one_after_another, tc)
{
	struct span in = SPAN("\x04\x02xy\x02\x01\x07\x05\x00"), out;

	ATF_REQUIRE_EQ(der_take(&in, DER_OCTET_STRING, &out), CKR_OK);
	ATF_CHECK_EQ(out.len, 2);
	ATF_CHECK_EQ(memcmp(out.data, "xy", 2), 0);
	ATF_CHECK_EQ(der_take(&in, DER_NULL, &out), CKR_DATA_INVALID);
	ATF_REQUIRE_EQ(der_take_whole(&in, DER_INTEGER, &out), CKR_OK);
	ATF_CHECK_EQ(out.len, 3);
	ATF_CHECK_EQ(memcmp(out.data, "\x02\x01\x07", 3), 0);
	ATF_REQUIRE_EQ(der_take(&in, DER_NULL, &out), CKR_OK);
	ATF_CHECK_EQ(out.len, 0);
	ATF_CHECK_EQ(in.len, 0);
}

ATF_TC_WITHOUT_HEAD(der__numbers);
ATF_TC_BODY(der__numbers, tc)
{
	struct span in = SPAN("\x02\x01\x00\x02\x02\x00\x80\x02\x01\x80"), out;

	ATF_REQUIRE_EQ(der_take_number(&in, &out), CKR_OK);
	ATF_CHECK_EQ(out.len, 0);
	ATF_REQUIRE_EQ(der_take_number(&in, &out), CKR_OK);
	ATF_CHECK_EQ(out.len, 1);
	ATF_CHECK_EQ(*(const uint8_t *)out.data, 0x80);
	ATF_CHECK_EQ(der_take_number(&in, &out), CKR_DATA_INVALID);
	in = SPAN("\x02\x00");
	ATF_CHECK_EQ(der_take_number(&in, &out), CKR_DATA_INVALID);
}

/* What is written is read back, around the lengths of 127, 255 and 65535. */
ATF_TC_WITHOUT_HEAD(der__written_is_read_back);
ATF_TC_BODY(der__written_is_read_back, tc)
{
	static const size_t lengths[] = { 0, 1, 127, 128, 255, 256, 65535,
		65536 };
	static const size_t headers[] = { 2, 2, 2, 3, 3, 4, 4, 5 };
	static uint8_t data[65536], room[65536 + 8];

	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct der_writer w = { room, room + sizeof(room), false };
		const uint8_t *end = w.at;
		struct span out;

		der_put(&w, data, lengths[i]);
		der_put_header(&w, DER_BIT_STRING, end);
		ATF_REQUIRE(!w.failed);
		ATF_CHECK_EQ((size_t)(end - w.at), lengths[i] + headers[i]);
		ATF_REQUIRE_EQ(der_only((struct span){ w.at,
		    (size_t)(end - w.at) }, DER_BIT_STRING, &out), CKR_OK);
		ATF_CHECK_EQ(out.len, lengths[i]);
	}
}

ATF_TC_WITHOUT_HEAD(der__numbers_are_written_shortest);
ATF_TC_BODY(der__numbers_are_written_shortest, tc)
{
	static const struct {
		struct span in, out;
	} rows[] = {
		{ { "", 0 }, { "\x02\x01\x00", 3 } },
		{ { "\0\0", 2 }, { "\x02\x01\x00", 3 } },
		{ { "\0\x7f", 2 }, { "\x02\x01\x7f", 3 } },
		{ { "\x80", 1 }, { "\x02\x02\x00\x80", 4 } },
		{ { "\0\0\x80\x00", 4 }, { "\x02\x03\x00\x80\x00", 5 } },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t room[16];
		struct der_writer w = { room, room + sizeof(room), false };

		der_put_number(&w, rows[i].in);
		ATF_REQUIRE(!w.failed);
		ATF_REQUIRE_EQ((size_t)(room + sizeof(room) - w.at),
		    rows[i].out.len);
		ATF_CHECK_EQ(memcmp(w.at, rows[i].out.data,
		    rows[i].out.len), 0);
	}
}

ATF_TC_WITHOUT_HEAD(der__a_full_writer_fails_for_good);
ATF_TC_BODY(der__a_full_writer_fails_for_good, tc)
{
	uint8_t room[4] = { 0 };
	struct der_writer w = { room, room + sizeof(room), false };

	der_put(&w, "12345", 5);
	ATF_CHECK(w.failed);
	der_put(&w, "1", 1);
	ATF_CHECK(w.failed);
	ATF_CHECK_EQ(memcmp(room, "\0\0\0\0", 4), 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, der__values_that_are_none);
	ATF_TP_ADD_TC(tp, der__values_one_after_another);
	ATF_TP_ADD_TC(tp, der__numbers);
	ATF_TP_ADD_TC(tp, der__written_is_read_back);
	ATF_TP_ADD_TC(tp, der__numbers_are_written_shortest);
	ATF_TP_ADD_TC(tp, der__a_full_writer_fails_for_good);
	return atf_no_error();
}
