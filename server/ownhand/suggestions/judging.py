"""What became of suggestions, as far as the next ones depend on it: the pause, the places where one was put away, and
what the writer called "not mine".

Who watches the document tells it (see `verdicts.observer`); nothing is guessed here."""

from dataclasses import dataclass, field

from ownhand.suggestions.lookahead import Declined, LookAhead
from ownhand.suggestions.rejections import Rejections
from ownhand.suggestions.trigger import PauseRule


@dataclass
class Judging:
    """Verdicts on the suggestions of one suggester."""

    cache: LookAhead
    pause: PauseRule
    rejections: Rejections
    declined: Declined = field(default_factory=Declined)

    def accepted(self, suggestion_id: str) -> None:
        """The writer took the suggestion, whole or in part."""
        self.cache.is_first_verdict(suggestion_id)
        self.pause.accepted()
        entry = self.cache.known(suggestion_id)
        if entry is not None:
            self.rejections.phrasing.accept(entry.suggestion.text)

    def dismissed(self, suggestion_id: str) -> None:
        """The writer put it away: nothing starts by itself at that place again before the text changed."""
        self.ignored(suggestion_id)
        entry = self.cache.drop(suggestion_id)
        if entry is not None:
            self.declined.add(entry)

    def rejected(self, suggestion_id: str, reason: str) -> str | None:
        """The writer said "not mine". Returns the document that it was offered in, None when it isn't known any more.

        For the pause it is one more that was ignored. Another text may start by itself at that place: the writer spoke
        about these words, not about being spoken to.
        """
        self.ignored(suggestion_id)
        entry = self.cache.known(suggestion_id)
        if entry is None:
            return None
        self.cache.drop(suggestion_id)
        self.rejections.add(entry.page, entry.tail, entry.suggestion.text, reason, typed=entry.typed)
        return entry.scope.document

    def ignored(self, suggestion_id: str) -> None:
        """The writer went on without it. It counts once, and not for a suggestion of which a part was taken."""
        if self.cache.is_first_verdict(suggestion_id):
            self.pause.ignored()
