"""Training of the reader: data, network, calibration. Not needed to run ragbot."""
