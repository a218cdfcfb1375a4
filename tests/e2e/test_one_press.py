"""From the link in a mail to the mail that takes the alert back: a real service, a real server, a real client."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import aiohttp

from alerts.store import people
from alerts.store.database import writing
from alerts.web.running import pages_of
from alerts.web.serve import WebServer
from tests.e2e.newsdesk import READERS, Newsdesk, report
from tests.e2e.test_service import opened
from tests.web.html import Page


def _link(desk: Newsdesk, saying: str) -> str:
    """The path of the link of the first mail that is there."""
    found = re.search(rf"http://127\.0\.0\.1:8080(/v/\S+\?say={saying})\s", desk.mail_texts()[0])
    assert found is not None
    return found[1]


async def test_a_link_of_a_mail_takes_the_alert_back_for_exactly_those_who_were_told(desk: Newsdesk) -> None:
    desk.set_up()
    desk.publish("daily", report("Taiz"))
    async with opened(desk) as service:
        await service.step()
        told = [(reader, "Shelling in Taiz: 12 people killed") for reader in READERS]
        assert desk.mails() == told
        with writing(service.engine) as conn:
            people.add_person(conn, "late@example.org", now=datetime.now(UTC))
        server = WebServer(pages_of(service), host="127.0.0.1", port=0)
        port = await server.start()
        try:
            async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
                async with session.get(_link(desk, "false_alarm")) as answer:  # as a mail scanner does
                    page = Page(await answer.text())
                await service.step()
                assert desk.mails() == told
                first, button = page.all("form")[0], page.all("input")[0]
                assert page.inside("button")[0] == "False alarm"
                for _ in range(2):
                    sent = {button["name"]: button["value"]}
                    async with session.post(first["action"], data=sent) as answer:
                        assert answer.status == 200
                        said = Page(await answer.text()).text
                await service.step()
        finally:
            await server.stop()
        assert "The alert was cancelled already." in said
        cancelled = [(reader, "[Cancelled] Shelling in Taiz: 12 people killed") for reader in READERS]
        assert desk.mails() == sorted(told + cancelled)
        texts = [text for text in desk.mail_texts() if text.startswith("CANCELLED")]
        assert len(texts) == 2 and all("a reader said that it was a false alarm" in text for text in texts)
