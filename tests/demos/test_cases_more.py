"""Cases beyond plain rows: personal data, sealed, conversations, own checks, variants, carried reviews."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from demos.engine.graders import GraderKind, GraderSpec
from demos.engine.swaps import SwapSet
from demos.engine.variants import Change
from demos.models import Attempt, Case, CaseReview, MetricResult, Run, SealedLook
from demos.services import counterfactuals, datasets, execution, looks, personal_data, runs, variants
from demos.services.graders import store_grader
from demos.vocabulary import CaseVerdict, PersonalDataAction, RunStatus
from engagements.models import Measurement
from portal.errors import Forbidden, Invalid, PersonalDataBlocked
from portal.models import LedgerEntry
from tests.personas import scope

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_is_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demos.queue.current_app.send_task", lambda *args, **options: None)


def brought(world: Any, engagement: Any, rows: list[dict[str, Any]], name: str = "Cases") -> Any:
    """Import rows as JSONL and accept whatever is open."""
    text = "\n".join(json.dumps(row) for row in rows)
    version = datasets.import_cases(
        by=world.expert, engagement_id=engagement.pk, dataset_name=name, file_name="c.jsonl",
        file=io.BytesIO(text.encode()),
    ).version  # fmt: skip
    datasets.review_cases(by=world.expert, version_id=version.pk, verdict=CaseVerdict.ACCEPTED)
    return version


def finished(world: Any, order: dict[str, Any]) -> Run:
    with scope(world):
        run = runs.start_run(by=world.lead, **order)
    execution.execute_shard(tenant_id=run.tenant_id, run_id=run.pk)
    with scope(world):
        return Run.objects.select_related("plan__dataset_version__dataset", "engagement").get(pk=run.pk)


def test_personal_data_blocks_a_run_or_is_masked_or_allowed_and_is_only_ever_counted(
    world, engagement, prepared, answering
):
    order = prepared(["plain"])
    rows = [
        {"question": "Write to dana@example.org", "answer": "DANA"},
        {"question": "hello", "answer": "HELLO"},
    ]
    with scope(world):
        version = brought(world, engagement, rows)
        assert {kind: n for kind, n in version.pii_counts.items() if n} == {"email": 1}
        assert "dana@example.org" not in json.dumps([version.pii_counts, version.mapping])
        order = order | {"dataset_version_id": version.pk}
        with pytest.raises(PersonalDataBlocked, match="1 × e-mail address") as refused:
            runs.start_run(by=world.lead, **order)
        assert refused.value.problem == "pii-blocked"
        assert "dana" not in refused.value.detail
        with pytest.raises(Forbidden, match="Only the client"):
            personal_data.set_personal_data_rule(
                by=world.lead, engagement_id=engagement.pk, action=PersonalDataAction.ALLOW
            )
        personal_data.set_personal_data_rule(
            by=world.lead, engagement_id=engagement.pk, action=PersonalDataAction.MASK
        )
    assert answering.asked == [], "nothing was sent while it was blocked"
    run = finished(world, order)
    assert sorted(answering.asked) == ["Write to [e-mail address]", "hello"]
    assert run.plan.personal_data == PersonalDataAction.MASK
    with scope(world):
        personal_data.set_personal_data_rule(
            by=world.expert, engagement_id=engagement.pk, action=PersonalDataAction.ALLOW
        )
    finished(world, order)
    assert "Write to dana@example.org" in answering.asked


def test_an_acceptance_carries_over_to_the_same_content_and_to_nothing_else(world, engagement):
    with scope(world):
        first = brought(
            world, engagement, [{"question": "a", "answer": "A"}, {"question": "b", "answer": "B"}]
        )
        text = b"question,answer\nb,B\na,other\nnew,N\n"
        again = datasets.import_cases(
            by=world.consultant, engagement_id=engagement.pk, dataset_name="Cases", file_name="c.csv",
            file=io.BytesIO(text),
        ).version  # fmt: skip
        assert again.dataset_id == first.dataset_id
        reviews = CaseReview.objects.filter(case__dataset_version=again)
        carried = reviews.get()
        assert carried.case.input == "b"
        assert carried.reviewed_by == world.expert, "it is still that person's word"
        assert carried.carried_from.case.dataset_version == first


def test_sealed_cases_are_not_shown_to_the_consultancy_and_each_look_is_counted(
    world, engagement, prepared, client
):
    order = prepared(["plain"])
    rows = [
        {"question": "open wrong", "answer": "RIGHT", "sealed": ""},
        {"question": "sealed wrong", "answer": "RIGHT", "sealed": "yes"},
    ]
    with scope(world):
        version = brought(world, engagement, rows)
    run = finished(world, order | {"dataset_version_id": version.pk})
    base = f"/{world.tenant.slug}/engagements/{engagement.public_id}"
    with scope(world):
        sealed = Attempt.objects.get(run=run, case__sealed=True)
    for who, shown in (("expert", True), ("lead", False)):
        client.force_login(getattr(world, who))
        page = client.get(f"{base}/runs/{run.public_id}/")
        assert ("sealed wrong" in page.text) is shown
        assert ("sealed wrong" in client.get(f"{base}/cases/{version.public_id}/?view=all").text) is shown
        wanted = 200 if shown else 403
        assert client.get(f"{base}/attempts/{sealed.public_id}/").status_code == wanted
        looked = "looked at 0 times" if shown else "looked at 1 time."
        assert looked in page.text, "the client's own look does not count"
    with scope(world):
        looks.note_look(by=world.consultant, run=run)
        assert SealedLook.objects.get().seen_by == world.lead, "one run is one look"


def test_a_conversation_is_said_in_order_and_each_turn_has_its_checks(world, engagement, prepared, answering):
    order = prepared(["plain"], template={"question": "{{question}}", "so_far": "{{history}}"})
    says_yes = [{"kind": "contains", "params": {"all": ["first"]}}]
    rows = [
        {"question": "last", "answer": "LAST", "turns": [{"say": "first", "checks": says_yes}, "second"]},
        {"question": "end", "answer": "END", "turns": [{"say": "other", "checks": says_yes}]},
    ]
    with scope(world):
        version = brought(world, engagement, rows)
    run = finished(world, order | {"dataset_version_id": version.pk})
    assert (run.status, run.passed, run.failed, run.calls, run.retries) == (RunStatus.FINISHED, 1, 1, 5, 0)
    assert answering.asked.index("first") < answering.asked.index("second") < answering.asked.index("last")
    with scope(world):
        good, bad = Attempt.objects.order_by("position")
        assert [turn["answer"] for turn in (good.found or {})["turns"]] == ["FIRST", "SECOND"]
        assert (good.calls, good.passed) == (3, True)
        assert bad.reason.startswith("Turn 1: The answer does not contain")


def test_the_checks_that_a_case_carries_are_graded(world, engagement, prepared):
    order = prepared(["plain"])
    short = [{"kind": "length", "params": {"most": 1}}]
    rows = [
        {"question": "one", "answer": "", "checks": short},
        {"question": "two words", "answer": "", "checks": short},
    ]  # fmt: skip
    with scope(world):
        version = brought(world, engagement, rows)
        grader = store_grader(
            by=world.lead, engagement_id=engagement.pk, name="Own", spec=GraderSpec(GraderKind.CHECKS)
        )
    run = finished(world, order | {"dataset_version_id": version.pk, "grader_version_ids": [grader.pk]})
    assert (run.passed, run.failed) == (1, 1)


def test_the_fall_on_messy_input_is_measured_in_one_run_and_brought_to_the_gates(
    world, engagement, prepared, answering
):
    order = prepared(["plain"])
    with scope(world):
        rows = [{"question": f"case number {n} left", "answer": f"CASE NUMBER {n} LEFT"} for n in range(20)]
        clean = brought(world, engagement, rows)
        messy = variants.make_variants(
            by=world.lead, version_id=clean.pk, changes=[Change.TYPING_ERRORS, Change.REORDERED], seed=7
        )
        datasets.review_cases(by=world.expert, version_id=messy.pk, verdict=CaseVerdict.ACCEPTED)
        made = Case.objects.filter(dataset_version=messy).exclude(variant_of=None).count()
    run = finished(world, order | {"dataset_version_id": messy.pk})

    with scope(world):
        fall = Measurement.objects.get(key="messy_fall", source_id=run.pk)
        slices = dict(
            MetricResult.objects.filter(run=run, key="pass_rate", slice__startswith="change=").values_list(
                "slice", "n"
            )
        )
    assert (float(fall.value), fall.n) == (1.0, made), "every clean case passes, no messy one"
    assert fall.low is not None
    assert slices["change=none"] == 20
    assert sum(slices.values()) == 20 + made


GENDER = SwapSet("gender", {"woman": ["Emma", "she"], "man": ["Paul", "he"]})


def test_whether_the_verdict_stays_for_somebody_else_is_measured_in_one_run(
    world, engagement, prepared, answering
):
    """The system shouts the question back, so the swapped expected answer is right for both: no flip."""
    order = prepared(["plain"])
    with scope(world):
        rows = [{"question": f"Emma asks {n}", "answer": f"EMMA ASKS {n}"} for n in range(12)]
        rows += [{"question": f"Paul asks {n}", "answer": "PAUL IS IGNORED"} for n in range(4)]
        rows += [{"question": "nobody asks", "answer": "x"}, {"question": "Emma and Paul ask", "answer": "x"}]
        clean = brought(world, engagement, rows)
        version = counterfactuals.make_counterfactuals(by=world.lead, version_id=clean.pk, swaps=GENDER)
        datasets.review_cases(by=world.expert, version_id=version.pk, verdict=CaseVerdict.ACCEPTED)
    run = finished(world, order | {"dataset_version_id": version.pk})

    with scope(world):
        found = {row.key: row for row in Measurement.objects.filter(source_id=run.pk)}
    gap, flips = found["counterfactual_gap"], found["counterfactual_flips"]
    assert (run.passed, run.failed) == (24, 8)
    assert (float(gap.value), gap.n, float(flips.value), flips.n) == (0, 16, 0, 16)
    assert gap.bound_high > 0, "16 pairs without a flip prove no more than that"
    assert "messy_fall" not in found


def test_counterfactuals_hold_both_persons_and_say_what_was_left_out(world, engagement):
    with scope(world):
        rows = [
            {"question": "Emma asks whether she is covered", "answer": "Emma is", "context": "Emma: house"},
            {"question": "nobody asks", "answer": "x"},
            {"question": "Emma and Paul ask", "answer": "x"},
        ]
        clean = brought(world, engagement, rows)
        version = counterfactuals.make_counterfactuals(by=world.lead, version_id=clean.pk, swaps=GENDER)
        again = counterfactuals.make_counterfactuals(by=world.lead, version_id=clean.pk, swaps=GENDER)
        assert again == version
        own, other = Case.objects.filter(dataset_version=version).order_by("position")
        assert (own.variant_of, own.slices) == (None, {"gender": "woman"})
        assert (other.variant_of, other.change, other.slices) == (own, "swap", {"gender": "man"})
        assert (other.input, other.expected, other.context) == (
            "Paul asks whether he is covered", "Paul is", "Paul: house",
        )  # fmt: skip
        assert version.variants["left_out"] == {"none": 1, "several": 1}
        assert CaseReview.objects.filter(case=own, verdict="accepted").exists()
        assert not CaseReview.objects.filter(case=other).exists(), "the expert accepts these as well"
        entry = LedgerEntry.objects.get(event="dataset.swapped")
        assert (entry.facts["attribute"], entry.facts["left_out"]) == ("gender", 2)


def test_counterfactuals_that_cannot_be_made_are_refused_and_nothing_is_stored(world, engagement):
    nobody = SwapSet("district", {"north": ["Norden"], "south": ["Süden"]})
    twice = SwapSet("gender", {"woman": ["Emma"], "man": ["emma"]})
    with scope(world):
        clean = brought(world, engagement, [{"question": "Emma asks", "answer": "x"}])
        before = Case.objects.count()
        for swaps, says in ((nobody, "No accepted case names"), (twice, "stands there twice")):
            with pytest.raises(Invalid, match=says):
                counterfactuals.make_counterfactuals(by=world.lead, version_id=clean.pk, swaps=swaps)
        assert Case.objects.count() == before
        made = counterfactuals.make_counterfactuals(by=world.lead, version_id=clean.pk, swaps=GENDER)
        with pytest.raises(Invalid, match="made from others already"):
            counterfactuals.make_counterfactuals(by=world.lead, version_id=made.pk, swaps=GENDER)
        with pytest.raises(Invalid, match="variants already"):
            variants.make_variants(by=world.lead, version_id=made.pk, changes=[Change.TRUNCATED])


def test_counterfactuals_are_made_on_the_page(world, engagement, client):
    with scope(world):
        clean = brought(world, engagement, [{"question": "Emma asks", "answer": "x"}])
    client.force_login(world.lead)
    here = f"/{world.tenant.slug}/engagements/{engagement.public_id}/cases/{clean.public_id}/"
    assert "Make counterfactuals" in client.get(here).text
    bad = client.post(f"{here}counterfactuals/", {"attribute": "gender", "values": "woman Emma"})
    assert (bad.status_code, "has no colon" in bad.text) == (422, True)
    sent = {"attribute": "gender", "values": "woman: Emma, she\nman: Paul, he"}
    told = client.post(f"{here}counterfactuals/", sent, follow=True).text
    assert "2 cases: those that name one value" in told
    assert "man (Paul, he)" in told


def test_sealed_cases_have_a_rate_of_their_own_and_a_gap_to_the_open_ones(
    world, engagement, prepared, answering
):
    order = prepared(["plain"])
    with scope(world):
        rows = [
            {
                "question": f"case {n}",
                "answer": f"CASE {n}" if n < 15 else "other",
                "sealed": "yes" if n >= 10 else "",
            }
            for n in range(20)
        ]
        version = brought(world, engagement, rows)
    run = finished(world, order | {"dataset_version_id": version.pk})

    with scope(world):
        found = {row.key: row for row in Measurement.objects.filter(source_id=run.pk)}
    rate, gap = found["sealed_pass_rate"], found["sealed_gap"]
    assert (float(rate.value), rate.n) == (0.5, 10)
    assert (float(gap.value), gap.n) == (0.5, 20)
    assert 0 < gap.low < 0.5 < gap.high


def test_messy_variants_are_a_dataset_of_their_own_with_links_and_a_seed(world, engagement):
    with scope(world):
        clean = brought(
            world, engagement, [{"question": "Paid 1200 on 2026-11-27. Where is it?", "answer": "R"}]
        )
        with pytest.raises(Invalid, match="at least one change"):
            variants.make_variants(by=world.lead, version_id=clean.pk, changes=[])
        chosen = [Change.OTHER_FORMATS, Change.REORDERED]
        messy = variants.make_variants(by=world.lead, version_id=clean.pk, changes=chosen, seed=7)
        again = variants.make_variants(by=world.lead, version_id=clean.pk, changes=chosen, seed=7)
        assert again == messy, "the same seed gives the same variants"
        copy, *made = Case.objects.filter(dataset_version=messy).order_by("position")
        assert (copy.input, copy.variant_of, copy.slices) == (
            "Paid 1200 on 2026-11-27. Where is it?", None, {"change": "none"},
        )  # fmt: skip
        assert [(case.variant_of, case.change, case.expected, case.slices) for case in made] == [
            (copy, "other_formats", "R", {"change": "other_formats"}),
            (copy, "reordered", "R", {"change": "reordered"}),
        ]  # fmt: skip
        word = CaseReview.objects.get(case=copy)
        assert (word.verdict, word.carried_from.case.dataset_version) == ("accepted", clean)
        assert messy.variants == {
            "of": clean.public_id, "changes": ["other_formats", "reordered"], "seed": 7,
        }  # fmt: skip
        assert not CaseReview.objects.filter(case__in=made).exists(), "the expert accepts variants as well"
        with pytest.raises(Invalid, match="variants already"):
            variants.make_variants(by=world.lead, version_id=messy.pk, changes=chosen)
