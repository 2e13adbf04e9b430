/* json_check_object(): says where, and no good object stays good when it loses its end. */
#include "fuzz.h"

#include <stdbool.h>

#include "json_check.h"
#include "json_read.h"

/* What cJSON reads otherwise than RFC 8259: escapes, and numbers of more than 63 digits. */
static bool is_plain(const char *text, size_t len)
{
	size_t digits = 0;

	for (size_t i = 0; i < len; i++) {
		digits = strchr("0123456789.eE+-", text[i]) && text[i] ? digits + 1 : 0;
		if (text[i] == '\\' || digits > 60)
			return false;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	size_t at = len + 1;

	if (json_check_object(text, len, &at)) {
		must(at <= len);
		return 0;
	}
	if (is_plain(text, len)) {
		struct json_node *root = json_read(text, len);

		must(root);
		json_read_release(root);
	}
	while (text[len - 1] != '}')
		len--;
	must(json_check_object(text, len, NULL) == NULL);
	must(json_check_object(text, len - 1, NULL) != NULL);
	return 0;
}
