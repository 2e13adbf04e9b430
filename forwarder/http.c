#include "http.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "answer_text.h"
#include "buf.h"
#include "host.h"
#include "retry_after.h"
#include "version.h"

#define HEADER_MAX_BYTES ((size_t)64 << 10)
#define BODY_MAX_BYTES ((size_t)64 << 10)
#define BODY_KEPT_BYTES \
	((size_t)12 << 10) /* more than a key may have, so that it is found */
#define LINE_SIZE 128

struct exchange {
	CURL *easy;
	struct curl_slist *headers; /* made once for a key and an encoding */
	unsigned headers_key;       /* the http's key_number they were made for */
	const char *headers_encoding;
	struct curl_slist
		id_header; /* precedes them: the one that each request has anew */
	char id_line[192];
	void *owner;
	bool posted;   /* its result was not taken yet */
	bool complete; /* the final header block has ended */
	bool html;
	size_t header_bytes, body_bytes;
	char retry_after[LINE_SIZE];
	double retry_after_s;
	char date[LINE_SIZE];
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
	int active; /* posted, result not yet taken */
};

static CURLU *parse_url(const char *text)
{
	CURLU *url = curl_url();

	if (url && curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK) {
		curl_url_cleanup(url);
		url = NULL;
	}
	return url;
}

static char *url_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;

	return url && curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) == CURLUE_OK
		       ? text
		       : NULL;
}

static bool is_loopback(const char *host)
{
	struct in_addr four;

	if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, host, &four) == 1 && ntohl(four.s_addr) >> 24 == 127;
}

static int check_parts(
	const struct config *config, const char *where, CURLU *url, struct err *err)
{
	char *scheme = url_part(url, CURLUPART_SCHEME),
	     *host = url_part(url, CURLUPART_HOST);
	char *user = url_part(url, CURLUPART_USER);
	bool plain = scheme && strcasecmp(scheme, "http") == 0;
	int rc = 0;

	if (!url || !scheme || !host || strstr(config->listener_url, ":///"))
		rc = err_set(err, ERR_CONFIG,
			"%s: not a URL; give https://HOST:PORT/PATH", where);
	else if (!plain && strcasecmp(scheme, "https") != 0)
		rc = err_set(
			err, ERR_CONFIG, "%s: the scheme must be https (or http)", where);
	else if (plain && !config->allow_plain_http &&
		 (!is_loopback(host) || config->listener_proxy))
		rc = err_set(err, ERR_CONFIG,
			"%s: plain http would send the key in clear to %s; use https://, or set "
			"listener.allow_plain_http = yes",
			where, host);
	else if (user)
		rc = err_set(err, ERR_CONFIG,
			"%s: a URL must not carry a user or password; use listener.api_key_file",
			where);
	curl_free(scheme);
	curl_free(host);
	curl_free(user);
	return rc;
}

/* The proxy's text may hold a password: no message shows any of it. */
static int check_proxy(const struct config *config, struct err *err)
{
	static const char *const schemes[] = { "http", "https", "socks4", "socks4a",
		"socks5", "socks5h" };
	char where[256], *scheme, *host;
	CURLU *url = curl_url();
	bool known = false;

	if (!config->listener_proxy) {
		curl_url_cleanup(url);
		return 0;
	}
	if (url)
		curl_url_set(url, CURLUPART_URL, config->listener_proxy,
			CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME);
	scheme = url_part(url, CURLUPART_SCHEME);
	host = url_part(url, CURLUPART_HOST);
	for (size_t i = 0; scheme && host && i < sizeof(schemes) / sizeof(schemes[0]);
		i++)
		known |= strcasecmp(scheme, schemes[i]) == 0;
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(url);
	if (known)
		return 0;
	config_where(
		config, offsetof(struct config, listener_proxy), where, sizeof(where));
	return err_set(err, ERR_CONFIG,
		"%s: not a proxy's URL; give http://HOST:PORT, https:// or socks5://",
		where);
}

static int check_file(
	const struct config *config, const char *path, size_t offset, struct err *err)
{
	char where[256];

	if (!path || access(path, R_OK) == 0)
		return 0;
	config_where(config, offset, where, sizeof(where));
	return err_errno(err, ERR_CONFIG, "%s: %s", where, path);
}

