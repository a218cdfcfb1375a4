"""The guide to templates names everything there is."""

from __future__ import annotations

import re

from alerts.render.mail import mail_variables
from alerts.render.samples import sample_notices
from alerts.render.verdicts import SAYINGS
from alerts.render.view import Site
from alerts.resources import shipped
from alerts.template_env import OUR_FILTERS


def test_the_guide_names_every_variable_and_filter() -> None:
    guide = (shipped("templates") / "README.md").read_text()
    named = set(re.findall(r"`\.?(\w+)`", guide)) | set(re.findall(r"\\\| (\w+)", guide))
    view = mail_variables(next(iter(sample_notices())), Site(base_url="https://alerts.example"))
    assert set(view) - named == set()
    assert set(OUR_FILTERS) - named == set()
    for name in ("place", "numbers", "origins", "reader"):
        thing = view[name]
        item = thing[0] if isinstance(thing, list) else thing
        assert isinstance(item, dict)
        assert set(item) - named == set()
    reader = view["reader"]
    assert isinstance(reader, dict)
    assert set(reader["links"][0]) | set(SAYINGS) <= named
