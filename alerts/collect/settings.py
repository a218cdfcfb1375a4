"""How the poller behaves, as one plain value: `[collect]` of config.toml is mapped onto it."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectSettings:
    """Times are seconds, sizes bytes.

    `allow_hosts`: hosts that may have a private address, as `name`, `address`, `name:port`,
    `address:port` or `[v6 address]:port`; an entry with a port also allows that port.
    `interval` is the usual one between two polls of a feed, `max_staleness` the longest of a feed that answers,
    `host_gap` the time between two requests to one host. `min_rate` (bytes a second, over ten seconds) is the slowest
    answer that is waited for. `keep_documents` bounds the raw documents that are kept.
    `parse_cpu`, `parse_wall`, `parse_memory` bound what one document may cost its parser.
    """

    user_agent: str = "alerts"
    connect_timeout: float = 10.0
    read_timeout: float = 15.0
    total_timeout: float = 45.0
    min_rate: float = 200.0
    max_body: int = 5 * MIB
    max_redirects: int = 5
    at_once: int = 64
    allow_hosts: tuple[str, ...] = ()
    allow_ports: tuple[int, ...] = (80, 443)
    interval: float = 900.0
    min_interval: float = 60.0
    max_staleness: float = 1800.0
    max_staleness_critical: float = 900.0
    host_gap: float = 1.0
    keep_documents: int = 256 * MIB
    max_backoff: float = 6 * 3600.0
    max_retry_after: float = 24 * 3600.0
    jitter: float = 0.1
    parse_workers: int = 1
    parse_cpu: float = 2.0
    parse_wall: float = 15.0
    parse_memory: int = 68 * MIB  # with what the process is made of, less than 100 MB


def user_agent(version: str, contact: str) -> str:
    """Who we are and whom to write to: "alerts/0.1.0 (+mailto:desk@example.org)".

    `contact` is an address or a URL, or empty.
    """
    contact = "".join(char for char in contact if char.isprintable()).strip()
    if not contact:
        return f"alerts/{version}"
    if "@" in contact and ":" not in contact:
        contact = f"mailto:{contact}"
    return f"alerts/{version} (+{contact})"
