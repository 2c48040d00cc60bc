"""Components give the agreed markup: a word with every mark, every drawing spoken, no inline code."""

import re
from decimal import Decimal

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import engines

from portal import charts
from portal.access import Permission
from portal.charts import Bubble, Caption, Mark, Point
from portal.figures import NBSP
from portal.flow_chart import FlowStep, flow
from portal.icons import icon
from portal.marks import MARKS, verdict_key
from portal.readings import Reading, reading_in_words, scale_for
from portal.web.gallery_examples import examples


def draw(source: str, **context: object) -> str:
    return engines["django"].from_string("{% load ui %}" + source).render(context)


@pytest.mark.parametrize("written", ["NOT_MET", "not_met", "not-met", "Not met"])
def test_a_verdict_is_known_by_any_of_its_writings(written):
    assert verdict_key(written) == "not-met"


def test_an_unknown_verdict_is_an_error_and_not_a_blank():
    with pytest.raises(KeyError):
        verdict_key("passed")


def test_a_mark_comes_with_its_word():
    assert draw('{% verdict_mark "MET" %}') == f'<span class="verdict v-met">{MARKS["met"]}Met</span>'
    assert draw('{% verdict_mark "not-evaluated" word="Too few to judge" chip=True %}').endswith(
        "Too few to judge</span>"
    )


def test_beads_are_spoken_and_only_met_counts_as_met():
    row = draw(
        "{% bead_row verdicts count=True %}", verdicts=["waived", "MET", "MET", "NOT_MET", "NOT_APPLICABLE"]
    )
    assert 'aria-label="2 met, 1 not met, 1 waived, 1 not applicable"' in row
    assert row.endswith('<b class="num">2 of 5 met</b>')


def test_a_range_bar_draws_value_interval_and_flag_on_the_given_scale():
    drawn = draw(
        '{% range_bar low value high target verdict="met" scale=scale %}',
        low=Decimal("0.883"), value=Decimal("0.92"), high=Decimal("0.946"), target=Decimal("0.85"),
        scale=(Decimal("0.7"), Decimal(1)),
    )  # fmt: skip
    assert '<rect class="zone" x="92.0" y="8" width="88.0" height="14" rx="2"/>' in drawn
    assert '<circle class="dot" cx="133.1" cy="15" r="4"/>' in drawn
    assert 'd="M92.0 4l6 3.5l-6 3.5z"' in drawn
    label = f"met: 92.0{NBSP}%, interval 88.3 to 94.6{NBSP}%, target at least 85{NBSP}%"
    assert f'aria-label="{label}"' in drawn


def test_the_pennant_points_to_the_side_that_passes():
    drawn = draw("{% range_bar 0 0 0.015 0.05 False scale=scale %}", scale=(0, Decimal("0.1")))
    assert "l-6 3.5l6 3.5z" in drawn


def test_a_reading_that_was_not_measured_has_no_dot_and_says_so():
    drawn = draw('{% range_bar None None None 0.85 verdict="NOT_EVALUATED" %}')
    assert "dot" not in drawn
    assert 'class="iv"' not in drawn
    assert f"not evaluated: not measured, target at least 85{NBSP}%" in drawn


def test_a_misspelt_argument_of_a_range_bar_is_refused():
    with pytest.raises(TypeError, match="range_bar has no targte"):
        draw("{% range_bar 0.8 0.9 0.95 targte=0.85 %}")


def test_a_scale_holds_everything_between_round_ends():
    rate = Reading(value=Decimal("0.92"), low=Decimal("0.874"), high=Decimal("0.95"), target=Decimal("0.85"))
    assert scale_for(rate) == (Decimal("0.7"), Decimal(1))
    wait = Reading(value=6400, low=5800, high=7600, target=8000, higher_is_better=False, unit="ms")
    assert scale_for(wait) == (Decimal(0), Decimal(15000))
    assert reading_in_words(wait) == f"6.4{NBSP}s, interval 5.8{NBSP}s to 7.6{NBSP}s, target at most 8{NBSP}s"


def test_a_consultancy_face_is_round_and_a_client_face_is_square():
    assert '<span class="face" aria-hidden="true">JL</span>' in draw('{% face "Jonas Lindqvist" %}')
    assert '<span class="face is-client" aria-hidden="true">MO</span>' in draw(
        '{% face "Margaret Osei" side="client" %}'
    )
    assert draw("{% face None %}") == '<span class="dim">nobody yet</span>'


def test_what_is_not_allowed_stays_focusable_and_says_why():
    button = draw(
        '{% action "Sign this decision" may href="/x" %}', may=Permission(False, "Only the sponsor can sign.")
    )
    assert 'type="button" aria-disabled="true" aria-describedby="why-' in button
    assert "<span>Only the sponsor can sign.</span>" in button
    assert "href" not in button
    allowed = draw('{% action "Sign this decision" may href="/x" look="primary" %}', may=Permission(True))
    assert allowed == '<a class="btn btn-primary" href="/x">Sign this decision</a>'


class Volume(forms.Form):
    volume = forms.IntegerField(label="Cases a year", help_text="From the log.")


