"""Whether anything is lost when parts of the house are killed in mid-run."""
