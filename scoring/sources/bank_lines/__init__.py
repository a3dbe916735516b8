"""What a bank line is about, recognised from its text, whatever source it comes from."""
