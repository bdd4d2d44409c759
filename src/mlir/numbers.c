#include "mlir/numbers.h"

#include "mlir/parser.h"
#include "mlir/types.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

static const tr_float_format formats[] = {
    { "f64", 11, 52, 1023, true, true, false },
    { "f32", 8, 23, 127, true, true, false },
    { "tf32", 8, 10, 127, true, true, false },
    { "bf16", 8, 7, 127, true, true, false },
    { "f16", 5, 10, 15, true, true, false },
    { "f8E5M2", 5, 2, 15, true, true, false },
    /* 3.0 and 3.1 spell f8E4M3FN so: ops.def and docs/mlir.md say why the two are one here. */
    { "f8E4M3FN", 4, 3, 7, false, true, false },
    { "f8E4M3FNUZ", 4, 3, 7, false, true, false },
    { "f8E5M2FNUZ", 5, 2, 16, false, true, true },
    { "f8E4M3B11FNUZ", 4, 3, 11, false, true, true },
    { "f8E4M3", 4, 3, 7, true, true, false },
    { "f8E3M4", 3, 4, 3, true, true, false },
    { "f6E2M3FN", 2, 3, 1, false, false, false },
    { "f6E3M2FN", 3, 2, 3, false, false, false },
    { "f4E2M1FN", 2, 1, 1, false, false, false },
};

const tr_float_format *tr_float_format_of(const tr_type *type)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (tr_str_is(type->name, formats[i].name)) return &formats[i];
    }
    return NULL;
}

static uint64_t nan_bits(const tr_float_format *f, bool negative)
{
    uint64_t sign = negative ? (uint64_t)1 << (f->exponent_bits + f->mantissa_bits) : 0;
    if (f->unsigned_zero) return (uint64_t)1 << (f->exponent_bits + f->mantissa_bits);
    uint64_t exponent = (((uint64_t)1 << f->exponent_bits) - 1) << f->mantissa_bits;
    if (f->infinities) return sign | exponent | (uint64_t)1 << (f->mantissa_bits - 1);
    return sign | exponent | (((uint64_t)1 << f->mantissa_bits) - 1);
}

/* The largest finite value without its sign. */
static uint64_t largest_bits(const tr_float_format *f)
{
    uint64_t all = ((uint64_t)1 << (f->exponent_bits + f->mantissa_bits)) - 1;
    if (f->infinities) return all - ((uint64_t)1 << f->mantissa_bits);
    return f->nans && !f->unsigned_zero ? all - 1 : all;
}

uint64_t tr_float_to_bits(const tr_float_format *f, double value)
{
    uint64_t wide;
    memcpy(&wide, &value, sizeof(wide));
    bool negative = wide >> 63;
    uint64_t sign = negative ? (uint64_t)1 << (f->exponent_bits + f->mantissa_bits) : 0;
    if (f->mantissa_bits == 52) return wide;
    if (isnan(value)) return f->nans ? nan_bits(f, negative) : sign | largest_bits(f);

    /* The value as an integer of the format's smallest steps at its exponent, rounded by the hardware. */
    uint64_t bits = 0;
    if (value != 0 && !isinf(value)) {
        int exponent;
        double fraction = frexp(fabs(value), &exponent); /* in [0.5, 1) */
        int biased = exponent - 1 + f->bias;
        int drop = biased < 1 ? 1 - biased : 0;
        double scaled = drop > f->mantissa_bits + 2 ? 0.25 : ldexp(fraction, f->mantissa_bits + 1 - drop);
        uint64_t mantissa = (uint64_t)nearbyint(scaled);
        /* A mantissa that rounds up to the next power carries into the exponent by itself. */
        bits = drop ? mantissa : ((uint64_t)(biased - 1) << f->mantissa_bits) + mantissa;
    }
    if (isinf(value) || bits > largest_bits(f)) {
        if (f->infinities) return sign | (((uint64_t)1 << f->exponent_bits) - 1) << f->mantissa_bits;
        return f->nans ? nan_bits(f, negative) : sign | largest_bits(f);
    }
    if (bits == 0 && f->unsigned_zero) return 0;
    return sign | bits;
}

