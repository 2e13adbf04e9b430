#include "log_format.h"

#include "csvlog.h"
#include "jsonlog.h"

static void *csv_new(void)
{
	return csvlog_new();
}

static void csv_free(void *reader)
{
	csvlog_free(reader);
}

static enum record_result csv_take(
	void *reader, const struct line_piece *piece, struct entry *ret_entry)
{
	return csvlog_take(reader, piece, ret_entry);
}

static enum record_result csv_finish(void *reader, struct entry *ret_entry)
{
	return csvlog_finish(reader, ret_entry);
}

static size_t csv_feed(
	void *reader, const char *data, size_t len, struct entry *ret_entry)
{
	return csvlog_feed(reader, data, len, ret_entry);
}

static struct slice csv_raw(const void *reader, uint64_t *ret_cut_bytes)
{
	return csvlog_raw(reader, ret_cut_bytes);
}

static void *json_new(void)
{
	return jsonlog_new();
}

static void json_free(void *reader)
{
	jsonlog_free(reader);
}

static enum record_result json_take(
	void *reader, const struct line_piece *piece, struct entry *ret_entry)
{
	return jsonlog_take(reader, piece, ret_entry);
}

static enum record_result json_finish(void *reader, struct entry *ret_entry)
{
	return jsonlog_finish(reader, ret_entry);
}

static size_t json_feed(
	void *reader, const char *data, size_t len, struct entry *ret_entry)
{
	return jsonlog_feed(reader, data, len, ret_entry);
}

static struct slice json_raw(const void *reader, uint64_t *ret_cut_bytes)
{
	return jsonlog_raw(reader, ret_cut_bytes);
}

const struct record_format record_formats[RECORD_FORMATS] = {
	{ "jsonlog", json_new, json_free, jsonlog_starts, json_take, json_finish,
		json_raw, json_feed },
	{ "csvlog", csv_new, csv_free, csvlog_starts, csv_take, csv_finish, csv_raw,
		csv_feed },
};