def test_a_field_in_error_is_marked_told_and_keeps_what_was_typed():
    form = Volume({"volume": "about 21k"})
    drawn = draw('{% error_summary form %}{% field form.volume unit="cases" %}', form=form)
    assert 'aria-invalid="true"' in drawn
    assert 'aria-describedby="id_volume-h id_volume-e"' in drawn
    assert 'value="about 21k"' in drawn
    assert 'type="text"' in drawn
    assert '<a href="#id_volume">Cases a year: Enter a whole number.</a>' in drawn
    assert "One thing to put right" in drawn


def test_a_good_form_has_no_summary():
    assert draw("{% error_summary form %}", form=Volume({"volume": "21000"})).strip() == ""


def test_a_pager_says_where_one_is_and_keeps_the_query(rf):
    page = Paginator(range(16), 6).page(2)
    drawn = draw("{% pager page %}", page=page, request=rf.get("/x", {"kind": "wrong", "page": "2"}))
    assert "<span>7 to 12 of 16</span>" in drawn
    assert 'href="?kind=wrong&amp;page=3" rel="next">Next 4</a>' in drawn
    assert 'href="?kind=wrong&amp;page=1" rel="prev">Back</a>' in drawn


def test_text_of_people_is_escaped_everywhere():
    bad = "<script>x</script>"
    source = (
        '{% face bad %}{% crumb bad bad %}{% action bad True "/" %}{% verdict_mark "met" word=bad %}'
        "{% explain source=bad %}{{ bad }}{% endexplain %}{% figure bad bad bad %}{% empty_state bad bad %}"
        "{% key_sheet heading=bad %}{{ bad }}{% endkey_sheet %}{% when None word=bad %}"
    )
    assert "<script>" not in draw(source, bad=bad)


def test_progress_has_one_polite_region_and_shows_no_rate():
    drawn = draw("{% progress 43 71 in_flight=2 %}")
    assert drawn.count('aria-live="polite"') == 1
    assert '<rect class="soft" width="63.4%"' in drawn
    assert "26 waiting" in drawn
    assert "%</" not in drawn


def test_an_icon_is_read_once_and_hidden_from_speech():
    assert icon("lock") is icon("lock")
    assert 'aria-hidden="true"' in icon("lock")
    with pytest.raises(KeyError):
        icon("no-such-icon")


def test_charts_are_spoken_and_carry_no_style_or_script():
    caption = Caption("c", "Wait & cost", "Most <fast>")
    drawn = [
        charts.histogram(caption, [0, 1, 2], [3, 1], unit="s", marks=[Mark(1, "target 1 s", is_target=True)]),
        charts.bars(caption, [("A", 2.0, "$2"), ("B", None, "not measured")]),
        charts.over_time(
            caption, [Point("Run 1", 0.9, 0.8, 0.95), Point("Run 2", None)], write=str, target=0.85
        ),
        charts.quadrant(
            caption, [Bubble("P1", 0.5, 0.5, 10)], across="a", upward="b", corners=("1", "2", "3", "4")
        ),
    ]
    for svg in drawn:
        assert '<title id="c-t">Wait &amp; cost</title><desc id="c-d">Most &lt;fast&gt;</desc>' in svg
        assert "style=" not in svg
        assert "<script" not in svg
    assert "not measured" in drawn[1]
    assert "not measured" in drawn[2]


def test_an_empty_histogram_is_drawn_without_dividing_by_zero():
    assert "<svg" in charts.histogram(Caption("e", "None", "No cases"), [0, 1], [0], unit="s")


def test_steps_of_a_scale_are_round():
    assert charts.ticks(58) == [0, 20, 40, 60]
    assert charts.ticks(0) == [0, 1]


def test_the_gallery_holds_every_component_without_inline_code(rf):
    html = engines["django"].get_template("portal/gallery.html").render(examples())
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", html)
    assert len(re.findall(r"<script(?![^>]*src=)", html)) == 0
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


class Kind(forms.Form):
    kind = forms.ChoiceField(
        choices=[("delay", "Delay: cases are late"), ("other", "Other")], widget=forms.RadioSelect
    )


def test_a_choice_with_a_colon_is_a_name_and_what_it_means():
    drawn = draw("{% field form.kind %}", form=Kind())
    assert "<b>Delay</b><span>cases are late</span></label>" in drawn
    assert "<b>Other</b></label>" in drawn
    assert "<legend>Kind</legend>" in drawn


def test_a_process_keeps_the_clients_whole_words_and_says_what_was_not_measured():
    long = "Read the letter & decide which of the eleven teams is to have it"
    drawn = flow("Steps", [FlowStep(long, "", None, None), FlowStep("Sort", "Desk", 11, 90, marked=True)])

    assert f"1. {long.replace('&', '&amp;')}</span>" in drawn
    assert "waiting not measured" in drawn
    assert "work not measured" in drawn
    assert '<span class="flow-box on">2. Sort</span>' in drawn
    assert "Desk, bottleneck" in drawn


def test_an_end_of_the_scale_that_the_target_would_run_into_is_left_out():
    crowded = draw('{% range_bar 0.3 0.39 0.49 0.80 verdict="not-met" scale=scale %}', scale=(0.2, 1))
    roomy = draw('{% range_bar 0.3 0.39 0.49 0.60 verdict="not-met" scale=scale %}', scale=(0.2, 1))

    assert f"100{NBSP}%</text>" not in crowded
    assert f"80{NBSP}%</text>" in crowded
    assert f"100{NBSP}%</text>" in roomy
