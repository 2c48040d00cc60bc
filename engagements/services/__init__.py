"""What happens: one function per verb, used by page, API, task and shell alike."""
