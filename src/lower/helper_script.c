#include "lower/helper_script.h"

#include "lower/helper_watch.h"

/* The assembler looks for it where the compiler looks for headers. */
__asm__(".pushsection .rodata\n"
        ".globl tr_helper_script\n"
        ".hidden tr_helper_script\n"
        "tr_helper_script:\n"
        ".incbin \"lower/helper.py\"\n"
        ".globl tr_helper_script_end\n"
        ".hidden tr_helper_script_end\n"
        "tr_helper_script_end:\n"
        ".byte 0\n"
        ".popsection\n");
