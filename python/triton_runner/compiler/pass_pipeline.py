"""Passes of a stage, one by one. They come in a later version; the names are here."""

from typing import Any, Sequence

from ..later import later, refuse

_INSTEAD = "MLIR_ENABLE_DUMP=1 prints the IR around each pass, and an artifact can be edited and run from there"


class Pass:
    """Not there yet: one pass of the compiler."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        refuse("compiler.pass_pipeline.Pass", _INSTEAD)


class PassPipeline:
    """Not there yet: the passes of a stage, with `find_pass`, `run_from`, `run_all` and `get_pass_names`."""

    def __init__(self, stage: str, passes: Sequence[Pass]) -> None:
        refuse("compiler.pass_pipeline.PassPipeline", _INSTEAD)

    find_pass = later("compiler.pass_pipeline.PassPipeline.find_pass", _INSTEAD, "a pass by its name")
    run_from = later("compiler.pass_pipeline.PassPipeline.run_from", _INSTEAD, "runs a pass and those behind it")
    run_all = later("compiler.pass_pipeline.PassPipeline.run_all", _INSTEAD, "runs every pass")
    get_pass_names = later("compiler.pass_pipeline.PassPipeline.get_pass_names", _INSTEAD, "the names of the passes")


build_pipeline_for_stage = later("compiler.pass_pipeline.build_pipeline_for_stage", _INSTEAD, "the passes of a stage")
run_stage_pre_setup = later("compiler.pass_pipeline.run_stage_pre_setup", _INSTEAD, "what a stage does before its passes")
