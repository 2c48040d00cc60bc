"""How far past forecasts were off, over all engagements that one of the consultancy's people sees."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from assessments.rules.forecasts import FEWEST
from assessments.selectors.forecasts import record_for
from assessments.selectors.taken import FORECASTS, forecast_row
from assessments.views.forecasts import calibration_line, line_of
from portal.errors import NotFound
from portal.models import User
from portal.web.files import table_answer

COLUMNS = ("client", "engagement", *FORECASTS)


@login_required
@require_safe
def calibration(request: HttpRequest) -> HttpResponse:
    """The consultancy's record; a client has none."""
    viewer = request.user
    if not isinstance(viewer, User) or viewer.side != "consultancy":
        raise NotFound
    record = record_for(viewer)
    context = {
        "lines": [calibration_line(row) for row in record.calibrations],
        "rows": [
            (engagement, line_of(row, engagement.currency))
            for engagement, rows in record.rows
            for row in rows
        ],
        "fewest": FEWEST,
    }
    return render(request, "portal/calibration.html", context)


@login_required
@require_safe
def calibration_file(request: HttpRequest) -> HttpResponseBase:
    """Every forecast that the record counts with its outcome, as a file."""
    viewer = request.user
    if not isinstance(viewer, User) or viewer.side != "consultancy":
        raise NotFound
    found = [
        (engagement.tenant.name, engagement.title, *forecast_row(row, engagement.currency))
        for engagement, rows in record_for(viewer).rows
        for row in rows
    ]
    return table_answer(request.GET.get("form", "csv"), "calibration", COLUMNS, found)
