"""Look inside a model: its summary, drawing, costs, gradient flow, and the training doctor."""
