"""A deployment on this machine: stacks in the emulator, and every container as a process."""
