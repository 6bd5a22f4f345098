/* SPDX-License-Identifier: GPL-2.0-only */
#include "notation.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ref.h"
#include "text.h"
#include "type.h"

static int wants(struct err *err, const char *text, const char *what)
{
	return err_set(err, ERR_USAGE, EINVAL, NULL, "\"%.100s\" is not %s", text, what);
}

static void print_ip4(const void *bytes, const struct value_env *env, struct buf *out)
{
	const uint8_t *b = bytes;

	char text[16], *to = text;

	(void)env;
	for (int i = 0; i < 4; i++) {
		to = u64_text(to, b[i]);
		*to++ = '.';
	}
	buf_add(out, text, (size_t)(to - text) - 1);
}

static int parse_ip4(const char *text, void *bytes, const struct value_env *env, struct err *err)
{
	(void)env;
	if (inet_pton(AF_INET, text, bytes) != 1)
		return wants(err, text, "an IPv4 address such as 10.0.0.1");
	return 0;
}

static void print_ip6(const void *bytes, const struct value_env *env, struct buf *out)
{
	char text[INET6_ADDRSTRLEN];

	(void)env;
	buf_text(out, inet_ntop(AF_INET6, bytes, text, sizeof(text)));
}

static int parse_ip6(const char *text, void *bytes, const struct value_env *env, struct err *err)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	uint8_t ip4[4];

	(void)env;
	if (inet_pton(AF_INET, text, ip4) == 1) {
		memcpy(bytes, mapped, 12);
		memcpy((uint8_t *)bytes + 12, ip4, 4);
		return 0;
	}
	if (inet_pton(AF_INET6, text, bytes) != 1)
		return wants(err, text, "an IPv6 address such as 2001:db8::1");
	return 0;
}

static void print_mac(const void *bytes, const struct value_env *env, struct buf *out)
{
	size_t from = out->length;

	(void)env;
	buf_hex(out, bytes, 6);
	for (size_t i = from + 2; i < out->length; i += 3)
		out->data[i] = ':';
}

static int parse_mac(const char *text, void *bytes, const struct value_env *env, struct err *err)
{
	mac_addr mac;

	(void)env;
	if (text_to_mac(text, &mac))
		return wants(err, text, "a MAC address such as 00:11:22:33:44:55");
	memcpy(bytes, &mac, sizeof(mac));
	return 0;
}

static uint64_t load_big(const uint8_t *bytes, uint32_t size)
{
	uint64_t value = 0;

	for (uint32_t i = 0; i < size; i++)
		value = value << 8 | bytes[i];
	return value;
}

static int parse_big(const char *text, uint8_t *bytes, uint32_t size, struct err *err)
{
	uint64_t max = size == 8 ? UINT64_MAX : (1ULL << (8 * size)) - 1, value;
	int ret = text_to_u64(text, max, &value);

	if (ret == -ERANGE)
		return err_set(err, ERR_USAGE, ERANGE, NULL, "%.40s is not in 0..%" PRIu64, text,
			       max);
	if (ret)
		return wants(err, text, "a number");
	for (uint32_t i = size; i-- > 0; value >>= 8)
		bytes[i] = (uint8_t)value;
	return 0;
}

static void print_be16(const void *bytes, const struct value_env *env, struct buf *out)
{
	(void)env;
	buf_u64(out, load_big(bytes, 2));
}

static int parse_be16(const char *text, void *bytes, const struct value_env *env, struct err *err)
{
	(void)env;
	return parse_big(text, bytes, 2, err);
}

static void print_be32(const void *bytes, const struct value_env *env, struct buf *out)
{
	(void)env;
	buf_u64(out, load_big(bytes, 4));
}

static int parse_be32(const char *text, void *bytes, const struct value_env *env, struct err *err)
{
	(void)env;
	return parse_big(text, bytes, 4, err);
}

