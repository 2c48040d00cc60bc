"""Registers the app and tells engagements where the failures of a run are found."""

from __future__ import annotations

from functools import partial

from django.apps import AppConfig


class DemosConfig(AppConfig):
    name = "demos"
    verbose_name = "Evaluations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from demos.exporting.paper import SECTIONS, may_read_evaluation, write_evaluation
        from demos.models import Attempt, Run
        from demos.selectors import taken
        from demos.selectors.results import binding_choices, failures_for_brief  # models exist only now
        from demos.selectors.waiting import cases_waiting, disputes_waiting
        from engagements.evidence import register_binding_source, register_failure_source
        from engagements.lists import register_list
        from engagements.reports import register_report
        from engagements.subjects import is_in, register_subject
        from engagements.vocabulary import ReportKind
        from engagements.waiting import register_waiting

        register_report(
            ReportKind.EVALUATION, write=write_evaluation, may_read=may_read_evaluation, sections=SECTIONS
        )
        register_failure_source(failures_for_brief)
        register_binding_source(binding_choices)
        for name, columns, select in taken.LISTS:
            register_list(name, columns, select)
        register_waiting(cases_waiting)
        register_waiting(disputes_waiting)
        register_subject("run", "run", partial(is_in, Run))
        register_subject(
            "att", "answer",
            lambda viewer, key, attempt: Attempt.objects.filter(pk=attempt, run__engagement_id=key).exists(),
        )  # fmt: skip
