"""The evaluator's tool."""
