"""What a network is and what becomes of a gradient in it: summary, picture, costs, the doctor, the flow."""
