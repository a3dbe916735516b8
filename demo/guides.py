"""Printed answers in guides come from here: their commands are run, and what is printed is compared or written.

    python -m demo.guides            exit status 1 where a page shows something else than its commands print
    python -m demo.guides --write    write what they print

Everything is run against the local firms as they are on one day, page by page, with one service. A comment directly
above a fence says what is run:

    <!-- run: NAME -->               the commands of the fence below; the answer of the last one is known as NAME,
                                     and ``$NAME`` in later commands
    <!-- run: NAME
    COMMAND -->                      commands that the page does not show
    <!-- printed: NAME PARTS -->     the fence below has the answer of NAME
    <!-- printed: PARTS -->          the fence below has commands, after ``$``, and what each prints
    <!-- printed on DAY with version VERSION -->     what takes too long to be run each time

PARTS, separated by blanks, are fields of JSON (``score.low causes[0].text.en``) or lines in which an expression is
found (``/healthy|sole/``); without any, the whole answer is shown. ``...`` stands for what is left out.
``demo/printed.py`` says how random values are shown. Fences of commands alone (``sh``), figures (``text``) and
programs (``python``, ``javascript``, ``typescript``) need no comment.
"""

import argparse
import io
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import date
from difflib import unified_diff
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

import httpx
import msgspec
import structlog
from rich.console import Console

from demo.__main__ import SANDBOX_PORT, SERVICE_PORT, decide_all, show
from demo.printed import PartError, StandIns, laid_out, lines_of, parts_of
from demo.stack import Stack, StackError, running

