"""Words for the content check: stand-ins, notes, totals, and names in capitals.

They are in English, German, Spanish, French, Italian, Portuguese, Dutch, Korean,
Japanese and Chinese, and
the most usual ones in ten more languages. All words are casefolded. Add one where it belongs; no code needs
to change.
"""

from __future__ import annotations

from typing import Final


def _words(text: str) -> tuple[str, ...]:
    """The words of a comma-separated text."""
    return tuple(word.strip() for word in text.replace("\n", " ").split(",") if word.strip())


STAND_INS: Final = frozenset(
    _words(
        """
please select, select, choose, choose one, please choose, bitte wählen, bitte auswählen, auswählen,
seleccionar, seleccione, sélectionner, choisir, selezionare, selecionar, selecione, kies, selecteer,
cerrado, cerrada, geschlossen, closed, account closed, fermé, fermée, chiuso, chiusa, gesloten, fechado,
fechada, igual, 匿名希望, 공석, 휴직, 퇴사, 不在, 无人, 欠番, 空席, a quien corresponda, à qui de droit,
a chi di competenza, a quem interessar, d.ª, dña, dña., n/k, ausland, name, any, staff, same, gleich, boh,
fa., postfach, po box, p.o. box, no answer, verificar, vérifier, prüfen, controleren, verificare, check,
무응답, 无应答, plus one, draft, wip, entwurf, borrador, brouillon, bozza, rascunho, xyz, deleted, inactive,
archived, removed, cancelled, canceled, deceased, former, gelöscht, inaktiv, storniert, verstorben,
supprimé, inactif, décédé, eliminado, inactivo, fallecido, private, 仮, 仮名, 仮称, 張三, 张三, 李四, 某某,
佚名, 홍길동, 아무개, to whom it may concern, text, texte, texto, testo, tekst, dup, 無記名, 無名氏, 無職,
未提供, 未回答, 未登録, 未確認, 待查, 待核实, 暂缺, 缺失, 匿名, 保密, 이름없음, 이름 없음, 미제공, 무기명,
diverse, unleserlich, n.bek, n.bek., unbek, unbek., ismeretlen, necunoscut, necunoscută, невідомо, немає,
tidak ada, tidak diketahui, לא ידוע, no longer available, default, #n/a, ー, ｰ, 〃, 々, self, privat,
private person, (blank), (empty), (none), 1st name, a confirmar, a definir, anonymous, as above, asap,
aucun, aucune, beispiel, belirsiz, belirtilmedi, belirtilmemiş, beltrano, bientôt, bilinmiyor, binnenkort,
blah, blah blah, blank, blindtext, boş, brak, brak danych, bude doplněno, chybí, chưa có, chưa rõ,
come sopra, coming soon, company name, copy tbd, da confermare, da definire, delete, delete me, demnächst,
desconhecida, desconhecido, desconocida, desconocido, ditto, do potwierdzenia, do ustalenia,
do uzupełnienia, doe john, don't know, dont know, doplnit, dto, dto., dummy, ei saatavilla, ei tiedossa,
ej angiven, ej angivet, ej tillämpligt, ejemplo, em breve, empty, en attente, enter name, entfällt,
erika mustermann, esempio, example, exemple, exemplo, family name, faux texte, filler, first last,
first name, first name last name, firstname, firstname lastname, fixme, fname, fname lname, folgt, foo,
foo bar, foobar, fulana, fulana de tal, fulano, fulano de tal, full name, fülltext, geen, geen naam,
girilmedi, given name, idem, idem acima, ignore, ignore me, ikke aktuelt, ikke angivet, ikke oplyst,
ikke oppgitt, imię i nazwisko, in attesa, inconnu, inconnue, insert name, j.w., o.a, n.n, jak wyżej,
jan kowalski test, jan modaal, jane doe, je ne sais pas, jean dupont test, job title, jobtitle, joe bloggs,
john doe, k. a., k.a, k.a., k/a, kein, kein name, keine, keine ahnung, keine angabe, keine angaben, keiner,
không có, không rõ, kommer senare, kowalski test, last name, lastname, leeg, leer, lieschen müller, lname,
lorem, lorem ipsum, madame x, mangler, maria mustermann, max muster, max musterman, max mustermann, mengano,
missing, monsieur untel, monsieur x, muster, musterfirma, musterfrau, musterhausen, mustermann,
mustermann max, musterort, musterstadt, musterstrasse, n.a, n.a., n.b., n.c., n.d., n.n., n.n.b., n.t.b.,
n.v., n.v.t., n/a, n/c, n/d, n/v, nachname, name here, name nachname, nenhum, nenhuma, není,
není k dispozici, nessuna, nessuno, neuvedeno, neznámá, neznámé, neznámý, nicht bekannt, nicht verfügbar,
nicht vorhanden, nicht zutreffend, nie dotyczy, nie podano, nie wiem, niet bekend, niet beschikbaar,
niet van toepassing, nieznana, nieznane, nieznany, nil, ninguna, ninguno, no account, no aplica, no consta,
no data, no disponible, no e-mail, no email, no idea, no info, no longer works here, no name, no number,
no phone, no sé, no tiene, no value, nobody, noch offen, noch unklar, nog onbekend, nog te bepalen, nom,
nom prénom, nombre apellido, nombre y apellidos, nome cognome, nome completo, nome e cognome,
non applicabile, non applicable, non communiqué, non disponibile, non disponible, non renseigné,
non renseignée, non so, non specificato, noname, none, none given, not applicable, not available,
not disclosed, not entered, not found, not given, not known, not provided, not set, not specified, not sure,
ntb, nvt, não aplicável, não disponível, não informado, não sei, offen, ohne angabe, okänd, okänt, onbekend,
otto normalverbraucher, pendente, pendiente, pending, perengano, pinco pallino, pinco pallo, placeholder,
platzhalter, por confirmar, por definir, por determinar, prossimamente, prova, prueba, prénom, próximamente,
puuttuu, s. o., s.d., s.o., s/d, s/n, saknas, same as above, same as billing, same as shipping, sample text,
sans, sans nom, sans objet, sconosciuta, sconosciuto, see above, sem dados, sem nome, senza nome, sicrano,
siehe oben, siehe unten, sin dato, sin datos, sin información, sin nombre, surname, t.b.a., t.b.c., t.b.d.,
tba, tbc, tbd, test, test customer, test name, test test, test user, test1, test2, teste, tester, testing,
testkunde, testname, testo segnaposto, testperson, tests, text folgt, text follows, text tbd, texte à venir,
texto de exemplo, texto de relleno, tizio caio, to be announced, to be confirmed, to be decided,
to be determined, to come, to do, to follow, todo, tuntematon, ukendt, ukjent, unassigned, unbekannt,
undefined, unklar, unknown, unspecified, uppgift saknas, user test, vacant, vacío, vazio, vedi sopra,
ver acima, ver arriba, vide, voir ci-dessus, voir plus haut, volgt, voorbeeld, voornaam achternaam, vorname,
vorname nachname, vuoto, véase arriba, weet niet, weiss nicht, wie oben, wird nachgereicht, wkrótce, yok,
your city, your company, your name, your product, your town, zie boven, zutano, à compléter, à confirmer,
à définir, à déterminer, à venir, άγνωστη, άγνωστο, άγνωστοσ, δεν υπάρχει, δοκιμή, без имени, имя фамилия,
не заполнено, не указан, не указана, не указано, неизвестен, неизвестна, неизвестно, нет, нет данных,
отсутствует, пример, тест, тестовая, тестовый, уточнить, уточняется, اختبار, غير متوفر, غير معروف, لا يوجد,
ここにテキスト, ここに文章が入ります, なし, サンプル, ダミー, ダミーテキスト, テスト, 不明, 不明です, 不詳,
不详, 不适用, 例, 入力してください, 同上, 名無し, 名無しの権兵衛, 待填写, 待定, 待定中, 待确定, 待确认,
待补充, 待補, 无, 暂无, 未入力, 未填, 未填写, 未填寫, 未定, 未知, 未确认, 未記入, 未設定, 此处填写,
此处输入文字, 沒有, 没有, 测试, 測試, 無, 無し, 確認中, 確認待ち, 示例, 空, 空欄, 要確認, 該当なし,
내용 입력, 모름, 무명, 미기입, 미상, 미입력, 미정, 미확인, 상동, 샘플, 알 수 없음, 없음, 여기에 입력, 예시,
위와 같음, 추후 확정, 테스트, 해당 없음, 해당없음, 확인 중, 확인 필요, 확인필요,
        """
    )
)
"""Whole values that stand for a missing one, without outer punctuation."""

