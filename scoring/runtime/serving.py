"""The model and the policy in use, loaded once, with all values derived from them."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from features.derive import CATALOGUE, FetchPlan, UnknownFeatureError, catalogue_of, fetch_plan, known
from features.ledger import BANK_DATA, Resource
from models.points import PointsTable
from models.promotable import load_promoted, load_proved, ships
from models.records import Promotion
from models.registry import ARTIFACTS, STAGES, Registry, RegistryError, ServedModel, check_reads_bank_data
from scoring.base.version import SERVICE_VERSION
from scoring.decisions.decide import needed_features
from scoring.decisions.decision import NATURAL_PERSONS, Decision, LegalForm, ModelCard, ModelOutcome, Versions
from scoring.decisions.policy import BankData, NaturalPersons, Policy, PolicyError, load_policy
from scoring.decisions.policy_check import check_policy
from scoring.runtime.operator import operators_mark
from scoring.runtime.settings import Settings
from scoring.store import policies
from scoring.store.audit import Action
from scoring.store.database import Database
from scoring.store.promotions import UnprovedPromotion
from scoring.store.statements import Signer
from scoring.texts.catalogue import newest

POLICIES = Path(__file__).parents[1] / "decisions" / "policies"


class ServingError(Exception):
    """Model or policy cannot be served; the message says which and why."""


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """One model and one policy, and what they need."""

    card: ModelCard
    table: PointsTable
    policy: Policy
    policy_text: str
    versions: Versions
    features: tuple[str, ...]
    """Features that model and policy use, in catalogue order."""
    plan: FetchPlan
    typical: dict[str, float | None]
    """Median per feature of the training sample."""
    passed_over: str | None = None
    """Why a model that was promoted later does not score; null where the one that was promoted last does."""
    policy_passed_over: str | None = None
    """The same for policies, those of single lenders among them."""
    lenders: dict[str, "Serving"] = {}
    """The same model under the policy of each lender that has its own."""
    of_persons: "Serving | None" = None
    """The same policy with the model that it names for natural persons; null where it names none."""
    followed: tuple[int, ...] | None = None
    """Numbers of the statements about promotions that this follows; null where it was put together without any."""
    manifest_sha256: str | None = None
    """Of the model's manifest, as it was promoted."""
    bank_data: bool = True
    """False where the model was trained without."""
    begun_with: str | None = None
    """Text of the policy that decides until one is approved."""

    def of(self, lender_id: str) -> "Serving":
        """What decides for a lender."""
        return self.lenders.get(lender_id, self)

    def for_form(self, legal_form: LegalForm) -> "Serving":
        """What decides on an applicant of a legal form."""
        return self.of_persons if self.of_persons is not None and legal_form in NATURAL_PERSONS else self

    def with_features(self, names: Iterable[str]) -> "Serving":
        """The same model and policy, with further features of the catalogue in the row; they decide nothing.

        Nothing else is read: a feature of another resource is missing. What is read is read as far back as they look,
        since a value of books that are cut off would be wrong, and nobody would see it.
        """
        beside = known(names)
        months = (CATALOGUE[name].history_months for name in beside if not lacking(name, self.plan.resources))
        plan = msgspec.structs.replace(self.plan, history_months=max(self.plan.history_months, *months, 0))
        return msgspec.structs.replace(self, features=known((*self.features, *beside)), plan=plan)

    @property
    def reads(self) -> frozenset[Resource]:
        """Everything that decisions read, whoever applies."""
        return self.plan.resources | (frozenset() if self.of_persons is None else self.of_persons.plan.resources)

    def of_digests(self, *, policy_sha256: str, model_sha256: str) -> "Serving | None":
        """The one with this policy and this model."""
        every = (self, *self.lenders.values())
        every += tuple(one.of_persons for one in every if one.of_persons is not None)
        wanted = (policy_sha256, model_sha256)
        return next((one for one in every if (one.versions.policy_sha256, one.versions.model_sha256) == wanted), None)

    def plan_for(self, legal_form: LegalForm) -> FetchPlan:
        """What is read for an applicant of a legal form: bank data of natural persons may be left out by the policy."""
        leaves_out = self.policy.natural_persons.bank_data is BankData.LEAVE_OUT
        if leaves_out and legal_form in NATURAL_PERSONS:
            return msgspec.structs.replace(self.plan, resources=self.plan.resources - BANK_DATA)
        return self.plan

    @property
    def products(self) -> frozenset[str]:
        """Names of the products of every policy in force."""
        return frozenset(name for one in (self, *self.lenders.values()) for name in one.policy.products)