ROOT = Path(__file__).resolve().parent.parent
DAY = date(2026, 11, 23)
"""On which the books of the firms end and the service decides."""
SHOWN_HEADERS = ("location", "retry-after", "cache-control", "content-type")
_QUIET = ("sh", "toml", "text", "python", "javascript", "typescript")
_FENCE = re.compile(r"(?P<mark><!--[^\n]*-->\n)?^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = re.compile(
    r"<!-- (?P<verb>run|printed): *(?P<words>[^\n]*?) *(?:\n(?P<unseen>[^`]*?) *)?-->\n"
    r"(?P<fence>```(?P<language>\w+)\n(?P<body>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)


class GuideError(Exception):
    """A mark or a command of a guide cannot be followed; the message says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command printed."""

    head: str = ""
    """Status line and headers of HTTP: shown in fences of ``http``."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Runs the commands of a page and keeps their output."""

    stack: Stack
    folder: Path
    """Where commands are typed."""
    stand_ins: StandIns
    answers: dict[str, Answer] = field(default_factory=dict)

    def run(self, command: str) -> Answer:
        """Run a command as the page has it.

        Raises:
            GuideError: the command cannot be run here.
        """
        words = shlex.split(self.stand_ins.actual(command).replace("\\\n", " "), comments=True)
        for name, answered in {"KEY": Answer(text=self.stack.api_key), **self.answers}.items():
            words = [word.replace(f"${name}", answered.text.strip()) for word in words]
        settings: dict[str, str] = {}
        while words and re.match(r"[A-Z_]+=", words[0]):
            name, _, value = words.pop(0).partition("=")
            settings[name] = value
        if not words:
            return Answer(text="")
        wanted = words[words.index("|") :] if "|" in words else []
        words = words[: len(words) - len(wanted)]
        typed = ""
        if "<" in words[-2:]:
            typed = (self.folder / words.pop()).read_text()
            words.pop()
        with patch("sys.stdin", io.StringIO(typed)):
            answer = self._answer(words, settings)
        if wanted[:2] == ["|", "grep"]:
            answer = Answer(text="\n".join(line for line in answer.text.splitlines() if wanted[2] in line))
        self.stand_ins.shown(re.sub(r"\breq_\w+", "", answer.text))
        return answer

    def _answer(self, words: list[str], settings: Mapping[str, str]) -> Answer:
        if words[0] == "curl":
            return curl(words[1:])
        if words[:2] == ["make", "demo"]:
            return Answer(text=self._demo())
        if words[0].endswith("python") and words[1] == "-m":
            return Answer(text=self._module(words[2], words[3:], settings))
        raise GuideError(f"{shlex.join(words)}: only curl, make demo and python -m are run here")

    def _module(self, package: str, arguments: Sequence[str], settings: Mapping[str, str]) -> str:
        """What a command of ours prints, without its log."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SCORING_")}
        environment |= {"COLUMNS": "120", **self.stack.settings, **settings}
        printed = io.StringIO()
        with (
            patch.dict(os.environ, environment, clear=True),
            chdir(self.folder),
            redirect_stdout(printed),
            redirect_stderr(printed),
        ):
            try:
                command_line = import_module(f"{package}.__main__")
                start = command_line.app if hasattr(command_line, "app") else command_line.main
                start(list(arguments))
            except SystemExit:
                pass  # the page shows what was printed
            finally:
                structlog.reset_defaults()
        return "".join(line for line in printed.getvalue().splitlines(keepends=True) if not line.startswith('{"at"'))

    def _demo(self) -> str:
        """What ``make demo`` prints in a window of 80 columns."""
        console = Console(width=80, file=io.StringIO())
        answers = decide_all(self.stack, console)
        with console.capture() as printed:
            show(answers, console)
        return printed.get()

    def shown(self, answer: Answer, parts: Sequence[str]) -> str:
        """The parts of an answer as the page has them."""
        patterns = [part[1:-1] for part in parts if part.startswith("/")]
        paths = [part for part in parts if not part.startswith("/")]
        text = self.stand_ins.shown(answer.text).strip("\n")
        if paths or (text.startswith(("{", "[")) and not patterns):
            try:
                text = laid_out(parts_of(msgspec.json.decode(text), paths))
            except msgspec.DecodeError:
                raise PartError(f"no JSON, so it has no parts {paths}:\n{text}") from None
        else:
            text = lines_of(text, patterns)
        return text


def curl(words: Sequence[str]) -> Answer:
    """What curl prints with these options."""
    parser = argparse.ArgumentParser(prog="curl", exit_on_error=False)
    parser.add_argument("-s", action="store_true")
    parser.add_argument("-i", action="store_true")
    parser.add_argument("-o", dest="file", help="is not written; only its head is shown")
    parser.add_argument("-X", dest="method")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-d", dest="data")
    parser.add_argument("url")
    given = parser.parse_args(list(words))
    headers = dict(header.split(": ", 1) for header in given.headers)
    if given.data is not None:
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    method = given.method or ("GET" if given.data is None else "POST")
    answer = httpx.request(method, given.url, headers=headers, content=given.data, timeout=60)
    head = f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}\n"
    head += "".join(f"{name}: {answer.headers[name]}\n" for name in SHOWN_HEADERS if name in answer.headers)
    return Answer(head=f"{head}\n", text="" if given.file else answer.text)


def commands_in(text: str) -> Iterator[str]:
    """Commands, each with its continuation lines and texts in quotes that go over several lines."""
    begun = ""
    for line in text.splitlines(keepends=True):
        begun += line
        if begun.strip() and _is_whole(begun):
            yield begun.rstrip("\n")
            begun = ""
    if begun.strip():
        raise GuideError(f"a command that does not end:\n{begun}")


def _is_whole(command: str) -> bool:
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return False
    return not command.rstrip("\n").endswith("\\")


def printed_anew(page: str, reader: Reader) -> str:
    """A page with the answers that its commands have now.

    Args:
        page: the text of the page.
        reader: who runs the commands.

    Raises:
        GuideError: a fence has no mark, or a mark cannot be followed.
    """
    check_fences(page)

    def anew(match: re.Match[str]) -> str:
        whole, fence = match[0], match["fence"]
        names = match["words"].split()
        try:
            if match["verb"] == "run":
                for command in commands_in(match["unseen"] or match["body"] or ""):
                    reader.answers[names[0]] = reader.run(command)
                return whole
            if match["language"] == "console":
                body = _console(match["body"], names, reader)
            else:
                answer = reader.answers[names[0]]
                head = reader.stand_ins.shown(answer.head) if match["language"] == "http" else ""
                body = (head + reader.shown(answer, names[1:])).rstrip("\n")
        except (GuideError, PartError, KeyError, httpx.HTTPError) as error:
            raise GuideError(f"<!-- {match['verb']}: {match['words']} -->: {error}") from error
        return whole.replace(fence, f"```{match['language']}\n{body}\n```")

    return _MARK.sub(anew, page)


def _console(body: str, parts: Sequence[str], reader: Reader) -> str:
    """Commands after ``$`` with what each prints now."""
    blocks: list[str] = []
    for block in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, lines = "", block.splitlines()
        for line in lines:
            command += line
            if _is_whole(command):
                break
            command += "\n"
        printed = reader.shown(reader.run(command), parts)
        blocks.append(f"$ {command}\n{printed}".rstrip("\n"))
    return "\n".join(blocks)


def check_fences(page: str) -> None:
    """See to it that no answer is without a mark.

    Raises:
        GuideError: one is; the message has its first line.
    """
    for fence in _FENCE.finditer(page):
        first = fence["body"].partition("\n")[0]
        is_quiet = fence["language"] in _QUIET and not fence["body"].startswith("$ ")
        if not is_quiet and fence["mark"] is None:
            raise GuideError(f"a fence of {fence['language'] or 'no language'} without a mark above it: {first}")


def pages() -> list[Path]:
    """Pages that may have printed answers."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@contextmanager
def desk(day: date = DAY) -> Iterator[Callable[[], Reader]]:
    """Both servers on that day, and what makes a reader of a further page in front of them."""
    with tempfile.TemporaryDirectory(prefix="guides-") as temporary, running(Path(temporary), end_on=day) as stack:
        folder = Path(temporary) / "desk"
        folder.mkdir()
        (folder / "contract.pdf").write_bytes(b"%PDF-1.4 loan contract\n")
        (folder / "password.txt").write_text("sieben gruene Regenschirme\n")
        shutil.copytree(ROOT / "models" / "examples", folder / "models" / "examples")
        fixed = {
            stack.service_url: f"http://127.0.0.1:{SERVICE_PORT}",
            stack.sandbox_url: f"http://127.0.0.1:{SANDBOX_PORT}",
            stack.settings["SCORING_DATA_DIR"]: "var",
        }
        yield lambda: Reader(stack=stack, folder=folder, stand_ins=StandIns(fixed, str(day)))


def differences(new_reader: Callable[[], Reader]) -> dict[Path, tuple[str, str]]:
    """Pages that differ from what their commands print: what they say, and what they would.

    Args:
        new_reader: see ``desk``.

    Raises:
        GuideError: a page has a fence without a mark, or a mark that cannot be followed.
    """
    found: dict[Path, tuple[str, str]] = {}
    for page in pages():
        old = page.read_text()
        try:
            new = printed_anew(old, new_reader())
        except GuideError as error:
            raise GuideError(f"{page.relative_to(ROOT)}: {error}") from error
        if new != old:
            found[page] = old, new
    return found


def difference(page: Path, old: str, new: str) -> str:
    """What a page says and what its commands print, line by line."""
    lines = unified_diff(old.splitlines(), new.splitlines(), str(page.relative_to(ROOT)), "printed now", lineterm="")
    return "\n".join(lines)


def main(given: Sequence[str] | None = None) -> int:
    """Compare or write; 0 where all pages are current or written."""
    parser = argparse.ArgumentParser(
        prog="python -m demo.guides", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="write what the commands print")
    is_written = parser.parse_args(given).write
    try:
        with desk() as new_reader:
            found = differences(new_reader)
    except (GuideError, StackError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for page, (old, new) in found.items():
        if is_written:
            page.write_text(new)
            sys.stdout.write(f"{page.relative_to(ROOT)}: written\n")
        else:
            sys.stdout.write(f"{difference(page, old, new)}\n")
    return 0 if is_written or not found else 1


if __name__ == "__main__":
    sys.exit(main())
