"""A manuscript becomes an adapter: dataset, base weights, trainer, evaluation. Torch lives in a child alone."""
