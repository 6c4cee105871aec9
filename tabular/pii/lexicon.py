# ruff: noqa: E501, RUF001, SIM905  lists of words read best as text, in their own letters
"""Common given names, family names and words for streets, by locale, in lower case.

Short on purpose: a column of people's names holds many of the commonest, so a few dozen of each
language show which it is. Nothing is made from these lists (`generators.personal` invents names).
"""

from __future__ import annotations

import re

_GIVEN = {
    "en_US": "james john robert michael william david richard joseph thomas charles christopher "
    "daniel matthew anthony mark donald steven paul andrew joshua kenneth kevin brian george "
    "timothy ronald edward jason jeffrey ryan jacob gary nicholas eric jonathan stephen larry "
    "justin scott brandon benjamin samuel gregory alexander frank patrick raymond jack dennis "
    "jerry tyler aaron jose henry adam douglas nathan peter zachary kyle walter harold jeremy "
    "ethan carl keith roger gerald christian terry sean arthur austin noah lawrence jesse joe "
    "bryan billy jordan albert dylan bruce willie gabriel alan juan logan wayne ralph roy eugene "
    "randy vincent russell louis philip bobby johnny bradley craig shawn derek marcus travis "
    "mary patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy betty "
    "sandra margaret ashley kimberly emily donna michelle carol amanda melissa deborah stephanie "
    "rebecca sharon laura cynthia dorothy amy kathleen angela shirley emma brenda pamela nicole "
    "anna samantha katherine christine debra rachel carolyn janet maria olivia heather helen "
    "catherine diane julie victoria joyce lauren kelly christina ruth joan virginia judith evelyn "
    "hannah andrea megan cheryl jacqueline madison teresa abigail sophia martha sara gloria "
    "janice kathryn ann isabella judy charlotte julia grace amber alice jean denise frances "
    "danielle marilyn natalie beverly diana brittany theresa kayla alexis doris lori tiffany "
    "erin holly kristin courtney tina monica leslie crystal lindsey jamie morgan taylor casey",
    "en_GB": "oliver harry jack charlie alfie oscar archie freddie theo leo arthur edward simon "
    "graham nigel ian colin stuart neil alan malcolm trevor gareth geoffrey clive barry "
    "derek kenneth howard duncan callum ewan rhys owen liam darren lee dean craig rory gillian "
    "hazel fiona lesley jill lynne hilary maureen eileen sheila pauline janet alison beverley "
    "tracey paula chloe amelia poppy isla freya imogen harriet gemma kerry leanne rosie lucy "
    "jodie naomi bethan sian kirsty abbie bethany georgina",
    "de_DE": "hans peter wolfgang klaus jürgen juergen michael thomas andreas stefan uwe frank "
    "bernd günter guenter dieter horst helmut gerhard werner karl heinz manfred rainer "
    "ralf jörg joerg matthias markus sven torsten thorsten dirk tobias florian sebastian lukas "
    "jan felix jonas niklas maximilian philipp moritz johannes otto fritz kurt ernst walter "
    "rudolf gustav detlef holger olaf volker friedrich heinrich hermann ursula monika renate "
    "helga karin brigitte ingrid erika andrea gisela claudia susanne petra birgit anna elisabeth "
    "gabriele angelika heike silke anja katrin kathrin stefanie nicole sabine martina christa "
    "ilse hildegard gertrud irmgard waltraud edith ute heidi lena leonie johanna greta mia "
    "franziska katharina marlene antje kerstin bärbel margarete elfriede hannelore rosemarie "
    "reinhard eberhard siegfried egon willi ekkehard joachim anneliese liesel gerda",
    "fr_FR": "jean pierre michel andré philippe rené louis alain jacques bernard marcel daniel "
    "roger robert paul claude henri christian nicolas georges françois laurent frédéric olivier "
    "julien éric sébastien pascal guillaume thierry christophe antoine mathieu vincent maxime "
    "thibaut rémi rémy benoît gilles étienne lucas hugo théo léo raphaël jules gabriel arthur "
    "xavier yves marc emmanuel grégoire tristan marie jeanne françoise monique catherine nathalie "
    "isabelle jacqueline anne sylvie martine madeleine nicole suzanne hélène christine marguerite "
    "denise louise christiane valérie sophie stéphanie céline chantal julie camille léa chloé "
    "manon inès margaux aurélie élodie émilie brigitte véronique odette simone renée thérèse "
    "geneviève agnès alix élise lucie pauline charlotte aimée bernadette corinne",
    "es_ES": "antonio josé jose manuel francisco david juan javier daniel carlos miguel alejandro "
    "rafael pedro pablo ángel sergio fernando jorge luis alberto álvaro diego adrián raúl enrique "
    "ramón vicente iván rubén óscar andrés joaquín santiago eduardo víctor mario roberto jaime "
    "ignacio salvador ricardo hugo gonzalo felipe emilio julio maría carmen ana isabel dolores "
    "pilar teresa rosa cristina ángeles antonia mercedes lucía concepción francisca sara elena "
    "paula raquel beatriz rocío patricia pilar silvia inmaculada lorena yolanda irene nuria marta "
    "mónica encarnación montserrat manuela josefa victoria sofía alba noelia inés gloria esther "
    "consuelo guadalupe leticia verónica alejandra daniela valentina camila xavier jesús",
    "it_IT": "giuseppe giovanni antonio mario luigi francesco angelo vincenzo pietro salvatore "
    "carlo franco domenico bruno paolo michele giorgio aldo sergio luciano marco andrea alessandro "
    "stefano roberto matteo lorenzo davide simone federico riccardo fabio massimo claudio gianni "
    "enrico alberto filippo giacomo tommaso edoardo gabriele nicolò leonardo emanuele maria anna "
    "giuseppina rosa angela giovanna teresa lucia carmela caterina francesca antonietta carla "
    "elena concetta rita margherita paola giulia chiara sara martina valentina alessia silvia "
    "federica elisa ilaria giorgia alice laura roberta daniela patrizia raffaella beatrice "
    "ludovica camilla donatella ornella loredana graziella",
    "nl_NL": "jan johannes cornelis hendrik pieter willem gerrit jacobus petrus dirk maria kees "
    "klaas piet henk wim jeroen bas sander maarten thijs daan sem lars bram stijn luuk koen joost "
    "rik ruben tim jesse niels sjoerd bart johanna anna cornelia hendrika wilhelmina elisabeth "
    "margaretha femke sanne lotte fleur anouk eva julia sophie lieke roos marieke mieke ingrid "
    "annemarie wendy esther monique linda saskia floor noor fenna tess iris",
    "pl_PL": "andrzej piotr krzysztof stanisław tomasz paweł jan michał marcin jerzy tadeusz adam "
    "łukasz zbigniew ryszard dariusz henryk mariusz kazimierz wojciech robert mateusz marian rafał "
    "jacek janusz mirosław maciej sławomir jarosław kamil wiesław roman władysław grzegorz jakub "
    "anna maria katarzyna małgorzata agnieszka krystyna barbara ewa elżbieta zofia janina teresa "
    "joanna magdalena monika jadwiga danuta irena halina helena beata aleksandra marta dorota "
    "marianna grażyna jolanta stanisława iwona karolina bożena urszula justyna renata alicja "
    "paulina sylwia natalia wanda agata aneta izabela ewelina marzena wiesława genowefa patrycja "
    "oliwia nikodem bartosz filip szymon wiktoria zuzanna",
    "pt_BR": "josé joão antónio antonio francisco carlos paulo pedro lucas luiz luis marcos gabriel "
    "rafael daniel marcelo bruno eduardo felipe rodrigo manoel mateus andré fernando fábio "
    "leonardo gustavo guilherme leandro tiago thiago anderson ricardo márcio jorge sebastião "
    "alexandre roberto edson diego vitor sérgio cláudio matheus joaquim nuno rui tiago enzo "
    "miguel davi arthur heitor bernardo theo maria ana francisca antónia antonia adriana juliana "
    "márcia fernanda patrícia aline sandra camila amanda bruna jéssica letícia júlia luciana "
    "vanessa mariana gabriela vera vitória larissa cláudia beatriz rita luana sônia renata eliane "
    "isabela laura alice sofia helena valentina luiza lorena manuela rafaela bianca",
    "sv_SE": "erik lars karl anders johan per nils carl mikael jan hans lennart olof peter gunnar "
    "sven fredrik bengt bo daniel gustav åke göran alexander magnus andreas stefan john håkan "
    "ulf tommy mattias oskar emil björn elias axel hugo viktor maria anna margareta elisabeth eva "
    "birgitta kristina karin marie ingrid linnéa linnea kerstin sofia marianne lena helena emma "
    "johanna inger sara katarina cecilia elin anita ulla gunilla annika susanne barbro malin hanna "
    "monika therese ingegerd jenny frida ebba astrid ida ole knut arne kari anne liv kjell bjørn "
    "odd tor geir leif søren jens niels jørgen mette hanne kirsten lise randi",
    "tr_TR": "mehmet mustafa ahmet ali hüseyin hasan ibrahim osman yusuf murat ömer ramazan emre "
    "burak fatih serkan kemal orhan fatma ayşe emine hatice zeynep elif meryem şerife zehra sultan "
    "hanife merve esra özlem yasemin gamze büşra",
    "cs_CZ": "jiří jan petr josef pavel martin tomáš jaroslav miroslav zdeněk václav michal "
    "františek jakub milan karel lukáš david vladimír ondřej marek stanislav roman daniel radek "
    "antonín vojtěch filip adam luboš matěj marie jana eva hana anna lenka kateřina lucie věra "
    "alena petra jaroslava tereza veronika martina jitka michaela ludmila zdeňka ivana monika "
    "jarmila zuzana barbora markéta eliška ivan andrej juraj",
    "fi_FI": "juhani johannes mikael antero olavi tapani kalevi matti timo pekka kari jukka heikki "
    "antti jari ville eero ilmari maria helena johanna anneli kaarina marjatta annikki liisa "
    "tuula päivi sari minna tiina riitta pirjo",
    "hu_HU": "lászló istván józsef jános zoltán sándor gábor ferenc attila péter tamás zsolt "
    "tibor andrás csaba imre györgy balázs mária erzsébet katalin éva ilona anna zsuzsanna "
    "judit ágnes ildikó andrea erika krisztina mónika gabriella",
    "ru_RU": "aleksandr sergey sergei vladimir andrey andrei aleksey alexei dmitry dmitri mikhail "
    "nikolay nikolai ivan igor yuri oleg pavel viktor konstantin anatoly boris evgeny svetlana "
    "natalia natalya olga tatiana tatyana elena irina galina lyudmila anastasia ekaterina oksana "
    "yulia александр сергей владимир андрей алексей дмитрий михаил николай иван игорь юрий олег "
    "павел виктор евгений максим артём роман денис антон кирилл никита наталья ольга татьяна "
    "елена ирина галина людмила анастасия екатерина анна мария светлана юлия марина валентина "
    "вера надежда любовь",
    "en_IN": "aarav vivaan aditya arjun sai reyansh krishna ishaan rohan rahul amit rajesh sanjay "
    "vijay suresh ramesh anil sunil deepak manoj ashok vikram ravi ajay kiran ganesh harish "
    "mohan naveen nikhil pradeep praveen prakash raj sandeep srinivas aadi aarush advik atharv dhruv kabir karan laksh om pranav vihaan yash bhavna chandra damini ela gauri indira jaya kamala kiara leela mira naina priya anjali pooja neha "
    "sunita anita kavita lakshmi meena divya sneha swati asha geeta rekha shanti deepa nisha "
    "aishwarya ananya diya saanvi radha sita usha",
    "ro_RO": "andrei alexandru mihai ionuț ionut florin cristian ștefan stefan gheorghe ion ioan "
    "constantin vasile nicolae marius adrian daniel gabriel bogdan vlad radu dumitru sorin costin "
    "maria elena ioana ana andreea mihaela cristina alexandra gabriela daniela mariana raluca "
    "simona alina georgiana roxana diana oana",
    "ar_EG": "mohamed mohammed muhammad ahmed ahmad mahmoud mustafa hassan hussein omar khaled "
    "youssef ibrahim abdullah abdul karim tariq samir rashid fatima aisha mariam layla zainab "
    "nour huda salma amina yasmin leila hana محمد أحمد محمود علي حسن عبد فاطمة مريم عمر خالد",
    "ja_JP": "hiroshi kenji takashi akira yuki haruto sota yuto yoko keiko sakura yui hina aoi "
    "太郎 健一 翔太 大輔 直樹 健 裕太 浩 拓真 洋介 学 亮介 陽一 修平 智也 涼平 和也 直人 花子 陽子 "
    "美咲 明美 真綾 結衣 千代 加奈 香織 知実 里佳 直子 裕美子 舞 七夏 くみ子 さゆり 春香 桃子 あすか",
}

