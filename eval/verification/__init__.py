"""How well sentences are verified: true ones kept, corrupted ones caught, by kind and half."""
