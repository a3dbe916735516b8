"""The lenders' rules for bank lines that were in force are kept by the database, and a version stands for one text."""

import hashlib
from pathlib import Path

import pytest
from service import running, settings_in

from scoring.runtime.bank_rules import keep_bank_rules, load_bank_rules
from scoring.runtime.serving import ServingError
from scoring.sources.bank_lines.lender_rules import load_rules
from scoring.store.database import Database
from scoring.store.kept_files import FileEditedError, find_file
from scoring.store.tables import bank_rules

RULES = b"""
version = "1"
[[rules]]
id = "landlord"
category = "rent"
text = "immo nord"
"""
EDITED = RULES.replace(b"nord", b"sued")
NEXT = EDITED.replace(b'"1"', b'"2"')


async def test_a_start_keeps_the_rules_and_refuses_others_of_their_version(tmp_path: Path) -> None:
    """Found again by digest; a new version stands beside the old one."""
    path = tmp_path / "rules.toml"
    path.write_bytes(RULES)
    async with running(tmp_path, bank_rules_file=path) as service:
        database = Database(service.settings.database_url)
        await keep_bank_rules(database, load_rules(NEXT), service.clock())
        with pytest.raises(FileEditedError, match="give the changed file a new version"):
            await keep_bank_rules(database, load_rules(EDITED), service.clock())
        digests = [hashlib.sha256(content).hexdigest() for content in (RULES, NEXT, EDITED)]
        assert [await find_file(database, bank_rules, digest) for digest in digests] == [RULES, NEXT, None]
        await database.close()


@pytest.mark.parametrize(
    ("content", "message"), [(None, "cannot be read"), (b'version = "1"\n[[rules]]\nid = "x"', "category")]
)
def test_a_file_that_does_not_hold_is_told_with_its_setting(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    """No such file, and a rule without category."""
    path = tmp_path / "rules.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ServingError) as refused:
        load_bank_rules(settings_in(tmp_path, bank_rules_file=path))
    assert str(refused.value).startswith(f"SCORING_BANK_RULES: {path}: ")
    assert message in str(refused.value)
