#include "entry.h"

const char *const level_names[LEVELS] = { "DEBUG", "LOG", "INFO", "NOTICE", "WARNING",
	"ERROR", "FATAL", "PANIC", "UNPARSED", "GAP" };