SURNAMES_TOO: Final = frozenset(
    _words(
        """
sans, close, igual, sohn, vater, son, partner, boss, chef, brother, lead, mutter, fils, padre, hijo, any,
name, staff, asap, cash, company, friend, friends, freund, freundin, ami, amico, vriend, amigo, amiga, dame,
check, household, resident, sir, dummy, draft, wip, entwurf, borrador, brouillon, bozza, rascunho, sales,
contact, owner, blank, guest, gast, person, kunde, kund, herr, frau, miss, pan, team, client, noname, brak,
example, kein, leer, muster, nil, nobody, none, prova, sample, surname, test, tester, vacant,
        """
    )
)
"""Stand-ins that are also names, so they only count in lower case or in capitals."""

ONLY_FOR_NAMES: Final = frozenset(
    _words(
        """
select, choose, closed, geschlossen, cerrado, cerrada, fermé, fermée, chiuso, chiusa, gesloten, fechado,
fechada, igual, name, any, staff, same, gleich, verificar, vérifier, prüfen, controleren, verificare, check,
no answer, po box, p.o. box, postfach, deleted, inactive, archived, removed, cancelled, canceled, deceased,
former, gelöscht, inaktiv, storniert, verstorben, supprimé, inactif, décédé, eliminado, inactivo, fallecido,
private, anonymous, asap, aucun, aucune, beispiel, belirsiz, bientôt, binnenkort, blah, boş, brak, chybí,
coming soon, delete, demnächst, ditto, dummy, ejemplo, em breve, empty, en attente, esempio, example,
exemple, exemplo, family name, filler, first name, full name, geen, girilmedi, given name, idem, ignore,
in attesa, job title, jobtitle, kein, keine, keiner, last name, leeg, leer, mangler, missing, muster,
nachname, nenhum, nenhuma, není, nessuna, nessuno, nil, ninguna, ninguno, no account, no data, no e-mail,
no email, no number, no phone, no sé, no tiene, no value, nobody, nom, non applicable, non so, none,
not set, não sei, offen, pendiente, pending, prossimamente, prova, prueba, próximamente, puuttuu, s. o.,
s.o., saknas, sans, see above, surname, teste, testing, tests, to come, to do, unassigned, unspecified,
vacant, vacío, vazio, vide, voorbeeld, vorname, vuoto, wkrótce, yok, нет, отсутствует, пример, 例, 匿名,
同上, 无, 沒有, 没有, 無, 空,
        """
    )
)
"""Stand-ins that may be a value in a column of texts, such as a status."""

