"""``verify`` and ``checkpoint``: that nobody changed unseen what was signed."""

import os
import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

from scoring.base.identifiers import BERLIN
from scoring.base.secrets import Cipher
from scoring.base.signing import SignatureError, SigningKeys
from scoring.commands.session import answer, counted, give_up, read_settings, signer_of, with_database
from scoring.decisions.statements import Checkpoint, Head
from scoring.runtime.settings import Settings, clock_of
from scoring.store.database import Database
from scoring.usecases.checkpoints import append_line, take_checkpoint
from scoring.usecases.dossier_check import DossierError, check, keys_in
from scoring.usecases.verify import (
    ReceiptError,
    Verified,
    heads_of,
    list_chains,
    name_of,
    read_checkpoints,
    verify_chain,
    verify_receipt,
)


def verify(
    *,
    receipt: Path | None = None,
    dossier: Path | None = None,
    keys: Path | None = None,
    lender: str | None = None,
    checkpoints: Path | None = None,
    since: str | None = None,
    until: str | None = None,
) -> None:
    """Prove that what is stored is what was signed, and name what was changed, moved, added or removed.

    With --receipt, prove one decision by its receipt alone, and with --dossier by its folder: no database is needed.
    Exit status: 0 all is as it was signed, 1 something is not, 2 it cannot be verified.

    Args:
        dossier: folder that `scoring dossier` wrote.
        receipt: file with the receipt of a decision, as GET /v1/decisions/ID/receipt answers it.
        keys: file with the public keys, as `scoring keys public` prints them; else those of the settings.
        lender: only this lender's chain.
        checkpoints: file of checkpoints; the default is the one of the settings, where it exists.
        since: begin at the last checkpoint before this day, such as 2026-01-01.
        until: end at the first checkpoint after this day.
    """
    settings = read_settings()
    if dossier is not None:
        _verify_dossier(dossier, settings, keys)
        return
    verifying = _keys(settings, keys)
    if receipt is not None:
        _verify_receipt(receipt, verifying)
        return
    found = _checkpoints(settings, checkpoints, verifying)
    first, last = _bounds(found, since, until)
    within = [one for one in found if (first is None or one.at >= first.at) and (last is None or one.at <= last.at)]

    cipher = Cipher(settings.encryption_keys, os.urandom) if settings.encryption_keys else None

    async def work(database: Database) -> list[Verified]:
        known = await database.read_at_once(list_chains)
        named = {name for one in found for name in one.chains}
        if lender is not None and lender not in known.keys() | named:
            give_up(f"nothing is stored for the lender {lender!r}; known: {', '.join(map(name_of, sorted(known)))}")
        wanted = sorted((known.keys() | named) if lender is None else {lender})
        with Progress(
            *Progress.get_default_columns(), MofNCompleteColumn(), console=Console(stderr=True), transient=True
        ) as progress:
            task = progress.add_task("verifying", total=sum(known.get(one, 0) for one in wanted))
            return [
                await verify_chain(
                    database,
                    verifying,
                    one,
                    heads_of(within, one),
                    cipher=cipher,
                    first=_head(first, one),
                    last=_head(last, one),
                    done=lambda count: progress.advance(task, count),
                )
                for one in wanted
            ]

    verified = with_database(settings, work)
    if cipher is None:
        answer("without the encryption key, neither references of borrowers nor idempotency keys can be proved")
    _report(verified, within)


def checkpoint(*, out: Path | None = None) -> None:
    """Print a signed line that names the end of every chain now. Keep it outside of the database.

    Args:
        out: append it to this file instead.
    """
    settings = read_settings()
    signer, clock = signer_of(settings), clock_of(settings)
    line = with_database(settings, lambda database: take_checkpoint(database, signer, clock=clock))
    if line is None:
        give_up("nothing is signed yet")
    if out is None:
        answer(line)
        return
    try:
        append_line(out, line)
    except OSError as error:
        give_up(f"{out} cannot be written ({error.strerror})")


