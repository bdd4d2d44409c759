"""The older name of `triton_runner.color_print`."""

from ..color_print import (blue_print, check_dump_tensor_dtype, get_project_name, print_triton_cache_dir, red_print,
                           warning_dump_mode_ssa_and_op, yellow_print)

__all__ = ["blue_print", "check_dump_tensor_dtype", "get_project_name", "print_triton_cache_dir", "red_print",
           "warning_dump_mode_ssa_and_op", "yellow_print"]
