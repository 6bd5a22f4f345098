/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>

#include "app.h"
#include "doctor.h"

static const char *const answers[] = {
	[ANSWER_NO] = "no",
	[ANSWER_YES] = "yes",
	[ANSWER_UNKNOWN] = "unknown",
};

static void show_check(struct app *app, const struct check *check)
{
	sink_object(app->sink, NULL, NULL);
	sink_string(app->sink, "subject", check->subject);
	sink_string(app->sink, "check", check->name);
	sink_string(app->sink, "answer", answers[check->answer]);
	if (app->json || check->detail[0])
		sink_string(app->sink, "detail", check->detail);
	if (app->json || check->mend[0])
		sink_string(app->sink, "mend", check->mend);
	sink_end(app->sink);
}

static int run_doctor(struct app *app, const void *args, struct err *err)
{
	struct check *checks;
	unsigned int count;
	int ret;

	(void)args;
	ret = doctor(&app->net, app->words ? app->word[0] : NULL, &checks, &count, err);
	if (ret)
		return ret;
	sink_list(app->sink, NULL, NULL);
	for (unsigned int i = 0; i < count; i++)
		show_check(app, &checks[i]);
	sink_end(app->sink);
	free(checks);
	return app_flush(app, err);
}

const struct command command_doctor = {
	.name = "doctor",
	.words = "[IFACE]",
	.help = "show what this kernel, user and interface can do, and how to mend the rest",
	.text = "Found by trying, without changing anything. \"unknown\" means that the kernel does\n"
		"not tell, not that it cannot.",
	.max_words = 1,
	.run = run_doctor,
};