int http_check_config(const struct config *config, struct err *err)
{
	CURLU *url = config->listener_url ? parse_url(config->listener_url) : NULL;
	char where[256];
	int rc;

	config_where(config, offsetof(struct config, listener_url), where, sizeof(where));
	rc = check_parts(config, where, url, err);
	curl_url_cleanup(url);
	if (rc < 0 || check_proxy(config, err) < 0 ||
		check_file(config, config->listener_ca_file,
			offsetof(struct config, listener_ca_file), err) < 0 ||
		check_file(config, config->listener_client_cert,
			offsetof(struct config, listener_client_cert), err) < 0 ||
		check_file(config, config->listener_client_key,
			offsetof(struct config, listener_client_key), err) < 0)
		return -1;
	return 0;
}

void http_url_display(const struct config *config, char *ret, size_t size)
{
	CURLU *url = parse_url(config->listener_url);
	char *scheme = url_part(url, CURLUPART_SCHEME),
	     *host = url_part(url, CURLUPART_HOST);
	char *port = url_part(url, CURLUPART_PORT), *path = url_part(url, CURLUPART_PATH);

	snprintf(ret, size, "%s://%s:%s%s", scheme ? scheme : "?", host ? host : "?",
		port ? port : "?", path ? path : "");
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_free(path);
	curl_url_cleanup(url);
}

/* Copies the value of "Name: value" when line is that header. */
static bool take_header(
	const char *line, size_t len, const char *name, char ret[LINE_SIZE])
{
	size_t n = strlen(name), end = len;

	if (len <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
		return false;
	for (n++; n < len && (line[n] == ' ' || line[n] == '\t');)
		n++;
	while (end > n &&
		(line[end - 1] == '\r' || line[end - 1] == '\n' || line[end - 1] == ' '))
		end--;
	if (end - n >= LINE_SIZE)
		end = n + LINE_SIZE - 1;
	memcpy(ret, line + n, end - n);
	ret[end - n] = '\0';
	return true;
}

static void begin_header(struct exchange *exchange)
{
	exchange->complete = false;
	exchange->html = false;
	exchange->retry_after_s = -1;
	exchange->retry_after[0] = '\0';
	exchange->date[0] = '\0';
}

/* Several Retry-After headers: the longest wait that makes sense is the safe one. */
static void add_retry_after(struct exchange *exchange, const char *value)
{
	double wait = retry_after_s(value, exchange->date, time(NULL));

	exchange->retry_after_s = fmax(exchange->retry_after_s, wait);
}

static size_t on_header(char *data, size_t size, size_t count, void *user)
{
	struct exchange *exchange = user;
	size_t len = size * count;
	char value[LINE_SIZE];

	exchange->header_bytes += len;
	if (exchange->header_bytes > HEADER_MAX_BYTES)
		return 0;
	if (exchange->complete)
		return len; /* a trailer behind the body: the answer is decided */
	if (len >= 5 && memcmp(data, "HTTP/", 5) == 0) {
		begin_header(exchange);
	} else if (len <= 2 && (data[0] == '\r' || data[0] == '\n')) {
		long status = 0;

		curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
		exchange->complete = status >= 200;
		if (exchange->retry_after[0])
			add_retry_after(exchange, exchange->retry_after);
	} else if (take_header(data, len, "Content-Type", value)) {
		exchange->html = strncasecmp(value, "text/html", 9) == 0;
	} else if (take_header(data, len, "Retry-After", value)) {
		if (exchange->retry_after[0])
			add_retry_after(exchange, exchange->retry_after);
		memcpy(exchange->retry_after, value, sizeof(value));
	} else {
		take_header(data, len, "Date", exchange->date);
	}
	return len;
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
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 1000L * config->listener_timeout_s);
	curl_easy_setopt(
		easy, CURLOPT_CONNECTTIMEOUT_MS, 1000L * config->listener_timeout_s);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "bitville-postgres-agent/" VERSION);
	curl_easy_setopt(easy, CURLOPT_POST, 1L);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->error);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
	set_tls(easy, config);
	return 0;
}