FREE_AMOUNTS: Final = frozenset(
    _words(
        """
a consultar, auf anfrage, free, frei, gratis, gratuit, gratuito, included, incluido, inclus, incluso,
inklusive, kostenlos, offert, on request, sur demande, waived, complimentary, no charge, at no charge,
free of charge, by arrangement, upon request, erlassen, nach vereinbarung, kostenfrei, exento, a convenir,
sur devis, offerte, omaggio, su richiesta, isento, sob consulta, op aanvraag, 免费, 無料, 무료,
"""
    )
)
"""Words that are accepted in a column of amounts."""

NOTES: Final = (
    r"\?{3,}$|^copy\s+(?:from|of|this)\b|^same\b[\w\s]{0,15}\bas\b|^idem\b",
    r"(?:do|please)\s+not\s+(?:contact|call|mail|email|send|use|include|offer)",
    r"don'?t\s+(?:contact|call|mail|send|use|offer)(?!\s+(?:it|this|a|the|us|me)\b)",
    r"[-–—;]\s*(?:check|ask|verify|confirm)(?:\s+\w+|$)",
    r"\bdnc\b|\bdnr\b|\btodo\b|\bfixme\b|\btbc\b|\btbd\b|\btba\b|\bx{3,}\b",
    r"\bask\s+(?:\p|for|the|sales|accounting|legal|marketing|warehouse)",
    r"(?-i:\b[Aa]sk\s+(?:me|him|her|us)\b)|\bdup(?:licate|e)?\s+of\b",
    r"\bcheck\s+(?:w/|with|spelling|this|again|name|amount|date)",
    (
        r"\bto\s+(?:check|verify|approve|review|be\s+(?:checked|written|provided|replaced|done|defined"
        r"|translated|reviewed|approved|advised|supplied|verified|confirmed|announced|decided"
        r"|determined))\b"
    ),
    r"\bto\s+confirm\b|\bto\s+(?:write|supply|provide|fill\s+in)$",
    (
        r"\bsame\s+as\s+(?:row|line|above|before|last|previous)\b|\b(?:wie|siehe)\s+(?:zeile|oben)\b"
        r"|\b(?:igual|mismo)\s+que\s+(?:la\s+)?fila\b|\bcomme\s+(?:la\s+)?ligne\b"
    ),
    r"\bv\d+\s+final\b|\bfinal[\s_]+(?:final|v?\d)\b",
    (
        r"[-–—]\s*(?:cancell?ed|deceased|duplicate|inactive|bounced|unsubscribed|on\s+hold|verstorben"
        r"|gekündigt"
        r"|storniert|doppelt|inaktiv|baja|fallecid[oa]|annulée?|décédée?|doublon|annullato|overleden"
        r"|dubbel)$"
    ),
    (
        r"^(?:inactive|deceased|duplicate|cancell?ed|old|ex|former|test|copy|inaktiv|alt|baja|ancien"
        r"|vecchio|oud)\s*[-–—:]\s"
    ),
    r"\bmoved\s+away\b|\bverzogen$",
    (
        r"[-–—(,]\s*(?:no\s+longer|not\s+any\s+more|nicht\s+mehr|kein[e]?\s+kund|n'est\s+plus|ya\s+no|non\s+è\s+più"
        r"|não\s+é\s+mais|niet\s+meer)\b"
    ),
    r"^discontinued\b|\buse\s+[\w ]{2,30}\s+instead\b",
    r"\bsee\s+(?:note|comment|contract|invoice|e?mail|crm)s?\b",
    r"\b(?:left|moved|no\s+longer\s+(?:at|with))\s+(?:the\s+)?company\b|\bunsubscribed\b",
    r"\bopt(?:ed)?[\s-]?out\b",
    r"\bno\s+longer\s+(?:works|here|with\s+us|valid|active)\b|\bno\s+forwarding\s+address\b",
    r"\bwrong\s+(?:number|address)\b",
    r"\bbitte\s+(?:\w+\s+)?(?:prüfen|klären|nicht|ergänzen|eintragen|ausfüllen|nachtragen)\b",
    r"\bnicht\s+(?:kontaktieren|anrufen|anschreiben|senden)\b",
    r"\bsiehe\s+(?:mail|e-mail|notiz|vertrag|oben|unten|kommentar|anhang|liste|rechnung|re|crm)\b",
    r"\bunbekannt\s+verzogen\b",
    r"\bno\s+(?:contactar|llamar|enviar)\b|\bne\s+(?:pas|plus)\s+(?:contacter|appeler|envoyer)\b",
    r"\bà\s+(?:vérifier|renseigner|remplir|préciser)\b",
    r"\bnon\s+(?:contattare|chiamare|inviare)\b|\bda\s+verificare\b",
    r"\bnão\s+(?:contactar|contatar|ligar|enviar)\b",
    r"\bniet\s+(?:benaderen|bellen|mailen|contacteren)\b|\b(?:zu|noch)\s+(?:prüfen|klären)\b",
    r"\bnie\s+(?:kontaktować|dzwonić|wysyłać)\b|\bне\s+(?:звонить|писать|отправлять)\b|\bkontakta\s+ej\b",
    r"\bring\s+ej\b",
    r"연락\s*금지|확인\s*필요|연락하지|連絡不可|連絡不要|要確認|請勿|请勿|勿联系|待确认|需确认|済み?）",
    r"已离职|^退会済み",
)
r"""Phrases that are notes anywhere in a short value; `\p` is a word with a capital."""