def lacking(feature: str, resources: frozenset[Resource]) -> frozenset[Resource]:
    """What a feature of the catalogue needs beside these resources, to have a value."""
    found = CATALOGUE[feature]
    return found.resources - found.fallback - resources


def resources_of(plan: FetchPlan, settings: Settings) -> frozenset[Resource]:
    """What is read for a decision: what model and policy need, and what the operator wants read beside."""
    return plan.resources | {Resource.POSITIONS} if settings.reads_positions else plan.resources


def combine(card: ModelCard, table: PointsTable, policy_content: bytes) -> Serving:
    """Combine a model and a policy.

    Raises:
        PolicyError: the policy file does not hold.
        UnknownFeatureError: model or policy read a feature that the catalogue does not have.
    """
    policy = load_policy(policy_content)
    features = known((*table.names, *needed_features(policy)))
    return Serving(
        card=card,
        table=table,
        policy=policy,
        policy_text=policy_content.decode(),
        versions=Versions(
            model=f"{card.name}/{card.version}",
            model_sha256=card.sha256,
            features=catalogue_of(features),
            policy=policy.version,
            policy_sha256=hashlib.sha256(policy_content).hexdigest(),
            service=SERVICE_VERSION,
            texts=newest().version,
        ),
        features=features,
        plan=fetch_plan(features),
        typical={feature.name: feature.typical for feature in table.features},
    )


def with_model_of_persons(serving: Serving, registry: Registry, *, before: Serving | None = None) -> Serving:
    """With the model that the policy names for natural persons, where it names one.

    Args:
        serving: has the policy.
        registry: where the model is registered.
        before: what the process served until now: a model of it was proved, and is not read again.

    Raises:
        PolicyError: that model is not there, was changed, must not be served, or reads what the policy leaves out.
        UnknownFeatureError: it reads a feature that the catalogue does not have.
    """
    persons = serving.policy.natural_persons
    if persons.model is None:
        return serving
    named = persons.model
    every = () if before is None else (before, *before.lenders.values())
    known = [one.of_persons for one in every if one.of_persons is not None]
    same = next((one for one in known if one.manifest_sha256 == named.manifest_sha256), None)
    if same is not None and same.versions.model == f"{named.name}/{named.version}":
        card, table, bank_data = same.card, same.table, same.bank_data
    else:
        try:
            model = load_proved(registry, named.name, named.version, named.manifest_sha256)
        except RegistryError as error:
            raise PolicyError(f"`natural_persons.model`: {error}") from None
        card, table, bank_data = card_of(model), model.table, model.manifest.bank_data
    _check_bank_data(persons, card, table, bank_data=bank_data)
    combined = combine(card, table, serving.policy_text.encode())
    of_persons = msgspec.structs.replace(combined, manifest_sha256=named.manifest_sha256, bank_data=bank_data)
    return msgspec.structs.replace(serving, of_persons=of_persons)


def _check_bank_data(persons: NaturalPersons, card: ModelCard, table: PointsTable, *, bank_data: bool) -> None:
    """Check that the model of natural persons was trained on what the policy reads.

    Raises:
        PolicyError: it was not; the message says what to do.
    """
    named = f"`natural_persons.model`: {card.name} {card.version}"
    if persons.bank_data is not BankData.LEAVE_OUT:
        if not bank_data:
            raise PolicyError(
                f'{named} was trained without bank data: set `bank_data = "leave_out"`, or name a model that reads them'
            )
        return
    reads = [name for name in table.names if CATALOGUE[name].needs_bank_data]
    # A model that saw the payment log knows other values than documents tell.
    reads += [name for name in table.names if bank_data and card.is_measured and CATALOGUE[name].is_bank_data]
    if reads:
        raise PolicyError(
            f"{named} reads bank data ({', '.join(dict.fromkeys(reads))}), which"
            ' `bank_data = "leave_out"` leaves out; name a model that was trained with --no-bank-data'
        )


