#include "check_listener.h"

#include <arpa/inet.h>
#include <math.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "http.h"
#include "listener.h"
#include "service_unit.h"
#include "shell_word.h"
#include "trace.h"
#include "url.h"
#include "verdict.h"

#define EXPIRY_WARN_S (14 * 86400)
#define SKEW_WARN_S 5
#define SKEW_FAIL_S 300
#define MEND_SIZE (SHELL_WORD_SIZE + 512)

/* Whom the request goes to: the listener, or the proxy before it. */
struct way {
	const struct config *config;
	struct checklist *list;
	struct url listener, proxy, *first;
	char host[256]; /* of first, without brackets */
	int port;
	bool tls, has_key;
};

static int port_of(const struct url *url)
{
	if (url->port > 0)
		return url->port;
	if (strncmp(url->scheme, "socks", 5) == 0)
		return 1080; /* libcurl's CURLOPT_PROXY */
	return strcmp(url->scheme, "https") == 0 ? 443 : 80;
}

static void plain_host(const struct url *url, char ret[256])
{
	size_t len = strlen(url->host);
	bool bracket = url->host[0] == '[' && len > 2;

	snprintf(ret, 256, "%.*s", (int)(bracket ? len - 2 : len), url->host + bracket);
}

static void find_way(struct way *way)
{
	const struct config *config = way->config;

	url_parse(config->listener_url, NULL, &way->listener);
	way->first = &way->listener;
	if (config->listener_proxy &&
		url_parse(config->listener_proxy, "http", &way->proxy))
		way->first = &way->proxy;
	/* A proxy's address may hold a password; the name is all that is needed. */
	explicit_bzero(way->proxy.password, sizeof(way->proxy.password));
	plain_host(way->first, way->host);
	way->port = port_of(way->first);
	way->tls = strcmp(way->listener.scheme, "https") == 0;
}

static void check_address(const struct way *way)
{
	const struct config *config = way->config;
	char url[900];

	listener_display(config, url, sizeof(url));
	if (way->tls)
		checklist_ok(way->list, "listener %s: verified by %s", url,
			config->listener_ca_file ? config->listener_ca_file
						 : "the system's certificates");
	else if (url_is_loopback(&way->listener) && way->first == &way->listener)
		checklist_ok(way->list, "listener %s: on this machine", url);
	else
		checklist_warn(way->list,
			"set listener.url = https://..., and listener.ca_file for a CA of "
			"your own",
			"listener %s: plain http, key and data go in clear", url);
	if (way->first == &way->proxy)
		checklist_ok(way->list, "proxy %s://%s:%d: is used", way->proxy.scheme,
			way->proxy.host, way->port);
}

/* "10.0.0.1, 10.0.0.2": asked again, as libcurl tells only the one it took. */
static void list_addresses(const char *host, char *ret, size_t size)
{
	static const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char text[NI_MAXHOST];
	size_t len = 0;

	*ret = '\0';
	if (getaddrinfo(host, NULL, &hints, &found) != 0)
		return;
	for (const struct addrinfo *at = found; at && len < size; at = at->ai_next)
		if (getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof(text), NULL, 0,
			    NI_NUMERICHOST) == 0)
			len += (size_t)snprintf(
				ret + len, size - len, "%s%s", len > 0 ? ", " : "", text);
	freeaddrinfo(found);
}

static void check_name(const struct way *way, bool found, const char *why)
{
	struct in6_addr address;
	char mend[MEND_SIZE], word[SHELL_WORD_SIZE], addresses[512];

	if (inet_pton(AF_INET, way->host, &address) == 1 ||
		inet_pton(AF_INET6, way->host, &address) == 1)
		return; /* no name */
	if (found) {
		list_addresses(way->host, addresses, sizeof(addresses));
		checklist_ok(way->list, "name %s: %s", way->host, addresses);
		return;
	}
	snprintf(mend, sizeof(mend), "getent hosts %s",
		shell_word(way->host, word, sizeof(word)));
	checklist_fail(way->list, mend, "name %s: %s", way->host, why);
}

