#include "http.h"

#include <curl/curl.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "answer_head.h"
#include "answer_text.h"
#include "buf.h"
#include "clock.h"
#include "host.h"
#include "listener.h"
#include "version.h"

#define BODY_MAX_BYTES ((size_t)64 << 10)
#define LOOK_EACH_S 0.005         /* while results come in all the time */
#define STOPPED_MIN_S 0.5         /* longer than the loop takes for a turn */
#define AWAKE_EACH_MS 500         /* with requests in flight: so that a stop is seen */
#define UPLOAD_BYTES (256L << 10) /* one step of a large body: fewer of them */
#define UPLOAD_KEPT_BYTES \
	(4 << 20) /* of what was freed, so that it need not be faulted in */
#define EXPECT_MIN_BYTES ((size_t)512 << 10) /* well below what makes libcurl ask */
#define BODY_KEPT_BYTES \
	((size_t)12 << 10) /* more than a key may have, so that it is found */

struct exchange {
	CURL *easy;
	struct curl_slist *headers; /* made once for a key and an encoding */
	unsigned headers_key;       /* the http's key_number they were made for */
	const char *headers_encoding;
	bool headers_large;
	struct curl_slist
		id_header; /* precedes them: the one that each request has anew */
	char id_line[192];
	void *owner;
	bool posted;      /* its result was not taken yet */
	double excused_s; /* of its time this process was stopped */
	struct answer_head head;
	size_t body_bytes;
	char kept[BODY_KEPT_BYTES];
	size_t kept_len;
	char error[CURL_ERROR_SIZE];
	struct exchange *next_free;
};

struct http {
	CURLM *multi;
	char *api_key;
	unsigned key_number; /* counts the keys there were */
	char *proxy_password;
	char key_prefix[16]; /* of Idempotency-Key: tells machines apart */
	struct exchange *exchanges;
	size_t count;
	struct exchange *free_list;
	int active;               /* posted, result not yet taken */
	int timeout_s;            /* listener.timeout_s */
	double awake_s;           /* when this process last was seen to run */
	double looked_s;          /* when the caller's descriptors were last looked at */
	struct http_trace *trace; /* borrowed, NULL: nobody asks */
};

static size_t on_header(char *data, size_t size, size_t count, void *user)
{
	struct exchange *exchange = user;
	size_t len = size * count;

	return answer_head_line(&exchange->head, data, len, time(NULL)) ? len : 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
	struct exchange *exchange = user;
	size_t len = size * count, keep = sizeof(exchange->kept) - exchange->kept_len;

	exchange->body_bytes += len;
	if (exchange->body_bytes > BODY_MAX_BYTES)
		return 0; /* ends the exchange; the status stands */
	if (keep > len)
		keep = len;
	memcpy(exchange->kept + exchange->kept_len, data, keep);
	exchange->kept_len += keep;
	return len;
}

static void set_tls(CURL *easy, const struct config *config)
{
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (config->listener_ca_file) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, config->listener_ca_file);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* it and no others */
	}
	if (config->listener_client_cert) {
		curl_easy_setopt(easy, CURLOPT_SSLCERT, config->listener_client_cert);
		curl_easy_setopt(easy, CURLOPT_SSLKEY, config->listener_client_key);
	}
}

/* For the whole request, without the time it was not its turn. */
static void set_timeout(CURL *easy, double timeout_s)
{
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(1000 * timeout_s));
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(1000 * timeout_s));
}

static int open_exchange(struct exchange *exchange, const struct config *config)
{
	CURL *easy = curl_easy_init();

	if (!easy)
		return -1;
	exchange->easy = easy;
	curl_easy_setopt(easy, CURLOPT_URL, config->listener_url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	/* An empty string turns the environment's proxy variables off. */
	curl_easy_setopt(easy, CURLOPT_PROXY,
		config->listener_proxy ? config->listener_proxy : "");
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* Without it a silent name server holds up the removal of a handle for 15 s. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	set_timeout(easy, config->listener_timeout_s);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "bitville-postgres-agent/" VERSION);
	curl_easy_setopt(easy, CURLOPT_POST, 1L);
	/* Allocated only for a body that is sent in several steps. */
	curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_BYTES);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->error);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
	set_tls(easy, config);
	return 0;
}

/*
 * libcurl allocates a large body's buffer for each request, and glibc would give it back to the
 * kernel in between: a tenth of all CPU for payloads of 200 KB went into that.
 */
