"""A mailbox and its bookmark in memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from stallwatch.mailbox.access import MailboxError
from stallwatch.mailbox.ports import Bookmark, Mail


@dataclass
class MemoryMailbox:
    """Mails by UID; `gone` are those that vanish between being listed and being fetched."""

    kept: dict[int, bytes] = field(default_factory=dict)
    validity: int = 1
    gone: set[int] = field(default_factory=set)
    fetched: list[int] = field(default_factory=list)
    since: date | None = None
    dies_after: int | None = None
    """How many mails are given before the connection breaks."""

    def uid_validity(self) -> int:
        return self.validity

    def uids_after(self, uid: int, since: date) -> Sequence[int]:
        self.since = since
        return sorted(one for one in self.kept if one > uid)

    def mails(self, uids: Sequence[int]) -> Iterator[Mail]:
        for uid in uids:
            if self.dies_after is not None and len(self.fetched) >= self.dies_after:
                raise MailboxError("the mailbox does not give its mails")
            if uid not in self.gone:
                self.fetched.append(uid)
                yield Mail(uid, self.kept[uid])


@dataclass
class MemoryBookmarks:
    """The bookmark; the next `lost` moves find it moved by another run."""

    kept: Bookmark = field(default_factory=Bookmark)
    lost: int = 0
    moves: int = 0

    def read(self) -> Bookmark:
        return self.kept

    def move(self, before: Bookmark, after: Bookmark) -> bool:
        place = (before.uid_validity, before.last_uid)
        if self.lost or place != (self.kept.uid_validity, self.kept.last_uid):
            self.lost = max(0, self.lost - 1)
            return False
        self.kept = after
        self.moves += 1
        return True