_FAMILY = {
    "en_US": "smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez "
    "lopez gonzalez wilson anderson thomas taylor moore jackson martin lee perez thompson white "
    "harris sanchez clark ramirez lewis robinson walker young allen king wright scott torres "
    "nguyen hill flores green adams nelson baker hall rivera campbell mitchell carter roberts "
    "phillips evans turner parker collins edwards stewart morris murphy cook rogers morgan "
    "peterson cooper reed bailey bell kelly howard ward cox richardson wood watson brooks bennett "
    "gray james hughes price myers long foster sanders ross powell sullivan russell ortiz jenkins "
    "perry butler barnes fisher henderson coleman simmons patterson jordan reynolds hamilton "
    "graham kim gonzales wallace west cole hayes bryant gibson ellis stevens ford marshall owens "
    "harrison mcdonald woods washington kennedy wells vargas henry chen freeman webb tucker burns "
    "crawford olson simpson porter hunter gordon mendez silva shaw snyder mason dixon munoz hunt "
    "hicks holmes palmer wagner black robertson boyd stone salazar fox warren mills meyer rice",
    "en_GB": "jones taylor davies evans wilson patel khan lewis walker hughes edwards clarke "
    "griffiths begum ali shah hussain chapman knight matthews lloyd pearson barker webb rogers "
    "gibson ellis holmes saunders birch poole bird carr dawson barnett marsh cartwright sutton "
    "burgess slater hartley yates atkins french kent lambert leach parry payne pratt reid turnbull",
    "de_DE": "müller mueller schmidt schneider fischer weber meyer wagner becker schulz hoffmann "
    "schäfer koch bauer richter klein wolf schröder neumann schwarz zimmermann braun krüger "
    "hofmann hartmann lange schmitt werner schmitz krause meier lehmann schmid schulze maier "
    "köhler herrmann könig walter mayer huber kaiser fuchs peters lang scholz möller weiß jung "
    "hahn schubert vogel friedrich keller günther frank berger winkler roth beck lorenz baumann "
    "franke albrecht schuster simon ludwig böhm winter kraus martin schumacher krämer vogt stein "
    "jäger otto sommer groß seidel heinrich brandt haas schreiber graf schulte dietrich ziegler "
    "kuhn kühn pohl engel horn busch bergmann thomas voigt sauer arnold wolff pfeiffer",
    "fr_FR": "martin bernard dubois thomas robert richard petit durand leroy moreau simon laurent "
    "lefebvre lefèvre michel garcia david bertrand roux vincent fournier morel girard andré mercier "
    "dupont lambert bonnet françois martinez legrand garnier faure rousseau blanc guérin muller "
    "henry roussel nicolas perrin morin mathieu clément gauthier dumont lopez fontaine chevalier "
    "robin masson sanchez gérard nguyen boyer denis lemaire duval joly gautier roger roche roy "
    "noël meyer lucas meunier jean pérez marchand dufour blanchard marie barbier brun dumas brunet "
    "schmitt leroux colas pons hamel",
    "es_ES": "garcía rodríguez gonzález fernández lópez martínez sánchez pérez gómez martín "
    "jiménez ruiz hernández díaz moreno muñoz álvarez romero alonso gutiérrez navarro torres "
    "domínguez vázquez ramos gil ramírez serrano blanco molina morales suárez ortega delgado castro "
    "ortiz rubio marín sanz núñez iglesias medina garrido cortés castillo santos lozano guerrero "
    "cano prieto méndez cruz calvo gallego herrera márquez león vidal peña flores cabrera campos",
    "it_IT": "rossi russo ferrari esposito bianchi romano colombo ricci marino greco bruno gallo "
    "conti de luca costa giordano mancini rizzo lombardi moretti barbieri fontana santoro mariani "
    "rinaldi caruso ferrara galli martini leone longo gentile martinelli vitale lombardo serra "
    "coppola marchetti parisi villa conte ferraro ferri fabbri bianco marini grasso valentini",
    "nl_NL": "jong jansen vries berg bakker dijk visser janssen smit meijer boer mulder groot bos "
    "vos peters hendriks leeuwen dekker brouwer wit dijkstra smits graaf meer linden kok jacobs "
    "haan vermeulen heuvel veen broek bruijn bruin heijden schouten beek willems vliet ven hoekstra",
    "pl_PL": "nowak kowalski kowalska wiśniewski wójcik kowalczyk kamiński lewandowski zieliński "
    "szymański woźniak dąbrowski kozłowski jankowski mazur wojciechowski kwiatkowski krawczyk "
    "kaczmarek piotrowski grabowski zając pawłowski michalski król wieczorek jabłoński wróbel",
    "pt_BR": "silva santos oliveira souza sousa rodrigues ferreira alves pereira lima gomes costa "
    "ribeiro martins carvalho almeida lopes soares fernandes vieira barbosa rocha dias nascimento "
    "andrade moreira nunes marques machado mendes freitas cardoso ramos gonçalves santana teixeira "
    "araújo pinto correia cunha azevedo moura cavalcanti novaes peixoto farias viana",
    "sv_SE": "andersson johansson karlsson nilsson eriksson larsson olsson persson svensson "
    "gustafsson pettersson jonsson jansson hansson bengtsson jönsson lindberg jakobsson magnusson "
    "olofsson lindström lindqvist lindgren axelsson berg bergström lundberg lind lundgren lundqvist "
    "mattsson berglund fredriksson sandberg henriksson forsberg sjöberg wallin engström eklund "
    "hansen johansen olsen larsen andersen pedersen nilsen kristiansen jensen karlsen nielsen",
    "tr_TR": "yılmaz kaya demir çelik şahin yıldız yıldırım öztürk aydın özdemir arslan doğan "
    "kılıç aslan çetin kara koç kurt özkan şimşek polat",
    "cs_CZ": "novák nováková svoboda svobodová novotný dvořák černý procházka kučera veselý horák "
    "němec pokorný marek pospíšil hájek král jelínek růžička beneš fiala sedláček doležal zeman",
    "fi_FI": "korhonen virtanen mäkinen nieminen mäkelä hämäläinen laine heikkinen koskinen",
    "hu_HU": "nagy kovács tóth szabó horváth varga kiss molnár németh farkas balogh papp takács",
    "ru_RU": "ivanov smirnov kuznetsov popov vasiliev petrov sokolov mikhailov novikov fedorov "
    "morozov volkov иванов смирнов кузнецов попов васильев петров соколов михайлов новиков фёдоров "
    "морозов волков алексеев лебедев семёнов егоров павлов козлов степанов николаев орлов андреев "
    "макаров никитин захаров иванова смирнова кузнецова попова васильева петрова соколова",
    "en_IN": "sharma verma gupta singh kumar patel reddy nair iyer rao das joshi mehta shah "
    "chopra kapoor agarwal mishra pandey yadav jain bose banerjee mukherjee chatterjee ghosh pillai "
    "menon naidu desai kulkarni patil bhatt malhotra khanna bhat pandit prasad srinivasan swamy varma sinha dutta kaur gill sethi tata thakur trivedi chaudhari chaudhary ahuja bhatia dalal goswami",
    "ro_RO": "popescu ionescu popa pop radu dumitru stan stoica gheorghe matei ciobanu rusu munteanu "
    "moldovan constantin marin dinu florea cristea stanciu tudor dobre barbu nistor",
    "zh_CN": "wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he lin luo",
    "ja_JP": "sato suzuki takahashi tanaka watanabe ito yamamoto nakamura kobayashi kato yoshida "
    "yamada sasaki yamaguchi matsumoto inoue kimura hayashi 佐藤 鈴木 高橋 田中 渡辺 伊藤 山本 中村 "
    "小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 清水 山崎 森 池田 橋本 阿部 石川 前田 藤田 岡田",
}

