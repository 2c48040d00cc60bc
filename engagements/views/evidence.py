"""Pages of evidence: what is there, hand something in, accept it or send it back, open a file."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from engagements import selectors
from engagements.evidence import subjects_of
from engagements.models import EvidenceItem, EvidenceVersion
from engagements.selectors.evidence import evidence_for, visible_evidence
from engagements.services import evidence as service
from engagements.views.comments import discussion
from engagements.views.evidence_form import EvidenceForm
from engagements.vocabulary import EvidenceKind, EvidenceStatus
from portal import access
from portal.errors import Invalid, NotFound
from portal.models import User
from portal.web.requests import PersonRequest

REFUSED = 422


@login_required
@require_safe
def evidence_list(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Everything that was handed in; what waits for the viewer's side first."""
    engagement = selectors.engagement_for(request.user, engagement_id)
    rows = [_row(item, request.user) for item in visible_evidence(request.user, engagement_id)]
    rows.sort(key=lambda row: (not row["waits_for_me"], not row["waiting"], row["item"].title.lower()))
    context = {
        "engagement": engagement,
        "rows": rows,
        "waiting": sum(row["waits_for_me"] for row in rows),
        "kinds": EvidenceKind,
        "may_hand_in": access.of(request.user).can("hand_in_evidence", engagement),
    }
    return render(request, "engagements/evidence.html", context)


