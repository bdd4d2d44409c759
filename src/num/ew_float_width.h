/* The float functions that need no approximation, in f32 or f64; included by ew_float.c once a width, with
 *   T the type, B and I the unsigned and signed type of its bits, X the suffix of names,
 *   SIGN, INF the sign bit and the bits of infinity, NO_FRACTION the power of two from which on there is no fraction
 * and bits(), from_bits(), canonical(), fused() for the type.
 *
 * Results of arithmetic that are NaN become the canonical NaN, which makes the bits independent of the operand order
 * that a compiler happens to choose.
 */
#define NAME_(name, suffix) name##_##suffix
#define NAME__(name, suffix) NAME_(name, suffix)
#define NAME(name) NAME__(name, X)

#define UNARY(name, ...) RUN_UNARY(NAME(name), T, T, __VA_ARGS__)
#define BINARY(name, ...) RUN_BINARY(NAME(name), T, T, __VA_ARGS__)
#define TERNARY(name, ...) RUN_TERNARY(NAME(name), T, T, __VA_ARGS__)
#define COMPARE(name, ...) RUN_BINARY(NAME(name), uint8_t, T, __VA_ARGS__)
#define TEST(name, ...) RUN_UNARY(NAME(name), uint8_t, T, __VA_ARGS__)

#define BITS_OF NAME(bits)
#define OF_BITS NAME(of_bits)
#define CANONICAL NAME(canonical)

/* +0 > -0: of equal numbers only zeros differ, and only in the sign. */
static inline T NAME(max_ordered)(T a, T b)
{
    const T larger = a > b ? a : b; /* b if one is a NaN */
    return a == b ? OF_BITS(BITS_OF(a) & BITS_OF(b)) : larger;
}

static inline T NAME(min_ordered)(T a, T b)
{
    const T smaller = a < b ? a : b;
    return a == b ? OF_BITS(BITS_OF(a) | BITS_OF(b)) : smaller;
}

/* clang-format off */
static inline T NAME(maxnum)(T a, T b) { return CANONICAL(b != b ? a : NAME(max_ordered)(a, b)); }
static inline T NAME(minnum)(T a, T b) { return CANONICAL(b != b ? a : NAME(min_ordered)(a, b)); }
static inline T NAME(maximum)(T a, T b) { return CANONICAL(a != a ? a : NAME(max_ordered)(a, b)); }
static inline T NAME(minimum)(T a, T b) { return CANONICAL(a != a ? a : NAME(min_ordered)(a, b)); }

static inline T NAME(magnitude)(T a) { return OF_BITS(BITS_OF(a) & ~SIGN); }
/* clang-format on */

static inline T NAME(with_sign_of)(T magnitude, T sign)
{
    return OF_BITS((BITS_OF(magnitude) & ~SIGN) | (BITS_OF(sign) & SIGN));
}

/* Nearest integer to a, which is not negative, ties to even: the FPU rounds where an ulp is 1. */
static inline T NAME(nearest)(T a)
{
    return a < NO_FRACTION ? (a + NO_FRACTION) - NO_FRACTION : a;
}

static inline T NAME(roundeven_body)(T a)
{
    return NAME(with_sign_of)(NAME(nearest)(NAME(magnitude)(a)), a);
}

static inline T NAME(floor_body)(T a)
{
    const T r = NAME(roundeven_body)(a);
    return NAME(with_sign_of)(r > a ? r - 1 : r, a);
}

static inline T NAME(ceil_body)(T a)
{
    const T r = NAME(roundeven_body)(a);
    return NAME(with_sign_of)(r < a ? r + 1 : r, a);
}

static inline T NAME(trunc_body)(T a)
{
    const T m = NAME(magnitude)(a);
    const T r = NAME(nearest)(m);
    return NAME(with_sign_of)(r > m ? r - 1 : r, a);
}

static inline T NAME(round_body)(T a)
{
    const T m = NAME(magnitude)(a);
    const T r = NAME(nearest)(m);
    return NAME(with_sign_of)(m - r == (T)0.5 ? r + 1 : r, a);
}

