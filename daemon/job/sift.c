/* Stretches that shrink and grow; see the header. */
#include "job/sift.h"

#define SHRINK 8

void sift_init(struct sift *sift, size_t n, size_t first)
{
	*sift = (struct sift){ .n = n, .size = first ? first : n };
}

size_t sift_smaller(size_t rows)
{
	return rows > SHRINK ? rows / SHRINK : 1;
}

bool sift_next(struct sift *sift, size_t *ret_from, size_t *ret_n)
{
	if (sift->at == sift->n)
		return false;
	if (sift->size > sift->n - sift->at)
		sift->size = sift->n - sift->at;
	*ret_from = sift->at;
	*ret_n = sift->size;
	return true;
}

void sift_wrote(struct sift *sift)
{
	sift->at += sift->size;
	sift->wrote += sift->size;
	sift->size *= 2;
}

bool sift_failed(struct sift *sift)
{
	if (sift->size > 1) {
		sift->size = sift_smaller(sift->size);
		return false;
	}
	sift->at++;
	sift->bad++;
	return true;
}

void sift_stop(struct sift *sift)
{
	sift->n = sift->at;
}
