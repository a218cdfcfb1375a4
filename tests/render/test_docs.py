"""The guide to templates names everything there is."""

from __future__ import annotations

import re
from datetime import date

from alerts.render.digest import Digest
from alerts.render.mail import digest_variables, mail_variables
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
    notices = list(sample_notices())
    view = mail_variables(notices[0], Site(), others=notices, covered=notices)
    for name in ("others", "covered"):
        things = view[name]
        assert isinstance(things, list)
        assert set(things[0]) - named == set()
    digest = Digest(notices=tuple(notices), count=9, extreme=0, severe=1, first=date.min, last=date.max)
    view = digest_variables(digest, Site())
    assert set(view) - named == set()
    countries = view["countries"]
    assert isinstance(countries, list)
    assert set(countries[0]) | set(countries[0]["alerts"][0]) - named == {"name", "alerts"}
    reader = mail_variables(notices[0], Site(base_url="https://alerts.example"))["reader"]
    assert isinstance(reader, dict)
    assert set(reader["links"][0]) | set(SAYINGS) <= named
