/* backoff: doubling delays with jitter.
 *
 * The random source is xorshift64*, not cryptographic: it only has to differ between processes.
 */
#include "util/backoff.h"

#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static uint64_t random_seed(void)
{
	uint64_t seed = 0;
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) == (ssize_t)sizeof(seed) && seed != 0)
		return seed;
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now); /* early boot: the entropy pool is not ready */
	seed = (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec << 16 ^ (uint64_t)getpid();
	return seed | 1;
}

/* In [0, 1). */
static double random_fraction(void)
{
	static uint64_t state;
	if (state == 0)
		state = random_seed();
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (double)(state * UINT64_C(0x2545F4914F6CDD1D) >> 11) * 0x1p-53;
}

void backoff_init(struct backoff *backoff, double first, double limit)
{
	*backoff = (struct backoff){ .first = first < limit ? first : limit, .limit = limit };
}

double backoff_fail(struct backoff *backoff)
{
	double delay = backoff->next > 0 ? backoff->next : backoff->first;
	backoff->next = delay * 2 < backoff->limit ? delay * 2 : backoff->limit;
	return delay / 2 + random_fraction() * delay / 2;
}

void backoff_reset(struct backoff *backoff)
{
	backoff->next = 0;
}
