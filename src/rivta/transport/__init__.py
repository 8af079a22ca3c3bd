"""Ways to reach the system under test. A transport is one method, `send`, which tells trouble instead of raising it."""
