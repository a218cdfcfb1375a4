"""The small words around a name that tell a place from a person, a paper or a government (closed lists; the long
ones are data: `alerts/read/data/place_words.toml`)."""

from __future__ import annotations

COMPASS = frozenset(
    "north south east west northern southern eastern western northeast northwest southeast southwest northeastern "
    "northwestern southeastern southwestern central rural upper lower greater outer inner mainland downtown".split()
)
# Words before a place where something happens.
INTO = frozenset(
    "in near at from to toward towards outside inside around into across over throughout within via through off "
    "onto beyond against along reach reaching leaving entering besieged en dans près à vers depuis desde hacia "
    "hasta bei nach aus nahe nella presso в у на із з под під возле біля около из до к في الى إلى على من قرب شمال "
    "جنوب شرق غرب".split()
)
TITLES = frozenset(
    "mr mrs ms miss dr prof sir lord lady dame king queen prince princess emir sheikh shaikh sheik imam mullah "
    "ayatollah pope cardinal archbishop bishop rev reverend father rabbi president vice premier chancellor "
    "minister secretary senator sen rep congressman congresswoman ambassador envoy governor gov mayor judge "
    "justice general gen colonel col major maj captain capt lieutenant lt sergeant sgt corporal cpl admiral adm "
    "marshal commander brigadier brig private coach striker midfielder defender goalkeeper actor actress singer "
    "director author analyst spokesman spokeswoman spokesperson chairman chairwoman ceo hon saint".split()
)
PARTICLES = frozenset("bin ibn ben abu umm abd abdul abdel abdal von van der ter mc mac o bint ould ag".split())
# After a capital city: the government speaks, not the town.
SPEAKS = frozenset(
    "said says say denied denies deny announced announces accused accuses accuse warned warns vowed vows wants "
    "wanted insisted insists called calls urged urges condemned condemns rejected rejects refused refuses agreed "
    "agrees blamed blames claimed claims hopes believes maintains backs backed supports supported opposes hailed "
    "threatened threatens demanded demands pledged pledges promised recalled expelled responded confirmed "
    "confirms considers regards sees regime government administration authorities officials loyalists forces has "
    "would will may might could reported reports".split()
)
TO_ACTOR = frozenset("by told urged accuses accused accusing blamed blames pressed pressing with asked".split())
# After "US": what it does may be anywhere.
ACTING = frozenset(
    "airstrike airstrikes air strike strikes raid raids jet jets warplane warplanes drone drones missile missiles "
    "bombing bombings shelling artillery forces force troops soldiers army military navy coalition state embassy "
    "officials official diplomats citizen citizens journalist journalists latest".split()
)
# "Moscow-backed rebels": about the rebels.
LINKED = frozenset(
    "backed led based born bound allied aligned linked supported funded trained made educated sponsored installed "
    "appointed run controlled held occupied administered speaking origin mediated brokered style friendly "
    "imposed".split()
)
# "Minsk agreement", "Boston Globe": named after a place, not in it.
NAMED_AFTER = frozenset(
    "times post herald tribune globe gazette chronicle examiner mirror observer guardian journal magazine "
    "convention conventions accord accords agreement agreements protocol protocols declaration process treaty "
    "communique memorandum summit conference talks club united rovers wanderers yankees mets lakers knicks cubs "
    "bulls bears rangers giants stock exchange index symphony orchestra philharmonic airlines airways university "
    "institute bank motors marathon open masters derby olympics festival biennale review syndrome red".split()
)
# Words that stand beside a place in capitals without being part of another name.
BESIDE = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december jan feb mar apr jun jul aug sep sept oct nov dec the a an in on at of by "
    "for from to and but as with after before since during when while if it its he she they we i his her their "
    "our this that these those there here both all some many most no not over near under around inside outside "
    "between across against amid about until government army navy air force forces police ministry minister "
    "president parliament council court health education interior defence defense foreign security central "
    "national international regional local federal state states university hospital airport port bridge street "
    "road highway river lake mountain mountains hills desert border line island islands peninsula strip bay gulf "
    "coast sea forest dam station base prison jail square palace mosque church cathedral shrine museum stadium "
    "hotel market media center centre office agency department directorate authority committee commission "
    "organization organisation association union front movement party brigade division battalion brigades "
    "battalions operations command operation group network observatory times post civil democratic people peoples "
    "republic kingdom emirate caliphate sultanate world war conference summit accord agreement city town village "
    "district province governorate region county area camp old new greater east west north south northern "
    "southern eastern western northeast northwest southeast southwest arab arabs kurd kurds kurdish sunni sunnis "
    "shiite shiites shia christian christians muslim muslims islamic islamist jewish jews druze alawite un us eu "
    "nato mr mrs dr afp ap reuters".split()
)
PEOPLES = frozenset(
    "arab arabs kurdish kurd kurds sunni sunnis shiite shiites shia christian christians muslim muslims jewish "
    "druze alawite alawites yazidi turkmen assyrian armenian catholic protestant tutsi hutu pashtun hazara tuareg "
    "fulani peul dinka nuer masalit tribal ethnic displaced refugee refugees military army government un".split()
)
