/* Random numbers by counter: element i of a stream depends on the seed and i alone, so arrays are the same on every
 * machine and can be made in parts. Only exact operations and IEEE arithmetic are used, no math library.
 */
#ifndef TR_RUNNER_RANDOM_H
#define TR_RUNNER_RANDOM_H

#include <stdint.h>

/* 64 random bits (SplitMix64 at position `index` of the stream `seed`). */
uint64_t tr_random_bits(uint64_t seed, uint64_t index);

/* Uniform in [0, 1), a multiple of 2^-bits; bits is 1 to 53. */
double tr_random_uniform(uint64_t seed, uint64_t index, int bits);

/* Standard normal. */
double tr_random_normal(uint64_t seed, uint64_t index);

#endif