CHINESE_FAMILY = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈"
    "钟姜崔谭陆汪范金石廖贾夏韦方付白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
"""The first character of most Chinese names."""

_STREETS = {
    "en_US": "street st road rd avenue ave lane ln drive dr boulevard blvd court ct way place pl "
    "square terrace crescent close parkway pkwy highway hwy circle trail alley mews row gardens "
    "grove apt suite",
    "de_DE": "straße strasse str platz weg allee gasse ring ufer damm chaussee",
    "fr_FR": "rue avenue boulevard chemin place impasse allée allee quai cours route passage",
    "es_ES": "calle avenida avda paseo plaza camino carretera ronda rambla callejón pasadizo "
    "glorieta alameda vial cañada acceso cuesta urbanización travesía",
    "it_IT": "via viale piazza corso vicolo largo piazzetta contrada strada stretto borgo rotonda "
    "incrocio canale",
    "nl_NL": "straat weg laan plein gracht kade singel dreef hof steeg pad baan ring boulevard",
    "pl_PL": "ulica ul aleja al plac pl osiedle os",
    "pt_BR": "rua avenida av travessa praça praca alameda estrada rodovia viaduto quadra largo "
    "ladeira morro vila vale via trecho sítio residencial praia passarela parque núcleo loteamento "
    "lagoa lago jardim favela feira fazenda esplanada distrito conjunto condomínio colônia chácara "
    "campo área aeroporto setor recanto pátio",
    "sv_SE": "gatan vägen gränd torget stigen gata väg gate vei veien vej gade",
    "tr_TR": "sokak sokağı caddesi cadde mahallesi mah cad sok bulvarı",
    "cs_CZ": "ulice náměstí třída nábřeží",
    "ru_RU": "улица ул проспект пр переулок пер площадь пл бульвар бул шоссе наб алл ш",
    "hu_HU": "utca út tér körút",
    "fi_FI": "katu tie kuja polku",
}

