/* Nothing to the compiler, since helper.py begins with an #if 0 and ends with its #endif; but a file that includes
 * this one is compiled again when helper.py changes. No guard: there is nothing to guard. */
#pragma GCC system_header /* else quotes in Python's comments are warned of */
#include "lower/helper.py"