double tr_float_from_bits(const tr_float_format *f, uint64_t bits)
{
    int width = f->exponent_bits + f->mantissa_bits;
    bool negative = bits >> width & 1;
    uint64_t magnitude = bits & (((uint64_t)1 << width) - 1);
    if (f->mantissa_bits == 52) {
        double value;
        memcpy(&value, &bits, sizeof(value));
        return value;
    }
    if (magnitude > largest_bits(f) || (f->unsigned_zero && negative && magnitude == 0)) {
        bool infinite = f->infinities && (magnitude & (((uint64_t)1 << f->mantissa_bits) - 1)) == 0;
        return infinite ? (negative ? -HUGE_VAL : HUGE_VAL) : (double)NAN;
    }
    int exponent = (int)(magnitude >> f->mantissa_bits);
    double mantissa = (double)(magnitude & (((uint64_t)1 << f->mantissa_bits) - 1));
    double value = exponent ? ldexp(mantissa + ldexp(1, f->mantissa_bits), exponent - f->bias - f->mantissa_bits)
                            : ldexp(mantissa, 1 - f->bias - f->mantissa_bits);
    return negative ? -value : value;
}

/* ---------------------------------------------------------------- parsing */

/* Reads digits into 128 bits; false if they need more. */
static bool read_digits(tr_str text, unsigned __int128 *out)
{
    bool hex = text.size > 2 && text.data[1] == 'x';
    unsigned base = hex ? 16 : 10;
    unsigned __int128 value = 0;
    for (size_t i = hex ? 2 : 0; i < text.size; i++) {
        char c = text.data[i];
        unsigned digit = c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 32) - 'a' + 10);
        if (__builtin_mul_overflow(value, base, &value) || __builtin_add_overflow(value, digit, &value)) return false;
    }
    *out = value;
    return true;
}

static tr_status out_of_range(tr_parser *p, tr_token token, const tr_type *type)
{
    return tr_parse_fail(p, token.begin, "this number does not fit into %.*s", TR_STR_ARG(type->name));
}

tr_status tr_number_integer(tr_parser *p, tr_token token, bool negative, const tr_type *type, int64_t *out,
                            bool *out_wide)
{
    tr_str text = tr_text_of(p, token);
    unsigned __int128 magnitude;
    *out_wide = false;
    *out = 0;
    bool fits = read_digits(text, &magnitude);
    if (type->bits == 0 || (!fits && type->bits <= 128)) return out_of_range(p, token, type);
    if (fits && type->bits <= 128) {
        unsigned __int128 top = (unsigned __int128)1 << (type->bits - 1);
        if (magnitude > (negative ? top : top - 1 + top)) return out_of_range(p, token, type);
    }
    if (type->bits > 64) {
        /* What fits into 64 bits is kept: an i128 constant is a small number nearly always. */
        *out_wide = !fits || magnitude > (unsigned __int128)INT64_MAX;
        if (!*out_wide) *out = negative ? -(int64_t)magnitude : (int64_t)magnitude;
        return TR_OK;
    }
    uint64_t value = negative ? 0 - (uint64_t)magnitude : (uint64_t)magnitude;
    int shift = 64 - (int)type->bits;
    bool is_unsigned = type->name.size && type->name.data[0] == 'u';
    *out = is_unsigned ? (int64_t)(value << shift >> shift) : (int64_t)(value << shift) >> shift;
    if (type->bits == 1) *out = value & 1;
    return TR_OK;
}

