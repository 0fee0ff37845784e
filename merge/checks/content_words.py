"""Words for the content check in ten languages: stand-ins, notes, totals, names in capitals, and headers.

The languages are English, German, Spanish, French, Italian, Portuguese, Dutch, Korean, Japanese and Chinese.
All words are casefolded. Add one where it belongs; no code needs to change.
"""

from __future__ import annotations

from typing import Final

from merge.checks.column_role import ColumnRole


def _words(text: str) -> tuple[str, ...]:
    """The words of a comma-separated text."""
    return tuple(word.strip() for word in text.replace("\n", " ").split(",") if word.strip())


STAND_INS: Final = frozenset(
    _words(
        """
#n/a, (blank), (empty), (none), a confirmar, a definir, anonymous, asap, aucun, beispiel, blah, blah blah,
blank, company name, da confermare, da definire, delete, delete me, desconhecida, desconhecido, desconocida,
desconocido, ditto, doe john, dummy, ejemplo, empty, en attente, enter name, entfällt, erika mustermann,
esempio, example, exemple, exemplo, filler, first name, firstname, fixme, folgt, foo, foo bar, foobar,
fulano, fulano de tal, full name, geen, geen naam, ignore, ignore me, in attesa, inconnu, inconnue,
insert name, jan modaal, jane doe, joe bloggs, john doe, k. a., k.a, k.a., k/a, kein name, keine angabe,
keine angaben, last name, lastname, leeg, leer, lorem, lorem ipsum, maria mustermann, max muster,
max mustermann, missing, muster, musterfrau, mustermann, mustermann max, n.a, n.a., n.b., n.c., n.d., n.n.,
n.n.b., n.t.b., n.v., n.v.t., n/a, n/c, n/d, n/v, name here, nenhum, nessuno, nicht bekannt,
nicht verfügbar, nicht vorhanden, nicht zutreffend, niet bekend, niet beschikbaar, niet van toepassing,
ninguno, no aplica, no consta, no data, no disponible, no info, no name, no value, noch offen, noch unklar,
nog onbekend, nog te bepalen, non applicabile, non applicable, non communiqué, non disponibile,
non disponible, non renseigné, non renseignée, non specificato, noname, none given, not applicable,
not available, not given, not known, not set, not specified, ntb, nvt, não aplicável, não disponível,
não informado, offen, ohne angabe, onbekend, pendente, pendiente, pending, placeholder, platzhalter,
por confirmar, por definir, por determinar, prova, prueba, s.d., s/d, s/n, sample text, sans nom,
sans objet, sconosciuta, sconosciuto, sem dados, sem nome, senza nome, sin dato, sin datos, sin información,
sin nombre, t.b.a., t.b.c., t.b.d., tba, tbc, tbd, test, test customer, test name, test test, test user,
test1, test2, teste, tester, testing, testkunde, testname, testperson, tests, to be announced,
to be confirmed, to be decided, to be determined, to come, to do, to follow, todo, unbekannt, undefined,
unklar, unknown, unspecified, user test, vacío, vazio, vide, volgt, voorbeeld, vuoto, wird nachgereicht,
your company, your name, à compléter, à confirmer, à définir, à déterminer, à venir, なし, サンプル, テスト,
不明, 不詳, 不详, 不适用, 例, 名無し, 待定, 待确认, 无, 暂无, 未入力, 未填写, 未定, 未知, 未設定, 测试,
測試, 無, 無し, 確認中, 示例, 空, 空欄, 該当なし, 무명, 미상, 미정, 샘플, 알 수 없음, 없음, 예시, 이름 없음,
추후 확정, 테스트, 해당 없음, 해당없음, 확인 중,
"""
    )
)
"""Whole values that stand for a missing one, without outer punctuation."""

SURNAMES_TOO: Final = frozenset(
    _words(
        """
blank, example, leer, muster, prova, sample, test, tester,
"""
    )
)
"""Stand-ins that are also names, so they only count in lower case or in capitals."""

ONLY_FOR_NAMES: Final = frozenset(
    _words(
        """
anonymous, asap, aucun, beispiel, blah, delete, ditto, ejemplo, empty, en attente, esempio, example,
exemple, exemplo, filler, first name, folgt, full name, geen, ignore, in attesa, last name, leeg, leer,
missing, muster, nenhum, nessuno, ninguno, no data, no value, non applicable, not set, offen, pendiente,
pending, prova, prueba, teste, testing, tests, to come, to do, to follow, unspecified, vacío, vazio, vide,
volgt, voorbeeld, vuoto, 例, 无, 無, 空,
"""
    )
)
"""Stand-ins that may be a value in a column of texts, such as a status."""

FREE_AMOUNTS: Final = frozenset(
    _words(
        """
a consultar, auf anfrage, free, frei, gratis, gratuit, gratuito, included, incluido, inclus, incluso,
inklusive, kostenlos, offert, on request, sur demande, 免费, 無料, 무료,
"""
    )
)
"""Words that are accepted in a column of amounts."""