/* clang-format off */
BINARY(ADDF, CANONICAL(a + b))
BINARY(SUBF, CANONICAL(a - b))
BINARY(MULF, CANONICAL(a * b))
BINARY(DIVF, CANONICAL(a / b))
BINARY(MAXNUMF, NAME(maxnum)(a, b))
BINARY(MINNUMF, NAME(minnum)(a, b))
BINARY(MAXIMUMF, NAME(maximum)(a, b))
BINARY(MINIMUMF, NAME(minimum)(a, b))
UNARY(NEGF, OF_BITS(BITS_OF(a) ^ SIGN))
UNARY(ABSF, NAME(magnitude)(a))
BINARY(COPYSIGN, NAME(with_sign_of)(a, b))
UNARY(SQRT, CANONICAL(NAME(square_root)(a)))
TERNARY(CLAMPF, NAME(minnum)(NAME(maxnum)(a, b), c))
TERNARY(CLAMPF_NAN, NAME(minimum)(NAME(maximum)(a, b), c))
FUSED(NAME(FMA), T, T, CANONICAL(NAME(fused)(a, b, c)))

UNARY(FLOOR, CANONICAL(NAME(floor_body)(a)))
UNARY(CEIL, CANONICAL(NAME(ceil_body)(a)))
UNARY(TRUNC, CANONICAL(NAME(trunc_body)(a)))
UNARY(ROUND, CANONICAL(NAME(round_body)(a)))
UNARY(ROUNDEVEN, CANONICAL(NAME(roundeven_body)(a)))

COMPARE(CMPF_FALSE, ((void)a, (void)b, 0))
COMPARE(CMPF_OEQ, a == b)
COMPARE(CMPF_OGT, a > b)
COMPARE(CMPF_OGE, a >= b)
COMPARE(CMPF_OLT, a < b)
COMPARE(CMPF_OLE, a <= b)
COMPARE(CMPF_ONE, (a < b) | (a > b))
COMPARE(CMPF_ORD, (a == a) & (b == b))
COMPARE(CMPF_UEQ, !((a < b) | (a > b)))
COMPARE(CMPF_UGT, !(a <= b))
COMPARE(CMPF_UGE, !(a < b))
COMPARE(CMPF_ULT, !(a >= b))
COMPARE(CMPF_ULE, !(a > b))
COMPARE(CMPF_UNE, a != b)
COMPARE(CMPF_UNO, (a != a) | (b != b))
COMPARE(CMPF_TRUE, ((void)a, (void)b, 1))

TEST(ISNAN, a != a)
TEST(ISINF, (BITS_OF(a) & ~SIGN) == INF)
TEST(ISFINITE, (BITS_OF(a) & ~SIGN) < INF)

static inline T NAME(sum)(T a, T b) { return CANONICAL(a + b); }
REDUCE_IN_TREE(NAME(rows_ADDF), NAME(lanes_ADDF), T, NAME(sum))

/* Integers in the order of the numbers, -0 before +0; and back. NaNs have those beyond the infinities: `nan` stands for
 * them all, the least or the greatest number. */
static inline I NAME(rank)(T a, I nan)
{
    const I bits = (I)BITS_OF(a);
    return a == a ? bits ^ ((bits >> (sizeof(I) * 8 - 1)) & (I)~SIGN) : nan;
}
static inline T NAME(of_rank)(I rank)
{
    return CANONICAL(OF_BITS((B)(rank ^ ((rank >> (sizeof(I) * 8 - 1)) & (I)~SIGN))));
}
#define LEAST ((I)SIGN)
#define GREATEST ((I)~SIGN)
#define LARGEST(name, nan)                                                                                             \
    REDUCE_IN_ANY_ORDER(NAME(rows_##name), T, I, max, LEAST, (NAME(rank)(x, nan) > best ? NAME(rank)(x, nan) : best),  \
                        NAME(of_rank)(best))
#define SMALLEST(name, nan)                                                                                            \
    REDUCE_IN_ANY_ORDER(NAME(rows_##name), T, I, min, GREATEST,                                                        \
                        (NAME(rank)(x, nan) < best ? NAME(rank)(x, nan) : best), NAME(of_rank)(best))
LARGEST(MAXNUMF, LEAST)
LARGEST(MAXIMUMF, GREATEST)
SMALLEST(MINNUMF, GREATEST)
SMALLEST(MINIMUMF, LEAST)
#undef LEAST
#undef GREATEST
#undef LARGEST
#undef SMALLEST
/* clang-format on */

#undef UNARY
#undef BINARY
#undef TERNARY
#undef COMPARE
#undef TEST
#undef FUSED
#undef BITS_OF
#undef OF_BITS
#undef CANONICAL
#undef NAME
#undef NAME_
#undef NAME__
#undef T
#undef B
#undef I
#undef X
#undef SIGN
#undef INF
#undef NO_FRACTION