@login_required
@require_safe
def evidence_item(request: PersonRequest, tenant: str, engagement_id: UUID, item_id: UUID) -> HttpResponse:
    """One item with all its versions."""
    return _item_page(request, evidence_for(request.user, engagement_id, item_id))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_evidence(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Hand in something new; ``?kind=`` chooses the form, ``?about=E05-2`` what it speaks to."""
    engagement = selectors.engagement_for(request.user, engagement_id)
    access.require(request.user, "hand_in_evidence", engagement)
    kind = _kind(request.GET.get("kind", ""))
    initial = {name: request.GET[name] for name in ("title", "proves") if request.GET.get(name)}
    form = EvidenceForm(
        request.POST or None, request.FILES or None, kind=kind, subjects=subjects_of(engagement_id),
        internal=bool(access.of(request.user).can("see_internal", engagement)),
        initial={**initial, "about": request.GET.getlist("about")},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            version = service.hand_in(
                by=request.user, engagement_id=engagement_id, title=form.cleaned_data["title"], kind=kind,
                given=form.given(), visibility=form.visible_to(), proves=form.cleaned_data["proves"],
            )  # fmt: skip
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            messages.success(request, f"“{version.item.title}” is handed in. The other side accepts it.")
            return redirect("engagements:evidence_item", tenant, engagement_id, version.item_id)
    context = {"engagement": engagement, "form": form, "kind": kind, "tabs": _tabs(request, kind)}
    return render(
        request, "engagements/evidence_form.html", context, status=REFUSED if form.is_bound else 200
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_version(request: PersonRequest, tenant: str, engagement_id: UUID, item_id: UUID) -> HttpResponse:
    """Hand in a newer version of an item."""
    item = evidence_for(request.user, engagement_id, item_id)
    access.require(request.user, "hand_in_evidence", item)
    last = item.versions.all()[0]
    form = EvidenceForm(
        request.POST or None, request.FILES or None, kind=EvidenceKind(item.kind), is_new=False,
        internal=False, subjects=subjects_of(engagement_id),
        initial={"about": last.about, "strength": last.strength, "period_days": last.period_days},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            version = service.hand_in_version(by=request.user, item_id=item_id, given=form.given())
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            messages.success(request, f"Version {version.number} of “{item.title}” is handed in.")
            return redirect("engagements:evidence_item", tenant, engagement_id, item_id)
    context = {"engagement": item.engagement, "item": item, "form": form, "kind": EvidenceKind(item.kind)}
    return render(
        request, "engagements/evidence_form.html", context, status=REFUSED if form.is_bound else 200
    )


@login_required
@require_POST
def accept_version(
    request: PersonRequest, tenant: str, engagement_id: UUID, item_id: UUID, version_id: UUID
) -> HttpResponse:
    """Accept what the other side handed in."""
    version = _version(request, engagement_id, item_id, version_id)
    service.accept(by=request.user, version_id=version.pk)
    messages.success(request, "Accepted in your name.")
    return redirect("engagements:evidence_item", tenant, engagement_id, item_id)


@login_required
@require_POST
def send_back_version(
    request: PersonRequest, tenant: str, engagement_id: UUID, item_id: UUID, version_id: UUID
) -> HttpResponse:
    """Send it back with a reason."""
    version = _version(request, engagement_id, item_id, version_id)
    try:
        service.send_back(by=request.user, version_id=version.pk, judgement=request.POST.get("judgement", ""))
    except Invalid as refused:
        item = evidence_for(request.user, engagement_id, item_id)
        return _item_page(request, item, refusal=refused.detail)
    messages.success(request, "Sent back with your reason.")
    return redirect("engagements:evidence_item", tenant, engagement_id, item_id)


@login_required
@require_safe
def download(
    request: PersonRequest, tenant: str, engagement_id: UUID, item_id: UUID, version_id: UUID
) -> HttpResponse:
    """The file itself: always to be saved, never shown inside our pages."""
    _version(request, engagement_id, item_id, version_id)
    version, body = service.open_file(by=request.user, version_id=version_id)
    return as_attachment(version, body)


def as_attachment(version: EvidenceVersion, body: bytes) -> HttpResponse:
    """A download that no browser opens in place or guesses the type of."""
    answer = HttpResponse(body, content_type=version.media_type)
    answer["Content-Disposition"] = content_disposition_header(True, version.file_name)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Cache-Control"] = "private, no-store"
    return answer


def _item_page(request: PersonRequest, item: EvidenceItem, *, refusal: str = "") -> HttpResponse:
    versions = list(item.versions.all())
    context = {
        "engagement": item.engagement,
        "item": item,
        "versions": versions,
        "counts": next((row for row in versions if row.status == EvidenceStatus.ACCEPTED), None),
        "waiting": next((row for row in versions if row.status == EvidenceStatus.RECEIVED), None),
        "may_judge": _may_judge(request.user, versions[0]) if versions else False,
        "may_hand_in": access.of(request.user).can("hand_in_evidence", item),
        "subjects": dict(subjects_of(item.engagement_id)),
        "refusal": refusal,
        **discussion(request, item.engagement, item.public_id),
        "today": timezone.now().date(),
    }
    return render(request, "engagements/evidence_item.html", context, status=REFUSED if refusal else 200)


def _may_judge(viewer: User, version: EvidenceVersion) -> access.Permission:
    permission = access.of(viewer).can("accept_evidence", version.item)
    if permission and service.side_of(viewer) == version.handed_in_side:
        return access.Permission(False, "Your own side handed this in, so the other side accepts it.")
    return permission


def _row(item: EvidenceItem, viewer: User) -> dict[str, Any]:
    versions = list(item.versions.all())
    waiting = next((row for row in versions if row.status == EvidenceStatus.RECEIVED), None)
    return {
        "item": item,
        "newest": versions[0],
        "counts": next((row for row in versions if row.status == EvidenceStatus.ACCEPTED), None),
        "waiting": waiting,
        "waits_for_me": waiting is not None and bool(_may_judge(viewer, waiting)),
    }


def _version(request: PersonRequest, engagement_id: UUID, item_id: UUID, version_id: UUID) -> EvidenceVersion:
    item = evidence_for(request.user, engagement_id, item_id)
    found = next((row for row in item.versions.all() if row.pk == version_id), None)
    if found is None:
        raise NotFound
    return found


def _kind(word: str) -> EvidenceKind:
    return EvidenceKind(word) if word in EvidenceKind.values else EvidenceKind.FILE


def _tabs(request: PersonRequest, kind: EvidenceKind) -> list[dict[str, Any]]:
    query = request.GET.copy()
    tabs = []
    for one in EvidenceKind:
        query["kind"] = one.value
        words = "Statement" if one == EvidenceKind.ATTESTATION else one.label
        tabs.append({"label": words, "href": f"?{query.urlencode()}", "current": one == kind, "count": None})
    return tabs
