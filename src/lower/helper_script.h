/* The text of helper.py, carried inside the library. */
#ifndef TR_LOWER_HELPER_SCRIPT_H
#define TR_LOWER_HELPER_SCRIPT_H

extern const char tr_helper_script[], tr_helper_script_end[];

#endif