/* The nearest double, whatever the locale of the process. */
static tr_status read_double(tr_parser *p, tr_token token, double *out)
{
    /* Digits of up to 2^53 and a power of ten of up to 10^22 are exact, so one operation rounds once. */
    static const double powers[] = { 1,    1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                     1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    tr_str text = tr_text_of(p, token);
    uint64_t digits = 0;
    int exponent = 0, written = 0;
    size_t i = 0;
    bool exact = true, point = false;
    for (; i < text.size; i++) {
        char c = text.data[i];
        if (c == '.') {
            point = true;
            continue;
        }
        if (c < '0' || c > '9') break;
        if (digits > (((uint64_t)1 << 53) - 10) / 10) {
            exact = false;
            break;
        }
        digits = digits * 10 + (uint64_t)(c - '0');
        exponent -= point;
    }
    if (exact && i < text.size) {
        i++;
        bool minus = text.data[i] == '-';
        if (text.data[i] == '-' || text.data[i] == '+') i++;
        for (; i < text.size && written < 1000; i++) written = written * 10 + (text.data[i] - '0');
        exponent += minus ? -written : written;
    }
    if (exact && exponent >= -22 && exponent <= 22) {
        *out = exponent < 0 ? (double)digits / powers[-exponent] : (double)digits * powers[exponent];
        return TR_OK;
    }
    if (!p->c_locale) {
        p->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
        if (!p->c_locale) return tr_parse_oom(p);
    }
    *out = strtod_l(text.data, NULL, p->c_locale);
    return TR_OK;
}

tr_status tr_number_float(tr_parser *p, tr_token token, bool negative, const tr_type *type, double *out,
                          uint64_t *out_bits)
{
    const tr_float_format *format = tr_float_format_of(type);
    tr_str text = tr_text_of(p, token);
    double value = 0;
    if (token.kind == TR_TOKEN_INTEGER) {
        /* An integer is the bit pattern, in hex only: `1 : f32` is nothing. */
        if (text.size < 3 || text.data[1] != 'x') {
            return tr_parse_fail(p, token.begin, "a decimal integer can't be %.*s: write 1.0 or the bits in hex",
                                 TR_STR_ARG(type->name));
        }
        if (negative) return tr_parse_fail(p, token.begin, "the bits of a float can't have a '-'");
        unsigned __int128 bits;
        bool fits = read_digits(text, &bits) && (type->bits == 128 || bits >> type->bits == 0);
        if (!fits) return out_of_range(p, token, type);
        *out_bits = (uint64_t)bits;
        *out = format ? tr_float_from_bits(format, *out_bits) : 0;
        return TR_OK;
    }
    TR_TRY(read_double(p, token, &value));
    if (negative) value = -value;
    *out_bits = format ? tr_float_to_bits(format, value) : 0;
    *out = format ? tr_float_from_bits(format, *out_bits) : value;
    return TR_OK;
}

/* ---------------------------------------------------------------- printing */

/* Digits of `text` ("-1.2345e+02") without trailing zeros, as LLVM writes a float when it looks for the shortest
 * form that is exact: plain where the exponent is small, else d.dddE+x. */
static void print_digits(const char *text, tr_text *out)
{
    char digits[40];
    int count = 0;
    const char *s = text;
    if (*s == '-') {
        tr_text_puts(out, "-");
        s++;
    }
    for (; *s && *s != 'e'; s++) {
        if (*s != '.' && count < 39) digits[count++] = *s;
    }
    int exponent = *s == 'e' ? (int)strtol(s + 1, NULL, 10) : 0;
    while (count > 1 && digits[count - 1] == '0') count--;
    digits[count] = '\0';
    /* The value is digits * 10^scale. */
    int scale = exponent - (count - 1);
    if (scale >= 0 ? scale <= 3 : exponent >= -3 || -scale <= count) {
        if (scale >= 0) {
            tr_text_printf(out, "%s", digits);
            for (int i = 0; i < scale; i++) tr_text_puts(out, "0");
        } else if (exponent >= 0) {
            tr_text_printf(out, "%.*s.%s", exponent + 1, digits, digits + exponent + 1);
        } else {
            tr_text_puts(out, "0.");
            for (int i = -1; i > exponent; i--) tr_text_puts(out, "0");
            tr_text_puts(out, digits);
        }
        return;
    }
    tr_text_printf(out, "%c.%s", digits[0], count > 1 ? digits + 1 : "0");
    tr_text_printf(out, "E%+d", exponent);
}

static bool same_bits(const tr_float_format *f, const char *text, uint64_t bits)
{
    return tr_float_to_bits(f, strtod(text, NULL)) == bits;
}

/* The decimal form, if one reads back as the same bits. */
static bool print_decimal(const tr_float_format *f, double real, uint64_t bits, tr_text *out)
{
    char text[64];
    snprintf(text, sizeof(text), "%.5e", real);
    if (same_bits(f, text, bits)) {
        /* Six significant digits are enough: MLIR writes a seventh, which is 0. */
        size_t exponent = strcspn(text, "e");
        tr_text_printf(out, "%.*s0%s", (int)exponent, text, text + exponent);
        return true;
    }
    int digits = 2 + (f->mantissa_bits + 1) * 59 / 196;
    snprintf(text, sizeof(text), "%.*e", digits - 1, real);
    tr_text plain = { 0 };
    print_digits(text, &plain);
    bool point = plain.data && !plain.failed && strchr(plain.data, '.');
    if (point) tr_text_puts(out, plain.data);
    tr_text_deinit(&plain);
    return point;
}

void tr_float_print(const tr_type *type, double real, uint64_t bits, tr_text *out)
{
    const tr_float_format *f = tr_float_format_of(type);
    if (f && isfinite(real)) {
        /* Whatever the locale of the process, the point is a '.'. In glibc the object of "C" is a constant. */
        locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
        if (!c_locale) {
            out->failed = true;
            return;
        }
        locale_t old = uselocale(c_locale);
        bool printed = print_decimal(f, real, bits, out);
        uselocale(old);
        freelocale(c_locale);
        if (printed) return;
    }
    tr_text_printf(out, "0x%0*llX", (int)(type->bits + 3) / 4, (unsigned long long)bits);
}
