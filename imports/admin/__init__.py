"""Admin pages about imports: a package for each part of the sidebar, a file for each kind of page;
`imports.apps` loads those that register themselves."""
