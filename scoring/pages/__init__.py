"""Server-rendered pages for people: no script, no build step, nothing loaded from outside."""