static void keep_upload_buffers(void)
{
	mallopt(M_TRIM_THRESHOLD, UPLOAD_KEPT_BYTES);
	mallopt(M_MMAP_THRESHOLD, UPLOAD_KEPT_BYTES / 2);
}

int http_open(const struct config *config, const char *api_key, struct http **ret_http,
	struct err *err)
{
	struct http *http = calloc(1, sizeof(*http));

	if (!http || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		goto fail;
	keep_upload_buffers();
	http->count = (size_t)config->max_in_flight;
	http->timeout_s = config->listener_timeout_s;
	http->awake_s = clock_s();
	http->exchanges = calloc(http->count, sizeof(*http->exchanges));
	http->multi = curl_multi_init();
	if (!http->exchanges || !http->multi || !http_set_key(http, api_key))
		goto fail;
	curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)http->count);
	curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)http->count);
	for (size_t i = 0; i < http->count; i++) {
		if (open_exchange(&http->exchanges[i], config) < 0)
			goto fail;
		http->exchanges[i].next_free = http->free_list;
		http->free_list = &http->exchanges[i];
	}
	http->proxy_password = listener_proxy_password(config);
	host_hash(http->key_prefix);
	*ret_http = http;
	return 0;
fail:
	http_close(http);
	return err_set(err, ERR_RETRY, "libcurl: out of memory");
}

void http_close(struct http *http)
{
	if (!http)
		return;
	for (size_t i = 0; http->exchanges && i < http->count; i++) {
		struct exchange *exchange = &http->exchanges[i];

		if (exchange->easy) /* in flight or not */
			curl_multi_remove_handle(http->multi, exchange->easy);
		curl_easy_cleanup(exchange->easy);
		curl_slist_free_all(exchange->headers);
	}
	curl_multi_cleanup(http->multi);
	free(http->exchanges);
	config_secret_free(http->api_key);
	config_secret_free(http->proxy_password);
	free(http);
}

bool http_set_key(struct http *http, const char *api_key)
{
	char *copy;

	if (http->api_key && strcmp(http->api_key, api_key) == 0)
		return false;
	copy = strdup(api_key);
	if (!copy)
		return false;
	config_secret_free(http->api_key);
	http->api_key = copy;
	http->key_number++;
	return true;
}

static int add_header(struct exchange *exchange, const char *name, const char *value)
{
	struct curl_slist *list = NULL;
	struct buf line;

	buf_init(&line, 16384);
	buf_addf(&line, "%s:%s%s", name, *value ? " " : "", value);
	if (!line.failed)
		list = curl_slist_append(exchange->headers, line.data);
	if (line.data)
		explicit_bzero(line.data, line.len); /* it may be the key */
	buf_release(&line);
	if (!list)
		return -1;
	exchange->headers = list;
	return 0;
}

static int make_headers(
	struct http *http, struct exchange *exchange, const char *encoding, bool large)
{
	char *bearer = NULL;
	int rc = -1;

	curl_slist_free_all(exchange->headers);
	exchange->headers = NULL;
	if (asprintf(&bearer, "Bearer %s", http->api_key) < 0)
		return -1;
	if (add_header(exchange, "Authorization", bearer) == 0 &&
		add_header(exchange, "Content-Type", "application/json") == 0 &&
		/* libcurl would ask for 100-continue before a body over 1 MiB. */
		(!large || add_header(exchange, "Expect", "") == 0) &&
		(!encoding || add_header(exchange, "Content-Encoding", encoding) == 0))
		rc = 0;
	config_secret_free(bearer);
	exchange->headers_key = rc == 0 ? http->key_number : 0;
	exchange->headers_encoding = encoding;
	exchange->headers_large = large;
	return rc;
}

static int set_headers(struct http *http, struct exchange *exchange, const char *id,
	const char *encoding, size_t len)
{
	bool large = len > EXPECT_MIN_BYTES;

	if ((exchange->headers_key != http->key_number ||
		    exchange->headers_encoding != encoding ||
		    exchange->headers_large != large) &&
		make_headers(http, exchange, encoding, large) < 0)
		return -1;
	snprintf(exchange->id_line, sizeof(exchange->id_line), "Idempotency-Key: %s-%s",
		http->key_prefix, id);
	exchange->id_header.data = exchange->id_line;
	exchange->id_header.next = exchange->headers;
	return 0;
}

static void put_back(struct http *http, struct exchange *exchange)
{
	exchange->next_free = http->free_list;
	http->free_list = exchange;
}

