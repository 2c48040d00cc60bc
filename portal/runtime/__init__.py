"""The embedded servers and the process supervisor behind `manage.py up`."""
