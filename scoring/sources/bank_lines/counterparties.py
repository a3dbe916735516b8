"""Names by which banks, authorities, lenders and others are known on bank statements, in the notation of the rules."""

TAX_OFFICE = (
    " finanzamt| finanzaemter| finanzkasse|steuerkasse|landeshauptkasse|hauptzollamt| zollamt"
    "|steuerverwaltung"
    "| bundeskasse|landesamt fuer steuern|landesfinanz| estv |bundeszentralamt fuer steuern| bzst "
)
TAX_OFFICE_SHORT = " fa | fk "
"""Finanzamt, or Firma; Finanzkasse."""
TOWN = (
    "stadtkasse|gemeindekasse|kreiskasse|kaemmerei|steueramt| stadt | gemeinde |marktgemeinde|magistrat| vg kasse"
    "|samtgemeinde|verbandsgemeinde|stadtverwaltung|gemeindeverwaltung|stadthauptkasse|amtskasse| amt | markt "
    "| landeshauptstadt | hansestadt |kassen und steueramt|bezirksamt"
)
HEALTH_INSURER = (
    "krankenkasse| aok | barmer | dak | ikk | bkk | kkh | hek | hkk | viactiv |  tk |techniker k|knappschaft"
    "|minijob~zentrale"
    "|gesundheitskasse| oegk | auva | sbk | svlfg | pronova | knappsch | siemens bkk "
)
SOCIAL_INSURER = (
    HEALTH_INSURER + "|sozialversicherung|rentenversicherung| drv |berufsgenossenschaft"
    "| bg (bau|etem|verkehr|rci|hm|nord|holz|handel|gesundheit)| bg(n|hw|w|hm|e) | vbg |kuenstlersozialkasse"
    "| ksk wilhelm| ksk kuenst|unfallkasse"
    "|soka~bau| ulak | zvk | svs | buak |ausgleichskasse| ahv | suva |zusatzversorgungskasse"
)
BAILIFF = "gerichtsvollz| ogv "
COURT = (
    "amtsgericht|landgericht|mahngericht|gerichtskasse|justizkasse|arbeitsgericht|verwaltungsgericht"
    "|bezirksgericht| ag | bg "
    "|justizzahlstelle|zahlstelle justiz|justizverwaltung|oberlandesgericht|gerichtszahlstelle"
)
LAWYER = "rechtsanw|anwaltskanzlei|kanzlei| ra | rae | rain |advokat"
COLLECTOR = (
    "inkasso| eos |creditreform|coeo|pair finance|forderungsmanagement|riverty| ksp |infoscore|real solution"
    "|arvato fin"
    "| lowell | intrum |tesch inkasso|alektum|bad homburger|diagonal inkasso|paigo"
)
ENFORCEMENT_OFFICE = "vollstreckungsst|vollstreckungsbeh| vollstreckung |vollstreckungsabt"
ADMINISTRATOR = (
    "insolvenzverwalt|insolvenzverw |masseverwalter|konkursverwalt|insolvenzmasse| als insolv|sachwalter|inso~verwalt"
)

