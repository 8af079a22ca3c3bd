"""Ways to reach the system under test, and to be reached by it. A transport is one method, `send`, which tells trouble instead of raising it."""
