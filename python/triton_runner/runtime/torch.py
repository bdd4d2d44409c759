"""The older name of `triton_runner.torch_utils`."""

from ..torch_utils import (get_active_torch_device, get_grid_dim, get_n_elements_with_grid, get_pad_n_elements,
                           pad_2d_to_block_shape)

__all__ = ["get_active_torch_device", "get_grid_dim", "get_n_elements_with_grid", "get_pad_n_elements",
           "pad_2d_to_block_shape"]