ONLINE_LENDER = (
    " iwoca| qonto (finanz|pay later|kredit)| finom credit"
    "| auxmoney|creditshelf|funding~circle| kapilendo| invesdor| banxware| youlend| myos | uncapped"
    "| re~cap technolog"
    "| capchase| smava| compeon| teylor| fincompare| finmid | credion| deutsche mikroinvest| silvr | wayflyer"
    "| lendico| opyn "
    "| mikrokredit| kreditech| ferratum| vexcash| cashper| liberis| creditplus| finstreet| finiata| spotcap"
    "| viafintech kredit"
    "| floryn| october sa| debitos kredit| lendis| pliant kredit| qred | froda | bilder kredit| vilocity"
    "| barclays kredit"
    "| swiftfund| caple | varengold| flex funding| bondora| exporo| clarifi kredit"
)
CONSUMER_BANK = (
    "santander|targobank|creditplus| bon~kredit|skg bank|swk bank|consors finanz|teambank|easycredit| bank11"
    "|norisbank| ofina"
    "|dsl bank|kreditpartner| abc~bank| gefa | oyak anker|sigma kredit| younited|hanseatic bank|akf bank| mkb "
    "| mmv bank"
    "|carcredit| degussa bank kredit|merkur privatbank kredit"
)
BANK = (
    "sparkasse|volksbank|raiffeisen|raiba|vr~bank| bank |bank ag|bank eg|commerzbank|postbank|hypovereinsbank"
    "| kfw | nrw~bank"
    "| lfa | l~bank|landesbank| ilb | ibb |investitionsbank|aufbaubank| isb |foerderbank|buergschaftsbank| dkb "
    "| hsbc |erste bank| ksk "
    "| bawag |deutsche bank|ing~diba| ing bank|kreditbank|hausbank|landeskreditbank|rentenbank|oberbank|unicredit"
)
CAR_BANK = (
    "bmw bank|bmw financial|mercedes~benz bank|mercedes~benz mobility|daimler fin|volkswagen bank|vw bank"
    "|audi bank|skoda bank"
    "|seat bank|toyota kreditbank|toyota financial|renault bank| rci banque|psa bank|stellantis|opel bank"
    "|ford bank|ford credit"
    "|fca bank|hyundai capital|mobilize fin|volvo (car )?fin|scania fin| man fin|nissan bank|mazda finance"
    "|porsche fin"
    "|volkswagen financial|iveco capital|paccar fin|honda bank|kia finance|suzuki fin|dacia fin|leasys"
)
LESSOR = (
    "leasing | grenke(bank|leasing)? | ald auto| arval |leaseplan| ayvens| alphabet fuhr| mmv | albis "
    "| de lage landen| dll "
    "| sixt leas| athlon | chg meridian|siemens fin|linde material|jungheinrich fin|vr smart fin|cnh (ind|cap)"
    "|john deere (bank|fin)|telecash leas|deutsche leas| leas | lhi leas|mietkauf|bfl leas|süd~leas|targo leas"
    "|claas fin"
    "|caterpillar fin| gefa leas| aga leas|hako fin|jobrad|bikeleas|business bike|eurorad|lease a bike|finn auto"
    "|elba leas|paribas lease| lease group|tesla fin|dienstrad"
)
FACTOR = (
    "factoring|grenkefactoring| factor |coface fin|aifinyo| pvs |abrechnungsstelle| bfs (finance|health)| bibby"
    "| decimo "
    "|target fin|eurofactor|factofrance|akf fin|gueldener| za ag |zahnaerztliche abrechnungs|verrechnungsstelle"
    "|opta data"
    "| billie |intermarket|rechnungskauf|forderungskauf|crefo fac|abcfinance|pragma fac|elbe fac|mediserv| dzr "
    "|finanzkauf"
    "|a b s abrech|adelta finanz|eos health|health ag|medas "
)
PROVIDER = (
    " stripe | paypal | pay pal | sumup | mollie | adyen | klarna |amazon (payments|services)| amzn | etsy "
    "| ebay | shopify "
    "|lieferando|yourdelivery| takeaway| wolt | uber ?eats| uber payments| nexi |concardis| payone |vr payment"
    "|worldline"
    "| six payment|zettle| unzer |heidelpay| square |squareup|telecash|first data|fiserv|evo payments|elavon| airbnb "
    "|kaufland (e~commerce|marketplace)|otto payments|gocardless|ratepay| mondu |secupay|digistore|copecart"
    "|elopage|ablefy"
    "|treatwell|wise payments|b s card|card process|cardprocess|viva (wallet|payments)|vivawallet| hobex "
    "|checkout com|payplug"
    "|saferpay|multisafepay| twint |zalando payments| rakuten|manomano|bs payone|ingenico|planetly|payco|adumo"
    "|easycash"
    "|intercard| epay |foodora|mangopay|trustly|sofort gmbh|giropay|sparkassen payment| s~payment|payleven"
    "|orderbird pay"
    "|lightspeed pay|ready2order pay|tillhub pay|flatpay|myposs? | mypos |payrexx|datatrans|paysafe|skrill|eventbrite"
    "|eventim|doctolib pay|hood de|avocadostore|limango|about you market|galaxus market|check24 market|real digital"
)
INSURER = (
    "versicherung| allianz | axa | gothaer | huk | ergo | hdi | r v (allg|vers|leben)| generali | zurich "
    "| signal iduna| arag "
    "| hiscox| nuernberger | devk | lvm | vhv | vgh |euler hermes|allianz trade| atradius| coface |alte leipziger"
    "| cardif "
    "|provinzial|wuerttembergische| debeka | barmenia|continentale|helvetia| uniqa|wiener staedt|roland rechts"
    "|mannheimer"
    "|cosmosdirekt|hallesche|inter lebens|swiss life| dbv |baloise|mecklenburgische|versicherer|assekuranz|markel ins"
    "|exali|talanx|inter allg|haftpflichtkasse|feuersozi|wgv|axa konzern|bayerische beamten|stuttgarter leben"
    "|credendo|nassau vers|tryg|pensionskasse|unterstuetzungskasse|roland schutz| dela |interrisk|concordia|itzehoer"
)
GRANTING_OFFICE = (
    "bundeskasse|agentur fuer arbeit|bundesagentur| kfw | bafa |regierung|investitionsbank|foerder(bank|stelle"
    "|gesell|inst|mittel)| aws "
    "|austria wirtschaft"
    "|landesbank|handwerkskammer| ihk | nrw bank| l~bank| lfa | ilb | ibb | isb |landesamt|ministerium|bundesamt"
    "|landeshauptkasse|wibank|aufbaubank|jobcenter| ams | ffg |bezirksregierung| stadt |landkreis| ptj | esf "
    "|integrationsamt"
    "|arbeitsmarktservice|landwirtschaftskammer|projekttraeger|europaeische kom|cofag|wirtschaftskammer|gemeinde "
    "| land "
)

