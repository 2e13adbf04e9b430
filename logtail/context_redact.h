/*
 * DETAIL and CONTEXT, redacted: texts of several parts, some of them SQL or rows of data
 * (elog.c, deadlock.c, postgres.c, copyfrom.c, spi.c, execMain.c say what they look like).
 */
#ifndef LOGTAIL_CONTEXT_REDACT_H
#define LOGTAIL_CONTEXT_REDACT_H

#include "text_redact.h"

void detail_redact(struct text_redact *how, const char *s, size_t len);
void context_redact(struct text_redact *how, const char *s, size_t len);

#endif
