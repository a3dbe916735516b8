"""``docs``: the documents that are generated from code."""

import sys
from pathlib import Path

from scoring.api.openapi import document
from scoring.api.problems import render_problems_document
from scoring.app import describe
from scoring.commands.session import answer
from scoring.decisions.policy import load_policy
from scoring.runtime.serving import newest_policy_file
from scoring.texts.policy_document import render_policy_document


def docs(*, check: bool = False, folder: Path = Path("docs")) -> None:
    """Generate openapi.json, policy.md and problems.md.

    Args:
        check: only check; exit status 1 if a document is not current.
        folder: folder of the documents.
    """
    stale = [
        (folder / name, content)
        for name, content in generated_documents().items()
        if not (folder / name).exists() or (folder / name).read_bytes() != content
    ]
    names = ", ".join(str(path) for path, _ in stale)
    if check and stale:
        sys.stderr.write(f"not current: {names}; run `python -m scoring docs`\n")
        sys.exit(1)
    for path, content in stale:
        path.write_bytes(content)
    answer(f"written: {names}" if stale else "all current")


def generated_documents() -> dict[str, bytes]:
    """Content of the documents by file name."""
    policy = load_policy(newest_policy_file().read_bytes())
    return {
        "openapi.json": document(describe()),
        "policy.md": render_policy_document(policy).encode(),
        "problems.md": render_problems_document().encode(),
    }
