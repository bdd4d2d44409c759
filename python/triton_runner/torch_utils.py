"""Small helpers around tensors. They take torch tensors and, where that makes sense, NumPy arrays; torch isn't needed."""

import math
from typing import Any, Sequence, Tuple, Union

Shape = Union[int, Sequence[int]]


def get_active_torch_device() -> Any:
    """The device to make tensors on: torch's current GPU, or its CPU; without torch "cpu", which NumPy 2 takes too."""
    try:
        import torch
    except ImportError:
        return "cpu"
    if torch.cuda.is_available():
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")


def get_grid_dim(shape: Shape, block_shape: Shape) -> Tuple[int, ...]:
    """How many blocks cover `shape`, a dimension each."""
    return tuple(-(-size // block) for size, block in _pairs(shape, block_shape))


def get_pad_n_elements(t: Any, block_shape: Shape) -> int:
    """How many elements `t` has once every dimension is padded to whole blocks."""
    return math.prod(-(-size // block) * block for size, block in _pairs(t.shape, block_shape))


def get_n_elements_with_grid(block_shape: Shape, grid: Shape) -> int:
    """How many elements the blocks of all programs of a grid have."""
    return math.prod(_tuple(block_shape)) * math.prod(_tuple(grid))


def pad_2d_to_block_shape(t: Any, block_shape: Sequence[int]) -> Any:
    """A float32 copy of a matrix with zeros below and to the right of it, so that whole blocks cover it."""
    rows, cols = t.shape
    padded = tuple(-(-size // block) * block for size, block in _pairs((rows, cols), block_shape))
    if type(t).__module__.partition(".")[0] == "torch" or hasattr(t, "new_zeros"):
        out = t.new_zeros(padded, dtype=_torch_float32())
    else:
        import numpy
        out = numpy.zeros(padded, dtype=numpy.float32)
    out[:rows, :cols] = t
    return out


def _torch_float32() -> Any:
    import torch
    return torch.float32


def _tuple(shape: Shape) -> Tuple[int, ...]:
    return (int(shape),) if hasattr(shape, "__index__") else tuple(int(size) for size in shape)


def _pairs(shape: Shape, block_shape: Shape) -> "zip[Tuple[int, int]]":
    shape, block_shape = _tuple(shape), _tuple(block_shape)
    if len(shape) != len(block_shape):
        raise ValueError(f"shape {shape} and block_shape {block_shape} differ in their number of dimensions")
    return zip(shape, block_shape)
