"""Closed word classes of English that the clause finder and the claims stand on: what may begin, carry and
end a clause. Kept apart so that a reader can check a list without reading code."""

from __future__ import annotations

DETERMINERS = frozenset("the a an this that these those its his her their our my your some any each every".split())
DEFINITE = frozenset("the this that these those its his her their our".split())
PREPOSITIONS = frozenset(
    "in on at of by for from to with into onto over under near inside outside around across against between "
    "among through towards toward during within amid off about along behind beside beyond per via despite "
    "after before since until following throughout upon".split()
)
PRONOUNS = frozenset("he she it they we i you there who which that this these those".split())
CONJUNCTIONS = frozenset("and or but nor yet so".split())
# Finite auxiliaries: one of them after a complete relative clause belongs to the clause above.
AUXILIARIES = frozenset(
    "has have had was were is are am will would could may might must should shall can did does do hasnt havent "
    "hadnt wasnt werent isnt arent wont wouldnt couldnt didnt doesnt dont cant cannot".split()
)
PRESENT = frozenset("has have is are hasnt havent isnt arent".split())
BE_FORMS = AUXILIARIES | {"be", "been", "being", "having", "get", "got", "getting"}
ADVERBS = frozenset(
    "also still now already just even only again then later recently reportedly allegedly since so far not "
    "never yet been be being all both mostly largely nearly almost about some quickly briefly soon".split()
)
FUNCTION = DETERMINERS | PREPOSITIONS | PRONOUNS | CONJUNCTIONS | BE_FORMS | {"as", "than", "when", "where", "while"}

SUBORDINATORS = frozenset(
    "after before although though despite because while whereas when if unless until since once following "
    "whether how why what lest where".split()
)
# Prepositions that govern a noun phrase: a participle after that noun describes it.
PHRASAL = frozenset("despite following amid notwithstanding".split())
ASK = frozenset("if unless whether lest".split())
SAYING = frozenset(
    "said says say saying told tells reported reports report added adds claimed claims claim announced announces "
    "warned warns warning denied denies denying confirmed confirms stated believed believe believes "
    "alleged accused insisted acknowledged admitted feared fear fears estimated estimates noted declared "
    "evidence news rumours rumors sign signs clear likely possible true quoted called calls urged demanded".split()
)
PAST_VERBS = frozenset(
    "fled left took hit struck began broke drove fell rose went came saw shot held made won lost said told led "
    "became gave sent met cut put fought sought brought bore flew withdrew blew ran".split()
)
PARTICIPLES = frozenset(
    "held hit struck broken driven taken seen shot made led begun given sent cut built known won lost brought sought "
    "blown run written born left fought".split()
)
EFFECTS = frozenset(
    "killing wounding injuring leaving displacing forcing destroying causing bringing raising seizing prompting "
    "sending trapping making driving sparking triggering damaging capturing taking hitting cutting pushing expelling "
    "uprooting encircling besieging".split()
)
LY_NOUNS = frozenset("family assembly italy rally july supply ally bully monopoly anomaly".split())
ABBREVIATIONS = frozenset(
    "mr mrs ms dr st lt col gen sgt maj capt gov sen rep prof no us un jan feb mar apr jun jul aug sep "
    "sept oct nov dec".split()
)