static void check_connection(
	const struct way *way, const struct http_trace *trace, bool made, const char *why)
{
	char mend[MEND_SIZE], time[32] = "";

	if (trace->connected_s > trace->looked_up_s)
		snprintf(time, sizeof(time), ", in %.1f ms",
			1000 * (trace->connected_s - trace->looked_up_s));
	if (made) {
		checklist_ok(way->list, "connection: to %s port %d%s", trace->address,
			trace->port, time);
		return;
	}
	snprintf(mend, sizeof(mend),
		"start the %s or open the way to it; try: timeout 5 bash -c "
		"'</dev/tcp/%s/%d'",
		way->first == &way->proxy ? "proxy" : "listener", way->host, way->port);
	checklist_fail(way->list, mend, "connection: %s", why);
}

/* How the listener's certificate is shown. */
static void show_certificate(const struct way *way, const char *what, char ret[MEND_SIZE])
{
	char host[256];

	plain_host(&way->listener, host);
	snprintf(ret, MEND_SIZE,
		"openssl s_client -connect %s:%d -servername %s </dev/null | openssl x509 "
		"-noout %s",
		way->listener.host, port_of(&way->listener), host, what);
}

static void fail_certificate(
	const struct way *way, const struct http_trace *trace, const char *why)
{
	char show[MEND_SIZE], mend[2 * MEND_SIZE];
	const char *text = "";

	switch (trace_fault(trace, why)) {
	case TRACE_EXPIRED:
		text = "renew the listener's certificate";
		show_certificate(way, "-dates", show);
		break;
	case TRACE_NOT_YET_VALID:
		text = "is this machine's clock right? timedatectl";
		show_certificate(way, "-dates", show);
		break;
	case TRACE_UNKNOWN_ISSUER:
		text = "set listener.ca_file to its issuer's certificate";
		show_certificate(way, "-issuer", show);
		break;
	case TRACE_OTHER_NAME:
		text = "set listener.url to a name that the certificate has";
		show_certificate(way, "-ext subjectAltName", show);
		break;
	default:
		text = "is this port one for https?";
		show_certificate(way, "-issuer", show);
	}
	snprintf(mend, sizeof(mend), "%s; look: %s", text, show);
	checklist_fail(way->list, mend, "certificate: %s", why);
}

static void check_certificate(const struct way *way, const struct http_trace *trace)
{
	int64_t until_s = trace_expiry_s(trace), now_s = clock_wall_us() / 1000000;
	char when[21] = "?";

	if (until_s >= 0)
		clock_wall_format(until_s * 1000000, when);
	if (until_s >= 0 && until_s - now_s <= EXPIRY_WARN_S)
		checklist_warn(way->list, "renew the listener's certificate",
			"certificate: %s of %s expires %s, in %d days", trace->subject,
			trace->issuer, when, (int)((until_s - now_s) / 86400));
	else
		checklist_ok(way->list, "certificate: %s of %s, until %s",
			*trace->subject ? trace->subject : "?",
			*trace->issuer ? trace->issuer : "?", when);
}

static void fail_key(const struct way *way, int status)
{
	const struct config *config = way->config;
	char mend[MEND_SIZE], word[SHELL_WORD_SIZE], secret[SERVICE_UNIT_SIZE];
	char unit[SERVICE_UNIT_SIZE], where[256];

	if (config->listener_api_key) {
		config_where(config, offsetof(struct config, listener_api_key), where,
			sizeof(where));
		snprintf(mend, sizeof(mend), "correct %s", where);
	} else if (config->listener_api_key_file) {
		snprintf(mend, sizeof(mend), "put the right one into %s",
			shell_word(config->listener_api_key_file, word, sizeof(word)));
	} else {
		service_unit_secret("api_key", config->file, secret);
		service_unit_name("pg-forward", config->file, unit);
		snprintf(mend, sizeof(mend),
			"install -m 600 /dev/stdin %s && systemctl restart %s", secret,
			unit);
	}
	checklist_fail(way->list, mend, "API key: the listener refuses it (%d)", status);
}

