"""The words of the headlines: what each desk writes about, and what all of them use."""

from __future__ import annotations

from typing import NamedTuple


def listed(text: str) -> list[str]:
    """Return the words of a text."""
    return text.split()


def lines(text: str) -> list[str]:
    """Return the lines of a text."""
    return text.strip().splitlines()


DESKS = ("business", "culture", "science", "sport")


class Category(NamedTuple):
    """Words that are siblings: one desk, one kind of thing, the same contexts."""

    desk: str
    kind: str
    """A person, an object that can be touched, or a matter that can't."""
    words: tuple[str, ...]
    deeds: tuple[str, ...]
    """What only these do, in the unlabelled sentences."""


def _category(desk: str, kind: str, words: str, deeds: str) -> Category:
    phrases = tuple(deed.strip() for deed in deeds.split("|"))
    return Category(desk, kind, tuple(words.split()), phrases)


CATEGORIES = {
    "dealers": _category(
        "business",
        "person",
        """banker broker trader investor accountant auditor shareholder treasurer
        economist retailer wholesaler lender creditor debtor exporter importer
        landlord tycoon financier insurer underwriter cashier actuary bookkeeper
        franchisee liquidator stockbroker auctioneer taxman shopkeeper merchant
        entrepreneur""",
        """closed the books a day early | raised the dividend by a penny |
        checked the ledger twice | sold at a profit | asked for a lower rate |
        warned of a slow quarter""",
    ),
    "firms": _category(
        "business",
        "object",
        """bank brewery refinery shipyard supermarket bakery airline startup
        conglomerate factory warehouse foundry cannery sawmill dairy distillery
        tannery pawnshop boutique chandlery monopoly cartel franchise subsidiary
        cooperative consortium steelworks outlet smelter brickworks""",
        """cut prices before the holidays | hired forty workers |
        opened a second branch | paid {its} suppliers late |
        reported record sales | went bankrupt on a quiet afternoon""",
    ),
    "papers": _category(
        "business",
        "matter",
        """invoice ledger dividend mortgage loan bond tariff contract budget tax
        pension surplus deficit merger takeover salary receipt voucher levy subsidy
        overdraft lease patent payroll rebate cheque bailout discount surcharge
        balance-sheet annuity""",
        """rose by three per cent | fell due at the end of the month |
        doubled within a year | {was} signed in triplicate | frightened the markets |
        passed the auditors without a question""",
    ),
    "goods": _category(
        "business",
        "object",
        """barrel cargo shipload parcel crate pallet shipment consignment sack bale
        ingot commodity stockpile container carton hogshead drum keg trunk
        sackful jar bundle pouch casket hamper tonne bushel
        gallon ration carload""",
        """waited three weeks in customs | left the docks by rail |
        fetched twice {its} price | {was} weighed again at the port |
        went unsold in the spring | reached the market undamaged""",
    ),
    "players": _category(
        "sport",
        "person",
        """goalkeeper striker midfielder sprinter hurdler boxer cyclist rower
        wrestler fencer jockey gymnast archer golfer batsman bowler referee umpire
        linesman captain substitute defender skater skier swimmer marathoner
        weightlifter quarterback pitcher catcher winger javelinist""",
        """trained twice a day | missed the start of the season |
        lost in extra time | {was} booked after the break | lifted the trophy |
        limped off before the final whistle""",
    ),
    "gear": _category(
        "sport",
        "object",
        """racket javelin discus hurdle goalpost scoreboard shin-pad surfboard
        snowboard skateboard paddle oar saddle helmet jersey shuttlecock puck
        dumbbell barbell trampoline springboard crossbar baton stopwatch kayak
        toboggan bobsleigh snorkel wicket quiver jumper tracksuit""",
        """broke in the second half | {was} measured before the start |
        went missing from the changing room | passed the judges |
        {was} banned for the season | weighed less than the rules allow""",
    ),
    "contests": _category(
        "sport",
        "matter",
        """marathon regatta tournament semi-final derby playoff triathlon relay
        decathlon sprint penalty handicap steeplechase pentathlon championship
        quarter-final knockout rematch scrum slalom biathlon cup-tie friendly
        time-trial heat replay shoot-out tie-break warm-up bout pole-vault
        high-jump""",
        """ended in a draw | went to extra time | drew eleven thousand fans |
        {was} abandoned because of fog | {was} won by a single point |
        started an hour late""",
    ),
    "grounds": _category(
        "sport",
        "object",
        """stadium velodrome gym racetrack pitch rink grandstand dugout paddock
        fairway boathouse clubhouse ski-slope court ring locker-room terrace
        bowling-green touchline finishing-line dojo lido racecourse
        putting-green sandpit ice-rink starting-block penalty-box halfway-line""",
        """flooded before kick-off | {was} full by noon | got a new roof |
        {was} mown twice a week | held nine thousand fans | froze overnight""",
    ),
    "scholars": _category(
        "science",
        "person",
        """astronomer physicist chemist biologist geologist botanist zoologist
        mathematician statistician virologist geneticist ecologist neurologist
        palaeontologist oceanographer meteorologist seismologist microbiologist
        entomologist cosmologist ornithologist mycologist epidemiologist surgeon
        anatomist glaciologist volcanologist immunologist mineralogist
        biochemist cartographer toxicologist""",
        """published after nine years | repeated the measurement |
        found an error in the method | doubted the first result |
        named it after a colleague | wanted a larger control group""",
    ),
    "sky": _category(
        "science",
        "matter",
        """planet comet galaxy asteroid meteorite nebula satellite supernova pulsar
        quasar moon eclipse orbit crater sunspot constellation meteor exoplanet
        probe rocket spacecraft black-hole red-giant white-dwarf space-station
        aurora equinox solstice lander star-cluster dust-cloud moonquake""",
        """{was} seen from both hemispheres | moved faster than expected |
        cooled over a million years | dimmed for a week |
        passed between the earth and the sun | turned out to be older than thought""",
    ),
    "apparatus": _category(
        "science",
        "object",
        """microscope telescope centrifuge spectrometer thermometer barometer
        test-tube pipette laser magnet reactor sensor electrode incubator flask
        seismograph oscilloscope prism particle molecule enzyme protein vaccine
        genome neutron electron isotope catalyst crystal membrane hormone
        antibody""",
        """gave a different reading | {was} cooled to minus eighty |
        {was} calibrated overnight | behaved as the theory said |
        showed up in the control group | surprised the laboratory""",
    ),
    "creatures": _category(
        "science",
        "object",
        """beetle otter squid lichen jellyfish fossil dinosaur mammoth
        bacterium fungus orchid salamander tadpole plankton glacier volcano
        earthquake coral-reef hedgehog woodpecker albatross octopus bumblebee
        earthworm trilobite ammonite spore seedling rainforest wetland peat-bog
        moth""",
        """survived a mild winter | {was} found a mile below the sea |
        adapted to the dark | spread north with the warm weather |
        slept through the spring | {was} thought to be extinct""",
    ),
    "artists": _category(
        "culture",
        "person",
        """novelist poet sculptor painter violinist soprano tenor conductor composer
        playwright ballerina pianist cellist drummer choreographer illustrator
        essayist librettist organist trumpeter puppeteer comedian printmaker
        film-maker screenwriter curator translator guitarist baritone flautist
        calligrapher cartoonist""",
        """rehearsed until midnight | bowed four times |
        tore up the first draft | performed by candlelight | refused an encore |
        won over the critics""",
    ),
    "instruments": _category(
        "culture",
        "object",
        """violin cello trumpet oboe clarinet bassoon piano harpsichord banjo
        accordion saxophone mandolin tuba trombone flute harp lute bagpipe
        xylophone tambourine kettledrum guitar piccolo cornet ukulele organ
        double-bass glockenspiel zither bugle hurdy-gurdy cymbal""",
        """{was} out of tune by the second act | sounded warmer in the old hall |
        needed new strings | {was} played by candlelight |
        drowned out the choir | fell silent in the slow movement""",
    ),
    "works": _category(
        "culture",
        "matter",
        """opera novel sonnet symphony ballet portrait fresco sculpture ballad
        musical sitcom documentary biography thriller haiku mural etching tapestry
        concerto overture libretto anthology memoir trilogy watercolour still-life
        screenplay limerick nocturne requiem audiobook pantomime""",
        """moved the critics to tears | lost a page in the second act |
        ran for ten weeks | {was} read aloud by candlelight |
        sold out before the first night | divided the reviewers""",
    ),
    "stages": _category(
        "culture",
        "object",
        """theatre gallery museum cinema bookshop playhouse concert-hall opera-house
        bandstand circus choir orchestra festival carnival exhibition matinee
        premiere library archive print-shop studio dressing-room box-office
        jazz-club book-fair film-set string-quartet biennale masterclass
        puppet-show art-school poetry-slam""",
        """sold out within the hour | dimmed the lights at eight |
        opened with a short film | hung the pictures too low |
        gave the critics free wine | kept the curtain down""",
    ),
}

