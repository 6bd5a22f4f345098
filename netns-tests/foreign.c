// SPDX-License-Identifier: GPL-2.0-only
/* A program that is not xdpctl's, for the tests: counts what it sees and drops it. Compiled by
 * clang -target bpf, without any header. */
unsigned long long seen;

__attribute__((section("xdp"), used)) int foreign(void *ctx)
{
	(void)ctx;
	__sync_fetch_and_add(&seen, 1);
	return 1; /* XDP_DROP */
}

char LICENSE[] __attribute__((section("license"), used)) = "GPL";
