"""HTTP: routes, schemas, problems, authentication."""
