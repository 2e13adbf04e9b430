#include "unit_command.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

#define WORDS_MAX 1024
#define LINE_BYTES_MAX ((size_t)64 << 10)
#define BLANKS " \t\r"

/* What begins so is about the service, not about what its process may do; nor where it writes to. */
static const char *const left_out[] = { "Type", "Exec", "Restart", "Watchdog", "Notify",
	"StartLimit", "Timeout", "Standard", "Success", "RemainAfterExit", "PIDFile",
	"BusName", "Sockets", "GuessMainPID", "NonBlocking", "RootDirectoryStartOnly",
	"FileDescriptorStore", "USBFunction", "Reload", "TTY", "Kill", "SendSIG",
	"FinalKillSignal", "Delegate" };

static bool is_left_out(const char *key)
{
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		if (strncmp(key, left_out[i], strlen(left_out[i])) == 0)
			return true;
	return false;
}

/* Takes the word over; false: no room, or it is NULL. */
static bool add_own(struct unit_words *words, char *word)
{
	char **more;

	if (!word || words->count == WORDS_MAX)
		goto fail;
	more = reallocarray(words->list, words->count + 2, sizeof(*more));
	if (!more)
		goto fail;
	words->list = more;
	more[words->count++] = word;
	more[words->count] = NULL;
	return true;
fail:
	free(word);
	return false;
}

static bool add(struct unit_words *words, const char *word)
{
	return add_own(words, strdup(word));
}

/* "--setenv=NAME": with the value that systemd-run has of it. */
static bool add_variable(struct unit_words *words, const char *name, size_t len)
{
	struct buf word;
	bool done;

	buf_init(&word, LINE_BYTES_MAX);
	buf_adds(&word, "--setenv=");
	buf_add(&word, name, len);
	done = add_own(words, buf_take(&word));
	buf_release(&word);
	return done;
}

static void release(struct unit_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->list[i]);
	free(words->list);
	*words = (struct unit_words){ 0 };
}

/* systemd.unit(5), "Specifiers": those that a unit of ours may have; others stay as they are. */
static void add_expanded(struct buf *out, const char *value, const char *unit)
{
	const char *at = strchr(unit, '@');
	const struct {
		char letter;
		const char *stands_for;
		size_t len;
	} specifiers[] = {
		{ '%', "%", 1 },
		{ 'i', at ? at + 1 : "", at ? strlen(at + 1) : 0 },
		{ 'p', unit, at ? (size_t)(at - unit) : strlen(unit) },
		{ 'N', unit, strlen(unit) },
		{ 't', "/run", 4 },
		{ 'S', "/var/lib", 8 },
		{ 'E', "/etc", 4 },
	};

	for (; *value; value++) {
		size_t i = 0, count = sizeof(specifiers) / sizeof(specifiers[0]);

		if (*value == '%')
			while (i < count && value[1] != specifiers[i].letter)
				i++;
		if (*value != '%' || i == count) {
			buf_addc(out, *value);
			continue;
		}
		buf_add(out, specifiers[i].stands_for, specifiers[i].len);
		value++;
	}
}

/* Words between blanks; quotes keep blanks in a word, as in systemd.service(5), "Command lines". */
static bool add_words(struct unit_words *words, const char *line)
{
	struct buf word;
	bool done;

	for (line += strspn(line, BLANKS); *line; line += strspn(line, BLANKS)) {
		char quote = 0;

		buf_init(&word, LINE_BYTES_MAX);
		buf_adds(&word, "");
		for (; *line && (quote || !strchr(BLANKS, *line)); line++) {
			if (quote ? *line == quote : *line == '"' || *line == '\'')
				quote = quote ? 0 : *line;
			else
				buf_addc(&word, *line);
		}
		done = add_own(words, buf_take(&word));
		buf_release(&word);
		if (!done)
			return false;
	}
	return true;
}

/* One line of the text, with those that it goes on in; NULL at the end. */
static const char *read_line(const char *text, struct buf *ret)
{
	buf_clear(ret);
	if (!*text)
		return NULL;
	for (;;) {
		size_t len = strcspn(text, "\n");
		bool goes_on =
			len > 0 && text[len - 1] == '\\' && *text != '#' && *text != ';';

		buf_add(ret, text, goes_on ? len - 1 : len);
		text += len + (text[len] == '\n');
		if (!goes_on || !*text)
			break;
		buf_addc(ret, ' ');
	}
	return text;
}

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, BLANKS);
	len = strlen(text);
	while (len > 0 && strchr(BLANKS, text[len - 1]))
		text[--len] = '\0';
	return text;
}

