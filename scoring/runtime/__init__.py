"""What is built once at start: settings, model and policy, database, cipher, HTTP."""
