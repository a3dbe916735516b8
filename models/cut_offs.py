"""Where a lender's policy draws lines on the probability of default: up to where it approves, and its grades."""

from pathlib import Path
from typing import Any

import msgspec
import msgspec.toml


class CutOffsError(ValueError):
    """A policy file whose lines cannot be read; the message names the file and the key."""


class GradeLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One grade: firms up to this probability of default that are in no better one."""

    name: str
    pd_at_most: float


class CutOffs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lines on the probability of default."""

    source: str
    """Where they are from, in words."""
    approve_at_or_below: float | None
    """Null where nobody said it: then nothing is said of approvals."""
    grades: tuple[GradeLine, ...]
    """From the best to the worst; the last one ends at 1."""


IFD = CutOffs(
    source="levels of the Initiative Finanzstandort Deutschland",
    approve_at_or_below=None,
    grades=tuple(
        GradeLine(name=name, pd_at_most=bound)
        for name, bound in (("I", 0.003), ("II", 0.007), ("III", 0.015), ("IV", 0.03), ("V", 0.08), ("VI", 1.0))
    ),
)
"""Grades where no policy is named: German lenders compare theirs by these levels."""


class _Lines(msgspec.Struct):
    approve_at_or_below: float


class _Pricing(msgspec.Struct):
    grades: tuple[Any, ...]


class _Policy(msgspec.Struct):
    """What is read of a policy file; the rest of it concerns the service alone."""

    version: str
    cut_offs: _Lines
    pricing: _Pricing


def read_cut_offs(path: Path) -> CutOffs:
    """The lines of a credit policy, from its TOML file.

    Raises:
        CutOffsError: the file is no policy, or its grades do not rise up to 1.
        OSError: it cannot be opened.
    """
    try:
        policy = msgspec.toml.decode(path.read_bytes(), type=_Policy)
        bounds = [
            GradeLine(name=str(grade["name"]), pd_at_most=float(grade["pd_at_most"])) for grade in policy.pricing.grades
        ]
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise CutOffsError(f"{path} is no credit policy with cut_offs and pricing.grades: {error}") from error
    ends = [0.0, *(grade.pd_at_most for grade in bounds)]
    if not bounds or ends != sorted(set(ends)) or ends[-1] != 1.0:
        raise CutOffsError(f"{path}: pd_at_most of pricing.grades must rise to 1.0; found {ends[1:]}")
    if not 0.0 <= policy.cut_offs.approve_at_or_below <= 1.0:
        raise CutOffsError(f"{path}: cut_offs.approve_at_or_below is no probability")
    return CutOffs(
        source=f"policy {policy.version}",
        approve_at_or_below=policy.cut_offs.approve_at_or_below,
        grades=tuple(bounds),
    )
