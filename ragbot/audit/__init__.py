"""An append-only, hash-chained record of who asked when and which sources were cited."""
