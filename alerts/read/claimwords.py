"""The English cues of claims, each class with what its words do. A cue's class decides its scope (`scopes`).

To add a language, add its classes; scopes are cut by clauses, not by these lists.
"""

from __future__ import annotations


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# possible
MODALS = _set("could may might would will wont wouldnt shall should must ought")
PERCEIVED = _set("heard seen hear see reached read smelled felt")
WANTING = _set(
    "threaten threatens threatened threatening plan plans planned planning vow vows vowed vowing seek seeks "
    "sought seeking attempt attempts attempted attempting try tries tried trying want wants wanted wanting aim "
    "aims aimed aiming intend intends intended intending prepare prepares prepared preparing ready poised set "
    "expected likely about hope hopes hoped hoping pledge pledged pledges promised promises promise struggling "
    "struggled battling battled fighting fought offer offered offers willing determined offensive operation "
    "operations campaign battle push bid effort efforts drive mission fight assault proposal preparations move "
    "moves designed threat threats order readying gearing massing massed"
)
RISKS = _set(
    "risk risks threat threats danger dangers possibility prospect prospects warned warns warning warnings warn "
    "potential talk event chance chances likelihood"
)
FEARS = _set("fear fears feared fearing")
CALLS = _set(
    "call calls called calling appeal appeals appealed appealing push pushing pushed pressing negotiate "
    "negotiating negotiated demand demands demanded demanding propose proposes proposed proposing discuss "
    "discussing discussed urge urges urged urging request requested requests consider considering mull mulling "
    "preparing prepare bracing plans plan planning"
)
CALLS_WITH = {
    "call": "for on", "calls": "for on", "called": "for on", "calling": "for on", "appeal": "for", "appeals": "for",
    "appealed": "for", "appealing": "for", "push": "for", "pushing": "for", "pushed": "for", "pressing": "for",
    "preparing": "for", "prepare": "for", "bracing": "for", "plans": "for", "plan": "for", "planning": "for",
}  # fmt: skip
MAYBE = _set(
    "planned possible potential threatened imminent looming impending attempted hypothetical future eventual "
    "proposed anticipated feared"
)
DRILLS = _set("drill drills rehearsal rehearsed rehearsing simulated simulation simulating mock")
PURPOSE = _set(
    "attack shell bomb besiege capture retake recapture seize take storm encircle surround blockade displace "
    "strike raid destroy liberate regain expel oust cut declare announce sign enter overrun isolate abduct kidnap"
)
# "forced thousands to flee", "managed to capture": the infinitive happened.
HAPPENED = _set(
    "forced forcing force forces able manage manages managed managing began begun begin begins beginning starts "
    "started start continue continues continued continuing helped helping help caused causing causes led leading "
    "leads prompted prompting prompts made making compelled compelling driven drove had has have obliged allowed "
    "allowing allows enabled enabling pushed returned came went gone going first last only latest known appeared "
    "seemed seem appears believed reported said thought resumed proceeded used using"
)
ENDING = _set(
    "end ending ends lift lifting lifts stop stopping stops halt halting halts break breaking breaks ease easing "
    "relieve relieving cease ceasing cessation quell release releasing "
    "free freeing rescue rescuing"
)
# "Tuesday's attack" took place; where apostrophes are lost it reads "tuesdays".
DAY_NOUNS = _set(
    "monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays "
    "saturdays sundays"
)
# Verbs that speak of a thing and so take it for granted: "will raise the attack at the UN".
SPEAKING = _set("raise discuss address investigate condemn mark mourn probe review answer avenge recall remember")
ANSWERS = _set("response retaliation reaction revenge answer respond responds responded react retaliate reply")
INDEFINITE = _set("a an any another further more new such renewed fresh additional future potential possible")

