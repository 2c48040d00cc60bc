"""Reads a client's file of cases: CSV, JSONL or XLSX in, case drafts or errors by row out. No database."""
