"""An app that restricts every new key by what the official SDKs do not know."""
