"""Registers the app."""

from __future__ import annotations

from functools import partial

from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "assessments"
    verbose_name = "Assessments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from assessments.models import PainPoint, Risk, ValueCase  # models load only now
        from assessments.report import readiness_paper, value_paper
        from assessments.selectors import actions, snapshot, standing, taken
        from assessments.selectors.waiting import sections_waiting
        from assessments.services import starting, value_totals
        from assessments.services.measured import queue_refresh
        from assessments.services.value_sections import value_section
        from engagements.evidence import register_listener, register_section, register_subject_source
        from engagements.lists import register_list
        from engagements.reports import register_report
        from engagements.starting import Starter, register_starter
        from engagements.subjects import is_in, register_subject
        from engagements.vocabulary import ReportKind
        from engagements.waiting import register_waiting

        register_list("pain-points", taken.PAIN_POINTS, taken.pain_point_rows)
        register_list("process-steps", taken.STEPS, taken.step_rows)
        register_list("readiness-answers", taken.ANSWERS, taken.answer_rows)
        register_list("action-items", actions.COLUMNS, actions.action_rows)
        register_list("risks", taken.RISKS, taken.risk_rows)
        register_list("readiness-sections", taken.SECTIONS, taken.section_rows)
        register_list("contradictions", taken.CONTRADICTIONS, taken.contradiction_rows)
        register_list("forecasts", taken.FORECASTS, taken.forecast_rows)
        register_report(
            ReportKind.READINESS,
            write=readiness_paper.write_readiness,
            may_read=readiness_paper.may_read_readiness,
            sections=readiness_paper.SECTIONS,
        )
        register_report(
            ReportKind.VALUE_CASE, write=value_paper.write_value_case,
            may_read=value_paper.may_read_value_case, sections=value_paper.SECTIONS,
        )  # fmt: skip
        register_starter(Starter(starting.faults, starting.lay_out, starting.take))
        register_waiting(sections_waiting)
        register_waiting(actions.actions_waiting)
        register_listener(queue_refresh)
        register_listener(value_totals.refresh)
        register_section("value_case", value_section)
        register_section("readiness", snapshot.readiness_section)
        register_section("risks", snapshot.risks_section)
        register_subject_source(snapshot.subjects)
        register_subject("rdq", "readiness question", standing.is_asked)
        for prefix, word, model in (
            ("pnp", "pain point", PainPoint), ("rsk", "risk", Risk), ("vac", "value case", ValueCase),
        ):  # fmt: skip
            register_subject(prefix, word, partial(is_in, model))
