"""Request and response types of API version 1, by route. `docs/openapi.json` pins them."""
