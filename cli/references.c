/* What the example kernels should compute, written from their descriptions, in double precision and in the plainest
 * way: no blocks, no running maxima, no masks. Nothing here is shared with the engines.
 */
#include "demo.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- parameters by name */

static demo_param *find(const demo_case *c, const char *name)
{
    for (int32_t i = 0; i < c->count; i++) {
        if (strcmp(c->params[i].name, name) == 0) return &c->params[i];
    }
    return NULL;
}

static const double *input(const demo_case *c, const char *name)
{
    return find(c, name)->before.data;
}

static double *output(const demo_case *c, const char *name)
{
    return find(c, name)->expected.data;
}

static double number(const demo_case *c, const char *name)
{
    return find(c, name)->number;
}

static int64_t integer(const demo_case *c, const char *name)
{
    return (int64_t)number(c, name);
}

/* A stride that a kernel may do without. */
static int64_t integer_or(const demo_case *c, const char *name, int64_t otherwise)
{
    return find(c, name) ? integer(c, name) : otherwise;
}

static int64_t rows_of(const demo_case *c, const char *name)
{
    return find(c, name)->shape[0];
}

/* ---------------------------------------------------------------- the references */

static void reference_vector_add(const demo_case *c)
{
    const double *x = input(c, "x"), *y = input(c, "y");
    double *out = output(c, "out");
    /* Of two f32, the f64 sum rounded to f32 is the f32 sum: there is no second rounding to see. */
    for (int64_t i = 0; i < integer(c, "n"); i++) out[i] = (float)(x[i] + y[i]);
}

/* log(sum(exp(row))) and, if asked for, its terms. */
static double log_sum_exp(const double *row, int64_t n)
{
    double most = row[0], sum = 0;
    for (int64_t i = 1; i < n; i++) most = fmax(most, row[i]);
    for (int64_t i = 0; i < n; i++) sum += exp(row[i] - most);
    return most + log(sum);
}

static void reference_softmax(const demo_case *c)
{
    int64_t n = integer(c, "n_cols");
    for (int64_t row = 0; row < rows_of(c, "x"); row++) {
        const double *x = input(c, "x") + row * integer(c, "x_row_stride");
        double *out = output(c, "out") + row * integer(c, "out_row_stride"), lse = log_sum_exp(x, n);
        for (int64_t i = 0; i < n; i++) out[i] = exp(x[i] - lse);
    }
}

static void reference_layer_norm(const demo_case *c)
{
    const double *weight = input(c, "weight"), *bias = input(c, "bias");
    int64_t n = integer(c, "n_cols"), stride = integer(c, "row_stride");
    for (int64_t row = 0; row < rows_of(c, "x"); row++) {
        const double *x = input(c, "x") + row * stride;
        double *out = output(c, "out") + row * stride, mean = 0, variance = 0;
        for (int64_t i = 0; i < n; i++) mean += x[i] / (double)n;
        for (int64_t i = 0; i < n; i++) variance += (x[i] - mean) * (x[i] - mean) / (double)n;
        double rstd = 1 / sqrt(variance + number(c, "eps"));
        for (int64_t i = 0; i < n; i++) out[i] = (x[i] - mean) * rstd * weight[i] + bias[i];
        output(c, "mean")[row] = mean;
        output(c, "rstd")[row] = rstd;
    }
}

/* c = a @ b, one row of c at a time. */
static void multiply(const double *a, const double *b, double *out, int64_t n, int64_t k, int64_t b_stride)
{
    for (int64_t j = 0; j < n; j++) out[j] = 0;
    for (int64_t i = 0; i < k; i++) {
        for (int64_t j = 0; j < n; j++) out[j] += a[i] * b[i * b_stride + j];
    }
}

static void reference_matmul(const demo_case *c)
{
    int64_t m = integer(c, "M"), n = integer(c, "N"), k = integer(c, "K");
    int64_t a_stride = integer_or(c, "a_row_stride", k), b_stride = integer_or(c, "b_row_stride", n);
    int64_t c_stride = integer_or(c, "c_row_stride", n);
    for (int64_t row = 0; row < m; row++) {
        multiply(input(c, "a") + row * a_stride, input(c, "b"), output(c, "c") + row * c_stride, n, k, b_stride);
    }
}

/* Eight weights of 4 bits, minus 8, in each word; a scale for each column and 32 rows of the weights. */
static void reference_int4_matmul(const demo_case *c)
{
    int64_t m = integer(c, "M"), n = integer(c, "N"), k = integer(c, "K"), groups = rows_of(c, "scales");
    int64_t rows_of_group = 32;
    while (rows_of_group * groups < k) rows_of_group *= 2;
    double *weights = allocate((size_t)(k * n), sizeof(*weights));
    for (int64_t i = 0; i < k; i++) {
        for (int64_t j = 0; j < n; j++) {
            double word = input(c, "b")[i / 8 * integer(c, "b_row_stride") + j];
            uint32_t bits = (uint32_t)(int64_t)word;
            double scale = input(c, "scales")[i / rows_of_group * integer(c, "scales_row_stride") + j];
            weights[i * n + j] = ((double)(bits >> (4 * (i % 8)) & 15) - 8) * scale;
        }
    }
    for (int64_t row = 0; row < m; row++) {
        multiply(input(c, "a") + row * integer(c, "a_row_stride"), weights,
                 output(c, "c") + row * integer(c, "c_row_stride"), n, k, n);
    }
    free(weights);
}

