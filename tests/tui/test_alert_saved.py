"""An alert that was saved says which scenario holds it."""

from __future__ import annotations

import msgspec

from tests.tui.samples.alerts import ALERT
from tui.alerts.explain import explanation
from tui.text import plain


def test_the_scenario_of_an_alert_is_named_at_every_width() -> None:
    name = "before-alert-20260302-140322"
    saved = msgspec.structs.replace(ALERT, saved=name, modeled=False)
    for width in (40, 76, 116):
        lines = [plain(line) for line in explanation(saved, width)]
        assert any(name in line for line in lines)
        assert all(len(line) <= width for line in lines)
    assert not any("scenario" in plain(line) for line in explanation(ALERT, 76))
