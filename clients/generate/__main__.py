"""Write the generated files of the clients, or tell which are not current.

    python -m clients.generate            write them
    python -m clients.generate --check    exit status 1 where one is not current

``clients/typescript/src/schema.ts`` comes from ``npm run generate``.
"""

import argparse
import sys
from pathlib import Path

from clients.generate import python, typescript
from clients.generate.description import Description, read

CLIENTS = Path(__file__).resolve().parents[1]


def generated(description: Description) -> dict[Path, str]:
    """The text of each generated file."""
    return {CLIENTS / "python/hauptbuch_client" / name: text for name, text in python.files(description).items()} | {
        CLIENTS / "typescript/src" / name: text for name, text in typescript.files(description).items()
    }


def stale(description: Description) -> list[Path]:
    """Generated files that are missing, or are not what would be written."""
    return [path for path, text in generated(description).items() if not path.exists() or path.read_text() != text]


def main(arguments: list[str]) -> int:
    """Write or check; returns the exit status."""
    parser = argparse.ArgumentParser(prog="clients.generate", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 where a file is not current")
    is_check = parser.parse_args(arguments).check
    description = read()
    for path in (found := stale(description)):
        if is_check:
            sys.stderr.write(f"{path.relative_to(CLIENTS.parent)} is not current: make clients\n")
        else:
            path.write_text(generated(description)[path])
    return 1 if found and is_check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
