"""The messages, word for word."""

from types import SimpleNamespace

import pytest

from triton_runner import color_print


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in ("TRITON_RUNNER_PROD", "TRITON_RUNNER_PROD_TEST", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("print_it, color", [(color_print.blue_print, 94), (color_print.yellow_print, 93),
                                             (color_print.red_print, 91)])
def test_colors(capsys, monkeypatch, print_it, color):
    print_it("text")
    assert capsys.readouterr().out == f"\033[{color}mtext\033[0m\n"
    monkeypatch.setenv("NO_COLOR", "1")
    print_it("text")
    assert capsys.readouterr().out == "text\n"


def printed(capsys):
    """What was printed, without colours."""
    out = capsys.readouterr().out
    assert out == "" or (out.startswith("\033[") and out.endswith("\033[0m\n"))
    return out[5:-5]


def test_cache_messages(capsys):
    color_print.print_triton_cache_dir("/cache/KEY/kernel.json")
    assert printed(capsys) == "[Triton Runner] Triton kernel saved at /cache/KEY"
    color_print.print_triton_cache_dir("/cache/KEY/kernel.json", cache_hit=True)
    assert printed(capsys) == "[Triton Runner] Triton kernel cache hit and saved at /cache/KEY"
    color_print.print_triton_cache_dir(None)
    assert printed(capsys) == ""


@pytest.mark.parametrize("variable", ["TRITON_RUNNER_PROD", "TRITON_RUNNER_PROD_TEST"])
@pytest.mark.parametrize("value, silent", [("1", True), ("yes", True), ("", False), ("0", False), ("False", False),
                                           ("OFF", False), ("no", False)])
def test_production_mode_silences_them(capsys, monkeypatch, variable, value, silent):
    monkeypatch.setenv(variable, value)
    color_print.print_triton_cache_dir("/cache/KEY/kernel.json")
    assert (printed(capsys) == "") is silent


def test_dump_message(capsys):
    color_print.warning_dump_mode_ssa_and_op("%12", "tt.load", "loc(#loc5)", "64x32", None)
    assert printed(capsys) == "[Triton Runner] In dump mode, ssa=%12, op=tt.load, loc=loc(#loc5), size=64x32"
    color_print.warning_dump_mode_ssa_and_op("%12", "tt.load", "loc(#loc5)", "64x32", "#blocked")
    assert printed(capsys).endswith("size=64x32 with encoding=#blocked")


def test_dtype_warning(capsys):
    color_print.check_dump_tensor_dtype(SimpleNamespace(dtype="torch.bfloat16"))
    assert printed(capsys) == "Warning: tensor dtype is torch.bfloat16, not torch.float32!"
    for fine in ("torch.float32", "float32"):
        color_print.check_dump_tensor_dtype(SimpleNamespace(dtype=fine))
        assert printed(capsys) == ""
