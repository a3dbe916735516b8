"""What is said of a decision: sentences beside its facts, in German and English."""

import msgspec

from features.feature import Text


class CauseWords(msgspec.Struct, frozen=True, kw_only=True):
    """A cause in words, with what would help; null where nothing does."""

    text: Text
    remedy: Text | None


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """The sentences of a decision, each list in the order of the assessment."""

    causes: tuple[CauseWords, ...]
    reasons: tuple[Text, ...]
    rules: tuple[Text, ...]