IRREGULAR = {
    "taxman": "taxmen",
    "batsman": "batsmen",
    "linesman": "linesmen",
    "bacterium": "bacteria",
    "fungus": "fungi",
    "supernova": "supernovae",
    "nebula": "nebulae",
    "spacecraft": "spacecraft",
    "cargo": "cargoes",
    "volcano": "volcanoes",
    "discus": "discuses",
    "brickworks": "brickworks",
    "steelworks": "steelworks",
    "sackful": "sackfuls",
    "jellyfish": "jellyfish",
    "plankton": "plankton",
    "cello": "cellos",
    "still-life": "still-lifes",
    "tie-break": "tie-breaks",
}

SURNAMES = listed(
    """Abara Abernathy Acheson Adeyemi Ainsley Alcott Alcázar Aldous Almeida Amari Anand
    Anderson Anselm Appiah Archer Arden Argyle Armitage Asante Ashby Ashford
    Atwell Avery Babcock Baines Bako Bakshi Balfour Balogun Banerjee Barlow Barros
    Barton Bassett Bates Batista Bauer Beaumont Beckett Bellamy Bello Bennett
    Benson Bergström Bhatt Bianchi Birch Blackwood Blakely Bloom Boateng Boland
    Bonham Borges Bosch Bowles Boyce Bradshaw Brandt Braun Brennan Bristow Brody
    Brook Brunner Bryce Buckley Burke Burrows Byrne Cabrera Caldwell Callahan
    Calvert Campbell Cardoso Carmody Carrick Carver Castell Castillo Cavendish
    Chandler Chaudhry Chavez Chen Cho Chopra Clegg Cobb Cobham Cohen Coleridge
    Colville Conway Coombes Corrigan Cortez Costello Coyle Crane Cresswell Croft
    Cross Cruz Cullen Curran Dacosta Dahl Dalby Danjuma Darby Darwish Dawes Dekker
    Delaney Delgado Dempsey Denton Desai Devlin Dexter Diallo Diaz Dimitrov Dobson
    Donnelly Doyle Driscoll Drummond Duarte Dube Dunmore Dutton Eastwood Eboue
    Eccles Edgar Ekström Eliot Ellery Emery Endicott Eriksen Esposito Eze Fairfax
    Falconer Faraday Farouk Farrow Feldman Fenwick Fernandes Ferreira Fielding
    Finch Fisk Fleming Flores Fofanah Fontaine Forde Forsyth Franco Frazer Frost
    Fuentes Gadsby Gallagher Galvin Garcia Garland Garrick Ghosh Gibbs Gilchrist
    Gilmore Glover Godfrey Gomez Gonzalez Goodwin Gore Grady Grantham Greer Guerra
    Gupta Haas Hadley Hale Halloran Hamid Hanley Hansen Hargreave Harker Hartley
    Hassan Hatfield Hathaway Haugen Hayes Henriksen Herrera Hewitt Hickey Hill
    Hobbs Hoffmann Hollis Holmes Hooper Horvath Huang Hurst Hussain Hyde Ibrahim
    Ibsen Idowu Innes Iqbal Ishii Islam Ivers Jacobs Jamal Jansen Jarvis Jelinek
    Jensen Jessop Joshi Juarez Kamara Kang Kapoor Karlsson Katz Kay Keane Keating
    Keita Kelly Kelso Kemp Kendrick Kerr Khan Kim Kimura Kirk Klein Knox Koch
    Kowalski Kozlov Krause Kumar Kuznetsov Lacey Lachance Lam Lambert Lang
    Langford Larkin Larsen Lawson Leclerc Lee Lennox Levy Lindqvist Lister Liu
    Lloyd Lockwood Logan Lomax Lopez Lowell Lund Lyons Mabry Macleod Madden Maddox
    Maes Mahmood Malik Mallory Mann Marino Martel Mbeki Mehta Mensah Mercado
    Merrick Meyer Milburn Moody Moreau Moreno Mori Morrow Muir Mukherjee Murphy
    Musa Mutua Nagy Nair Nakamura Napier Nash Navarro Naylor Ndiaye Nerval Neville
    Nguyen Nkosi Nolan Norris Novak Nwosu Oakley Obi Obrecht Ochoa Odell Oduya
    Ogawa Okafor Okoro Olsson Onwudi Orlov Ortega Orton Osborne Osei Ostrow Otero
    Owusu Padgett Paget Palmgren Pascoe Patel Paxton Pemberton Perez Petrov Pham
    Pickering Pike Pollard Popov Pratt Purcell Quayle Quigley Ramos Ramsey Rao
    Raskin Rawlings Reddy Redfern Rennick Reyes Rhodes Rigby Rivera Romero Rossi
    Rowe Rowntree Ruiz Rusk Rydell Sadler Salazar Salgado Sandoval Santoro Santos
    Sato Schmidt Schneider Schäfer Sefton Sen Serrano Sesay Shah Sharma Shaw
    Sheridan Silva Sinclair Singh Sithole Slater Sorensen Soto Sow Spencer Stanton
    Stoddard Stokes Sutcliffe Suzuki Swann Takahashi Talbot Tanaka Tarrant Tate
    Thapa Thorne Tillman Tolland Toomey Torres Tran Traoré Tremaine Tsang Tully
    Tyndall Udall Underhill Usman Vance Varga Vargas Vasquez Vega Venn Verma
    Vickers Vogel Voss Wade Wagner Wainwright Walsh Wang Ward Watanabe Weaver
    Weber Webster Wexford Whelan Whitlock Wilde Winslow Wolfe Woodhouse Wray Wu Xu
    Yamada Yardley Yates Yilmaz Yoon Zeller Zhang Zhou Ziegler Zielinski Zulu"""
)

