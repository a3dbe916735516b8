"""The file of works agreements, loaded once and kept by digest before it is used."""

from datetime import datetime

from scoring.decisions.works_agreement import WorksAgreementError, WorksAgreements, load_works_agreements
from scoring.runtime.operator import operators_mark
from scoring.runtime.serving import ServingError
from scoring.runtime.settings import Settings
from scoring.store import kept_files
from scoring.store.audit import Action
from scoring.store.database import Database
from scoring.store.tables import works_agreements


def load_works_agreement_file(settings: Settings) -> WorksAgreements | None:
    """The file of works agreements that the settings name; None where they name none.

    Raises:
        ServingError: the file cannot be read or does not hold.
    """
    path = settings.works_agreement_file
    if path is None:
        return None
    try:
        return load_works_agreements(path.read_bytes())
    except OSError as error:
        raise ServingError(f"SCORING_WORKS_AGREEMENT_FILE: {path}: cannot be read ({error.strerror})") from error
    except WorksAgreementError as error:
        raise ServingError(f"SCORING_WORKS_AGREEMENT_FILE: {path}: {error}") from error


async def keep_works_agreements(database: Database, found: WorksAgreements | None, now: datetime) -> None:
    """Store the file before it is used, so that it can be read later who was allowed to look, and since when.

    Raises:
        FileEditedError: another file of the same version was in force before.
        DatabaseUnavailableError: the database does not answer or takes no writes.
    """
    if found is not None:
        mark = operators_mark(Action.WORKS_AGREEMENT_BEGUN, lambda: now)
        await kept_files.keep(
            database, works_agreements, version=found.version, content=found.content, now=now, mark=mark
        )
