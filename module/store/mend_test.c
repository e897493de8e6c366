/* Mending: what one flipped byte has done is undone, wherever it stands. */
#include <atf-c.h>
#include <string.h>

#include "module/store/mend.h"
#include "module/store/pagesum.h"

#define SIZE 4096
#define AT (7 * SIZE)

static unsigned char whole[SIZE], page[SIZE];

static void
page_make(void)
{
	for (int i = 0; i < SIZE; i++)
		whole[i] = (unsigned char)(i * 31 + i / 256);
	pagesum_compute(whole, SIZE, AT, whole + SIZE - PAGESUM_SIZE);
	memcpy(page, whole, SIZE);
}

ATF_TC_WITHOUT_HEAD(mend__every_byte);
ATF_TC_BODY(mend__every_byte, tc)
{
	page_make();
	ATF_CHECK(page_mend(page, SIZE, AT));
	for (int i = 0; i < SIZE; i++) {
		page[i] ^= (unsigned char)(i % 3 != 0 ? 1 << i % 8 : 0x5a);
		ATF_REQUIRE_MSG(page_mend(page, SIZE, AT), "byte %d", i);
		ATF_REQUIRE_EQ_MSG(memcmp(page, whole, SIZE), 0, "byte %d", i);
	}
}

/* What is not sure is left as it is. */
ATF_TC_WITHOUT_HEAD(mend__not_what_is_too_much);
ATF_TC_BODY(mend__not_what_is_too_much, tc)
{
	unsigned char before[SIZE];

	for (int i = 0; i + 64 < SIZE - PAGESUM_SIZE; i += 8) {
		page_make();
		page[i] ^= 1;
		page[i + 60] ^= 1;
		memcpy(before, page, SIZE);
		ATF_REQUIRE_MSG(!page_mend(page, SIZE, AT), "byte %d", i);
		ATF_REQUIRE_EQ(memcmp(page, before, SIZE), 0);
	}
	page_make();
	ATF_CHECK_MSG(!page_mend(page, SIZE, AT + SIZE),
	    "a page at another place");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, mend__every_byte);
	ATF_TP_ADD_TC(tp, mend__not_what_is_too_much);
	return atf_no_error();
}
