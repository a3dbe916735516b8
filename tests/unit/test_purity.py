"""What is pure reads no clock, environment or file, and draws nothing by chance.

Import contracts forbid modules. This looks for names that need no forbidden import, such as ``date.today``, in the pure
packages and in all of this project that they import.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ("features", "forecast", "models", "scoring")
PURE = ("features", "forecast", "scoring.decisions", "scoring.sources.bank_lines", "scoring.sources.sevdesk.ledger")
COMMAND_LINES = frozenset({"features.__main__"})
"""Entry points inside of pure packages: they read and write files, and nothing imports them."""

FUNCTIONS = frozenset({"hash", "id", "input", "open", "print"})
"""Builtin functions; ``hash`` and ``id`` differ from process to process."""
ATTRIBUTES = frozenset(
    {
        *("now", "today", "utcnow", "monotonic", "perf_counter", "process_time", "time_ns"),
        *("environ", "getenv", "getpass", "urandom"),
        *("random", "sample", "set_random_seed", "shuffle"),
        *("open", "read_bytes", "read_text", "write_bytes", "write_text"),
    }
)
PREFIXES = ("read_", "scan_", "sink_", "write_")
"""Of the functions and methods with which polars reads and writes files."""


def _path_of(module: str) -> Path | None:
    """The file of a module of this project; None where a dotted name is no module."""
    path = ROOT.joinpath(*module.split("."))
    found = (file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file())
    return next(found, None)


def _modules_in(package: str) -> list[str]:
    folder = ROOT.joinpath(*package.split("."))
    files = [path.relative_to(ROOT).with_suffix("") for path in sorted(folder.rglob("*.py"))]
    return [".".join(path.parts).removesuffix(".__init__") for path in files]


def _imported_by(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def _reached_from(packages: tuple[str, ...]) -> list[str]:
    """The modules of some packages and, transitively, what they import of this project."""
    waiting = [module for package in packages for module in _modules_in(package) if module not in COMMAND_LINES]
    reached: set[str] = set()
    while waiting:
        module = waiting.pop()
        path = _path_of(module)
        if module in reached or path is None or module.split(".")[0] not in PROJECT:
            continue
        reached.add(module)
        waiting += _imported_by(ast.parse(path.read_text(encoding="utf-8")))
    return sorted(reached)


def _impure_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
            yield f"line {node.lineno}: {node.func.id}()"
        elif isinstance(node, ast.Attribute) and (node.attr in ATTRIBUTES or node.attr.startswith(PREFIXES)):
            yield f"line {node.lineno}: .{node.attr}"


@pytest.mark.parametrize("module", _reached_from(PURE))
def test_a_pure_module_names_nothing_that_differs_from_run_to_run(module: str) -> None:
    """No clock, environment, file or chance, in the pure packages and in all that they import of this project."""
    path = _path_of(module)
    assert path is not None
    assert list(_impure_in(ast.parse(path.read_text(encoding="utf-8")))) == []


def test_every_pure_package_is_looked_at() -> None:
    """A package that is moved or renamed does not drop out in silence; what it imports is looked at, too."""
    reached = _reached_from(PURE)
    assert all(_modules_in(package) for package in PURE)
    assert "features.views" in reached
    assert "models.points" in reached


@pytest.mark.parametrize(
    "line",
    [
        "date.today()",
        "datetime.now(UTC)",
        "os.environ['HOME']",
        "open('ledger')",
        "hash('customer')",
        "frame.sample(3)",
        "np.random.rand()",
        "pl.read_parquet('ledger')",
    ],
)
def test_an_impure_line_is_found(line: str) -> None:
    """The check sees clock, environment, file and chance."""
    assert list(_impure_in(ast.parse(line)))


@pytest.mark.parametrize("line", ["date(2024, 1, 1)", "pl.col('now')", "frame.sort('day')", "spine.as_of.read"])
def test_a_pure_line_is_let_through(line: str) -> None:
    """Days that are given, and names in data, are no clock."""
    assert not list(_impure_in(ast.parse(line)))
