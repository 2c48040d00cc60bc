"""Fills the database that the environment names: a process of its own, so that the one that is measured is
as young as a web worker. Words: engagements, clients, activities, criteria."""

import sys

import django

if __name__ == "__main__":
    django.setup()
    from benchmarks.pages.rows import build

    engagements, clients, activities, criteria = map(int, sys.argv[1:])
    build(engagements, clients, activities=activities, criteria=criteria)
