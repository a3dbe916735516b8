"""Every source before the suite; a later one is one more line here."""

import pytest
from contract.sources.memory import MemoryBench
from contract.sources.sevdesk import SevdeskBench
from contract.sources.suite import CHECKS, Bench


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("bench", [SevdeskBench(), MemoryBench()], ids=["sevdesk", "memory"])
async def test_a_source_keeps_the_laws(bench: Bench, check) -> None:  # noqa: ANN001  one of the checks
    """See each check."""
    await check(bench)
