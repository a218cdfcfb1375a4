"""How people become readers, say what they want, and leave; and the letters they get about it."""