def _keys(settings: Settings, path: Path | None) -> SigningKeys:
    if path is None:
        return signer_of(settings).keys
    try:
        return SigningKeys(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        give_up(f"{path} cannot be read ({type(error).__name__})")
    except ValueError as error:
        give_up(f"{path} {error}")


def _verify_receipt(path: Path, keys: SigningKeys) -> None:
    try:
        found = verify_receipt(path.read_bytes(), keys)
    except OSError as error:
        give_up(f"{path} cannot be read ({error.strerror})")
    except (ReceiptError, SignatureError) as error:
        answer(f"not proved: {error}")
        sys.exit(1)
    later = ", signed later than it was made" if found.facts.get("signed_later") else ""
    answer(f"proved: {found.object} of {found.lender}, statement {found.number} of {found.at}{later}")


def _verify_dossier(folder: Path, settings: Settings, keys: Path | None) -> None:
    try:
        is_own = keys is None and settings.signing_keys is None
        found = check(folder, keys_in(folder) if is_own else _keys(settings, keys))
    except DossierError as error:
        give_up(str(error))
    for said in found.proved:
        answer(f"proved: {said}")
    for said in found.findings:
        answer(f"not proved: {said}")
    if is_own:
        answer("with the keys of the dossier itself: compare them with those that the operator names")
    if found.findings:
        sys.exit(1)
    answer(f"all of the dossier of {found.decision_id} is as it was signed")


def _checkpoints(settings: Settings, path: Path | None, keys: SigningKeys) -> list[Checkpoint]:
    if path is None and not settings.checkpoints.exists():
        return []
    path = path or settings.checkpoints
    try:
        return read_checkpoints(path.read_text(), keys)
    except (OSError, UnicodeDecodeError) as error:
        give_up(f"{path} cannot be read ({type(error).__name__})")
    except ReceiptError as error:
        give_up(f"{path}: {error}")


def _bounds(
    found: Sequence[Checkpoint], since: str | None, until: str | None
) -> tuple[Checkpoint | None, Checkpoint | None]:
    """The checkpoints between which to verify; None is from the beginning, or to the end."""
    first = last = None
    if since is not None:
        earlier = [one for one in found if _day(one.at) < _given(since)]
        if not earlier:
            give_up(f"there is no checkpoint before {since}; leave --since out to verify from the beginning")
        first = earlier[-1]
    if until is not None:
        later = [one for one in found if _day(one.at) > _given(until)]
        if not later:
            give_up(f"there is no checkpoint after {until}; leave --until out to verify to the end")
        last = later[0]
    return first, last


def _given(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        give_up(f"{text!r} is not a day such as 2026-11-23")


def _day(moment: str) -> date:
    return datetime.fromisoformat(moment).astimezone(BERLIN).date()


def _head(checkpoint: Checkpoint | None, lender_id: str) -> Head | None:
    """The end of a chain at a checkpoint; a chain that was not begun then ends before its first statement."""
    if checkpoint is None:
        return None
    return checkpoint.chains.get(lender_id, Head(number=0, sha256=""))


def _report(verified: Sequence[Verified], checkpoints: Sequence[Checkpoint]) -> None:
    for one in verified:
        parts = [counted(one.statements, "statement"), f"{counted(one.decisions, 'decision')} as signed"]
        parts += [f"{one.erased} erased"] if one.erased else []
        parts += [f"{one.removed} at the end of their retention"] if one.removed else []
        parts += [f"{one.unsigned} of earlier versions and not signed: run `scoring migrate`"] if one.unsigned else []
        answer(f"{name_of(one.lender)}: {', '.join(parts)}")
        for finding in one.findings:
            answer(f"  {finding.object} {finding.said}")
    count = sum(len(one.findings) for one in verified)
    fit = f"{counted(len(checkpoints), 'checkpoint')} {'fits' if len(checkpoints) == 1 else 'fit'}"
    proved = f"; {fit}" if checkpoints and not count else ""
    is_signed = not any(one.unsigned for one in verified)
    good = (
        f"all is as it was signed{proved}"
        if is_signed
        else "not everything is signed: who adds such a decision is unseen"
    )
    answer(counted(count, "finding") if count else good)
    if not checkpoints:
        answer("without a checkpoint, what was cut off the end of a chain cannot be seen")
    if count or not is_signed:
        sys.exit(1)