/* Without a secret it is the empty one, which stands for a file that is not there. */
static bool has_secret(const char *key, const char *value)
{
	const char *colon = strchr(value, ':');

	return strcmp(key, "SetCredential") == 0 && colon && colon[1] != '\0' &&
	       strcmp(colon, ":\\n") != 0;
}

/* Of one assignment: ExecStart= is kept, what a process may do becomes a property. */
static bool take(struct unit_command *command, const char *unit, const char *key,
	const char *value, struct buf *ret_start)
{
	struct buf text;
	bool done;

	if (strcmp(key, "ExecStart") == 0) {
		buf_clear(ret_start);
		add_expanded(ret_start, value + strspn(value, "@-:+!"), unit);
		return !ret_start->failed;
	}
	if (is_left_out(key))
		return true;
	buf_init(&text, LINE_BYTES_MAX);
	buf_adds(&text, "");
	if (strcmp(key, "Environment") == 0) {
		add_expanded(&text, value, unit);
		if (!*value)
			release(&command->environment);
		done = !text.failed && add_words(&command->environment, text.data);
	} else {
		buf_addf(&text, "--property=%s=", key);
		add_expanded(&text, value, unit);
		done = add_own(&command->words, buf_take(&text));
	}
	buf_release(&text);
	return done;
}

static bool take_line(struct unit_command *command, const char *unit, char *line,
	struct buf *ret_start, struct err *err)
{
	char *equals = strchr(line, '='), *key, *value;

	if (!equals)
		return true;
	*equals = '\0';
	key = trim(line);
	value = trim(equals + 1);
	if (has_secret(key, value)) {
		err_set(err, ERR_FATAL,
			"unit %s: SetCredential= holds a secret, which a command line would "
			"show; mend: put it into a file of root's, for LoadCredential=",
			unit);
		return false;
	}
	return take(command, unit, key, value, ret_start);
}

static bool take_all(struct unit_command *command, const char *unit, const char *text,
	struct buf *ret_start, struct err *err)
{
	bool is_service = false, done = true;
	struct buf line;

	buf_init(&line, LINE_BYTES_MAX);
	while (done && (text = read_line(text, &line))) {
		char *at = trim(line.data ? line.data : (char[]){ "" });

		if (line.failed)
			done = false;
		else if (*at == '[')
			is_service = strcmp(at, "[Service]") == 0;
		else if (is_service && *at && *at != '#' && *at != ';')
			done = take_line(command, unit, at, ret_start, err);
	}
	buf_release(&line);
	return done;
}

/* Ours that are set, and the unit's. */
static bool add_environment(struct unit_command *command, const char *const *names)
{
	for (; *names; names++)
		if (getenv(*names) &&
			!add_variable(&command->words, *names, strlen(*names)))
			return false;
	for (size_t i = 0; i < command->environment.count; i++) {
		const char *variable = command->environment.list[i];

		if (!add_variable(&command->words, variable, strcspn(variable, "=")))
			return false;
	}
	return true;
}

/* systemd would put a variable's value in place of $NAME: that is for ExecStart= alone. */
static bool add_argument(struct unit_words *words, const char *argument)
{
	struct buf word;
	bool done;

	buf_init(&word, LINE_BYTES_MAX);
	buf_adds(&word, "");
	for (; *argument; argument++) {
		buf_addc(&word, *argument);
		if (*argument == '$')
			buf_addc(&word, '$');
	}
	done = add_own(words, buf_take(&word));
	buf_release(&word);
	return done;
}

int unit_command_make(struct unit_command *command, const char *unit, const char *text,
	const char *const *environment, char *const *arguments, struct err *err)
{
	static const char *const begin[] = { "systemd-run", "--quiet", "--pipe", "--wait",
		"--collect", "--service-type=exec" };
	struct unit_command made = { 0 };
	struct buf start;
	bool done = true;

	err_set(err, ERR_RETRY, "unit %s: too long, or out of memory", unit);
	buf_init(&start, LINE_BYTES_MAX);
	for (size_t i = 0; done && i < sizeof(begin) / sizeof(begin[0]); i++)
		done = add(&made.words, begin[i]);
	done = done && take_all(&made, unit, text, &start, err) &&
	       add_environment(&made, environment) && add(&made.words, "--");
	if (done && start.len == 0) {
		err_set(err, ERR_FATAL, "unit %s has no ExecStart=", unit);
		done = false;
	}
	done = done && add_words(&made.words, start.data);
	for (; done && *arguments; arguments++)
		done = add_argument(&made.words, *arguments);
	buf_release(&start);
	if (!done) {
		unit_command_release(&made);
		return -1;
	}
	*command = made;
	return 0;
}

void unit_command_release(struct unit_command *command)
{
	release(&command->words);
	release(&command->environment);
}
