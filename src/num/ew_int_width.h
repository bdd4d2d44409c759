/* The integer functions at one width; included by ew_int.c once a width, with
 *   S, U   the signed and unsigned type        X  the suffix of the names
 *   W      the unsigned type arithmetic is done in (at least 32 bits, so that no promotion makes it signed)
 *   BITS   the width
 * and integer_division.h's functions div_s, div_u for S and U.
 */
#define NAME_(name, suffix) name##_##suffix
#define NAME__(name, suffix) NAME_(name, suffix)
#define NAME(name) NAME__(name, X)

#define UNARY(name, ...) RUN_UNARY(NAME(name), S, S, __VA_ARGS__)
#define BINARY(name, ...) RUN_BINARY(NAME(name), S, S, __VA_ARGS__)
#define COMPARE(name, A, op) RUN_BINARY(NAME(name), uint8_t, A, a op b)

/* Quotient toward zero and the remainder it leaves. Division by zero: quotient all ones, remainder a. */
#define DIVIDE(name, ...)                                                                                              \
    static inline S NAME(name##_body)(S a, S b)                                                                        \
    {                                                                                                                  \
        const S q = NAME(div_s)(a, b);                                                                                 \
        const S r = (S)((W)a - (W)q * (W)b);                                                                           \
        const S one = r != 0;                                                                                          \
        (void)one;                                                                                                     \
        return (S)(__VA_ARGS__);                                                                                       \
    }
#define DIVIDE_U(name, ...)                                                                                            \
    static inline S NAME(name##_body)(S sa, S sb)                                                                      \
    {                                                                                                                  \
        const U a = (U)sa, b = (U)sb;                                                                                  \
        const U q = NAME(div_u)(a, b);                                                                                 \
        const U r = (U)((W)a - (W)q * (W)b);                                                                           \
        (void)r;                                                                                                       \
        return (S)(__VA_ARGS__);                                                                                       \
    }
#if BITS == 64
#define DIVIDE_LOOP(name) RUN_BINARY_SCALAR(NAME(name), S, S, NAME(name##_body)(a, b))
#else
#define DIVIDE_LOOP(name) RUN_BINARY(NAME(name), S, S, NAME(name##_body)(a, b))
#endif

/* clang-format off */
BINARY(ADDI, (W)a + (W)b)
BINARY(SUBI, (W)a - (W)b)
BINARY(MULI, (W)a * (W)b)

DIVIDE(DIVSI, q)
DIVIDE(REMSI, r)
DIVIDE(CEILDIVSI, b == 0 ? q : q + ((r < 0) == (b < 0) ? one : 0))
DIVIDE(FLOORDIVSI, b == 0 ? q : q - ((r < 0) != (b < 0) ? one : 0))
DIVIDE_U(DIVUI, q)
DIVIDE_U(REMUI, r)
DIVIDE_U(CEILDIVUI, b == 0 ? q : q + (U)(r != 0))
DIVIDE_LOOP(DIVSI)
DIVIDE_LOOP(REMSI)
DIVIDE_LOOP(CEILDIVSI)
DIVIDE_LOOP(FLOORDIVSI)
DIVIDE_LOOP(DIVUI)
DIVIDE_LOOP(REMUI)
DIVIDE_LOOP(CEILDIVUI)

/* a to the power of b. With a negative b it is 1 / a^-b: what division leaves of it. */
static inline S NAME(power)(S a, S b)
{
    if (b < 0) return a == 0 ? -1 : a == 1 ? 1 : a != -1 ? 0 : b & 1 ? -1 : 1;
    W result = 1, square = (W)a;
    for (U n = (U)b; n; n >>= 1, square *= square)
        if (n & 1) result *= square;
    return (S)result;
}
RUN_BINARY_SCALAR(NAME(POWSI), S, S, NAME(power)(a, b))

BINARY(ANDI, a & b)
BINARY(ORI, a | b)
BINARY(XORI, a ^ b)

BINARY(SHLI, (U)b < BITS ? (W)a << ((U)b & (BITS - 1)) : 0)
#if BITS < 32 /* vectors have no arithmetic shift of that width by a vector: a logical one of the flipped number */
BINARY(SHRSI, ((W)(U)(a ^ a >> (BITS - 1)) >> (((U)b < BITS ? b : BITS - 1) & (BITS - 1))) ^ (W)(a >> (BITS - 1)))
#else
BINARY(SHRSI, a >> ((U)b < BITS ? (U)b : BITS - 1))
#endif
BINARY(SHRUI, (U)b < BITS ? (W)(U)a >> ((U)b & (BITS - 1)) : 0)

BINARY(MAXSI, a > b ? a : b)
BINARY(MINSI, a < b ? a : b)
BINARY(MAXUI, (U)a > (U)b ? a : b)
BINARY(MINUI, (U)a < (U)b ? a : b)

#if BITS >= 32
#define ROWS(name, A, how, start, combined) REDUCE_IN_ANY_ORDER(NAME(rows_##name), S, A, how, start, combined, best)
ROWS(ADDI, U, +, 0, best + (U)x)
ROWS(MAXSI, S, max, row[0], x > best ? x : best)
ROWS(MINSI, S, min, row[0], x < best ? x : best)
ROWS(ANDI, S, &, -1, best & x)
ROWS(ORI, S, |, 0, best | x)
ROWS(XORI, S, ^, 0, best ^ x)
#undef ROWS
#endif

BINARY(MULHIUI, NAME(mulhi_u)((U)a, (U)b))
BINARY(MULHISI, NAME(mulhi_s)(a, b))
UNARY(ABSI, a < 0 ? 0 - (W)a : (W)a)

/* Bits are counted in the number itself: a vector form for every instruction set. */
UNARY(CTPOP, NAME(popcount)((U)a))
UNARY(CTLZ, BITS - NAME(popcount)(NAME(smear)((U)a)))
UNARY(CTTZ, NAME(popcount)((U)(~(W)a & ((W)a - 1))))

COMPARE(CMPI_EQ, S, ==)
COMPARE(CMPI_NE, S, !=)
COMPARE(CMPI_SLT, S, <)
COMPARE(CMPI_SLE, S, <=)
COMPARE(CMPI_SGT, S, >)
COMPARE(CMPI_SGE, S, >=)
COMPARE(CMPI_ULT, U, <)
COMPARE(CMPI_ULE, U, <=)
COMPARE(CMPI_UGT, U, >)
COMPARE(CMPI_UGE, U, >=)
/* clang-format on */

#undef UNARY
#undef BINARY
#undef COMPARE
#undef DIVIDE
#undef DIVIDE_U
#undef DIVIDE_LOOP
#undef NAME
#undef NAME_
#undef NAME__
#undef S
#undef U
#undef W
#undef X
#undef BITS