static void print_be64(const void *bytes, const struct value_env *env, struct buf *out)
{
	(void)env;
	buf_u64(out, load_big(bytes, 8));
}

static int parse_be64(const char *text, void *bytes, const struct value_env *env, struct err *err)
{
	(void)env;
	return parse_big(text, bytes, 8, err);
}

/* An interface by name; "#7" where there is none by that number, or where its name would not read
 * back: a name may begin with # itself, and any byte but a few is good for one. */
static bool reads_back(const char *name)
{
	size_t length = strlen(name), n = 1;

	if (name[0] == '#' || strncmp(name, "hex:", 4) == 0)
		return false;
	for (; length && n; name += n, length -= n)
		n = utf8_length(name, length);
	return n != 0;
}

static void print_ifindex(const void *bytes, const struct value_env *env, struct buf *out)
{
	ifindex_t ifindex = (ifindex_t)load_unsigned(bytes, 4);
	char name[NOTATION_TEXT];

	if (ifindex && env && env->ifname_of && env->ifname_of(env->context, ifindex, name) &&
	    reads_back(name))
		buf_text(out, name);
	else
		buf_format(out, "#%u", ifindex);
}

static int parse_ifindex(const char *text, void *bytes, const struct value_env *env,
			 struct err *err)
{
	uint64_t number;
	ifindex_t ifindex;
	int ret;

	if (text[0] == '#' && text_to_u64(text + 1, UINT32_MAX, &number) == 0) {
		store_number(bytes, 4, number);
		return 0;
	}
	if (!env || !env->ifindex_of)
		return wants(err, text, "an interface number such as #7");
	ret = env->ifindex_of(env->context, text, &ifindex, err);
	if (!ret)
		store_number(bytes, 4, ifindex);
	else if (text_to_u64(text, UINT32_MAX, &number) == 0)
		return err_hint(err, "an interface by its number is #%s", text);
	return ret;
}

/* Exact, in the largest unit that needs at most three decimals more than it: 1.5ms, 20s. */
static const struct time_unit {
	const char *name;
	uint64_t nsec;
} time_units[] = { { "h", 3600000000000ULL },
		   { "min", 60000000000ULL },
		   { "s", 1000000000 },
		   { "ms", 1000000 },
		   { "us", 1000 },
		   { "ns", 1 } };

#define TIME_UNITS (sizeof(time_units) / sizeof(time_units[0]))

static void print_nsec(const void *bytes, const struct value_env *env, struct buf *out)
{
	uint64_t value = load_unsigned(bytes, 8);
	unsigned int i = 2; /* minutes and hours are read, not written */

	(void)env;
	while (i + 1 < TIME_UNITS &&
	       (value < time_units[i].nsec || value % (time_units[i].nsec / 1000)))
		i++;
	buf_u64(out, value / time_units[i].nsec);
	if (value % time_units[i].nsec) {
		unsigned int rest =
			(unsigned int)(value % time_units[i].nsec / (time_units[i].nsec / 1000));

		buf_format(out,
			   rest % 10	? ".%03u"
			   : rest % 100 ? ".%02u"
					: ".%u",
			   rest % 10	? rest
			   : rest % 100 ? rest / 10
					: rest / 100);
	}
	buf_text(out, time_units[i].name);
}

/* Up to the unit: digits, perhaps with a fraction, times the unit. -ERANGE if it is no whole number
 * of nanoseconds or too large. */
static int scale_nsec(const char *text, uint64_t unit, uint64_t *out)
{
	uint64_t whole = 0, part = unit, fraction = 0;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	for (; *text >= '0' && *text <= '9'; text++) {
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(*text - '0'), &whole))
			return -ERANGE;
	}
	if (*text == '.' && text[1] >= '0' && text[1] <= '9') {
		for (text++; *text >= '0' && *text <= '9'; text++) {
			if (part % 10 && *text != '0')
				return -ERANGE;
			part /= 10;
			fraction += part * (uint64_t)(*text - '0');
		}
	}
	if ((*text >= '0' && *text <= '9') || *text == '.')
		return -EINVAL;
	if (__builtin_mul_overflow(whole, unit, &whole) ||
	    __builtin_add_overflow(whole, fraction, out))
		return -ERANGE;
	return 0;
}

