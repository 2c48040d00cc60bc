"""What leaves as a file: tables as CSV, XLSX and JSON Lines, a run as JUnit XML and as report.json."""
