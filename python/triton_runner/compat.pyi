"""The names with their types; see compat.py."""

from typing import Optional

triton_version: Optional[str]
uni_triton_version: Optional[str]
is_tlx: bool
is_triton_v3_0: bool
is_triton_v3_1: bool
is_triton_v3_2: bool
is_triton_v3_3: bool
is_triton_v3_4: bool
is_triton_v3_5: bool
is_triton_v3_6: bool
is_triton_v3_7: bool
is_triton_v3_8: bool
is_triton_v3_9: bool
is_triton_geq_v3_1: bool
is_triton_geq_v3_2: bool
is_triton_geq_v3_3: bool
is_triton_geq_v3_4: bool
is_triton_geq_v3_5: bool
is_triton_geq_v3_6: bool
is_triton_geq_v3_7: bool
is_triton_geq_v3_8: bool
is_triton_geq_v3_9: bool
is_triton_leq_v3_1: bool
is_triton_leq_v3_2: bool
is_triton_leq_v3_3: bool
is_triton_leq_v3_4: bool
is_triton_leq_v3_5: bool
is_triton_leq_v3_6: bool
is_triton_leq_v3_7: bool
is_triton_leq_v3_8: bool
is_triton_leq_v3_9: bool

def triton_key() -> str: ...
def get_triton_cache_dir() -> str: ...
