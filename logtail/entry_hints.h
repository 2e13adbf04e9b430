/*
 * The first look at an entry: which texts it has, and what they may hold.
 */
#ifndef LOGTAIL_ENTRY_HINTS_H
#define LOGTAIL_ENTRY_HINTS_H

#include <stddef.h>
#include <stdint.h>

#include "entry.h"
#include "entry_json.h"
#include "text_hints.h"

/* The texts there are, a bit each enum entry_text (message always), and in *ret_len their length. */
uint32_t entry_known(const struct entry *entry, size_t *ret_len);

/* What text_hints() says of the texts that come from outside. Finds the correlation id on its way: in
 * application_name, the message, the comments that statement begins with; facts->has_id is to be false
 * before. */
unsigned entry_hints(
	const struct entry *entry, uint32_t known, struct entry_facts *facts);

#endif