static void check_answer(const struct way *way, const struct http_result *result)
{
	struct answer answer = { .status = result->status, .html = result->html };
	const char *colon = *result->text ? ": " : "";

	switch (verdict_of(&answer)) {
	case VERDICT_DELIVERED:
	case VERDICT_REJECT: /* the body is refused: the key was not */
		checklist_ok(way->list, "API key: the listener accepts it (%d)",
			result->status);
		break;
	case VERDICT_ENDPOINT:
		if (result->status == 401 || result->status == 403)
			fail_key(way, result->status);
		else
			checklist_fail(way->list,
				"correct listener.url: host, port and path",
				"answer: wrong address (%d)", result->status);
		break;
	default:
		checklist_fail(way->list,
			"look into the listener's log; is it a web page or a proxy that "
			"answers?",
			"answer: %d%s%s", result->status, colon, result->text);
	}
}

static void check_clock(const struct way *way, const struct http_trace *trace)
{
	static const char mend[] = "timedatectl set-ntp true";
	double skew_s;

	if (!trace_skew_s(trace, &skew_s))
		return;
	if (fabs(skew_s) <= SKEW_WARN_S)
		checklist_ok(way->list, "clock: agrees with the listener's");
	else if (fabs(skew_s) <= SKEW_FAIL_S)
		checklist_warn(way->list, mend, "clock: %.0f s %s the listener's",
			fabs(skew_s), skew_s > 0 ? "ahead of" : "behind");
	else
		checklist_fail(way->list, mend, "clock: %.0f s %s the listener's",
			fabs(skew_s), skew_s > 0 ? "ahead of" : "behind");
}

static void judge(const struct way *way, const struct http_trace *trace,
	const struct http_result *result)
{
	enum trace_stage stage =
		trace_stage(trace, result->status, way->tls, way->first == &way->proxy);
	char mend[128];

	check_name(way, stage > TRACE_LOOKUP, result->text);
	if (stage > TRACE_LOOKUP)
		check_connection(way, trace, stage > TRACE_CONNECT, result->text);
	if (stage == TRACE_PROXY)
		checklist_fail(way->list,
			"correct listener.proxy, or let the proxy connect to the listener",
			"proxy: %s", result->text);
	if (stage == TRACE_TLS)
		fail_certificate(way, trace, result->text);
	if (stage > TRACE_TLS && way->tls)
		check_certificate(way, trace);
	if (stage == TRACE_ANSWER) {
		snprintf(mend, sizeof(mend),
			"look into the listener's log, or raise listener.timeout_s (%d)",
			way->config->listener_timeout_s);
		checklist_fail(way->list, mend, "answer: none: %s", result->text);
	}
	if (stage == TRACE_DONE && way->has_key)
		check_answer(way, result);
	if (stage == TRACE_DONE)
		check_clock(way, trace);
}

static int exchange(struct http *http, double timeout_s, struct http_result *ret)
{
	double until = clock_s() + timeout_s + 1;
	struct err err;

	/* Not a payload: a listener that checks the key first and the body then stores nothing. */
	if (http_post(http, "test", "{}", 2, NULL, NULL, &err) < 0)
		return -1;
	while (clock_s() < until) {
		if (http_wait(http, NULL, 0, 0.2, &err) < 0)
			return -1;
		if (http_next_result(http, ret))
			return 0;
	}
	return -1;
}

void check_listener(struct checklist *list, const struct config *config, const char *key)
{
	struct way way = { .config = config, .list = list, .has_key = key != NULL };
	struct http_trace trace = { 0 };
	struct http_result result;
	struct http *http = NULL;
	struct err err;

	find_way(&way);
	check_address(&way);
	/* Without one there is still the way to be looked at, up to the answer. */
	if (http_open(config, key ? key : "", &http, &err) < 0) {
		checklist_fail(list, NULL, "%s", err.msg);
		return;
	}
	http_set_trace(http, &trace);
	if (exchange(http, config->listener_timeout_s, &result) < 0)
		checklist_fail(list, "look into the listener's log",
			"answer: none within %d s", config->listener_timeout_s);
	else
		judge(&way, &trace, &result);
	http_close(http);
}
