"""spaCy's small English pipeline over texts, run by `match.py` with the Python of an environment that has spaCy:
a JSON list of texts in, processor seconds out. Without `en_core_web_sm` the same layers are built untrained: for
each word they cost the same."""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module
from typing import Any

_LISTENER = {"@architectures": "spacy.Tok2VecListener.v1", "width": 96, "upstream": "tok2vec"}


def _tok2vec(rows: list[int], attributes: list[str]) -> dict[str, Any]:
    return {
        "@architectures": "spacy.Tok2Vec.v2",
        "embed": {
            "@architectures": "spacy.MultiHashEmbed.v2",
            "width": 96,
            "attrs": attributes,
            "rows": rows,
            "include_static_vectors": False,
        },
        "encode": {
            "@architectures": "spacy.MaxoutWindowEncoder.v2",
            "width": 96,
            "depth": 4,
            "window_size": 1,
            "maxout_pieces": 3,
        },
    }


def _transitions(state: str, tok2vec: dict[str, Any], hidden: int) -> dict[str, Any]:
    return {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": state,
        "extra_state_tokens": False,
        "hidden_width": hidden,
        "maxout_pieces": 2,
        "use_upper": True,
        "tok2vec": tok2vec,
    }


def untrained(spacy: Any) -> Any:
    """The layers of en_core_web_sm with the widths of its configuration, and the labels it was trained with."""
    example = import_module("spacy.training").Example
    nlp = spacy.blank("en")
    attributes = ["NORM", "PREFIX", "SUFFIX", "SHAPE", "SPACY", "IS_SPACE"]
    nlp.add_pipe("tok2vec", config={"model": _tok2vec([5000, 1000, 2500, 2500, 50, 50], attributes)})
    tagger = nlp.add_pipe("tagger", config={"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": _LISTENER}})
    parser = nlp.add_pipe("parser", config={"model": _transitions("parser", _LISTENER, 64)})
    nlp.add_pipe("attribute_ruler")
    own = _tok2vec([5000, 1000, 2500, 2500], attributes[:4])
    ner = nlp.add_pipe("ner", config={"model": _transitions("ner", own, 64)})
    for number in range(50):
        tagger.add_label(f"T{number}")
    for number in range(45):
        parser.add_label(f"d{number}")
    for number in range(18):
        ner.add_label(f"E{number}")
    doc = nlp.make_doc("Rebels took the town .")
    gold = {"tags": ["T0"] * 5, "heads": [1, 1, 3, 1, 1], "deps": ["d0", "ROOT", "d1", "d2", "d3"]}
    nlp.initialize(lambda: [example.from_dict(doc, gold)])
    return nlp


def main() -> None:
    spacy = import_module("spacy")
    texts = json.load(sys.stdin)
    try:
        nlp, name = spacy.load("en_core_web_sm"), "spaCy's en_core_web_sm"
    except OSError:
        nlp, name = untrained(spacy), "the layers of spaCy's en_core_web_sm, untrained"
    list(nlp.pipe(texts[:20]))
    begun = time.process_time()
    for _ in nlp.pipe(texts):
        pass
    json.dump({"pipeline": name, "seconds": time.process_time() - begun}, sys.stdout)


if __name__ == "__main__":
    main()
