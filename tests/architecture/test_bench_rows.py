"""The house that `bin/bench pages` measures can be built: made-up rows pass the same walls as real ones."""

import pytest

from benchmarks.pages import rows


@pytest.mark.django_db
def test_the_house_of_the_pages_benchmark_stands_behind_the_walls(monkeypatch):
    for name in ("register_section", "register_failure_source"):  # they would stay for the tests after this
        monkeypatch.setattr(rows, name, lambda *args: None)
    rows.build(11, 2, activities=20, criteria=4)
    house = rows.standing()
    client = house.client()
    for url in ("/portfolio/", house.engagement_url, house.gate_url):
        assert client.get(url).status_code == 200, url
    house.submit()
    house.render()
    assert house.pdf.startswith(b"%PDF")