NOTES: Final = (
    r"(?:do|please)\s+not\s+(?:contact|call|mail|email|send|use|include)|don'?t\s+(?:contact|call|mail|send|use)",
    r"\bdnc\b|\bdnr\b|\btodo\b|\bfixme\b|\btbc\b|\btbd\b|\btba\b|\bx{3,}\b",
    r"\bask\s+(?:\p|for|the|me|him|her|us)|\bcheck\s+(?:with|spelling|this|again|name|amount|date)",
    r"\bto\s+(?:check|verify|be\s+(?:checked|verified|confirmed))\b|\bsee\s+(?:note|comment|contract|e?mail)s?\b",
    r"\b(?:left|moved|no\s+longer\s+(?:at|with))\s+(?:the\s+)?company\b|\bunsubscribed\b|\bopt(?:ed)?[\s-]?out\b",
    r"\bbitte\s+(?:prüfen|klären|nicht)\b|\bnicht\s+(?:kontaktieren|anrufen|anschreiben|senden)\b|\bsiehe\s+\w+",
    r"\bno\s+(?:contactar|llamar|enviar)\b|\bne\s+pas\s+(?:contacter|appeler|envoyer)\b|\bà\s+vérifier\b",
    r"\bnon\s+(?:contattare|chiamare|inviare)\b|\bda\s+verificare\b|\bnão\s+(?:contactar|contatar|ligar|enviar)\b",
    r"\bniet\s+(?:benaderen|bellen|mailen|contacteren)\b|\b(?:zu|noch)\s+(?:prüfen|klären)\b",
    r"연락\s*금지|확인\s*필요|연락하지|連絡不可|要確認|請勿|请勿|勿联系|待确认|需确认",
)
r"""Phrases that are notes anywhere in a short value; `\p` is a word with a capital."""

NOTES_IN_BRACKETS: Final = (
    r"\bask\b|\bcheck\b|\bcall\b|\bold\b|\bduplicate\b|\bdouble\b|\bdeceased\b|\bdied\b|\btest\b|\bcancel+ed\b"
    r"|\bdelete\b|\bremove\b|\bignore\b|\bwrong\b|\bconfirm\b|\bverify\b|\bnote\b|\bsee\b|\bspelling\b|\bmoved\b"
    r"|\bleft\b|\binactive\b|\bbounced\b|\bunsubscribed\b|\bnot?\s+\w+|\bupdate\b|\bpending\b|\?"
    r"|\bverstorben\b|\bgekündigt\b|\bdoppelt\b|\bprüfen\b|\balt\b|\bfalsch\b|\binaktiv\b|\bausgetreten\b"
    r"|\bfallecid[oa]\b|\brevisar\b|\bduplicado\b|\bbaja\b|\bantiguo\b|\bdécédée?\b|\bvérifier\b|\bdoublon\b"
    r"|\bancien(?:ne)?\b|\bdecedut[oa]\b|\bverificare\b|\bdoppione\b|\bfalecid[oa]\b|\bverificar\b"
    r"|\boverleden\b|\bcontroleren\b|\bdubbel\b|\boud\b|사망|확인|중복|금지|故人|死亡|重複|確認|退会|重复|已故|确认"
)
"""Words that turn the text in brackets into a note."""

NOTE_LABELS: Final = (
    "source|quelle|fuente|fonte|bron|note|notes|nb|n.b.|hinweis|anmerkung|nota|remark|remarks|remarque|legend"
    "|legende|as of|exported|generated|last updated|prepared by|created by|stand|opmerking"
    "|비고|참고|備考|注意|备注|来源"
)
"""The first words of a line below the data, before a colon."""

TOTALS: Final = frozenset(
    _words(
        """
average, durchschnitt, eindtotaal, endsumme, gemiddelde, gesamt, gesamtsumme, grand total, insgesamt, media,
moyenne, média, overall total, promedio, som, soma, somma, somme, sous-total, sub total, sub-total,
subtotaal, subtotal, subtotale, sum, suma, suma total, summe, totaal, total, total amount, total general,
total geral, total général, totale, totale generale, totales, totals, zwischensumme, 合計, 合计, 小計, 小计,
平均, 总数, 总计, 総計, 總計, 소계, 총계, 총합, 평균, 합계,
"""
    )
)
"""The first words of the row below the data."""

PARTICLES: Final = frozenset(
    _words(
        """
's, 't, abu, af, al, al-, ap, av, ben, bin, bint, d', da, das, de, del, dela, della, den, der, des, di, do,
dos, du, e, el, i, ibn, in, l', la, le, les, lo, mac, mc, nic, ní, o', op, san, santa, st, te, ten, ter, ua,
und, van, vom, von, y, zu, zum, zur, ó,
"""
    )
)
"""Small words that names begin with."""

