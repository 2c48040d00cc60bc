"""Addresses of the lifecycle, below ``<slug:tenant>/``."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from engagements.views import (
    approvers,
    comments,
    conditions,
    criteria,
    criterion,
    decisions,
    draft,
    evidence,
    evidence_requests,
    letterhead,
    lists,
    overview,
    packs,
    pilot,
    pilot_life,
    reports,
    rounds,
    templates,
    waiting,
)
from portal import ids

for prefix in (
    "eng", "gat", "crs", "cri", "rnd", "evi", "evv", "evr", "tpl", "cnd", "qst", "dlg", "cmt", "inc", "rpt",
    "rps",
):  # fmt: skip
    ids.register_prefix(prefix)


class ListName(StringConverter):
    """risks"""

    regex = r"[a-z]+(-[a-z]+)*"


register_converter(ListName, "listed")

app_name = "engagements"
_one = "engagements/<eng:engagement_id>/"
_gate = f"{_one}gates/<gat:gate_id>/"
_set = f"{_gate}criteria/<crs:criteria_set_id>/"
_evidence = f"{_one}evidence/"
_pilot = f"{_one}pilot/"
_requests = f"{_evidence}requests/"
_item = f"{_evidence}<evi:item_id>/"
_version = f"{_item}versions/<evv:version_id>/"
_round = f"{_one}rounds/<rnd:round_id>/"

urlpatterns = [
    path("templates/", templates.templates, name="templates"),
    path("templates/standard.yaml", templates.standard_file, name="standard_template"),
    path("templates/<tpl:template_id>.yaml", templates.template_file, name="template_file"),
    path(f"{_one}template.yaml", templates.engagement_file, name="engagement_template"),
    path("waiting/", waiting.waiting, name="waiting"),
    path(f"{_one}waiting/", waiting.engagement_waiting, name="engagement_waiting"),
    path("engagements/new/", overview.new_engagement, name="new"),
    path(_one, overview.engagement_overview, name="overview"),
    path(f"{_one}edit/", overview.edit_engagement, name="edit"),
    path(f"{_one}resume/", overview.resume, name="resume"),
    path(f"{_one}ledger/", overview.ledger, name="ledger"),
    path(f"{_one}statements/", overview.state, name="state"),
    path(f"{_one}success-metric/", overview.success_metric, name="success_metric"),
    path(f"{_one}success-metric/edit/", overview.edit_success_metric, name="edit_success_metric"),
    path(f"{_one}success-metric/seal/", overview.seal_metric, name="seal_metric"),
    path(f"{_one}gates/", criteria.gates, name="gates"),
    path(_gate, criteria.gate, name="gate"),
    path(f"{_gate}submit/", criteria.submit, name="submit"),
    path(f"{_gate}amend/", criteria.amend, name="amend"),
    path(f"{_gate}criteria/<cri:criterion_id>/", draft.edit_criterion, name="edit_criterion"),
    path(f"{_gate}criteria/<cri:criterion_id>/about/", criterion.criterion, name="criterion"),
    path(f"{_gate}criteria/<cri:criterion_id>/remove/", draft.remove_criterion, name="remove_criterion"),
    path(f"{_gate}criteria/<cri:criterion_id>/move/", draft.move_criterion, name="move_criterion"),
    path(f"{_set}draft/", draft.draft, name="draft"),
    path(f"{_set}draft/suggested/", draft.suggest, name="suggest_criterion"),
    path(f"{_set}bind/", criteria.bind, name="bind"),
    path(f"{_set}propose/", criteria.propose, name="propose"),
    path(f"{_set}revise/", criteria.revise, name="revise"),
    path(f"{_set}seal/", criteria.seal, name="seal"),
    path(_round, decisions.brief, name="brief"),
    path(f"{_round}decision/", decisions.decide, name="decide"),
    path(f"{_round}withdraw/", rounds.withdraw, name="withdraw"),
    path(f"{_round}questions/", rounds.ask, name="ask"),
    path(f"{_round}questions/<qst:question_id>/answer/", rounds.answer, name="answer_question"),
    path(f"{_round}questions/<qst:question_id>/take-back/", rounds.take_back, name="take_back_question"),
    path(f"{_gate}reopen/", rounds.reopen, name="reopen"),
    path(f"{_gate}approvers/", approvers.policy, name="policy"),
    path(f"{_gate}criteria/<cri:criterion_id>/waive/", conditions.waive, name="waive"),
    path(f"{_one}comments/", comments.comments, name="comments"),
    path(f"{_one}comments/write/", comments.write, name="write_comment"),
    path(f"{_one}comments/<cmt:comment_id>/edit/", comments.edit, name="edit_comment"),
    path(f"{_one}comments/<cmt:comment_id>/resolve/", comments.resolve, name="resolve_comment"),
    path(f"{_one}conditions/", conditions.conditions, name="conditions"),
    path(f"{_one}conditions/<cnd:condition_id>/hand-in/", conditions.hand_in, name="hand_in_condition"),
    path(f"{_one}conditions/<cnd:condition_id>/accept/", conditions.accept, name="accept_condition"),
    path(f"{_one}conditions/<cnd:condition_id>/send-back/", conditions.send_back, name="return_condition"),
    path(f"{_one}conditions/<cnd:condition_id>/waive/", conditions.let_go, name="waive_condition"),
    path(f"{_one}approvers/", approvers.who_decides, name="approvers"),
    path(f"{_one}approvers/separation/", approvers.separation, name="separation"),
    path(f"{_one}delegations/<dlg:delegation_id>/revoke/", approvers.revoke, name="revoke_delegation"),
    path(f"{_round}receipt/", decisions.receipt, name="receipt"),
    path(f"{_round}pack.pdf", decisions.pack, name="pack"),
    path(f"{_round}report.json", packs.report, name="report"),
    path(f"{_round}proof.zip", packs.proof, name="proof"),
    path(f"{_round}changes/", packs.changes, name="changes"),
    path(_pilot, pilot.pilot, name="pilot"),
    path(f"{_pilot}series/", pilot.pilot_series, name="pilot_series"),
    path(f"{_pilot}report/", pilot.report, name="report_figure"),
    path(f"{_pilot}import/", pilot.import_figures, name="import_figures"),
    path(f"{_pilot}use/", pilot_life.use, name="pilot_use"),
    path(f"{_pilot}use/report/", pilot_life.report_use, name="report_use"),
    path(f"{_pilot}incidents/", pilot_life.incident_log, name="incidents"),
    path(f"{_pilot}incidents/new/", pilot_life.new_incident, name="new_incident"),
    path(f"{_pilot}incidents/complete/", pilot_life.confirm_log, name="confirm_incidents"),
    path(f"{_pilot}incidents/<inc:incident_id>/", pilot_life.edit_incident, name="edit_incident"),
    path(f"{_pilot}environment/", pilot_life.environment, name="parity"),
    path(f"{_pilot}plan/", pilot_life.plan, name="pilot_plan"),
    path(f"{_pilot}plan/seal/", pilot_life.seal_plan, name="seal_pilot_plan"),
    path(f"{_pilot}plan/edit/", pilot_life.edit_plan, name="edit_pilot_plan"),
    path(_evidence, evidence.evidence_list, name="evidence"),
    path(f"{_evidence}new/", evidence.new_evidence, name="new_evidence"),
    path(_requests, evidence_requests.requests, name="evidence_requests"),
    path(f"{_requests}new/", evidence_requests.ask, name="ask_evidence"),
    path(f"{_requests}<evr:request_id>/send/", evidence_requests.send, name="send_evidence"),
    path(f"{_requests}<evr:request_id>/withdraw/", evidence_requests.withdraw, name="withdraw_request"),
    path(_item, evidence.evidence_item, name="evidence_item"),
    path(f"{_item}new-version/", evidence.new_version, name="new_evidence_version"),
    path(f"{_version}accept/", evidence.accept_version, name="accept_evidence"),
    path(f"{_version}send-back/", evidence.send_back_version, name="send_back_evidence"),
    path(f"{_version}file/", evidence.download, name="evidence_file"),
    path(f"{_one}lists/<listed:name>/", lists.export_list, name="export_list"),
    path("letterhead/", letterhead.letterhead, name="letterhead"),
    path("letterhead/sample.pdf", letterhead.sample, name="letterhead_sample"),
    path("letterhead/presets/", letterhead.add_preset, name="add_preset"),
    path(
        "letterhead/presets/<rps:preset_id>/remove/",
        letterhead.remove_preset,
        name="remove_preset",
    ),
    path(f"{_one}reports/", reports.reports, name="reports"),
    path(f"{_one}reports/<rpt:report_id>/", reports.report_page, name="report_page"),
    path(f"{_one}reports/<rpt:report_id>/again/", reports.report_again, name="report_again"),
    path(f"{_one}reports/<rpt:report_id>/report.pdf", reports.report_file, name="report_file"),
]
