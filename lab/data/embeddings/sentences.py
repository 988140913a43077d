"""Sentences such as a house's agents would remember: many subjects, each said in many ways, the same at every run."""

import random

# subject: who or what, what is done, to what, and what goes with it.
SUBJECTS = {
    "cooking": (["the sourdough", "a pot of lentils", "the roast chicken", "my grandmother's goulash", "the rice", "a pan of mushrooms", "the pumpkin soup"],
                ["needs another hour in the oven", "burned at the bottom", "tastes better the day after", "wants a pinch of nutmeg", "was too salty for the children", "turned out crisp and golden"]),
    "garden": (["the tomato plants", "the apple tree", "our compost heap", "the lavender by the wall", "the raised beds", "the hedge along the fence"],
               ["must be watered before sunrise", "has been eaten by snails", "flowers earlier every year", "wants pruning in late winter", "is covered against the frost"]),
    "cars": (["the old station wagon", "the rear brakes", "the electric van", "the left headlight", "the gearbox"],
             ["makes a grinding noise in second gear", "passed the inspection with two remarks", "charges only to eighty percent", "loses a little oil overnight", "was repaired under warranty"]),
    "travel": (["the night train to Vienna", "our flight to Lisbon", "the ferry across the strait", "the hotel near the harbour", "the mountain hut"],
               ["was cancelled because of the storm", "leaves from platform nine", "includes breakfast until ten", "is fully booked in August", "arrived four hours late"]),
    "health": (["my left knee", "the new medication", "her blood pressure", "the dentist", "a persistent cough", "the physiotherapist"],
               ["gets better with light exercise", "causes headaches in the morning", "has to be checked twice a month", "recommended an X-ray", "kept us awake for a week"]),
    "music": (["the string quartet", "his first guitar", "that jazz record", "the choir rehearsal", "the piano in the hall"],
              ["is out of tune since the move", "was recorded in a single take", "moves to Thursday evenings", "sounds warmer on vinyl", "needs a new set of strings"]),
    "football": (["the goalkeeper", "our village team", "the second half", "the referee", "the new striker"],
                 ["saved a penalty in the last minute", "was relegated after twelve years", "ended without a goal", "showed three yellow cards", "scored from thirty metres"]),
    "databases": (["the vacuum process", "a missing index", "the replication slot", "the nightly dump", "the query planner", "a long transaction"],
                  ["holds back the oldest snapshot", "made the report ten times slower", "filled the disk with write-ahead log", "finished without an error", "chose a sequential scan", "blocks every schema change"]),
    "kubernetes": (["the ingress controller", "a crashing pod", "the node pool", "the persistent volume", "the rolling update"],
                   ["restarts because the probe times out", "was evicted under memory pressure", "waits for an image that does not exist", "stays pending without a storage class", "finished with no request lost"]),
    "machine learning": (["the fine-tuned model", "the validation loss", "the embedding search", "a batch of labelled images", "the learning rate"],
                         ["stopped improving after three epochs", "confuses foxes with dogs", "must be halved at every plateau", "was trained on quantised weights", "returns neighbours that make no sense"]),
    "weather": (["the storm from the west", "the first snow", "the heat wave", "morning fog", "the pressure"],
                ["reaches the coast around midnight", "keeps the valley grey until noon", "broke a record from 1947", "melts before it reaches the ground", "falls faster than forecast"]),
    "finance": (["the electricity bill", "our mortgage", "the pension fund", "the tax return", "a forgotten subscription"],
                ["doubled since last winter", "is due at the end of the month", "was refused for a missing signature", "yields less than inflation", "has been paid twice by mistake"]),
    "school": (["the maths homework", "her teacher", "the parents' evening", "the school trip", "the chemistry exam"],
               ["was harder than anybody expected", "moves to the gym because of the rain", "costs forty euros per child", "asks for more patience with fractions", "will be repeated in spring"]),
    "history": (["the treaty", "the old city wall", "a Roman coin", "the census of 1890", "the expedition"],
                ["was signed in a railway carriage", "lies two metres below the square", "was lost in a fire", "returned with half of its crew", "shows an emperor who ruled for a month"]),
    "astronomy": (["the comet", "the largest moon of Saturn", "a distant quasar", "the lunar eclipse", "the telescope's mirror"],
                  ["is visible low in the east before dawn", "has lakes of liquid methane", "outshines its whole galaxy", "lasts for eighty-two minutes", "was cleaned with dry ice"]),
    "birds": (["the swifts", "a pair of kestrels", "the heron", "the blackbird in the ivy", "migrating cranes"],
              ["nests under the roof every May", "waits motionless beside the pond", "sings before the first light", "flew over in the shape of a V", "feeds its young with voles"]),
    "energy": (["the solar inverter", "the heat pump", "the house battery", "the smart meter", "the gas boiler"],
               ["reports an isolation fault at dawn", "runs mostly at night", "reaches full charge by two in the afternoon", "is replaced before the next winter", "counts backwards on sunny days"]),
    "security": (["the leaked password", "the door camera", "an expired certificate", "the firewall", "a phishing message"],
                 ["was found in a public repository", "drops every packet from that network", "broke the login for an hour", "looked exactly like our bank", "records only when somebody rings"]),
    "furniture": (["the oak table", "a wobbly chair", "the bookshelf", "the sofa from the flea market", "the kitchen drawer"],
                  ["was sanded and oiled twice", "does not fit through the door", "sticks when the weather is damp", "holds more than four hundred books", "lost a screw that nobody can find"]),
    "law": (["the rental contract", "the neighbours' complaint", "a right of way", "the building permit", "the insurance"],
            ["may be ended with three months' notice", "was rejected by the court", "covers water damage only in part", "crosses the meadow behind the house", "expires when work does not begin"]),
    "language": (["the Finnish partitive", "her Portuguese", "the translation", "a spelling mistake", "the dialect of the valley"],
                 ["has no counterpart in English", "improved during one summer", "changes the meaning of the clause", "is spoken by fewer than a thousand people", "went unnoticed through three editions"]),
    "cycling": (["the rear derailleur", "the pass", "her touring bike", "the group ride", "a slow puncture"],
                ["skips under load", "climbs nine hundred metres in ten kilometres", "starts at the bakery at seven", "carried a tent across Norway", "was caused by a splinter of glass"]),
    "film": (["the documentary", "the last scene", "that director's debut", "the subtitles", "the cinema on the corner"],
             ["was shot with hidden cameras", "explains nothing and is perfect", "closes after sixty years", "appear two seconds too late", "won a prize nobody remembers"]),
    "pets": (["the cat", "our neighbour's dog", "the aquarium", "a stray kitten", "the vet"],
             ["sleeps on the warm router", "barks whenever the post arrives", "must be kept at twenty-five degrees", "was found behind the garage", "found nothing but a grass seed"]),
}
OPENINGS = ["I noticed that", "Remember that", "She told me that", "According to yesterday's note,", "The agent found out that", "It turned out that", "He is worried that", "Nobody believed that", "For the record,", "We decided last week, since", "Please check whether", "The report says that"]
WHEN = ["since Tuesday", "this spring", "after the long weekend", "for the third time", "as in every November", "before anybody noticed", "on the day of the move", "during the night shift", "a fortnight ago", "again", "in front of the guests", "while we were away", "at the worst possible moment", "without any warning"]
WHERE = ["in the old workshop", "near the river", "at my sister's place", "in the northern office", "down in the cellar", "at number 14", "in the test environment", "behind the station", "on the second floor", "in the neighbouring town", "at the institute", "by the lake", "on the island", "in rack three"]
ENDINGS = ["and somebody should write it down", "so the plan has to change", "which surprised all of us", "although the manual says otherwise", "and the cost was {n} euros", "as {name} had predicted", "but {name} disagrees", "and it took {n} minutes to explain", "so we asked {name} for advice", "which happened {n} times before", "and {name} took {n} photographs", "though only {n} people know about it"]
NAMES = ["Ada", "Boris", "Chiara", "Dmitri", "Elif", "Farid", "Greta", "Hiro", "Ines", "Jonas", "Kavita", "Liam", "Mei", "Noor", "Olga", "Pedro", "Quinn", "Rosa", "Sven", "Tariq"]


def sentences(count: int, seed: int = 384) -> list[tuple[str, str]]:
    """`count` different (subject, sentence)."""
    dice = random.Random(seed)
    found: dict[str, str] = {}
    subjects = list(SUBJECTS)
    while len(found) < count:
        subject = dice.choice(subjects)
        whos, whats = SUBJECTS[subject]
        ending = dice.choice(ENDINGS).format(n=dice.randint(2, 99), name=dice.choice(NAMES))
        parts = [dice.choice(OPENINGS)] if dice.random() < 0.3 else []
        parts += [dice.choice(whos), dice.choice(whats)]
        # Short, because a model's time grows with the words; and no two alike.
        parts += [dice.choice(WHERE)] if dice.random() < 0.4 else []
        parts += [dice.choice(WHEN)] if dice.random() < 0.4 else []
        text = " ".join(parts) + (f", {ending}." if dice.random() < 0.5 else ".")
        text = text[0].upper() + text[1:]
        found.setdefault(text, subject)
    return [(subject, text) for text, subject in found.items()]
