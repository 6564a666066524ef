"""What a test of a layer finds, and what it complains of without a reason: planted faults and honest layers."""
