/* Plain C loops that do what some workloads of workloads.py do: what the machine does without an interpreter. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>

void add(size_t n, const float *restrict x, const float *restrict y, float *restrict out);
void chain(size_t n, const float *restrict x, const float *restrict y, float *restrict out);
void lcg(int32_t steps, int32_t *out);
void collatz(int32_t steps, int32_t *out);

void add(size_t n, const float *restrict x, const float *restrict y, float *restrict out)
{
    for (size_t i = 0; i < n; i++) out[i] = x[i] + y[i];
}

void chain(size_t n, const float *restrict x, const float *restrict y, float *restrict out)
{
    for (size_t i = 0; i < n; i++) {
        float value = x[i];
        for (int round = 0; round < 4; round++) {
            value = value * y[i] + x[i];
            value = value > y[i] ? value : y[i];
            value = fabsf(value - x[i]);
        }
        out[i] = value;
    }
}

void lcg(int32_t steps, int32_t *out)
{
    uint32_t state = 1, mixed = 0;
    for (int32_t i = 0; i < steps; i++) {
        state = state * 1664525u + 1013904223u;
        mixed ^= state;
    }
    *out = (int32_t)mixed;
}

void collatz(int32_t steps, int32_t *out)
{
    int32_t start = 1, value = 1;
    for (int32_t done = 0; done < steps; done++) {
        if (value == 1) {
            value = ++start;
        } else if (value % 2 == 0) {
            value /= 2;
        } else {
            value = 3 * value + 1;
        }
    }
    out[0] = start;
    out[1] = value;
}