def load_serving(
    settings: Settings,
    promotions: Sequence[Promotion | UnprovedPromotion] = (),
    *,
    before: Serving | None = None,
) -> Serving:
    """The model that was promoted last and can be served, and the policy in force.

    Args:
        settings: name the registry, the model and the policy.
        promotions: newest first, as ``prove_models`` proved them; none is an empty database, where a model that
            ships with this version scores.
        before: what the process served until now: its model was proved, and what it began with is not read again.

    Raises:
        ServingError: one of them is missing, damaged or contradictory.
    """
    try:
        served = _choose(settings, promotions, before)
        content = _begun_with(settings, before)
        combined = combine(served.card, served.table, content)
        demand_sense(combined)
        combined = with_model_of_persons(combined, registry_of(settings), before=before)
        return msgspec.structs.replace(
            combined,
            passed_over=served.passed_over,
            manifest_sha256=served.manifest_sha256,
            begun_with=content.decode(),
        )
    except OSError as error:  # only who decides needs the file: decisions replay without it
        raise ServingError(f"{origin_of_policy(settings)}: cannot be read ({error.strerror})") from error
    except PolicyError as error:
        raise ServingError(f"{origin_of_policy(settings)}: {error}") from error
    except (RegistryError, UnknownFeatureError) as error:
        raise ServingError(str(error)) from error


def _begun_with(settings: Settings, before: Serving | None) -> bytes:
    """The policy to begin with. A file that was changed since the start waits for the next one, which checks it."""
    if before is not None and before.begun_with is not None:
        return before.begun_with.encode()
    return (settings.policy_file or newest_policy_file()).read_bytes()


def load_shadow(settings: Settings) -> ServedModel | None:
    """The model that scores in the shadow; None where the settings name none.

    It decides nothing, so it need not have passed a gate: it must be registered, unchanged, of features that are, and
    read bank data, since it scores whoever applies.

    Raises:
        ServingError: it is not.
    """
    if settings.shadow_model is None:
        return None
    try:
        found = registry_of(settings).load(settings.model_name, settings.shadow_model)
        known(found.table.names)
        check_reads_bank_data(found.manifest)
    except (RegistryError, UnknownFeatureError) as error:
        raise ServingError(f"SCORING_SHADOW_MODEL: {error}") from error
    return found


def demand_sense(serving: Serving) -> None:
    """Refuse a policy that cannot mean what it says; one that decided in the past still replays.

    Raises:
        PolicyError: it does not pass ``check_policy``.
    """
    found = check_policy(serving.policy, CATALOGUE, history_months=serving.plan.history_months)
    errors = [finding.text for finding in found if finding.is_error]
    if errors:
        raise PolicyError(" ".join(errors))


def registry_of(settings: Settings) -> Registry:
    """Where models are registered."""
    return Registry(root=settings.model_dir or ARTIFACTS)


def seeds_of(settings: Settings, name: str) -> list[Promotion]:
    """The promotions of models that ship with this version, oldest first: what an empty database begins with.

    Raises:
        RegistryError: the registry's history cannot be read.
    """
    return [one for one in registry_of(settings).stages().promotions if one.name == name and ships(one)]


_COPY = (
    "a service begins with a version that ships with it, so begin a registry of your own as a copy of models/artifacts"
)


class _Chosen(msgspec.Struct, frozen=True, kw_only=True):
    card: ModelCard
    table: PointsTable
    manifest_sha256: str | None
    passed_over: str | None


