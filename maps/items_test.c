/* SPDX-License-Identifier: GPL-2.0-only */
#include "items.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "buf.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ROOM	     (1u << 20) /* what items.c begins with */

/* A file with that content; its position is the beginning. */
static int file_of(const char *text, size_t length)
{
	int fd = memfd_create("items", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), length);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* A pipe that gives the text in pieces of that size. */
static int pipe_of(const char *text, size_t length, size_t piece, pid_t *pid)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	*pid = fork();
	assert_true(*pid >= 0);
	if (*pid == 0) {
		close(ends[0]);
		for (size_t at = 0; at < length; at += piece) {
			size_t n = length - at < piece ? length - at : piece;

			if (write(ends[1], text + at, n) != (ssize_t)n)
				_exit(1);
		}
		_exit(0);
	}
	close(ends[1]);
	return ends[0];
}

/* All items, each as "PLACE:TEXT|"; an error as "!PLACE: MESSAGE". */
static void read_all(struct items *items, struct buf *out)
{
	struct err err = { 0 };
	const char *text;
	size_t length;
	char place[40];
	int ret;

	buf_clear(out);
	while ((ret = items_next(items, &text, &length, &err)) > 0) {
		buf_format(out, "%s:", items_place(items, place));
		buf_add(out, text, length);
		buf_char(out, '|');
	}
	if (ret)
		buf_format(out, "!%s: %s", err.object, err.message);
	items_stop(items);
}

static const struct {
	const char *text, *wanted;
} cases[] = {
	{ "", "" },
	{ "\n", "" },
	{ " \t\r\n\n", "" },
	{ "a", "line 1:a|" },
	{ "a\n", "line 1:a|" },
	{ "a\nb", "line 1:a|line 2:b|" },
	{ "\n\na\n\nb\n", "line 3:a|line 5:b|" },
	{ "a\r\nb\r\n", "line 1:a\r|line 2:b\r|" },
	{ "# x\na\n#\n  # y\n#b\n", "line 2:a|line 5:#b|" },
	{ "{\"key\":1}\n{\"key\":2}", "line 1:{\"key\":1}|line 2:{\"key\":2}|" },
	{ "[1,2] = 3\n[4,5] = 6", "line 1:[1,2] = 3|line 2:[4,5] = 6|" },
	{ "[{a=1}] = 3\n", "line 1:[{a=1}] = 3|" },
	{ "[ {a=1}] = 3\n", "line 1:[ {a=1}] = 3|" },
	{ "[", "line 1:[|" },
	{ "[]", "" },
	{ " [ ] \n", "" },
	{ "[{\"a\":1}]", "element 1:{\"a\":1}|" },
	{ "\n [ { \"a\":1},{\"b\":2} ] \n", "element 1:{ \"a\":1}|element 2:{\"b\":2} |" },
	{ "[{\"a\":\"],}[\"},\n{\"b\":[1,{}]}]",
	  "element 1:{\"a\":\"],}[\"}|element 2:{\"b\":[1,{}]}|" },
	{ "[{\"a\":\"\\\"]\"},{\"b\":2}]", "element 1:{\"a\":\"\\\"]\"}|element 2:{\"b\":2}|" },
	{ "[{\"a\":1}", "!element 1: the list does not end with ]" },
	{ "[{\"a\":1},", "element 1:{\"a\":1}|!element 2: the list does not end with ]" },
	{ "[{\"a\":1}] x",
	  "element 1:{\"a\":1}|!element 2: something is left over behind the list" },
	{ "[{\"a\":1}}]", "!element 1: the list does not end with ]" },
};

static void test_items_cuts_lines_and_lists(void **state)
{
	static const size_t pieces[] = { 1, 2, 3, 4096 };
	struct buf got = { 0 };
	struct items items;

	(void)state;
	for (unsigned int i = 0; i < COUNT(cases); i++) {
		size_t length = strlen(cases[i].text);
		int fd = file_of(cases[i].text, length);

		items_start(&items, fd);
		read_all(&items, &got);
		assert_string_equal(buf_string(&got), cases[i].wanted);
		close(fd);
		for (unsigned int j = 0; j < COUNT(pieces); j++) {
			int status;
			pid_t pid;

			fd = pipe_of(cases[i].text, length, pieces[j], &pid);
			items_start(&items, fd);
			read_all(&items, &got);
			assert_string_equal(buf_string(&got), cases[i].wanted);
			close(fd);
			assert_int_equal(waitpid(pid, &status, 0), pid);
		}
	}
	buf_free(&got);
}

