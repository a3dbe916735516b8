"""The file of authority: what the guide shows holds, a version stands for one text, and what does not hold is told."""

import hashlib
import re
from pathlib import Path

import pytest
from case_builders import FILE
from service import a_serving, running, settings_in

from scoring.decisions.authority import load_authority
from scoring.runtime.authority import keep_authority, load_authority_file
from scoring.runtime.serving import ServingError
from scoring.store.database import Database
from scoring.store.kept_files import FileEditedError, find_file
from scoring.store.tables import authority_files

GUIDE = Path(__file__).parents[3] / "docs" / "cases.md"
EDITED = FILE.replace("override_days = 7", "override_days = 70")
NEXT = EDITED.replace('"2026-09"', '"2026-10"')


async def test_a_start_keeps_the_file_and_refuses_another_of_its_version(tmp_path: Path) -> None:
    """Found again by the digest that votes name."""
    path = tmp_path / "authority.toml"
    path.write_text(FILE)
    async with running(tmp_path, authority_file=path) as service:
        database = Database(service.settings.database_url)
        await keep_authority(database, load_authority(NEXT.encode()), service.clock())
        with pytest.raises(FileEditedError, match="give the changed file a new version"):
            await keep_authority(database, load_authority(EDITED.encode()), service.clock())
        contents = [content.encode() for content in (FILE, NEXT, EDITED)]
        digests = [hashlib.sha256(content).hexdigest() for content in contents]
        found = [await find_file(database, authority_files, digest) for digest in digests]
        await database.close()
    assert found == [*contents[:2], None]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        (FILE.replace('rank = "analyst"', 'rank = "boss"'), 'lender "bank": `persons`: "fritz" has the rank "boss"'),
        (
            FILE.replace("{ working_capital = 3_000_000 }", "{ working_captial = 3_000_000 }").replace(
                "analyst = {", "analyst = { working_captial = 9_000_000,"
            ),
            "nobody could give the second vote on working_captial",
        ),
        (
            FILE.replace("head = {", "head = { lease = 1_000_000,"),
            'names the product "lease", which the policy 4 does not have; its products are investment, working_capital',
        ),
    ],
)
def test_a_file_that_does_not_hold_is_told_with_its_setting(tmp_path: Path, content: str | None, message: str) -> None:
    """No such file, an unknown rank, a misspelt product."""
    path = tmp_path / "authority.toml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ServingError) as refused:
        load_authority_file(settings_in(tmp_path, authority_file=path), a_serving())
    assert str(refused.value).startswith(f"SCORING_AUTHORITY_FILE: {path}: ")
    assert message in str(refused.value)


def test_the_file_in_the_guide_holds(tmp_path: Path) -> None:
    """With the products of the policy."""
    (shown,) = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    path = tmp_path / "authority.toml"
    path.write_text(shown)
    found = load_authority_file(settings_in(tmp_path, authority_file=path), a_serving())
    assert found is not None
    assert found.lenders["bank"].limit("anna", "working_capital") == 6_000_000
