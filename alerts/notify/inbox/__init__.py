"""Mail that comes in: what readers ask by mail, and what mail servers say of ours."""
