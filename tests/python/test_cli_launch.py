"""triton-runner run: chosen programs, profiles, what kernels print, launches that never end."""

import pytest

from cli_helpers import ADD, add_text, fails, run, run_json, run_ok

# Every program stores its linear id + 1 at its place, and says so.
PLACES = """\
#loc = loc("places.py":3:1)
#loc1 = loc("places.py":4:1)
module {
  tt.func public @places(%out: !tt.ptr<i32>, %nx: i32, %ny: i32) {
    %c1 = arith.constant 1 : i32
    %x = tt.get_program_id x : i32 loc(#loc)
    %y = tt.get_program_id y : i32 loc(#loc)
    %z = tt.get_program_id z : i32 loc(#loc)
    %0 = arith.muli %z, %ny : i32 loc(#loc)
    %1 = arith.addi %0, %y : i32 loc(#loc)
    %2 = arith.muli %1, %nx : i32 loc(#loc)
    %3 = arith.addi %2, %x : i32 loc(#loc)
    %4 = arith.addi %3, %c1 : i32 loc(#loc)
    %5 = tt.addptr %out, %3 : !tt.ptr<i32>, i32 loc(#loc)
    tt.print "ran: " {hex = false, isSigned = array<i32: 1>} : %3 : i32 loc(#loc)
    tt.store %5, %4 : !tt.ptr<i32> loc(#loc1)
    tt.return
  }
}
"""

# Sums 0 to n - 1, in a loop on line 5.
LOOP = """\
#loc = loc("loop.py":2:1)
#loc1 = loc("loop.py":5:9)
module {
  tt.func public @loop(%out: !tt.ptr<i32>, %n: i32) {
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    %sum = scf.for %i = %c0 to %n step %c1 iter_args(%a = %c0) -> (i32)  : i32 {
      %b = arith.addi %a, %i : i32 loc(#loc1)
      scf.yield %b : i32 loc(#loc1)
    } loc(#loc)
    tt.store %out, %sum : !tt.ptr<i32> loc(#loc)
    tt.return
  }
}
"""

# Waits until *turn is 1, which nobody makes it.
DEADLOCK = """\
module {
  tt.func public @wait(%turn: !tt.ptr<i32>) {
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    %t = arith.constant true
    scf.while : () -> () {
      %now = tt.atomic_rmw add, acq_rel, gpu, %turn, %c0, %t : (!tt.ptr<i32>, i32, i1) -> i32
      %go = arith.cmpi ne, %now, %c1 : i32
      scf.condition(%go)
    } do {
      scf.yield
    }
    tt.return
  }
}
"""


@pytest.fixture
def places(tmp_path):
    path = tmp_path / "places.ttir"
    path.write_text(PLACES)
    return ["run", path, "--grid", "4,3,2", "--arg", "zeros:24", "--arg", "4", "--arg", "3"]


@pytest.mark.parametrize(
    "chosen, ids",
    [
        ("0,5-9", [0, 5, 6, 7, 8, 9]), ("23", [23]), ("(1,2,0);(3,0,1)", [9, 15]), ("0-23", range(24)),
        ("(1, 2, 0), 3 - 4 ; 7", [3, 4, 7, 9]), ("(3,2,1)", [23]),
    ],
)
def test_chosen_programs(places, chosen, ids):
    [row] = run_json(*places, "--programs", chosen, "--print", "out")["values"]
    assert [value - 1 for value in row["values"] if value] == list(ids)


@pytest.mark.parametrize("chosen, said", [("9,2", [9, 2]), ("(1,0,0);0", [1, 0]), ("3,3", [3, 3])])
def test_programs_run_in_the_order_given(places, chosen, said):
    lines = run(*places, "--threads", "1", "--programs", chosen).stderr.splitlines()
    assert [int(line.rsplit(" ", 1)[1]) for line in lines] == said


@pytest.mark.parametrize(
    "chosen, part",
    [
        ("24", "program 24 is not in the grid, which is 4x3x2: 0 to 23"), ("0-24", "program 24 is not in the grid"),
        ("(4,0,0)", "program (4, 0, 0) is not in the grid"), ("(0,0,2)", "program (0, 0, 2) is not in the grid"),
        ("5-3", "5-3 counts down"), ("", "can't be read from ''"), ("1,", "can't be read from ''"),
        ("1 2", "can't be read from '2'"), ("x", "can't be read from 'x'"), ("-1", "can't be read from '-1'"),
        ("(1,2)", "can't be read from ')'"), ("(1,2,0", "can't be read from ''"), ("1-", "can't be read from ''"),
        ("99999999999999999999", "can't be read"), ("0-9999999999", "is not in the grid"),
    ],
)
def test_programs_that_make_no_sense(places, chosen, part):
    fails(*places, f"--programs={chosen}", code=2, parts=part)


