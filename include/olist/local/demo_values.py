"""What the invented files of `demo_data` are made of: public names and rough proportions."""

from pathlib import Path

import numpy as np

TRANSLATION = "product_category_name_translation"
# Olist's names in Portuguese and English, those with most products first.
CATEGORIES = (Path(__file__).with_name("demo_categories.csv")).read_text("utf-8").splitlines()
UNTRANSLATED = ("pc_gamer", "portateis_cozinha_e_preparadores_de_alimentos")
PRICE_FACTORS = {"pcs": 12, "pc_gamer": 12, "eletrodomesticos_2": 4, "relogios_presentes": 1.5}
# About as many as Olist's, however many orders there are: the country does not grow with them.
MAX_ZIP_PREFIXES, MAX_POINTS = 19_000, 1_000_000
# State, customers in per mille, zip prefixes from and to, latitude, longitude, cities (the main one first).
REGIONS = (
    ("SP", 245, 1001, 9999, -23.55, -46.63, "são paulo,guarulhos,são bernardo do campo,osasco,santo andré"),
    ("SP", 175, 11000, 19999, -22.9, -47.06, "campinas,santos,sorocaba,ribeirão preto,santa bárbara d'oeste"),
    ("RJ", 129, 20000, 28999, -22.91, -43.3, "rio de janeiro,niterói,nova iguaçu,petrópolis"),
    ("MG", 117, 30000, 39999, -19.92, -43.94, "belo horizonte,uberlândia,juiz de fora,contagem"),
    ("RS", 55, 90000, 99999, -30.03, -51.2, "porto alegre,caxias do sul,pelotas,canoas"),
    ("PR", 51, 80000, 87999, -25.43, -49.27, "curitiba,londrina,maringá,ponta grossa"),
    ("SC", 37, 88000, 89999, -27.6, -48.6, "florianópolis,joinville,blumenau"),
    ("BA", 34, 40000, 48999, -12.97, -38.5, "salvador,feira de santana,ilhéus"),
    ("DF", 21, 70000, 72799, -15.79, -47.88, "brasília,taguatinga"),
    ("ES", 20, 29000, 29999, -20.32, -40.34, "vitória,vila velha,serra"),
    ("GO", 20, 73700, 76799, -16.69, -49.26, "goiânia,anápolis"),
    ("PE", 17, 50000, 56999, -8.05, -34.95, "recife,olinda,caruaru"),
    ("CE", 13, 60000, 63999, -3.73, -38.53, "fortaleza,juazeiro do norte"),
    ("PA", 10, 66000, 68899, -1.45, -48.49, "belém,santarém"),
    ("MT", 9, 78000, 78899, -15.6, -56.1, "cuiabá,rondonópolis"),
    ("MA", 8, 65000, 65999, -2.53, -44.3, "são luís,imperatriz"),
    ("MS", 7, 79000, 79999, -20.45, -54.62, "campo grande,dourados"),
    ("PB", 5, 58000, 58999, -7.12, -34.87, "joão pessoa,campina grande"),
    ("PI", 5, 64000, 64999, -5.09, -42.8, "teresina,parnaíba"),
    ("RN", 5, 59000, 59999, -5.79, -35.21, "natal,mossoró"),
    ("AL", 4, 57000, 57999, -9.65, -35.73, "maceió,arapiraca"),
    ("SE", 4, 49000, 49999, -10.91, -37.07, "aracaju,lagarto"),
    ("TO", 3, 77000, 77999, -10.18, -48.33, "palmas,araguaína"),
    ("RO", 2.5, 76800, 76999, -8.76, -63.9, "porto velho,ji-paraná"),
    ("AM", 1.5, 69000, 69299, -3.12, -60.02, "manaus"),
    ("AC", 0.8, 69900, 69999, -9.97, -67.81, "rio branco"),
    ("AP", 0.7, 68900, 68999, 0.03, -51.07, "macapá"),
    ("RR", 0.5, 69300, 69399, 2.82, -60.67, "boa vista"),
)
# Status names, their shares of the orders, and how many of those orders have no items.
STATUSES = (
    "delivered",
    "shipped",
    "canceled",
    "unavailable",
    "invoiced",
    "processing",
    "created",
    "approved",
)
STATUS_SHARES = (0.97, 0.0111, 0.0063, 0.0061, 0.0032, 0.003, 0.00005, 0.00002)
SHARES_WITHOUT_ITEMS = (0, 0.001, 0.26, 0.99, 0.006, 0, 1, 0)
STEPS_HAPPENED = (3, 2, 1, 1, 1, 1, 0, 1)  # How many of approved, handed to the carrier, delivered.
FIRST_DAY, LAST_DAY, BLACK_FRIDAY = np.array(["2016-09-04", "2018-08-29", "2017-11-24"], "datetime64[D]")
# Weights of the months from 2016-09 (in real life 2016-11 has no orders), of weekdays from Monday, of hours.
MONTHS = (0.2, 3, 0, 0.1, 8, 18, 27, 24, 37, 32, 40, 43, 43, 46, 62, 57, 73, 67, 72, 69, 69, 62, 63, 65)
WEEKDAYS = (1.14, 1.12, 1.09, 1.03, 0.99, 0.76, 0.83)
HOURS = (24, 12, 5, 3, 2, 2, 5, 12, 30, 48, 62, 66, 60, 65, 66, 65, 67, 62, 58, 60, 62, 62, 58, 41)
# Days until approved, handed to the carrier and delivered: median, spread, longest.
STEPS = ((0.015, 1.8, 5), (1.8, 0.8, 30), (7.1, 0.65, 180))
# Weights of 1, 2, 3, ... of them.
ORDERS_PER_PERSON = (0.9695, 0.0272, 0.0022, 0.0005, 0.0002, 0.0002, 0.0001, 0.00005, 0.00005)
ITEMS_PER_ORDER = (0.9, 0.0765, 0.0135, 0.005, 0.002, 0.002, 0.0005, 0.0002, 0.0002, 0.0001)
INSTALMENTS = (50, 12, 10, 7, 5, 4, 1.6, 4, 0.6, 5, 0.02, 0.13, 0.02, 0.02, 0.07, 0, 0, 0.03, 0, 0.02)
PAYMENT_TYPES = np.array(["credit_card", "boleto", "voucher", "debit_card", "not_defined"], dtype=object)
# Scores 1 to 5 of orders delivered in time, delivered late, not delivered.
SCORES = ((0.064, 0.026, 0.081, 0.207, 0.622), (0.46, 0.08, 0.12, 0.12, 0.22), (0.7, 0.08, 0.08, 0.05, 0.09))
SHARES_WITH_MESSAGE = np.array([0.77, 0.68, 0.43, 0.31, 0.36])
# For scores of 1-2, 3 and 4-5: titles, and the beginnings and ends of messages.
COMMENTS = (
    (
        ("Não recomendo", "Péssimo", "Cadê meu pedido?"),
        ("O produto veio com defeito, já pedi a troca", "Ainda não recebi", 'Comprei "original", veio cópia'),
        ("ninguém responde meus e-mails.", "quero meu dinheiro de volta!!", 'o site só diz "em trânsito".'),
    ),
    (
        ("Regular", "Mais ou menos", "Veio 1 de 2"),
        ("O produto é bom, mas demorou", "A cor veio diferente da foto", "A caixa chegou amassada"),
        ("de resto, tudo certo", 'esperava mais de uma loja "nota 10"', "vou aguardar a outra peça."),
    ),
    (
        ("Recomendo", "Ótimo, nota 10", "👍"),
        (
            "Chegou antes do prazo",
            "Produto de ótima qualidade",
            'A boneca "Lili", presente da minha filha, é linda',
        ),
        ("recomendo a loja.", "voltarei a comprar, parabéns!", 'igual ao anúncio: "novo, lacrado".'),
    ),
)
