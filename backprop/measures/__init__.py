"""What can be measured of networks while they train: a file a subject, each measure a choice."""
