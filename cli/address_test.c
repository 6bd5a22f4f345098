/* SPDX-License-Identifier: GPL-2.0-only */
#include "dissect_testing.h"

#include "address.h"

#define MANY 300000u

static void check_ip(const uint8_t *ip, unsigned int size)
{
	char ours[ADDRESS_TEXT + 1], theirs[INET6_ADDRSTRLEN];

	memset(ours, '#', sizeof(ours));
	*address_ip(ours, ip, size) = '\0';
	assert_int_equal(ours[ADDRESS_TEXT], '#');
	inet_ntop(size == 4 ? AF_INET : AF_INET6, ip, theirs, sizeof(theirs));
	assert_string_equal(ours, theirs);
}

static void test_address_ip_is_that_of_inet_ntop(void **state)
{
	static const char *const texts[] = {
		"::",
		"::1",
		"1::",
		"::2:0",
		"::1.2.3.4",
		"::ffff:0:0",
		"1:0:0:2::",
		"1:0:2::3:0",
		"0:1:0:1:0:1:0:1",
		"fe80::1:0:0:1",
		"::1:0:0:0",
		"1::1:0:0",
		"ff02::1:ff00:1",
		"2001:db8::",
		"::ffff:255.255.255.255",
	};
	uint8_t ip[16];
	uint32_t seed = 521288629;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		assert_int_equal(inet_pton(AF_INET6, texts[i], ip), 1);
		check_ip(ip, 16);
	}
	for (uint32_t i = 0; i < MANY; i++) {
		uint32_t zero = rnd(&seed), small = rnd(&seed);

		for (int j = 0; j < 16; j++) {
			ip[j] = (uint8_t)rnd(&seed);
			if (zero >> j / 2 & 1 || (small >> j / 2 & 1 && j % 2 == 0))
				ip[j] = 0;
			if (zero >> 10 == 0)
				ip[j] = 0xff;
		}
		if (i % 5 == 0)
			memset(ip, 0, 12);
		if (i % 10 == 0)
			ip[10] = ip[11] = 0xff;
		check_ip(ip, 16);
		check_ip(ip, 4);
	}
}

static void test_address_mac_has_all_digits(void **state)
{
	const mac_addr mac = { { 0x00, 0x0a, 0xf0, 0xff, 0x12, 0x9c } };
	struct buf buf = { 0 };

	(void)state;
	buf_mac(&buf, &mac);
	buf_char(&buf, ' ');
	buf_ip(&buf, (const uint8_t[]){ 192, 168, 0, 10 }, 4);
	assert_string_equal(buf_string(&buf), "00:0a:f0:ff:12:9c 192.168.0.10");
	buf_free(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address_ip_is_that_of_inet_ntop),
		cmocka_unit_test(test_address_mac_has_all_digits),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
