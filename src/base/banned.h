/* Makes a call of a function that invites overruns or hides errors a compile error that names it. Every source file
 * is compiled with this header first (-include, see the top meson.build). */
#ifndef TR_BASE_BANNED_H
#define TR_BASE_BANNED_H

/* Their declarations must not see the macros. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TR_BANNED(function) sorry_##function##_is_a_banned_function

/* Write past the end of the buffer, or leave text without its terminator: tr_text, snprintf, memcpy. */
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf
#define strcpy(...) TR_BANNED(strcpy)
#define strcat(...) TR_BANNED(strcat)
#define strncpy(...) TR_BANNED(strncpy)
#define strncat(...) TR_BANNED(strncat)
#define sprintf(...) TR_BANNED(sprintf)
#define vsprintf(...) TR_BANNED(vsprintf)

/* Keeps its place in a global: strtok_r, tr_str. */
#undef strtok
#define strtok(...) TR_BANNED(strtok)

/* Can't tell "0" from an error: strtol and its family. */
#undef atoi
#undef atol
#undef atoll
#undef atof
#define atoi(...) TR_BANNED(atoi)
#define atol(...) TR_BANNED(atol)
#define atoll(...) TR_BANNED(atoll)
#define atof(...) TR_BANNED(atof)

#endif
