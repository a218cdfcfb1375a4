"""What charts and maps are drawn with: SVG and PNG, a font, the world's outlines, room for words."""
