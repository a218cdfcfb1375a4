"""Which feeds a command is about: by their numbers, by a tag or a host, or all. A number that no feed has is named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from alerts.cli import common

if TYPE_CHECKING:
    from alerts.store.feeds import FeedRow


def by_ids(feeds: Sequence[FeedRow], ids: Sequence[int]) -> list[FeedRow]:
    """The feeds with these numbers. Raises InputError naming all that are not there."""
    from alerts.errors import InputError

    known = {feed.id: feed for feed in feeds}
    wrong = [str(number) for number in dict.fromkeys(ids) if number not in known]
    if wrong:
        some = f"is no feed {wrong[0]}" if len(wrong) == 1 else f"are no feeds {', '.join(wrong)}"
        raise InputError(f"there {some}; see: alerts feeds list")
    return [known[number] for number in dict.fromkeys(ids)]


def with_tags(feeds: Sequence[FeedRow], tags: Sequence[str]) -> list[FeedRow]:
    """The feeds that have one of these tags, whatever its capitals. Raises InputError for a tag that no feed has."""
    from alerts.errors import InputError

    known = sorted({tag for feed in feeds for tag in feed.tags})
    small = {tag.casefold() for tag in known}
    for tag in tags:
        if tag.casefold() not in small:
            raise InputError(f"no feed has the tag '{tag}'{common.meant(tag, known) if known else ''}")
    wanted = {tag.casefold() for tag in tags}
    return [feed for feed in feeds if wanted & {tag.casefold() for tag in feed.tags}]


def of_host(feeds: Sequence[FeedRow], host: str) -> list[FeedRow]:
    """The feeds of a host and of those below it. Raises InputError for one that has none."""
    from alerts.errors import InputError, did_you_mean

    host = host.strip().lower().rstrip(".")
    found = [feed for feed in feeds if feed.host == host or feed.host.endswith(f".{host}")]
    if not found:
        hosts = sorted({feed.host for feed in feeds})
        raise InputError(f"no feed is of the host '{host}'{did_you_mean(host, hosts)}")
    return found
