"""Sums JUnit result files: prints "N passed, N failed, N skipped" and exits with 1 unless all passed.

Standard library only: it runs where the tests' own packages may have failed to install.
"""

import argparse
import sys
import xml.etree.ElementTree as ElementTree


def count(path):
    """(passed, failed, skipped) of one file."""
    passed = failed = skipped = 0
    for suite in ElementTree.parse(path).iter("testsuite"):
        total, bad, left_out = (
            int(suite.get("tests", 0)),
            int(suite.get("failures", 0)) + int(suite.get("errors", 0)),
            int(suite.get("skipped", 0)),
        )
        passed += max(total - bad - left_out, 0)
        failed += bad
        skipped += left_out
    return passed, failed, skipped


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--broken", type=int, default=0, help="suites that left no results: each counts as a failure")
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()

    totals = [0, args.broken, 0]
    for path in args.files:
        totals = [a + b for a, b in zip(totals, count(path))]
    passed, failed, skipped = totals
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
