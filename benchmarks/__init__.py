"""Each headline number as a script that anybody can run."""
