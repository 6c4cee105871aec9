"""Policies: presets with reasons, the owner's changes over them, and what they refuse."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tabular.errors import ConfigurationError
from validation.base import CHECKS
from validation.checks.privacy.copies import Copies
from validation.checks.validity.keys import Keys
from validation.policy import CAPS, MANDATORY, PRESETS, CheckPolicy, Policy


def test_every_number_of_a_preset_has_a_reason_and_names_a_check() -> None:
    for preset in PRESETS.values():
        for kind, wanted in preset.items():
            assert kind in CHECKS
            assert wanted.reason.endswith(".")


@pytest.mark.parametrize("name", ["internal", "partner", "public"])
def test_privacy_is_mandatory_in_every_preset(name: str) -> None:
    policy = Policy.model_validate({"policy": name})
    assert policy.mandatory() == MANDATORY
    assert all(CHECKS[kind].family == "privacy" for kind in MANDATORY)
    for kind in MANDATORY:
        result = CHECKS[kind].model_validate({}).result("not_applicable", "no holdout")
        assert policy.is_mandatory(result)


def test_what_a_table_need_not_have_is_no_gap() -> None:
    for kind in ("k_map", "model_file_scan"):
        absent = CHECKS[kind].model_validate({}).result("not_applicable", "none declared")
        assert not Policy().is_mandatory(absent)


def test_internal_leaves_the_checks_as_they_are() -> None:
    assert Policy().apply(Copies()) == Copies()


def test_partner_is_nowhere_laxer_than_internal() -> None:
    partner = Policy(policy="partner")
    for kind, cls in CHECKS.items():
        before = cls.model_validate({})
        after = partner.apply(before)
        if hasattr(before, "threshold"):
            assert after.threshold <= before.threshold, kind  # type: ignore[attr-defined]
        assert before.severity != "blocking" or after.severity == "blocking", kind


def test_the_owner_changes_threshold_and_severity_and_keeps_the_other_fields() -> None:
    policy = Policy(checks={"copies": CheckPolicy(threshold=0.004, severity="warning")})
    changed = policy.apply(Copies(ceiling=0.02))
    assert changed == Copies(threshold=0.004, severity="warning", ceiling=0.02)


def test_a_change_keeps_what_else_the_preset_says() -> None:
    policy = Policy(policy="partner", checks={"copies": CheckPolicy(undecided="pass")})
    assert policy.of("copies").threshold == PRESETS["partner"]["copies"].threshold
    assert policy.undecided("copies") == "pass"
    assert policy.undecided("membership") == "hold"


def test_a_check_can_be_made_mandatory_or_be_let_off() -> None:
    policy = Policy(
        checks={"keys": CheckPolicy(mandatory=True), "copies": CheckPolicy(mandatory=False)}
    )
    assert "keys" in policy.mandatory()
    assert "copies" not in policy.mandatory()


def test_an_unknown_check_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValidationError, match=r"there is no check coppies; known: .*copies"):
        Policy.model_validate({"checks": {"coppies": {}}})


@pytest.mark.parametrize("threshold", [float("nan"), float("inf")])
def test_a_threshold_must_be_a_number(threshold: float) -> None:
    with pytest.raises(ValidationError):
        CheckPolicy(threshold=threshold)


def test_a_threshold_the_check_does_not_allow_names_its_place() -> None:
    policy = Policy(checks={"copies": CheckPolicy(threshold=-1)})
    with pytest.raises(ConfigurationError, match=r"gate\.checks\.copies"):
        policy.apply(Copies())


def test_a_threshold_for_a_check_without_one_is_refused() -> None:
    assert "threshold" not in Keys.model_fields
    policy = Policy(checks={"keys": CheckPolicy(threshold=0.1)})
    with pytest.raises(ConfigurationError, match="keys has no threshold"):
        policy.apply(Keys())


def test_only_public_asks_for_differential_privacy() -> None:
    asks = {name: Policy(policy=name).needs_differential_privacy for name in PRESETS}
    assert asks == {"internal": False, "partner": False, "public": True}


def test_every_cap_has_a_reason_and_a_wider_public_is_held_tighter() -> None:
    caps = [CAPS[name] for name in ("internal", "partner", "public")]
    assert all(cap.reason.endswith(".") for cap in caps)
    assert [cap.attempts for cap in caps] == sorted((c.attempts for c in caps), reverse=True)
    assert [cap.releases for cap in caps] == sorted((c.releases for c in caps), reverse=True)


def test_a_waiver_names_a_check_an_owner_and_a_reason() -> None:
    good = {"check": "copies", "owner": "me", "reason": "because it is so", "expires": "2030-01-01"}
    assert Policy.model_validate({"waivers": [good]}).waivers[0].owner == "me"
    for bad in ({"check": "copys"}, {"owner": ""}, {"reason": "ok"}, {"expires": None}):
        with pytest.raises(ValidationError):
            Policy.model_validate({"waivers": [{**good, **bad}]})
