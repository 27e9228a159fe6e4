"""An optional app that tells people about their keys: by e-mail, and in their calendars."""
