"""The textbook: networks, gradients, optimisers and regularisers, stacked over replicas. Knows no files and no clocks."""
