"""Models that some packages leave to their host, each as the package's manual has it."""