TELEPHONE = (
    "telekom|vodafone| 1 1 | 1und1| o2 |telefonica|sipgate|deutsche post |a1 tel|congstar|unitymedia| ewe tel| m~net "
    "|netcologne|drillisch|easybell|placetel|starlink|magenta |swisscom|sunrise|drei austria|hutchison drei"
    "|freenet|pyur"
    "|mobilcom|ay yildiz|deutsche glasfaser|osnatel| htp |tele2|post ag brief|oesterreichische post|die post "
)
FUEL_AND_CARS = (
    " aral | shell | esso | jet | total ?energies| agip | omv | avia | hem | star tank|tankstelle| dkv | uta "
    "|euro ?shell"
    "|toll collect|asfinag| sixt |europcar| hertz | avis |enterprise rent|autovermiet|autohaus| reifen| adac | atu "
    "|kfz~(werk|service|meister)| tuev | dekra |carglass|buchbinder|starcar|euromaster| ionity|enbw mobil"
    "|waschpark|werkstatt"
    "|autoteile|vergoelst|pit~stop|westfalen tank|raiffeisen tank|score tank| eni |q1 tank| bft |lukoil|carsharing"
    "|share now"
    "|miles mobility|kfz zulassung|zulassungsstelle|parkhaus|apcoa|contipark|easypark|autobahn tank|turmoel|circle k"
)
ENERGY = (
    "stadtwerke| e on | enbw |vattenfall| ewe |energie| rwe |lichtblick|naturstrom|wasserverband|zweckverband"
    "|abfallwirt"
    "|remondis|veolia| alba |gasag|yello|mainova| suez |verbund ag|stadtreinigung|entsorgung|wasserwerk|eprimo"
    "|innogy| swm "
    "|stadtentwaesserung|elektrizitaetswerk|stromversorg|gasversorg|wasserversorg|prezero|awista| bsr | eww |kelag"
    "|tiwag| evn "
    "|octopus energy|polarstern|entega|rheinenergie|n~ergie|wemag|avacon|bayernwerk|drewag"
)
CARRIER = (
    " dhl | gls | dpd | ups | hermes | fedex| tnt |general logistics|united parcel|spedition|kuehne nagel"
    "|kuehne und|schenker"
    "| raben |dachser|sendcloud|dsv road|rhenus|iloxx|transporte |trans~o~flex|go express|shipcloud|packlink"
    "|myhermes|kurier"
    "|hellmann world| geis |nagel group|cargo |fracht"
)
ADVERTISER = (
    "google ireland|google ads|meta platforms|facebook|facebk|flyeralarm|linkedin|indeed |stepstone|werbeagentur"
    "|gelbe seiten"
    "|tiktok|pinterest|immobilienscout|mobile de|kleinanzeigen| wlw |cewe print|saxoprint|wirmachendruck|stroeer"
    "|messe "
    "|vistaprint|yelp|autoscout|das oertliche|onlineprinters|monster worldwide|microsoft advert"
)
SOFTWARE_HOUSE = (
    "sevdesk| datev | adobe |microsoft| strato | ionos |hetzner|host ?europe|all~inkl|mittwald|lexoffice|lexware"
    "|haufe"
    "|google cloud|amazon web| aws emea|atlassian| slack | zoom | sap |dropbox|github|openai|anthropic| notion "
    "| canva |personio"
    "| zoho |hubspot|salesforce|jetbrains|teamviewer|autodesk| figma |mailchimp|docusign|orgamax|fastbill"
    "|domainfact|netcup"
    "|webgo |domainfactory| ovh |digitalocean|cloudflare|weclapp|billomat|sage gmbh|wordpress|wix com|squarespace"
    "|jimdo|trello"
    "|asana|monday com| miro |clockodo|papershift|softwarehouse|godaddy|united domains|contao|shopware ag"
    "|jtl software|bmd system"
)
ADVISER = (
    "steuerber|steuerkanzlei|steuerbuero|rechtsanw| notar|wirtschaftspr|wirtschaftstreuh|steuerhilfe|kanzlei"
    "| stbg |patentanw"
    "| wpg | stb | ra | rae | rain | wp stb|treuhand|advisa| etl |anwalt|buchhaltungsservice|buchfuehrungsbuero"
    "|steuerbevoll"
)
CHAMBER = (
    " ihk | hwk |handwerkskammer|industrie (und |u )?handelskammer|wirtschaftskammer| wko | innung|(r|o|l|u)innung"
    "|kammerbeitr|verbandsbeitr|dehoga|aerztekammer|architektenkammer|ingenieurkammer|rechtsanwaltskammer"
    "|steuerberaterkammer|grundumlage"
    "|werbegemeinschaft|kreishandwerker|bundesverband|landesverband|arbeitgeberverb|fachverband|berufsverband|bitkom"
    "|landesinnung|apothekerkammer|zahnaerztekammer|handelsverband|bauernverband|gewerbeverein|kammerumlage"
    "|apothekerverb"
)
CARRIER_OF_PEOPLE = (
    "db (vertrieb|fernverk|regio)|deutsche bahn| bahn |hotel|lufthansa|booking com| taxi|ryanair|easyjet|eurowings"
    "| hrs |flix(bus|mob|train)"
    "| ibis |motel one"
    "|airbnb| oebb | sbb |expedia|flughafen|free now|uber bv| pension |gasthof pension| bvg |verkehrsbetrieb"
    "|verkehrsverbund"
    "| mvv |condor|swiss intern|austrian airlines| klm |air france|westbahn|hostel|reisebuero|trainline|omio|bolt eu"
)
