"""An optional app with a team model, for projects that do not have one."""