_AMERICAN = (
    "path plaza walk ridge views view throughway fork forks ford forges brook course junction "
    "crossing island islands village villages mountain mountains summit heights hill hills spur "
    "station passage skyway expressway turnpike freeway causeway bridge cove estate estates "
    "extension extensions falls field fields flat flats garden glen glens green greens harbor "
    "harbors haven inlet isle key keys knoll knolls lake lakes landing light lights loaf lock "
    "locks lodge loop mall manor meadow meadows mill mills mission motorway neck orchard oval park "
    "parks pass pike pine pines plain plains point points port ports prairie radial ramp ranch "
    "rapid rapids rest river route run shoal shoals shore shores springs stream track tunnel union "
    "unions valley valleys via viaduct ville vista wall walks well wells camp canyon cape cliff "
    "cliffs club common corner corners creek curve dale dam divide burg burgs bypass bluff bluffs "
    "center centers crest crossroad drives forest gateway squares stravenue trace"
)
"""Further endings of the United States Postal Service (Publication 28, C1), which mean much else."""

_ENDINGS = {
    "de_DE": "straße strasse str str. platz weg allee gasse ring ufer damm",
    "nl_NL": "straat weg laan plein gracht kade singel dreef hof steeg pad baan ring boulevard",
    "sv_SE": "gatan vägen gränd torget stigen gata väg gate gata veien vegen vej gade",
    "fi_FI": "katu tie kuja polku",
}
"""Words for a street that close a longer word."""