TOWNS = listed(
    """Abingdon Aldbury Alford Alnwick Alton Amberley Ambleside Ampthill Andover Appleby
    Arundel Ashcombe Axminster Bakewell Banbury Barnsley Barrow Basford Beccles
    Bedale Belper Berwick Beverley Bewdley Bexhill Bideford Birkdale Blandford
    Bodmin Bolsover Boston Brackley Bramley Brecon Bridport Brigg Brockton
    Bromyard Buckden Bude Bungay Burnley Buxton Calder Callington Camborne Carlow
    Castleton Chard Cheadle Chesham Chilton Chippenham Clifton Clitheroe
    Cockermouth Colne Corby Crediton Crewkerne Cromer Cullompton Dalton Dartford
    Daventry Denholm Dereham Derwent Devizes Didcot Dorking Driffield Dulverton
    Dunmow Dursley Eastleigh Elmswell Ely Epworth Evesham Exmouth Fairford
    Fakenham Farnham Faversham Felstead Fenton Filey Fowey Foxley Frome Garston
    Glossop Gosport Grantley Grimsby Guisborough Hadfield Hailsham Halstead Harlow
    Harwich Haverhill Haworth Hedon Helmsley Hertford Hexham Hinckley Holmfirth
    Holt Honiton Horncastle Hove Howden Hythe Ilkley Immingham Ivybridge Jarrow
    Kendal Keswick Kettering Keynsham Kidwelly Kirkby Knutsford Lampeter Lancing
    Launceston Ledbury Leek Leigh Lewes Liskeard Looe Ludlow Lutterworth Lydney
    Maldon Malton Malvern Marlow Masham Matlock Melksham Melrose Midhurst Minehead
    Morley Morpeth Nailsea Nantwich Newbold Newquay Northwich Norwood Oakham
    Okehampton Oldbury Oswestry Otley Oxted Padstow Penrith Petworth Pickworth
    Pocklington Prudhoe Redcar Reigate Ripon Romsey Rothbury Rothwell Ryde
    Saltburn Sandbach Seaford Sedbergh Selby Settle Shaftesbury Shepton Sherborne
    Skipton Sleaford Slough Spalding Stamford Stroud Sudbury Swanage Tadcaster
    Tavistock Tenby Tetbury Thame Thirsk Tiverton Totnes Tring Truro Uckfield
    Ulverston Upton Uttoxeter Ventnor Wadebridge Wantage Wareham Watchet Wells
    Whitby Whitstable Wigton Wincanton Wisbech Witney Woking Wymondham Yarm Yate
    Yeovil York"""
)

ADJECTIVES = listed(
    """famous local quiet forgotten tiny enormous elegant lucky silent unusual ordinary
    promising mysterious obscure record-breaking much-loved little-known award-winning
    rare common splendid dreadful remarkable questionable reliable legendary unexpected
    unloved underrated overrated controversial delicate historic peculiar glorious
    excellent adequate mediocre colourful colourless wonderful modern charming slow
    impressive disappointing popular unpopular curious celebrated notorious fashionable
    old-fashioned"""
)
"""Adjectives that suit whatever a desk writes about."""

PERSON_ADJECTIVES = listed(
    """young tired cheerful nervous stubborn generous brave puzzled retired modest
    lonely
    proud clumsy gentle honest sleepy shy grumpy patient careful unlucky restless polite
    noisy two-faced well-dressed left-handed hard-working fearless heroic solemn humble
    lively respectable hopeless talkative absent-minded"""
)
OBJECT_ADJECTIVES = listed(
    """old rusty dusty scratched faded polished battered gleaming vintage ancient
    crooked
    hidden borrowed muddy painted broken spotless second-hand expensive cheap home-made
    sturdy slender unfinished half-finished"""
)
"""Adjectives of what can be touched."""
