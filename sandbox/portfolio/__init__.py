"""A portfolio of simulated firms with loans, as the data set that models are trained on."""
