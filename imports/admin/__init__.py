"""Admin pages about imports, one file per kind of page; `imports.apps` loads those that register
themselves."""