int http_post(struct http *http, const char *id, const void *body, size_t len,
	const char *encoding, void *owner, struct err *err)
{
	struct exchange *exchange = http->free_list;

	if (!exchange)
		return err_set(
			err, ERR_RETRY, "more requests than listener.max_in_flight");
	http->free_list = exchange->next_free;
	if (set_headers(http, exchange, id, encoding, len) < 0)
		goto fail;
	answer_head_begin(&exchange->head);
	exchange->owner = owner;
	exchange->body_bytes = exchange->kept_len = 0;
	exchange->error[0] = '\0';
	if (exchange->excused_s > 0)
		set_timeout(exchange->easy, http->timeout_s);
	exchange->excused_s = 0;
	curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, &exchange->id_header);
	curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
	if (curl_multi_add_handle(http->multi, exchange->easy) == CURLM_OK) {
		exchange->posted = true;
		http->active++;
		return 0;
	}
fail:
	put_back(http, exchange);
	return err_set(err, ERR_RETRY, "libcurl: out of memory");
}

/*
 * Time in which this process did not run (SIGSTOP, a disk that hangs) is not the listener's: libcurl
 * looks at its clock before it looks for an answer, and one that came meanwhile would not count.
 */
static void excuse(struct http *http, double may_take_s)
{
	double now = clock_s(), gone_s = now - http->awake_s;

	http->awake_s = now;
	if (gone_s < may_take_s + STOPPED_MIN_S)
		return;
	for (size_t i = 0; i < http->count; i++) {
		struct exchange *exchange = &http->exchanges[i];

		if (!exchange->posted)
			continue;
		exchange->excused_s += gone_s;
		set_timeout(exchange->easy, http->timeout_s + exchange->excused_s);
	}
}

/* Waits for something to happen, and looks at the caller's descriptors. */
static CURLMcode look_around(struct http *http, struct pollfd *fds, unsigned fds_count,
	int timeout_ms, int *ret_happened)
{
	struct curl_waitfd extra[8] = { 0 };
	CURLMcode code;

	if (fds_count > sizeof(extra) / sizeof(extra[0]))
		fds_count = sizeof(extra) / sizeof(extra[0]);
	for (unsigned i = 0; i < fds_count; i++)
		extra[i] = (struct curl_waitfd){ .fd = fds[i].fd,
			.events = CURL_WAIT_POLLIN };
	code = curl_multi_poll(http->multi, extra, fds_count, timeout_ms, ret_happened);
	for (unsigned i = 0; i < fds_count; i++)
		fds[i].revents = extra[i].revents;
	excuse(http, timeout_ms / 1000.0);
	http->looked_s = http->awake_s;
	return code;
}

int http_wait(struct http *http, struct pollfd *fds, unsigned fds_count, double timeout_s,
	struct err *err)
{
	int running, happened = 0;
	int timeout_ms = timeout_s > 60 ? 60000 : (int)ceil(timeout_s * 1000);
	CURLMcode code;
	bool results;

	excuse(http, 0);
	code = curl_multi_perform(http->multi, &running);
	results = running < http->active; /* nothing would wake us for them */
	if (running > 0 && timeout_ms > AWAKE_EACH_MS)
		timeout_ms = AWAKE_EACH_MS;
	for (unsigned i = 0; i < fds_count; i++)
		fds[i].revents = 0;
	if (code == CURLM_OK && results && clock_s() - http->looked_s < LOOK_EACH_S)
		return 0;
	if (code == CURLM_OK)
		code = look_around(
			http, fds, fds_count, results ? 0 : timeout_ms, &happened);
	if (code == CURLM_OK && happened > 0)
		code = curl_multi_perform(http->multi, &running);
	if (code != CURLM_OK)
		return err_set(err, ERR_RETRY, "libcurl: %s", curl_multi_strerror(code));
	return 0;
}

/* An error's sentence, or for an answer the beginning of its body. */
static void describe(struct http *http, struct exchange *exchange, CURLcode code,
	int status, char *ret, size_t size)
{
	const char *secrets[] = { http->api_key,
		http->proxy_password ? http->proxy_password : "", NULL };
	const char *text = exchange->kept;
	size_t len = exchange->kept_len;

	ret[0] = '\0';
	if (status >= 200 && status <= 204 && !exchange->head.html)
		return;
	if (status == 0) {
		text = exchange->error[0] ? exchange->error : curl_easy_strerror(code);
		len = strlen(text);
	}
	answer_text(text, len, secrets, ret, size);
}

