// What makes the pages nicer where scripts run. Without it everything works.