static char *proxy_password(const struct config *config)
{
	CURLU *url = NULL;
	char *text, *copy = NULL;

	if (!config->listener_proxy)
		return NULL;
	url = curl_url();
	if (url)
		curl_url_set(
			url, CURLUPART_URL, config->listener_proxy, CURLU_GUESS_SCHEME);
	text = url_part(url, CURLUPART_PASSWORD);
	if (text)
		copy = strdup(text);
	curl_free(text);
	curl_url_cleanup(url);
	return copy;
}

int http_open(const struct config *config, const char *api_key, struct http **ret_http,
	struct err *err)
{
	struct http *http = calloc(1, sizeof(*http));

	if (!http || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		goto fail;
	http->count = (size_t)config->max_in_flight;
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
	http->proxy_password = proxy_password(config);
	host_hash(http->key_prefix);
	*ret_http = http;
	return 0;
fail:
	http_close(http);
	return err_set(err, ERR_RETRY, "libcurl: out of memory");
}

static void free_secret(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
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
	free_secret(http->api_key);
	free_secret(http->proxy_password);
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
	free_secret(http->api_key);
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
	struct http *http, struct exchange *exchange, const char *encoding)
{
	char *bearer = NULL;
	int rc = -1;

	curl_slist_free_all(exchange->headers);
	exchange->headers = NULL;
	if (asprintf(&bearer, "Bearer %s", http->api_key) < 0)
		return -1;
	if (add_header(exchange, "Authorization", bearer) == 0 &&
		add_header(exchange, "Content-Type", "application/json") == 0 &&
		add_header(exchange, "Expect", "") == 0 && /* no 100-continue */
		(!encoding || add_header(exchange, "Content-Encoding", encoding) == 0))
		rc = 0;
	free_secret(bearer);
	exchange->headers_key = rc == 0 ? http->key_number : 0;
	exchange->headers_encoding = encoding;
	return rc;
}

static int set_headers(struct http *http, struct exchange *exchange, const char *id,
	const char *encoding)
{
	if ((exchange->headers_key != http->key_number ||
		    exchange->headers_encoding != encoding) &&
		make_headers(http, exchange, encoding) < 0)
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
	if (set_headers(http, exchange, id, encoding) < 0)
		goto fail;
	begin_header(exchange);
	exchange->owner = owner;
	exchange->header_bytes = exchange->body_bytes = exchange->kept_len = 0;
	exchange->error[0] = '\0';
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

int http_wait(struct http *http, struct pollfd *fds, unsigned fds_count, double timeout_s,
	struct err *err)
{
	struct curl_waitfd extra[8] = { 0 };
	int running, ready = 0,
		     milliseconds = timeout_s > 60 ? 60000 : (int)ceil(timeout_s * 1000);
	CURLMcode code = curl_multi_perform(http->multi, &running);

	if (fds_count > sizeof(extra) / sizeof(extra[0]))
		fds_count = sizeof(extra) / sizeof(extra[0]);
	for (unsigned i = 0; i < fds_count; i++)
		extra[i] = (struct curl_waitfd){ .fd = fds[i].fd,
			.events = CURL_WAIT_POLLIN };
	if (running < http->active)
		milliseconds =
			0; /* results wait to be taken: nothing would wake us for them */
	if (code == CURLM_OK)
		code = curl_multi_poll(
			http->multi, extra, fds_count, milliseconds, &ready);
	if (code == CURLM_OK && ready > 0) /* else the next call's first does it */
		code = curl_multi_perform(http->multi, &running);
	for (unsigned i = 0; i < fds_count; i++)
		fds[i].revents = extra[i].revents;
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
	if (status >= 200 && status <= 204 && !exchange->html)
		return;
	if (status == 0) {
		text = exchange->error[0] ? exchange->error : curl_easy_strerror(code);
		len = strlen(text);
	}
	answer_text(text, len, secrets, ret, size);
}

static void take_result(struct http *http, struct exchange *exchange, CURLcode code,
	struct http_result *ret)
{
	long status = 0;

	if (exchange->complete)
		curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
	ret->owner = exchange->owner;
	ret->status = (int)status;
	ret->html = exchange->html;
	ret->retry_after_s = exchange->retry_after_s;
	describe(http, exchange, code, (int)status, ret->text, sizeof(ret->text));
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

		if (!exchange->posted || !exchange->complete)
			continue;
		take_result(http, exchange, CURLE_OK, ret);
		return true;
	}
	return false;
}
