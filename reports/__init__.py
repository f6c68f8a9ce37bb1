"""What was found: statistics, figures and pages, read from MLflow alone."""
