"""Guides show what their commands print."""

from collections.abc import Callable, Iterator

import pytest

from demo.guides import GuideError, Reader, check_fences, desk, difference, differences, printed_anew


@pytest.fixture(scope="module")
def new_reader() -> Iterator[Callable[[], Reader]]:
    """Both servers on the day of the guides."""
    with desk() as new:
        yield new


def test_guides_show_what_their_commands_print(new_reader: Callable[[], Reader]) -> None:
    """`python -m demo.guides --write` writes them anew."""
    found = differences(new_reader)
    assert not found, "\n".join(difference(page, *texts) for page, texts in found.items())


def test_an_answer_that_is_not_true_any_more_is_found(new_reader: Callable[[], Reader]) -> None:
    """The fence is rewritten; the command and everything around it stays."""
    page = """Before.

<!-- printed: status -->
```console
$ curl -s http://127.0.0.1:8081/sandbox/health
{"status": "broken", ...}
```

After.
"""
    assert printed_anew(page, new_reader()) == page.replace("broken", "ok")


def test_an_answer_is_quoted_under_the_name_of_its_hidden_request(new_reader: Callable[[], Reader]) -> None:
    """A request that the page does not show has its answer in a fence of HTTP."""
    page = """<!-- run: missing
curl -s http://127.0.0.1:8080/v1/decisions/dec_0 \\
  -H "Authorization: Bearer $KEY" -->
<!-- printed: missing type status -->
```http
```
"""
    assert 'HTTP/1.1 404 Not Found\ncontent-type: application/problem+json\n\n{"type": "/problems/not-found"' in (
        printed_anew(page, new_reader()).replace("cache-control: no-store\n", "")
    )


def test_a_file_is_read_or_written_and_an_answer_is_given_to_a_later_command(new_reader: Callable[[], Reader]) -> None:
    """Standard input comes from a file; of what goes into one the head alone is shown; ``$NAME`` is an answer."""
    page = """<!-- run: AUDITOR
.venv/bin/python -m scoring keys add --lender demo-bank --role audit --name auditor -->
<!-- run: trail -->
```sh
curl -s -o trail.json -H "Authorization: Bearer $AUDITOR" http://127.0.0.1:8080/v1/audit
```

<!-- printed: trail -->
```http
```

<!-- printed: -->
```console
$ .venv/bin/python -m scoring principals add --lender demo-bank --name otto --role apply < password.txt
```
"""
    printed = printed_anew(page, new_reader())
    assert "```http\nHTTP/1.1 200 OK\ncache-control: no-store\ncontent-type: application/json\n```" in printed
    assert "password.txt\notto of demo-bank can sign in\n```" in printed


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ("<!-- printed: nobody -->\n```json\n{}\n```\n", "nobody"),
        ("<!-- printed: -->\n```console\n$ rm file\n```\n", "only curl, make demo and python -m are run here"),
        ("<!-- printed: score -->\n```console\n$ curl -s http://127.0.0.1:8081/sandbox/health\n```\n", "no 'score'"),
        ("<!-- printed: /score/ -->\n```console\n$ curl -s http://127.0.0.1:8081/sandbox/health\n```\n", "/score/"),
    ],
)
def test_a_mark_that_cannot_be_followed_is_named(new_reader: Callable[[], Reader], page: str, fault: str) -> None:
    """With the mark, and what is wrong with it."""
    with pytest.raises(GuideError, match=rf"<!-- printed: .*{fault}"):
        printed_anew(page, new_reader())


@pytest.mark.parametrize("language", ["", "json", "http", "console"])
def test_an_answer_without_a_mark_is_refused(language: str) -> None:
    """So that none is forgotten."""
    with pytest.raises(GuideError, match="without a mark above it: an answer"):
        check_fences(f"```{language}\nan answer\n```\n")


def test_what_is_no_answer_needs_no_mark() -> None:
    """Commands to be copied, figures, programs; and what says when it was printed."""
    check_fences("```sh\nmake demo\n```\n\n```text\na -> b\n```\n\n```python\nimport this\n```\n")
    check_fences("<!-- printed on 2026-11-25 with version 0.3.0 -->\n```console\n$ make train\n```\n")
    with pytest.raises(GuideError):
        check_fences("```sh\n$ make demo\nan answer\n```\n")
