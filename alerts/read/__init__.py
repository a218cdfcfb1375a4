"""Reading: from an article's text to words, sentences, numbers, places, dates and claims. Pure."""