static int parse_nsec(const char *text, void *bytes, const struct value_env *env, struct err *err)
{
	size_t digits = strspn(text, "0123456789.");
	uint64_t value, unit = text[digits] ? 0 : 1;
	int ret = -EINVAL;

	(void)env;
	for (unsigned int i = 0; i < TIME_UNITS; i++) {
		if (strcmp(text + digits, time_units[i].name) == 0)
			unit = time_units[i].nsec;
	}
	if (unit)
		ret = scale_nsec(text, unit, &value);
	if (ret == -ERANGE)
		return err_set(err, ERR_USAGE, ERANGE, NULL,
			       "%.40s is not a whole number of nanoseconds in 64 bits", text);
	if (ret)
		return wants(err, text, "a time such as 1500, 1.5ms or 2s");
	store_number(bytes, 8, value);
	return 0;
}

/* enum xdp_action by the names that everybody uses */
static const char *const verdicts[] = { "aborted", "drop", "pass", "tx", "redirect" };

#define VERDICT_NAMES (sizeof(verdicts) / sizeof(verdicts[0]))

static void print_verdict(const void *bytes, const struct value_env *env, struct buf *out)
{
	uint64_t value = load_unsigned(bytes, 4);

	(void)env;
	if (value < VERDICT_NAMES)
		buf_text(out, verdicts[value]);
	else
		buf_u64(out, value);
}

static int parse_verdict(const char *text, void *bytes, const struct value_env *env,
			 struct err *err)
{
	uint64_t value = 0;

	(void)env;
	while (value < VERDICT_NAMES && strcmp(text, verdicts[value]) != 0)
		value++;
	if (value == VERDICT_NAMES && text_to_u64(text, UINT32_MAX, &value))
		return wants(err, text, "a verdict: aborted, drop, pass, tx, redirect");
	store_number(bytes, 4, value);
	return 0;
}

/* A key of an LPM trie: the length of the prefix, then the address as it is stored. */
static void print_prefix(const void *bytes, bool ip6, struct buf *out)
{
	if (ip6)
		print_ip6((const uint8_t *)bytes + 4, NULL, out);
	else
		print_ip4((const uint8_t *)bytes + 4, NULL, out);
	buf_char(out, '/');
	buf_u64(out, load_unsigned(bytes, 4));
}

static int parse_prefix(const char *text, void *bytes, bool ip6, struct err *err)
{
	const char *slash = strchrnul(text, '/');
	uint64_t length = ip6 ? 128 : 32;
	char address[64];

	if (strcmp(text, "default") == 0) {
		memset(bytes, 0, ip6 ? 20 : 8);
		return 0;
	}

	if (slash - text >= (long)sizeof(address))
		return wants(err, text, "a prefix such as 10.0.0.0/8");
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (inet_pton(ip6 ? AF_INET6 : AF_INET, address, (uint8_t *)bytes + 4) != 1 ||
	    (*slash && text_to_u64(slash + 1, UINT32_MAX, &length)))
		return wants(err, text,
			     ip6 ? "a prefix such as 2001:db8::/32"
				 : "a prefix such as 10.0.0.0/8");
	if (length > (ip6 ? 128 : 32))
		return err_set(err, ERR_USAGE, ERANGE, NULL, "%.60s: a prefix has up to %u bits",
			       text, ip6 ? 128 : 32);
	store_number(bytes, 4, length);
	return 0;
}

static void print_prefix4(const void *bytes, const struct value_env *env, struct buf *out)
{
	(void)env;
	print_prefix(bytes, false, out);
}