/* For each head: softmax(scale * q @ k^T over the keys up to the query) @ v. */
static void reference_causal_attention(const demo_case *c)
{
    const demo_param *q = find(c, "q");
    int64_t heads = q->shape[0], context = q->shape[1], size = q->shape[2], stride = integer(c, "row_stride");
    double *scores = allocate((size_t)context, sizeof(*scores));
    for (int64_t head = 0; head < heads; head++) {
        int64_t base = head * integer(c, "head_stride");
        const double *queries = input(c, "q") + base, *keys = input(c, "k") + base, *values = input(c, "v") + base;
        for (int64_t row = 0; row < context; row++) {
            for (int64_t key = 0; key <= row; key++) {
                scores[key] = 0;
                for (int64_t i = 0; i < size; i++) scores[key] += queries[row * stride + i] * keys[key * stride + i];
                scores[key] *= number(c, "scale");
            }
            double lse = log_sum_exp(scores, row + 1);
            for (int64_t key = 0; key <= row; key++) scores[key] = exp(scores[key] - lse);
            multiply(scores, values, output(c, "out") + base + row * stride, size, row + 1, stride);
            output(c, "lse")[head * context + row] = lse;
        }
    }
    free(scores);
}

static void reference_cross_entropy(const demo_case *c)
{
    for (int64_t row = 0; row < rows_of(c, "logits"); row++) {
        const double *logits = input(c, "logits") + row * integer(c, "row_stride");
        int64_t target = (int64_t)input(c, "targets")[row];
        double lse = log_sum_exp(logits, integer(c, "n_cols"));
        output(c, "lse")[row] = lse;
        output(c, "loss")[row] = target == integer(c, "ignore_index") ? 0 : lse - logits[target];
    }
}

static void reference_argmax(const demo_case *c)
{
    for (int64_t row = 0; row < rows_of(c, "x"); row++) {
        const double *x = input(c, "x") + row * integer(c, "row_stride");
        int64_t best = 0;
        for (int64_t i = 1; i < integer(c, "n_cols"); i++) {
            if (x[i] > x[best]) best = i;
        }
        output(c, "values")[row] = x[best];
        output(c, "indices")[row] = (double)best;
    }
}

static void reference_transpose(const demo_case *c)
{
    for (int64_t row = 0; row < integer(c, "n_rows"); row++) {
        for (int64_t col = 0; col < integer(c, "n_cols"); col++) {
            output(c, "out")[col * integer(c, "out_row_stride") + row] = input(
                c, "x")[row * integer(c, "x_row_stride") + col];
        }
    }
}

static void reference_locked_sum(const demo_case *c)
{
    int64_t groups = integer(c, "n_groups"), n = integer(c, "n_cols");
    for (int64_t row = 0; row < rows_of(c, "x"); row++) {
        const double *x = input(c, "x") + row * integer(c, "row_stride");
        double *out = output(c, "out") + row % groups * n;
        for (int64_t i = 0; i < n; i++) out[i] += x[i];
        output(c, "counts")[row % groups] += 1;
    }
}

/* Philox-4x32-10 with the counter (offset, 0, 0, 0): Salmon et al., "Parallel random numbers: as easy as 1, 2, 3". */
static uint32_t philox(uint64_t seed, uint32_t offset)
{
    const uint32_t multiplier_a = 0xD2511F53, multiplier_b = 0xCD9E8D57, weyl_a = 0x9E3779B9, weyl_b = 0xBB67AE85;
    uint32_t counter[4] = { offset, 0, 0, 0 }, key[2] = { (uint32_t)seed, (uint32_t)(seed >> 32) };
    for (int round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)multiplier_a * counter[0], b = (uint64_t)multiplier_b * counter[2];
        const uint32_t next[4] = { (uint32_t)(b >> 32) ^ counter[1] ^ key[0], (uint32_t)b,
                                   (uint32_t)(a >> 32) ^ counter[3] ^ key[1], (uint32_t)a };
        memcpy(counter, next, sizeof(counter));
        key[0] += weyl_a;
        key[1] += weyl_b;
    }
    return counter[0];
}

/* tl.rand: the 31 lower bits as a float in [0, 1). Whether an element is kept hangs on the last bit, so in f32. */
static float uniform(uint32_t bits)
{
    int32_t x = (int32_t)bits;
    return (float)(x < 0 ? -x - 1 : x) * 4.6566127342e-10f;
}

static void reference_dropout(const demo_case *c)
{
    float p = (float)number(c, "p");
    for (int64_t i = 0; i < integer(c, "n"); i++) {
        bool keep = uniform(philox((uint64_t)integer(c, "seed"), (uint32_t)i)) > p;
        output(c, "out")[i] = keep ? input(c, "x")[i] / (1 - (double)p) : 0;
    }
}

/* ---------------------------------------------------------------- table */

typedef struct reference_row {
    const char *name;
    void (*compute)(const demo_case *c);
} reference_row;

static const reference_row references[] = {
#define REFERENCE(name) { #name, reference_##name },
#include "references.def"
};

tr_status demo_compute_reference(const demo_case *c, tr_error *error)
{
    for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++) {
        if (strcmp(references[i].name, c->reference) != 0) continue;
        references[i].compute(c);
        return TR_OK;
    }
    return fail(error, TR_UNSUPPORTED, "there is no reference '%s'", c->reference);
}
