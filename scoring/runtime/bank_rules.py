"""The lenders' own rules for bank lines, loaded once and kept by digest before they are used."""

from datetime import datetime

from scoring.runtime.operator import operators_mark
from scoring.runtime.serving import ServingError
from scoring.runtime.settings import Settings
from scoring.sources.bank_lines.lender_rules import LenderRulesError, RulesFile, load_rules
from scoring.store import kept_files
from scoring.store.audit import Action
from scoring.store.database import Database
from scoring.store.tables import bank_rules


def load_bank_rules(settings: Settings) -> RulesFile | None:
    """The rules of the file that the settings name; None where they name none.

    Raises:
        ServingError: the file cannot be read or does not hold.
    """
    path = settings.bank_rules_file
    if path is None:
        return None
    try:
        return load_rules(path.read_bytes())
    except OSError as error:
        raise ServingError(f"SCORING_BANK_RULES: {path}: cannot be read ({error.strerror})") from error
    except LenderRulesError as error:
        raise ServingError(f"SCORING_BANK_RULES: {path}: {error}") from error


async def keep_bank_rules(database: Database, rules: RulesFile | None, now: datetime) -> None:
    """Store the rules before they are used, so that what a decision names can be read later.

    Raises:
        FileEditedError: other rules of the same version were in force before.
        DatabaseUnavailableError: the database does not answer or takes no writes.
    """
    if rules is not None:
        mark = operators_mark(Action.BANK_RULES_BEGUN, lambda: now)
        await kept_files.keep(database, bank_rules, version=rules.version, content=rules.content, now=now, mark=mark)
