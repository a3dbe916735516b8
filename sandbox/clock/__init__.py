"""The clock of the sandbox: the day that it is there, what befalls firms from a day on, and how their books go on."""