static int parse_prefix4(const char *text, void *bytes, const struct value_env *env,
			 struct err *err)
{
	(void)env;
	return parse_prefix(text, bytes, false, err);
}

static void print_prefix6(const void *bytes, const struct value_env *env, struct buf *out)
{
	(void)env;
	print_prefix(bytes, true, out);
}

static int parse_prefix6(const char *text, void *bytes, const struct value_env *env,
			 struct err *err)
{
	(void)env;
	return parse_prefix(text, bytes, true, err);
}

static const struct notation notations[] = {
	{ "ip4_be", 4, JSON_TEXT, print_ip4, parse_ip4 },
	{ "in_addr", 4, JSON_TEXT, print_ip4, parse_ip4 },
	{ "in_addr_t", 4, JSON_TEXT, print_ip4, parse_ip4 },
	{ "ip6_addr", 16, JSON_TEXT, print_ip6, parse_ip6 },
	{ "in6_addr", 16, JSON_TEXT, print_ip6, parse_ip6 },
	{ "mac_addr", 6, JSON_TEXT, print_mac, parse_mac },
	{ "port_be", 2, JSON_NUMBER, print_be16, parse_be16 },
	{ "in_port_t", 2, JSON_NUMBER, print_be16, parse_be16 },
	{ "__be16", 2, JSON_NUMBER, print_be16, parse_be16 },
	{ "__be32", 4, JSON_NUMBER, print_be32, parse_be32 },
	{ "__be64", 8, JSON_NUMBER, print_be64, parse_be64 },
	{ "be16", 2, JSON_NUMBER, print_be16, parse_be16 },
	{ "be32", 4, JSON_NUMBER, print_be32, parse_be32 },
	{ "be64", 8, JSON_NUMBER, print_be64, parse_be64 },
	{ "ifindex_t", 4, JSON_TEXT, print_ifindex, parse_ifindex },
	{ "nsec_t", 8, JSON_RAW, print_nsec, parse_nsec },
	{ "verdict_t", 4, JSON_TEXT, print_verdict, parse_verdict },
	{ "xdp_action", 4, JSON_TEXT, print_verdict, parse_verdict },
	{ "ip4_prefix", 8, JSON_TEXT, print_prefix4, parse_prefix4 },
	{ "ip6_prefix", 20, JSON_TEXT, print_prefix6, parse_prefix6 },
	{ "prog_ref", 4, JSON_RAW, ref_print_prog, ref_parse_prog },
	{ "map_ref", 4, JSON_RAW, ref_print_map, ref_parse_map },
	{ "socket_ref", 4, JSON_TEXT, ref_print_fd, ref_parse_socket },
	{ "socket_cookie", 8, JSON_TEXT, ref_print_cookie, ref_parse_socket64 },
	{ "task_ref", 4, JSON_TEXT, ref_print_fd, ref_parse_task },
	{ "file_ref", 4, JSON_TEXT, ref_print_fd, ref_parse_file },
	{ "cgroup_ref", 4, JSON_TEXT, ref_print_fd, ref_parse_cgroup },
};

#define NOTATIONS (sizeof(notations) / sizeof(notations[0]))

const struct notation *notation_by_name(const char *name)
{
	for (unsigned int i = 0; i < NOTATIONS; i++) {
		if (strcmp(notations[i].name, name) == 0)
			return &notations[i];
	}
	return NULL;
}

bool notation_asks(const struct notation *notation)
{
	return notation->parse == parse_ifindex || notation->print == ref_print_fd ||
	       notation->print == ref_print_cookie;
}

const struct notation *notation_of(const char *name, uint32_t size)
{
	const struct notation *notation = notation_by_name(name);

	/* references are our own: a typedef of somebody else's that is called like one is not */
	return notation && notation->size == size && notation->parse != ref_parse_prog &&
			       notation->print != ref_print_fd &&
			       notation->parse != ref_parse_map &&
			       notation->print != ref_print_cookie
		       ? notation
		       : NULL;
}
