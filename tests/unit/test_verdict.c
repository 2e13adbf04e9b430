/* links: forwarder/verdict.o */
#include "unit.h"

#include "forwarder/verdict.h"

enum { ANY, YES, NO };

/* The first row that matches tells what the contract says. */
static const struct {
	int from, to, html, compressed;
	enum verdict want;
} contract[] = {
	{ 200, 204, NO, ANY, VERDICT_DELIVERED },
	{ 200, 204, YES, ANY, VERDICT_FAILURE }, /* a captive portal */
	{ 300, 399, ANY, ANY, VERDICT_ENDPOINT },
	{ 401, 401, ANY, ANY, VERDICT_ENDPOINT },
	{ 403, 405, ANY, ANY, VERDICT_ENDPOINT }, { 407, 409, ANY, ANY, VERDICT_FAILURE },
	{ 421, 421, ANY, ANY, VERDICT_FAILURE }, { 425, 425, ANY, ANY, VERDICT_FAILURE },
	{ 431, 431, ANY, ANY, VERDICT_FAILURE }, { 429, 429, ANY, ANY, VERDICT_WAIT },
	{ 415, 415, ANY, YES, VERDICT_UNCOMPRESSED },
	{ 400, 499, ANY, ANY, VERDICT_REJECT },
	{ 0, 999, ANY, ANY, VERDICT_FAILURE }, /* none, 1xx, 205-299, 5xx, others */
};

static bool fits(int want, bool is)
{
	return want == ANY || (want == YES) == is;
}

static void every_status_means_what_the_contract_says(void **state)
{
	(void)state;
	for (int status = 0; status <= 999; status++) {
		for (int bits = 0; bits < 4; bits++) {
			struct answer answer = {
				.status = status, .html = bits & 1, .compressed = bits & 2
			};
			enum verdict is = verdict_of(&answer);
			size_t i = 0;

			while (status < contract[i].from || status > contract[i].to ||
				!fits(contract[i].html, answer.html) ||
				!fits(contract[i].compressed, answer.compressed))
				i++;
			if (is != contract[i].want)
				fail_msg("%d%s%s: verdict %d instead of %d", status,
					answer.html ? ", html" : "",
					answer.compressed ? ", compressed" : "", (int)is,
					(int)contract[i].want);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_status_means_what_the_contract_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