# denied
NOT = _set(
    "not never cannot neither nor hardly seldom rarely scarcely didnt doesnt dont isnt arent wasnt werent hasnt havent "
    "hadnt wont wouldnt couldnt cant shouldnt"
)
NOT_NOT = _set("only just merely simply solely least far first the immediately clear always necessarily all")
NONE = _set("no none nobody without nowhere")
NO_NO = _set("less fewer sooner matter doubt stranger let respite end halt")
# Not doing one of these to an attack leaves the attack where it was.
PRESUPPOSE = _set(
    "prevent prevented stop stopped halt halted end ended deter deterred avert avoid claim claimed mention "
    "mentioned confirm confirmed condemn condemned say said know known specify identify identified comment "
    "commented discuss rule ruled spare spared justify explain blame blamed name named survive survived see seen "
    "stem stemmed forget forgotten responsible involved immediate immediately claims responsibility let respite "
    "lift lifted stopping halting quell quelled contain contained disclose reveal elaborate investigate "
    "investigated hear heard remember sure clear penalize penalise punish punished address "
    "addressing addressed provide provided"
)
REPORTS = _set("report reports sign signs evidence indication indications word instance instances trace question")
DENY = _set(
    "denied denies deny denying dismissed dismisses dismissing rejected rejects rejecting refuted refutes "
    "refuting disputed disputes debunked"
)
DENIED_GOODS = _set(
    "access entry permission aid food water humanitarian medical treatment bail visas visa passage asylum them "
    "him her us civilians residents"
)
FAILED = _set("refused refuses refusing refuse failed fails failing fail unable declined declines unwilling failure")
FOILED = _set(
    "foiled foils foil foiling thwarted thwarts thwart thwarting averted averts avert averting prevented avoided "
    "avoid avoiding aborted defused"
)
PLOTS = _set("plot plots plan plans bomb bombing bombings suicide kidnapping")
FALSE = _set("hoax baseless untrue fabricated unfounded fake")
FALSE_OF = _set("report reports claim claims rumour rumours rumor rumors allegation allegations alarm alarms news")
ENDED = _set("lifted ended halted ceased stopped broken broke relieved over")
OVER_LINKS = _set("was were is are has have had been being finally already now also")

# past
MEMORY = _set(
    "anniversary anniversaries commemorate commemorates commemorated commemorating commemoration commemorations "
    "memorial memorials museum remembrance film movie documentary novel biography exhibition veterans historian "
    "historians centenary"
)
MARKING = _set(
    "honours honoured honouring honors honored honoring tribute tributes mark marks marked marking "
    "remember remembers remembered remembering recall recalls recalled recalling"
)
MARKED_NOW = _set("second third fourth fifth start beginning end escalation shift change turning departure return move")
COURT = _set(
    "trial trials retrial convicted convicts convicting conviction sentenced sentences indicted indictment "
    "acquitted acquits extradited extradite extradition jailed jails prosecuted prosecution tribunal pleaded "
    "mastermind masterminds masterminding verdict"
)
ARRESTED = _set("charged arrest arrested detained questioned wanted arrests held nabbed")
PROBE = _set("inquiry probe inquest investigation enquiry")
LONG_TERMS = _set("weeks month months year years decade decades")
NARRATED = _set("following next")
COUNTS = _set("a one two three four five six seven eight nine ten fifteen twenty thirty forty fifty years decades")
NARRATED_TERMS = _set(
    "month year spring summer autumn winter decade january february march april may june july august september october"
    " november december"
)
MANY_WEEKS = _set("four five six seven eight nine ten eleven twelve many")
EARLIER = _set("previous past earlier prior former formerly previously historic historical then")

# total, standing
WAR = _set(
    "war wars conflict uprising revolution revolt crisis unrest insurgency rebellion civil hostilities invasion "
    "occupation invaded"
)
NO_WAR = _set("plane planes monitor monitors crime crimes zone zones room torn wounded ship ships hero defence defense")
CASUALTY = _set(
    "killed kill kills killing died dead dying displaced displace displacing fled flee fleeing wounded injured "
    "forced driven uprooted left homeless claimed lost lives deaths toll death captured seized taken destroyed "
    "kidnapped abducted evacuated slain murdered carried cost"
)
RECORD = _set("first worst deadliest biggest largest heaviest bloodiest fiercest highest most lowest latest")
VAGUE = _set(
    "hundreds thousands dozens scores million millions half tens hundred thousand dozen quarter billion lakh many most"
)
BRINGING = _set("bringing raising taking pushing")
TOLLS = _set("total toll number figure tally count")
REMAINS = _set("remain remains remained remaining still")
STANDING = _set(
    "besieged encircled blockaded displaced surrounded uprooted evacuated captured seized occupied shelled bombed "
    "isolated kidnapped abducted held stranded trapped stricken held beleaguered embattled destroyed hit wounded "
    "injured ravaged affected"
)
FRESH = _set("newly recently freshly just")
OWNED_BY = _set("rebel government opposition regime militant jihadist terrorist isis isil is army kurdish insurgent")

# alleged
HEARSAY = _set(
    "reportedly allegedly purportedly supposedly apparently alleged purported unconfirmed unverified rumoured rumored"
)
ACCUSING = _set("accused accuses accusing accuse accusation accusations alleges alleging")
CLAIMING = _set("claimed claims claiming claim") | ACCUSING
CLAIMED_FACTS = _set("responsibility lives life number the credit victory dozens hundreds thousands")