WORDS_OF_NOTES: Final = frozenset(
    _words(
        """
idem, copy, do, please, don, dont, dnc, dnr, todo, fixme, tbc, tbd, tba, ask, check, verify, confirm, to,
see, left, moved, no, unsubscribed, opt, opted, wrong, bitte, nicht, siehe, unbekannt, dup, dupe, duplicate,
ne, non, da, à, não, niet, zu, noch, nie, kontakta, ring, не, same, wie, igual, mismo, comme, final,
verzogen, discontinued, use,
        """
    )
)
"""One of these is in each of `NOTES` that has no mark, and no Chinese, Japanese or Korean letters."""

NOTES_IN_UNSPACED_NAMES: Final = (
    "（仮）|폐업|탈퇴|파산|倒産|廃業|閉店|移転済|已搬|注销|倒闭|（旧）|확인요망|사망|확인|중복|금지|퇴사|테스트|故人|死亡|重複|"
    "確認|退会|退職|テスト|不要|重复|已故|确认|离职|離職|测试|測試"
)
"""Words that aren't part of any Chinese, Japanese or Korean name."""

NOTES_IN_BRACKETS: Final = (
    r"\bplease\b|\bmake\s+\w+|\bshorten\b|\brewrite\b|\breword\b|\breplace\b|\badjust\b|\bfix\b"
    r"|\bkürzen\b|\bändern\b|\banpassen\b|\bbitte\b|\bpor\s+favor\b|\bper\s+favore\b|\bmerci\s+de\b"
    r"|\bgraag\b|\bi\s+think\b|\bmaybe\b|\bperhaps\b|\bprobably\b|\bnow\s+(?:at|with|in)\b"
    r"|\bformer(?:ly)?\b|\bvielleicht\b"
    r"|\bevtl\b|\bglaube\b|\bpeut-être\b|\bquizás?\b|\btal\s+vez\b|\bforse\b|\btalvez\b|\bmisschien\b"
    r"|\bask\b|\bcheck\b|\bcall\b|\bverified\b|\bachtung\b|\bvorsicht\b|\battention\b|\bconfirmar\b"
    r"|\bconfirmer\b|\bconfermare\b|\bcontrollare\b|\bold\b|\bduplicate\b|\bdouble\b|\bdeceased\b"
    r"|\bdied\b|\btest\b"
    r"|\bcancel(?:l?ed)?\b"
    r"|\bdelete\b|\bremove\b|\bignore\b|\bwrong\b|\bconfirm\b|\bverify\b|\bnote\b|\bsee\b|\bspelling\b"
    r"|\bmoved\b"
    r"|\bleft\b|\binactive\b|\bbounced\b|\bunsubscribed\b|\bnot?\s+\w+|\bupdate\b|\bpending\b|\?|!!"
    r"|\bdup(?:e|licated?)?\b|\bdublette\b|\bduplikat\b|\bout\s+of\s+stock\b|\bzahlt\b|\bon\s+leave\b"
    r"|\breturned\b|\bmoved\b|？|\bdoublon\b"
    r"|\bsold(?!\s+out)\b|\bbankrupt\b|\bdiscontinued\b|\bexpired\b|\bex\s+client\b|\bto\s+confirm\b"
    r"|\bretired\b"
    r"|\bverstorben\b|\bgekündigt\b|\bdoppelt\b|\bprüfen\b|\balt\b|\bfalsch\b|\binaktiv\b|\bausgetreten\b"
    r"|\bausgeschieden\b|\bverzogen\b|\binsolvent\b|\bstorniert\b|\bklären\b"
    r"|\bfallecid[oa]\b|\brevisar\b|\bduplicado\b|\bbaja\b|\bantigu[oa]\b|\bex\b|\bdécédée?\b"
    r"|\bvérifier\b|\bdoublon\b"
    r"|\bancien(?:ne)?\b|\bmerged\b|\bacquired\b|\bclosed\b|\bfusioniert\b|\bpartie?\b"
    r"|\bcongé\b|\belternzeit\b|\bmaternity\b|\bsabbatical\b|\bdecedut[oa]\b|\bverificare\b"
    r"|\bdoppione\b|\bfalecid[oa]\b|\bverificar\b"
    r"|\boverleden\b|\bcontroleren\b|\bdubbel\b|\boud\b|\bzmarł[ay]?\b|\bsprawdzić\b|\bumer(?:la)?\b"
    r"|\bavliden\b"
    r"|\bумер(?:ла)?\b|\bпроверить\b|\bуволен[а]?\b|\bvefat\b|\bayrıldı\b"
    rf"|{NOTES_IN_UNSPACED_NAMES}"
)
"""Words that turn the text in brackets into a note."""