static enum http_failure failure_of(CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return HTTP_NONE;
	case CURLE_COULDNT_RESOLVE_HOST:
		return HTTP_NO_NAME;
	case CURLE_COULDNT_RESOLVE_PROXY:
		return HTTP_NO_PROXY_NAME;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_SSL_CLIENTCERT:
		return HTTP_BAD_TLS;
	default:
		return HTTP_OTHER;
	}
}

static void copy_info(CURL *easy, CURLINFO info, double *ret_s)
{
	curl_off_t us = 0;

	curl_easy_getinfo(easy, info, &us);
	*ret_s = (double)us / 1e6;
}

/* The first certificate is the listener's own; a line each, as in "Issuer:CN = x". */
static void copy_certificate(CURL *easy, struct http_trace *ret)
{
	struct curl_certinfo *chain = NULL;

	curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain);
	if (!chain || chain->num_of_certs < 1)
		return;
	for (const struct curl_slist *line = chain->certinfo[0]; line;
		line = line->next) {
		if (strncmp(line->data, "Issuer:", 7) == 0)
			snprintf(ret->issuer, sizeof(ret->issuer), "%s", line->data + 7);
		else if (strncmp(line->data, "Subject:", 8) == 0)
			snprintf(
				ret->subject, sizeof(ret->subject), "%s", line->data + 8);
		else if (strncmp(line->data, "Expire date:", 12) == 0)
			snprintf(ret->expires, sizeof(ret->expires), "%s",
				line->data + 12);
	}
}

static void fill_trace(struct exchange *exchange, CURLcode code, struct http_trace *ret)
{
	CURL *easy = exchange->easy;
	const char *address = NULL;
	long port = 0;

	*ret = (struct http_trace){ .failure = failure_of(code),
		.wall_ended_us = clock_wall_us() };
	copy_info(easy, CURLINFO_NAMELOOKUP_TIME_T, &ret->looked_up_s);
	copy_info(easy, CURLINFO_CONNECT_TIME_T, &ret->connected_s);
	copy_info(easy, CURLINFO_APPCONNECT_TIME_T, &ret->tls_s);
	copy_info(easy, CURLINFO_PRETRANSFER_TIME_T, &ret->sent_s);
	copy_info(easy, CURLINFO_STARTTRANSFER_TIME_T, &ret->answered_s);
	copy_info(easy, CURLINFO_TOTAL_TIME_T, &ret->ended_s);
	curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
	curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &port);
	curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &ret->verify);
	snprintf(ret->address, sizeof(ret->address), "%s", address ? address : "");
	ret->port = (int)port;
	copy_certificate(easy, ret);
	snprintf(ret->date, sizeof(ret->date), "%s", exchange->head.date);
}

void http_set_trace(struct http *http, struct http_trace *trace)
{
	http->trace = trace;
	for (size_t i = 0; i < http->count; i++)
		curl_easy_setopt(http->exchanges[i].easy, CURLOPT_CERTINFO, 1L);
}

static void take_result(struct http *http, struct exchange *exchange, CURLcode code,
	struct http_result *ret)
{
	int status = exchange->head.complete ? exchange->head.status : 0;

	ret->owner = exchange->owner;
	ret->status = status;
	ret->html = exchange->head.html;
	ret->retry_after_s = exchange->head.retry_after_s;
	describe(http, exchange, code, status, ret->text, sizeof(ret->text));
	if (http->trace)
		fill_trace(exchange, code, http->trace);
	curl_multi_remove_handle(http->multi, exchange->easy);
	exchange->posted = false;
	http->active--;
	put_back(http, exchange);
}

bool http_next_result(struct http *http, struct http_result *ret)
{
	struct exchange *exchange;
	CURLMsg *message;
	int left;

	do {
		message = curl_multi_info_read(http->multi, &left);
		if (!message)
			return false;
	} while (message->msg != CURLMSG_DONE);
	curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&exchange);
	take_result(http, exchange, message->data.result, ret);
	return true;
}

bool http_next_decided(struct http *http, struct http_result *ret)
{
	for (size_t i = 0; i < http->count; i++) {
		struct exchange *exchange = &http->exchanges[i];

		if (!exchange->posted || !exchange->head.complete)
			continue;
		take_result(http, exchange, CURLE_OK, ret);
		return true;
	}
	return false;
}