BRANDS: Final = frozenset(
    _words(
        """
abn, adac, aldi, aol, asics, asos, asus, audi, axa, bbc, bmw, cern, cnn, dhl, edeka, ericsson, esa, eu,
fiat, fila, gsk, hbo, hsbc, ibm, ikea, ing, kia, kpmg, lego, lidl, mtv, nasa, nato, nike, nvidia, nyc, oppo,
pepsico, puma, rbs, rewe, rtl, samsung, sap, seat, sony, tesla, tnt, uae, ubs, uk, unesco, unicef, usa,
vmware, vw, ymca, zara,
"""
    )
)
"""Names that are written in capitals."""

HEADERS: Final = (
    (
        ColumnRole.LINK,
        _words(
            """
email, e-mail, mail, emails, url, link, website, web, site, homepage, domain, photo, image, picture, logo,
video, avatar, background, thumbnail, file, correo, courriel, 이메일, 메일, 사진, メール, 写真, 邮箱, 郵箱,
照片, 链接, 링크,
"""
        ),
    ),
    (
        ColumnRole.DATE,
        _words(
            """
date, day, deadline, birthday, birthdate, dob, expiry, expires, expiration, renewal, anniversary, datum,
termin, frist, geburtstag, geburtsdatum, ablaufdatum, fecha, vencimiento, cumpleaños, échéance,
anniversaire, data, scadenza, compleanno, vencimento, aniversário, nascimento, verloopdatum, verjaardag,
geboortedatum, vervaldatum, 날짜, 일자, 생일, 기한, 만료일, 日付, 期日, 期限, 誕生日, 生年月日, 日期, 生日,
"""
        ),
    ),
    (
        ColumnRole.PHONE,
        _words(
            """
phone, mobile, tel, telephone, cell, cellphone, handy, telefon, telefonnummer, móvil, teléfono, telefono,
portable, téléphone, cellulare, celular, telemóvel, telefone, telefoon, mobiel, fax, whatsapp, 전화,
전화번호, 휴대폰, 電話, 携帯, 手机, 电话,
"""
        ),
    ),
    (
        ColumnRole.CODE,
        _words(
            """
id, ids, no, nr, no., nr., num, number, code, key, zip, zipcode, postcode, postal, plz, sku, ref, reference,
iban, vin, invoice, ticket, tracking, account, kundennummer, código, cp, cap, referencia, numéro,
우편번호, 번호, 番号, 编号, 邮编, latitude, longitude, lat, lon, lng,
"""
        ),
    ),
    (
        ColumnRole.AMOUNT,
        _words(
            """
amount, price, cost, costs, fee, fees, total, sum, payment, salary, revenue, due, betrag, preis, gebühr,
summe, rate, importe, precio, monto, coste, cuota, montant, prix, coût, tarif, importo, prezzo, costo,
valor, preço, custo, bedrag, prijs, kosten, 금액, 가격, 요금, 金額, 価格, 料金, 金额, 价格, 费用,
"""
        ),
    ),
    (
        ColumnRole.COUNT,
        _words(
            """
count, visits, quantity, qty, seats, anzahl, menge, age, alter, cantidad, nombre_de, quantité, quantità,
quantidade, aantal, employees, users, points, score, years, 수량, 개수, 나이, 数量, 人数, 年齢, 年龄,
"""
        ),
    ),
    (
        ColumnRole.SHARE,
        _words(
            """
percent, percentage, share, saving, savings, discount, rabatt, anteil, prozent, descuento, remise, sconto,
desconto, korting,
"""
        ),
    ),
    (
        ColumnRole.COMPANY,
        _words(
            """
company, companies, organisation, organization, employer, firm, business, brand, account_name, product,
item, plan, package, team, department, project, event, firma, unternehmen, produkt, marke, empresa,
compañía, producto, entreprise, société, produit, azienda, ditta, prodotto, produto, bedrijf, merk, user,
username, login, 회사, 회사명, 제품, 会社, 会社名, 商品, 公司, 产品, 品牌,
"""
        ),
    ),
    (
        ColumnRole.PERSON,
        _words(
            """
name, names, firstname, lastname, fullname, surname, forename, nickname, first_name, last_name, contact,
recipient, vorname, nachname, familienname, ansprechpartner, nombre, nombres, apellido, apellidos, prénom,
prenom, nom, nome, cognome, sobrenome, apelido, naam, voornaam, achternaam, 이름, 성명, 성함, 名前, 氏名,
お名前, 姓名, 名字, 姓, 名,
"""
        ),
    ),
    (
        ColumnRole.PLACE,
        _words(
            """
city, town, place, ort, stadt, ciudad, ville, città, cidade, stad, plaats, country, land, país, pays, paese,
region, 도시, 지역, 都市, 市, 城市, 地区,
"""
        ),
    ),
)
"""The first entry that has a word of a header determines what its column holds."""

NEGATIVE_TOO: Final = frozenset(
    _words(
        """
adjustment, balance, cambio, change, correction, credit, delta, diferencia, diff, difference, differenz,
differenza, gewinn, growth, loss, profit, refund, saldo, solde, temperature, variation, verlust, verschil,
änderung, écart,
"""
    )
)
"""Words in the headers of columns that may have negative numbers."""