def test_too_many_programs(places):
    words = [*places[:2], "--grid", "2147483647,65535,65535", *places[4:]]
    for chosen in ("0-2147483646", "0-9000000000000000000,0-9000000000000000000", "0-16777215,0"):
        fails(*words, "--programs", chosen, code=2, parts="--programs lists more than 16777216 programs")


def test_a_grid_of_zero_with_programs(places):
    fails(*places[:2], "--grid", "0", *places[4:], "--programs", "0", code=2, parts="is 0 in x")


def test_what_a_kernel_prints_goes_to_stderr(places):
    result = run(*places, "--json")
    assert result.returncode == 0 and "ran:" not in result.stdout
    said = sorted(int(line.rsplit(" ", 1)[1]) for line in result.stderr.splitlines())
    assert said == list(range(24))
    assert len(run(*places, "--repeat", "5", "--warmup", "2").stderr.splitlines()) == 24, "of the first launch alone"


# ---------------------------------------------------------------- profile


def test_profile_by_line(tmp_path):
    (tmp_path / "loop.ttir").write_text(LOOP)
    words = ["run", tmp_path / "loop.ttir", "--grid", "2", "--arg", "zeros:1", "--arg", "5000"]
    profile = run_json(*words, "--profile")["profile"]
    assert "steps" not in profile
    lines = {(row["file"], row["line"]): row for row in profile["lines"]}
    assert {("loop.py", 2), ("loop.py", 5)} <= set(lines)
    assert lines[("loop.py", 5)]["count"] >= 2 * 5000
    assert sum(row["share"] for row in profile["lines"]) == pytest.approx(1)
    assert sum(row["time_ms"] for row in profile["lines"]) == pytest.approx(profile["time_ms"])
    times = [row["time_ms"] for row in profile["lines"]]
    assert times == sorted(times, reverse=True), "the slowest first"
    text = run_ok(*words, "--profile")
    assert "loop.py:5\n" in text and "share" in text and "no line\n" in text


def test_profile_by_step(tmp_path):
    (tmp_path / "loop.ttir").write_text(LOOP)
    words = ["run", tmp_path / "loop.ttir", "--grid", "2", "--arg", "zeros:1", "--arg", "5000", "--profile-steps"]
    report = run_json(*words, "--repeat", "2")
    steps = report["profile"]["steps"]
    assert [step["step"] for step in steps] == list(range(len(steps)))
    [store] = [step for step in steps if step["op"] == "tt.store"]
    assert store["count"] == 2, "one a program; launches that are timed are not profiled"
    assert (store["file"], store["line"]) == ("loop.py", 2)
    assert sum(step["time_ms"] for step in steps) == pytest.approx(report["profile"]["time_ms"])
    text = run_ok(*words)
    assert "tt.store" in text and "step" in text and "loop.py:5\n" in text


def test_profile_of_an_example():
    report = run_json("run", ADD, "--grid", "4", "--arg", "ones:4096", "--arg", "ones:4096", "--arg", "zeros:4096",
                      "--arg", "4096", "--profile")
    files = {row["file"] for row in report["profile"]["lines"]}
    assert "examples/kernels/vector_add.py" in files


def test_profile_of_chosen_programs(places):
    report = run_json(*places, "--programs", "3,5,7", "--profile-steps")
    [store] = [step for step in report["profile"]["steps"] if step["op"] == "tt.store"]
    assert store["count"] == 3 and store["line"] == 4


# ---------------------------------------------------------------- launches that never end


def test_a_deadlock_is_reported(tmp_path):
    (tmp_path / "wait.ttir").write_text(DEADLOCK)
    words = ["run", tmp_path / "wait.ttir", "--grid", "2", "--arg", "zeros:1"]
    fails(*words, code=3, parts=["deadlock", "program ("])
    assert run_json(*words, code=3)["error"]["status"] == "deadlock"


def test_the_time_limit_comes_before_the_deadlock(tmp_path):
    (tmp_path / "wait.ttir").write_text(DEADLOCK)
    report = run_json("run", tmp_path / "wait.ttir", "--grid", "2", "--arg", "zeros:1", "--timeout", "0.1", code=124)
    assert report["error"]["status"] == "timed out" and "0.1 s" in report["error"]["message"]


def test_a_time_limit_that_is_kept(tmp_path):
    (tmp_path / "add.ttir").write_text(add_text())
    run_ok("run", tmp_path / "add.ttir", "--grid", "1", "--arg", "ones:16", "--arg", "ones:16", "--arg", "zeros:16",
           "--arg", "16", "--timeout", "50")
