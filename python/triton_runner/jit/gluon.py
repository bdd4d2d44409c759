"""triton_runner.jit.gluon.jit: the decorator of Gluon kernels, for Triton 3.4 and newer."""


def jit(fn=None, *, version=None, repr=None, launch_metadata=None, do_not_specialize=None,
        do_not_specialize_on_alignment=None, debug=None, noinline=None):
    """@gluon.jit, whose kernels also run from artifacts. The arguments are those of triton_runner.jit."""
    options = {"version": version, "repr": repr, "launch_metadata": launch_metadata,
               "do_not_specialize": do_not_specialize,
               "do_not_specialize_on_alignment": do_not_specialize_on_alignment, "debug": debug, "noinline": noinline}

    def decorate(function):
        from .function import make
        return make(function, gluon=True, **options)

    return decorate if fn is None else decorate(fn)
