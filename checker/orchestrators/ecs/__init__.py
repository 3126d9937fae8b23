"""ECS without an account: an emulator whose tasks are real containers."""
