"""Train cells in stacks, over all cores, and measure them as training goes on."""
