"""What members see of their jobs: messages that follow every change, and finished videos delivered."""
