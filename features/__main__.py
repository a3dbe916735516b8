"""Command line of the features: ``python -m features docs`` writes the reference of all features."""

import argparse
import sys
from pathlib import Path

from features.reference import reference

DEFAULT_PATH = Path("docs/features.md")


def main(arguments: list[str]) -> int:
    """Write, print or check the reference.

    Returns:
        The exit status: 1 when ``--check`` finds the file missing or out of date, else 0.
    """
    parser = argparse.ArgumentParser(prog="python -m features", description="Documentation of the features.")
    commands = parser.add_subparsers(dest="command", required=True)
    docs = commands.add_parser("docs", help="write the reference of all features, in Markdown")
    docs.add_argument("--path", type=Path, default=DEFAULT_PATH, help="the file, by default %(default)s")
    what = docs.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="write nothing; exit with 1 if the file is not current")
    what.add_argument("--print", action="store_true", help="write to the standard output instead")
    options = parser.parse_args(arguments)
    text = reference()
    if options.print:
        sys.stdout.write(text)
        return 0
    if not options.check:
        options.path.write_text(text, encoding="utf-8")
        return 0
    if options.path.is_file() and options.path.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{options.path} is not current. Run: python -m features docs --path {options.path}\n")
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except OSError as error:
        sys.stderr.write(f"features: {error}\n")
        sys.exit(2)
