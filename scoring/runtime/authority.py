"""The file of authority, loaded once and kept by digest before it is used."""

from datetime import datetime
from pathlib import Path

from scoring.decisions.authority import Authority, AuthorityError, load_authority
from scoring.runtime.operator import operators_mark
from scoring.runtime.serving import Serving, ServingError
from scoring.runtime.settings import Settings
from scoring.store import kept_files
from scoring.store.audit import Action
from scoring.store.database import Database
from scoring.store.tables import authority_files


def load_authority_file(settings: Settings, serving: Serving) -> Authority | None:
    """The file of authority that the settings name; None where they name none.

    Raises:
        ServingError: the file cannot be read, does not hold, or names a product that the policy does not have.
    """
    path = settings.authority_file
    if path is None:
        return None
    try:
        found = load_authority(path.read_bytes())
    except OSError as error:
        raise ServingError(f"SCORING_AUTHORITY_FILE: {path}: cannot be read ({error.strerror})") from error
    except AuthorityError as error:
        raise ServingError(f"SCORING_AUTHORITY_FILE: {path}: {error}") from error
    check_products(found, serving, path)
    return found


def check_products(authority: Authority, serving: Serving, path: Path | None) -> None:
    """Refuse a policy without a product that the file of authority names.

    Args:
        authority: of the file.
        serving: with the policies.
        path: of the file.

    Raises:
        ServingError: a product is missing.
    """
    for lender, rules in authority.lenders.items():
        policy = serving.of(lender).policy
        unknown = sorted(rules.named_products() - policy.products.keys())
        if unknown:  # a misspelt one would let a large loan pass without its second vote
            raise ServingError(
                f'SCORING_AUTHORITY_FILE: {path}: lender "{lender}" names the product "{unknown[0]}", which the policy'
                f" {policy.version} does not have; its products are {', '.join(sorted(policy.products))}"
            )


async def keep_authority(database: Database, authority: Authority | None, now: datetime) -> None:
    """Store the file before it is used, so that the one that a vote names can be read later.

    Raises:
        FileEditedError: another file of the same version was in force before.
        DatabaseUnavailableError: the database does not answer or takes no writes.
    """
    if authority is not None:
        mark = operators_mark(Action.AUTHORITY_BEGUN, lambda: now)
        await kept_files.keep(
            database, authority_files, version=authority.version, content=authority.content, now=now, mark=mark
        )
