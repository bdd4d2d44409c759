/* cmocka with the headers it needs, and checks that say more than its own. */
#ifndef TR_TESTS_CHECK_H
#define TR_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/status.h"

/* The status is TR_OK; if not, prints the error. */
#define check_ok(status, error) check_ok_(status, error, __FILE__, __LINE__)

static inline void check_ok_(tr_status status, const tr_error *error, const char *file, int line)
{
    if (status == TR_OK) return;
    char text[1600];
    tr_error_format(error, text, sizeof(text));
    print_error("%s: %s\n", tr_status_name(status), text);
    _fail(file, line);
}

/* The status is `expected` and the message contains `part`. */
#define check_fails(status, expected, error, part) check_fails_(status, expected, error, part, __FILE__, __LINE__)

static inline void check_fails_(tr_status status, tr_status expected, const tr_error *error, const char *part,
                                const char *file, int line)
{
    _assert_int_equal((LargestIntegralType)status, (LargestIntegralType)expected, file, line);
    _assert_int_equal((LargestIntegralType)error->status, (LargestIntegralType)expected, file, line);
    if (strstr(error->message, part)) return;
    print_error("no \"%s\" in \"%s\"\n", part, error->message);
    _fail(file, line);
}

#endif
