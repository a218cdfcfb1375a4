"""A server without passwords listens for this machine only."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.listening import Listen, listen_at


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("127.0.0.1:8024", Listen(host="127.0.0.1", port=8024)),
        ("localhost:24", Listen(host="127.0.0.1", port=24)),
        ("[::1]:8024", Listen(host="::1", port=8024)),
        ("/run/alerts/lmtp", Listen(path=Path("/run/alerts/lmtp"))),
    ],
)
def test_a_port_of_this_machine_or_a_socket_is_written_as_usual(text: str, means: Listen) -> None:
    assert listen_at(text) == means
    assert listen_at(str(means)) == means


@pytest.mark.parametrize("text", ["0.0.0.0:24", "10.0.0.1:24", "[::]:24", "mail.example.org:24", ":24", "24", "lmtp"])
def test_what_other_machines_could_reach_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="this machine itself"):
        listen_at(text)


@pytest.mark.parametrize("text", ["127.0.0.1:", "127.0.0.1:0", "127.0.0.1:x", "127.0.0.1:99999", "127.0.0.1:٢٤"])
def test_a_port_is_a_number(text: str) -> None:
    with pytest.raises(ValueError, match="write a port"):
        listen_at(text)