def _choose(settings: Settings, promotions: Sequence[Promotion | UnprovedPromotion], before: Serving | None) -> _Chosen:
    """The last good model, and why it is not the last one that was promoted."""
    registry, name = registry_of(settings), settings.model_name
    problems: list[str] = []
    if not promotions and before is not None:  # nothing was ever signed: what was said at the start still holds
        return _unchanged(before, problems if before.passed_over is None else [before.passed_over])
    if not promotions:
        stages = registry.stages()
        champion = stages.champion(name)
        if champion is None:
            raise RegistryError(f"no version of {name} is promoted in {registry.root / STAGES}: {_COPY}")
        if not ships(champion):
            problems.append(
                f"{name} {champion.version} is promoted in {STAGES}, but does not ship with this version: sign it with"
                f" `scoring models promote {name} {champion.version}`"
            )
        promotions = seeds_of(settings, name)[::-1]
    for promotion in promotions:
        if isinstance(promotion, UnprovedPromotion):
            problems.append(f"the promotion of {promotion.object} is not proved: {promotion.why}")
            continue
        if before is not None and promotion.manifest_sha256 == before.manifest_sha256:
            return _unchanged(before, problems)  # it was proved; files that are damaged since concern the next start
        try:
            model = load_promoted(registry, promotion)
        except RegistryError as error:
            problems.append(str(error))
        else:
            return _Chosen(
                card=card_of(model),
                table=model.table,
                manifest_sha256=promotion.manifest_sha256,
                passed_over="; ".join(problems) or None,
            )
    raise RegistryError("; ".join(problems) + ("" if promotions else f": {_COPY}"))


def _unchanged(before: Serving, problems: list[str]) -> _Chosen:
    return _Chosen(
        card=before.card,
        table=before.table,
        manifest_sha256=before.manifest_sha256,
        passed_over="; ".join(problems) or None,
    )


def origin_of_policy(settings: Settings) -> str:
    """Origin of the policy in use: its file, and the setting that names it."""
    return f"SCORING_POLICY_FILE: {settings.policy_file}" if settings.policy_file else str(newest_policy_file())


async def keep_policy(database: Database, signer: Signer, serving: Serving, now: datetime) -> None:
    """Store each policy before it is used, so that its decisions can be replayed without its file.

    Raises:
        PolicyEditedError: another policy of the same version was in force before.
        DatabaseUnavailableError: the database does not answer or takes no writes.
    """
    for one in (serving, *serving.lenders.values()):
        content = one.policy_text.encode()
        mark = operators_mark(Action.POLICY_BEGUN, lambda: now)
        await policies.keep(database, signer, version=one.policy.version, content=content, now=now, mark=mark)


def load_recorded(settings: Settings, decision: Decision, kept: bytes | None = None) -> Serving:
    """The model and the policy that made a decision.

    Args:
        settings: name the registry of models, and a policy file beside those of the service.
        decision: as the record has it.
        kept: the text of its policy from the database, see ``scoring.store.policies.find_policy``.

    Raises:
        ServingError: one of them is not here any more, or has changed.
    """
    recorded = decision.versions
    try:
        model = registry_of(settings).load(decision.model.name, decision.model.version)
        if model.sha256 != recorded.model_sha256:
            raise ServingError(f"model {recorded.model} is not the model of the decision: its digest does not match")
        return combine(card_of(model), model.table, policy_of(recorded.policy_sha256, kept, settings.policy_file))
    except (RegistryError, PolicyError, UnknownFeatureError) as error:
        raise ServingError(str(error)) from error


def card_of(model: ServedModel) -> ModelCard:
    """The facts of a registered model that a decision records."""
    manifest = model.manifest
    return ModelCard(
        name=manifest.name,
        version=manifest.version,
        sha256=model.sha256,
        is_simulated=manifest.is_simulated,
        horizon_months=manifest.horizon_months,
        definition=manifest.definition,
        is_measured=manifest.expert is None,
        outcome=ModelOutcome(manifest.outcome),
    )


def newest_policy_file() -> Path:
    """The highest policy version shipped with the service.

    Raises:
        ServingError: there is none.
    """
    files = [path for path in POLICIES.glob("v*.toml") if path.stem[1:].isdecimal()]
    if not files:
        raise ServingError(f"there is no policy file in {POLICIES}")
    return max(files, key=lambda path: int(path.stem[1:]))


def policy_of(sha256: str, kept: bytes | None, further: Path | None) -> bytes:
    """The text with this digest: the one from the database, else among the files of the service and one more.

    Raises:
        ServingError: none has it.
    """
    if kept is not None and hashlib.sha256(kept).hexdigest() == sha256:
        return kept
    for path in (*sorted(POLICIES.glob("*.toml")), *([further] if further and further.is_file() else [])):
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() == sha256:
            return content
    raise ServingError(
        f"the policy of the decision (digest {sha256[:12]}) is neither in the database nor in a file here: name its"
        " file in SCORING_POLICY_FILE"
    )
