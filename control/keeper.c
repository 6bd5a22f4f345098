/* SPDX-License-Identifier: GPL-2.0-only */
#include "keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct message {
	bool done; /* the result of end(), else of watch() */
	int ret;
	struct err err;
	unsigned char report[KEEPER_REPORT];
};

/* ---- the keeper's own process */

static void ignore_signals(void)
{
	static const int signals[] = { SIGINT,	SIGTERM, SIGHUP,  SIGQUIT,
				       SIGPIPE, SIGUSR1, SIGUSR2, SIGTSTP };
	sigset_t none;

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		signal(signals[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The starter asks for the end, or is no more. */
static void wait_for_end(const struct keeper_job *job, int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	bool told = false;

	while (poll(&poll_fd, 1, KEEPER_PERIOD_MS) <= 0) {
		struct message message = { 0 };

		message.ret = job->watch(job->context, &message.err);
		if (message.ret && !told)
			send(fd, &message, sizeof(message), MSG_NOSIGNAL | MSG_DONTWAIT);
		told |= message.ret != 0;
	}
}

/* A socket that is closed with something unread is a broken one to the starter, which would not
 * see the report (net/unix/af_unix.c unix_release_sock()). */
static void take_requests(int fd)
{
	char request;

	while (recv(fd, &request, sizeof(request), MSG_DONTWAIT) > 0)
		;
}

static void run(const struct keeper_job *job, int fd)
{
	struct message message = { .done = true };

	setsid();
	ignore_signals();
	prctl(PR_SET_NAME, "xdpctl-keeper");
	wait_for_end(job, fd);
	take_requests(fd);
	message.ret = job->end(job->context, message.report, &message.err);
	send(fd, &message, sizeof(message), MSG_NOSIGNAL);
	_exit(0);
}

/* ---- the starter's side */

int keeper_start(const struct keeper_job *job, struct keeper *out, struct err *err)
{
	int pair[2], error;
	pid_t pid;

	*out = (struct keeper){ .fd = -1 };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return err_set(err, ERR_FAILED, errno, "capture", "cannot make a socket: %s",
			       strerror(errno));
	pid = fork();
	error = errno;
	if (pid == 0) {
		close(pair[0]);
		run(job, pair[1]);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return err_set(err, ERR_FAILED, error, "capture", "cannot start its keeper: %s",
			       strerror(error));
	}
	*out = (struct keeper){ .pid = pid, .fd = pair[0] };
	return 0;
}

static int take_message(struct keeper *keeper, struct message *message, int flags)
{
	ssize_t got;

	do
		got = recv(keeper->fd, message, sizeof(*message), flags);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	return got == sizeof(*message) ? 0 : -ECHILD;
}

int keeper_check(struct keeper *keeper, struct err *err)
{
	struct message message;
	int ret;

	if (!keeper->pid)
		return -ECHILD;
	ret = take_message(keeper, &message, MSG_DONTWAIT);
	if (ret)
		return ret == -EAGAIN ? 0 : -ECHILD;
	*err = message.err;
	return message.ret;
}

static void reap(struct keeper *keeper)
{
	close(keeper->fd);
	while (waitpid(keeper->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*keeper = (struct keeper){ .fd = -1 };
}

int keeper_end(struct keeper *keeper, void *report, struct err *err)
{
	struct message message = { 0 };
	int ret;

	if (!keeper->pid)
		return -ECHILD;
	send(keeper->fd, "", 1, MSG_NOSIGNAL);
	do
		ret = take_message(keeper, &message, 0);
	while (!ret && !message.done);
	reap(keeper);
	if (ret)
		return -ECHILD;
	if (message.ret && err)
		*err = message.err;
	memcpy(report, message.report, sizeof(message.report));
	return message.ret;
}
