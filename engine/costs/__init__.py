"""Cost profiles: the one place where modeled delays come from."""