NOTE_LABELS: Final = (
    "note (?:to|for) [a-z]+|internal(?: note)?|intern"
    "|source|quelle|fuente|fonte|bron|note|notes|nb|n.b.|hinweis|anmerkung|nota|remark|remarks|remarque|legend"
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

BORN: Final = frozenset(
    _words(
        """
aka, alias, born, dit, dite, f., fka, formerly, född, geb, geb., gen., genannt, nata, nato, nee, né, née,
roz., rozená, ur.,
        """
    )
)
"""Words before another name of a person in brackets: `Schmitz (geb. Klein)`."""

PARTICLES: Final = frozenset(
    _words(
        """
los, las, dem, de', cel, an, jun, sen, degli, dei, della, dalla, al, and, und, et, en, og, och, of, the, ja,
a, upon, am, im, aan, op, sur, sous, lès, mit, with, 's, 't, abu, af, al-, ap, av, ben, bin, bint, d', da,
das, de, del, dela, den, der, des, di, do, dos, du, e, el, i, ibn, in, l', la, le, les, lo, mac, mc, nic,
ní, o', san, santa, st, te, ten, ter, ua, van, vom, von, y, zu, zum, zur, ó,
"""
    )
)
"""Small words that names begin with."""

GREETED: Final = frozenset(
    _words(
        """
there, all, both, everyone, everybody, friend, friends, team, folks, again, from, ladies, you, dear, guys,
world, colleague, colleagues, neighbor, neighbour, customer, member, members, parents, zusammen, allerseits,
liebe, lieber, todos, todas, equipo, amigo, amiga, amigos, tous, toutes, équipe, tutti, allemaal, iedereen,
and, und, à,
        """
    )
)
"""Who is greeted, in small letters."""

STREETS: Final = frozenset(
    _words(
        """
calle, avenida, place, piazza, viale, corso, praça, plaza, strada, allée, boulevard, avenue, chemin, quai,
route, rua,
        """
    )
)
"""Small words that addresses begin with."""

BRANDS: Final = frozenset(
    _words(
        """
emea, apac, dach, latam, mena, gcc, asean, amer, benelux, nafta, abn, adac, aldi, aol, asics, asos, asus,
audi, axa, bbc, bmw, cern, cnn, dhl, edeka, ericsson, esa, eu, fiat, fila, gsk, hbo, hsbc, ibm, ikea, ing,
kia, kpmg, lego, lidl, mtv, nasa, nato, nike, nvidia, nyc, oppo, pepsico, puma, rbs, rewe, rtl, samsung,
sap, seat, sony, tesla, tnt, uae, ubs, uk, unesco, unicef, usa, vmware, vw, ymca, zara,
"""
    )
)
"""Names that are written in capitals."""

TIMES_IN_WORDS: Final = frozenset(
    _words(
        """
all day, ganztägig, giorno, mediodía, medianoche, meia-noite, meio-dia, mezzanotte, mezzogiorno, middag,
midday, middernacht, midi, midnight, minuit, mittag, mitternacht, noon, open end, toute la journée,
todo el día,
"""
    )
)
"""Words that are accepted in a column whose other values have digits, like those in `FREE_AMOUNTS`."""

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

OF_NO_COMPANY: Final = frozenset(
    _words(
        """
個人, 個人事業主, 学生, 主婦, 개인, 학생, 자영업, 주부, 个人, 自由职业, autónoma, estudiante, jubilada,
desempleada, étudiant, étudiante, studente, studentessa, aposentado, aposentada, gepensioneerde,
sole trader, sole proprietor, individual, between jobs, job seeker, freelancer, homemaker, housewife,
pensioner, hausfrau, privat, privatperson, privatkunde, private, private person, self-employed,
self employed, freelance, selbstständig, selbständig, unemployed, arbeitslos, retired, rentner, rentnerin,
student, studentin, particulier, sans emploi, retraité, autónomo, jubilado, desempleado, privato,
pensionato, particular, gepensioneerd,
"""
    )
)
"""What people write who don't work for a company."""

UNKNOWN: Final = frozenset(
    _words(
        """
desconhecida, desconhecido, desconocida, desconocido, inconnu, inconnue, nieznany, nieznana, okänd,
onbekend, onbekende, sconosciuta, sconosciuto, ukendt, ukjent, unbekannt, unbekannte, unbekannter,
unbekanntes, unknown, неизвестный, неизвестная, неизвестно,
"""
    )
)
"""Adjectives of an unknown thing: `unknown model`."""

TEST_WORDS: Final = frozenset(
    _words("test, testing, dummy, prueba, prova, teste, example, beispiel, ejemplo, sample, тест")
)
"""First or last words of a test, in lower case."""

SAME_HEADERS: Final = (
    frozenset(
        _words(
            """
last name, surname, family name, second name, nachname, familienname, apellido, apellidos, nom de famille,
cognome, sobrenome, apelido, achternaam, 姓, 성,
            """
        )
    ),
    frozenset(
        _words(
            """
first name, given name, forename, christian name, vorname, rufname, prénom, prenom, voornaam, imię, förnamn,
fornavn, etunimi,
            """
        )
    ),
    frozenset(_words("name, full name, contact name, 이름, 성명, 성함, 氏名, 名前, お名前, 姓名, 名字")),
    frozenset(
        _words(
            """
company, company name, organisation, organization, firma, firmenname, unternehmen, empresa, entreprise,
société, azienda, bedrijf, bedrijfsnaam, employer, arbeitgeber, 会社, 会社名, 公司, 회사, 회사명,
            """
        )
    ),
    frozenset(
        _words(
            """
city, town, stadt, ort, wohnort, ciudad, ville, città, cidade, stad, plaats, woonplaats, 都市, 城市, 도시,
            """
        )
    ),
    frozenset(
        _words(
            "job, job title, role, position, title, rolle, puesto, cargo, poste, ruolo, functie, 職位, 직책"
        )
    ),
)
"""Groups of headers that mean the same. In a column with one of them, none of them is a value."""

ANY: Final = frozenset(
    _words(
        """
keynote, guest, current, cash, walk-in, new, old, our, your, the, valued, dear, loyal, existing, main,
primary, secondary, other, 1st, 2nd, 3rd, neu, neuer, neue, nuevo, nouveau, der, die, le, la, el, il, de,
het,
        """
    )
)
"""Words next to those of `ANYBODY`: `new customer`."""

ANYBODY: Final = frozenset(
    _words(
        """
accounting, accounts, payable, receivable, billing, purchasing, procurement, marketing, manager, owner,
department, hr, buchhaltung, einkauf, verwaltung, geschäftsführung, sekretariat, comptabilité, achats,
attendee, participant, delegate, speaker, teilnehmer, participante, asistente, invitee, contabilidad,
compras, contabilità, acquisti, boekhouding, inkoop, contact, kontakt, contacto, contatto, mutter, vater,
sohn, tochter, ehefrau, ehemann, ehepaar, chef, chefin, mother, father, wife, husband, son, daughter,
sister, brother, mum, mom, dad, boss, assistant, spouse, partner, mère, père, fils, fille, madre, padre,
hijo, hija, moeder, vader, zoon, dochter, couple, pareja, coppia, prospect, lead, interessent, friend,
colleague, resident, occupant, household, family, familie, famille, familia, famiglia, fam, fam., dame,
amigo, amiga, freund, freundin, ami, amie, amico, amica, vriend, cash, walk-in, walkin, admin,
administrator, administrador, administrateur, amministratore, beheerder, client, cliente, customer, guest,
gast, gebruiker, gość, huésped, info, invité, invitado, klant, klient, kund, kunde, kundin, member,
mitglied, office, ospite, person, persoon, persona, personne, reception, recipient, sales, support,
subscriber, team, tester, user, usuario, usuário, utente, utilisateur, visitor, webmaster, whom, company,
firma, empresa, société, azienda, bedrijf, event, product, item, demo, default, somebody, someone, 고객,
고객님, 회원, 회원님, 담당자, お客様, ご担当者様, 担当者, 会員, 客户, 用户, 会员, 顾客, 先生, 女士, 小姐,
"""
    )
)
"""Words for somebody or something, in place of a name."""

TITLES: Final = frozenset(
    _words(
        """
dr, dr., prof, prof., prof. dr., dra, dra., dott., dott.ssa, ing, ing., mr, mrs, ms, miss, mx, mr., mrs.,
ms., sir, madam, ma'am, herr, frau, hr, fr, hr., fr., hrn, hrn., fräulein, пан, пані, ông, bà, fam, fam.,
familie, fa., m., mme, mlle, monsieur, madame, mademoiselle, sr, sra, sr., sra., señor, señora, sig, sig.,
sig.ra, signor, signora, senhor, senhora, dhr, dhr., mevr, mevr., mevrouw, meneer, pan, pani, herrn,
"""
    )
)
"""Beginnings of names that aren't names on their own."""

LEFT_TO_PROJECT_CHECKS: Final = frozenset(
    {"none", "nan", "nat", "<na>", "null", "undefined", "[object object]"}
)
"""`project_checks` reports these where they are spoken."""
