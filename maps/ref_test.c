/* SPDX-License-Identifier: GPL-2.0-only */
#include "ref.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buf.h"
#include "map_testing.h"

static int named(const char *name)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, 4, 4, 1, NULL);

	assert_true(fd >= 0);
	return fd;
}

static void test_ref_open_finds_by_id_and_by_name(void **state)
{
	char once[BPF_OBJ_NAME_LEN], twice[BPF_OBJ_NAME_LEN], text[64];
	int one = named(unit_name(once, "one")), a = named(unit_name(twice, "two")),
	    b = named(twice);
	uint32_t id = ref_id(REF_MAP, one);
	struct err err = { 0 };
	int fd;

	(void)state;
	assert_true(id > 0);
	snprintf(text, sizeof(text), "id:%u", id);
	fd = ref_open(REF_MAP, text, &err);
	assert_int_equal(ref_id(REF_MAP, fd), id);
	close(fd);
	snprintf(text, sizeof(text), "name:%s", once);
	fd = ref_open(REF_MAP, text, &err);
	assert_int_equal(ref_id(REF_MAP, fd), id);
	close(fd);
	assert_true(ref_open(REF_PROG, text, &err) < 0);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	snprintf(text, sizeof(text), "name:%s", twice);
	assert_true(ref_open(REF_MAP, text, &err) < 0);
	assert_int_equal(err.code, ERR_CONFLICT);
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "%u", ref_id(REF_MAP, i ? a : b));
		assert_non_null(strstr(err.message, text));
	}
	close(one);
	close(a);
	close(b);
}

static void test_ref_open_refuses_other_texts(void **state)
{
	static const struct {
		const char *text;
		enum err_code code;
	} cases[] = {
		{ "", ERR_USAGE },
		{ "7", ERR_USAGE },
		{ "id:", ERR_USAGE },
		{ "id:x", ERR_USAGE },
		{ "id:1x", ERR_USAGE },
		{ "id:-1", ERR_USAGE },
		{ "id: 1", ERR_USAGE },
		{ "id:4294967296", ERR_USAGE },
		{ "name:", ERR_USAGE },
		{ "pin:", ERR_USAGE },
		{ "ID:1", ERR_USAGE },
		{ "id:0", ERR_NOT_FOUND },
		{ "id:4294967295", ERR_NOT_FOUND },
		{ "name:no such", ERR_NOT_FOUND },
		{ "pin:/nonexistent", ERR_NOT_FOUND },
	};

	(void)state;
	for (unsigned int i = 0; i < COUNT(cases); i++) {
		struct err err = { 0 };

		assert_true(ref_open(REF_MAP, cases[i].text, &err) < 0);
		if (err.code != cases[i].code)
			fail_msg("%s: %s", cases[i].text, err.message);
		assert_true(ref_open(REF_PROG, cases[i].text, NULL) < 0);
	}
}

/* ---- values that are open files */

struct kept {
	int fd;
	int answer;
};

static int keep(void *context, int fd)
{
	struct kept *kept = context;

	if (kept->answer)
		close(fd);
	else
		kept->fd = fd;
	return kept->answer;
}

static void test_ref_files_go_to_their_keeper(void **state)
{
	struct kept kept = { .fd = -1 };
	struct value_env env = { .context = &kept, .keep = keep };
	struct buf out = { 0 };
	struct err err = { 0 };
	char text[64];
	int32_t value = -1;
	int ends[2];

	(void)state;
	assert_int_equal(ref_parse_file("/", &value, &env, &err), 0);
	assert_int_equal(value, kept.fd);
	ref_print_fd(&value, &env, &out);
	assert_string_equal(buf_string(&out), "/");
	close(kept.fd);
	snprintf(text, sizeof(text), "pid:%d", getpid());
	assert_int_equal(ref_parse_task(text, &value, &env, &err), 0);
	buf_clear(&out);
	ref_print_fd(&value, &env, &out);
	assert_string_equal(buf_string(&out), text);
	close(kept.fd);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	snprintf(text, sizeof(text), "pid:%d/fd:%d", getpid(), ends[0]);
	assert_int_equal(ref_parse_socket(text, &value, &env, &err), 0);
	assert_int_not_equal(value, ends[0]);
	close(kept.fd);
	close(ends[0]);
	snprintf(text, sizeof(text), "pid:%d/fd:%d", getpid(), 1 << 20);
	assert_true(ref_parse_socket(text, &value, &env, &err) < 0);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	close(ends[1]);
	/* nothing is open by that number */
	value = 1 << 20;
	buf_clear(&out);
	ref_print_fd(&value, &env, &out);
	assert_string_equal(buf_string(&out), "fd:1048576");
	buf_free(&out);
}

static int open_files(void)
{
	int fd = open("/dev/null", O_RDONLY);

	close(fd);
	return fd;
}

static void test_ref_files_without_a_keeper_are_closed(void **state)
{
	struct kept kept = { .answer = -ENOMEM };
	struct value_env env = { .context = &kept, .keep = keep }, none = { 0 };
	struct err err = { 0 };
	int32_t value;
	int before = open_files();

	(void)state;
	assert_int_equal(ref_parse_file("/", &value, &env, &err), -ENOMEM);
	assert_true(ref_parse_file("/", &value, &none, &err) < 0);
	assert_true(ref_parse_file("/", &value, NULL, &err) < 0);
	assert_int_equal(open_files(), before);
}

static void test_ref_bad_objects_are_refused(void **state)
{
	static const char *const sockets[] = { "",
					       "pid:1",
					       "pid:1/",
					       "pid:1/fd:",
					       "pid:/fd:1",
					       "pid:x/fd:1",
					       "pid:1/fd:-1",
					       "pid:1/fd:1x",
					       "1/fd:1",
					       "pid:1/fd:4294967296",
					       "pid:99999999999999999999/fd:1" };
	static const char *const tasks[] = { "",       "1",	 "pid:",      "pid:-1",
					     "pid:1x", "pid:1/", "pid:1/fd:1" };
	int32_t value;

	(void)state;
	for (unsigned int i = 0; i < COUNT(sockets); i++) {
		struct err err = { 0 };

		assert_true(ref_parse_socket(sockets[i], &value, NULL, &err) < 0);
		assert_int_equal(err.code, ERR_USAGE);
	}
	for (unsigned int i = 0; i < COUNT(tasks); i++) {
		struct err err = { 0 };

		assert_true(ref_parse_task(tasks[i], &value, NULL, &err) < 0);
		assert_int_equal(err.code, ERR_USAGE);
	}
	assert_true(ref_parse_cgroup("/dev/null", &value, NULL, NULL) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ref_open_finds_by_id_and_by_name),
		cmocka_unit_test(test_ref_open_refuses_other_texts),
		cmocka_unit_test(test_ref_files_go_to_their_keeper),
		cmocka_unit_test(test_ref_files_without_a_keeper_are_closed),
		cmocka_unit_test(test_ref_bad_objects_are_refused),
	};

	return cmocka_run_group_tests_name("ref", tests, NULL, NULL);
}