def _sets(lists: dict[str, str]) -> dict[str, frozenset[str]]:
    return {locale: frozenset(text.split()) for locale, text in lists.items()}


GIVEN, FAMILY = _sets(_GIVEN), _sets(_FAMILY)
ALL_GIVEN = frozenset[str]().union(*GIVEN.values())
ALL_FAMILY = frozenset[str]().union(*FAMILY.values())
TITLES = frozenset(
    "mr mrs ms miss dr prof herr frau mme sig sra sr sig.ra dott dña don pan pani univ ing dipl "
    "jr md phd mba msc bsc sir madam mlle mx dvm dds ii iii iv".split()
)


def _street(locale: str) -> str:
    whole = "|".join(map(re.escape, sorted(_STREETS.get(locale, "").split())))
    ending = "|".join(map(re.escape, _ENDINGS.get(locale, "").split()))
    return rf"\b(?:{whole})\b" + (rf"|\w(?:{ending})\b" if ending else "")


STREETS = {locale: re.compile(_street(locale), re.IGNORECASE) for locale in _STREETS}
STREET = re.compile("|".join(map(_street, _STREETS)), re.IGNORECASE)
AMERICAN_STREET = re.compile(
    rf"\d+ .*\b(?:{'|'.join(_AMERICAN.split())})\b.*[,\n]", re.IGNORECASE | re.DOTALL
)
"""Such an ending counts between a leading number and a town."""
EAST_ASIAN_STREET = re.compile(r"丁目|番地?|号|街|路|区|市.*町|로 ?\d|길 ?\d|동 ?\d")