/* Asking whether it is a list takes nothing away. */
static void test_items_is_list_can_be_asked_first(void **state)
{
	struct buf got = { 0 };
	struct items items;

	(void)state;
	for (unsigned int i = 0; i < COUNT(cases); i++) {
		int fd = file_of(cases[i].text, strlen(cases[i].text));
		const char *wanted = cases[i].wanted;

		items_start(&items, fd);
		assert_int_equal(items_is_list(&items),
				 strstr(wanted, "element") ||
					 (!wanted[0] && strchr(cases[i].text, '[')));
		assert_int_equal(items_is_list(&items), items.list);
		read_all(&items, &got);
		assert_string_equal(buf_string(&got), wanted);
		close(fd);
	}
	buf_free(&got);
}

/* Lines and elements that end just before, at and behind the end of the buffer, and longer ones. */
static void test_items_buffer_ends_anywhere(void **state)
{
	static const size_t sizes[] = { ROOM - 2, ROOM - 1, ROOM,	  ROOM + 1,
					ROOM + 2, 2 * ROOM, 4 * ROOM + 7, 100 };

	(void)state;
	for (unsigned int i = 0; i < COUNT(sizes); i++) {
		for (int list = 0; list < 2; list++) {
			struct items items;
			struct err err = { 0 };
			struct buf file = { 0 };
			const char *text;
			size_t length, long_one = sizes[i];
			int fd;

			buf_text(&file, list ? "[{\"a\":1},{\"" : "first\n");
			for (size_t n = file.length; n < long_one; n++)
				buf_char(&file, 'x');
			buf_text(&file, list ? "\"},{\"b\":2}]" : "\nlast\n");
			fd = file_of(file.data, file.length);
			items_start(&items, fd);
			assert_int_equal(items_next(&items, &text, &length, &err), 1);
			assert_int_equal(length, list ? 7 : 5);
			assert_int_equal(items_next(&items, &text, &length, &err), 1);
			assert_int_equal(length, long_one - (list ? 7 : 6));
			for (size_t n = list ? 2 : 0; n < length - (list ? 2 : 0); n++)
				assert_int_equal(text[n], 'x');
			assert_int_equal(items_next(&items, &text, &length, &err), 1);
			assert_int_equal(length, list ? 7 : 4);
			assert_memory_equal(text, list ? "{\"b\":2}" : "last", length);
			assert_int_equal(items_next(&items, &text, &length, &err), 0);
			assert_int_equal(items_next(&items, &text, &length, &err), 0);
			assert_int_equal(items.number, list ? 4 : 3);
			items_stop(&items);
			buf_free(&file);
			close(fd);
		}
	}
}

static void test_items_range_is_that_part_only(void **state)
{
	const char *text = "one\ntwo\n# three\nfour\n";
	struct buf got = { 0 };
	struct items items;
	int fd = file_of(text, strlen(text));

	(void)state;
	items_start_range(&items, fd, 4, 12);
	read_all(&items, &got);
	assert_string_equal(buf_string(&got), "line 1:two|");
	items_start_range(&items, fd, 16, 100); /* the file is shorter */
	read_all(&items, &got);
	assert_string_equal(buf_string(&got), "line 1:four|");
	items_start_range(&items, fd, 4, 0);
	read_all(&items, &got);
	assert_string_equal(buf_string(&got), "");
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	close(fd);
	buf_free(&got);
}

static void test_items_unreadable_input_is_an_error(void **state)
{
	struct items items;
	struct err err = { 0 };
	const char *text;
	size_t length;

	(void)state;
	items_start(&items, -1);
	assert_true(items_next(&items, &text, &length, &err) < 0);
	assert_int_equal(err.errnum, EBADF);
	items_stop(&items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_items_cuts_lines_and_lists),
		cmocka_unit_test(test_items_is_list_can_be_asked_first),
		cmocka_unit_test(test_items_buffer_ends_anywhere),
		cmocka_unit_test(test_items_range_is_that_part_only),
		cmocka_unit_test(test_items_unreadable_input_is_an_error),
	};

	return cmocka_run_group_tests_name("items", tests, NULL, NULL);
}
