"""One service a data folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.engine.single import SingleService
from alerts.errors import StoreError


def test_a_second_service_on_a_folder_is_refused_until_the_first_has_gone(tmp_path: Path) -> None:
    first, second = SingleService(tmp_path), SingleService(tmp_path)
    first.take()
    with pytest.raises(StoreError, match=f"another service runs on the folder {tmp_path}"):
        second.take()
    first.release()
    first.release()
    second.take()
    second.release()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="running cannot be opened: File exists"):
        SingleService(tmp_path / "file").take()


def test_a_folder_that_is_not_there_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    one = SingleService(tmp_path / "data")
    one.take()
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    one.release()
