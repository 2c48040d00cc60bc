"""Registers the app."""

from __future__ import annotations

from functools import partial

from django.apps import AppConfig


class EngagementsConfig(AppConfig):
    name = "engagements"
    verbose_name = "Engagements"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from engagements.events import GATE_SIGNED, WAITING_FOR_CLIENT, WAITING_FOR_CONSULTANCY
        from engagements.evidence import register_section  # models load only now
        from engagements.lists import register_list
        from engagements.models import Gate, GateRound, SuccessMetric
        from engagements.selectors import approvers, criterion, evidence, pilot, taken, taken_pilot
        from engagements.selectors.witnesses import signatures
        from engagements.services import digests
        from engagements.subjects import is_in, register_subject
        from engagements.vocabulary import GATE_DECIDED
        from portal.audit import register_witnesses
        from portal.delivery.told import register_deputies, register_lines
        from portal.lists import client_lists

        register_witnesses((GATE_DECIDED, GATE_SIGNED), signatures)
        register_deputies("decide_gate", approvers.deputies_of)
        for event in (WAITING_FOR_CLIENT, WAITING_FOR_CONSULTANCY):
            register_lines(event, digests.lines)
        client_lists.register("waiting", taken.WAITING_OF_CLIENT, taken.waiting_of_client)
        for name, columns, select in (*taken.LISTS, *taken_pilot.LISTS):
            register_list(name, columns, select)
        register_section("evidence", evidence.snapshot_section)
        register_section("pilot", pilot.snapshot_section)
        register_subject("eng", "engagement", lambda viewer, engagement_id, key: key == engagement_id)
        register_subject("cri", "criterion", criterion.is_criterion)
        register_subject("evi", "evidence", evidence.is_visible, is_internal=evidence.is_internal)
        for prefix, word, model in (
            ("gat", "gate", Gate), ("rnd", "round", GateRound), ("met", "success metric", SuccessMetric),
        ):  # fmt: skip
            register_subject(prefix, word, partial(is_in, model))
